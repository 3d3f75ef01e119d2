"""What a translation takes beside the name of a model: styles, strength, settings, a seed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from data.errors import BadImage, UsageProblem
from data.images import decode
from zoo.card import Card, Preprocessing

if TYPE_CHECKING:
    import torch
    from torch import nn

    from data.paths import Home
    from zoo.architectures import Architecture
    from zoo.registry import Choice

__all__ = [
    "Extras",
    "Loaded",
    "Loader",
    "Picture",
    "check_extras",
    "parsed",
    "read_word",
    "settings_of",
    "styles_of",
    "with_styles",
]

Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Extras:
    """Beside the name; what is not given is left to the model."""

    styles: tuple[Picture, ...] = ()  # uint8 RGB [H,W,3]
    style_weights: tuple[float, ...] = ()  # one a style, their sum is 1
    strength: float | None = None  # 0 for the content as it is, to 1
    settings: Mapping[str, str] = field(default_factory=dict)  # as words: the model reads them
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What a card's own loader gives."""

    module: nn.Module  # float [N,3,H,W] to the same, in the range of `preprocessing`
    architecture: Architecture
    sha256: str  # of the file of weights
    preprocessing: Preprocessing


Loader = Callable[["Choice", Extras, "torch.device", "Home"], Loaded]


def styles_of(
    files: Sequence[str | Path | Picture], weights: Sequence[float] = ()
) -> tuple[tuple[Picture, ...], tuple[float, ...]]:
    """Style pictures (files, or uint8 RGB [H,W,3]) with weights that sum to 1, equal if none.

    Raises UsageProblem for a picture that is missing or unreadable and for weights that do not
    fit: one a picture, none below 0, not all 0.
    """
    pictures = tuple(_picture(file) for file in files)
    weights = tuple(weights) or (1.0,) * len(pictures)
    if len(weights) != len(pictures):
        raise UsageProblem(
            f"{len(pictures)} style pictures but {len(weights)} weights",
            hint="one weight a picture: --style a.jpg,b.jpg --style-weights 1,2",
        )
    bad = [w for w in weights if not math.isfinite(w) or w < 0]
    if pictures and (bad or sum(weights) == 0):
        raise UsageProblem(
            f"{bad[0] if bad else 0:g} is no weight of a style",
            hint="numbers of at least 0, one of them above: --style-weights 1,2",
        )
    return pictures, tuple(w / sum(weights) for w in weights)


def _picture(file: str | Path | Picture) -> Picture:
    if isinstance(file, np.ndarray):
        return file
    try:
        return decode(Path(file).expanduser())
    except BadImage as problem:
        raise UsageProblem(
            f"style picture: {problem.message}", hint="name a picture: --style FILE"
        ) from problem


def with_styles(extras: Extras, files: Sequence[Path]) -> Extras:
    """Extras with the styles that a name has, if it has any and none are given beside it."""
    if not files or extras.styles:
        return extras
    pictures, weights = styles_of(files)
    return replace(extras, styles=pictures, style_weights=weights)


def settings_of(words: Sequence[str]) -> dict[str, str]:
    """`NAME=VALUE` words as a dict; UsageProblem for one without `=`."""
    for word in words:
        if "=" not in word:
            raise UsageProblem(f"'{word}' sets nothing", hint="--set NAME=VALUE")
    pairs = (word.partition("=") for word in words)
    return {name.strip(): value.strip() for name, _, value in pairs}


def check_extras(card: Card, extras: Extras, settings: Iterable[str]) -> None:
    """UsageProblem for what the model does not take, and for a style that it needs.

    `settings` are the names that it has.
    """
    known = sorted(settings)
    if card.styled and not extras.styles:
        raise UsageProblem(
            f"{card.name} paints in the style of a picture, and none is named",
            hint=f"zoo translate --model {card.name} --style FILE IN OUT",
        )
    if extras.styles and not card.styled:
        raise UsageProblem(f"{card.name} takes no style picture", hint="leave --style out")
    if extras.strength is not None and not card.loader:
        raise UsageProblem(f"{card.name} has no strength", hint="leave --strength out")
    if extras.strength is not None and not 0 <= extras.strength <= 1:
        raise UsageProblem(f"strength {extras.strength:g} is not from 0 to 1")
    for name in extras.settings:
        if name not in known:
            hint = f"its settings: {', '.join(known)}" if known else "leave --set out"
            raise UsageProblem(f"{card.name} has no setting '{name}'", hint=hint)


def parsed(card: Card, defaults: Any, settings: Mapping[str, str]) -> dict[str, Any]:
    """Settings read as the types that the fields of the dataclass `defaults` have."""
    return {
        name: read_word(card, name, type(getattr(defaults, name)), word)
        for name, word in settings.items()
    }


def read_word(card: Card, name: str, kind: type, word: str) -> Any:
    """One setting as `kind`: a bool, a number or a word; UsageProblem where it is none."""
    if kind is bool:
        if word.lower() in ("true", "yes", "on", "1"):
            return True
        if word.lower() in ("false", "no", "off", "0"):
            return False
    else:
        try:
            return kind(word)
        except ValueError:
            pass
    raise UsageProblem(
        f"{name}={word} of {card.name} is no {kind.__name__}", hint=f"--set {name}=VALUE"
    )
