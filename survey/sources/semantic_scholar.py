"""Semantic Scholar: who cites the seed, with the sentences, intents and influence.

Academic Graph API, `GET /graph/v1/paper/{id}/citations`. Offset and limit together stay under
10,000, so a long list is read in parts by publication date.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from survey.found import Cites, Found, Row, clean, iso_date, title_digest, year_of
from survey.http import ATTEMPTS, BadRequest, Failing, Host, NotFound, as_json
from survey.ids import PaperId, arxiv_id, doi_id
from survey.settings import Settings
from survey.sources.dates import LAST, Range, years
from survey.sources.source import Part, Seed, SourceCard, Step, inner, read_all

__all__ = ["CARD", "PAPER", "SemanticScholar", "parse"]

NAME = "semantic_scholar"
WALL = 9_999  # offset + limit must stay under 10,000
PAGE = 1_000
TRIES = 3  # for a page that a cache gives in place of the one after it
SMALLEST = 10  # rows a page where larger ones fail
ALL = str(Range())
PAPER = (
    "paperId,externalIds,title,abstract,year,publicationDate,venue,authors,publicationTypes,"
    "citationCount,influentialCitationCount"
)
FIELDS = f"contexts,intents,isInfluential,{PAPER}"


def parse(paper: Mapping[str, Any]) -> Found | None:
    """One paper; None for one with neither id nor title."""
    known, title, year = clean(paper.get("paperId")), clean(paper.get("title")), paper.get("year")
    if not (known or title):
        return None
    doi = inner(paper, "externalIds", "DOI")
    authors = (clean(inner(a, "name")) for a in paper.get("authors") or [])
    return Found(
        source=NAME,
        key=known or title_digest(title, year),
        title=title,
        authors=tuple(name for name in authors if name),
        year=year_of(year) or year_of(paper.get("publicationDate")),
        date=iso_date(paper.get("publicationDate")),
        venue=clean(paper.get("venue")),
        abstract=clean(paper.get("abstract")),
        kind=", ".join(clean(kind) for kind in paper.get("publicationTypes") or []),
        arxiv=arxiv_id(clean(inner(paper, "externalIds", "ArXiv"))) or arxiv_id(clean(doi)) or "",
        doi=doi_id(clean(doi)) or "",
        s2=known,
        citations=_count(paper.get("citationCount")),
        influential=_count(paper.get("influentialCitationCount")),
    )


def parse_row(row: Mapping[str, Any]) -> Row | None:
    """One element of `data` of the citations endpoint."""
    paper = parse(row.get("citingPaper") or {})
    if paper is None:
        return None
    cites = Cites(
        contexts=tuple(text for c in row.get("contexts") or [] if (text := clean(c))),
        intents=tuple(text for i in row.get("intents") or [] if (text := clean(i))),
        influential=bool(row.get("isInfluential")),
    )
    return Row(paper, cites)


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and value >= 0 else None


def _page(content: bytes) -> dict[str, Any]:
    value = as_json(content)
    # `null` is what it says where a publisher has the list withheld.
    if isinstance(value, dict) and value.get("data", ()) is None:
        value["data"] = []
    if not isinstance(value, dict) or not isinstance(value.get("data"), list):
        raise ValueError("the answer has no list of citations")
    return value


def _paper(content: bytes) -> dict[str, Any]:
    value = as_json(content)
    if not isinstance(value, dict) or "paperId" not in value:
        raise ValueError("the answer is no paper")
    return value


class SemanticScholar:
    """Reader of the citations endpoint."""

    def __init__(self, host: Host) -> None:
        self.host = host

    def find(self, seed: PaperId, known: Sequence[PaperId], like: Found | None) -> list[Seed]:
        """The seed's record, by the first of its ids that is known here."""
        for candidate in dict.fromkeys([seed, *known]):
            if candidate.kind == "openalex":
                continue
            try:
                path = f"/graph/v1/paper/{_named(candidate)}"
                content = self.host.get(path, {"fields": PAPER}, _paper)
            except (NotFound, BadRequest):
                continue
            paper = parse(content)
            if paper and paper.s2:
                total = _count(content.get("citationCount"))
                return [Seed(at=paper.key, paper=paper, total=total)]
        return []

    def parts(self, seed: Seed, since: str) -> list[Part]:
        """One part where the whole list is under the wall, else one a year and the undated rest.

        The undated are in no range of dates: what the plain list reaches of them is read last.
        """
        if since:
            return [_part(Range.parse(f"{since}.."))]
        if seed.total is not None and seed.total < WALL - PAGE:
            return [Part(name=ALL, state={"days": ALL})]
        return [*_by_year(seed), Part(name=ALL, state={"days": ALL, "rest": True})]

    def step(self, seed: Seed, part: Part) -> Step:
        """One page. Pages overlap by one row, which tells whether the list moved in between."""
        state = dict(part.state)
        offset, size = int(state.get("offset", 0)), int(state.get("size", PAGE))
        try:
            content = self._ask(seed.at, state["days"], offset, size)
        except Failing:
            if size <= SMALLEST:
                raise
            return Step(state={**state, "size": size // 10, "well": 0})
        data = content["data"]
        if not data:
            return _nothing(seed, state)
        keys = [_key(row) for row in data]
        tries = int(state.get("tries", 0))
        if offset and keys[0] and keys[0] == state.get("begins") and tries < TRIES:
            return Step(rows=read_all(parse_row, data)[0], state={**state, "tries": tries + 1})
        state |= {**_grown(state, size), "begins": keys[0], "tries": 0}
        if (last := state.get("last")) and last not in keys and state.get("restarts", 0) < 2:
            again = {"offset": 0, "last": "", "restarts": state.get("restarts", 0) + 1}
            return Step(rows=read_all(parse_row, data)[0], state={**state, **again})
        rows, dropped = read_all(parse_row, data[1:] if keys[0] == last else data)
        after = content.get("next")
        if not isinstance(after, int):
            return Step(rows=rows, dropped=dropped)
        # A page may be shorter than what `next` skips.
        after = min(after, offset + len(data))
        if after >= WALL:
            more, notes = _at_the_wall(seed, state)
            return Step(rows=rows, more=more, dropped=dropped, notes=notes)
        begin = max(after - 1, offset + 1)
        overlap = keys[begin - offset] if begin - offset < len(keys) else ""
        return Step(rows=rows, state={**state, "offset": begin, "last": overlap}, dropped=dropped)

    def stored(self, seed: Seed) -> Iterator[tuple[Row, ...]]:
        """The rows of all stored pages."""
        for _, content in self.host.all_stored(_list_of(seed.at)):
            yield read_all(parse_row, _page(content)["data"])[0]

    def _ask(self, at: str, days: str, offset: int, size: int) -> dict[str, Any]:
        params: dict[str, Any] = {"offset": offset, "limit": min(size, WALL - offset)}
        params["fields"] = FIELDS
        if days != ALL:
            params["publicationDateOrYear"] = Range.parse(days).colons
        # 500 and 504 happen on large answers: a smaller page helps, more patience does not.
        attempts = 3 if size > SMALLEST else ATTEMPTS
        return self.host.get(_list_of(at), params, _page, attempts)


def _nothing(seed: Seed, state: dict[str, Any]) -> Step:
    """An empty page: the end, or rows that only a smaller page gets (s2-folks issue 117)."""
    offset, size = state.get("offset", 0), state.get("size", PAGE)
    promised = offset or (state["days"] == ALL and seed.total)
    if promised and size > 1:
        return Step(state={**state, "size": size // 10, "well": 0})
    note = f"Semantic Scholar gives nothing after row {offset} of {_title(state['days'])}"
    return Step(notes=(note,) if promised else ())


def _grown(state: Mapping[str, Any], size: int) -> dict[str, Any]:
    """Larger pages again after some that went well, so that one bad hour costs no day."""
    well = int(state.get("well", 0)) + 1
    if size >= PAGE:
        return {}
    return {"size": size * 10, "well": 0} if well >= 3 else {"size": size, "well": well}


def _at_the_wall(seed: Seed, state: Mapping[str, Any]) -> tuple[tuple[Part, ...], tuple[str, ...]]:
    """Shorter parts in place of one that is too long, or a note where there are none."""
    if state.get("rest"):
        return (), ()
    if state["days"] == ALL:  # its own count was too low
        return tuple(_by_year(seed)), ()
    shorter = Range.parse(state["days"]).split()
    if shorter:
        return tuple(_part(days) for days in shorter), ()
    return (), (f"Semantic Scholar serves only {WALL} rows of {_title(state['days'])}",)


def _by_year(seed: Seed) -> list[Part]:
    return [_part(days) for days in years(min(seed.paper.year or 2014, LAST))]


def _part(days: Range) -> Part:
    return Part(name=str(days), state={"days": str(days)})


def _title(days: str) -> str:
    return "the list" if days == ALL else f"the list of {days}"


def _key(row: Any) -> str:
    """What tells a row from its neighbours."""
    paper = row.get("citingPaper") if isinstance(row, dict) else None
    if not isinstance(paper, dict):
        return ""
    return str(paper.get("paperId") or paper.get("title") or "")


def _list_of(at: str) -> str:
    return f"/graph/v1/paper/{quote(at)}/citations"


def _named(seed: PaperId) -> str:
    """The forms of ids that the service takes, for a path."""
    prefix = {"arxiv": "ARXIV:", "doi": "DOI:"}.get(seed.kind, "")
    return prefix + quote(seed.value, safe="/:()")


def _open(settings: Settings) -> SemanticScholar:
    return SemanticScholar(settings.host(NAME))


CARD = SourceCard(
    name=NAME,
    title="Semantic Scholar",
    gives="citing papers with sentences, intents and influence",
    usual=True,
    citing=_open,
)
