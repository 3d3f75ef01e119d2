"""Which networks the zoo can build, and which options the keys of a checkpoint leave open."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from torch import Tensor, nn

from zoo.card import Preprocessing
from zoo.nets.adain import AdainDecoder, AdainNet
from zoo.nets.animegan import AnimeGenerator
from zoo.nets.cartoongan import CartoonGenerator
from zoo.nets.ganilla import GanillaGenerator
from zoo.nets.munit import MunitTranslator
from zoo.nets.resnet import ResnetGenerator
from zoo.nets.stylegan2 import StyleGenerator
from zoo.nets.transformer_net import TransformerNet
from zoo.nets.unet import UnetGenerator
from zoo.nets.unit import UnitTranslator, VaeTranslator
from zoo.preprocessing import PREPROCESSING
from zoo.strides import STRIDES

__all__ = [
    "ARCHITECTURES",
    "Architecture",
    "Kind",
    "at_once",
    "build",
    "channels_of",
    "least_size",
    "preprocessing_of",
    "stride_of",
    "takes",
]

State = Mapping[str, Tensor]
Options = dict[str, Any]

UNREFLECTED = {
    "diffusion",
    "stylegan2",
    "turbo-paired",
    "turbo-unpaired",
    "unet",
}  # padded with zeros
IN_CACHE = 64 * 256 * 256  # values of the widest layer
MOST_LEVELS = 12  # 2**12 pixels: a key that tells of more is damaged, and must not be built
MOST_BLOCKS = 64
PLAIN_START, SMOOTH_START = 10, 12  # index of the first residual block


@dataclass(frozen=True, slots=True)
class Architecture:
    """A kind of network and what it was built with."""

    kind: str
    options: Options = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.kind}({', '.join(f'{k}={v}' for k, v in self.options.items())})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """How to build one kind, and which options are worth trying on the keys of a file."""

    build: Callable[..., nn.Module]
    mark: re.Pattern[str]  # matches many keys of this kind and none of the others
    tries: Callable[[State], Iterable[Options]]  # most likely first; the width is left out
    published: tuple[Options, ...]  # those that the papers' projects released
    silent: tuple[str, ...] = ()  # options that leave no trace in the keys


def _resnets(state: State) -> Iterable[Options]:
    """Blocks from the highest index; the rest in every combination, the common ones first."""
    indices = {int(found[1]) for key in state if (found := BLOCK.match(key))}
    last = max((i for i in indices if i < SMOOTH_START + MOST_BLOCKS), default=None)
    for (down, up), norm, dropout in product(SMOOTH, ("instance", "batch"), (False, True)):
        start = SMOOTH_START if down else PLAIN_START
        for blocks in (9, 6) if last is None else (last - start + 1,):
            if blocks > 0:
                yield _resnet(blocks, norm, down, dropout, up)


def _resnet(blocks: int, norm: str, down: bool, dropout: bool, up: bool) -> Options:
    options = {"blocks": blocks, "norm": norm, "antialias": down, "dropout": dropout}
    return options if up == down else {**options, "antialias_up": up}


def _unets(state: State) -> Iterable[Options]:
    """Depth from the most deeply nested key: `model.` once for each level and once outside."""
    levels = {key.split(".").count("model") - 1 for key in state if NESTED.match(key)}
    depth = max((level for level in levels if 1 < level <= MOST_LEVELS), default=None)
    for norm, found in product(("batch", "instance"), (8, 7) if depth is None else (depth,)):
        yield {"depth": found, "norm": norm}


def _plain(build: Callable[..., nn.Module], mark: str, silent: tuple[str, ...] = ()) -> Kind:
    """A network that has only its width to find out."""
    none: tuple[Options, ...] = ({},)
    return Kind(
        build=build, mark=re.compile(mark), tries=lambda _: none, published=none, silent=silent
    )


def _ganillas(state: State) -> Iterable[Options]:
    """The released network, or the ablation that the keys tell of."""
    options: Options = {}
    if not any(".final_conv." in key for key in state):
        options["shortcut"] = "add"
    if any(key.startswith("plain.") for key in state):
        options["pyramid"] = False
    if any(key.startswith("layer3.5.") for key in state):
        options["layers"] = 34
    return (options,)


def _stylegans(state: State) -> Iterable[Options]:
    """Blocks of both halves, from the number of the encoder's last layer."""
    found = [int(match[1]) for key in state if (match := CONVS.match(key))]
    last = max((i for i in found if i < 3 + MOST_BLOCKS), default=0)
    return ({"blocks": 2 * (last - 2)},) if last > 2 else ({},)


