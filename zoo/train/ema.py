"""Averages of the generators over the steps, as the weights that are exported (1806.04498)."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from zoo.train.method import Method

__all__ = ["Averages"]


class Averages:
    """With a decay d, every step moves the average by 1 - d towards the trained weights.

    Early on by more, 9/(10 + n) at step n, so that it forgets the random start. With decay 0
    there is no average, and `net` gives the trained one.
    """

    def __init__(self, method: Method, decay: float) -> None:
        self.decay, self.seen = decay, 0
        self.method = method
        self.nets: dict[str, nn.Module] = {}
        if decay:
            self.nets = {name: _frozen(method.translator(name)) for name in method.exports}

    def update(self) -> None:
        """Take in the weights of one more step."""
        if not self.nets:
            return
        self.seen += 1
        share = 1.0 - min(self.decay, (1 + self.seen) / (10 + self.seen))
        with torch.no_grad():
            for name, net in self.nets.items():
                new = self.method.translator(name).state_dict()
                _move(net.state_dict(), new, share)

    def net(self, name: str) -> nn.Module:
        """The network to use for what is exported as `name`."""
        return self.nets.get(name) or self.method.translator(name)

    def state_dict(self) -> dict[str, Any]:
        """Averages and how many steps they have seen, for an exact resume."""
        return {"seen": self.seen, "nets": {k: net.state_dict() for k, net in self.nets.items()}}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from `state_dict`."""
        self.seen = int(state["seen"])
        for name, net in self.nets.items():
            net.load_state_dict(state["nets"][name])


def _frozen(net: nn.Module) -> nn.Module:
    return copy.deepcopy(net).requires_grad_(False).eval()


def _move(old: Mapping[str, Tensor], new: Mapping[str, Tensor], share: float) -> None:
    numbers = [key for key, value in old.items() if value.is_floating_point()]
    torch._foreach_lerp_([old[key] for key in numbers], [new[key] for key in numbers], share)
    for key in old.keys() - set(numbers):  # counters
        old[key].copy_(new[key])
