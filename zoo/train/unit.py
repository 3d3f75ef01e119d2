"""One step of UNIT (1703.00848, §3)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from zoo.nets.multiscale import MultiscaleDiscriminator
from zoo.nets.resnet import ResnetBlock
from zoo.nets.unit import UnitDecoder, UnitEncoder, UnitTranslator
from zoo.recipe import Recipe
from zoo.train.losses import gan_losses
from zoo.train.method import Backward, Method, initialise

__all__ = ["Options", "Unit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The weights λ of the paper's losses (§4)."""

    gan: float = 10.0  # λ0
    kl: float = 0.1  # λ1 and λ3
    reconstruction: float = 100.0  # λ2 and λ4


class Unit(Method):
    """Two autoencoders that share the middle of their codes; discriminators step first."""

    options = Options

    def __init__(self, recipe: Recipe, device: torch.device) -> None:
        self.recipe, self.own = recipe, Options(**recipe.options)
        width = int(recipe.generator_options.get("width", 64))
        last, first = (ResnetBlock(4 * width, "instance", False) for _ in range(2))
        self.e_a, self.e_b = (UnitEncoder(width, last) for _ in range(2))
        self.g_a, self.g_b = (UnitDecoder(width, first) for _ in range(2))
        g = nn.ModuleList([self.e_a, self.e_b, self.g_a, self.g_b])
        d = [MultiscaleDiscriminator(**recipe.discriminator_options) for _ in range(2)]
        self.d_a, self.d_b = d
        self.g = initialise(g, recipe).to(device)
        self.d = initialise(nn.ModuleList(d), recipe).to(device)
        self.nets = {"G": self.g, "D": self.d}
        self.optimizers = {name: self.adam(net) for name, net in self.nets.items()}
        self.pools = {}
        self.exports = {"G_A": "AtoB", "G_B": "BtoA"}

    def translator(self, name: str) -> nn.Module:
        """From A to B for `G_A`, back for `G_B`."""
        pair = {"G_A": (self.e_a, self.g_b), "G_B": (self.e_b, self.g_a)}[name]
        return UnitTranslator(encode=pair[0], decode=pair[1])

    def step(self, a: Tensor, b: Tensor, backward: Backward) -> dict[str, Tensor]:
        """Equations 2 to 6, with the absolute difference as the likelihood of a picture."""
        mean_a, mean_b = self.e_a(a), self.e_b(b)
        code_a, code_b = _drawn(mean_a), _drawn(mean_b)
        fake_b, fake_a = self.g_b(code_a), self.g_a(code_b)
        self.d.requires_grad_(True)
        kind = self.recipe.gan
        d_loss = self.own.gan * sum(
            (
                gan_losses(kind, net(real), True) + gan_losses(kind, net(fake.detach()), False)
                for net, real, fake in ((self.d_a, a, fake_a), (self.d_b, b, fake_b))
            ),
            start=a.new_zeros(()),
        )
        self._update("D", d_loss, self.d, backward)
        self.d.requires_grad_(False)
        again_a, again_b = self.e_b(fake_b), self.e_a(fake_a)
        gan = gan_losses(kind, self.d_a(fake_a), True) + gan_losses(kind, self.d_b(fake_b), True)
        pairs = [(self.g_a(code_a), a), (self.g_b(code_b), b)]
        pairs += [(self.g_a(_drawn(again_a)), a), (self.g_b(_drawn(again_b)), b)]
        same = torch.stack([F.l1_loss(made, real) for made, real in pairs]).sum()
        # The code of the source is weighed twice: as an autoencoder's, and in the cycle (eq. 6).
        kl = 2 * (_kl(mean_a) + _kl(mean_b)) + _kl(again_a) + _kl(again_b)
        own = self.own
        g_loss = own.gan * gan + own.kl * kl + own.reconstruction * same
        self._update("G", g_loss, self.g, backward)
        losses = {"G": g_loss, "gan": gan, "kl": kl, "reconstruction": same, "D": d_loss}
        return {name: loss.detach() for name, loss in losses.items()}

    def _update(self, name: str, loss: Tensor, net: nn.Module, backward: Backward) -> None:
        self.optimizers[name].zero_grad(set_to_none=True)
        backward(loss, [net])
        self.optimizers[name].step()


def _drawn(mean: Tensor) -> Tensor:
    """A code from N(mean, 1)."""
    return mean + torch.randn_like(mean)


def _kl(mean: Tensor) -> Tensor:
    """KL(N(mean, 1) ‖ N(0, 1)), averaged over the numbers of the code."""
    return 0.5 * mean.float().square().mean()
