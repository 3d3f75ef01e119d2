"""One call for every model: uint8 pictures of any size in, uint8 pictures of that size out."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor, nn

from data.console import warn
from data.errors import UsageProblem
from data.paths import find_home
from zoo.architectures import Architecture, least_size, stride_of
from zoo.card import Card, Preprocessing, Weights
from zoo.checkpoints import load_module
from zoo.noise import awaken, is_noisy, seeded
from zoo.precision import choose_precision, infer, prepare
from zoo.registry import Choice, resolve
from zoo.weights import locate

IN_CACHE = 64 * 256 * 256  # values of the widest layer

__all__ = ["Translator", "load", "pick_device", "warn_of_another"]


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
    stochastic: bool = False  # with dropout and the picture's own statistics, drawn by `seed`
    seed: int = 0

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
        if self.stochastic:
            output = torch.cat([self._drawn(picture) for picture in padded.split(1)])
        else:
            output = torch.cat([self._run(part) for part in padded.split(self._share(padded))])
        output = output[..., :height, :width]
        if not bool(torch.isfinite(output).all()):
            raise FloatingPointError(f"{self.name} gave NaN or infinity")
        return output.round().clamp(0, 255).to(torch.uint8).cpu().contiguous()

    def _share(self, images: Tensor) -> int:
        """How many pictures go through the network at once."""
        if self.device.type != "cpu" or self.architecture is None:
            return len(images)
        # On a CPU what stays in the cache is fastest: one picture of 256×256 at width 64.
        width = int(self.architecture.options.get("width", 64))
        return max(1, IN_CACHE // (width * images.shape[-1] * images.shape[-2]))

    def _drawn(self, picture: Tensor) -> Tensor:
        with seeded(self.seed, picture):
            return self._run(picture)

    def _run(self, images: Tensor) -> Tensor:
        """uint8 to what the network gives, on the scale of 0 to 255."""
        known = self.weights.preprocessing if self.weights else Preprocessing()
        scale = 255.0 / (known.high - known.low)
        given = images.flip(1) if known.order == "bgr" else images
        output = infer(self.module, given.float() / scale + known.low, self.precision)
        made = (output - known.low) * scale
        return made.flip(1) if known.order == "bgr" else made

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
    name: str,
    device: str = "auto",
    precision: str = "auto",
    home: str | Path | None = None,
    *,
    stochastic: bool = False,
    seed: int = 0,
) -> Translator:
    """See zoo.load."""
    choice = resolve(name)
    where = pick_device(device)
    if choice.card.weightless:
        made = _identity(choice, where)
    else:
        file, sha256 = locate(choice, find_home(home))
        module, architecture, _ = load_module(file)
        warn_of_another(choice, architecture)
        decided = choose_precision(precision, where, architecture)
        made = Translator(
            name=choice.name,
            card=choice.card,
            weights=choice.weights,
            sha256=sha256,
            architecture=architecture,
            module=prepare(module.to(where), decided),
            device=where,
            precision=decided,
        )
    return _noisy(made, seed) if stochastic else made


def _noisy(translator: Translator, seed: int) -> Translator:
    if not is_noisy(translator.module):
        raise UsageProblem(
            f"{translator.name} has neither dropout nor batch norm: nothing in it is random",
            hint="leave --stochastic out",
        )
    module = awaken(translator.module)
    return replace(translator, module=module, stochastic=True, seed=seed)


def warn_of_another(choice: Choice, architecture: Architecture) -> None:
    """Say so where a local file holds another network than the model named before the `@`."""
    recipe = choice.card.recipe
    if choice.file is not None and recipe is not None and architecture.kind != recipe.generator:
        warn(
            f"{choice.file} holds a {architecture}, not the {recipe.generator} generator of "
            f"{choice.card.name}: it is run as what it is"
        )


def pick_device(name: str) -> torch.device:
    """`auto` is the first GPU where there is one; UsageProblem for a device not here."""
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of device types that torch gave up
            device = torch.device(name)
            torch.zeros(1, device=device).item()  # a device without memory gives no value back
    except (RuntimeError, AssertionError, ImportError) as problem:
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
    stride = stride_of(architecture)
    return max(least_size(architecture), -(-size // stride) * stride)


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
