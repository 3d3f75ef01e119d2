"""What is asked of some models on one data set: words only, so that it travels anywhere."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bench.protocols.protocol import Protocol, load_protocol
from data.errors import UsageProblem

__all__ = ["DEFAULT_METRICS", "SEED", "Question", "by_protocol"]

DEFAULT_METRICS = "fid,kid,lpips"
SEED = 2020


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Models, a data set and how to measure; None where a default or a protocol decides."""

    models: tuple[str, ...]
    dataset: str
    metrics: str | None = None
    direction: str | None = None
    split: str | None = None
    reference_split: str = ""  # empty: the same split
    size: int | None = None
    limit: int | None = None
    seed: int | None = None
    precision: str | None = None
    skip_bad: bool = False
    protocol: str = ""
    training_seeds: tuple[int, ...] = ()  # put where a model's name says {seed}


# What a protocol decides, and nobody beside it.
DECIDED = ("metrics", "split", "size", "limit", "seed", "precision", "skip_bad")


# What can be asked; for numbers the least. Suites and protocols come without the checks of options.
CHOICES = {
    "direction": ("AtoB", "BtoA"),
    "precision": ("auto", "float32", "bfloat16"),
}
LEAST = {"size": 16, "limit": 2, "seed": 0}


def by_protocol(question: Question) -> tuple[Question, Protocol | None]:
    """The question with every default filled in, and the protocol that it names.

    UsageProblem where something is asked that cannot be or that the protocol decides, or where
    the protocol cannot be carried out here.
    """
    filled, protocol = _filled(question)
    for name, choices in CHOICES.items():
        value = getattr(filled, name)
        if value is not None and value not in choices:
            raise UsageProblem(f"no {name} is '{value}'", hint=f"one of {', '.join(choices)}")
    for name, least in LEAST.items():
        value = getattr(filled, name)
        if value is not None and value < least:
            raise UsageProblem(f"{name} {value} cannot be", hint=f"{least} is the least")
    return filled, protocol


def _filled(question: Question) -> tuple[Question, Protocol | None]:
    if not question.protocol:
        return _with_defaults(question), None
    protocol = load_protocol(question.protocol)
    if protocol.recipe is None:
        raise UsageProblem(
            f"protocol '{protocol.name}' cannot be run here: it needs "
            + (", and ".join(protocol.missing) or "a [run] table"),
            hint=f"bench protocols {protocol.name}",
        )
    asked = [name for name in DECIDED if getattr(question, name) not in (None, False)]
    if asked:
        raise UsageProblem(
            f"protocol '{protocol.name}' decides {', '.join(asked)}",
            hint="leave that to it, or ask without --protocol",
        )
    recipe = protocol.recipe
    filled = replace(
        question,
        metrics=",".join(recipe.metrics),
        split=recipe.split,
        reference_split=recipe.reference_split,
        size=recipe.size,
        seed=recipe.seed,
        precision=recipe.precision,
    )
    return filled, protocol


def _with_defaults(question: Question) -> Question:
    return replace(
        question,
        metrics=DEFAULT_METRICS if question.metrics is None else question.metrics,
        split=question.split or "test",
        seed=SEED if question.seed is None else question.seed,
        precision=question.precision or "auto",
    )
