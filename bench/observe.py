"""One pass over the pictures: every output is looked at once by all that want to see it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.cost import Meter
from bench.features.extractor import Extractor, ExtractorCard, Found, PairExtractor
from bench.features.halved import halved
from bench.features.store import FeatureStore, Layers
from bench.metrics.registry import MetricCard
from bench.pictures import Array, Picture, PictureSet, reader
from bench.several import Several, answering
from bench.translate import Batch, Clock, extract, outputs, tensor
from data.datasets import ImageRef
from data.errors import AtlasError, StorageProblem
from data.images import digest
from data.paths import Home
from zoo.batches import batches
from zoo.translator import Translator

__all__ = [
    "Bench",
    "Seen",
    "Vectors",
    "observe",
    "reference_features",
    "training_features",
    "why_not",
]

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
    digests: dict[int, str] = field(default_factory=dict)  # of the outputs' pixels
    problems: dict[str, str] = field(default_factory=dict)  # why a metric has no values
    made: int = 0  # outputs made now, not left by an interrupted run


def why_not(problem: Exception) -> str:
    """What to tell of a metric that failed: a person's words for it, or the kind of error."""
    if isinstance(problem, AtlasError):
        return problem.message
    return f"it raised {type(problem).__name__}: {problem}"


def reference_features(bench: Bench, advance: Advance) -> Vectors:
    """Vectors of all references for every extractor, most of them from the store."""
    return _features(bench, bench.extractors, bench.pictures.references, advance)


def training_features(bench: Bench, extractor: str) -> tuple[list[Picture], Layers]:
    """The training pictures of the target domain by content, and their vectors.

    AtlasError where the data set has none.
    """
    refs = bench.pictures.training.get("reference", ())
    if not refs:
        raise AtlasError("the data set has no training pictures apart from the measured ones")
    read = reader(bench.pictures.size)
    known: dict[str, Picture] = {}
    for group, pictures in batches(refs, read, bench.batch, _left_out):
        for ref, picture in zip(group, pictures, strict=True):
            content = digest(picture)
            known.setdefault(content, Picture(ref, content))
    chosen = [known[content] for content in sorted(known)]
    only = {extractor: bench.extractors[extractor]}
    return chosen, _features(bench, only, chosen, _untold)[extractor]


def _features(
    bench: Bench, extractors: Mapping[str, Extractor], chosen: Sequence[Picture], advance: Advance
) -> Vectors:
    """Vectors by extractor; only pictures that the store does not know are read."""
    keys = bench.keys()
    digests = [picture.digest for picture in chosen]
    rows = {name: bench.store.get(keys[name], digests) for name in extractors}
    todo = [p for p in chosen if any(p.digest not in known for known in rows.values())]
    advance(len(chosen) - len(todo))
    read = reader(bench.pictures.size)
    for group, pictures in batches(todo, lambda p: read(p.ref), bench.batch, _changed):
        contents = [picture.digest for picture in group]
        found = extract(pictures, contents, extractors, keys, bench.store)
        for name, layers in found.items():
            rows[name] |= dict(zip(contents, layers, strict=True))
        advance(len(group))
    return {name: _stack([known[d] for d in digests]) for name, known in rows.items()}


def observe(
    run: str,
    translator: Translator,
    bench: Bench,
    clock: Clock,
    meter: Meter,
    advance: Advance,
) -> Seen:
    """Translate every source, and take features and pairwise numbers while outputs are at hand."""
    rows: dict[str, dict[int, Layers]] = defaultdict(dict)
    values: dict[str, dict[int, Any]] = defaultdict(dict)
    seen, truth = Seen(), _truths(bench)
    answers = answering(translator, bench.metrics)
    folder, read = bench.home.runs / run / "images", reader(bench.pictures.size)
    sources = bench.pictures.sources
    for batch in outputs(translator, sources, read, folder, bench.batch, clock, meter):
        with clock.stage("features"):
            contents = [digest(picture) for picture in batch.outputs]
            seen.digests |= dict(zip(batch.rows, contents, strict=True))
            found = extract(batch.outputs, contents, bench.extractors, bench.keys(), bench.store)
            for name, layers in found.items():
                rows[name] |= dict(zip(batch.rows, layers, strict=True))
            targets = [truth(row) for row in batch.rows] if truth else []
            for name, numbers in _numbers(bench, batch, targets, answers, seen.problems).items():
                values[name] |= dict(zip(batch.rows, numbers, strict=True))
        seen.made += len(batch.rows) if batch.new else 0
        advance(len(batch.rows))
    order = range(len(sources))
    seen.vectors = {name: _stack([found[i] for i in order]) for name, found in rows.items()}
    seen.values = {
        name: np.array([found[i] for i in order], dtype=np.float64)
        for name, found in values.items()
        if name not in seen.problems
    }
    return seen


