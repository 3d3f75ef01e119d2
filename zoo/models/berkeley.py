"""The generators that the authors of pix2pix and CycleGAN published, on their own server.

It has been away for weeks at a time, and the addresses work over http alone. Nobody has checked
a sha256 of these files for this project: that of the first download is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zoo.card import Weights

__all__ = ["cyclegan", "pix2pix"]

SERVER = "http://efrosgans.eecs.berkeley.edu"
NOTE = "trained by the authors"

CYCLEGAN = {  # name -> source, target
    "apple2orange": ("apple", "orange"),
    "orange2apple": ("orange", "apple"),
    "summer2winter_yosemite": ("summer", "winter"),
    "winter2summer_yosemite": ("winter", "summer"),
    "horse2zebra": ("horse", "zebra"),
    "zebra2horse": ("zebra", "horse"),
    "monet2photo": ("painting by Monet", "photograph"),
    "style_monet": ("photograph", "painting by Monet"),
    "style_cezanne": ("photograph", "painting by Cezanne"),
    "style_ukiyoe": ("photograph", "ukiyo-e print"),
    "style_vangogh": ("photograph", "painting by Van Gogh"),
    "sat2map": ("aerial photograph", "map"),
    "map2sat": ("map", "aerial photograph"),
    "cityscapes_photo2label": ("street photograph", "label map"),
    "cityscapes_label2photo": ("label map", "street photograph"),
    "facades_photo2label": ("photograph of a facade", "label map"),
    "facades_label2photo": ("label map", "photograph of a facade"),
    "iphone2dslr_flower": ("flower by a telephone", "flower by a large lens"),
}

PIX2PIX = {
    "edges2shoes": ("edges", "shoe"),
    "sat2map": ("aerial photograph", "map"),
    "map2sat": ("map", "aerial photograph"),
    "facades_label2photo": ("label map", "photograph of a facade"),
    "day2night": ("day", "night"),
}


def cyclegan() -> tuple[Weights, ...]:
    """ResNet generators of nine blocks, 45.5 MB each."""
    architecture = {"kind": "resnet", "options": {"blocks": 9}}
    return tuple(
        _weights("cyclegan/pretrained_models", name, domains, 45_500_000, architecture)
        for name, domains in CYCLEGAN.items()
    )


def pix2pix() -> tuple[Weights, ...]:
    """U-Nets of eight levels, 217.7 MB each; the paper runs them with their noise on."""
    architecture = {"kind": "unet", "options": {"depth": 8}}
    return tuple(
        _weights("pix2pix/models-pytorch", name, domains, 217_700_000, architecture)
        for name, domains in PIX2PIX.items()
    )


def _weights(
    folder: str, name: str, domains: tuple[str, str], size: int, architecture: Mapping[str, Any]
) -> Weights:
    source, target = domains
    return Weights(
        name=name,
        file=f"{name}.pth",
        sha256="",
        size=size,
        licence="BSD-2-Clause",
        source=source,
        target=target,
        architecture=architecture,
        addresses=(f"{SERVER}/{folder}/{name}.pth",),
        note=NOTE,
    )
