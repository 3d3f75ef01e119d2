"""AdaIN: any style in one pass, by matching means and deviations of features (1703.06868)."""

from zoo.card import Card, Weights
from zoo.preprocessing import PREPROCESSING
from zoo.recipe import Recipe

__all__ = ["CARD", "ENCODER"]

RELEASE = "https://github.com/naoto0804/pytorch-AdaIN/releases/download/v0.0.0"

ENCODER = Weights(
    name="encoder",
    file="vgg_normalised.pth",
    sha256="",
    size=80_100_000,
    licence="MIT (naoto0804/pytorch-AdaIN)",
    source="picture",
    target="features",
    architecture={"kind": "adain", "options": {"width": 64}},
    preprocessing=PREPROCESSING["adain"],
    addresses=(f"{RELEASE}/vgg_normalised.pth",),
)

CARD = Card(
    name="adain",
    title="Arbitrary Style Transfer in Real-time with Adaptive Instance Normalization",
    paper="1703.06868",
    task="style",
    licence="MIT",
    code="https://github.com/xunhuang1995/AdaIN-style",
    stride=8,
    summary=(
        "Encoder, statistics of the style, decoder: zoo translate --model adain --style FILE "
        "[--strength 0.8] IN OUT."
    ),
    settings=("style_size=512: the style's shorter side, in pixels",),
    styled=True,
    loader="zoo.style.adain:load",
    weights=(
        Weights(
            name="published",
            file="decoder.pth",
            sha256="",
            size=14_000_000,
            licence="MIT (naoto0804/pytorch-AdaIN)",
            source="photo",
            target="any style",
            architecture={"kind": "adain-decoder", "options": {"width": 64}},
            preprocessing=PREPROCESSING["adain"],
            addresses=(f"{RELEASE}/decoder.pth",),
            parts=(ENCODER,),
            note="converted from the authors' Torch weights by naoto0804/pytorch-AdaIN",
        ),
    ),
    recipe=Recipe(  # photographs of MS-COCO in domain A, WikiArt in B: 160,000 steps
        method="adain",
        generator="adain-decoder",
        generator_options={"width": 64},
        epochs=16,
        decay_epochs=0,
        length=80_000,
        batch=8,
        load=512,
        crop=256,
        resize="short",
        flip=False,
        learning_rate=1e-4,
        beta1=0.9,
        options={"content": 1.0, "style": 10.0, "decay": 5e-5},
    ),
)
