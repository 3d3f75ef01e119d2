"""Taking the records of another home: what is new comes over, what contradicts is shown."""

from __future__ import annotations

import math
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bench.records import NewerRecord, Record, checked, identity, path_of, read, seal
from bench.store.migrations import migrated
from bench.store.sets import keep_set, known_set
from bench.store.shape import parsed
from data.errors import AtlasError
from data.files import lock, replacing, write_bytes
from data.paths import Home

__all__ = ["Conflict", "Merged", "merge"]

AGREE = 1e-4  # relative: what two machines may differ by


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """One question with two answers; ours stays."""

    record: str
    model: str
    metric: str
    ours: float | None
    theirs: float | None


@dataclass(slots=True)
class Merged:
    """What became of the records of the other home."""

    taken: list[str] = field(default_factory=list)
    same: list[str] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)  # file, reason


def merge(other: Home, home: Home) -> Merged:
    """Copy records with their pictures and features from `other` into `home`.

    A record that was edited by hand, or cannot be read, is refused. One that is here already with
    the same scores is left; with other scores it is a conflict, and nothing is written over.
    """
    merged = Merged()
    for path in sorted(other.results.glob("*/*/*.json")):
        try:
            record = _whole(path)
        except (AtlasError, OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
            merged.refused.append((str(path), str(problem)))
            continue
        with lock(home.runs / record.id / "run"):
            _take(record, path, other, home, merged)
    return merged


def _whole(path: Path) -> Record:
    content = parsed(path.read_text(encoding="utf-8"))
    if "seal" in content and content["seal"] != seal(content):
        raise ValueError("edited after it was written")
    record = checked(migrated(content))
    if not record.id == path.stem == identity(record.spec):
        raise ValueError(f"its id is not that of what was asked: {identity(record.spec)}")
    return record


def _take(record: Record, path: Path, other: Home, home: Home, merged: Merged) -> None:
    target = path_of(home.results, record.spec["dataset"], record.model, record.id)
    ours = _ours(target)
    if ours is not None and ours.status == "done":
        conflicts = _conflicts(ours, record) if record.status == "done" else []
        merged.conflicts += conflicts
        if not conflicts:
            merged.same.append(record.id)
        return
    if record.status == "done":
        _pictures(record, other, home)
        _features(record, other, home)
    write_bytes(target, path.read_bytes())
    merged.taken.append(record.id)


def _ours(target: Path) -> Record | None:
    """Our record; None where there is none, or none that can be read any more."""
    try:
        return read(target) if target.is_file() else None
    except NewerRecord:
        raise
    except AtlasError:
        return None


def _conflicts(ours: Record, theirs: Record) -> list[Conflict]:
    one, two = (_values(record) for record in (ours, theirs))
    return [
        Conflict(
            record=ours.id, model=ours.model, metric=name, ours=one.get(name), theirs=two.get(name)
        )
        for name in sorted({*one, *two})
        if not _agree(one.get(name), two.get(name))
    ]


def _values(record: Record) -> Mapping[str, float]:
    return {str(score["metric"]): score["value"] for score in record.scores}


def _agree(one: float | None, two: float | None) -> bool:
    if one is None or two is None:
        return False
    return math.isclose(one, two, rel_tol=AGREE, abs_tol=1e-9)


def _pictures(record: Record, other: Home, home: Home) -> None:
    """Copy the pictures that a record names and that are there; none may leave the home."""
    for row in record.pictures:
        for role in ("source", "output", "target"):
            name = row.get(role)
            if not name:
                continue
            source, target = (root / str(name) for root in (other.root, home.root))
            inside = target.resolve().is_relative_to(home.runs.resolve())
            if inside and source.is_file() and not source.is_symlink() and not target.exists():
                with replacing(target) as temporary:
                    shutil.copyfile(source, temporary)


def _features(record: Record, other: Home, home: Home) -> None:
    """Copy the features of a record's outputs and references, so that it can be compared."""
    references = known_set(other, str(record.spec.get("reference_digest"))) or []
    if references:
        keep_set(home, references)
    if not other.features.is_dir():
        return
    from contextlib import closing

    from bench.features.store import FeatureStore

    outputs = [str(row["output_sha256"]) for row in record.pictures if row.get("output_sha256")]
    wanted: list[str] = list(dict.fromkeys([*outputs, *references]))
    asked = record.spec.get("metrics", ())
    keys = dict.fromkeys(str(e["extractor"]) for e in asked if e.get("extractor"))
    with (
        closing(FeatureStore(other.features)) as theirs,
        closing(FeatureStore(home.features)) as ours,
    ):
        for key in keys:
            ours.put(key, theirs.get(key, wanted))
