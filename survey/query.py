"""What a person typed into search, read so that no text is ever an error."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["LITERAL", "Query", "Term", "around", "may_hold_literals", "parse"]

_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»＂", '"'))
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
# A minus excludes only at the start of a word: `image-to-image` has none.
_PIECE = re.compile(r'((?<!\S)-)?(?:"([^"]*)"?(\*?)|([^\s"]+))')
# Scripts that put no spaces between words, so that a word has to be looked for inside a run.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
    "\uf900-\ufaff\U00020000-\U0003ffff]"
)
MOST = 200  # terms: databases limit how deep an expression may be
_SYMBOLS = re.compile(r"[^\W\d_][+#]+")  # C++, C#: the symbols are a part of the name
LITERAL = "literal"  # in `meta`: places of papers in which a literal term can be, as JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A word or a phrase; with `prefix` its last word may go on."""

    text: str
    prefix: bool = False

    @property
    def literal(self) -> bool:
        """Whether it is looked for letter by letter, as no index has it as a word."""
        return bool(_UNSPACED.search(self.text) or _SYMBOLS.fullmatch(self.text))

    @property
    def fts5(self) -> str:
        """As a string of SQLite's FTS5, in which nothing has a meaning of its own."""
        return '"' + self.text.replace('"', '""') + '"' + "*" * self.prefix


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """Every group has to hold, of a group one term; no term of `without` may."""

    groups: tuple[tuple[Term, ...], ...] = ()
    without: tuple[Term, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.groups or self.without)

    @property
    def terms(self) -> tuple[Term, ...]:
        """All that is looked for."""
        return tuple(term for group in self.groups for term in group)


def parse(text: str) -> Query:
    """Words, "phrases", -exclusions, prefix* and OR between two terms (`a b OR c`: a, and b or c).

    Unbalanced quotes reach to the end; what has neither letter nor digit is left out, and so are
    repetitions and whatever comes after MOST terms.
    """
    groups: list[dict[Term, None]] = []
    without: dict[Term, None] = {}
    either = negated = False
    count = 0
    for minus, phrase, star, word in _PIECE.findall(_plain(text)):
        if word in ("OR", "|") and not minus:
            either = bool(groups)
        elif word == "NOT":
            negated = True
        elif word != "AND" and (term := _term(phrase or word, bool(star))) is not None:
            if minus or negated:
                without[term] = None
            elif either:
                groups[-1][term] = None
            else:
                groups.append({term: None})
            either = negated = False
            count += 1
            if count == MOST:
                break
    distinct = dict.fromkeys(tuple(group) for group in groups)
    return Query(groups=tuple(distinct), without=tuple(without))


def may_hold_literals(text: str) -> bool:
    """Whether any literal term can be in a text."""
    symbols = ("+" in text or "#" in text) and _SYMBOLS.search(text)
    return bool(symbols or (not text.isascii() and _UNSPACED.search(text)))


def _plain(text: str) -> str:
    # Bytes of a command line that are no UTF-8 arrive as lone surrogates.
    text = text.encode("utf-8", "replace").decode("utf-8")
    return _CONTROL.sub(" ", unicodedata.normalize("NFC", text)).translate(_QUOTES)


def _term(text: str, star: bool) -> Term | None:
    bare = text.rstrip("*")
    if not any(c.isalnum() for c in bare):
        return None
    return Term(text=bare.strip(" -"), prefix=star or bare != text)


def around(text: str, terms: Iterable[Term], marks: tuple[str, str]) -> str:
    """The first term that stands in a text letter by letter, between marks; empty where none."""
    for term in terms:
        at = text.lower().find(term.text.lower())
        if at >= 0:
            end = at + len(term.text)
            before, after = text[max(0, at - 60) : at], text[end : end + 60]
            return f"…{before}{marks[0]}{text[at:end]}{marks[1]}{after}…"
    return ""
