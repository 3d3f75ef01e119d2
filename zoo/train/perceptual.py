"""One step of fast neural style (1603.08155, §3): a network learns one style for all pictures."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from zoo.nets.transformer_net import TransformerNet
from zoo.recipe import Recipe
from zoo.style.losses import content_loss, gram, style_loss, total_variation
from zoo.style.vgg import loss_network
from zoo.train.method import Backward, Method

__all__ = ["Options", "Perceptual"]

STYLE = ("relu1_2", "relu2_2", "relu3_3", "relu4_3")  # of VGG-16, §4.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a recipe of this method may say in its `options`: weights as pytorch/examples has them.

    They are of mean squares on torchvision's VGG-16.
    """

    content: float = 1e5
    style: float = 1e10  # of every layer, each divided by its channels squared
    tv: float = 0.0  # of the total variation
    content_layer: str = "relu2_2"  # of the published weights; the paper's figure 2 has relu3_3


class Perceptual(Method):
    """A generator and a frozen VGG-16. Domain B is the style: one picture, or several as one."""

    options = Options
    patchgan = False

    def __init__(self, recipe: Recipe, device: torch.device) -> None:
        self.recipe = recipe
        self.own = Options(**recipe.options)
        self.vgg = loss_network("vgg16", STYLE[-1]).to(device)
        self.g = _Scaled(**recipe.generator_options).to(memory_format=torch.channels_last)
        self.g = self.g.to(device)
        self.nets = {"G": self.g}
        self.optimizers = {"G": self.adam(self.g)}
        self.pools = {}
        self.exports = {"G": "AtoB"}

    def step(self, a: Tensor, b: Tensor, backward: Backward) -> dict[str, Tensor]:
        """Equation 5: features of the photograph, Gram matrices of the style, and smoothness."""
        made = (self.g(a) + 1) / 2
        found = self.vgg(made, (self.own.content_layer, *STYLE))
        with torch.no_grad():
            wanted = self.vgg((a + 1) / 2, [self.own.content_layer])
            styles = self.vgg((b + 1) / 2, STYLE)
        content = content_loss(found[self.own.content_layer], wanted[self.own.content_layer])
        style = torch.stack([_distance(found[layer], styles[layer]) for layer in STYLE]).sum()
        total = self.own.content * content + self.own.style * style
        if self.own.tv:
            total = total + self.own.tv * total_variation(made)
        self.optimizers["G"].zero_grad(set_to_none=True)
        backward(total, [self.g])
        self.optimizers["G"].step()
        losses = {"G": total, "content": content, "style": style}
        return {name: loss.detach() for name, loss in losses.items()}


def _distance(found: Tensor, style: Tensor) -> Tensor:
    """Every painting from the mean Gram matrix of the style's crops."""
    wanted = gram(style).mean(0, keepdim=True).expand(len(found), -1, -1)
    return style_loss(gram(found), wanted) / found.shape[1] ** 2


class _Scaled(TransformerNet):
    """The network from 0..255 to that, on pictures in -1..1, as training has them."""

    def forward(self, x: Tensor) -> Tensor:
        """RGB [N,3,H,W] in -1..1 to about that."""
        return super().forward((x + 1) * 127.5) / 127.5 - 1
