"""Identifiers of papers in every form that people paste, brought to one form."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote

from data.errors import UsageProblem

__all__ = ["IdKind", "PaperId", "arxiv_id", "doi_id", "find_arxiv", "parse_id"]

IdKind = Literal["arxiv", "doi", "s2", "openalex"]

# arXiv identifier schemes: https://info.arxiv.org/help/arxiv_identifier.html
_NEW = r"(\d{2}(?:0[1-9]|1[0-2]))\.(\d{4,5})"
_OLD = r"([a-z][a-z-]+)(?:\.[A-Za-z]{2})?/(\d{2}(?:0[1-9]|1[0-2])\d{3})"
_VERSION = r"(?:v\d+)?"
_NEW_ONLY = re.compile(rf"{_NEW}{_VERSION}")
_OLD_ONLY = re.compile(rf"{_OLD}{_VERSION}", re.IGNORECASE)
_ARXIV_PREFIX = re.compile(
    r"(?:https?://)?(?:(?:www\.|export\.|browse\.)?arxiv\.org|ar5iv\.(?:labs\.arxiv\.)?org"
    r"|(?:www\.)?alphaxiv\.org|huggingface\.co)/(?:abs|pdf|html|format|src|papers)/|arxiv\s*:\s*",
    re.IGNORECASE,
)
_DOI = re.compile(r"10\.\d{4,9}/\S+")
_DOI_PREFIX = re.compile(r"(?:https?://)?(?:dx\.|www\.)?doi\.org/|doi\s*:\s*", re.IGNORECASE)
_DOI_IN_ADDRESS = re.compile(r"https?://[^?#\s]*?/(10\.\d{4,9}/[^?#\s]+)", re.IGNORECASE)
_ARXIV_DOI = re.compile(r"10\.48550/arxiv\.(.+)", re.IGNORECASE)
_S2 = re.compile(r"[0-9a-f]{40}", re.IGNORECASE)
_S2_PAGE = re.compile(
    r"(?:https?://)?(?:(?:www|api)\.)?semanticscholar\.org/(?:graph/v1/)?(?:paper|reader)?/?"
    r"(?:[^?#]*/)?(?=[^/]*$)",
    re.IGNORECASE,
)
_CORPUS = re.compile(r"corpus_?id\s*:\s*(\d+)", re.IGNORECASE)
_OPENALEX = re.compile(
    r"(?:https?://)?(?:(?:api\.)?openalex\.org/)?(?:works/)?(w\d+)", re.IGNORECASE
)

_LONGEST = 100  # characters of what is no identifier that are shown


@dataclass(frozen=True, slots=True, order=True)
class PaperId:
    """One identifier; `str()` gives it as `arxiv:1703.10593`."""

    kind: IdKind
    value: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"


def arxiv_id(text: str | None) -> str | None:
    """The arXiv id without version (`1703.10593`, `cs/0703110`), or None if `text` is none.

    Takes bare ids, `arXiv:…`, addresses of abstracts, PDFs and HTML pages, and 10.48550 DOIs.
    """
    if not text:
        return None
    text = _DOI_PREFIX.sub("", text.strip())
    if found := _ARXIV_DOI.fullmatch(text):
        text = found.group(1)
    if prefix := _ARXIV_PREFIX.match(text):
        text = re.split(r"[?#]", text[prefix.end() :])[0].rstrip("/")
    text = re.sub(r"\.pdf$", "", text, flags=re.IGNORECASE)
    if (new := _NEW_ONLY.fullmatch(text)) and _right_length(*new.groups()):
        return f"{new.group(1)}.{new.group(2)}"
    if old := _OLD_ONLY.fullmatch(text):
        return f"{old.group(1).lower()}/{old.group(2)}"
    return None


def _right_length(month: str, number: str) -> bool:
    """Numbers have four digits until 2014 and five since."""
    return len(number) == (5 if month >= "1501" else 4)


def find_arxiv(text: str | None) -> str | None:
    """The first arXiv id that is named as one inside a longer text."""
    for found in re.finditer(rf"(?:{_ARXIV_PREFIX.pattern})\S+", text or "", re.IGNORECASE):
        if known := arxiv_id(found.group(0).rstrip(".,;)]")):
            return known
    return None


def doi_id(text: str | None) -> str | None:
    """The DOI in lower case without any prefix; None for what is no DOI and for arXiv's own.

    10.48550/arXiv.… names a preprint that has its arXiv id already (`arxiv_id` reads it).
    """
    if not text:
        return None
    bare = _DOI_PREFIX.sub("", unquote(text.strip())).rstrip(".,;").lower()
    if not _DOI.fullmatch(bare) or _ARXIV_DOI.fullmatch(bare):
        return None
    return bare


def parse_id(text: str) -> PaperId:
    """Any form of an identifier; UsageProblem when it is none.

    `s2` values are 40 hexadecimal digits or `CorpusId:N`.
    """
    given = text.strip()
    if known := arxiv_id(given):
        return PaperId("arxiv", known)
    if (found := _OPENALEX.fullmatch(given)) or (
        found := re.fullmatch(r"openalex:(w\d+)", given.lower())
    ):
        return PaperId("openalex", found.group(1).upper())
    if (found := _S2_PAGE.match(given)) or (found := re.match("s2:", given, re.IGNORECASE)):
        given = re.split(r"[?#]", given[found.end() :])[0]
    if _S2.fullmatch(given):
        return PaperId("s2", given.lower())
    if corpus := _CORPUS.fullmatch(given):
        return PaperId("s2", f"CorpusId:{corpus.group(1)}")
    if address := _DOI_IN_ADDRESS.fullmatch(re.split(r"[?#]", given)[0]):
        given = address.group(1)
    if doi := doi_id(given):
        return PaperId("doi", doi)
    raise UsageProblem(
        f"'{text if len(text) <= _LONGEST else text[:_LONGEST] + '…'}' is no identifier of a paper",
        hint="an arXiv id, a DOI or an address: survey fetch --cites 1703.10593",
    )
