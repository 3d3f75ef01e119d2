"""What a run has to do: models times one data set, minus what is recorded already."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.metrics.registry import MetricCard, metric_card
from bench.pictures import PictureSet
from bench.protocols.protocol import Protocol
from bench.records import identity
from data.console import warn
from data.errors import AtlasError, UsageProblem
from data.images import decode, digest
from zoo.registry import Choice, card, names, resolve

__all__ = ["Ask", "Cell", "Trained", "cells", "parse_metrics", "parse_models"]

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
    reference_split: str = ""  # empty: the same split
    protocol: Protocol | None = None
    left_out: tuple[str, ...] = ()  # why metrics that were asked for are not measured


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """A model as it was named, and which of several trainings it is."""

    word: str  # what to say to mean it again
    choice: Choice
    family: str = ""  # the name with {seed} in it
    training_seed: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One model on one data set: a question with an id, or the reason why it cannot be asked."""

    name: str
    model: Trained
    spec: Mapping[str, Any]
    id: str
    problem: AtlasError | None = None

    @property
    def choice(self) -> Choice:
        """The card with its weights."""
        return self.model.choice


SEED = "{seed}"  # in a model's name: one file for each training seed


def parse_models(text: str, seeds: Sequence[int] = ()) -> list[Trained]:
    """`ganilla,cyclegan.*,pix2pix@FILE` as models; wildcards stand for all that match.

    `cyclegan@net-{seed}.pth` with seeds stands for the trainings of each of them.
    """
    found: dict[str, Trained] = {}
    for name in filter(None, (part.strip() for part in text.split(","))):
        wild = "@" not in name and any(c in name for c in "*?[")
        for full in filter(_runs_alone, names(name)) if wild else [name]:
            found |= {trained.word: trained for trained in _trained(full, seeds)}
    if not found:
        raise UsageProblem(f"no model matches '{text}'", hint="all of them: zoo ls")
    return list(found.values())


def _runs_alone(name: str) -> bool:
    """Whether a name says all that is needed: no file of weights and no style besides."""
    entry = card(name.partition(".")[0])
    return not entry.styled and (entry.weightless or bool(entry.weights))


def _trained(name: str, seeds: Sequence[int]) -> list[Trained]:
    if SEED not in name:
        choice = resolve(name)
        if choice.card.styled and not choice.styles:
            raise UsageProblem(
                f"{choice.card.name} paints in the style of a picture, and none is named",
                hint=f"--models {name}:style=FILE",
            )
        named = choice.file or choice.styles
        return [Trained(word=name if named else choice.name, choice=choice)]
    if not seeds:
        raise UsageProblem(f"'{name}' needs to know which seeds", hint="--training-seeds 1,2,3")
    model, _, file = name.partition("@")
    family = f"{model}@{file.rpartition('/')[2] if SEED in file.rpartition('/')[2] else file}"
    return [
        Trained(word=word, choice=resolve(word), family=family, training_seed=seed)
        for seed in seeds
        for word in [name.replace(SEED, str(seed))]
    ]


def parse_metrics(text: str) -> tuple[MetricCard, ...]:
    """`fid,kid,lpips` as metric cards, in the order given."""
    found = dict.fromkeys(part.strip() for part in text.split(",") if part.strip())
    if not found:
        raise UsageProblem("no metric named", hint="all of them: bench metrics")
    return tuple(metric_card(name) for name in found)


def cells(
    models: Sequence[Trained],
    pictures: PictureSet,
    ask: Ask,
    extractors: Mapping[str, str],
    weights: Callable[[Choice], str],
) -> list[Cell]:
    """One cell a model; `extractors` is the key of every extractor that the metrics need, and
    `weights` tells the sha256 of a model's.

    The id hashes what was asked and the content that decides the answer: weights, pixels,
    extractors and metric versions; never a path, a file name or a time.
    """
    asked = _asked(pictures, ask, extractors)
    made: dict[str, Cell] = {}
    for model in models:
        cell = _cell(model, asked, weights)
        if cell.id in made and cell.problem is None:
            warn(f"{cell.name} has the weights of {made[cell.id].name}: measured once")
        made.setdefault(cell.id if cell.problem is None else cell.name, cell)
    return list(made.values())


def _asked(pictures: PictureSet, ask: Ask, extractors: Mapping[str, str]) -> dict[str, Any]:
    """What is asked of every model alike."""
    asked = {
        "dataset": ask.dataset,
        "split": ask.split,
        "direction": ask.direction,
        "limit": ask.limit,
        "size": ask.size,
        "seed": ask.seed,
        "precision": ask.precision,
        "pipeline": PIPELINE,
        **pictures.digests(),
        "metrics": [
            {
                "name": m.name,
                "version": m.version,
                "extractor": " and ".join(extractors[name] for name in m.extractors) or None,
            }
            for m in sorted(ask.metrics, key=lambda m: m.name)
        ],
    }
    if ask.reference_split:
        asked["reference_split"] = ask.reference_split
    if ask.protocol is not None:
        asked |= {"protocol": ask.protocol.name, "protocol_sha256": ask.protocol.sha256}
    return asked


def _cell(model: Trained, asked: Mapping[str, Any], weights: Callable[[Choice], str]) -> Cell:
    choice = model.choice
    sha256, problem = "", None
    if not choice.card.weightless:
        try:
            sha256 = weights(choice)
        except AtlasError as error:
            problem = error
    spec = {"model": choice.name, "weights_sha256": sha256, **asked}
    if choice.styles:
        spec["style"] = [digest(decode(style)) for style in choice.styles]
    return Cell(name=choice.name, model=model, spec=spec, id=identity(spec), problem=problem)
