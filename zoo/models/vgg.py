"""Where torchvision's VGG weights are: what style and content losses look with."""

from zoo.card import Preprocessing, Weights

__all__ = ["VGG16", "VGG19"]


def _vgg(name: str, file: str, prefix: str, size: int) -> Weights:
    return Weights(
        name=name,
        file=file,
        sha256="",
        sha256_prefix=prefix,
        size=size,
        licence="BSD-3-Clause (torchvision)",
        source="photo",
        target="any style",
        architecture={"kind": "gatys", "options": {}},
        preprocessing=Preprocessing(low=0.0, high=1.0),
        addresses=(f"https://download.pytorch.org/models/{file}",),
        keep="features.",
        note=f"of the {size / 1e6:.0f} MB only the convolutions are kept",
    )


VGG16 = _vgg("vgg16", "vgg16-397923af.pth", "397923af", 553_433_881)
VGG19 = _vgg("vgg19", "vgg19-dcbb9e9d.pth", "dcbb9e9d", 574_673_361)
