"""What is new: since a day, or since the last look."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, func, select

from data.errors import UsageProblem
from survey.catalogue import tables as t
from survey.catalogue.catalogue import meta_value, set_meta
from survey.catalogue.papers import Filter
from survey.paper import Paper
from survey.search import in_order
from survey.works import batches

__all__ = [
    "Fresh",
    "Look",
    "last_fetch",
    "last_look",
    "moment",
    "remember",
    "since_look",
    "since_moment",
]

NAME = "looked"  # in `meta`: JSON of Look
FIRST = timedelta(days=7)  # what the first look goes back
# A record is stamped before its page is committed, and a page may wait for the database: what is
# seen shortly before a look may appear after it.
MARGIN = timedelta(minutes=2)
_AGO = re.compile(r"(\d{1,4})\s*([hdwmy])", re.IGNORECASE)
_HOURS = {"h": 1, "d": 24, "w": 7 * 24, "m": 30 * 24, "y": 365 * 24}


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A look at what is new: everything seen before `at`, and after it only `shown`."""

    at: str  # ISO 8601, UTC
    shown: frozenset[str] = frozenset()  # ids of papers


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """A new paper and when a source first named it."""

    paper: Paper
    seen: str

    def to_json(self) -> dict[str, Any]:
        """The paper's JSON with `seen`."""
        return {**self.paper.to_json(), "seen": self.seen}


def moment(text: str, now: datetime | None = None) -> str:
    """`2026-01-31`, a time, or so long ago (`36h`, `7d`, `2w`, `3m`, `1y`), as ISO 8601 in UTC."""
    given, now = text.strip(), now or datetime.now(UTC)
    try:
        if ago := _AGO.fullmatch(given):
            at = now - timedelta(hours=int(ago[1]) * _HOURS[ago[2].lower()])
        else:
            at = datetime.fromisoformat(given)
        at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as problem:
        raise UsageProblem(
            f"'{text}' is neither a day nor a time ago", hint="survey new --since 7d"
        ) from problem
    return at.isoformat(timespec="seconds")


def since_moment(connection: Connection, since: str, wanted: Filter | None = None) -> list[Fresh]:
    """Papers first named by a source, or dated, at or after `since` (ISO 8601), newest first."""
    stamps = _stamps(connection)
    dated = connection.execute(select(t.paper.c.id).where(t.paper.c.date >= since[:10])).scalars()
    names = {paper for paper, seen in stamps.items() if seen >= since}
    return _fresh(connection, names | set(map(str, dated)), stamps, wanted)


def since_look(
    connection: Connection, last: Look, wanted: Filter | None = None, now: datetime | None = None
) -> tuple[list[Fresh], Look]:
    """Papers that a look did not show, newest first, and this look to be remembered."""
    now = now or datetime.now(UTC)
    stamps = _stamps(connection)
    names = {paper for paper, seen in stamps.items() if seen >= last.at} - last.shown
    # A record of a clock that ran ahead must not hide what comes until then.
    newest = min(now, max(map(_parsed, stamps.values()), default=now))
    at = (newest - MARGIN).isoformat(timespec="seconds")
    look = Look(at=at, shown=frozenset(p for p, seen in stamps.items() if seen >= at))
    return _fresh(connection, names, stamps, wanted), look


def _fresh(
    connection: Connection, names: set[str], stamps: Mapping[str, str], wanted: Filter | None
) -> list[Fresh]:
    found: list[Fresh] = []
    for some in batches(sorted(names)):
        passing = in_order(connection, some, wanted or Filter())
        found += (Fresh(paper=paper, seen=stamps.get(paper.id, "")) for paper in passing)
    return sorted(found, key=lambda fresh: (fresh.seen, fresh.paper.date), reverse=True)


def _stamps(connection: Connection) -> dict[str, str]:
    """When a source first named each paper."""
    same = and_(t.record.c.source == t.member.c.source, t.record.c.key == t.member.c.key)
    query = select(t.member.c.paper, func.min(t.record.c.seen)).join_from(t.member, t.record, same)
    rows = connection.execute(query.group_by(t.member.c.paper))
    return {str(paper): str(seen) for paper, seen in rows}


def _parsed(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return datetime.fromtimestamp(0, UTC)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def last_look(connection: Connection, now: datetime | None = None) -> Look:
    """The look that was remembered last; at first one that is FIRST ago."""
    text, now = meta_value(connection, NAME), now or datetime.now(UTC)
    content = json.loads(text) if text else {"at": ""}
    # A look of a clock that ran ahead would hide what comes until then.
    if not text or _parsed(content["at"]) > now:
        return Look(at=(now - FIRST).isoformat(timespec="seconds"))
    return Look(at=content["at"], shown=frozenset(content["shown"]))


def remember(connection: Connection, look: Look) -> None:
    """Keep a look for the next one."""
    content = {"at": look.at, "shown": sorted(look.shown)}
    set_meta(connection, NAME, json.dumps(content))


def last_fetch(connection: Connection) -> str:
    """When a fetch last came to its end, ISO 8601; empty when none did."""
    return str(connection.execute(select(func.max(t.crawl.c.finished))).scalar() or "")
