"""AdaIN ready to paint: encoder and decoder from their files, the styles' statistics between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from data.errors import AtlasError, UsageProblem
from data.paths import Home
from zoo.architectures import Architecture, least_size, preprocessing_of
from zoo.checkpoints import load_module
from zoo.extras import Extras, Loaded, check_extras, parsed
from zoo.models.adain import CARD, ENCODER
from zoo.nets.adain import AdainDecoder, AdainNet, statistics
from zoo.parts import fill
from zoo.registry import Choice
from zoo.style.pictures import fitting, to_tensor
from zoo.weights import locate, obtain

__all__ = ["Settings", "load", "mixed_statistics"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What `--set` can change."""

    style_size: int = 512  # pixels of a style's shorter side; smaller gives coarser strokes


def load(choice: Choice, extras: Extras, device: torch.device, home: Home) -> Loaded:
    """The two networks with the styles of `extras` set, as zoo.extras.Loader.

    `adain@FILE` may hold the decoder, with the encoder beside it or in the home, or both.
    """
    check_extras(choice.card, extras, [field.name for field in fields(Settings)])
    settings = Settings(**parsed(choice.card, Settings(), extras.settings))
    if settings.style_size < 1:
        raise UsageProblem(
            f"style_size={settings.style_size} is no size", hint="--set style_size=512"
        )
    file, sha256 = locate(choice, home)
    net, architecture = _network(file, choice, home)
    net = net.to(device)
    net.style = mixed_statistics(net.encoder, extras, settings.style_size, device)
    net.strength = 1.0 if extras.strength is None else extras.strength
    return Loaded(
        module=net,
        architecture=architecture,
        sha256=sha256,
        preprocessing=preprocessing_of(architecture),
    )


def _network(file: Path, choice: Choice, home: Home) -> tuple[AdainNet, Architecture]:
    module, found, _ = load_module(file)
    if isinstance(module, AdainNet):
        return module, found
    if not isinstance(module, AdainDecoder):
        raise AtlasError(
            f"{file} holds a {found}, not a decoder of AdaIN",
            hint="the published one is decoder.pth: zoo show adain",
        )
    net = AdainNet(found.options["width"])
    net.decoder = module
    fill(net.encoder, _encoder_file(file, choice, home), "encoder of AdaIN of this width")
    return net, Architecture("adain", dict(found.options))


def _encoder_file(file: Path, choice: Choice, home: Home) -> Path:
    if choice.file is not None:
        name = Path(ENCODER.file)
        for beside in (file.with_name(name.name), file.with_name(f"{name.stem}.safetensors")):
            if beside.is_file():
                return beside
    return obtain(CARD.name, ENCODER, home)[0]


def mixed_statistics(
    encoder: nn.Module, extras: Extras, size: int, device: torch.device
) -> tuple[Tensor, Tensor]:
    """Mean and deviation [1,C,1,1] of the styles' features, weighted.

    AdaIN is linear in them, so that this equals the weighted sum of the features of every
    style that the paper interpolates with (1703.06868, eq. 15).
    """
    pairs = [_statistics(encoder, picture, size, device) for picture in extras.styles]
    means, stds = zip(*pairs, strict=True)
    return _weighted(means, extras.style_weights), _weighted(stds, extras.style_weights)


def _statistics(
    encoder: nn.Module, picture: NDArray[np.uint8], size: int, device: torch.device
) -> tuple[Tensor, Tensor]:
    least = least_size(Architecture("adain"))
    with torch.no_grad():
        return statistics(
            encoder(to_tensor(fitting(picture, size, shorter=True, least=least), device))
        )


def _weighted(parts: Sequence[Tensor], weights: Sequence[float]) -> Tensor:
    return torch.stack([w * part for w, part in zip(weights, parts, strict=True)]).sum(0)
