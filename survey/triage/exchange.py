"""Decisions as text: one JSON object a line, to keep, to compare, to take to another catalogue."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from data.errors import UsageProblem
from survey.catalogue import tables as t
from survey.catalogue.events import ACTIONS, STATUS, Decision, Event, add, decisions, events
from survey.catalogue.papers import known
from survey.found import clean

__all__ = ["Taken", "export", "read", "take"]

_BACK = {status: action for action, status in STATUS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What an import did."""

    added: int = 0
    present: int = 0  # were here already
    unknown: int = 0  # added, of papers that this catalogue does not have yet
    stayed: int = 0  # papers with a later decision here, which counts


def export(connection: Connection) -> Iterator[dict[str, Any]]:
    """Every event, oldest first, with the title that its paper has now."""
    found = events(connection)
    today = known(connection, {event.paper for event in found})
    titles = {
        str(paper): str(title)
        for paper, title in connection.execute(select(t.paper.c.id, t.paper.c.title))
    }
    for event in found:
        row = {name: getattr(event, name) for name in event.__dataclass_fields__}
        yield {**row, "title": titles.get(today.get(event.paper, event.paper), "")}


def read(lines: Iterable[str]) -> list[Event]:
    """Events of an export; UsageProblem names the first line that is none."""
    made = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                made.append(_event(json.loads(line)))
            except (ValueError, TypeError, KeyError) as problem:
                raise UsageProblem(
                    f"line {number} is no decision: {problem}",
                    hint="survey decisions > FILE writes what survey decisions --import FILE reads",
                ) from problem
    return made


def take(connection: Connection, given: Sequence[Event]) -> Taken:
    """Add the events that are not here yet, in their order.

    Doing it twice adds nothing. Where this catalogue has a later decision about a paper, that one
    is said again after them, so it still counts.
    """
    present = events(connection)
    here = dict(zip(_names(present), (event.n for event in present), strict=True))
    before = decisions(connection)
    number: dict[str, str] = {}  # of an event there → its number here
    fresh = []
    for event, name in zip(given, _names(given), strict=True):
        if name not in here:
            # Names of one list are all different, so what is added here never meets itself.
            value = number.get(event.value, "") if event.action == "undo" else event.value
            here[name] = _append(connection, event, value)
            fresh.append(event)
        number[str(event.n)] = str(here[name])
    today = known(connection, {event.paper for event in fresh})
    return Taken(
        added=len(fresh),
        present=len(given) - len(fresh),
        unknown=sum(event.paper not in today for event in fresh),
        stayed=_said_again(connection, before, fresh, today),
    )


def _event(content: Any) -> Event:
    if not isinstance(content, Mapping):
        raise TypeError("it is no JSON object")
    texts = {name: content.get(name, "") for name in ("at", "paper", "action", "value")}
    if not all(isinstance(text, str) for text in texts.values()):
        raise TypeError("at, paper, action and value have to be text")
    if texts["action"] not in ACTIONS:
        raise ValueError(f"the action '{texts['action']}' is none of {', '.join(ACTIONS)}")
    if not texts["paper"] or not isinstance(content.get("n"), int):
        raise ValueError("it names no paper or has no number n")
    datetime.fromisoformat(texts["at"])
    return Event(n=content["n"], **{name: clean(text) for name, text in texts.items()})


def _names(found: Sequence[Event]) -> list[Hashable]:
    """A name for each event that is the same in every catalogue, whatever its number there."""
    said: Counter[Hashable] = Counter()
    by_number: dict[str, Hashable] = {}
    names: list[Hashable] = []
    for event in found:
        value = by_number.get(event.value) if event.action == "undo" else event.value
        plain = (event.at, event.paper, event.action, value)
        said[plain] += 1
        names.append((*plain, said[plain]))
        by_number[str(event.n)] = names[-1]
    return names


def _append(connection: Connection, event: Event, value: str) -> int:
    row = {"at": event.at, "paper": event.paper, "action": event.action, "value": value}
    made = connection.execute(insert(t.event).values(**row)).inserted_primary_key
    assert made is not None
    return int(made[0])


def _said_again(
    connection: Connection,
    before: Mapping[str, Decision],
    fresh: Sequence[Event],
    today: Mapping[str, str],
) -> int:
    newest: dict[str, str] = {}
    for event in fresh:
        paper = today.get(event.paper, event.paper)
        newest[paper] = max(newest.get(paper, ""), event.at)
    after = decisions(connection)
    stayed = 0
    for paper, at in newest.items():
        was = before.get(paper)
        if was is not None and was.at > at:
            new = after.get(paper, Decision())
            if was.status != new.status:
                add(connection, paper, _BACK[was.status])
            if was.note != new.note:
                add(connection, paper, "note", was.note)
            stayed += (was.status, was.note) != (new.status, new.note)
    return stayed
