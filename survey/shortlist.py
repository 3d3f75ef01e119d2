"""The kept papers side by side: what each does, and what there is to build on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection

from survey.catalogue.papers import Filter, papers
from survey.export.columns import address
from survey.named_data import Named, named_data
from survey.paper import Paper
from survey.repositories import Repository
from survey.standing import code_of
from survey.zoo_models import Reported, ZooModel, zoo_cards

__all__ = ["Entry", "markdown", "purpose", "shortlist"]

# The sentence in which authors say what they do; those before it say why.
_OURS = re.compile(
    r"\b(?:we|this (?:paper|work|article|study)|in this (?:paper|work|article|study)"
    r"|our (?:method|model|approach|framework|network))\b.{0,60}?\b(?:propos|present|introduc"
    r"|develop|describ|investigat|address|explor|show|stud(?:y|ies)|design|aim|review|survey"
    r"|tackl|formulat|revisit|learn|use|combine|demonstrat|train)",
    re.IGNORECASE,
)
_IN_LINK = "!#$%&'*+,-./:;=?@_~"  # what would end a link or a cell is quoted
_END = re.compile(r"(?<=[.!?])[\"”')\]]*\s+(?=[\"“'(\[]*[A-Z0-9])")
# A point after these ends no sentence.
_SHORT = re.compile(
    r"(?:\b(?:e\.g|i\.e|cf|vs|al|etc|Fig|Figs|Eq|Sec|resp|approx|Dr|St|No)|\b[A-Z])\.$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One kept paper; empty lists say that nothing is known, not that there is nothing."""

    paper: Paper
    does: str
    data: tuple[Named, ...]
    code: tuple[Repository, ...]  # the best first
    models: tuple[ZooModel, ...]

    @property
    def licence(self) -> str:
        """Of the code; empty where it is not known or there is none."""
        return self.code[0].licence if self.code else ""

    @property
    def published(self) -> tuple[Reported, ...]:
        """Scores as reported by others; nobody here measured them."""
        return tuple(score for model in self.models for score in model.published)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        paper = self.paper
        return {
            **{name: getattr(paper, name) for name in ("id", "title", "year", "venue", "arxiv")},
            "citations": paper.citations,
            "does": self.does,
            "task": list(paper.topics),
            "data": [asdict(entry) for entry in self.data],
            "code": [entry.to_json() for entry in self.code],
            "licence": self.licence,
            "text_licence": paper.licence,
            "zoo": [model.name for model in self.models],
            "published": [asdict(score) for score in self.published],
            "tags": list(paper.tags),
            "note": paper.note,
        }

    def cells(self) -> dict[str, str]:
        """What a table shows, as plain text; empty for what is not known."""
        paper = self.paper
        return {
            "paper": paper.title or paper.id,
            "id": paper.id,
            "year": str(paper.year or ""),
            "what it does": self.does,
            "task": ", ".join(paper.topics),
            "data": ", ".join(entry.name for entry in self.data),
            "code": _code(self.code),
            "licence": self.licence,
            "in our zoo": ", ".join(model.name for model in self.models),
            "scores as reported": "; ".join(_score(score) for score in self.published),
            "note": "; ".join(
                [*(f"#{tag}" for tag in paper.tags), *[paper.note] * bool(paper.note)]
            ),
        }


def shortlist(connection: Connection, wanted: Filter | None = None) -> Iterator[Entry]:
    """The papers that pass, the most cited first: the kept ones, unless the filter says else."""
    found = list(papers(connection, wanted or Filter(status=("kept",))))
    code, zoo = code_of(connection, [paper.id for paper in found]), zoo_cards()
    for paper in found:
        yield Entry(
            paper=paper,
            does=purpose(paper),
            data=tuple(named_data(f"{paper.title}. {paper.abstract}")),
            code=code.get(paper.id, ()),
            models=zoo.get(paper.arxiv, ()) if paper.arxiv else (),
        )


def purpose(paper: Paper) -> str:
    """The first sentence in which the abstract says what its authors do.

    Else its first sentence; without an abstract, the title.
    """
    sentences = list(_sentences(paper.abstract))
    if not sentences:
        return paper.title
    return next((text for text in sentences if _OURS.search(text)), sentences[0])


def markdown(entries: Sequence[Entry]) -> Iterator[str]:
    """A table in Markdown, line by line; text from outside is no markup in it."""
    for number, entry in enumerate(entries):
        cells = {name: _escaped(cell) for name, cell in entry.cells().items()}
        if not number:
            yield _row(list(cells))
            yield _row(["---"] * len(cells))
        cells["paper"] = _linked(entry.paper.title or entry.paper.id, address(entry.paper))
        if entry.code:
            url = entry.code[0].url
            cells["code"] = _escaped(_code(entry.code)).replace(_escaped(url), _linked(url, url))
        yield _row(list(cells.values()))


def _sentences(text: str) -> Iterator[str]:
    start = 0
    for end in _END.finditer(text):
        sentence = text[start : end.start()]
        if not _SHORT.search(sentence):
            yield sentence.strip()
            start = end.end()
    if rest := text[start:].strip():
        yield rest


def _code(code: Sequence[Repository]) -> str:
    if not code:
        return ""
    best = code[0]
    known = [best.state or "not looked up"]
    if best.stars is not None:
        known.append(f"{best.stars} ★")
    more = f" and {len(code) - 1} more" if len(code) > 1 else ""
    return f"{best.url} ({', '.join(known)}){more}"


def _score(score: Reported) -> str:
    return f"{score.metric} {score.value:g} on {score.dataset} ({score.source})"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _escaped(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>|~$#&!^])", r"\\\1", " ".join(text.split()))


def _linked(text: str, link: str) -> str:
    """A link, or the text alone where the address is not one of the web."""
    if not link.startswith(("https://", "http://")):
        return _escaped(text)
    return f"[{_escaped(text)}]({quote(link, safe=_IN_LINK)})"
