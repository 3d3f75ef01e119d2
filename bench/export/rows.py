"""A record as flat rows: one for every score, one for a failure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bench.leaderboard import QUESTION
from bench.records import Record

__all__ = ["FIELDS", "score_rows"]

_SCORE = (
    "metric",
    "value",
    "low",
    "high",
    "n",
    "n_reference",
    "unit",
    "spread",
    "version",
    "extractor",
    "extractor_sha256",
    "comparable",
    "extractor_trust",
    "resize",
)
_COST = ("images_per_second", "parameters", "macs", "peak_memory_bytes", "device")
FIELDS = (
    "record",
    "status",
    "model",
    "weights_sha256",
    "paper",
    *QUESTION,
    "seed",
    "training_seed",
    "precision",
    *_SCORE,
    "better",
    *_COST,
    "finished",
    "error",
)


def score_rows(records: Iterable[Record]) -> list[dict[str, Any]]:
    """All fields of FIELDS for every score; a failed record has one row without a score."""
    return [
        {**dict.fromkeys(FIELDS), **_common(record), **_score(score)}
        for record in records
        for score in (record.scores or ({},))
    ]


def _score(score: Mapping[str, Any]) -> dict[str, Any]:
    # `direction` is that of the translation; which numbers are better is `better`.
    found = {name: score.get(name) for name in _SCORE} if score else {}
    return {**found, "better": score.get("direction")}


def _common(record: Record) -> dict[str, Any]:
    spec, error = record.spec, record.error or {}
    return {
        "record": record.id,
        "status": record.status,
        "model": record.model,
        "weights_sha256": spec["weights_sha256"],
        "paper": record.card.get("paper"),
        **{name: spec.get(name) for name in QUESTION},
        "seed": spec.get("seed"),
        "training_seed": record.card.get("training_seed"),
        "precision": spec["precision"],
        **{name: record.cost.get(name) for name in _COST},
        "finished": record.finished,
        "error": error.get("message"),
    }
