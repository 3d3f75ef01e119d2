"""CycleGAN and pix2pix as OpenMMLab trained them again, with their mmgeneration.

Other trainings than the authors' own, on the same data sets. The eight characters that end a
file's name are the first ones of its sha256, and the same files are at two addresses; names and
scores are those of configs/cyclegan and configs/pix2pix in their repository.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zoo.card import Weights

__all__ = ["cyclegan", "pix2pix"]

HOSTS = ("https://download.openmmlab.com/mmgen", "https://download.openmmlab.com/mmediting")
RESNET = {"kind": "resnet", "options": {"blocks": 9}}
UNET = {"kind": "unet", "options": {"depth": 8}}
# By what their program saves, discriminators among it; nobody has seen the files.
BOTH_WAYS, ONE_WAY = 113_000_000, 229_000_000

Direction = tuple[str, str, str, float | None]  # source, target, their name for it, FID

HORSES = "cyclegan_lsgan{}_resnet_in_1x1_266800_horse2zebra_convert-bgr_20210902"
SEASONS = "cyclegan_lsgan{}_resnet_in_1x1_246200_summer2winter_convert-bgr_20210902"
FACADES = "cyclegan_lsgan{}_resnet_in_1x1_80k_facades"

CYCLEGAN: dict[str, dict[str, Direction]] = {  # file -> name -> direction
    f"{HORSES.format('')}_170004-a32c733a.pth": {
        "horse2zebra": ("horse", "zebra", "zebra", 64.5),
        "zebra2horse": ("zebra", "horse", "horse", 141.2),
    },
    f"{HORSES.format('_id0')}_165724-77c9c806.pth": {
        "horse2zebra-id0": ("horse", "zebra", "zebra", 74.8),
        "zebra2horse-id0": ("zebra", "horse", "horse", 134.4),
    },
    f"{SEASONS.format('')}_165932-fcf08dc1.pth": {
        "summer2winter": ("summer", "winter", "winter", 83.7),
        "winter2summer": ("winter", "summer", "summer", 72.8),
    },
    f"{SEASONS.format('_id0')}_165640-8b825581.pth": {
        "summer2winter-id0": ("summer", "winter", "winter", 83.1),
        "winter2summer-id0": ("winter", "summer", "summer", 73.5),
    },
    f"{FACADES.format('')}_20210902_165905-5e2c0876.pth": {
        "facades_label2photo": ("label map", "photograph of a facade", "photo", 124.8),
        "facades_photo2label": ("photograph of a facade", "label map", "mask", None),
    },
    f"{FACADES.format('_id0')}_convert-bgr_20210902_164411-d8e72b45.pth": {
        "facades_label2photo-id0": ("label map", "photograph of a facade", "photo", 125.2),
        "facades_photo2label-id0": ("photograph of a facade", "label map", "mask", None),
    },
}

PIX2PIX: dict[str, tuple[str, Direction]] = {  # name -> file, direction
    "facades_label2photo": (
        "pix2pix_vanilla_unet_bn_1x1_80k_facades_20210902_170442-c0958d50.pth",
        ("label map", "photograph of a facade", "", 125.0),
    ),
    "sat2map": (
        "pix2pix_vanilla_unet_bn_a2b_1x1_219200_maps_convert-bgr_20210902_170729-59a31517.pth",
        ("aerial photograph", "map", "", 122.6),
    ),
    "map2sat": (
        "pix2pix_vanilla_unet_bn_b2a_1x1_219200_maps_convert-bgr_20210902_170814-6d2eac4a.pth",
        ("map", "aerial photograph", "", 88.5),
    ),
    "edges2shoes": (
        "pix2pix_vanilla_unet_bn_wo_jitter_flip_1x4_186840_edges2shoes_convert-bgr_20210902"
        "_170902-0c828552.pth",
        ("edges", "shoe", "", 84.4),
    ),
}


def cyclegan() -> tuple[Weights, ...]:
    """ResNet generators of nine blocks, the two directions of a training in one file."""
    return tuple(
        _weights(name, f"cyclegan/refactor/{file}", direction, BOTH_WAYS, RESNET)
        for file, directions in CYCLEGAN.items()
        for name, direction in directions.items()
    )


def pix2pix() -> tuple[Weights, ...]:
    """U-Nets of eight levels; measured with their noise on, as --stochastic has it."""
    return tuple(
        _weights(name, f"pix2pix/refactor/{file}", direction, ONE_WAY, UNET)
        for name, (file, direction) in PIX2PIX.items()
    )


def _weights(
    name: str, path: str, direction: Direction, size: int, architecture: Mapping[str, Any]
) -> Weights:
    source, target, domain, fid = direction
    file = path.rpartition("/")[2]
    return Weights(
        name=f"openmmlab-{name}",
        file=file,
        sha256="",
        sha256_prefix=file.removesuffix(".pth").rpartition("-")[2],
        size=size,
        licence="Apache-2.0",
        source=source,
        target=target,
        architecture=architecture,
        addresses=tuple(f"{host}/{path}" for host in HOSTS),
        keep=f"generators.{domain}." if domain else "",
        note=_note(name.endswith("-id0"), fid),
    )


def _note(without_identity: bool, fid: float | None) -> str:
    """What tells these weights from the authors'."""
    loss = ", without the identity loss" if without_identity else ""
    score = f"; FID {fid} by their own measure" if fid else ""
    how = f"trained again by OpenMMLab{loss} (in BGR: turned to RGB when read)"
    return f"{how}, not by the authors{score}"
