"""The extractors that come with the project."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

from bench.features.bank import CONSTANTS
from bench.features.extractor import ExtractorCard, WeightsFile

__all__ = [
    "ART",
    "CLIP",
    "CONTENT_CLASSIFIER",
    "DINO",
    "DINOV2",
    "DISTS",
    "INCEPTION",
    "INCEPTION_CLEAN",
    "INCEPTION_TORCHVISION",
    "LPIPS_ALEX",
    "LPIPS_SQUEEZE",
    "LPIPS_VGG",
    "SEGMENTATION",
    "STYLE_CLASSIFIER",
    "TEXTURE",
    "VGG",
]

CLEAN = "Pillow bicubic in float to {0}×{0}"

INCEPTION = ExtractorCard(
    name="inception",
    title="Inception-v3 of 2015, as torch-fidelity runs it",
    version=1,
    resize="TensorFlow 1 bilinear to 299×299, no antialiasing",
    loader="bench.features.inception:load",
    weights=WeightsFile(
        file="weights-inception-2015-12-05-6726825d.pth",
        size=95_628_359,
        addresses=(
            "https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/"
            "weights-inception-2015-12-05-6726825d.pth",
        ),
        variable="ATLAS_INCEPTION",
        licence="Apache-2.0",
        sha256="6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2",
    ),
)

INCEPTION_CLEAN = replace(
    INCEPTION,
    name="inception-clean",
    title="Inception-v3 of 2015 with clean-fid's resize",
    resize=CLEAN.format(299),
)

INCEPTION_TORCHVISION = ExtractorCard(
    name="inception-torchvision",
    title="Inception-v3 of torchvision, trained on ImageNet",
    version=1,
    resize="Pillow bilinear to 299×299",
    loader="bench.features.inception_torchvision:load",
    weights=WeightsFile(
        file="inception_v3_google-0cc3c7bd.pth",
        addresses=("https://download.pytorch.org/models/inception_v3_google-0cc3c7bd.pth",),
        variable="ATLAS_INCEPTION_TORCHVISION",
        licence="BSD-3-Clause, trained on ImageNet",
        size=108_949_747,
        sha256="0cc3c7bd75056d25e46cba549dc184522069b81e9787eff6df84f397bd52a5ef",
    ),
)

LPIPS_ALEX = ExtractorCard(
    name="lpips-alex",
    title="LPIPS 0.1 on AlexNet's features",
    version=1,
    resize="none",
    loader="bench.features.lpips:load",
    pairs=True,
    weights=WeightsFile(
        file="alexnet-owt-7be5be79.pth",
        size=244_408_911,
        addresses=("https://download.pytorch.org/models/alexnet-owt-7be5be79.pth",),
        variable="ATLAS_LPIPS_ALEX",
        licence="BSD-3-Clause, trained on ImageNet",
        sha256_prefix="7be5be79",
        digest="b46189e918b5839984e730473cc7329f473de17968d8502d355c0f0fd30797e7",
    ),
)

LPIPS_SQUEEZE = ExtractorCard(
    name="lpips-squeeze",
    title="LPIPS 0.1 on SqueezeNet 1.1's features",
    version=1,
    resize="none",
    loader="bench.features.lpips:load",
    pairs=True,
    weights=WeightsFile(
        file="squeezenet1_1-b8a52dc0.pth",
        addresses=("https://download.pytorch.org/models/squeezenet1_1-b8a52dc0.pth",),
        variable="ATLAS_LPIPS_SQUEEZE",
        licence="BSD-3-Clause, trained on ImageNet",
        sha256_prefix="b8a52dc0",
        digest="f837b33e14c2b355b28d21c43ab05d411c1e65aee36259572d50b2a2be8f08ef",
    ),
)

# One file for three: LPIPS and DISTS need the convolutions alone, `prc` the hidden layers too.
VGG_FILE = WeightsFile(
    file="vgg16-397923af.pth",
    size=553_433_881,
    addresses=("https://download.pytorch.org/models/vgg16-397923af.pth",),
    variable="ATLAS_VGG16",
    licence="BSD-3-Clause, trained on ImageNet",
    sha256="397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0",
)

LPIPS_VGG = ExtractorCard(
    name="lpips-vgg",
    title="LPIPS 0.1 on VGG-16's features",
    version=1,
    resize="none",
    loader="bench.features.lpips:load",
    pairs=True,
    weights=VGG_FILE,
)

DISTS = ExtractorCard(
    name="dists",
    title="DISTS 0.1 on VGG-16's features",
    version=1,
    resize="none",
    loader="bench.features.dists:load",
    pairs=True,
    weights=VGG_FILE,
)

VGG = ExtractorCard(
    name="vgg16",
    title="VGG-16's second hidden layer, as torch-fidelity runs it",
    version=1,
    resize="TensorFlow 1 bilinear to 224×224, no antialiasing",
    loader="bench.features.vgg:load",
    weights=VGG_FILE,
)

# Of the next three the publishers give no sha256: it is the one that several projects, independent
# of each other, wrote down of these addresses.
DINO = ExtractorCard(
    name="dino",
    title="Self-similarity of DINO ViT-B/8's keys",
    version=1,
    resize="Pillow bilinear to 224×224",
    loader="bench.features.transformers:load_dino",
    pairs=True,
    weights=WeightsFile(
        file="dino_vitbase8_pretrain.pth",
        size=343_279_349,
        sha256="575f0efc4838938314afa09897a62ed2b87919928b5edcd133abb907328995eb",
        addresses=(
            "https://dl.fbaipublicfiles.com/dino/dino_vitbase8_pretrain/dino_vitbase8_pretrain.pth",
        ),
        variable="ATLAS_DINO",
        licence="Apache-2.0",
    ),
)

DINOV2 = ExtractorCard(
    name="dinov2",
    title="DINOv2 ViT-L/14",
    version=1,
    resize=CLEAN.format(224),
    loader="bench.features.transformers:load_dinov2",
    weights=WeightsFile(
        file="dinov2_vitl14_pretrain.pth",
        size=1_217_586_395,
        sha256="d5383ea8f4877b2472eb973e0fd72d557c7da5d3611bd527ceeb1d7162cbf428",
        addresses=(
            "https://dl.fbaipublicfiles.com/dinov2/dinov2_vitl14/dinov2_vitl14_pretrain.pth",
        ),
        variable="ATLAS_DINOV2",
        licence="Apache-2.0",
    ),
)

CLIP = ExtractorCard(
    name="clip",
    title="CLIP ViT-L/14@336",
    version=1,
    resize=CLEAN.format(336),
    loader="bench.features.transformers:load_clip",
    weights=WeightsFile(
        file="clip-vit-large-patch14-336/pytorch_model.bin",
        size=1_711_974_081,
        sha256="c6032c2e0caae3dc2d4fba35535fa6307dbb49df59c7e182b1bc4b3329b81801",
        addresses=(
            "https://huggingface.co/openai/clip-vit-large-patch14-336/resolve/"
            "ce19dc912ca5cd21c8a653c79e251e808ccabcd1/pytorch_model.bin",
        ),
        variable="ATLAS_CLIP",
        licence="MIT",
    ),
)

# Of this one nobody gives a sha256: the first file is trusted.
ART = ExtractorCard(
    name="art-inception",
    title="Inception-v3 of ArtFID",
    version=1,
    resize="none",
    loader="bench.features.art:load",
    weights=WeightsFile(
        file="art_inception.pth",
        addresses=(
            "https://huggingface.co/matthias-wright/art_inception/resolve/main/art_inception.pth",
        ),
        variable="ATLAS_ART_INCEPTION",
        licence="Apache-2.0, as its authors' package says",
    ),
)

SEGMENTATION = ExtractorCard(
    name="segmentation",
    title="Segmentation network of a card",
    version=1,
    resize="none",
    loader="bench.features.segmentation:load",
    pairs=True,
    weights=WeightsFile(
        file="card of a segmentation network (TOML)",
        addresses=("docs/metrics.md",),
        variable="ATLAS_SEGMENTATION",
        yours=True,
    ),
)


def _classifier(kind: str) -> ExtractorCard:
    return ExtractorCard(
        name=f"{kind}-classifier",
        title=f"GANILLA's {kind} classifier, trained by you",
        version=1,
        resize="none",  # what happens to its patches, its file says
        loader="bench.features.classified:load",
        pairs=True,
        weights=WeightsFile(
            file=f"card of a {kind} classifier (TOML)",
            addresses=("bench classifier card --help",),
            variable=f"ATLAS_{kind.upper()}_CLASSIFIER",
            yours=True,
        ),
    )


CONTENT_CLASSIFIER, STYLE_CLASSIFIER = _classifier("content"), _classifier("style")

TEXTURE = ExtractorCard(
    name="texture",
    title="Filter bank without weights",
    version=1,
    resize="none",
    loader="bench.features.texture:load",
    constant=hashlib.sha256(json.dumps(CONSTANTS, sort_keys=True).encode()).hexdigest(),
)
