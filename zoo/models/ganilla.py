"""GANILLA: CycleGAN's training around a generator that keeps content at low levels (2002.05638)."""

from zoo.card import ByHand, Card
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
    by_hand=(
        ByHand(
            address="https://drive.google.com/drive/folders/1HT9JxGMk7L94OmIeV5fqrPBy-bVn1u9L",
            licence="BSD-2-Clause (code)",
            note="trained by the authors on illustrations, 28.9 MB each",
        ),
    ),
    recipe=Recipe(method="unpaired", generator="ganilla"),
)
