"""CycleGAN: unpaired translation held together by cycle consistency (1703.10593)."""

from zoo.card import Card
from zoo.models import berkeley, openmmlab
from zoo.models.bundled import bundled
from zoo.recipe import Recipe

__all__ = ["CARD"]

CARD = Card(
    name="cyclegan",
    title="Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks",
    paper="1703.10593",
    task="unpaired",
    licence="BSD-2-Clause",
    code="https://github.com/junyanz/pytorch-CycleGAN-and-pix2pix",
    stride=4,
    summary="Two ResNet generators, two PatchGAN discriminators, cycle and identity losses.",
    weights=(*bundled("cyclegan"), *berkeley.cyclegan(), *openmmlab.cyclegan()),
    recipe=Recipe(method="unpaired", generator="resnet", generator_options={"blocks": 9}),
)
