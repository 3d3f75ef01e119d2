"""What the loop asks of a training method."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, Protocol

import torch
from torch import Tensor, nn

from zoo.architectures import Architecture, build
from zoo.nets.init import init_kaiming, init_normal, init_xavier
from zoo.nets.patchgan import PatchDiscriminator
from zoo.recipe import Recipe

__all__ = ["Backward", "Method", "Stateful", "initialise", "new_discriminator", "new_generator"]

Backward = Callable[[Tensor, Iterable[nn.Module]], None]
"""Backward of a loss, then the mean over all processes of the gradients of the modules."""


class Stateful(Protocol):
    """What a checkpoint keeps besides networks and optimizers: pools, random states."""

    def state_dict(self) -> dict[str, Any]:
        """Everything that is needed to go on."""

    def load_state_dict(self, state: dict[str, Any], device: torch.device) -> None:
        """Go on from there."""


class Method(ABC):
    """Networks, optimizers and pools of one method, and how one step changes them."""

    options: ClassVar[type[Any] | None] = None  # dataclass of what the recipe's `options` may say
    patchgan: ClassVar[bool] = True  # whether its discriminator is one, with `layers` that halve
    nets: dict[str, nn.Module]
    optimizers: dict[str, torch.optim.Optimizer]
    pools: Mapping[str, Stateful]
    exports: dict[str, str]  # net -> the direction that it translates
    recipe: Recipe

    @abstractmethod
    def __init__(self, recipe: Recipe, device: torch.device) -> None:
        """Everything of the recipe, on `device`."""

    @abstractmethod
    def step(self, a: Tensor, b: Tensor, backward: Backward) -> dict[str, Tensor]:
        """One optimisation step on two batches [N,3,H,W] in -1..1; returns its losses."""

    def translator(self, name: str) -> nn.Module:
        """The network [N,3,H,W] to the same that is exported as `name`."""
        return self.nets[name]

    def compile(self, backend: str = "inductor") -> None:
        """Let torch.compile write the forward and backward passes of the networks.

        In place: weights, their names and the modules stay, so that checkpoints do not change.
        A network that a method runs layer by layer is not compiled by this.
        """
        for net in self.nets.values():
            for part in _called(net):
                part.compile(backend=backend, dynamic=False)

    def adam(self, *nets: nn.Module) -> torch.optim.Adam:
        """Adam with the recipe's rate and momentum over the parameters of `nets`."""
        return torch.optim.Adam(
            [p for net in nets for p in net.parameters()],
            lr=self.recipe.learning_rate,
            betas=(self.recipe.beta1, self.recipe.beta2),
            weight_decay=self.recipe.weight_decay,
            fused=True,
        )


def _called(net: nn.Module) -> list[nn.Module]:
    """What is called of `net`: its members where it only keeps them together."""
    if isinstance(net, nn.ModuleList):
        return [part for member in net for part in _called(member)]
    return [net]


def new_generator(recipe: Recipe) -> nn.Module:
    """The recipe's generator, with weights drawn as its paper does."""
    net = build(Architecture(recipe.generator, dict(recipe.generator_options)))
    return initialise(net, recipe)


def new_discriminator(recipe: Recipe, channels: int) -> nn.Module:
    """A PatchGAN on `channels` input channels, with weights drawn in the same way."""
    return initialise(PatchDiscriminator(channels=channels, **recipe.discriminator_options), recipe)


def initialise(net: nn.Module, recipe: Recipe) -> nn.Module:
    """`net` with new weights, laid out channels last as the pictures are."""
    {"normal": init_normal, "xavier": init_xavier, "kaiming": init_kaiming}[recipe.init](net)
    return net.to(memory_format=torch.channels_last)
