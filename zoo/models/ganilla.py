"""GANILLA: CycleGAN's training around a generator that keeps content at low levels (2002.05638)."""

from zoo.card import Card
from zoo.models.bundled import bundled
from zoo.recipe import Recipe

__all__ = ["CARD"]

CARD = Card(
    name="ganilla",
    title="GANILLA: Generative Adversarial Networks for Image to Illustration Translation",
    paper="2002.05638",
    task="unpaired",
    licence="BSD-2-Clause",
    code="https://github.com/giddyyupp/ganilla",
    stride=16,
    summary="Residual layers that concatenate, feature-pyramid decoder; CycleGAN's losses.",
    weights=bundled("ganilla"),
    recipe=Recipe(method="unpaired", generator="ganilla"),
)
