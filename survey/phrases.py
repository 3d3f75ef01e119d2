"""Phrases of plain words, thousands of them looked up in a text at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product

__all__ = ["Phrases", "Spot", "expand"]

Owner = tuple[str, str]  # whatever the asker tells phrases apart by
GAP = ".."
LONGEST_GAP = 4  # words that `..` may stand for
MOST_WORDS = 200_000  # of a vocabulary that are remembered

_TOKEN = re.compile(r"[^\W_]+")
_CHOICE = re.compile(r"\(([^()]*)\)")
_PART = re.compile(r"\.\.|[^\W_]+\*?")
_REST = re.compile(r"[\s\-–/&']*")  # what may stand between the parts of a phrase
_STOP = re.compile(r"[.;:?!]")
_BREAK = re.compile(r"[.;:?!,()\[\]]")


@dataclass(frozen=True, slots=True)
class Spot:
    """A phrase of `owner` in a text, from character `start` to `end`."""

    owner: Owner
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Pattern:
    owner: Owner
    words: tuple[str, ...]  # `word`, `word*`, `WORD` in just this case, or GAP


@dataclass(frozen=True, slots=True)
class _Begun:
    """The patterns that a word begins: by the plain word that follows, and all others."""

    by_next: dict[str, list[_Pattern]] = field(default_factory=dict)
    others: list[_Pattern] = field(default_factory=list)

    def add(self, pattern: _Pattern) -> None:
        following = pattern.words[1] if len(pattern.words) > 1 else GAP
        if following == GAP or following.endswith("*"):
            self.others.append(pattern)
        else:
            self.by_next.setdefault(following.lower(), []).append(pattern)


@dataclass(frozen=True, slots=True)
class _Text:
    """A text and its words: where each stands, as written and in small letters."""

    text: str
    spans: list[tuple[int, int]]
    words: list[str]
    low: list[str]

    def between(self, i: int) -> str:
        """What stands before word `i`, after the one before it."""
        return self.text[self.spans[i - 1][1] : self.spans[i][0]]


def expand(phrase: str) -> list[tuple[str, ...]]:
    """All that a phrase stands for, as tuples of words; ValueError when it cannot be read.

    Hyphens are spaces. `word*` takes any ending, `(a|b)` either, `(a|)` a or nothing, `..` up to
    four words of the same sentence. A word with a capital letter is found in just that case.
    """
    pieces = _CHOICE.split(phrase)
    plain = "".join(pieces[::2])
    if any(mark in plain for mark in "()|") or any("(" in choice for choice in pieces[1::2]):
        raise ValueError(f"brackets of '{phrase}' do not pair")
    for rest in _PART.split(" ".join(pieces).replace("|", " ")):
        if not _REST.fullmatch(rest):
            raise ValueError(f"'{phrase}' has '{rest.strip()}', which no phrase may have")
    choices = [piece.split("|") if i % 2 else [piece] for i, piece in enumerate(pieces)]
    found = [tuple(_PART.findall(" ".join(chosen))) for chosen in product(*choices)]
    for words in found:
        if not words or words[0] == GAP or words[-1] == GAP:
            raise ValueError(f"'{phrase}' must begin and end with a word")
    return found


class Phrases:
    """Phrases by owner, ready to be looked up."""

    def __init__(self, phrases: Mapping[Owner, Iterable[str]]) -> None:
        self._exact: dict[str, list[_Pattern]] = {}
        self._open: dict[str, list[_Pattern]] = {}  # by the stem of their first word
        self._seen: dict[str, _Begun | None] = {}
        for owner, texts in phrases.items():
            for words in dict.fromkeys(words for text in texts for words in expand(text)):
                pattern = _Pattern(owner, words)
                if words[0].endswith("*"):
                    self._open.setdefault(words[0][:-1].lower(), []).append(pattern)
                else:
                    self._exact.setdefault(words[0].lower(), []).append(pattern)

    def find(self, text: str) -> Iterator[Spot]:
        """Every phrase at every place of the text, the shortest reading of each gap."""
        spans = [match.span() for match in _TOKEN.finditer(text)]
        words = [text[start:end] for start, end in spans]
        read = _Text(text, spans, words, [word.lower() for word in words])
        last = len(words) - 1
        for i, word in enumerate(read.low):
            begun = self._seen[word] if word in self._seen else self._learn(word)
            if begun is None:
                continue
            for pattern in begun.others:
                if end := _end(pattern.words, i, read):
                    yield Spot(pattern.owner, spans[i][0], spans[end - 1][1])
            if i < last and (following := begun.by_next.get(read.low[i + 1])):
                for pattern in following:
                    if end := _end(pattern.words, i, read):
                        yield Spot(pattern.owner, spans[i][0], spans[end - 1][1])

    def _learn(self, word: str) -> _Begun | None:
        begun = _Begun()
        for pattern in self._exact.get(word, ()):
            begun.add(pattern)
        for end in range(len(word) + 1):
            for pattern in self._open.get(word[:end], ()):
                begun.add(pattern)
        if len(self._seen) >= MOST_WORDS:
            self._seen.clear()
        self._seen[word] = begun if begun.by_next or begun.others else None
        return self._seen[word]


def _end(pattern: tuple[str, ...], start: int, read: _Text) -> int:
    """The index after the last word of `pattern` read from `start`, or 0 where it is not there."""
    if not _is(pattern[0], start, read):
        return 0
    at, over_gap = start + 1, False
    for wanted in pattern[1:]:
        if wanted == GAP:
            over_gap = True
            continue
        at = _over_gap(wanted, at, read) if over_gap else _next(wanted, at, read)
        over_gap = False
        if not at:
            return 0
    return at


def _next(wanted: str, at: int, read: _Text) -> int:
    if at >= len(read.words) or not _is(wanted, at, read) or _BREAK.search(read.between(at)):
        return 0
    return at + 1


def _over_gap(wanted: str, at: int, read: _Text) -> int:
    """The index after the first `wanted` within reach in the same sentence, or 0."""
    for place in range(at, min(at + LONGEST_GAP + 1, len(read.words))):
        if _STOP.search(read.between(place)):
            return 0
        if _is(wanted, place, read):
            return place + 1
    return 0


def _is(wanted: str, i: int, read: _Text) -> bool:
    if wanted.endswith("*"):
        stem = wanted[:-1]
        return (read.low if stem == stem.lower() else read.words)[i].startswith(stem)
    return wanted == read.low[i] or wanted == read.words[i]
