"""SinCUT: CUT trained on a single picture of each domain (2007.15651, §4.4 and appendix).

Every number of the recipe is a default of the authors' project (BSD licence, commit b3ac297). Two
things are ours: noise is left out where a picture is translated, and crops of a batch never share
a place while there are enough.
"""

from dataclasses import replace

from zoo.models.cut import CARD as CUT
from zoo.recipe import Recipe

__all__ = ["CARD"]

CARD = replace(
    CUT,
    name="sincut",
    stride=2,
    summary=(
        "One picture a domain, put into folders trainA/ and trainB/. Every step shrinks both by "
        "up to 3, each side by its own factor, and takes 16 crops. Generator and discriminator are "
        "made of StyleGAN2's layers, with a gradient penalty (R1); a patch is told from those of "
        "the other crops, and an L1 loss holds target crops as they are."
    ),
    weights=(),
    recipe=Recipe(
        method="contrastive",
        generator="stylegan2",
        generator_options={"width": 10},
        discriminator_options={"width": 8},
        gan="vanilla",  # for the generator this is StyleGAN2's non-saturating loss
        init="xavier",  # of the heads: the other networks start at N(0, 1)
        epochs=8,
        decay_epochs=8,
        length=100_000,
        batch=16,
        load=1024,
        crop=64,
        resize="none",
        zoom=3.0,
        learning_rate=2e-3,
        beta1=0.0,
        beta2=0.99,
        pool=0,
        options={
            "nce": 4.0,
            "nce_identity": True,
            "layers": [0, 2, 4],
            "patches": 1,
            "across": True,
            "pixel_identity": 1.0,
            "discriminator": "stylegan2",
            "r1": 1.0,
        },
    ),
    published=(),
)
