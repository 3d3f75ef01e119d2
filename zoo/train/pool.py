"""The pool of past fakes that the discriminator is shown (1612.07828, §2.3; 1703.10593, §4)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

__all__ = ["ImagePool"]


class ImagePool:
    """Keeps up to `size` fakes; once full, returns an old one for a new one half of the time."""

    def __init__(self, size: int, seed: int) -> None:
        self.size = size
        self.images: list[Tensor] = []
        self.rng = torch.Generator().manual_seed(seed)

    def exchange(self, fakes: Tensor) -> Tensor:
        """Float [N,3,H,W] in, as many out; with size 0 the same ones."""
        if self.size == 0:
            return fakes
        return torch.stack([self._one(fake) for fake in fakes.detach()])

    def _one(self, fake: Tensor) -> Tensor:
        if len(self.images) < self.size:
            self.images.append(fake)
            return fake
        if torch.rand((), generator=self.rng) < 0.5:
            return fake
        index = int(torch.randint(self.size, (), generator=self.rng))
        old, self.images[index] = self.images[index], fake
        return old

    def state_dict(self) -> dict[str, Any]:
        """Images and random state, for an exact resume."""
        return {"images": self.images, "rng": self.rng.get_state()}

    def load_state_dict(self, state: dict[str, Any], device: torch.device) -> None:
        """Take up where `state_dict` left off."""
        self.images = [image.to(device) for image in state["images"]]
        self.rng.set_state(state["rng"].cpu())
