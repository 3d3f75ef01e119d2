"""One step of CycleGAN, and so of GANILLA (1703.10593, §3 and §4)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from zoo.recipe import Recipe
from zoo.train.losses import gan_loss
from zoo.train.method import Backward, Method, new_discriminator, new_generator
from zoo.train.pool import ImagePool

__all__ = ["Unpaired"]


class Unpaired(Method):
    """Two generators and two discriminators; generators step first, on frozen discriminators."""

    def __init__(self, recipe: Recipe, device: torch.device) -> None:
        self.recipe = recipe
        self.g_ab, self.g_ba = (new_generator(recipe).to(device) for _ in range(2))
        self.d_a, self.d_b = (new_discriminator(recipe, 3).to(device) for _ in range(2))
        self.nets = {"G_A": self.g_ab, "G_B": self.g_ba, "D_A": self.d_b, "D_B": self.d_a}
        self.optimizers = {
            "G": self.adam(self.g_ab, self.g_ba),
            "D": self.adam(self.d_a, self.d_b),
        }
        self.pool_a, self.pool_b = (ImagePool(recipe.pool, recipe.seed + i) for i in (1, 2))
        self.pools = {"A": self.pool_a, "B": self.pool_b}
        self.exports = {"G_A": "AtoB", "G_B": "BtoA"}

    def step(self, a: Tensor, b: Tensor, backward: Backward) -> dict[str, Tensor]:
        """Equations 3 and 4, with the identity loss of §5.2."""
        generators: list[nn.Module] = [self.g_ab, self.g_ba]
        discriminators: list[nn.Module] = [self.d_a, self.d_b]
        _freeze(discriminators, True)
        fake_a, fake_b, losses = self._generators(a, b)
        self.optimizers["G"].zero_grad(set_to_none=True)
        backward(losses["G"], generators)
        self.optimizers["G"].step()
        _freeze(discriminators, False)
        losses["D"] = self._discriminator(self.d_a, a, self.pool_a.exchange(fake_a.detach()))
        losses["D"] += self._discriminator(self.d_b, b, self.pool_b.exchange(fake_b.detach()))
        self.optimizers["D"].zero_grad(set_to_none=True)
        backward(losses["D"], discriminators)
        self.optimizers["D"].step()
        return {name: loss.detach() for name, loss in losses.items()}

    def _generators(self, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
        # One forward for the translation and the identity input: instance norm looks at each
        # picture alone, so joining them changes nothing but the speed.
        fake_b, same_b = self.g_ab(torch.cat([a, b])).chunk(2)
        fake_a, same_a = self.g_ba(torch.cat([b, a])).chunk(2)
        gan = gan_loss(self.recipe.gan, self.d_b(fake_b), True)
        gan = gan + gan_loss(self.recipe.gan, self.d_a(fake_a), True)
        cycle = F.l1_loss(self.g_ba(fake_b), a) + F.l1_loss(self.g_ab(fake_a), b)
        same = F.l1_loss(same_b, b) + F.l1_loss(same_a, a)
        weight = self.recipe.cycle
        total = gan + weight * cycle + weight * self.recipe.identity * same
        return fake_a, fake_b, {"G": total, "gan": gan, "cycle": cycle, "identity": same}

    def _discriminator(self, net: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
        kind = self.recipe.gan
        # Halved, so that it learns at half the rate of the generators (§7.1).
        return 0.5 * (gan_loss(kind, net(real), True) + gan_loss(kind, net(fake), False))


def _freeze(nets: list[nn.Module], frozen: bool) -> None:
    for net in nets:
        net.requires_grad_(not frozen)
