"""From the words of a question to a plan: choices, pictures, metrics, weights, cells."""

from __future__ import annotations

from dataclasses import dataclass

from bench.features.extractor import ExtractorCard, Found, extractor_card
from bench.metrics.registry import MetricCard, metric_card
from bench.pictures import PictureSet
from bench.plan import Ask, Cell, cells, parse_metrics, parse_models
from bench.protocols.protocol import Protocol
from bench.question import Question, by_protocol
from bench.workshop import Workshop
from data.datasets import Dataset
from data.errors import AtlasError, NetworkProblem, UsageProblem

__all__ = ["Plan", "prepare"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that `bench run` decides before it imports torch."""

    asked: Question  # as it was asked, before defaults and protocol filled it
    ask: Ask
    pictures: PictureSet
    extractors: dict[str, tuple[ExtractorCard, Found]]
    cells: list[Cell]


def prepare(question: Question, workshop: Workshop) -> Plan:
    """Check every word before any work: models, metrics, data set, pictures, weights, protocol."""
    asked = question
    question, protocol = by_protocol(asked)
    models = parse_models(",".join(question.models), question.training_seeds)
    wanted = parse_metrics(question.metrics or "")
    data = workshop.dataset(question.dataset)
    assert question.split is not None
    assert question.seed is not None
    direction = question.direction or data.default_direction
    wanted, left_out = _possible(wanted, data, question.split, direction)
    pictures = workshop.pictures(
        question.dataset,
        split=question.split,
        direction=direction,
        size=question.size,
        limit=question.limit,
        seed=question.seed,
        skip_bad=question.skip_bad,
        reference_split=question.reference_split,
    )
    extractors = _extractors(wanted, workshop, protocol)
    if protocol is not None:
        _as_frozen(protocol, data.name, direction, pictures, extractors)
    ask = Ask(
        dataset=data.name,
        split=question.split,
        direction=direction,
        metrics=wanted,
        size=question.size,
        limit=question.limit,
        seed=question.seed,
        precision=question.precision or "auto",
        reference_split=question.reference_split,
        protocol=protocol,
        left_out=left_out,
    )
    keys = {name: weights.key(card) for name, (card, weights) in extractors.items()}
    found = cells(models, pictures, ask, keys, workshop.weights)
    return Plan(asked=asked, ask=ask, pictures=pictures, extractors=extractors, cells=found)


def _extractors(
    wanted: tuple[MetricCard, ...], workshop: Workshop, protocol: Protocol | None
) -> dict[str, tuple[ExtractorCard, Found]]:
    names = sorted({name for m in wanted for name in m.extractors})
    cards = {name: extractor_card(name) for name in names}
    try:
        return {name: (card, workshop.found(card)) for name, card in cards.items()}
    except NetworkProblem as problem:
        if protocol is None:
            raise
        raise NetworkProblem(  # other metrics, which that hint names, would be no such protocol
            f"protocol '{protocol.name}': {problem.message}",
            hint=f"put the file into {workshop.home.weights}, or name its folder with "
            "--weights-dir; without any download: --protocol texture-1",
        ) from problem


def _as_frozen(
    protocol: Protocol,
    dataset: str,
    direction: str,
    pictures: PictureSet,
    extractors: dict[str, tuple[ExtractorCard, Found]],
) -> None:
    """AtlasError where weights or pictures are not those that the protocol names."""
    assert protocol.recipe is not None
    for name, sha256 in protocol.recipe.extractors.items():
        if name in extractors and extractors[name][1].sha256 != sha256:
            raise AtlasError(
                f"protocol '{protocol.name}' needs {name} with sha256 {sha256[:12]}…, "
                f"not {extractors[name][1].sha256[:12]}…",
                hint=f"name no other file: unset {_variable(extractors[name][0])}; to measure with "
                f"these, give a protocol of your own their sha256 (docs/protocols.md): "
                f"{extractors[name][1].sha256}",
            )
    frozen = protocol.data.get(dataset, {})
    if frozen.get("direction", direction) != direction:
        return  # the digests are of the other direction
    for name, digest in pictures.digests().items():
        if frozen.get(name, digest) != digest:
            raise AtlasError(
                f"the pictures of '{dataset}' are not those of protocol '{protocol.name}' ({name})",
                hint="get the data set again, or ask without --protocol",
            )


def _variable(card: ExtractorCard) -> str:
    return card.weights.variable if card.weights else ""


def _possible(
    wanted: tuple[MetricCard, ...], data: Dataset, split: str, direction: str
) -> tuple[tuple[MetricCard, ...], tuple[str, ...]]:
    """What can be measured, and why the rest is not.

    Without true answers `lpips` becomes `lpips-source`, and what needs them does not apply.
    """
    if data.truths(split, direction) is not None:
        return wanted, ()
    kept: dict[str, MetricCard] = {}
    left_out = []
    for metric in wanted:
        name = "lpips-source" if metric.name == "lpips" else metric.name
        if metric_card(name).needs_truth:
            left_out.append(f"no {name}: it does not apply: the data set has no true answers")
            continue
        if name != metric.name:
            left_out.append(f"no {metric.name}: the data set has no true answers; {name} instead")
        kept[name] = metric_card(name)
    if not kept:
        raise UsageProblem(
            f"none of these metrics can be measured on '{data.name}' {direction}",
            hint="--metrics kid,fid, or without downloads kid-texture,fid-texture",
        )
    return tuple(kept.values()), tuple(left_out)
