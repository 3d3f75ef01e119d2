"""How networks see a picture, known without torch: sizes are padded to a multiple of a stride."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["HALOS", "STRIDES"]

Options = Mapping[str, Any]


def _constant(stride: int) -> Callable[[Options], int]:
    return lambda _: stride


STRIDES: dict[str, Callable[[Options], int]] = {
    "resnet": _constant(4),
    "unet": lambda options: int(2 ** options.get("depth", 8)),
    "ganilla": _constant(16),
    "stylegan2": _constant(2),
    "unit": _constant(4),
    "unit-vae": _constant(4),
    "munit": _constant(4),
    "transformer": _constant(4),
    "cartoongan": _constant(4),
    "animegan": _constant(4),
    "adain": _constant(8),
    "adain-decoder": _constant(8),
    "diffusion": _constant(64),  # the U-Net halves the latents, at an eighth, three times
    "turbo-paired": _constant(64),
    "turbo-unpaired": _constant(64),
    "gatys": _constant(1),  # paints any size
}
"""Kind of zoo.architectures -> pixels that heights and widths have to be a multiple of."""

HALOS: dict[str, Callable[[Options], int]] = {
    "resnet": lambda options: 8 * int(options.get("blocks", 9)) + 32,
    # 34 layers have 1, 2, 4 and 1 blocks of three convolutions more, at strides of 2, 4, 8 and 16.
    "ganilla": lambda options: 192 + 174 * (options.get("layers", 18) == 34),
    "transformer": _constant(64),  # 54 by its kernels and strides
    "cartoongan": _constant(96),  # 88
    "animegan": _constant(64),  # 54, two of them for corners that stay where they are
    "adain": _constant(96),  # 37 of the encoder, as many of the decoder
    # Two convolutions a block at half the size, and 11 by what is around the blocks.
    "stylegan2": lambda options: 4 * int(options.get("blocks", 6)) + 24,
    "unit": _constant(96),  # 76
    "unit-vae": _constant(96),  # 88, as MUNIT
    "munit": _constant(96),  # 88
}
"""Kind -> pixels around a pixel that decide it; not here: all of the picture, as in a U-Net."""
