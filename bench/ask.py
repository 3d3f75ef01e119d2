"""From the words of a command to a plan: choices, pictures, metrics, weights, cells."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bench.features.extractor import ExtractorCard, Found, extractor_card
from bench.features.weights import expect, find
from bench.metrics.registry import MetricCard, metric_card
from bench.pictures import PictureSet, collect
from bench.plan import Ask, Cell, cells, parse_metrics, parse_models
from data.console import warn
from data.datasets import Dataset, load_dataset
from data.errors import UsageProblem
from data.paths import Home

__all__ = ["Plan", "prepare"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that `bench run` decides before it imports torch."""

    ask: Ask
    pictures: PictureSet
    extractors: dict[str, tuple[ExtractorCard, Found]]
    cells: list[Cell]


def prepare(
    models: str,
    dataset: str,
    metrics: str,
    home: Home,
    weights_dir: Path | None,
    *,
    direction: str | None,
    split: str,
    size: int | None,
    limit: int | None,
    seed: int,
    precision: str,
    skip_bad: bool,
    dry_run: bool = False,
) -> Plan:
    """Check every word before any work: models, metrics, data set, pictures, weights.

    With `dry_run` an extractor's weights that are not here stay there.
    """
    choices = parse_models(models)
    wanted = parse_metrics(metrics)
    data = load_dataset(dataset, home)
    direction = direction or data.default_direction
    wanted = _possible(wanted, data, split, direction)
    pictures = collect(
        data,
        split=split,
        direction=direction,
        size=size,
        limit=limit,
        seed=seed,
        skip_bad=skip_bad,
    )
    extractors = _extractors(wanted, home, weights_dir, dry_run)
    ask = Ask(
        dataset=data.name,
        split=split,
        direction=direction,
        metrics=wanted,
        size=size,
        limit=limit,
        seed=seed,
        precision=precision,
    )
    keys = {name: weights.key(card) for name, (card, weights) in extractors.items()}
    found = cells(choices, pictures, ask, keys, home)
    return Plan(ask=ask, pictures=pictures, extractors=extractors, cells=found)


def _extractors(
    wanted: tuple[MetricCard, ...], home: Home, weights_dir: Path | None, dry_run: bool
) -> dict[str, tuple[ExtractorCard, Found]]:
    names = sorted({m.extractor for m in wanted if m.extractor})
    cards = {name: extractor_card(name) for name in names}
    look = expect if dry_run else find
    return {name: (card, look(card, home, weights_dir)) for name, card in cards.items()}


def _possible(
    wanted: tuple[MetricCard, ...], data: Dataset, split: str, direction: str
) -> tuple[MetricCard, ...]:
    """Without true answers `lpips` becomes `lpips-source`, and what cannot be is left out."""
    if data.truths(split, direction) is not None:
        return wanted
    kept: dict[str, MetricCard] = {}
    for metric in wanted:
        name = "lpips-source" if metric.name == "lpips" else metric.name
        if metric_card(name).needs == "pairs" and not name.endswith("-source"):
            warn(f"{name} needs true answers, which '{data.name}' {direction} has none of")
            continue
        kept[name] = metric_card(name)
    if not kept:
        raise UsageProblem(
            f"none of these metrics can be measured on '{data.name}' {direction}",
            hint="--metrics kid,fid, or without downloads kid-texture,fid-texture",
        )
    return tuple(kept.values())
