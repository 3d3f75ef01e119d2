"""One step of pix2pix (1611.07004, §3)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from zoo.recipe import Recipe
from zoo.train.losses import gan_loss
from zoo.train.method import Backward, Method, new_discriminator, new_generator
from zoo.train.pool import ImagePool

__all__ = ["Paired"]


class Paired(Method):
    """A generator and a discriminator that sees input and output joined; it steps first."""

    def __init__(self, recipe: Recipe, device: torch.device) -> None:
        self.recipe = recipe
        self.g = new_generator(recipe).to(device)
        self.d = new_discriminator(recipe, 6).to(device)
        self.nets = {"G": self.g, "D": self.d}
        self.optimizers = {"G": self.adam(self.g), "D": self.adam(self.d)}
        self.pool = ImagePool(recipe.pool, recipe.seed + 1)
        self.pools = {"fake": self.pool}
        self.exports = {"G": "AtoB"}

    def step(self, a: Tensor, b: Tensor, backward: Backward) -> dict[str, Tensor]:
        """Equation 4: the conditional GAN loss and λ times L1."""
        fake = self.g(a)
        self.d.requires_grad_(True)
        d_loss = self._discriminator(a, b, fake.detach())
        self.optimizers["D"].zero_grad(set_to_none=True)
        backward(d_loss, [self.d])
        self.optimizers["D"].step()
        self.d.requires_grad_(False)
        gan = gan_loss(self.recipe.gan, self.d(torch.cat([a, fake], 1)), True)
        l1 = F.l1_loss(fake, b)
        g_loss = gan + self.recipe.l1 * l1
        self.optimizers["G"].zero_grad(set_to_none=True)
        backward(g_loss, [self.g])
        self.optimizers["G"].step()
        losses = {"G": g_loss, "gan": gan, "l1": l1, "D": d_loss}
        return {name: loss.detach() for name, loss in losses.items()}

    def _discriminator(self, a: Tensor, b: Tensor, fake: Tensor) -> Tensor:
        kind = self.recipe.gan
        shown = self.pool.exchange(torch.cat([a, fake], 1))
        bad = gan_loss(kind, self.d(shown), False)
        good = gan_loss(kind, self.d(torch.cat([a, b], 1)), True)
        return 0.5 * (bad + good)  # halved: it learns at half the rate (§3.3)
