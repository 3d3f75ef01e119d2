"""Papers like one paper: by shared references and shared citing papers first, by text second."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from typing import Any

from sqlalchemy import Connection, func, select

from survey.catalogue import tables as t
from survey.catalogue.papers import Filter, find_paper
from survey.fulltext import count, ranked
from survey.paper import Paper
from survey.query import Query, Term
from survey.search import in_order
from survey.works import batches, works

__all__ = ["Evidence", "Similar", "similar"]

PRIOR = 5  # members added to either list, so that one shared among few is not taken for much
COMMON = 0.05  # a reference that weighs less is shared by nearly everyone and says nothing
DIGITS = 6  # scores that agree so far are a tie
CANDIDATES = 200  # papers that share words with it, compared word by word
WORDS = 24  # that choose those
_WORD = re.compile(r"[^\W\d_]{4,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Why a paper is like another.

    `coupling` and `cocitation` are cosines between the two lists, in which what many papers share
    counts less, from 0 to 1; `text` is the cosine of TF-IDF, None where text was not asked.
    """

    references: int = 0  # works that both cite
    citing: int = 0  # papers of the catalogue that cite both
    coupling: float = 0.0
    cocitation: float = 0.0
    text: float | None = None

    @property
    def score(self) -> float:
        """The two cosines together: 0 without either, near 1 when one is."""
        return round(1 - (1 - self.coupling) * (1 - self.cocitation), DIGITS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Similar:
    """A paper and what it has in common; `score` 0 means that the text alone speaks for it."""

    paper: Paper
    evidence: Evidence = field(default_factory=Evidence)

    def to_json(self) -> dict[str, Any]:
        """The paper's JSON with `score` and `evidence`."""
        found = {k: v for k, v in asdict(self.evidence).items() if v is not None}
        return {**self.paper.to_json(), "score": self.evidence.score, "evidence": found}


def similar(
    connection: Connection, text: str, wanted: Filter | None = None, limit: int = 20
) -> list[Similar]:
    """The papers most like the one that the identifier `text` names, the most alike first."""
    own, wanted = find_paper(connection, text), wanted or Filter()
    graph = _graph(connection, own.id)
    order = sorted(graph, key=lambda name: (-graph[name].score, name))
    passing = (Similar(paper=p, evidence=graph[p.id]) for p in _passing(connection, order, wanted))
    found = list(_with_ties(passing, limit))
    scores = [one.evidence.score for one in found]
    if len(found) < limit or len(set(scores)) < len(scores):
        if len(found) < limit:
            found += _by_words(connection, own, {own.id, *graph}, wanted)
        found = _read(own, found)
        found.sort(key=lambda s: (-s.evidence.score, -(s.evidence.text or 0), s.paper.id))
    return [one for one in found if one.evidence.score or one.evidence.text][:limit]


def _passing(connection: Connection, ids: Iterable[str], wanted: Filter) -> Iterator[Paper]:
    left, size = iter(ids), 100
    while some := list(islice(left, size)):
        yield from in_order(connection, some, wanted)
        size = min(size * 4, 10_000)


def _with_ties(found: Iterable[Similar], limit: int) -> Iterator[Similar]:
    last = 0.0
    for n, one in enumerate(found):
        if n >= limit and one.evidence.score != last:
            return
        last = one.evidence.score
        yield one


# --- the graph


def _graph(connection: Connection, paper: str) -> dict[str, Evidence]:
    lengths = _lengths(connection)
    every = connection.execute(select(func.count()).select_from(t.paper)).scalar() or 0
    found: dict[str, Evidence] = {}
    for name, (shared, cosine) in _coupled(connection, paper, lengths, every).items():
        found[name] = Evidence(references=shared, coupling=cosine)
    for name, (shared, cosine) in _cocited(connection, paper, lengths, every).items():
        known = found.get(name, Evidence())
        found[name] = replace(known, citing=shared, cocitation=cosine)
    found.pop(paper, None)
    return {name: evidence for name, evidence in found.items() if evidence.score}


def _lengths(connection: Connection) -> dict[str, int]:
    """How many works each paper is known to cite."""
    owner = t.reference.c.paper
    rows = connection.execute(select(owner, func.count()).group_by(owner))
    return {str(paper): int(length) for paper, length in rows}


def _coupled(
    connection: Connection, paper: str, lengths: Mapping[str, int], every: int
) -> dict[str, tuple[int, float]]:
    """Papers that cite what `paper` cites: how much of it, and the cosine."""
    work = t.reference.c.work
    mine = select(work).where(t.reference.c.paper == paper)
    query = select(work, func.count()).where(work.in_(mine)).group_by(work)
    seeds = _seeds(connection)
    weights = {
        number: 0.0 if number in seeds else _weight(citing, every)
        for number, citing in connection.execute(query)
    }
    shared: Counter[str] = Counter()
    weight: dict[str, float] = {}
    rows = connection.execute(select(t.reference.c.paper, work).where(work.in_(mine)))
    for name, number in rows:
        shared[name] += 1
        weight[name] = weight.get(name, 0.0) + weights[number]
    length = lengths.get(paper, 0)
    return {n: (shared[n], _cosine(w, length, lengths[n])) for n, w in weight.items()}


def _seeds(connection: Connection) -> set[int]:
    """What every paper was fetched for citing."""
    query = select(t.crawl.c.at).where(t.crawl.c.source == "openalex")
    named = (str(at).removeprefix("W") for at in connection.execute(query).scalars())
    return {int(number) for number in named if number.isdecimal()}


def _cocited(
    connection: Connection, paper: str, lengths: Mapping[str, int], every: int
) -> dict[str, tuple[int, float]]:
    """Papers that are cited together with `paper`: how often, and the cosine."""
    numbers = works(connection)
    own = [number for number, name in numbers.items() if name == paper]
    if not own:
        return {}
    citing = select(t.reference.c.paper).where(t.reference.c.work.in_(own))
    query = select(t.reference.c.paper, t.reference.c.work).where(t.reference.c.paper.in_(citing))
    pairs = {(numbers[w], c) for c, w in connection.execute(query) if w in numbers}
    shared: Counter[str] = Counter()
    weight: dict[str, float] = {}
    for name, citer in pairs:
        shared[name] += 1
        weight[name] = weight.get(name, 0.0) + _weight(lengths[citer], every)
    cited = _cited(connection, numbers, set(weight))
    return {n: (shared[n], _cosine(w, cited[paper], cited[n])) for n, w in weight.items()}


def _cited(connection: Connection, numbers: Mapping[int, str], names: set[str]) -> Counter[str]:
    """How many papers of the catalogue cite each of `names`."""
    work, found = t.reference.c.work, Counter[str]()
    for some in batches(number for number, name in numbers.items() if name in names):
        query = select(work, func.count()).where(work.in_(some)).group_by(work)
        for number, citing in connection.execute(query):
            found[numbers[number]] += citing
    return found


def _weight(size: int, every: int) -> float:
    """1 for what only one shares, falling with the logarithm to 0 for what all of them do."""
    weight = 1 - math.log(max(size, 1)) / math.log(max(every, size, 2))
    return weight if weight >= COMMON else 0.0


def _cosine(weight: float, first: int, second: int) -> float:
    return round(weight / math.sqrt((first + PRIOR) * (second + PRIOR)), 6)


# --- the text


def _by_words(connection: Connection, own: Paper, known: set[str], wanted: Filter) -> list[Similar]:
    """Papers that share its rarer words and are not known yet."""
    words = _rare(connection, own)
    if not words:
        return []
    rows = ranked(connection, Query(groups=(tuple(words),)))
    names = (row.paper for row in rows if row.paper not in known)
    found = islice(_passing(connection, names, wanted), CANDIDATES)
    return [Similar(paper=paper) for paper in found]


def _rare(connection: Connection, own: Paper) -> list[Term]:
    words = dict.fromkeys(_WORD.findall(f"{own.title} {own.abstract}".lower()))
    terms = [Term(text=word) for word in islice(words, 100)]
    frequency = {term: count(connection, Query(groups=((term,),))) for term in terms}
    shared = [term for term in terms if frequency[term] > 1]
    return sorted(shared, key=lambda term: (frequency[term], term.text))[:WORDS]


def _read(own: Paper, others: Sequence[Similar]) -> list[Similar]:
    """The same with the cosine of their titles and abstracts, where scikit-learn is there."""
    try:
        from sklearn.feature_extraction.text import TfidfVectorizer
    except ImportError:
        return list(others)
    texts = [f"{paper.title} {paper.title} {paper.abstract}" for paper in _papers(own, others)]
    try:
        matrix = TfidfVectorizer(stop_words="english", sublinear_tf=True).fit_transform(texts)
    except ValueError:  # not one word in all of them
        return list(others)
    cosines = (matrix[1:] @ matrix[0].T).toarray().ravel()
    return [
        replace(one, evidence=replace(one.evidence, text=round(float(value), DIGITS)))
        for one, value in zip(others, cosines, strict=True)
    ]


def _papers(own: Paper, others: Sequence[Similar]) -> list[Paper]:
    return [own, *(one.paper for one in others)]
