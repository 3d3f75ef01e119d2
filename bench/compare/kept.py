"""What this machine keeps of records: scores by picture, features, values with one left out."""

from __future__ import annotations

import contextlib
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.compare.left_out import LeftOut, without_groups, without_one
from bench.records import Record, path_of, read
from bench.store.sets import known_set
from data.errors import AtlasError, StorageProblem
from data.files import replacing
from data.paths import Home

__all__ = ["Kept", "metric_asked", "source_key"]

Floats = NDArray[np.float64]

GROUPS = 20  # parts that are left out of a Fréchet distance in turn
AGREE = 1e-5  # relative: what features give may differ from the record by this


def source_key(entry: Mapping[str, Any]) -> str:
    """What makes a source the same source in two records: its content, or its name before that
    was noted. Of equal pictures each has a place as well, which `Kept.pictures` gives it."""
    return str(entry.get("key") or entry.get("source_sha256") or entry["id"])


def metric_asked(record: Record, metric: str) -> Mapping[str, Any]:
    """Version and extractor of a metric as they were asked for; empty where it was not."""
    asked: Sequence[Mapping[str, Any]] = record.spec.get("metrics", ())
    return next((entry for entry in asked if entry.get("name") == metric), {})


class Kept:
    """Looks up, once each, what belongs to records of some folders under one home."""

    def __init__(self, folders: Sequence[Path], home: Home) -> None:
        self.folders, self.home = folders, home
        self._pictures: dict[str, tuple[Mapping[str, Any], ...]] = {}
        self._left_out: dict[tuple[str, str], LeftOut | None] = {}
        self._store: Any = None

    def close(self) -> None:
        """Close the feature store, if it was opened."""
        if self._store is not None:
            self._store.close()

    def pictures(self, record: Record) -> tuple[Mapping[str, Any], ...]:
        """The rows of a record's pictures in the order of their sources' content."""
        if record.id not in self._pictures:
            rows = record.pictures or self._from_file(record)
            self._pictures[record.id] = _in_order(rows)
        return self._pictures[record.id]

    def _from_file(self, record: Record) -> tuple[Mapping[str, Any], ...]:
        for folder in reversed(self.folders):
            path = path_of(folder, record.spec["dataset"], record.model, record.id)
            if path.is_file():
                return read(path).pictures
        return ()

    def values(self, record: Record, metric: str) -> dict[str, float] | None:
        """A metric's number for every source; None where the record has them not for all."""
        found = {
            source_key(row): row["scores"][metric]
            for row in self.pictures(record)
            if metric in (row.get("scores") or {})
        }
        complete = 2 <= len(found) == len(self.pictures(record))
        return found if complete and all(map(math.isfinite, found.values())) else None

    def features(self, record: Record, metric: str) -> tuple[Floats, Floats] | None:
        """Features [n,d] of outputs and [m,d] of references; None where some are not kept."""
        from bench.metrics.registry import metric_cards

        card, key = metric_cards().get(metric), metric_asked(record, metric).get("extractor")
        if card is None or not key or not (self.home.features).is_dir():
            return None
        outputs = [self._digest(row) for row in self.pictures(record)]
        references = known_set(self.home, str(record.spec.get("reference_digest")))
        if not outputs or None in outputs or not references:
            return None
        found = (self._rows(str(key), outputs, card.layer), self._rows(key, references, card.layer))
        return None if found[0] is None or found[1] is None else (found[0], found[1])

    def _digest(self, row: Mapping[str, Any]) -> str | None:
        """The sha256 of an output's pixels, noted in the record or read from the picture."""
        from data.images import decode, digest

        if row.get("output_sha256"):
            return str(row["output_sha256"])
        try:
            return digest(decode(self.home.root / str(row.get("output"))))
        except AtlasError:
            return None

    def _rows(self, extractor: str, pictures: Sequence[str | None], layer: str) -> Floats | None:
        from bench.features.store import FeatureStore

        if self._store is None:
            self._store = FeatureStore(self.home.features)
        wanted = [str(picture) for picture in pictures]
        found = self._store.get(extractor, list(dict.fromkeys(wanted)))
        if any(p not in found or layer not in found[p] for p in wanted):
            return None
        rows: Floats = np.stack([found[p][layer] for p in wanted]).astype(np.float64)
        return rows

    def left_out(self, record: Record, score: Mapping[str, Any]) -> LeftOut | None:
        """The score without each source and reference; None where features are not kept.

        Worked out once and kept beside the run's pictures.
        """
        key = (record.id, str(score["metric"]))
        if key not in self._left_out:
            self._left_out[key] = self._find_left_out(record, score)
        return self._left_out[key]

    def _find_left_out(self, record: Record, score: Mapping[str, Any]) -> LeftOut | None:
        path = self.home.runs / record.id / "left-out" / f"{score['metric']}.npz"
        if (known := _read(path, record.finished)) is not None:
            return known
        features = self.features(record, str(score["metric"]))
        if features is None:
            return None
        found = _of_features(str(score["metric"]), *features)
        if found is None or not math.isclose(found.value, score["value"], rel_tol=AGREE):
            return None  # `bench verify` says which of the two was changed
        with contextlib.suppress(StorageProblem):  # somebody else's home, or a full disk
            _write(path, found, record.finished)
        return found


def _in_order(rows: Sequence[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    """Rows by the content of their sources; pictures that are there twice get a place each."""
    seen: Counter[str] = Counter()
    found = []
    for row in sorted(rows, key=lambda row: (source_key(row), str(row["id"]))):
        key = source_key(row)
        found.append({**row, "key": f"{key} {seen[key]}"} if seen[key] else row)
        seen[key] += 1
    return tuple(found)


def _of_features(metric: str, outputs: Floats, references: Floats) -> LeftOut | None:
    if min(len(outputs), len(references)) < 3:
        return None
    if metric.startswith("kid"):
        return without_one(outputs, references)
    if metric.startswith(("fid", "fd-")):
        return without_groups(outputs, references, GROUPS)
    return None


def _read(path: Path, finished: str) -> LeftOut | None:
    try:
        with np.load(path, allow_pickle=False) as kept:
            if str(kept["finished"]) != finished:
                return None
            parts = kept["sources"], kept["references"]
            return LeftOut(float(kept["value"]), *parts, grouped=bool(kept["grouped"]))
    except (OSError, ValueError, KeyError, EOFError):
        return None


def _write(path: Path, found: LeftOut, finished: str) -> None:
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(
            file,
            allow_pickle=False,
            value=found.value,
            sources=found.sources,
            references=found.references,
            grouped=found.grouped,
            finished=finished,
        )
