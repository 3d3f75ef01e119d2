"""Which papers a model in the zoo runs, and the scores that their authors reported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from data.console import warn
from survey.ids import arxiv_id

__all__ = ["GROUP", "Reported", "ZooModel", "zoo_cards", "zoo_models"]

# The survey knows models by this door alone and imports no zoo.
GROUP = "i2i_atlas.models"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """A score as somebody published it; nobody here measured it."""

    metric: str
    value: float
    dataset: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ZooModel:
    """A model card: its name, the arXiv id of its paper, its code's licence, published scores."""

    name: str
    paper: str
    licence: str = ""
    published: tuple[Reported, ...] = ()


@cache
def zoo_cards() -> Mapping[str, tuple[ZooModel, ...]]:
    """Models by the arXiv id of their paper; a plug-in that cannot be loaded is a warning."""
    found: dict[str, list[ZooModel]] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda p: p.name):
        try:
            model = _model(point.name, point.load())
        except Exception as problem:  # a plug-in may fail in any way
            warn(f"model plug-in '{point.name}' ({point.value}) failed to load: {problem}")
            continue
        if model.paper:
            found.setdefault(model.paper, []).append(model)
    return {paper: tuple(models) for paper, models in found.items()}


def zoo_models() -> dict[str, list[str]]:
    """Names of models by the arXiv id of their paper; those without a paper are left out."""
    return {paper: [model.name for model in models] for paper, models in zoo_cards().items()}


def _model(name: str, card: Any) -> ZooModel:
    scores = (
        Reported(
            metric=str(score.metric),
            value=float(score.value),
            dataset=str(score.dataset),
            source=str(score.source),
        )
        for score in getattr(card, "published", ())
    )
    return ZooModel(
        name=name,
        paper=arxiv_id(card.paper) or "",
        licence=str(getattr(card, "licence", "")),
        published=tuple(scores),
    )
