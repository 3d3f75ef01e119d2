"""What one source says of one paper, before anything is merged."""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from survey.ids import PaperId

__all__ = [
    "Cites",
    "Found",
    "Row",
    "clean",
    "iso_date",
    "surname",
    "title_digest",
    "title_key",
    "year_of",
]

# Tags that publishers put into titles and abstracts. Others stay: `a <b and c> d` is none.
_TAG = re.compile(
    r"</?(?:(?:jats|mml|xhtml):[A-Za-z-]+|a|abstract|b|bold|br|div|em|font|h[1-6]|i|italic|li|ol|p"
    r"|inline-formula|math|sc|scp|sec|span|strong|su[bp]|tex-math|title|tt|u|ul)"
    r"(?:\s+[\w:-]+=[^<>]*)?\s*/?>",
    re.IGNORECASE,
)
_SPACE = re.compile(r"\s+")
# Bidirectional overrides can make a terminal or a page show another text than what is stored;
# half a surrogate pair, which JSON can hold, cannot be stored at all.
_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_NO_LETTER = re.compile(r"[^a-z0-9]+")
_LATEX = re.compile(r"\\[A-Za-z]+|[{}$^_\\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A paper as one source describes it; empty means that the source does not say."""

    source: str
    key: str  # the source's own id
    title: str = ""
    authors: tuple[str, ...] = ()
    year: int | None = None
    date: str = ""  # ISO 8601, day
    venue: str = ""
    abstract: str = ""
    kind: str = ""  # preprint | article | review | dataset …, as the source says
    arxiv: str = ""
    doi: str = ""
    s2: str = ""
    openalex: str = ""
    citations: int | None = None
    influential: int | None = None
    links: tuple[str, ...] = ()  # code and project pages that the source itself lists
    comment: str = ""  # authors' remark at arXiv
    categories: tuple[str, ...] = ()
    withdrawn: bool = False  # withdrawn by its authors, or retracted
    references: tuple[int, ...] = ()  # OpenAlex numbers of the works that it cites
    licence: str = ""  # of the text, where the source says
    version: int | None = None  # newest version at arXiv

    @property
    def ids(self) -> tuple[PaperId, ...]:
        """Its identifiers, without versions."""
        pairs = (
            ("arxiv", self.arxiv),
            ("doi", self.doi),
            ("s2", self.s2),
            ("openalex", self.openalex),
        )
        return tuple(PaperId(kind, value) for kind, value in pairs if value)  # type: ignore[arg-type]

    def to_json(self) -> dict[str, Any]:
        """Fields that say something."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: value for name, value in values.items() if value not in ("", (), None)}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Found:
        """The other way; fields of another version are left out."""
        known = cls.__dataclass_fields__
        values: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in content.items() if k in known
        }
        return cls(**values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cites:
    """How a paper cites the seed."""

    contexts: tuple[str, ...] = ()  # sentences
    intents: tuple[str, ...] = ()  # methodology | background | result
    influential: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a source's list of citing papers; `cites` is None for metadata alone."""

    paper: Found
    cites: Cites | None = None


def clean(text: Any) -> str:
    """One line of plain text: tags, entities, control and direction marks removed, NFC."""
    if not isinstance(text, str):
        return ""
    plain = text.isascii() and text.isprintable()
    if plain and "<" not in text and "&" not in text and "  " not in text:
        return text.strip()
    kept = _TAG.sub("", html.unescape(text))
    kept = _CONTROL.sub("", _SPACE.sub(" ", kept))
    return unicodedata.normalize("NFC", kept).strip()


def _letters(text: str) -> str:
    if text.isascii():
        return _NO_LETTER.sub("", text.lower())
    flat = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in flat if c.isalnum())


def title_key(title: str) -> str:
    """Letters and digits alone; empty where a title is too short to tell papers apart."""
    key = _letters(_LATEX.sub(" ", title))
    return key if len(key) >= 12 else ""


def surname(author: str) -> str:
    """The family name's letters, of `Jun-Yan Zhu` and of `Zhu, Jun-Yan`."""
    family = author.split(",")[0] if "," in author else author.split(" ")[-1]
    return _letters(family)


def iso_date(text: Any) -> str:
    """`2017-03-30` of any longer ISO date; empty for a date that cannot be."""
    found = re.match(r"((?:19|20)\d\d)-(0[1-9]|1[0-2])-([0-2]\d|3[01])", str(text or ""))
    return found.group(0) if found else ""


def year_of(text: Any) -> int | None:
    """A year between 1900 and 2099, or None."""
    found = re.match(r"(?:19|20)\d\d", str(text or ""))
    return int(found.group(0)) if found else None


def title_digest(title: str, year: int | None) -> str:
    """A key for a paper that its source knows by title alone."""
    return "title-" + hashlib.sha256(f"{title}|{year or ''}".encode()).hexdigest()[:16]
