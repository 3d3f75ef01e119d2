"""One step of CUT, FastCUT and SinCUT (2007.15651, §3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from data.errors import UsageProblem
from zoo.nets.heads import PatchHeads, channels_of, encode, layers_of
from zoo.nets.stylegan2 import StyleDiscriminator
from zoo.recipe import Recipe
from zoo.train.draws import Draws
from zoo.train.losses import gan_loss, patch_nce, r1_penalty
from zoo.train.method import Backward, Method, initialise, new_discriminator, new_generator

__all__ = ["Contrastive", "Options"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a recipe of this method may say in its `options`."""

    nce: float = 1.0  # weight of the PatchNCE loss
    nce_identity: bool = True  # also between a target picture and what becomes of it
    flip_equivariance: bool = False  # half of the steps on mirrored pictures, keys on plain ones
    layers: Sequence[int] = (0, 4, 8, 12, 16)  # of the generator, whose patches are compared
    patches: int = 256
    temperature: float = 0.07
    pixel_identity: float = 0.0  # weight of an L1 loss between a target picture and its translation
    across: bool = False  # patches are told from those of all pictures of the batch
    discriminator: Literal["patchgan", "stylegan2"] = "patchgan"
    r1: float = 0.0  # weight of the gradient penalty on target pictures, with `stylegan2` alone


class Contrastive(Method):
    """A generator, a discriminator and projection heads; the discriminator steps first."""

    options = Options

    def __init__(self, recipe: Recipe, device: torch.device) -> None:
        self.recipe = recipe
        self.own = Options(**recipe.options)
        generator = new_generator(recipe)
        heads = PatchHeads(channels_of(generator, self.own.layers))
        self.g, self.d = generator.to(device), _discriminator(recipe, self.own).to(device)
        self.heads = initialise(heads, recipe).to(device)
        self.layers = layers_of(self.g)
        self.nets = {"G": self.g, "D": self.d, "F": self.heads}
        self.optimizers = {name: self.adam(net) for name, net in self.nets.items()}
        self.draws = Draws(recipe.seed + 1)
        self.pools = {"draws": self.draws}
        self.exports = {"G": "AtoB"}

    def step(self, a: Tensor, b: Tensor, backward: Backward) -> dict[str, Tensor]:
        """Equation 7, after a step of the discriminator; the target's own NCE as in §3."""
        both = torch.cat([a, b]) if self._translates_targets else a
        mirrored = self.own.flip_equivariance and self.draws.coin()
        given = both.flip(3) if mirrored else both
        # The keys are what the encoder gives here, unless it saw the mirrored pictures.
        *keys, made = encode(self.layers, given, (*self.own.layers, len(self.layers) - 1))
        fake = made[: len(a)]
        self.d.requires_grad_(True)
        d_loss = self._discriminator(b, fake.detach())
        self._update("D", d_loss, [self.d], backward)
        self.d.requires_grad_(False)
        gan = gan_loss(self.recipe.gan, self.d(fake), True)
        if mirrored:
            with torch.no_grad():
                keys = encode(self.layers, both, self.own.layers)
        nce = self._nce(keys, made, mirrored, len(a))
        g_loss = gan + self.own.nce * nce
        losses = {"gan": gan, "nce": nce, "D": d_loss}
        if self.own.pixel_identity:
            losses["identity"] = F.l1_loss(made[len(a) :], given[len(a) :])
            g_loss = g_loss + self.own.pixel_identity * losses["identity"]
        self.optimizers["F"].zero_grad(set_to_none=True)
        self._update("G", g_loss, [self.g, self.heads], backward)
        self.optimizers["F"].step()
        return {name: loss.detach() for name, loss in {"G": g_loss, **losses}.items()}

    @property
    def _translates_targets(self) -> bool:
        return self.own.nce_identity or self.own.pixel_identity > 0

    def _update(
        self, name: str, loss: Tensor, nets: Sequence[nn.Module], backward: Backward
    ) -> None:
        self.optimizers[name].zero_grad(set_to_none=True)
        backward(loss, nets)
        self.optimizers[name].step()

    def _discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        bad = gan_loss(self.recipe.gan, self.d(fake), False)
        penalised = self.own.r1 > 0
        real = real.detach().requires_grad_(penalised)
        verdict = self.d(real)
        loss = 0.5 * (bad + gan_loss(self.recipe.gan, verdict, True))
        return loss + self.own.r1 * r1_penalty(verdict, real) if penalised else loss

    def _nce(self, keys: Sequence[Tensor], made: Tensor, mirrored: bool, count: int) -> Tensor:
        """The mean over layers, and over source and target pictures where both are compared."""
        if not self.own.nce_identity:
            made = made[:count]
        queries = encode(self.layers, made, self.own.layers)
        if mirrored:
            queries = [x.flip(3) for x in queries]
        losses = []
        for part in range(0, len(made), count):
            own = slice(part, part + count)
            losses.append(self._compared([x[own] for x in queries], [x[own] for x in keys]))
        return torch.stack(losses).mean()

    def _compared(self, queries: Sequence[Tensor], keys: Sequence[Tensor]) -> Tensor:
        # The same places for every picture of the batch, as in the authors' project; so several
        # processes, which draw alike, do what one does with the joined batch.
        places = [self.draws.some(x[0, 0].numel(), self.own.patches, x.device) for x in keys]
        asked = self.heads(queries, places)
        with torch.no_grad():  # neither the generator nor the heads learn from keys
            known = self.heads(keys, places)
        if self.own.across:
            asked, known = ([x.flatten(0, 1)[None] for x in found] for found in (asked, known))
        pairs = zip(asked, known, strict=True)
        return torch.stack([patch_nce(q, k, self.own.temperature) for q, k in pairs]).mean()


def _discriminator(recipe: Recipe, own: Options) -> nn.Module:
    """What judges crops; UsageProblem for options that it does not have."""
    if own.discriminator == "patchgan":
        if own.r1:
            raise UsageProblem(
                "r1 needs the StyleGAN2 discriminator: instance norm is differentiated once",
                hint='discriminator = "stylegan2" under [options]',
            )
        return new_discriminator(recipe, 3)
    try:
        net = StyleDiscriminator(recipe.crop, **recipe.discriminator_options)
    except (TypeError, ValueError) as problem:
        raise UsageProblem(
            f"the StyleGAN2 discriminator cannot be built: {problem}",
            hint="--crop 64; it has --discriminator-width alone",
        ) from problem
    return initialise(net, recipe)
