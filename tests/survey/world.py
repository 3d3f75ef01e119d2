"""A world of citing papers, the same each time, in the shapes of the services that describe it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any

CYCLEGAN, PIX2PIX = "1703.10593", "1611.07004"
FIRST = date(2017, 4, 1)
BUSY = date(2021, 1, 1)  # nearly half of all papers are of this year: more than one list may hold
TWICE = 300_000  # added to the number of a paper for its second record
TITLES = {
    CYCLEGAN: "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks",
    PIX2PIX: "Image-to-Image Translation with Conditional Adversarial Networks",
}


@dataclass(frozen=True, slots=True)
class Paper:
    """Number `n` of the world, or a seed."""

    n: int
    title: str
    day: date
    arxiv: str = ""
    doi: str = ""
    dated: str = "day"  # day | year | not: what Semantic Scholar knows
    seeds: tuple[str, ...] = ()
    known: bool = True  # Semantic Scholar has an id for it
    total: int = 3
    comment: str = ""
    summary: str = ""  # in place of the usual sentences
    people: tuple[str, ...] = ()  # in place of the usual two

    @property
    def s2(self) -> str:
        """Semantic Scholar's id."""
        return hashlib.sha1(f"paper {self.n}".encode()).hexdigest()

    @property
    def work(self) -> str:
        """OpenAlex's id."""
        return f"W{2_000_000_000 + self.n}"


@dataclass
class World:
    """`size` papers that cite CycleGAN; every fourth cites pix2pix as well."""

    size: int
    shift: int = 0  # days that all dates are moved
    extra: list[Paper] = field(default_factory=list)  # newly published

    @cached_property
    def seeds(self) -> dict[str, Paper]:
        """The cited papers by arXiv id."""
        cyclegan, pix2pix = TITLES[CYCLEGAN], TITLES[PIX2PIX]
        dois = ("10.1109/iccv.2017.244", "10.1109/cvpr.2017.632")
        return {
            CYCLEGAN: Paper(900_001, cyclegan, date(2017, 3, 30), CYCLEGAN, dois[0]),
            PIX2PIX: Paper(900_002, pix2pix, date(2016, 11, 21), PIX2PIX, dois[1]),
        }

    @cached_property
    def papers(self) -> list[Paper]:
        """All that cite, oldest first or not."""
        return [self._paper(n) for n in range(self.size)]

    def _paper(self, n: int) -> Paper:
        spread = (n * 7919) % 3400
        day = BUSY + timedelta(days=spread % 365) if n % 20 < 9 else FIRST + timedelta(days=spread)
        day += timedelta(days=self.shift)
        return Paper(
            n,
            f"Translating pictures of kind {n} into pictures of kind {n + 1}",
            day,
            arxiv=f"{day:%y%m}.{n:05d}" if n % 3 else "",
            doi=f"10.1234/journal.{n}" if n % 2 == 0 else "",
            dated={11: "not", 12: "year", 36: "not"}.get(n % 50, "day"),
            seeds=(CYCLEGAN, PIX2PIX) if n % 4 == 0 else (CYCLEGAN,),
            known=n % 400 != 5,
            total=n % 97,
            comment="This paper has been withdrawn by the authors" if n % 500 == 1 else "8 pages",
        )

    def everything(self) -> list[Paper]:
        """The papers and the new ones."""
        return [*self.papers, *self.extra]

    # --- Semantic Scholar

    def s2_citing(self, seed: str) -> list[Paper]:
        """Newest first; half of the undated in front, the others last."""
        listed = [p for p in self.everything() if seed in p.seeds and p.n % 20 != 7]
        again = [_published(p) for p in listed if p.n % 333 == 1]
        return sorted([*listed, *again], key=_newest)


def _published(paper: Paper) -> Paper:
    """A second record of the same paper, which cites as well."""
    day = paper.day + timedelta(days=30)
    doi = f"10.1234/proceedings.{paper.n}"
    return replace(paper, n=paper.n + TWICE, day=day, arxiv="", doi=doi)


def _newest(paper: Paper) -> tuple[int, int, int]:
    if paper.dated == "not":
        return (0 if paper.n % 50 == 36 else 2, 0, paper.n)
    return (1, -s2_day(paper).toordinal(), paper.n)


def s2_day(paper: Paper) -> date:
    """A paper of which the year is known counts as of its first day."""
    return paper.day if paper.dated == "day" else date(paper.day.year, 1, 1)


def abstract(paper: Paper) -> str:
    """Some sentences."""
    if paper.summary:
        return paper.summary
    code = f" Code: https://github.com/someone/kind-{paper.n}." if paper.n % 5 == 0 else ""
    return f"We translate pictures of kind {paper.n} without pairs, as CycleGAN does.{code}"


