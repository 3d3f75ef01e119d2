"""Find papers by words, phrases or an identifier, and say what to try when there are none."""

from __future__ import annotations

import difflib
import re
import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import Connection, select

from data.errors import UsageProblem
from survey.catalogue import tables as t
from survey.catalogue.filter import conditions
from survey.catalogue.papers import ORDERS, Filter, chosen
from survey.fulltext import MARKS, Ranked, count, ranked, snippets
from survey.ids import parse_id
from survey.paper import Paper
from survey.query import Query, Term, parse

__all__ = ["Advice", "Hit", "advise", "in_order", "search"]

TITLES = 5_000  # of the most cited papers, whose words are compared with a word that none has
FIRST, PIECE = 100, 500  # papers read at once: few at first, as mostly few are wanted
_WORD = re.compile(r"[^\W\d_]{3,}[\w-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A paper that was found; `score` is higher for better, and 0 where nothing ranks."""

    paper: Paper
    score: float
    snippet: str  # the words that were found are between MARKS

    def to_json(self) -> dict[str, Any]:
        """The paper's JSON with `score` and `snippet`."""
        return {**self.paper.to_json(), "score": self.score, "snippet": self.snippet}


@dataclass(frozen=True, slots=True)
class Advice:
    """Why nothing was found, and a command that finds something."""

    message: str
    hint: str


def search(
    connection: Connection, text: str, wanted: Filter | None = None, limit: int | None = None
) -> Iterator[Hit]:
    """The papers that `text` finds, best first; any text will do (survey.query.parse).

    An identifier in any form finds its paper alone.
    """
    wanted = wanted or Filter()
    if named := _named(connection, text):
        for paper in chosen(connection, [named], wanted):
            yield Hit(paper=paper, score=1.0, snippet=f"{MARKS[0]}{paper.id}{MARKS[1]}")
        return
    query = parse(text)
    rows = islice(ranked(connection, query, conditions(connection, wanted)), limit)
    size = min(limit or FIRST, FIRST)
    while some := list(islice(rows, size)):
        passing = {paper.id: paper for paper in chosen(connection, [row.paper for row in some])}
        yield from _shown(connection, query, some, passing)
        size = PIECE


def _shown(
    connection: Connection, query: Query, rows: Sequence[Ranked], passing: dict[str, Paper]
) -> Iterator[Hit]:
    pieces = snippets(connection, query, rows)
    for row in rows:
        piece = pieces.get(row.paper, "")
        yield Hit(paper=passing[row.paper], score=row.score, snippet=piece)


def in_order(connection: Connection, ids: Sequence[str], wanted: Filter) -> list[Paper]:
    """Of the papers called `ids` those that pass the filter, in the order of `ids`."""
    return chosen(connection, ids, wanted)


def _named(connection: Connection, text: str) -> str | None:
    text = text.strip().strip("\"'<>")
    forms = [text]
    with suppress(UsageProblem):
        forms.append(str(parse_id(text)))
    query = select(t.alias.c.paper).where(t.alias.c.identifier.in_(_sendable(forms)))
    found = connection.execute(query).scalar()
    return None if found is None else str(found)


def _sendable(texts: Sequence[str]) -> list[str]:
    # Neither NUL nor a lone surrogate can be part of an identifier, and databases refuse them.
    return [text.encode("utf-8", "replace").decode().replace("\0", " ") for text in texts]


# --- when nothing was found


def advise(connection: Connection, text: str) -> Advice:
    """What to try instead of a search that found nothing."""
    query = parse(text)
    if not query:
        return Advice(f"nothing in '{text}' can be searched for", "survey search 'style transfer'")
    found = 1 if _named(connection, text) else count(connection, query)
    if found:
        return Advice(
            f"'{text}' finds {_papers(found)}, but none that passes the filters",
            f"survey search {shlex.quote(text)}",
        )
    if _is_id(text):
        return Advice(
            f"no paper in the catalogue has the identifier '{text}'",
            "survey search 'words of its title'",
        )
    return _other_words(connection, text, query)


def _is_id(text: str) -> bool:
    try:
        parse_id(text)
    except UsageProblem:
        return False
    return True


def _other_words(connection: Connection, text: str, query: Query) -> Advice:
    corrected = _corrected(connection, text, query)
    if corrected and (found := count(connection, parse(corrected))):
        return Advice(
            f"nothing has '{text}'; did you mean '{corrected}'? ({_papers(found)})",
            f"survey search {shlex.quote(corrected)}",
        )
    either = Query(groups=(query.terms,))
    if len(query.terms) > 1 and (found := count(connection, either)):
        words = " OR ".join(f'"{term.text}"' for term in query.terms)
        return Advice(
            f"no paper has all of '{text}'; {_papers(found)} with one of the words",
            f"survey search {shlex.quote(words)}",
        )
    return Advice(f"nothing has '{text}'", "survey topics, or all papers: survey ls")


def _papers(count: int) -> str:
    return "one paper" if count == 1 else f"{count} papers"


def _corrected(connection: Connection, text: str, query: Query) -> str:
    """`text` with each word that no paper has replaced by one of a title that looks like it."""
    missing = [word for word in _words(query) if not count(connection, _one(word))]
    if not missing:
        return ""
    well_known = select(t.paper.c.title).order_by(*ORDERS["citations"]).limit(TITLES)
    titles = connection.execute(well_known).scalars()
    known = Counter(word.lower() for title in titles for word in _WORD.findall(str(title)))
    for word in missing:
        # Of words alike the one that more titles have.
        near = difflib.get_close_matches(word.lower(), _alike(word, known), n=3, cutoff=0.75)
        if near:
            text = text.replace(word, max(near, key=lambda w: (_likeness(word, w), known[w])))
    return text


def _one(word: str) -> Query:
    return Query(groups=((Term(text=word),),))


def _words(query: Query) -> list[str]:
    return list(dict.fromkeys(w for term in query.terms for w in _WORD.findall(term.text)))


def _alike(word: str, known: Counter[str]) -> list[str]:
    return [w for w in known if abs(len(w) - len(word)) <= 2]


def _likeness(word: str, other: str) -> float:
    return round(difflib.SequenceMatcher(None, word.lower(), other).ratio(), 2)
