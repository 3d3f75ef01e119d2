"""One call for every model: uint8 pictures of any size in, uint8 pictures of that size out."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from torch import Tensor, nn

from data.console import warn
from data.errors import AtlasError, UsageProblem
from data.paths import Home, find_home
from zoo.architectures import (
    ARCHITECTURES,
    Architecture,
    at_once,
    channels_of,
    least_size,
    preprocessing_of,
    stride_of,
)
from zoo.card import Card, Preprocessing, Weights
from zoo.checkpoints import load_module
from zoo.extras import Extras, Loaded, check_extras, read_word, with_styles
from zoo.licence import accept
from zoo.memory import available, is_shortage, needed
from zoo.noise import awaken, is_noisy, seeded
from zoo.padding import extend, fit
from zoo.precision import choose_precision, infer, prepare
from zoo.registry import Choice, resolve
from zoo.strides import HALOS
from zoo.tileable import no_tiles
from zoo.tiling import cut, rounds, run_tiles
from zoo.weights import locate

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
    precision: str  # float32 or bfloat16, as decided
    preprocessing: Preprocessing = field(default_factory=Preprocessing)
    stochastic: bool = False  # with dropout and the picture's own statistics, drawn by `seed`
    seed: int = 0
    tile: int = 0  # pixels a side of what goes through the network at once; 0: the whole picture
    report: Callable[[int, int], None] | None = None  # called with tiles done and in all

    def __call__(self, images: Tensor) -> Tensor:
        """uint8 RGB [N,3,H,W] in, uint8 RGB [N,3,H,W] out, on the CPU; any H and W of at least 1.

        The picture is extended by reflection to a multiple of the stride and cut back.
        Raises FloatingPointError when the network gives NaN or infinity, AtlasError when the
        memory does not suffice for a single picture.
        """
        if images.dtype != torch.uint8 or images.ndim != 4 or images.shape[1] != 3:
            raise ValueError(f"expected uint8 [N,3,H,W], got {images.dtype} {list(images.shape)}")
        if self.architecture is None:
            return images.clone()
        height, width = images.shape[-2:]
        padded = extend(images, self.architecture)
        if self.tile and self.tile < max(padded.shape[-2:]):
            made = torch.cat([self._tiled(picture) for picture in padded.split(1)])
        else:
            self._check_memory(padded)
            made = torch.cat([self._whole(part) for part in padded.split(self._share(padded))])
        return made[..., :height, :width].contiguous()

    def _whole(self, images: Tensor) -> Tensor:
        """uint8 to uint8; in two halves where the memory does not suffice for all at once."""
        try:
            given = images.to(self.device)
            if self.stochastic:
                output = torch.cat([self._drawn(picture) for picture in given.split(1)])
            else:
                output = self._run(given)
        except (MemoryError, RuntimeError) as problem:
            if not is_shortage(problem):
                raise
            if len(images) == 1:
                raise self._too_large(images) from problem
        else:
            if not bool(torch.isfinite(output).all()):
                raise FloatingPointError(f"{self.name} gave NaN or infinity")
            return output.round().clamp(0, 255).to(torch.uint8).cpu()
        # Outside of the handler, whose traceback would keep what was allocated.
        return torch.cat([self._whole(part) for part in images.split(-(-len(images) // 2))])

    def _tiled(self, picture: Tensor) -> Tensor:
        """uint8 [1,3,H,W] of any size by tiles; UsageProblem where the network cannot."""
        assert self.architecture is not None
        if self.stochastic or self.architecture.kind not in HALOS:
            raise no_tiles(self.name, self.stochastic)
        halo = HALOS[self.architecture.kind](self.architecture.options)
        try:
            return self._by_tiles(picture, halo, self.architecture)
        except (MemoryError, RuntimeError) as problem:
            if not is_shortage(problem):
                raise
            raise AtlasError(
                f"a tile of {self.tile} pixels a side, with {halo} more around it, takes more "
                f"than the free memory in {self.name}",
                hint=f"--tile {max(64, self.tile // 2)}",
            ) from problem

    def _by_tiles(self, picture: Tensor, halo: int, architecture: Architecture) -> Tensor:
        height, width = picture.shape[-2:]
        tiles = cut(height, width, self.tile, halo, stride_of(architecture))
        least = least_size(architecture)
        total = len(tiles) * rounds(self.module, self._moved, picture[..., :least, :least])
        done = 0

        def report() -> None:
            nonlocal done
            done += 1
            if self.report is not None:
                self.report(done, total)

        return run_tiles(self.module, self._moved, picture, tiles, report)

    def _moved(self, images: Tensor) -> Tensor:
        return self._run(images.to(self.device))

    def _check_memory(self, images: Tensor) -> None:
        # Linux promises more than it has and then kills the process: better to ask before.
        free = available() if self.device.type == "cpu" else None
        if free is not None and self._bytes(images) > free:
            raise self._too_large(images)

    def _bytes(self, images: Tensor) -> int:
        wide = channels_of(self.architecture) if self.architecture else 64
        return needed(wide, *images.shape[-2:])

    def _too_large(self, images: Tensor) -> AtlasError:
        height, width = images.shape[-2:]
        can = self.architecture is not None and self.architecture.kind in HALOS
        return AtlasError(
            f"a picture of {width}×{height} pixels takes about {self._bytes(images) / 1e9:.1f} GB "
            f"in {self.name}, which is more than the free memory",
            hint="translate it in tiles: --tile 512" if can else "make the picture smaller",
        )

    def _share(self, images: Tensor) -> int:
        """How many pictures go through the network at once."""
        if self.device.type != "cpu" or self.architecture is None:
            return len(images)
        return at_once(self.architecture, *images.shape[-2:])

    def _drawn(self, picture: Tensor) -> Tensor:
        with seeded(self.seed, picture):
            return self._run(picture)

    def _run(self, images: Tensor) -> Tensor:
        """uint8 to what the network gives, on the scale of 0 to 255."""
        known = self.preprocessing
        scale = 255.0 / (known.high - known.low)
        given = images.flip(1) if known.order == "bgr" else images
        output = infer(self.module, given.float() / scale + known.low, self.precision)
        made = (output - known.low) * scale
        return made.flip(1) if known.order == "bgr" else made

    def padded(self, height: int, width: int) -> tuple[int, int]:
        """The size that the network sees for a picture of `height` and `width`."""
        if self.architecture is None:
            return height, width
        return fit(height, self.architecture), fit(width, self.architecture)

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
    extras: Extras | None = None,
    accept_licence: bool = False,
) -> Translator:
    """See zoo.load."""
    choice, folder = resolve(name), find_home(home)
    given = with_styles(extras or Extras(), choice.styles)
    if choice.card.weightless and not choice.card.loader:
        check_extras(choice.card, given, ())
        plain = _identity(choice, pick_device(device))
        return _noisy(plain, given.seed) if stochastic else plain
    if accept_licence and choice.weights is not None:
        accept(choice.card.name, choice.weights, folder)
    where = pick_device(device)
    loaded = _load(choice, given, where, folder)
    decided = choose_precision(precision)
    made = Translator(
        name=choice.name,
        card=choice.card,
        weights=choice.weights,
        sha256=loaded.sha256,
        architecture=loaded.architecture,
        module=prepare(loaded.module.to(where)),
        device=where,
        precision=decided,
        preprocessing=loaded.preprocessing,
    )
    return _noisy(made, given.seed) if stochastic else made


def _load(choice: Choice, extras: Extras, device: torch.device, home: Home) -> Loaded:
    """By the card's own loader, or as the one network that the file holds."""
    if choice.card.loader:
        module_name, _, function = choice.card.loader.partition(":")
        made: Loaded = getattr(importlib.import_module(module_name), function)(
            choice, extras, device, home
        )
        return made
    check_extras(choice.card, extras, extras.settings)  # which ones it has, the file says below
    file, sha256 = locate(choice, home)
    known = choice.weights.architecture["options"] if choice.weights else {}
    silent = {name for kind in ARCHITECTURES.values() for name in kind.silent}
    given = {name: word for name, word in extras.settings.items() if name in silent}
    words = {name: read_word(choice.card, name, bool, word) for name, word in given.items()}
    module, architecture, _ = load_module(file, {**known, **words})
    check_extras(choice.card, extras, ARCHITECTURES[architecture.kind].silent)
    warn_of_another(choice, architecture)
    weights = choice.weights
    preprocessing = weights.preprocessing if weights else preprocessing_of(architecture)
    return Loaded(
        module=module, architecture=architecture, sha256=sha256, preprocessing=preprocessing
    )


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
