"""Gatys' optimisation behind the one call that every model has: pictures in, paintings out."""

from __future__ import annotations

import time
from dataclasses import fields
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from data.console import say
from data.errors import UsageProblem
from data.images import encode
from data.paths import Home
from zoo.architectures import Architecture
from zoo.card import Card
from zoo.extras import Extras, Loaded, check_extras, parsed
from zoo.nets.vgg import VggFeatures
from zoo.preprocessing import PREPROCESSING
from zoo.registry import Choice
from zoo.style.gatys import LEAST, STYLE, Painting, Step, paint
from zoo.style.pictures import fitting, to_tensor
from zoo.style.vgg import vgg_of
from zoo.weights import locate

__all__ = ["Painter", "load", "painting_of"]

# Memory a pixel is that of a network this wide: what VGG keeps for its gradient (4 kB, measured)
# and the 200 pictures of L-BFGS's history (2.4 kB).
AS_WIDE = 320
SPOKEN = 10.0  # seconds between two lines about the progress
CHOICES = {"optimizer": ("lbfgs", "adam"), "start": ("content", "noise"), "pool": ("max", "avg")}
LEAST_VALUES = {"steps": 1, "finer_steps": 0, "longest": LEAST, "every": 1}


def load(choice: Choice, extras: Extras, device: torch.device, home: Home) -> Loaded:
    """VGG-19 and the styles of `extras`, as zoo.extras.Loader; `gatys@FILE` is a VGG-19 file."""
    check_extras(choice.card, extras, [field.name for field in fields(Painting)])
    how = painting_of(choice.card, extras)
    file, sha256 = locate(choice, home)
    return Loaded(
        module=Painter(vgg_of(file, "vgg19", STYLE[-1], how.pool).to(device), extras, how),
        architecture=Architecture("gatys", {"width": AS_WIDE}),
        sha256=sha256,
        preprocessing=PREPROCESSING["gatys"],
    )


def painting_of(card: Card, extras: Extras) -> Painting:
    """The settings of `extras`; UsageProblem for a value that cannot be painted with."""
    how = Painting(**parsed(card, Painting(), extras.settings))
    for name, allowed in CHOICES.items():
        if getattr(how, name) not in allowed:
            hint = " or ".join(f"--set {name}={word}" for word in allowed)
            raise UsageProblem(f"{name}={getattr(how, name)} of {card.name} is unknown", hint=hint)
    for field in fields(Painting):
        value = getattr(how, field.name)
        least = LEAST_VALUES.get(field.name, 0)
        if isinstance(value, int | float) and not least <= value < float("inf"):
            raise UsageProblem(
                f"{field.name}={value} of {card.name} is not at least {least}",
                hint=f"--set {field.name}={getattr(Painting(), field.name)}",
            )
    return how


class Painter(nn.Module):
    """Paints each picture of a batch after the other, saying how far it is."""

    def __init__(self, vgg: VggFeatures, extras: Extras, how: Painting) -> None:
        super().__init__()
        self.vgg = vgg
        self.extras = extras
        self.how = how
        self.painted = 0  # pictures so far: the names of those that show the progress

    def forward(self, x: Tensor) -> Tensor:
        """RGB [N,3,H,W] in 0..1 to the same."""
        # The translator runs networks without gradients; here they are the point.
        with torch.inference_mode(False), torch.enable_grad():
            return torch.cat([self._one(picture[None]) for picture in x.clone()])

    def _one(self, picture: Tensor) -> Tensor:
        height, width = picture.shape[-2:]
        border = (0, max(0, LEAST - width), 0, max(0, LEAST - height))
        strength = 1.0 if self.extras.strength is None else self.extras.strength
        made = paint(
            F.pad(picture, border, mode="replicate"),
            self._styles,
            self.vgg,
            self.how,
            strength,
            self.extras.seed,
            self._reporter(),
        )
        self.painted += 1
        return made[..., :height, :width]

    def _styles(self, longer: int) -> list[tuple[float, Tensor]]:
        device = self.vgg.mean.device
        return [
            (share, to_tensor(fitting(picture, longer, shorter=False, least=LEAST), device))
            for share, picture in zip(self.extras.style_weights, self.extras.styles, strict=True)
        ]

    def _reporter(self) -> _Reporter:
        return _Reporter(self.how, self.painted)


class _Reporter:
    """A line now and then, and a picture every so many steps where a folder is set."""

    def __init__(self, how: Painting, number: int) -> None:
        self.how = how
        self.number = number
        self.said = time.monotonic()
        self.written = 0

    def __call__(self, step: Step) -> None:
        if time.monotonic() - self.said >= SPOKEN:
            self.said = time.monotonic()
            height, width = step.size
            say(f"{width}×{height}: step {step.done} of {step.total}, loss {step.loss:.4g}")
        if self.how.progress and (step.done % self.how.every == 0 or step.done == step.total):
            self.written += 1
            name = f"{self.number:04}-{self.written:04}.png"
            pixels = (step.picture[0] * 255).round().byte().permute(1, 2, 0).cpu().numpy()
            encode(Path(self.how.progress) / name, np.ascontiguousarray(pixels))
