"""Fast neural style: one network a style, trained with the losses of Gatys (1603.08155)."""

from zoo.card import Card, Weights
from zoo.preprocessing import PREPROCESSING
from zoo.recipe import Recipe

__all__ = ["CARD"]

# The archive of github.com/pytorch/examples (download_saved_models.py), about 26 MB.
ARCHIVE = "https://www.dropbox.com/s/lrvwfehqdcxoza8/saved_models.zip?dl=1"
# Narrow networks, trained by gnsmrky for browsers; sha256 of the files at this commit.
NARROW = (
    "https://raw.githubusercontent.com/gnsmrky/pytorch-fast-neural-style-for-web/"
    "e1c4caf394cc128a8215a9148ddc934d489b7864"
)
STYLES = ("candy", "mosaic", "rain-princess", "udnie")
SHA256 = {
    ("candy", 16): "be90a4f8f76fc29de9cc8d3a4f7ce18d5be1ba099a44c3bf49ab397ac4668d51",
    ("mosaic", 16): "54a89da7a612ec71e5328baf4fd3c0bbb48feff37a8325c774a428cf363e17f1",
    ("rain-princess", 16): "2484e30dd51851614fc20c12d8b8f9a4a0f135fe98b60f475a8bf253a4b54632",
    ("udnie", 16): "4fc0840ff5f6dce509987acd5a1b52d39e8f94a57bf08c31b4be3a22feeb600f",
    ("candy", 8): "5fa695eea565504294b4a00535a092d7cc5dc3097963cbbd47fef0ba4c284df5",
    ("mosaic", 8): "3e1a7057b037cf43143d3fb745762c2f7dfd404a96011c9c86448974a9b27f06",
    ("rain-princess", 8): "d5d56955f6936bbdf09587c8c0e5472c50aaf44f45ec0030015a7f93af46ef02",
    ("udnie", 8): "9dc5ddfe749be62c7bb1d5c47ec2a8f08c495c4c102252bc866cb86549d48eac",
}
SIZES = {16: 1_710_688, 8: 446_174}


def _architecture(width: int) -> dict[str, object]:
    return {"kind": "transformer", "options": {"width": width}}


def _published(style: str) -> Weights:
    return Weights(
        name=style,
        file="saved_models.zip",
        member=f"{style.replace('-', '_')}.pth",
        sha256="",
        size=26_000_000,
        licence="BSD-3-Clause (pytorch/examples)",
        source="photo",
        target=style,
        architecture=_architecture(32),
        preprocessing=PREPROCESSING["transformer"],
        addresses=(ARCHIVE,),
        note="trained on MS-COCO 2014 by the authors of pytorch/examples; four in one archive",
    )


def _narrow(style: str, width: int) -> Weights:
    file = f"{style}_nc{width}_b1_e2_1e05_1e10.model"
    return Weights(
        name=f"{style}-{width}",
        file=file,
        sha256=SHA256[style, width],
        size=SIZES[width],
        licence="BSD-3-Clause (a fork of pytorch/examples)",
        source="photo",
        target=style,
        architecture=_architecture(width),
        preprocessing=PREPROCESSING["transformer"],
        addresses=(f"{NARROW}/saved_models_nc{width}/{file}",),
        note=f"{width} channels in place of 32, trained for browsers by gnsmrky",
    )


CARD = Card(
    name="fast-neural-style",
    title="Perceptual Losses for Real-Time Style Transfer and Super-Resolution",
    paper="1603.08155",
    task="style",
    licence="BSD-3-Clause",
    code="https://github.com/pytorch/examples/tree/main/fast_neural_style",
    stride=4,
    summary=(
        "One feed-forward network a style; content and Gram losses on VGG-16. To train: "
        "photographs in trainA, the picture of the style in trainB."
    ),
    weights=(
        *(_published(style) for style in STYLES),
        *(_narrow(style, width) for width in (16, 8) for style in STYLES),
    ),
    recipe=Recipe(  # of pytorch/examples, on the 80,000 photographs of MS-COCO 2014
        method="perceptual",
        generator="transformer",
        generator_options={"width": 32},
        epochs=2,
        decay_epochs=0,
        batch=4,
        load=256,
        crop=256,
        resize="short",
        flip=False,
        learning_rate=1e-3,
        beta1=0.9,
        options={"content": 1e5, "style": 1e10, "content_layer": "relu2_2"},
    ),
)
