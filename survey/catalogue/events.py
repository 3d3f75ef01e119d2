"""What a person decided about papers: events that are only ever added."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal, get_args

from sqlalchemy import Connection, insert, select

from data.errors import UsageProblem
from survey.catalogue import tables as t

__all__ = ["ACTIONS", "Action", "Decision", "Event", "add", "decisions", "events", "now", "undo"]

Action = Literal["keep", "drop", "later", "reset", "tag", "untag", "note", "undo"]
ACTIONS: tuple[str, ...] = get_args(Action)
STATUS = {"keep": "kept", "drop": "dropped", "later": "later", "reset": "new"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One decision: `paper` is an identifier, `value` a tag, a note, or what is undone."""

    n: int
    at: str
    paper: str
    action: str
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Where all events together leave a paper."""

    status: str = "new"
    tags: tuple[str, ...] = ()
    note: str = ""
    at: str = ""  # of the last event


def now() -> str:
    """UTC, ISO 8601, seconds."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def add(connection: Connection, paper: str, action: str, value: str = "") -> int:
    """Append an event; returns its number."""
    if action not in ACTIONS:
        raise ValueError(f"'{action}' is none of {', '.join(ACTIONS)}")
    row = {"at": now(), "paper": paper, "action": action, "value": value}
    made = connection.execute(insert(t.event).values(**row)).inserted_primary_key
    assert made is not None
    return int(made[0])


def undo(connection: Connection) -> Event:
    """Take back the last event that is not taken back already; UsageProblem when there is none."""
    standing = list(_standing(events(connection)))
    if not standing:
        raise UsageProblem("there is nothing to undo", hint="survey triage")
    last = standing[-1]
    add(connection, last.paper, "undo", str(last.n))
    return last


def events(connection: Connection) -> list[Event]:
    """All events, oldest first."""
    rows = connection.execute(select(t.event).order_by(t.event.c.n)).mappings()
    return [Event(**row) for row in rows]


def decisions(connection: Connection) -> dict[str, Decision]:
    """Where the events leave each paper, by the id that it has today."""
    made: dict[str, Decision] = {}
    found = events(connection)
    if not found:
        return made
    today = _today(connection)
    for event in _standing(found):
        paper = today.get(event.paper, event.paper)
        made[paper] = _after(made.get(paper, Decision()), event)
    return made


def _standing(found: Iterable[Event]) -> Iterator[Event]:
    found = list(found)
    undone = {event.value for event in found if event.action == "undo"}
    return (e for e in found if e.action != "undo" and str(e.n) not in undone)


def _today(connection: Connection) -> dict[str, str]:
    # Asked by name, not read whole: there are several names a paper.
    named = t.alias.c.identifier.in_(select(t.event.c.paper))
    query = select(t.alias.c.identifier, t.alias.c.paper).where(named)
    return {str(i): str(p) for i, p in connection.execute(query)}


def _after(decision: Decision, event: Event) -> Decision:
    if event.action in STATUS:
        return replace(decision, status=STATUS[event.action], at=event.at)
    if event.action == "note":
        return replace(decision, note=event.value, at=event.at)
    tags = dict.fromkeys(decision.tags)
    if event.action == "tag":
        tags[event.value] = None
    else:
        tags.pop(event.value, None)
    return replace(decision, tags=tuple(tags), at=event.at)
