"""OpenCitations: DOIs that cite the seed's DOI, from publishers' open reference lists.

It knows no titles; those of papers that no other source lists are asked of Semantic Scholar.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from survey.catalogue.records import Known
from survey.found import Cites, Found, Row, iso_date, year_of
from survey.http import BadRequest, Host, NotFound, as_json
from survey.ids import PaperId, arxiv_id, doi_id
from survey.settings import Settings
from survey.sources import semantic_scholar
from survey.sources.source import Part, Seed, SourceCard, Step, read_all

__all__ = ["CARD", "OpenCitations", "parse_row"]

NAME = "opencitations"
_NAMED = re.compile(r"(?:^|\s)(doi|openalex):(\S+)")


def parse_row(row: Mapping[str, Any]) -> Row | None:
    """One citation; None where the citing paper has no DOI.

    `citing` is a list of ids in one string, as `omid:br/06 doi:10.1000/x openalex:W1`.
    """
    names = dict(_NAMED.findall(row.get("citing") or ""))
    arxiv, doi = arxiv_id(names.get("doi")) or "", doi_id(names.get("doi")) or ""
    if not (arxiv or doi):
        return None
    creation = row.get("creation")
    paper = Found(
        source=NAME,
        key=arxiv or doi,
        year=year_of(creation),
        date=iso_date(creation),
        arxiv=arxiv,
        doi=doi,
        openalex=names.get("openalex", "").upper(),
    )
    return Row(paper, Cites())


def _list(content: bytes) -> list[Any]:
    value = as_json(content)
    if not isinstance(value, list):
        raise ValueError("the answer is no list of citations")
    return value


class OpenCitations:
    """Reader of the citation index."""

    def __init__(self, host: Host) -> None:
        self.host = host

    def find(self, seed: PaperId, known: Sequence[PaperId], like: Found | None) -> list[Seed]:
        """The DOIs of the seed that are cited; it has no records of papers."""
        dois: dict[str, None] = {}
        for one in (seed, *known):
            if one.kind == "doi":
                dois[one.value] = None
            elif one.kind == "arxiv":
                dois[f"10.48550/arxiv.{one.value}"] = None
        return [Seed(at=doi, paper=_seed(doi)) for doi in dois]

    def parts(self, seed: Seed, since: str) -> list[Part]:
        """One: all of it comes in one answer."""
        return [Part(name="all", state={"since": since})]

    def step(self, seed: Seed, part: Part) -> Step:
        """The whole list."""
        try:
            rows, dropped = read_all(parse_row, self.host.get(_list_of(seed.at), {}, _list))
        except NotFound:
            return Step()
        since = str(part.state.get("since", ""))
        kept = tuple(row for row in rows if (row.paper.date or "9") >= since)
        return Step(rows=kept, total=len(rows) + dropped, dropped=dropped)

    def stored(self, seed: Seed) -> Iterator[tuple[Row, ...]]:
        """What the one page of the list has."""
        for _, content in self.host.all_stored(_list_of(seed.at)):
            yield read_all(parse_row, _list(content))[0]


def _list_of(doi: str) -> str:
    return f"/index/v2/citations/doi:{quote(doi, safe='/:()')}"


def _seed(doi: str) -> Found:
    arxiv = arxiv_id(doi) or ""
    return Found(source=NAME, key=arxiv or doi, arxiv=arxiv, doi=doi_id(doi) or "")


class Titles:
    """Describes DOIs that OpenCitations alone names, by Semantic Scholar's batch endpoint."""

    batch = 100

    def __init__(self, host: Host) -> None:
        self.host = host

    def wanted(self, known: Iterable[Known]) -> list[str]:
        """Ids without a title anywhere."""
        untitled: set[str] = set()
        titled: set[str] = set()
        for record in known:
            names = {name for name in (record.arxiv, record.doi) if name}
            if record.titled:
                titled |= names
            elif record.source == NAME:
                untitled |= names
        return sorted(untitled - titled)

    def describe(self, ids: Sequence[str]) -> list[Found]:
        """Records of Semantic Scholar; unknown ids come back as null."""
        names = [f"ARXIV:{name}" if arxiv_id(name) else f"DOI:{name}" for name in ids]
        params = {"fields": semantic_scholar.PAPER}
        try:
            answer = self.host.post("/graph/v1/paper/batch", params, {"ids": names}, _list)
        except (NotFound, BadRequest):
            return []
        return list(read_all(semantic_scholar.parse, [paper for paper in answer if paper])[0])


def _open(settings: Settings) -> OpenCitations:
    return OpenCitations(settings.host(NAME))


def _describe(settings: Settings) -> Titles:
    return Titles(settings.host(semantic_scholar.NAME))


CARD = SourceCard(
    name=NAME,
    title="OpenCitations",
    gives="citing DOIs from publishers' open reference lists",
    usual=False,
    citing=_open,
    describing=_describe,
)
