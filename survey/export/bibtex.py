"""BibTeX: valid, escaped, with keys that do not depend on what else is in the file."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote

from survey.export.columns import address
from survey.export.latex import to_latex, to_text
from survey.found import surname
from survey.paper import Paper

__all__ = ["cite_keys", "entry", "entry_kind", "plain_title", "render"]

# Words that say nothing of a title, so they make no key.
_SMALL = re.compile(
    r"an?|and|are|as|at|be|beyond|by|can|do|does|for|from|how|in|into|is|its?|more|not|of|on|or"
    r"|the|towards?|to|using|via|we|what|when|where|why|with|without|your?"
)
_LETTERS = str.maketrans(
    {"ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
)
_CONFERENCE = re.compile(
    r"conference|proceedings|\bproc\b|workshop|symposium|\bmeeting\b|computer vision and pattern"
    r"|neural information processing systems|acm multimedia|\bsiggraph\b|interspeech"
    r"|\b(?:CVPR|ICCV|ECCV|ACCV|WACV|BMVC|NeurIPS|NIPS|ICML|ICLR|AAAI|IJCAI|ICIP|ICPR|ICASSP"
    r"|MICCAI|ISBI|IGARSS|ICRA|IROS|CHI|KDD|EMNLP|NAACL|ACL)\b",
    re.IGNORECASE,
)
_JOURNAL = re.compile(r"\b(?:transactions|journal|letters|magazine|annals)\b", re.IGNORECASE)
_CLASS = re.compile(r"[a-z-]+(?:\.[A-Za-z-]+)?")
# Titles at arXiv can hold LaTeX: commands, formulas and braces that protect capitals.
_LATEX_IN_TITLE = re.compile(r"\\[A-Za-z'\"`^~=.]|\$[^$]*[\\^_][^$]*\$|\{[^{}]*\}")
# Styles write titles in small letters: CycleGAN, 3D and the U of U-Net would be lost.
_PROTECTED = re.compile(r"\w+[A-Z]\w*|\b[A-Z](?=-)")


def render(papers: Iterable[Paper]) -> Iterator[str]:
    """The file, an entry at a time."""
    chosen = list(papers)
    keys = cite_keys(chosen)
    for paper in chosen:
        yield entry(paper, keys[paper.id])


def entry(paper: Paper, key: str) -> str:
    """One entry, with an empty line after it."""
    fields = [f"  {name} = {{{content}}}" for name, content in _fields(paper) if content]
    return "@{}{{{},\n{}\n}}\n\n".format(entry_kind(paper), key, ",\n".join(fields))


def entry_kind(paper: Paper) -> str:
    """`inproceedings`, `article`, or `misc` for what no venue has published."""
    if not paper.venue or "arxiv" in paper.venue.casefold():
        return "misc"
    if _JOURNAL.search(paper.venue):
        return "article"
    kind = paper.kind.casefold()
    if _CONFERENCE.search(paper.venue) or "conference" in kind or "proceedings" in kind:
        return "inproceedings"
    return "article"


def cite_keys(papers: Sequence[Paper]) -> dict[str, str]:
    """Keys by paper id: surname, year, first word of the title and five letters.

    The letters come from the title, so a key is the same whatever other papers there are and
    whichever identifiers a source adds later. Only papers with the same title, first author and
    year, which are kept apart by hand, share one; those after the first get letters of their id.
    """
    keys: dict[str, str] = {}
    taken: set[str] = set()
    for paper in sorted(papers, key=lambda p: p.id):
        key = _key(paper)
        while key in taken:
            key += _hashed(paper.id + key, 5)
        taken.add(key)
        keys[paper.id] = key
    return keys


def _key(paper: Paper) -> str:
    title = plain_title(paper.title)
    words = [_ascii(word) for word in re.findall(r"\w+", title)]
    word = next((w for w in words if not _SMALL.fullmatch(w) and re.search("[a-z]{2}", w)), "")
    name = _ascii(surname(paper.authors[0])) if paper.authors else ""
    seed = "".join(words) or title or paper.id
    year = paper.year or paper.date[:4]
    return f"{name or 'anon'}{year}{word or 'paper'}-{_hashed(seed, 5)}"


def _ascii(text: str) -> str:
    flat = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    return "".join(c for c in flat if c.isascii() and c.isalnum())


def _hashed(text: str, length: int) -> str:
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
    letters = []
    for _ in range(length):
        number, letter = divmod(number, 26)
        letters.append(chr(ord("a") + letter))
    return "".join(letters)


def plain_title(title: str) -> str:
    """The title as it is read, without the LaTeX that some sources leave in."""
    return to_text(title) if _LATEX_IN_TITLE.search(title) else title


def _fields(paper: Paper) -> Iterator[tuple[str, str]]:
    yield "title", _title(plain_title(paper.title or paper.id))
    yield "author", " and ".join(_author(name) for name in paper.authors)
    kind = entry_kind(paper)
    if kind != "misc":
        yield "booktitle" if kind == "inproceedings" else "journal", to_latex(paper.venue)
    first = str(paper.year or paper.date[:4])
    yield "year", first if kind == "misc" else paper.published[:4] or first
    if paper.arxiv:
        yield "eprint", paper.arxiv
        yield "archivePrefix", "arXiv"
        yield "primaryClass", _primary(paper)
    yield "doi", _verbatim(paper.doi)
    yield "url", _verbatim(address(paper))
    yield "note", "Withdrawn" if paper.withdrawn else ""


def _title(title: str) -> str:
    pieces, at = [], 0
    for found in _PROTECTED.finditer(title):
        pieces += [to_latex(title[at : found.start()]), f"{{{to_latex(found[0])}}}"]
        at = found.end()
    return "".join(pieces) + to_latex(title[at:])


def _author(name: str) -> str:
    # Two commas are all that BibTeX understands, and `and` stands between two names.
    whole = name.count(",") > 2 or re.search(r"\band\b|^others$", name, re.IGNORECASE)
    return f"{{{to_latex(name)}}}" if whole else to_latex(name)


def _primary(paper: Paper) -> str:
    return next((c for c in paper.categories[:1] if _CLASS.fullmatch(c)), "")


def _verbatim(text: str) -> str:
    # DOIs and addresses are not escaped but quoted: styles print them as they stand.
    return quote(text, safe="!#$%&'()*+,-./:;<=>?@[]_~")
