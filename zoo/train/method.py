"""What the loop asks of a training method."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

from zoo.architectures import Architecture, build
from zoo.nets.init import init_normal
from zoo.nets.patchgan import PatchDiscriminator
from zoo.recipe import Recipe
from zoo.train.pool import ImagePool

__all__ = ["Backward", "Method", "new_discriminator", "new_generator"]

Backward = Callable[[Tensor, Iterable[nn.Module]], None]
"""Backward of a loss, then the mean over all processes of the gradients of the modules."""


class Method(ABC):
    """Networks, optimizers and pools of one method, and how one step changes them."""

    nets: dict[str, nn.Module]
    optimizers: dict[str, torch.optim.Optimizer]
    pools: dict[str, ImagePool]
    exports: dict[str, str]  # net -> the direction that it translates
    recipe: Recipe

    @abstractmethod
    def step(self, a: Tensor, b: Tensor, backward: Backward) -> dict[str, Tensor]:
        """One optimisation step on two batches [N,3,H,W] in -1..1; returns its losses."""

    def adam(self, *nets: nn.Module) -> torch.optim.Adam:
        """Adam with the recipe's rate and momentum over the parameters of `nets`."""
        parameters = [p for net in nets for p in net.parameters()]
        return torch.optim.Adam(
            parameters, lr=self.recipe.learning_rate, betas=(self.recipe.beta1, 0.999)
        )


def new_generator(recipe: Recipe) -> nn.Module:
    """A generator with N(0, 0.02) weights, as both papers start."""
    net = build(Architecture(recipe.generator, dict(recipe.generator_options)))
    init_normal(net)
    return net


def new_discriminator(recipe: Recipe, channels: int) -> nn.Module:
    """A PatchGAN on `channels` input channels with N(0, 0.02) weights."""
    net = PatchDiscriminator(channels=channels, **recipe.discriminator_options)
    init_normal(net)
    return net
