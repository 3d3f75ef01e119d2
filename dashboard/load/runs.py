"""What is being measured now, and what failed: from the files that `bench run` leaves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.records import Record
from dashboard.load.held import held
from dashboard.load.results import Board, Unreadable
from data.images import is_image
from data.paths import find_home

__all__ = ["Progress", "by_id", "failed", "progress", "progress_of", "recent", "unreadable"]

SHOWN = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """A run without a record yet; what it measures is in its record, which comes at its end."""

    id: str
    pictures: int  # translated so far
    began: datetime | None  # the first picture
    changed: datetime | None  # the last one
    running: bool  # a process holds it; else it was interrupted

    @property
    def a_second(self) -> float | None:
        """Pictures a second, over all of them."""
        if self.began is None or self.changed is None or self.pictures < 2:
            return None
        took = (self.changed - self.began).total_seconds()
        return (self.pictures - 1) / took if took > 0 else None


def progress(boards: Iterable[Board]) -> list[Progress]:
    """Runs that have pictures or a holder and no record, the latest first."""
    known = {name for board in boards for name in board.files}
    try:
        folders = [f for f in find_home().runs.iterdir() if f.is_dir() and f.name not in known]
    except OSError:
        return []
    found = [one for one in map(progress_of, folders) if one.pictures or one.running]
    early = datetime.min.replace(tzinfo=UTC)
    return sorted(found, key=lambda p: (p.running, p.changed or early), reverse=True)[:SHOWN]


def progress_of(folder: Path, since: datetime | None = None) -> Progress:
    """How far the run in this folder is; with `since`, by the pictures made after it."""
    times = []
    for path in _pictures(folder / "images"):
        try:
            when = path.stat().st_mtime
        except OSError:  # gone in the meantime
            continue
        if since is None or when >= since.timestamp():
            times.append(when)
    return Progress(
        id=folder.name,
        pictures=len(times),
        began=datetime.fromtimestamp(min(times), UTC) if times else None,
        changed=datetime.fromtimestamp(max(times), UTC) if times else None,
        running=held(folder / "run.lock"),
    )


def _pictures(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if is_image(path)]
    except OSError:
        return []


def by_id(boards: Iterable[Board]) -> dict[str, Record]:
    """Every record that can be read, failed ones included."""
    found: dict[str, Record] = {}
    for board in boards:
        for table in board.tables:
            found |= {record.id: record for record in table.failed}
            found |= {row.record.id: row.record for row in table.rows}
    return found


def recent(boards: Iterable[Board]) -> list[Record]:
    """Finished records, the newest first."""
    done = [record for record in by_id(boards).values() if record.status == "done"]
    return sorted(done, key=lambda record: record.finished, reverse=True)[:SHOWN]


def failed(boards: Iterable[Board]) -> list[Record]:
    """Records of models that failed and were not measured since, the newest first."""
    bad = [record for record in by_id(boards).values() if record.status != "done"]
    return sorted(bad, key=lambda record: record.finished, reverse=True)[:SHOWN]


def unreadable(boards: Iterable[Board]) -> list[Unreadable]:
    """Files among the records that are none."""
    return [one for board in boards for one in board.unreadable]
