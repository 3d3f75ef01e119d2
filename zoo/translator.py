"""One call for every model: uint8 pictures of any size in, uint8 pictures of that size out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from data.errors import UsageProblem
from data.paths import find_home
from zoo.architectures import Architecture, stride_of
from zoo.card import Card, Weights
from zoo.checkpoints import load_module
from zoo.precision import choose_precision, infer, prepare
from zoo.registry import Choice, resolve
from zoo.weights import locate

__all__ = ["Translator", "load", "pick_device"]


@dataclass(slots=True, kw_only=True)
class Translator:
    """A ready model. `name` is the full one; `sha256` is that of the weights file."""

    name: str
    card: Card
    weights: Weights | None
    sha256: str
    architecture: Architecture | None
    module: nn.Module
    device: torch.device
    precision: str  # float32, bfloat16 or mixed, as decided

    def __call__(self, images: Tensor) -> Tensor:
        """uint8 RGB [N,3,H,W] in, uint8 RGB [N,3,H,W] out, on the CPU; any H and W of at least 1.

        The picture is extended by reflection to a multiple of the stride and cut back.
        Raises FloatingPointError when the network gives NaN or infinity.
        """
        if images.dtype != torch.uint8 or images.ndim != 4 or images.shape[1] != 3:
            raise ValueError(f"expected uint8 [N,3,H,W], got {images.dtype} {list(images.shape)}")
        if self.architecture is None:
            return images.clone()
        height, width = images.shape[-2:]
        padded = _extend(images.to(self.device), self.architecture)
        output = infer(self.module, padded.float() / 127.5 - 1.0, self.precision)
        output = output[..., :height, :width].float()
        if not bool(torch.isfinite(output).all()):
            raise FloatingPointError(f"{self.name} gave NaN or infinity")
        return ((output + 1.0) * 127.5).round().clamp(0, 255).to(torch.uint8).cpu().contiguous()

    def padded(self, height: int, width: int) -> tuple[int, int]:
        """The size that the network sees for a picture of `height` and `width`."""
        if self.architecture is None:
            return height, width
        return _fit(height, self.architecture), _fit(width, self.architecture)

    @property
    def parameters(self) -> int:
        """Number of trained values in the module."""
        return sum(p.numel() for p in self.module.parameters())


def load(
    name: str, device: str = "auto", precision: str = "auto", home: str | Path | None = None
) -> Translator:
    """See zoo.load."""
    choice = resolve(name)
    where = pick_device(device)
    if choice.card.weightless:
        return _identity(choice, where)
    file, sha256 = locate(choice, find_home(home))
    module, architecture, _ = load_module(file)
    decided = choose_precision(precision, where, architecture)
    return Translator(
        name=choice.name,
        card=choice.card,
        weights=choice.weights,
        sha256=sha256,
        architecture=architecture,
        module=prepare(module.to(where), decided),
        device=where,
        precision=decided,
    )


def pick_device(name: str) -> torch.device:
    """`auto` is the first GPU where there is one; UsageProblem for a device not here."""
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as problem:
        raise UsageProblem(f"device '{name}' is not available", hint="--device cpu") from problem
    return device


def _identity(choice: Choice, device: torch.device) -> Translator:
    return Translator(
        name=choice.name,
        card=choice.card,
        weights=None,
        sha256="",
        architecture=None,
        module=nn.Identity(),
        device=device,
        precision="float32",
    )


def _fit(size: int, architecture: Architecture) -> int:
    # Reflection inside the networks needs two pixels at the coarsest level, hence twice the stride.
    stride = stride_of(architecture)
    least = stride if architecture.kind == "unet" else 2 * stride
    return max(least, -(-size // stride) * stride)


def _extend(images: Tensor, architecture: Architecture) -> Tensor:
    for axis in (-2, -1):
        size = images.shape[axis]
        wanted = _fit(size, architecture)
        if wanted > size:
            images = images.index_select(axis, _reflection(size, wanted, images.device))
    return images


def _reflection(size: int, wanted: int, device: torch.device) -> Tensor:
    """Indices 0..size-1 continued by reflection without repeating the edge, as often as needed."""
    period = max(1, 2 * (size - 1))
    folded = torch.arange(wanted, device=device) % period
    return torch.where(folded < size, folded, period - folded)
