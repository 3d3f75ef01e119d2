"""One step of CartoonGAN (CVPR 2018, §3.2): keep the content, draw as in cartoons, edges too."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from data.errors import UsageProblem
from zoo.nets.cartoongan import CartoonDiscriminator, CartoonGenerator
from zoo.recipe import Recipe
from zoo.style.vgg import loss_network
from zoo.train.adain import Steps
from zoo.train.edges import smooth_edges
from zoo.train.losses import gan_loss
from zoo.train.method import Backward, Method, initialise

__all__ = ["Cartoon", "Options"]

CONTENT = "conv4_4"  # of VGG-19


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a recipe of this method may say in its `options`."""

    content: float = 10.0  # ω of equation 1
    initial_steps: int = 54_020  # of the content loss alone: ten epochs of the paper's photographs


class Cartoon(Method):
    """A generator, a discriminator that is shown cartoons without edges, and a frozen VGG-19."""

    options = Options
    patchgan = False

    def __init__(self, recipe: Recipe, device: torch.device) -> None:
        self.recipe = recipe
        self.own = Options(**recipe.options)
        strange = set(recipe.discriminator_options) - {"width"}
        if strange:
            raise UsageProblem(
                f"the discriminator of cartoongan has no {min(strange)}",
                hint="--discriminator-width 32",
            )
        self.vgg = loss_network("vgg19", CONTENT).to(device)
        self.g, self.d = (
            _Flipped(**recipe.generator_options),
            CartoonDiscriminator(**recipe.discriminator_options),
        )
        self.nets = {"G": initialise(self.g, recipe).to(device)}
        self.nets["D"] = initialise(self.d, recipe).to(device)
        self.optimizers = {name: self.adam(net) for name, net in self.nets.items()}
        self.steps = Steps()
        self.pools = {"steps": self.steps}
        self.exports = {"G": "AtoB"}

    def step(self, a: Tensor, b: Tensor, backward: Backward) -> dict[str, Tensor]:
        """Equation 1; before that, in the initialisation phase (§3.3), content alone."""
        fake = self.g(a)
        losses = {"content": self._content(fake, a)}
        total = self.own.content * losses["content"]
        if self.steps.done >= self.own.initial_steps:
            losses["D"] = self._discriminator(fake.detach(), b, backward)
            losses["gan"] = gan_loss(self.recipe.gan, self.d(fake), True)
            total = total + losses["gan"]
        self.optimizers["G"].zero_grad(set_to_none=True)
        backward(total, [self.g])
        self.optimizers["G"].step()
        self.steps.done += 1
        return {name: loss.detach() for name, loss in {"G": total, **losses}.items()}

    def _content(self, fake: Tensor, photo: Tensor) -> Tensor:
        """Equation 4: the mean absolute difference of VGG's features."""
        with torch.no_grad():
            wanted = self.vgg((photo + 1) / 2, [CONTENT])[CONTENT]
        return F.l1_loss(self.vgg((fake + 1) / 2, [CONTENT])[CONTENT], wanted)

    def _discriminator(self, fake: Tensor, cartoon: Tensor, backward: Backward) -> Tensor:
        """Equation 3: cartoons are right; cartoons without edges and photographs drawn are not."""
        self.d.requires_grad_(True)
        kind = self.recipe.gan
        with torch.no_grad():
            smoothed = smooth_edges(cartoon.float())
        loss = gan_loss(kind, self.d(cartoon), True) + gan_loss(kind, self.d(smoothed), False)
        loss = loss + gan_loss(kind, self.d(fake), False)
        self.optimizers["D"].zero_grad(set_to_none=True)
        backward(loss, [self.d])
        self.optimizers["D"].step()
        self.d.requires_grad_(False)
        return loss


class _Flipped(CartoonGenerator):
    """The generator, which takes and gives BGR as the published ones do, on RGB."""

    def forward(self, x: Tensor) -> Tensor:
        """RGB [N,3,H,W] in -1..1 to the same."""
        return super().forward(x.flip(1)).flip(1)
