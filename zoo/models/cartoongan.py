"""CartoonGAN: photographs to cartoons by a content loss and edges that count (CVPR 2018)."""

from zoo.card import Card, Weights
from zoo.preprocessing import PREPROCESSING
from zoo.recipe import Recipe

__all__ = ["CARD"]

HOST = "http://vllab1.ucmerced.edu/~yli62/CartoonGAN/pytorch_pth"
MIRROR = "https://github.com/maciej3031/comixify/raw/master/CartoonGAN/pretrained_model"


def _weights(style: str, film: str) -> Weights:
    file = f"{style}_net_G_float.pth"
    return Weights(
        name=style.lower(),
        file=file,
        sha256="",
        size=44_600_000,
        licence="academic (weights), MIT (port)",
        source="photo",
        target=film,
        architecture={"kind": "cartoongan", "options": {"width": 64}},
        preprocessing=PREPROCESSING["cartoongan"],
        addresses=(f"{HOST}/{file}", f"{MIRROR}/{file}"),
        note=(
            "converted by Yijunmaverick/CartoonGAN-Test-Pytorch-Torch, whose host was reported "
            "down in 2023; its pictures were made at 450 pixels along the longer side"
        ),
    )


CARD = Card(
    name="cartoongan",
    title="CartoonGAN: Generative Adversarial Networks for Photo Cartoonization",
    paper="",
    venue="CVPR 2018",
    task="unpaired",
    licence="MIT (port); the authors state none",
    code="https://github.com/FlyingGoblin/CartoonGAN",
    stride=4,
    summary="One generator; VGG content loss, a discriminator that is shown smoothed edges.",
    weights=(
        _weights("Hayao", "Miyazaki Hayao"),
        _weights("Hosoda", "Mamoru Hosoda"),
        _weights("Paprika", "Paprika"),
        _weights("Shinkai", "Makoto Shinkai"),
    ),
    recipe=Recipe(  # where the paper gives no number (rate, schedule, batch): CycleGAN's
        method="cartoon",
        generator="cartoongan",
        generator_options={"width": 64},
        discriminator_options={"width": 32},
        gan="vanilla",
        pool=0,
        options={"content": 10.0, "initial_steps": 54_020},
    ),
)
