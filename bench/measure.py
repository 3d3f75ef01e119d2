"""Measure one model on one data set: a single pass, then metrics on what it left."""

from __future__ import annotations

import copy
import resource
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch

from bench.metrics.registry import MetricCard
from bench.metrics.score import Score
from bench.observe import Bench, Seen, Vectors, observe
from bench.pictures import Picture, reader
from bench.translate import Clock, output_path
from data.errors import AtlasError
from data.images import encode
from zoo.translator import Translator

__all__ = ["Result", "measure"]

GALLERY = 64  # sources and targets that are kept for looking at; outputs are all kept


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
    clock, result = Clock(), Result()
    with clock.stage("total"):
        seen = observe(run, translator, bench, clock, advance)
        with clock.stage("metrics"):
            for metric in bench.metrics:
                _score(metric, bench, seen, references, result)
    result.cost = _cost(translator, bench, clock, seen.made)
    result.pictures = _gallery(run, bench, seen)
    return result


def _score(
    metric: MetricCard, bench: Bench, seen: Seen, references: Vectors, result: Result
) -> None:
    try:
        if metric.needs == "pairs":
            score = metric.compute(seen.values[metric.name], bench.seed)
        else:
            score = _of_features(metric, bench, seen, references)
    except AtlasError as problem:  # too few pictures for this one: the others still count
        result.warnings.append(f"no {metric.name}: {problem.message}")
        return
    result.scores.append(_with_protocol(score, metric, bench))
    result.warnings += score.warnings


def _of_features(metric: MetricCard, bench: Bench, seen: Seen, references: Vectors) -> Score:
    assert metric.extractor is not None
    own = seen.vectors[metric.extractor][metric.layer].astype(np.float64)
    other = references[metric.extractor][metric.layer].astype(np.float64)
    score: Score = metric.compute(own, other, bench.seed)
    if metric.beside is None:
        return score
    named = own[_by_name(bench.pictures.sources)], other[_by_name(bench.pictures.references)]
    return replace(score, extra={**score.extra, **metric.beside(*named, bench.seed)})


def _by_name(pictures: Sequence[Picture]) -> list[int]:
    return sorted(range(len(pictures)), key=lambda row: pictures[row].ref.path.name)


def _with_protocol(score: Score, metric: MetricCard, bench: Bench) -> Score:
    size = bench.pictures.size
    steps = [f"Pillow bicubic to {size}×{size}"] if size else []
    if metric.extractor is None:
        return replace(score, resize=", then ".join(steps) or "none", version=metric.version)
    card, found = bench.cards[metric.extractor]
    steps += [card.resize] if card.resize != "none" else []
    return replace(
        score,
        version=metric.version,
        extractor=f"{card.name}/{card.version}",
        extractor_sha256=found.sha256,
        comparable=found.published,
        resize=", then ".join(steps) or "none",
    )


def _cost(translator: Translator, bench: Bench, clock: Clock, made: int) -> dict[str, Any]:
    seconds = clock.seconds
    cuda = translator.device.type == "cuda"
    # Linux gives kilobytes, macOS bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    return {
        "seconds": {stage: round(value, 4) for stage, value in seconds.items()},
        "images": made,
        "images_per_second": round(made / seconds["translate"], 2) if made else None,
        "peak_memory_bytes": torch.cuda.max_memory_allocated()
        if cuda
        else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit,
        "parameters": translator.parameters,
        "macs": _macs(translator, bench),
        "device": str(translator.device),
        "precision": translator.precision,
        "batch": bench.batch,
    }


def _macs(translator: Translator, bench: Bench) -> int | None:
    """Multiply-accumulates for one source, counted on shapes alone; None where it cannot be."""
    from torch.utils.flop_counter import FlopCounterMode

    height, width = reader(bench.pictures.size)(bench.pictures.sources[0].ref).shape[:2]
    shape = translator.padded(height, width)
    try:
        module = copy.deepcopy(translator.module).to("meta")
        with FlopCounterMode(display=False) as counter, torch.inference_mode():
            module(torch.empty(1, 3, *shape, device="meta"))
    except (RuntimeError, NotImplementedError):
        return None
    return int(counter.get_total_flops()) // 2


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
                "scores": {name: float(values[i]) for name, values in seen.values.items()},
            }
        )
    return rows


def _keep(picture: Picture, bench: Bench) -> str:
    """A copy under the home by content, so that records show pictures without the data set."""
    path = bench.home.runs / "pictures" / f"{picture.digest[:32]}.png"
    if not path.is_file():
        encode(path, reader(bench.pictures.size)(picture.ref))
    return str(path.relative_to(bench.home.root))
