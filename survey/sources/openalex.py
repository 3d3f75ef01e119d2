"""OpenAlex: the works whose reference lists hold the seed.

`GET /works?filter=cites:W…` with a cursor; without a key, which cursors need since 2026, page by
page in parts by publication date, each under the 10,000 rows that pages reach.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any
from urllib.parse import quote

from data.errors import NetworkProblem
from survey.found import Cites, Found, Row, clean, iso_date, surname, title_key, year_of
from survey.http import BadRequest, Denied, Host, NotFound, as_json
from survey.ids import PaperId, arxiv_id, doi_id
from survey.settings import SERVICES, Settings
from survey.sources.dates import Range
from survey.sources.source import Part, Seed, SourceCard, Step, inner, read_all

__all__ = ["CARD", "OpenAlex", "abstract_of", "parse"]

NAME = "openalex"
PAGE = 100  # per_page is at most 100 since 2026
REACH = 10_000  # rows that basic paging reaches
TRIES = 3  # for a page that comes in place of the one after it
ALL = str(Range())
SELECT = (
    "id,doi,title,display_name,publication_year,publication_date,ids,authorships,primary_location,"
    "locations,abstract_inverted_index,cited_by_count,referenced_works,type,is_retracted"
)
KEYLESS = (
    f"OpenAlex gives cursors only to those with a key (free at {SERVICES[NAME].key_page}; then "
    "export OPENALEX_API_KEY=…): reading without one, by page number and date, about 100 pages "
    "a day"
)


def parse(work: Mapping[str, Any]) -> Found | None:
    """One work; None for one without id."""
    key = _number(work.get("id"))
    if not key:
        return None
    doi = work.get("doi") or inner(work, "ids", "doi")
    given = [work.get("primary_location"), *(work.get("locations") or [])]
    places = [place for place in given if isinstance(place, Mapping)]
    authors = (clean(inner(a, "author", "display_name")) for a in work.get("authorships") or [])
    cited = (_number(w) for w in work.get("referenced_works") or [])
    return Found(
        source=NAME,
        key=key,
        title=clean(work.get("display_name") or work.get("title")),
        authors=tuple(name for name in authors if name),
        year=year_of(work.get("publication_year")),
        date=iso_date(work.get("publication_date")),
        venue=next((name for p in places if (name := _venue(p))), ""),
        abstract=abstract_of(work.get("abstract_inverted_index")),
        kind=clean(work.get("type")),
        arxiv=arxiv_id(doi) or _arxiv(places),
        doi=doi_id(doi) or "",
        openalex=key,
        citations=count if isinstance(count := work.get("cited_by_count"), int) else None,
        withdrawn=bool(work.get("is_retracted")),
        references=tuple(int(w[1:]) for w in cited if w),
        licence=next((clean(p.get("license")) for p in places if p.get("license")), ""),
    )


def _number(address: Any) -> str:
    tail = str(address or "").rsplit("/", 1)[-1].upper()
    return tail if tail[:1] == "W" and tail[1:].isdigit() else ""


def _venue(place: Mapping[str, Any]) -> str:
    return clean(inner(place, "source", "display_name"))


def _arxiv(places: Sequence[Mapping[str, Any]]) -> str:
    addresses = (p.get(name) for p in places for name in ("landing_page_url", "pdf_url"))
    return next((known for a in addresses if (known := arxiv_id(a))), "")


def abstract_of(inverted: Any) -> str:
    """The text of an `abstract_inverted_index`, word → positions."""
    if not isinstance(inverted, dict):
        return ""
    placed = [
        (at, word)
        for word, places in inverted.items()
        if isinstance(places, list)
        for at in places
        if isinstance(at, int)
    ]
    placed.sort(key=itemgetter(0))
    return clean(" ".join([word for _, word in placed]))


def _page(content: bytes) -> dict[str, Any]:
    value = as_json(content)
    if not isinstance(value, dict) or not isinstance(value.get("results"), list):
        raise ValueError("the answer has no list of works")
    if not isinstance(value.get("meta"), dict):
        raise ValueError("the answer does not say how it goes on")
    return value


def _work(content: bytes) -> dict[str, Any]:
    value = as_json(content)
    if not isinstance(value, dict) or not _number(value.get("id")):
        raise ValueError("the answer is no work")
    return value


class OpenAlex:
    """Reader of the works endpoint."""

    def __init__(self, host: Host, keyed: bool) -> None:
        self.host = host
        self.keyed = keyed

    def find(self, seed: PaperId, known: Sequence[PaperId], like: Found | None) -> list[Seed]:
        """Every work that is the seed: preprint and published version are often two."""
        found: dict[str, Seed] = {}
        for candidate in dict.fromkeys([seed, *known]):
            _enter(found, self._look_up(candidate))
        like = like or next((one.paper for one in found.values()), None)
        # A search costs as much as ten pages of the little that there is without a key.
        if like and title_key(like.title) and (self.keyed or not found):
            try:
                works = self._by_title(like.title)
            except NetworkProblem:
                if not found:
                    raise
                works = []
            _enter(found, [work for work in works if _same(like, parse(work))])
        return list(found.values())

    def _look_up(self, candidate: PaperId) -> list[dict[str, Any]]:
        if candidate.kind == "s2":
            return []
        doi = f"10.48550/arXiv.{candidate.value}" if candidate.kind == "arxiv" else candidate.value
        name = candidate.value if candidate.kind == "openalex" else f"doi:{doi}"
        try:
            return [self.host.get(f"/works/{quote(name, safe='/:()')}", {}, _work)]
        except (NotFound, BadRequest):
            return []

    def _by_title(self, title: str) -> list[dict[str, Any]]:
        # Commas and pipes are the filter's own signs.
        plain = " ".join("".join(c if c.isalnum() else " " for c in title).split())
        params = {"filter": f"title.search:{plain}", "per_page": 5}
        try:
            results: list[dict[str, Any]] = self.host.get("/works", params, _page)["results"]
        except (NotFound, BadRequest):
            return []
        return results

    def parts(self, seed: Seed, since: str) -> list[Part]:
        """One part with a cursor, or one to be split by dates; `since` narrows either."""
        days = f"{since}.."
        start = {"cursor": "*"} if self.keyed else {"page": 1}
        return [Part(name=days, state={"days": days, **start})]

    def step(self, seed: Seed, part: Part) -> Step:
        """One page, by cursor or by number."""
        state = dict(part.state)
        if "cursor" not in state:
            return self._by_number(state, self._ask(seed.at, state, "page"))
        try:
            return self._by_cursor(state, self._ask(seed.at, state, "cursor"))
        except Denied:
            if state["cursor"] != "*":
                raise
            return Step(state={"days": state["days"], "page": 1}, notes=(KEYLESS,))
        except (BadRequest, NotFound) as problem:
            if state["cursor"] == "*" or state.get("restarts", 0) >= 2:
                raise
            again = {"cursor": "*", "rows": 0, "restarts": state.get("restarts", 0) + 1}
            note = f"OpenAlex refuses a cursor that it gave ({problem}): its list is read again"
            return Step(state={**state, **again}, notes=(note,))

    def stored(self, seed: Seed) -> Iterator[tuple[Row, ...]]:
        """The rows of all stored pages."""
        for params, content in self.host.all_stored("/works"):
            if params.get("filter", "").split(",")[0] == f"cites:{seed.at}":
                yield read_all(parse_row, _page(content)["results"])[0]

    def _ask(self, at: str, state: Mapping[str, Any], place: str) -> dict[str, Any]:
        params = {"filter": _filter(at, Range.parse(state["days"])), "per_page": PAGE}
        return self.host.get("/works", {**params, "select": SELECT, place: state[place]}, _page)

    def _by_cursor(self, state: dict[str, Any], content: Mapping[str, Any]) -> Step:
        results, total = content["results"], _total(content)
        rows, dropped = read_all(parse_row, results)
        if again := _again(state, results):
            return Step(rows=rows, state=again)
        after = content["meta"].get("next_cursor")
        here = state.get("rows", 0) + len(results)
        empty = 0 if results else state.get("empty", 0) + 1
        # An empty page ends the list, unless rows are still owed; so does going round in circles.
        circling = after == state["cursor"] or here > 2 * (total or here) + PAGE
        ended = not after or circling or (not results and here >= (total or 0))
        following = None
        if not ended and empty < 3:
            following = _after(state, results, cursor=after, rows=here, empty=empty)
        whole = total if state["days"] == ALL else None
        return Step(rows=rows, state=following, total=whole, dropped=dropped)

    def _by_number(self, state: dict[str, Any], content: Mapping[str, Any]) -> Step:
        results, total, page = content["results"], _total(content), int(state["page"])
        rows, dropped = read_all(parse_row, results)
        if again := _again(state, results):
            return Step(rows=rows, state=again)
        days = Range.parse(state["days"])
        whole = total if state["days"] == ALL else None
        notes = (KEYLESS,) if page == 1 else ()
        # A service that knows no dates would be split without end.
        dated = all(days.holds(row.paper.date) for row in rows if row.paper.date)
        if page == 1 and (total or 0) > REACH and dated:
            more = tuple(
                Part(name=str(some), state={"days": str(some), "page": 1}) for some in days.split()
            )
            if more:
                return Step(rows=rows, more=more, total=whole, dropped=dropped, notes=notes)
        ended = not results or page * PAGE >= min(REACH, REACH if total is None else total)
        following = None if ended else _after(state, results, page=page + 1)
        return Step(rows=rows, state=following, total=whole, dropped=dropped, notes=notes)


def parse_row(work: Mapping[str, Any]) -> Row | None:
    """One element of `results`; OpenAlex does not say how a work cites."""
    paper = parse(work)
    return Row(paper, Cites()) if paper else None


def _again(state: Mapping[str, Any], results: Sequence[Any]) -> dict[str, Any] | None:
    """The same place once more where a page begins as the one before: a cache gave it twice."""
    tries = int(state.get("tries", 0))
    repeated = bool(results) and _begins(results) == state.get("begins")
    return {**state, "tries": tries + 1} if repeated and tries < TRIES else None


def _after(state: Mapping[str, Any], results: Sequence[Any], **place: Any) -> dict[str, Any]:
    return {**state, **place, "begins": _begins(results), "tries": 0}


def _begins(results: Sequence[Any]) -> str:
    first = results[0] if results else None
    return _number(first.get("id")) if isinstance(first, dict) else ""


def _total(content: Mapping[str, Any]) -> int | None:
    count = content["meta"].get("count")
    return count if isinstance(count, int) else None


def _filter(work: str, days: Range) -> str:
    ends = ((days.first, "from_publication_date"), (days.last, "to_publication_date"))
    return ",".join([f"cites:{work}", *(f"{name}:{day}" for day, name in ends if day)])


def _enter(found: dict[str, Seed], works: Sequence[Mapping[str, Any]]) -> None:
    for paper in read_all(parse, works)[0]:
        found.setdefault(paper.key, Seed(at=paper.key, paper=paper, total=paper.citations))


def _same(one: Found, other: Found | None) -> bool:
    """Title and first author: a title alone is no evidence."""
    if other is None or not (one.authors and other.authors):
        return False
    if title_key(one.title) != title_key(other.title):
        return False
    return surname(one.authors[0]) == surname(other.authors[0])


def _open(settings: Settings) -> OpenAlex:
    return OpenAlex(settings.host(NAME), keyed=bool(settings.key(NAME)))


CARD = SourceCard(
    name=NAME,
    title="OpenAlex",
    gives="citing papers with reference lists, venues and licences",
    usual=True,
    citing=_open,
)
