"""Measure one model on one data set: a single pass, then metrics on what it left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bench.metrics.registry import MetricCard
from bench.metrics.score import Score
from bench.pictures import PictureSet
from data.paths import Home

if TYPE_CHECKING:
    from bench.features.extractor import Extractor
    from bench.features.store import FeatureStore

__all__ = ["Bench", "Result", "measure", "reference_features"]

GALLERY = 64  # sources and targets kept for looking at; outputs are all kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What all cells of one `bench run` share."""

    home: Home
    pictures: PictureSet
    metrics: tuple[MetricCard, ...]
    extractors: Mapping[str, Extractor]  # of whole pictures, by name
    pair_extractors: Mapping[str, Any]  # of two pictures, by name
    store: FeatureStore
    references: Mapping[str, Mapping[str, NDArray[np.float32]]]  # extractor -> vectors [N,d]
    batch: int
    seed: int


@dataclass(slots=True, kw_only=True)
class Result:
    """What a measured cell leaves for its record."""

    scores: list[Score] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    cost: dict[str, Any] = field(default_factory=dict)
    pictures: list[dict[str, Any]] = field(default_factory=list)
