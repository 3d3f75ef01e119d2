"""What the zoo knows of a model before torch is imported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from zoo.recipe import Recipe

__all__ = ["ByHand", "Card", "Preprocessing", "Published", "Task", "Weights"]

Task = Literal["paired", "unpaired", "style", "restore", "animate", "baseline"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preprocessing:
    """What a network takes and gives for pixels from 0 to 255."""

    order: Literal["rgb", "bgr"] = "rgb"
    low: float = -1.0  # of black
    high: float = 1.0  # of white

    def __str__(self) -> str:
        return f"{self.order}, {self.low:g} to {self.high:g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """One file of trained parameters and everything needed to use it rightly."""

    name: str  # second half of `model.weights`
    file: str  # name of what is at the addresses; bundled: of the file beside the package
    sha256: str  # empty where nobody could check it yet: that of the first download is kept
    size: int  # bytes of the download; where sha256 is empty to three digits, or 0: not known
    licence: str
    source: str  # domain that goes in
    target: str  # domain that comes out
    architecture: Mapping[str, Any]  # {"kind": "resnet", "options": {...}}
    bundled: bool = False
    preprocessing: Preprocessing = Preprocessing()
    addresses: tuple[str, ...] = ()  # the first one, then mirrors
    sha256_prefix: str = ""  # where the publisher gives only this, in the file's name
    member: str = ""  # the file wanted, where an archive is at the addresses
    keep: str = ""  # prefix of the tensors that are kept, where the file has many more
    parts: tuple[Weights, ...] = ()  # files that are needed besides
    noncommercial: bool = False  # a person is asked once before it is downloaded
    recipe: str = ""  # the command that made it
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A score that the authors or others reported: shown as reported, never as measured."""

    metric: str
    value: float
    dataset: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ByHand:
    """Where a person finds weights that no name here fetches: nobody could read what is there."""

    address: str
    licence: str
    note: str
    readable: bool = True  # in the layout of a network of the zoo


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A translation method: its paper, its licence, its networks and its weights."""

    name: str
    title: str
    paper: str  # arXiv id; empty for baselines and for what was published elsewhere
    task: Task
    licence: str
    code: str  # address of the authors' code
    stride: int  # sizes are padded to a multiple of this many pixels
    summary: str
    venue: str = ""  # where a paper without an arXiv id appeared
    weights: tuple[Weights, ...] = ()
    by_hand: tuple[ByHand, ...] = ()
    weightless: bool = False  # needs no weights at all (the `identity` baseline)
    styled: bool = False  # takes the pictures whose style is wanted
    settings: tuple[str, ...] = ()  # what `--set` takes, with what holds without it
    loader: str = ""  # "module:function" of zoo.extras.Loader, where one file is not one network
    recipe: Recipe | None = None
    published: tuple[Published, ...] = field(default=())

    @property
    def default(self) -> Weights | None:
        """The weights that a bare model name means: the first ones."""
        return self.weights[0] if self.weights else None