def _changed(picture: Picture, problem: AtlasError) -> None:
    raise AtlasError(f"a picture changed while it was measured: {problem.message}") from problem


def _left_out(ref: ImageRef, problem: AtlasError) -> None:
    """A training picture that cannot be read is nobody's neighbour."""


def _untold(count: int) -> None:
    """Progress that nobody sees."""


def _stack(rows: Sequence[Layers]) -> Layers:
    return {layer: np.stack([row[layer] for row in rows]) for layer in rows[0]}


def _truths(bench: Bench) -> Callable[[int], Array] | None:
    """Reads the true answer for a source; None when no metric asks for one."""
    truths, read = bench.pictures.truths, reader(bench.pictures.size)
    if truths is None or not any(metric.needs_truth for metric in bench.metrics):
        return None
    return lambda row: read(truths[row].ref)


def _numbers(
    bench: Bench,
    batch: Batch,
    targets: Sequence[Array],
    answers: Sequence[Translator],
    problems: dict[str, str],
) -> dict[str, Sequence[Any]]:
    """A number a picture for every metric of pairs; one that fails is noted and left out."""
    found: dict[str, Sequence[Any]] = {}
    shared: dict[tuple[str, str], Sequence[Any]] = {}  # LPIPS to the source serves two metrics
    several = Several(answers, batch.sources)
    for metric in bench.metrics:
        if metric.needs == "features" or metric.name in problems:
            continue
        through = metric.name if metric.several else metric.pairs_through
        key = (through or metric.name, metric.against)
        try:
            if key not in shared:
                shared[key] = _of_batch(metric, bench, batch, targets, several)
            found[metric.name] = shared[key]
        except (KeyboardInterrupt, MemoryError, StorageProblem):
            raise
        except Exception as problem:  # a plug-in may fail in any way; the other metrics go on
            problems[metric.name] = why_not(problem)
    return found


def _of_batch(
    metric: MetricCard,
    bench: Bench,
    batch: Batch,
    targets: Sequence[Array],
    several: Several,
) -> Sequence[Any]:
    if metric.needs == "draws":
        return _diversity(metric, bench, several.first(metric.draws))
    if metric.needs == "many":
        return _many(metric, bench, several.first(metric.draws))
    return _pairs(metric, bench, batch.outputs, targets if metric.needs_truth else batch.sources)


def _diversity(metric: MetricCard, bench: Bench, made: Sequence[Any]) -> Sequence[float]:
    """For each source the mean number over pairs of its outputs."""
    parts = [_pairs(metric, bench, list(a), list(b)) for a, b in combinations(made, 2)]
    return list(np.mean(np.array(parts, dtype=np.float64), axis=0))


def _many(metric: MetricCard, bench: Bench, made: Sequence[list[Array]]) -> Sequence[Any]:
    """For each source the vectors of its outputs, [draws,d]."""
    name = str(metric.extractor)
    only = {name: bench.extractors[name]}
    rows = []
    for answers in made:
        contents = [digest(answer) for answer in answers]
        found = extract(answers, contents, only, bench.keys(), bench.store)[name]
        rows.append(np.stack([layers[metric.layer] for layers in found]))
    return list(np.stack(rows, axis=1))


def _pairs(
    metric: MetricCard, bench: Bench, made: Sequence[Array], against: Sequence[Array]
) -> Sequence[Any]:
    for output, other in zip(made, against, strict=True):
        if output.shape != other.shape:
            raise AtlasError(
                f"{metric.name} compares pictures of one size, not {output.shape[:2]} with "
                f"{other.shape[:2]}",
                hint="measure all at one size: --size 256",
            )
    name = metric.pairs_through or metric.name
    if metric.pair is not None:
        numbers = np.array([metric.pair(a, b) for a, b in zip(made, against, strict=True)])
    else:
        numbers = halved(name, bench.pair_extractors[name], tensor(made), tensor(against))
    if not np.isfinite(numbers).all():
        raise AtlasError(f"{name} gives NaN or infinity")
    return list(numbers)
