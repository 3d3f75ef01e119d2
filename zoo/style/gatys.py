"""Optimise a picture until its features are the content's and the styles' (1508.06576).

Scales go from coarse to fine as in Gatys et al., Controlling Perceptual Factors (1611.07865,
§6): what was painted at one scale starts the next, which then adds only fine strokes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from zoo.nets.vgg import VggFeatures
from zoo.style.losses import content_loss, gram, style_loss, total_variation

__all__ = ["CONTENT", "STYLE", "Painting", "Report", "Step", "paint", "sizes"]

CONTENT = "relu4_2"
STYLE = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
LEAST = 16  # pixels: VGG halves four times before relu5_1

Targets = tuple[Tensor, dict[str, Tensor]]  # content features, Gram matrix of each layer


@dataclass(frozen=True, slots=True, kw_only=True)
class Painting:
    """How to paint; loss weights are of mean squares, on torchvision's VGG with RGB in 0..1."""

    optimizer: Literal["lbfgs", "adam"] = "lbfgs"
    steps: int = 500  # evaluations of the loss at the coarsest scale
    finer_steps: int = 200  # at each of the others
    longest: int = 512  # pixels of the longer side at the coarsest scale; each next one doubles
    content: float = 1.0
    style: float = 1e6  # shared by the layers, each divided by its channels squared
    tv: float = 0.0  # of the total variation, against noise
    start: Literal["content", "noise"] = "content"
    learning_rate: float = 0.02  # of Adam
    style_scale: float = 1.0  # size of the styles to that of the picture, longer sides
    pool: Literal["max", "avg"] = "max"
    progress: str = ""  # folder for a picture every so often
    every: int = 50  # evaluations from one such picture to the next


@dataclass(frozen=True, slots=True)
class Step:
    """Where an optimisation is: sizes in pixels, the loss, and the picture [1,3,H,W] in 0..1."""

    size: tuple[int, int]
    done: int
    total: int
    loss: float
    picture: Tensor


Report = Callable[[Step], None]
Styles = Callable[[int], list[tuple[float, Tensor]]]
"""Longer side in pixels -> share and picture [1,3,h,w] in 0..1 of every style."""


def sizes(height: int, width: int, longest: int) -> list[tuple[int, int]]:
    """The sizes from coarse to fine: halved while the longer side is over `longest`."""
    found = [(height, width)]
    while max(found[-1]) > longest and min(found[-1]) >= 2 * LEAST:
        found.append((max(LEAST, found[-1][0] // 2), max(LEAST, found[-1][1] // 2)))
    return found[::-1]


def paint(
    content: Tensor,
    styles: Styles,
    vgg: VggFeatures,
    how: Painting,
    strength: float = 1.0,
    seed: int = 0,
    report: Report | None = None,
) -> Tensor:
    """One picture [1,3,H,W] in 0..1 painted anew, each side at least 16 pixels.

    `strength` multiplies the weight of the style: at 0 the content stays as it is. The same
    seed gives the same picture; it matters where the start is noise. Raises FloatingPointError
    when the loss is no number any more.
    """
    picture: Tensor | None = None
    for index, size in enumerate(sizes(content.shape[-2], content.shape[-1], how.longest)):
        here = _scaled(content, size)
        if picture is None:
            picture = here.clone() if how.start == "content" else _noise(here, seed)
        targets = _targets(here, styles(round(how.style_scale * max(size))), vgg)
        steps = how.steps if index == 0 else how.finer_steps
        loss = _loss(vgg, targets, how, strength)
        picture = _optimise(_scaled(picture, size), loss, how, steps, report)
    assert picture is not None
    return picture


def _scaled(images: Tensor, size: tuple[int, int]) -> Tensor:
    if tuple(images.shape[-2:]) == size:
        return images
    return F.interpolate(images, size, mode="bicubic", antialias=True).clamp(0, 1)


def _noise(like: Tensor, seed: int) -> Tensor:
    made = torch.rand(like.shape, generator=torch.Generator().manual_seed(seed))
    return made.to(like)


def _targets(content: Tensor, styles: list[tuple[float, Tensor]], vgg: VggFeatures) -> Targets:
    with torch.no_grad():
        wanted = vgg(content, [CONTENT])[CONTENT]
        mixed = {layer: content.new_zeros(()) for layer in STYLE}
        for share, picture in styles:
            for layer, features in vgg(picture, STYLE).items():
                mixed[layer] = mixed[layer] + share * gram(features)
    return wanted, mixed


def _loss(
    vgg: VggFeatures, targets: Targets, how: Painting, strength: float
) -> Callable[[Tensor], Tensor]:
    content, grams = targets

    def loss(picture: Tensor) -> Tensor:
        found = vgg(picture, (CONTENT, *STYLE))
        # Equations 5 and 7; the division by the channels squared is that of the authors' code.
        parts = [
            style_loss(gram(found[layer]), wanted) / found[layer].shape[1] ** 2
            for layer, wanted in grams.items()
        ]
        total = how.content * content_loss(found[CONTENT], content)
        total = total + strength * how.style * torch.stack(parts).sum()
        return total + how.tv * total_variation(picture) if how.tv else total

    return loss


def _optimise(
    start: Tensor,
    loss: Callable[[Tensor], Tensor],
    how: Painting,
    steps: int,
    report: Report | None,
) -> Tensor:
    # Rows in order, whatever the layout of the input: torch's L-BFGS takes no other gradient.
    picture = start.clone(memory_format=torch.contiguous_format).requires_grad_()
    size = (picture.shape[-2], picture.shape[-1])
    for done, value in enumerate(_steps(picture, loss, how, steps), start=1):
        if report is not None:
            report(Step(size, done, steps, value, picture.detach().clamp(0, 1)))
    return picture.detach().clamp(0, 1)


def _steps(
    picture: Tensor, loss: Callable[[Tensor], Tensor], how: Painting, steps: int
) -> Iterator[float]:
    """One evaluation of the loss after another; the picture is changed in place."""
    optimizer: Any  # torch gives its L-BFGS no types
    if how.optimizer == "adam":
        optimizer = torch.optim.Adam([picture], lr=how.learning_rate)
    else:
        # One evaluation a call; its history of gradients goes on from call to call.
        optimizer = torch.optim.LBFGS([picture], max_iter=1, history_size=100, tolerance_change=0)

    def evaluate() -> Tensor:
        optimizer.zero_grad()
        value = loss(picture)
        value.backward()
        return value.detach()

    for _ in range(steps):
        value = float(optimizer.step(evaluate))
        if not torch.isfinite(torch.tensor(value)):
            raise FloatingPointError(f"the loss of the painting became {value}")
        yield value
