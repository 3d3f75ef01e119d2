"""One pass over the pictures: every output is looked at once by all that want to see it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bench.features.extractor import Extractor, ExtractorCard, Found, PairExtractor
from bench.features.store import FeatureStore, Layers
from bench.metrics.registry import MetricCard
from bench.pictures import Array, Picture, PictureSet, reader
from bench.translate import Clock, extract, outputs, tensor
from data.errors import AtlasError
from data.paths import Home
from zoo.batches import batches
from zoo.translator import Translator

__all__ = ["Bench", "Seen", "Vectors", "observe", "reference_features"]

Vectors = dict[str, Layers]  # extractor -> layer -> float32 [N,d]
Advance = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What all models of one `bench run` share."""

    home: Home
    pictures: PictureSet
    metrics: tuple[MetricCard, ...]
    cards: Mapping[str, tuple[ExtractorCard, Found]]
    extractors: Mapping[str, Extractor]
    pair_extractors: Mapping[str, PairExtractor]
    store: FeatureStore
    batch: int
    seed: int

    def keys(self) -> dict[str, str]:
        """The key in the store of every extractor."""
        return {name: found.key(card) for name, (card, found) in self.cards.items()}


@dataclass(slots=True)
class Seen:
    """What the pass left, in the order of the sources."""

    vectors: Vectors = field(default_factory=dict)
    values: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    made: int = 0  # outputs made now, not left by an interrupted run


def reference_features(bench: Bench, advance: Advance) -> Vectors:
    """Vectors of all references for every extractor, most of them from the store."""
    rows: dict[str, list[Layers]] = defaultdict(list)
    read = reader(bench.pictures.size)
    for group, pictures in batches(
        bench.pictures.references, lambda p: read(p.ref), bench.batch, _changed
    ):
        for name, found in extract(pictures, bench.extractors, bench.keys(), bench.store).items():
            rows[name] += found
        advance(len(group))
    return {name: _stack(found) for name, found in rows.items()}


def observe(run: str, translator: Translator, bench: Bench, clock: Clock, advance: Advance) -> Seen:
    """Translate every source, and take features and pairwise numbers while outputs are at hand."""
    rows: dict[str, dict[int, Layers]] = defaultdict(dict)
    values: dict[str, dict[int, float]] = defaultdict(dict)
    seen, truth = Seen(), _truths(bench)
    folder, read = bench.home.runs / run / "images", reader(bench.pictures.size)
    for batch in outputs(translator, bench.pictures.sources, read, folder, bench.batch, clock):
        with clock.stage("features"):
            found = extract(batch.outputs, bench.extractors, bench.keys(), bench.store)
            for name, layers in found.items():
                rows[name] |= dict(zip(batch.rows, layers, strict=True))
            targets = [truth(row) for row in batch.rows] if truth else []
            for metric in (m for m in bench.metrics if m.needs == "pairs"):
                against = batch.sources if _of_source(metric) else targets
                numbers = _pairs(metric, bench, batch.outputs, against)
                values[metric.name] |= dict(zip(batch.rows, map(float, numbers), strict=True))
        seen.made += len(batch.rows) if batch.new else 0
        advance(len(batch.rows))
    order = range(len(bench.pictures.sources))
    seen.vectors = {name: _stack([found[i] for i in order]) for name, found in rows.items()}
    seen.values = {name: np.array([found[i] for i in order]) for name, found in values.items()}
    return seen


def _changed(picture: Picture, problem: AtlasError) -> None:
    raise AtlasError(f"a picture changed while it was measured: {problem.message}") from problem


def _stack(rows: Sequence[Layers]) -> Layers:
    return {layer: np.stack([row[layer] for row in rows]) for layer in rows[0]}


def _of_source(metric: MetricCard) -> bool:
    return metric.name.endswith("-source")


def _truths(bench: Bench) -> Callable[[int], Array] | None:
    """Reads the true answer for a source; None when no metric asks for one."""
    truths, read = bench.pictures.truths, reader(bench.pictures.size)
    wanted = any(m.needs == "pairs" and not _of_source(m) for m in bench.metrics)
    if truths is None or not wanted:
        return None
    return lambda row: read(truths[row].ref)


def _pairs(
    metric: MetricCard, bench: Bench, made: Sequence[Array], against: Sequence[Array]
) -> Sequence[float] | NDArray[np.float64]:
    for output, other in zip(made, against, strict=True):
        if output.shape != other.shape:
            raise AtlasError(
                f"{metric.name} compares pictures of one size, not {output.shape[:2]} with "
                f"{other.shape[:2]}",
                hint="measure all at one size: --size 256",
            )
    if metric.pair is not None:
        return [metric.pair(a, b) for a, b in zip(made, against, strict=True)]
    assert metric.extractor is not None
    return bench.pair_extractors[metric.extractor](tensor(made), tensor(against))
