"""What a run has to do: models times one data set, minus what is recorded already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.metrics.registry import MetricCard, metric_card
from bench.pictures import PictureSet
from bench.records import record_id
from data.console import warn
from data.errors import AtlasError, UsageProblem
from data.paths import Home
from zoo.registry import Choice, names, resolve
from zoo.weights import locate

__all__ = ["Ask", "Cell", "cells", "parse_metrics", "parse_models"]

# Part of every id: a change in how outputs are made from the same weights gets a new number.
PIPELINE = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What the person asked for, with the defaults filled in."""

    dataset: str
    split: str
    direction: str
    metrics: tuple[MetricCard, ...]
    size: int | None
    limit: int | None
    seed: int
    precision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One model on one data set: a question with an id, or the reason why it cannot be asked."""

    name: str
    choice: Choice
    spec: Mapping[str, Any]
    id: str
    problem: AtlasError | None = None


def parse_models(text: str) -> list[Choice]:
    """`ganilla,cyclegan.*,pix2pix@FILE` as choices; wildcards stand for all that match."""
    choices: dict[str, Choice] = {}
    for name in (part.strip() for part in text.split(",")):
        if not name:
            continue
        wild = "@" not in name and any(c in name for c in "*?[")
        for full in names(name) if wild else [name]:
            choice = resolve(full)
            choices[choice.name if choice.file is None else full] = choice
    if not choices:
        raise UsageProblem(f"no model matches '{text}'", hint="all of them: zoo ls")
    return list(choices.values())


def parse_metrics(text: str) -> tuple[MetricCard, ...]:
    """`fid,kid,lpips` as metric cards, in the order given."""
    found = dict.fromkeys(part.strip() for part in text.split(",") if part.strip())
    if not found:
        raise UsageProblem("no metric named", hint="all of them: bench metrics")
    return tuple(metric_card(name) for name in found)


def cells(
    choices: Sequence[Choice],
    pictures: PictureSet,
    ask: Ask,
    extractors: Mapping[str, str],
    home: Home,
) -> list[Cell]:
    """One cell a model; `extractors` is the key of every extractor that the metrics need.

    The id hashes what was asked and the content that decides the answer: weights, pixels,
    extractors and metric versions; never a path, a file name or a time.
    """
    content = pictures.digests()
    asked = {
        "dataset": ask.dataset,
        "split": ask.split,
        "direction": ask.direction,
        "limit": ask.limit,
        "size": ask.size,
        "seed": ask.seed,
        "precision": ask.precision,
        "pipeline": PIPELINE,
        **content,
        "metrics": [
            {"name": m.name, "version": m.version, "extractor": extractors.get(m.extractor or "")}
            for m in sorted(ask.metrics, key=lambda m: m.name)
        ],
    }
    made: dict[str, Cell] = {}
    for choice in choices:
        cell = _cell(choice, asked, home)
        if cell.id in made and cell.problem is None:
            warn(f"{cell.name} has the weights of {made[cell.id].name}: measured once")
        made.setdefault(cell.id if cell.problem is None else cell.name, cell)
    return list(made.values())


def _cell(choice: Choice, asked: Mapping[str, Any], home: Home) -> Cell:
    sha256, problem = "", None
    if not choice.card.weightless:
        try:
            sha256 = locate(choice, home)[1]
        except AtlasError as error:
            problem = error
    spec = {"model": choice.name, "weights_sha256": sha256, **asked}
    # The data set's name and the file's name are for people; content alone decides the id.
    decides = {**spec, "model": choice.card.name}
    decides.pop("dataset")
    return Cell(name=choice.name, choice=choice, spec=spec, id=record_id(decides), problem=problem)
