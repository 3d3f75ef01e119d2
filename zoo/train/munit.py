"""One step of MUNIT (1804.04732, §3)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from zoo.nets.multiscale import MultiscaleDiscriminator
from zoo.nets.munit import STYLE, ContentEncoder, MunitDecoder, MunitTranslator, StyleEncoder
from zoo.recipe import Recipe
from zoo.train.losses import gan_losses
from zoo.train.method import Backward, Method, initialise

__all__ = ["Munit", "Options"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The weights λ of the paper's losses (§5.1)."""

    picture: float = 10.0  # a picture from its own content and style
    content: float = 1.0  # the content of a translation
    style: float = 1.0  # the style that a translation was made with


class Munit(Method):
    """Contents that both domains share and styles of each; discriminators step first."""

    options = Options

    def __init__(self, recipe: Recipe, device: torch.device) -> None:
        self.recipe, self.own = recipe, Options(**recipe.options)
        width = int(recipe.generator_options.get("width", 64))
        self.c_a, self.c_b = (ContentEncoder(width) for _ in range(2))
        self.s_a, self.s_b = (StyleEncoder(width) for _ in range(2))
        self.g_a, self.g_b = (MunitDecoder(width) for _ in range(2))
        g = nn.ModuleList([self.c_a, self.c_b, self.s_a, self.s_b, self.g_a, self.g_b])
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
        pair = {"G_A": (self.c_a, self.g_b), "G_B": (self.c_b, self.g_a)}[name]
        return MunitTranslator(content=pair[0], decode=pair[1])

    def step(self, a: Tensor, b: Tensor, backward: Backward) -> dict[str, Tensor]:
        """Equation 5, with styles drawn from the prior for the translations."""
        content_a, content_b = self.c_a(a), self.c_b(b)
        new_a, new_b = torch.randn(2, len(a), STYLE, device=a.device)
        fake_b, fake_a = self.g_b(content_a, new_b), self.g_a(content_b, new_a)
        self.d.requires_grad_(True)
        kind = self.recipe.gan
        d_loss = sum(
            (
                gan_losses(kind, net(real), True) + gan_losses(kind, net(fake.detach()), False)
                for net, real, fake in ((self.d_a, a, fake_a), (self.d_b, b, fake_b))
            ),
            start=a.new_zeros(()),
        )
        self._update("D", d_loss, self.d, backward)
        self.d.requires_grad_(False)
        gan = gan_losses(kind, self.d_a(fake_a), True) + gan_losses(kind, self.d_b(fake_b), True)
        picture = F.l1_loss(self.g_a(content_a, self.s_a(a)), a)
        picture = picture + F.l1_loss(self.g_b(content_b, self.s_b(b)), b)
        content = F.l1_loss(self.c_b(fake_b), content_a) + F.l1_loss(self.c_a(fake_a), content_b)
        style = F.l1_loss(self.s_b(fake_b), new_b) + F.l1_loss(self.s_a(fake_a), new_a)
        own = self.own
        g_loss = gan + own.picture * picture + own.content * content + own.style * style
        self._update("G", g_loss, self.g, backward)
        losses = {"G": g_loss, "gan": gan, "picture": picture, "content": content}
        losses |= {"style": style, "D": d_loss}
        return {name: loss.detach() for name, loss in losses.items()}

    def _update(self, name: str, loss: Tensor, net: nn.Module, backward: Backward) -> None:
        self.optimizers[name].zero_grad(set_to_none=True)
        backward(loss, [net])
        self.optimizers[name].step()
