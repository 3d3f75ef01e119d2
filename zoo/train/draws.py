"""Random choices that all processes make alike, and that a resumed training goes on with."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

__all__ = ["Draws"]


class Draws:
    """A generator of its own on the CPU, seeded alike everywhere."""

    def __init__(self, seed: int) -> None:
        self.rng = torch.Generator().manual_seed(seed)

    def coin(self) -> bool:
        """True half of the time."""
        return bool(torch.rand((), generator=self.rng) < 0.5)

    def some(self, count: int, most: int, device: torch.device) -> Tensor:
        """Up to `most` different numbers below `count`, int64."""
        return torch.randperm(count, generator=self.rng)[:most].to(device, non_blocking=True)

    def state_dict(self) -> dict[str, Any]:
        """The random state, for an exact resume."""
        return {"rng": self.rng.get_state()}

    def load_state_dict(self, state: dict[str, Any], device: torch.device) -> None:
        """Take up where `state_dict` left off."""
        self.rng.set_state(state["rng"].cpu())
