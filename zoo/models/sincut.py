"""SinCUT: CUT trained on a single picture of each domain (2007.15651, §4.4)."""

from dataclasses import replace

from zoo.models.cut import CARD as CUT
from zoo.recipe import Recipe

__all__ = ["CARD"]

CARD = replace(
    CUT,
    name="sincut",
    summary=(
        "Random crops of one picture a domain, put into folders trainA/ and trainB/. The losses "
        "are CUT's, with an L1 loss between a target crop and its translation. The paper builds "
        "this on StyleGAN2's networks with a gradient penalty; here it is a ResNet of six blocks "
        "and a PatchGAN, at their learning rate, so its pictures are not those of the paper."
    ),
    weights=(),
    recipe=Recipe(
        method="contrastive",
        generator="resnet",
        generator_options={"blocks": 6, "antialias": True},
        discriminator_options={"antialias": True},
        gan="vanilla",  # for the generator this is StyleGAN2's non-saturating loss
        init="xavier",
        epochs=8,
        decay_epochs=8,
        length=100_000,
        batch=16,
        load=512,
        crop=64,
        resize="short",
        pool=0,
        options={
            "nce": 4.0,
            "nce_identity": True,
            "layers": [0, 4, 8, 12, 16],
            "pixel_identity": 1.0,
        },
    ),
    published=(),
)
