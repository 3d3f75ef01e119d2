"""What the scholarly services answer, with their limits and their paging."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from tests.survey import world as w
from tests.survey.world import World

WORK_FIELDS = set(w.openalex_work(w.Paper(1, "t", date(2020, 1, 1))))


class Refusal(Exception):
    """An answer that is not 200."""

    def __init__(self, status: int, body: Any, **headers: str) -> None:
        self.status, self.body, self.headers = status, body, headers


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    path: str
    query: dict[str, str]
    at: float
    key: str


class Answers:
    """Semantic Scholar, OpenAlex, arXiv, Hugging Face and OpenCitations of one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.claimed = 0  # citations that Semantic Scholar counts, if not as many as it lists
        self.edge = 0  # last rows of a list that only pages of ten get
        self.refused_cursors: set[int] = set()  # offsets whose cursor is taken for expired
        self.keyless_pages = 100  # lists a day without a key
        self.merged: dict[str, str] = {}  # works that are another one now
        self.refresh()

    def refresh(self) -> None:
        """Take note of a changed world."""
        everyone = [*self.world.everything(), *self.world.seeds.values()]
        self.s2 = {seed: self.world.s2_citing(seed) for seed in self.world.seeds}
        self.by_arxiv = {p.arxiv: p for p in everyone if p.arxiv}
        self.by_doi = {p.doi: p for p in everyone if p.doi}
        self.by_s2 = {p.s2: p for p in everyone}
        self.by_corpus = {str(100 + p.n): p for p in everyone}
        listed = [p for p in self.world.everything() if p.n % 10 != 3]
        self.works = {}
        for seed, paper in self.world.seeds.items():
            citing = [p for p in listed if seed in p.seeds]
            # Some cite the preprint, some the published version, a few both.
            self.works[paper.work] = [p for p in citing if p.n % 8 != 6]
            self.works[published(paper.work)] = [p for p in citing if p.n % 8 in (5, 6)]

    def find(self, asked: Asked, body: Any) -> Any:
        for pattern, answer in (
            (r"/graph/v1/paper/batch", self._s2_batch),
            (r"/graph/v1/paper/(.+)/citations", self._s2_citations),
            (r"/graph/v1/paper/(.+)", self._s2_paper),
            (r"/works/(.+)", self._work),
            (r"/works", self._works),
            (r"/api/query", self._arxiv),
            (r"/api/papers/(.+)", self._hf_paper),
            (r"/api/models", self._hf_models),
            (r"/index/v2/citations/doi:(.+)", self._opencitations),
        ):
            if found := re.fullmatch(pattern, asked.path):
                return answer(asked, body, *found.groups())
        raise Refusal(404, {"error": "Not Found"})

    # --- Semantic Scholar

    def _s2(self, name: str) -> w.Paper:
        kind, _, value = name.partition(":")
        tables = {"ARXIV": self.by_arxiv, "DOI": self.by_doi, "CORPUSID": self.by_corpus}
        found = tables.get(kind.upper(), {}).get(value.lower()) if value else self.by_s2.get(name)
        if found is None:
            raise Refusal(404, {"error": f"Paper with id {name} not found"})
        return found

    def _s2_paper(self, asked: Asked, body: Any, name: str) -> Any:
        paper = self._s2(name)
        fields = asked.query.get("fields", "paperId,title").split(",")
        listed = len(self.s2[paper.arxiv]) if paper.arxiv in self.s2 else None
        full = w.s2_paper(paper, self.claimed or listed)
        if unknown := set(fields) - set(full):
            raise Refusal(400, {"error": f"Unrecognized or unsupported fields: {unknown}"})
        return {name: full[name] for name in {"paperId", *fields}}

    def _s2_batch(self, asked: Asked, body: Any) -> Any:
        if len(body["ids"]) > 500:
            raise Refusal(400, {"error": "Too many ids"})
        found = []
        for name in body["ids"]:
            try:
                found.append(w.s2_paper(self._s2(name)))
            except Refusal:
                found.append(None)
        return found

    def _s2_citations(self, asked: Asked, body: Any, name: str) -> Any:
        offset, limit = int(asked.query.get("offset", 0)), int(asked.query.get("limit", 100))
        if limit > 1000 or offset + limit >= 10_000:
            raise Refusal(400, {"error": f"offset {offset} and limit {limit}: out of range"})
        rows = self.s2.get(self._s2(name).arxiv, [])
        if "publicationDateOrYear" in asked.query:
            first, last = _days(asked.query["publicationDateOrYear"])
            rows = [p for p in rows if p.dated != "not" and first <= w.s2_day(p) <= last]
        last_served = len(rows) - (self.edge or 0)
        if self.edge and offset and limit > 10 and offset + limit > last_served:
            return {"offset": offset, "data": []}  # as in s2-folks issue 117
        page = rows[offset : offset + limit]
        fields = asked.query.get("fields", "paperId,title").split(",")
        answer: dict[str, Any] = {"offset": offset}
        if offset + limit < len(rows):
            answer["next"] = offset + limit
        answer["data"] = [_s2_row(paper, fields) for paper in page]
        return answer

    # --- OpenAlex

    def _work(self, asked: Asked, body: Any, name: str) -> Any:
        if name in self.merged:
            raise Refusal(301, {}, Location=f"/works/{self.merged[name]}")
        if name.startswith("W"):
            found = {p.work: p for p in (*self.world.seeds.values(), *self.world.everything())}
            paper, work, doi = found.get(name), name, ""
        else:
            doi = re.sub(r"^(?:https://doi\.org/|doi:)", "", name).lower()
            arxiv = doi.removeprefix("10.48550/arxiv.")
            paper = self.by_arxiv.get(arxiv) or self.by_doi.get(doi)
            work = paper.work if paper else ""
            if paper and paper.arxiv in self.world.seeds and arxiv == doi:
                work = published(work)
        if paper is None:
            raise Refusal(404, {"error": "Not Found", "message": f"{name} not found"})
        return w.openalex_work(paper, work, doi, self._cited(work))

    def _cited(self, work: str) -> int | None:
        return len(self.works[work]) if work in self.works else None

    def _works(self, asked: Asked, body: Any) -> Any:
        query = asked.query
        keyed, size = bool(query.get("api_key")), int(query.get("per_page", 25))
        if not 1 <= size <= 100:
            raise Refusal(400, {"error": "Pagination error.", "message": "per_page: 1 to 100"})
        if set(query.get("select", "id").split(",")) - WORK_FIELDS:
            raise Refusal(400, {"error": "Invalid query parameters error."})
        if "cursor" in query and not keyed:
            raise Refusal(401, {"error": "Unauthorized", "message": "cursor paging: API key"})
        if not keyed:
            self.keyless_pages -= 1
            if self.keyless_pages < 0:
                told = {"error": "Rate limit exceeded", "message": "daily budget used up"}
                raise Refusal(429, told)
        if query.get("filter", "").startswith("title.search:"):
            return self._titled(query["filter"].partition(":")[2])
        rows = self._filtered(query.get("filter", ""))
        begin = self._begin(query, size)
        page = rows[begin : begin + size]
        meta: dict[str, Any] = {"count": len(rows), "per_page": size}
        if "cursor" in query:
            meta["next_cursor"] = _cursor(begin + size) if page else None
        return {"meta": meta, "results": [w.openalex_work(p) for p in page]}

    def _titled(self, text: str) -> Any:
        words = set(text.lower().split())
        found = [
            w.openalex_work(paper, work, doi, self._cited(work))
            for paper in self.world.seeds.values()
            for work, doi in ((paper.work, paper.doi), (published(paper.work), ""))
            if words <= set(re.split(r"\W+", paper.title.lower()))
        ]
        return {"meta": {"count": len(found), "per_page": 25}, "results": found}

    def _begin(self, query: dict[str, str], size: int) -> int:
        if "cursor" not in query:
            begin = (int(query.get("page", 1)) - 1) * size
            if begin + size > 10_000:
                raise Refusal(400, {"error": "Pagination error.", "message": "10,000 results"})
            return begin
        if query["cursor"] == "*":
            return 0
        begin = int(base64.b64decode(query["cursor"]))
        if begin in self.refused_cursors:
            self.refused_cursors.discard(begin)
            raise Refusal(400, {"error": "Invalid cursor", "message": "the cursor has expired"})
        return begin

    def _filtered(self, text: str) -> list[w.Paper]:
        rows: list[w.Paper] = []
        first, last = date.min, date.max
        for part in text.split(","):
            name, _, value = part.partition(":")
            if name == "cites":
                rows = self.works.get(value, [])
            elif name == "from_publication_date":
                first = date.fromisoformat(value)
            elif name == "to_publication_date":
                last = date.fromisoformat(value)
            else:
                raise Refusal(400, {"error": "Invalid filter", "message": f"Unknown: {name}"})
        return [p for p in rows if first <= p.day <= last]

    # --- the others

    def _arxiv(self, asked: Asked, body: Any) -> Any:
        ids = [name for name in asked.query.get("id_list", "").split(",") if name]
        if any(not re.fullmatch(r"\d{4}\.\d{4,5}(v\d+)?|[a-z-]+/\d{7}", name) for name in ids):
            raise Refusal(400, b"<html>Bad Request</html>")
        found = [self.by_arxiv[name] for name in ids if name in self.by_arxiv]
        start, size = int(asked.query.get("start", 0)), int(asked.query.get("max_results", 10))
        entries = "".join(w.arxiv_entry(paper) for paper in found[start : start + size])
        return w.FEED.format(total=len(found), start=start, entries=entries).encode()

    def _hf_paper(self, asked: Asked, body: Any, name: str) -> Any:
        paper = self.by_arxiv.get(name)
        if paper is None or paper.n % 2:
            raise Refusal(404, {"error": "Paper not found"})
        return {
            "id": name,
            "title": paper.title,
            "summary": w.abstract(paper),
            "authors": [{"name": author} for author in w.authors(paper)],
            "publishedAt": f"{paper.day.isoformat()}T00:00:00.000Z",
            "upvotes": 3,
            "githubRepo": f"https://github.com/someone/hf-{paper.n}",
        }

    def _hf_models(self, asked: Asked, body: Any) -> Any:
        return [{"id": f"someone/model-{asked.query['filter'].removeprefix('arxiv:')}"}]

    def _opencitations(self, asked: Asked, body: Any, doi: str) -> Any:
        seed = self.by_doi.get(doi.lower())
        if seed is None:
            return []
        citing = [p for p in self.world.everything() if seed.arxiv in p.seeds and p.doi]
        return [
            {
                "citing": f"omid:br/06{p.n} doi:{p.doi}",
                "cited": f"doi:{doi}",
                "creation": f"{p.day}",
            }
            for p in citing
        ]


def published(work: str) -> str:
    """OpenAlex's id of a seed's published version."""
    return f"W{int(work[1:]) + 50}"


def _s2_row(paper: w.Paper, fields: list[str]) -> dict[str, Any]:
    full, how = w.s2_paper(paper), w.s2_row(paper)
    wanted = {name: how[name] for name in how if name in fields}
    return {**wanted, "citingPaper": {n: full[n] for n in full if n in fields or n == "paperId"}}


def _days(text: str) -> tuple[date, date]:
    """`2019-01-01:2019-06-30`, `2019:`, `:2015` or `2020`."""
    first, colon, last = text.partition(":")
    last = last if colon else first
    begin = date.fromisoformat(first if "-" in first else f"{first}-01-01") if first else date.min
    end = date.fromisoformat(last if "-" in last else f"{last}-12-31") if last else date.max
    return begin, end


def _cursor(offset: int) -> str:
    return base64.b64encode(str(offset).encode()).decode()
