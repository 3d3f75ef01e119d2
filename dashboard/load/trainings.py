"""Trainings under the home: how far each is, its losses, and how fast it goes, from its files.

`zoo train` writes what it will do to `plan.json`, appends losses to `log.jsonl` every 20 steps and
writes `checkpoint.pt`; when it ends it exports `latest_net_*.safetensors`, whose headers say what
was trained, and when it fails it leaves `failure.json`.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from dashboard.load.held import held
from data.paths import find_home

__all__ = ["Losses", "Training", "header", "losses", "trainings"]

PLAN, FAILURE = "plan.json", "failure.json"
LOG, CHECKPOINT, TRAINED = "log.jsonl", "checkpoint.pt", "latest_net_*.safetensors"
LARGEST = 64 * 2**20  # bytes of a log that is read
LONGEST = 1_000_000  # bytes of a header
NO_STEPS = ("step", "time")


@dataclass(frozen=True, slots=True, kw_only=True)
class Losses:
    """The log by columns: steps, seconds since 1970, and every loss by its name."""

    steps: tuple[int, ...] = ()
    times: tuple[float, ...] = ()
    values: Mapping[str, tuple[float, ...]]

    @property
    def seconds_per_step(self) -> float | None:
        """The median between two lines of the log, so that pauses do not count."""
        pairs = zip(self.steps, self.steps[1:], self.times, self.times[1:], strict=False)
        found = [(t1 - t0) / (s1 - s0) for s0, s1, t0, t1 in pairs if s1 > s0 and t1 > t0]
        return statistics.median(found) if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """A folder that `zoo train` works in, or did."""

    folder: Path
    step: int  # of the last line of the log, 0 before there is one
    total: int | None  # steps in all; None where nothing says it
    changed: datetime | None  # when its files last did
    saved: datetime | None  # the last checkpoint
    running: bool  # a process holds the folder
    trained: tuple[Path, ...]  # exported files
    facts: Mapping[str, Any]  # model, dataset, direction, recipe
    seconds_per_step: float | None
    error: str = ""  # of the last try, where it failed

    @property
    def finished(self) -> bool:
        """Whether all steps are done and exported."""
        return bool(self.trained) and (self.total is None or self.step >= self.total)

    @property
    def left(self) -> float | None:
        """Seconds to go while it runs; None where nobody can tell."""
        if not self.running or self.total is None or self.seconds_per_step is None:
            return None
        return max(0, self.total - self.step) * self.seconds_per_step

    @property
    def name(self) -> str:
        """`cyclegan-photo2toon-AtoB` where nobody chose another."""
        return self.folder.name


def trainings() -> list[Training]:
    """Every folder with a log or a checkpoint under the home's `training`, the latest first."""
    root = find_home().root / "training"
    try:
        folders = [folder for folder in root.iterdir() if folder.is_dir()]
    except OSError:
        return []
    signs = (LOG, CHECKPOINT, PLAN, FAILURE)
    found = [_training(f) for f in folders if any((f / name).is_file() for name in signs)]
    early = datetime.min.replace(tzinfo=UTC)
    return sorted(found, key=lambda one: one.changed or early, reverse=True)


def _training(folder: Path) -> Training:
    seen = losses(folder)
    trained = tuple(sorted(folder.glob(TRAINED)))
    plan = _told(folder / PLAN)
    stamps = [when for name in (LOG, CHECKPOINT, PLAN) if (when := _changed(folder / name))]
    total = plan.get("total")
    return Training(
        folder=folder,
        step=seen.steps[-1] if seen.steps else 0,
        total=total if isinstance(total, int) else None,
        changed=max(stamps, default=None),
        saved=_changed(folder / CHECKPOINT),
        running=held(folder / f"{CHECKPOINT}.lock"),
        trained=trained,
        facts=(header(trained[0]) if trained else {}) or plan,
        seconds_per_step=seen.seconds_per_step,
        error=_error(_told(folder / FAILURE)),
    )


def _changed(path: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError:
        return None


def _told(path: Path) -> dict[str, Any]:
    """A small file of JSON; empty where there is none to read."""
    try:
        if path.stat().st_size > LONGEST:
            return {}
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, RecursionError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def _error(told: Mapping[str, Any]) -> str:
    return f"{told.get('type')}: {told.get('message')}" if told else ""


def losses(folder: Path) -> Losses:
    """The log of a training; lines that a kill cut short are left out."""
    path = folder / LOG
    try:
        about = path.stat()
    except OSError:
        return Losses(values={})
    if about.st_size > LARGEST:
        return Losses(values={})
    return _losses(path, about.st_mtime_ns, about.st_size)


@lru_cache(maxsize=32)
def _losses(path: Path, changed: int, size: int) -> Losses:
    rows = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            row = json.loads(line)
            rows.append({str(k): float(v) for k, v in row.items()})
        except (AttributeError, RecursionError, TypeError, ValueError):
            continue
    rows = [row for row in rows if "step" in row and "time" in row]
    names = [name for name in (rows[-1] if rows else {}) if name not in NO_STEPS]
    return Losses(
        steps=tuple(int(row["step"]) for row in rows),
        times=tuple(row["time"] for row in rows),
        values={n: tuple(row.get(n, float("nan")) for row in rows) for n in names},
    )


def header(path: Path) -> dict[str, Any]:
    """What the header of a safetensors file of ours says; empty where there is none to read.

    The file begins with the header's length (64 bits, little-endian), then its JSON.
    """
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if not 0 < length <= LONGEST:
                return {}
            told = json.loads(file.read(length)).get("__metadata__", {})
        facts = json.loads(told.get("facts", "{}"))
        return {**facts, "recipe": json.loads(told.get("recipe", "{}"))}
    except (AttributeError, OSError, RecursionError, TypeError, ValueError):
        return {}
