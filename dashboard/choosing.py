"""From a few answers to three models, each with what speaks for it and against it.

Nothing is weighed by taste: what an answer rules out comes last, then models that run now, then
those that were measured here, the better ones first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dashboard.load.zoo import Model, Stored, commercial

__all__ = ["DATA", "KINDS", "WAYS", "Answers", "Candidate", "Kind", "Score", "candidates"]

MOST = 3
WAYS = ("use it as it is", "fine-tune it", "train it from scratch")
DATA = ("pairs: each picture with its true answer", "two collections without pairs", "none")
PAIRS, COLLECTIONS, NONE = DATA


# What the domains of weights are called, by what they look like; the rest are photographs.
DRAWN = (
    *("anime", "illustration", "painting", "print", "style", "miyazaki", "hosoda", "shinkai"),
    *("paprika", "candy", "mosaic", "princess", "udnie"),
)
SCHEMATIC = ("label", "edge", "sketch", "map")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of translation: tasks of the zoo's cards, and what goes in and comes out.

    `source` and `target` are `photo`, `drawn` or `schematic`; empty where any will do.
    """

    name: str
    tasks: tuple[str, ...]
    source: str = ""
    target: str = ""


KINDS = (
    Kind(
        name="photographs into drawings, anime or illustrations",
        tasks=("unpaired", "paired", "style"),
        source="photo",
        target="drawn",
    ),
    Kind(name="photographs in the style of one picture", tasks=("style",)),
    Kind(
        name="one kind of photographs into another",
        tasks=("unpaired", "paired"),
        source="photo",
        target="photo",
    ),
    Kind(
        name="label maps, edges or sketches into photographs",
        tasks=("paired", "unpaired"),
        source="schematic",
        target="photo",
    ),
    Kind(name="damaged or small photographs into better ones", tasks=("restore",)),
    Kind(name="a portrait that moves", tasks=("animate",)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What a person said."""

    kind: Kind
    data: str  # of DATA
    gpu: bool
    hours: float
    commercial: bool  # the result has to be free for commercial use
    way: str  # of WAYS
    pictures: int = 1_000  # a domain, to train with


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A measured score: text for people, its place in its table (1 is best), models in that."""

    told: str
    rank: int
    among: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A model; `against` first of all decides the order."""

    model: Model
    stored: Stored | None  # the weights that fit best
    reasons: tuple[str, ...]
    against: tuple[str, ...]
    commands: tuple[str, ...]


def candidates(
    answers: Answers, models: Sequence[Model], scores: Mapping[str, Score]
) -> list[Candidate]:
    """The three that fit best, the best first; `scores` by the name of a model."""
    able = [m for m in models if m.card.task in answers.kind.tasks and m.card.task != "baseline"]
    made = [_candidate(answers, model, scores.get(model.card.name)) for model in able]
    made.sort(key=lambda one: _order(answers, one, scores.get(one.model.card.name)))
    return made[:MOST]


def _order(
    answers: Answers, one: Candidate, score: Score | None
) -> tuple[int, int, bool, bool, int, str]:
    made_for = _fits(answers.kind, one.stored)
    task = answers.kind.tasks.index(one.model.card.task)
    if answers.data == PAIRS and one.model.card.task == "paired":
        task = -1  # pairs say more than two collections do
    return (
        len(one.against),
        task if answers.way != WAYS[0] else 0,
        not made_for,
        not one.model.runs_now,
        score.rank if score else 99,
        one.model.card.name,
    )


def _candidate(answers: Answers, model: Model, score: Score | None) -> Candidate:
    stored = _best(answers, model)
    return Candidate(
        model=model,
        stored=stored,
        reasons=tuple(_reasons(answers, model, stored, score)),
        against=tuple(_against(answers, model, stored)),
        commands=tuple(_commands(answers, model, stored)),
    )


def _best(answers: Answers, model: Model) -> Stored | None:
    """Of a model's weights those made for the kind, then free ones, then those that are here."""
    return min(
        model.stored,
        key=lambda s: (
            not _fits(answers.kind, s),
            answers.commercial and not _free(s),
            not s.here,
        ),
        default=None,
    )


def _fits(kind: Kind, stored: Stored | None) -> bool:
    """Whether weights were made for a kind of translation."""
    if stored is None:
        return False
    found = _looks(stored.weights.source), _looks(stored.weights.target)
    return kind.source in ("", found[0]) and kind.target in ("", found[1])


def _looks(domain: str) -> str:
    name = domain.lower()
    if any(word in name for word in SCHEMATIC):
        return "schematic"
    return "drawn" if any(word in name for word in DRAWN) else "photo"


def _free(stored: Stored) -> bool:
    return commercial(stored.weights.licence) and not stored.weights.noncommercial


def _reasons(
    answers: Answers, model: Model, stored: Stored | None, score: Score | None
) -> Iterator[str]:
    yield model.card.summary
    if stored and answers.way != WAYS[2]:
        names = f"{stored.weights.source} to {stored.weights.target}"
        yield f"has weights for {names}" + (", on this machine" if stored.here else "")
    if answers.way != WAYS[0] and model.card.recipe:
        needs = "pairs" if model.card.recipe.method == "paired" else "two collections without pairs"
        yield f"zoo train trains it, from {needs}"
    if answers.commercial and _licence_free(answers, model, stored):
        yield "its licence allows commercial use"
    yield f"measured here: {score.told}" if score else "not measured here yet"


def _against(answers: Answers, model: Model, stored: Stored | None) -> Iterator[str]:
    if answers.commercial and not _licence_free(answers, model, stored):
        licence = stored.weights.licence if stored else model.card.licence
        yield f"licence: {licence}"
    if answers.way == WAYS[0]:
        if stored is None:
            yield "no trained weights are published for it here"
        elif not _fits(answers.kind, stored):
            yield f"its weights turn {stored.weights.source} into {stored.weights.target}"
        return
    if model.card.recipe is None:
        yield "it cannot be trained here"
        return
    if answers.way == WAYS[1]:
        yield "zoo train starts from scratch: it does not fine-tune"
    if answers.data == NONE:
        yield "training needs pictures of both domains"
    elif model.card.recipe.method == "paired" and answers.data != PAIRS:
        yield "training needs pairs"


def _licence_free(answers: Answers, model: Model, stored: Stored | None) -> bool:
    code = commercial(model.card.licence)
    if answers.way == WAYS[2] or stored is None:
        return code
    return code and _free(stored)


def _commands(answers: Answers, model: Model, stored: Stored | None) -> Iterator[str]:
    name = model.card.name
    if answers.way == WAYS[0] or model.card.recipe is None:
        if stored is not None:
            style = " --style STYLE.jpg" if model.card.styled else ""
            accept = " --accept-licence" if stored.weights.noncommercial else ""
            full = f"{name}.{stored.weights.name}"
            yield f"zoo translate --model {full}{style}{accept} PHOTOS OUT"
            if not model.card.styled:
                yield f"bench run --models {full},identity --dataset FOLDER"
        return
    yield f"zoo train {name} --dataset FOLDER"
    yield f"zoo translate --model {name}@FILE PHOTOS OUT  # zoo train ends with the FILE"
