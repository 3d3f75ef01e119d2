"""Whether a model can work in tiles: told before anything is downloaded or read."""

from __future__ import annotations

from data.errors import UsageProblem
from zoo.registry import Choice
from zoo.strides import HALOS

__all__ = ["check_tiles", "no_tiles"]


def check_tiles(choice: Choice, stochastic: bool) -> None:
    """UsageProblem where a pixel of the model's output depends on the whole picture.

    Of a local file that may hold any network, that shows when it is read.
    """
    kind = _kind(choice)
    if stochastic or (kind is not None and kind not in HALOS):
        raise no_tiles(choice.name, stochastic)


def no_tiles(name: str, stochastic: bool) -> UsageProblem:
    """The error of a model that cannot."""
    reason = "its noise" if stochastic else "every pixel of its output"
    return UsageProblem(
        f"{name} cannot work in tiles: {reason} depends on the whole picture",
        hint="leave --tile out, or make the picture smaller",
    )


def _kind(choice: Choice) -> str | None:
    """The architecture by the card; None where only the file tells, or nothing is computed."""
    card = choice.card
    weights = choice.weights or (card.default if card.loader else None)
    if weights is not None:
        return str(weights.architecture["kind"]).removesuffix("-decoder")  # AdaIN's: with encoder
    return "diffusion" if card.loader else None
