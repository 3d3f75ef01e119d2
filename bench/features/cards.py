"""The extractors that come with the project."""

from __future__ import annotations

import hashlib
import json

from bench.features.bank import CONSTANTS
from bench.features.extractor import ExtractorCard, WeightsFile

__all__ = ["INCEPTION", "LPIPS_ALEX", "TEXTURE"]

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
        sha256="6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2",
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
        sha256_prefix="7be5be79",
        digest="b46189e918b5839984e730473cc7329f473de17968d8502d355c0f0fd30797e7",
    ),
)

TEXTURE = ExtractorCard(
    name="texture",
    title="Filter bank without weights",
    version=1,
    resize="none",
    loader="bench.features.texture:load",
    constant=hashlib.sha256(json.dumps(CONSTANTS, sort_keys=True).encode()).hexdigest(),
)
