"""One step of AdaIN's decoder (1703.06868, §6): any style from domain B on any photograph of A."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from zoo.models.adain import CARD, ENCODER
from zoo.nets.adain import ENCODER_LAYERS, AdainDecoder, AdainEncoder, adain, statistics
from zoo.parts import fill
from zoo.recipe import Recipe
from zoo.style.losses import content_loss, statistics_loss
from zoo.style.vgg import named_or_obtained
from zoo.train.method import Backward, Method

__all__ = ["AdaptiveNorm", "Options", "Steps"]

DEEPEST = "relu4_1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a recipe of this method may say in its `options`."""

    content: float = 1.0
    style: float = 10.0  # λ of equation 11
    decay: float = 5e-5  # the learning rate is divided by 1 + decay × step


class Steps:
    """How many steps there were, kept in checkpoints."""

    def __init__(self) -> None:
        self.done = 0

    def state_dict(self) -> dict[str, Any]:
        """The count."""
        return {"done": self.done}

    def load_state_dict(self, state: dict[str, Any], device: torch.device) -> None:
        """Go on from a count."""
        self.done = int(state["done"])


class AdaptiveNorm(Method):
    """A decoder that learns, and the published encoder, which does not."""

    options = Options
    patchgan = False

    def __init__(self, recipe: Recipe, device: torch.device) -> None:
        self.recipe = recipe
        self.own = Options(**recipe.options)
        width = int(recipe.generator_options.get("width", 64))
        file = named_or_obtained("ATLAS_ADAIN_ENCODER", ENCODER, None, CARD.name)
        encoder = fill(AdainEncoder(width), file, f"encoder of AdaIN of width {width}")
        self.g = _Stylist(width, encoder.to(device)).to(device)
        self.steps = Steps()
        self.nets = {"G": self.g}
        self.optimizers = {"G": self.adam(self.g)}
        self.pools = {"steps": self.steps}
        self.exports = {"G": "AtoB"}

    def step(self, a: Tensor, b: Tensor, backward: Backward) -> dict[str, Tensor]:
        """Equation 11: features near the aim (12), statistics near the style's (13)."""
        for group in self.optimizers["G"].param_groups:
            group["lr"] /= 1 + self.own.decay * self.steps.done
        with torch.no_grad():
            styles = self.g.encoder.at((b + 1) / 2, ENCODER_LAYERS)
            wanted = {layer: statistics(features) for layer, features in styles.items()}
            aim = adain(self.g.encoder((a + 1) / 2), *wanted[DEEPEST])
        found = self.g.encoder.at(self.g.decode(aim), ENCODER_LAYERS)
        content = content_loss(found[DEEPEST], aim)
        style = torch.stack([statistics_loss(found[k], *wanted[k]) for k in wanted]).sum()
        total = self.own.content * content + self.own.style * style
        self.optimizers["G"].zero_grad(set_to_none=True)
        backward(total, [self.g])
        self.optimizers["G"].step()
        self.steps.done += 1
        self.g.style = wanted[DEEPEST][0][:1], wanted[DEEPEST][1][:1]
        losses = {"G": total, "content": content, "style": style}
        return {name: loss.detach() for name, loss in losses.items()}


class _Stylist(AdainDecoder):
    """The decoder, with keys and parameters of its own alone; called, it paints whole pictures.

    Validation sees the style that was trained on last.
    """

    def __init__(self, width: int, encoder: Any) -> None:
        super().__init__(width)
        self.beside = [encoder]  # in a list: neither saved nor trained with the decoder
        self.style: tuple[Tensor, Tensor] | None = None

    @property
    def encoder(self) -> AdainEncoder:
        """The frozen encoder."""
        found: AdainEncoder = self.beside[0]
        return found

    def decode(self, features: Tensor) -> Tensor:
        """Features to RGB of about 0..1."""
        for layer in self:
            features = layer(features)
        return features

    def forward(self, x: Tensor) -> Tensor:
        """RGB [N,3,H,W] in -1..1 to about that."""
        features = self.encoder((x + 1) / 2)
        if self.style is not None:
            features = adain(features, *self.style)
        return self.decode(features) * 2 - 1