def authors(paper: Paper) -> list[str]:
    """Two names."""
    if paper.people:
        return list(paper.people)
    if paper.n > 900_000:
        return ["Jun-Yan Zhu" if paper.arxiv == CYCLEGAN else "Phillip Isola", "Alexei A. Efros"]
    return [f"Ada Surname{paper.n % TWICE}", "José Ñandú"]


def s2_paper(paper: Paper, citing: int | None = None) -> dict[str, Any]:
    """All fields that a request can name."""
    ids: dict[str, Any] = {"CorpusId": 100 + paper.n}
    if paper.arxiv:
        ids["ArXiv"] = paper.arxiv
    if paper.doi:
        ids["DOI"] = paper.doi
    return {
        "paperId": paper.s2 if paper.known else None,
        "externalIds": ids if paper.known else None,
        "title": paper.title,
        "abstract": abstract(paper) if paper.known and paper.n % 9 else None,
        "year": paper.day.year if paper.dated != "not" else None,
        "publicationDate": paper.day.isoformat() if paper.dated == "day" else None,
        "venue": "arXiv.org" if paper.arxiv else "Journal of Kinds",
        "authors": [{"authorId": str(i), "name": a} for i, a in enumerate(authors(paper))],
        "publicationTypes": ["JournalArticle"] if paper.n % 2 else None,
        "citationCount": paper.total if citing is None else citing,
        "influentialCitationCount": paper.total // 10,
        "referenceCount": 30,
    }


def s2_row(paper: Paper) -> dict[str, Any]:
    """How it cites."""
    return {
        "contexts": [f"We start from CycleGAN [{paper.n % 30}]."] if paper.n % 3 else [],
        "intents": ["methodology"] if paper.n % 3 else [],
        "isInfluential": paper.n % 25 == 0,
    }


# --- OpenAlex


def openalex_dois(paper: Paper) -> list[str]:
    """DOIs that name the work."""
    found = [paper.doi] if paper.doi else []
    return [*found, f"10.48550/arxiv.{paper.arxiv}"] if paper.arxiv else found


def openalex_work(
    paper: Paper, work: str = "", doi: str = "", citing: int | None = None
) -> dict[str, Any]:
    """One work."""
    address = f"https://openalex.org/{work or paper.work}"
    doi = doi or (openalex_dois(paper) or [""])[0]
    places = []
    if paper.doi:
        source = {"display_name": "Journal of Kinds"}
        places.append({"landing_page_url": f"https://doi.org/{paper.doi}", "source": source})
    if paper.arxiv:
        source = {"display_name": "arXiv (Cornell University)"}
        page = f"http://arxiv.org/abs/{paper.arxiv}"
        places.append({"landing_page_url": page, "source": source, "license": "cc-by"})
    positions: dict[str, list[int]] = {}
    for at, word in enumerate(abstract(paper).split()):
        positions.setdefault(word, []).append(at)
    return {
        "id": address,
        "doi": f"https://doi.org/{doi}" if doi else None,
        "title": paper.title,
        "display_name": paper.title,
        "publication_year": paper.day.year,
        "publication_date": paper.day.isoformat(),
        "ids": {"openalex": address},
        "authorships": [{"author": {"id": "A1", "display_name": a}} for a in authors(paper)],
        "primary_location": places[0] if places else None,
        "locations": places,
        "abstract_inverted_index": positions if paper.n % 7 else None,
        "cited_by_count": paper.total if citing is None else citing,
        "referenced_works": [f"https://openalex.org/W{n}" for n in (paper.n + 10, paper.n + 11)],
        "type": "preprint" if paper.arxiv else "article",
        "is_retracted": paper.n % 997 == 3,
    }


# --- arXiv

FEED = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom">
  <opensearch:totalResults xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">{total}</opensearch:totalResults>
  <opensearch:startIndex xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">{start}</opensearch:startIndex>
{entries}</feed>
"""

ENTRY = """  <entry>
    <id>http://arxiv.org/abs/{id}v2</id>
    <updated>{day}T10:00:00Z</updated>
    <published>{day}T09:00:00Z</published>
    <title>{title}</title>
    <summary>  {summary}
    </summary>
    <author><name>{author}</name></author>
    <arxiv:comment xmlns:arxiv="http://arxiv.org/schemas/atom">{comment}</arxiv:comment>
    <arxiv:primary_category xmlns:arxiv="http://arxiv.org/schemas/atom" term="cs.CV"/>
    <category term="cs.CV" scheme="http://arxiv.org/schemas/atom"/>
    <category term="eess.IV" scheme="http://arxiv.org/schemas/atom"/>
  </entry>
"""


def arxiv_entry(paper: Paper) -> str:
    """One Atom entry."""
    return ENTRY.format(
        id=paper.arxiv,
        day=paper.day.isoformat(),
        title=paper.title,
        summary=abstract(paper),
        author=authors(paper)[0],
        comment=paper.comment,
    )
