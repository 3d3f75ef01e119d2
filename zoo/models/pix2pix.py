"""pix2pix: paired translation by a conditional GAN and an L1 loss (1611.07004)."""

from zoo.card import Card
from zoo.models import berkeley, openmmlab
from zoo.models.bundled import bundled
from zoo.recipe import Recipe

__all__ = ["CARD"]

CARD = Card(
    name="pix2pix",
    title="Image-to-Image Translation with Conditional Adversarial Networks",
    paper="1611.07004",
    task="paired",
    licence="BSD-2-Clause",
    code="https://github.com/junyanz/pytorch-CycleGAN-and-pix2pix",
    stride=256,
    summary=(
        "U-Net generator, PatchGAN on input and output joined; needs pairs to train. The paper "
        "keeps dropout and the statistics of the picture at hand when it translates (§3.3): "
        "--stochastic does; the default is the same answer every time."
    ),
    weights=(*bundled("pix2pix"), *berkeley.pix2pix(), *openmmlab.pix2pix()),
    recipe=Recipe(
        method="paired",
        generator="unet",
        generator_options={"depth": 8, "norm": "batch", "dropout": True},
        discriminator_options={"norm": "batch"},
        gan="vanilla",
        pool=0,
    ),
)
