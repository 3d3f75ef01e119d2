"""The weights that the authors of CUT published, all in one archive that only http gives."""

from __future__ import annotations

from zoo.card import Weights

__all__ = ["published"]

ARCHIVE = "http://efrosgans.eecs.berkeley.edu/CUT/pretrained_models.tar"
DOMAINS = {  # data set -> source, target
    "horse2zebra": ("horse", "zebra"),
    "cat2dog": ("cat", "dog"),
    "cityscapes": ("label map", "street photograph"),
}


def published(mode: str) -> tuple[Weights, ...]:
    """Those of `cut` or `fastcut`; nobody has checked a sha256 of them yet."""
    return tuple(_weights(mode, name) for name in DOMAINS)


def _weights(mode: str, name: str) -> Weights:
    source, target = DOMAINS[name]
    return Weights(
        name=name,
        file="cut_pretrained_models.tar",
        sha256="",
        size=6 * 45_500_000,  # six generators of float32; nobody has seen the archive's own size
        licence="BSD-2-Clause",
        source=source,
        target=target,
        architecture={"kind": "resnet", "options": {"blocks": 9, "antialias": True}},
        addresses=(ARCHIVE,),
        member=f"{name}_{mode}_pretrained/latest_net_G.pth",
        note="trained by the authors; cityscapes is from labels to photographs",
    )