CONVS = re.compile(r"encoder\.convs\.(\d{1,6})\.")
BLOCK = re.compile(r"model\.(\d{1,6})\.conv_block\.")
NESTED = re.compile(r"model\.model\.\d+\.")
SMOOTH = ((False, False), (True, True), (True, False), (False, True))  # down, up

ARCHITECTURES: dict[str, Kind] = {
    "resnet": Kind(
        build=ResnetGenerator,
        mark=BLOCK,
        tries=_resnets,
        published=tuple(
            {"blocks": blocks, "norm": norm, "antialias": smooth}
            for blocks, norm, smooth in product((9, 6), ("instance", "batch"), (False, True))
        ),
    ),
    "unet": Kind(
        build=UnetGenerator,
        mark=NESTED,
        tries=_unets,
        published=tuple({"depth": depth, "norm": "batch"} for depth in (8, 7)),
        silent=("dropout",),
    ),
    "ganilla": Kind(
        build=GanillaGenerator,
        mark=re.compile(r"fpn\.P\d|layer\d\.\d\.(final_conv|conv1)\."),
        tries=_ganillas,
        published=({},),
    ),
    "stylegan2": Kind(
        build=StyleGenerator,
        mark=re.compile(r"(en|de)coder\.convs\.\d{1,6}\."),
        tries=_stylegans,
        published=({"blocks": 6},),
    ),
    "unit": _plain(UnitTranslator, r"(en|de)code\.layers\.\d+\."),
    "unit-vae": _plain(VaeTranslator, r"encoder\.layers\.\d+\.|decoder\.(blocks|layers)\.\d+\."),
    "munit": _plain(MunitTranslator, r"content\.layers\.\d+\.|decode\.(mlp|blocks)\."),
    "transformer": _plain(TransformerNet, r"(de)?conv\d\.conv2d\.|res\d\.(conv|in)\d\."),
    "cartoongan": _plain(CartoonGenerator, r"(de)?conv\d\d_\d\.|in\d\d_\d\.(scale|shift)"),
    "animegan": _plain(AnimeGenerator, r"block_[a-e]\.\d\.", silent=("align_corners",)),
    "adain": _plain(AdainNet, r"(en|de)coder\.\d+\."),
    # Other networks of numbered layers have no weights at this place.
    "adain-decoder": _plain(AdainDecoder, r"18\.(weight|bias)$"),
}


def build(architecture: Architecture) -> nn.Module:
    """A new network in training mode; KeyError for an unknown kind."""
    return ARCHITECTURES[architecture.kind].build(**architecture.options)


def takes(kind: str) -> set[str]:
    """The options that networks of this kind have."""
    return set(inspect.signature(ARCHITECTURES[kind].build).parameters)


def stride_of(architecture: Architecture) -> int:
    """Pixels that heights and widths have to be a multiple of."""
    return STRIDES[architecture.kind](architecture.options)


def preprocessing_of(architecture: Architecture) -> Preprocessing:
    """What a file of this kind takes and gives, where no card says it."""
    return PREPROCESSING.get(architecture.kind, Preprocessing())


def channels_of(architecture: Architecture) -> int:
    """Channels that the network has of a picture at its full size: its width, of most kinds."""
    width = int(architecture.options.get("width", 64))
    return 8 * width if architecture.kind == "stylegan2" else width


def at_once(architecture: Architecture, height: int, width: int) -> int:
    """How many pictures of that size are fastest together on a CPU, at least 1.

    What stays in the cache is fastest: one of 256×256 at width 64. A U-Net, whose first layer
    halves the size, takes four: its many weights are then read once for all of them.
    """
    values = channels_of(architecture) * height * width
    return max(1, IN_CACHE // (values // 4 if architecture.kind == "unet" else values))


def least_size(architecture: Architecture) -> int:
    """The smallest height and width that the network takes."""
    # Reflection inside the networks needs two pixels at the coarsest level.
    return stride_of(architecture) * (1 if architecture.kind in UNREFLECTED else 2)
