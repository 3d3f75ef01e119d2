"""Measure one model on one data set: a single pass, then metrics on what it left."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch

from bench.cautions import cautions
from bench.cost import Meter, joule_counter, macs, memory, model_bytes, speed
from bench.metrics.copies import NEAR, nearest
from bench.metrics.registry import MetricCard
from bench.metrics.score import FIRST_USE, Score
from bench.observe import Bench, Seen, Vectors, observe, training_features, why_not
from bench.pictures import Picture, reader
from bench.translate import Clock, output_path
from data.errors import AtlasError, StorageProblem
from data.images import encode
from zoo.translator import Translator

__all__ = ["Result", "measure"]

GALLERY = 64  # sources and targets that are kept for looking at; outputs are all kept
SHOWN = 3  # copies that are named in a warning


@dataclass(slots=True, kw_only=True)
class Result:
    """What a measured model leaves for its record."""

    scores: list[Score] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    cost: dict[str, Any] = field(default_factory=dict)
    pictures: list[dict[str, Any]] = field(default_factory=list)


def measure(
    run: str,
    translator: Translator,
    bench: Bench,
    references: Vectors,
    advance: Callable[[int], None],
) -> Result:
    """Translate every source once, look at every output once, and score.

    Raises FloatingPointError when the model gives NaN; whatever else a model raises passes.
    """
    clock, result, meter = Clock(), Result(), _meter(translator.device)
    if translator.device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(translator.device)
    with clock.stage("total"):
        seen = observe(run, translator, bench, clock, meter, advance)
        with clock.stage("metrics"):
            result.warnings += cautions(bench.pictures)
            for metric in bench.metrics:
                _score(metric, bench, seen, references, result)
    result.cost = _cost(translator, bench, clock, meter, seen.made)
    result.pictures = _gallery(run, bench, seen)
    return result


def _score(
    metric: MetricCard, bench: Bench, seen: Seen, references: Vectors, result: Result
) -> None:
    try:
        if metric.name in seen.problems:
            raise AtlasError(seen.problems[metric.name])
        score = _computed(metric, bench, seen, references, result)
        score = _with_protocol(score, metric, bench)
        result.scores.append(score)
        result.warnings += score.warnings
    except (KeyboardInterrupt, MemoryError, StorageProblem):
        raise
    except Exception as problem:  # too few pictures, a plug-in that throws: the others still count
        result.warnings.append(f"no {metric.name}: {why_not(problem)}")


def _computed(
    metric: MetricCard, bench: Bench, seen: Seen, references: Vectors, result: Result
) -> Score:
    if metric.needs in ("pairs", "draws"):
        more = (_classes(metric, bench),) if metric.by_class else ()
        found: Score = metric.compute(seen.values[metric.name], bench.seed, *more)
        return found
    if metric.needs == "many":
        other = references[str(metric.extractor)][metric.layer].astype(np.float64)
        many: Score = metric.compute(seen.values[metric.name], other, bench.seed)
        return many
    if metric.compared == "training":
        return _against_training(metric, bench, seen, result)
    return _of_features(metric, bench, seen, references)


def _classes(metric: MetricCard, bench: Bench) -> tuple[str, ...]:
    extractor: Any = bench.pair_extractors[str(metric.extractor)]
    found: tuple[str, ...] = extractor.classes
    return found


def _of_features(metric: MetricCard, bench: Bench, seen: Seen, references: Vectors) -> Score:
    assert metric.extractor is not None
    own = seen.vectors[metric.extractor][metric.layer].astype(np.float64)
    other = references[metric.extractor][metric.layer].astype(np.float64)
    if metric.needs == "both":
        both: Score = metric.compute(own, other, seen.values[metric.name], bench.seed)
        return both
    score: Score = metric.compute(own, other, bench.seed)
    if metric.beside is None:
        return score
    named = own[_by_name(bench.pictures.sources)], other[_by_name(bench.pictures.references)]
    return replace(score, extra={**score.extra, **metric.beside(*named, bench.seed)})


def _against_training(metric: MetricCard, bench: Bench, seen: Seen, result: Result) -> Score:
    """The score against training pictures; the outputs nearest to one are named."""
    assert metric.extractor is not None
    training, vectors = training_features(bench, metric.extractor)
    own = seen.vectors[metric.extractor][metric.layer].astype(np.float64)
    other = vectors[metric.layer].astype(np.float64)
    score: Score = metric.compute(own, other, bench.seed)
    rows, ratio = nearest(own, other)
    sources = bench.pictures.sources
    for i in [int(i) for i in np.argsort(ratio, kind="stable")[:SHOWN] if ratio[i] < NEAR]:
        result.warnings.append(
            f"{metric.name}: the output for {sources[i].ref.path.name} copies training picture "
            f"{training[rows[i]].ref.path.name} ({ratio[i]:.2f} of the way to its neighbour)"
        )
    return score


def _by_name(pictures: Sequence[Picture]) -> list[int]:
    return sorted(range(len(pictures)), key=lambda row: pictures[row].ref.path.name)


def _with_protocol(score: Score, metric: MetricCard, bench: Bench) -> Score:
    """The score with its extractors, their weights and what they do to pictures."""
    size = bench.pictures.size
    steps = [f"Pillow bicubic to {size}×{size}"] if size else []
    used = [bench.cards[name] for name in metric.extractors]
    steps += [card.resize for card, _ in used if card.resize != "none"]
    unchecked = [(card.name, found.sha256) for card, found in used if found.first_use]
    return replace(
        score,
        version=metric.version,
        extractor=" and ".join(f"{card.name}/{card.version}" for card, _ in used) or None,
        extractor_sha256=" and ".join(found.sha256 for _, found in used) or None,
        comparable=all(found.published for _, found in used),
        extractor_trust=FIRST_USE if unchecked else "",
        resize=", then ".join(steps) or "none",
        warnings=(
            *score.warnings,
            *(
                f"{metric.name}: the weights of {name} (sha256 {sha256}) are {FIRST_USE}: nobody "
                "could check them"
                for name, sha256 in unchecked
            ),
        ),
    )


def _meter(device: torch.device) -> Meter:
    if device.type != "cuda":
        return Meter(lambda: None)
    return Meter(joule_counter(str(torch.cuda.get_device_properties(device).uuid)))


def _cost(
    translator: Translator, bench: Bench, clock: Clock, meter: Meter, made: int
) -> dict[str, Any]:
    height, width = reader(bench.pictures.size)(bench.pictures.sources[0].ref).shape[:2]
    joules = meter.joules / made if meter.joules is not None and made else None
    return {
        "seconds": {stage: round(value, 4) for stage, value in clock.seconds.items()},
        "images": made,
        **speed(clock.laps),
        **memory(translator.device),
        "parameters": translator.parameters,
        "model_bytes": model_bytes(translator.module),
        "macs": macs(translator.module, *translator.padded(height, width)),
        "joules_per_image": None if joules is None else round(joules, 4),
        "device": str(translator.device),
        "precision": translator.precision,
        "batch": bench.batch,
    }


def _gallery(run: str, bench: Bench, seen: Seen) -> list[dict[str, Any]]:
    """A row for every source, with paths under the home; by name, as people look for them."""
    sources, truths = bench.pictures.sources, bench.pictures.truths
    order = sorted(range(len(sources)), key=lambda i: sources[i].ref.id)
    shown = set(order[:: max(1, -(-len(order) // GALLERY))])
    rows = []
    for i in order:
        output = output_path(bench.home.runs / run / "images", sources[i])
        rows.append(
            {
                "id": sources[i].ref.id,
                "source": _keep(sources[i], bench) if i in shown else None,
                "output": str(output.relative_to(bench.home.root)),
                "target": _keep(truths[i], bench) if truths and i in shown else None,
                "output_sha256": seen.digests[i],
                "scores": {k: float(v[i]) for k, v in seen.values.items() if v.ndim == 1},
            }
        )
    return rows


def _keep(picture: Picture, bench: Bench) -> str:
    """A copy under the home by content, so that records show pictures without the data set."""
    path = bench.home.runs / "pictures" / f"{picture.digest[:32]}.png"
    if not path.is_file():
        encode(path, reader(bench.pictures.size)(picture.ref))
    return str(path.relative_to(bench.home.root))
