"""CUT: unpaired translation in one direction, held together patch by patch (2007.15651)."""

from zoo.card import Card, Published
from zoo.models.cut_weights import published
from zoo.recipe import Recipe

__all__ = ["CARD"]

DCLGAN = "table in the README of the DCLGAN repository"

CARD = Card(
    name="cut",
    title="Contrastive Learning for Unpaired Image-to-Image Translation",
    paper="2007.15651",
    task="unpaired",
    licence="BSD-2-Clause",
    code="https://github.com/taesungp/contrastive-unpaired-translation",
    stride=4,
    summary=(
        "Antialiased ResNet generator, one PatchGAN, and a contrastive loss between patches of "
        "source and translation; half the networks of CycleGAN. Its scores are those of the best "
        "epoch: of the last one, people who trained it again report 61 to 68 on horse2zebra."
    ),
    weights=published("cut"),
    recipe=Recipe(
        method="contrastive",
        generator="resnet",
        generator_options={"blocks": 9, "antialias": True},
        discriminator_options={"antialias": True},
        init="xavier",
        epochs=200,
        decay_epochs=200,
        pool=0,
        whole_in_decay=True,
        options={"nce": 1.0, "nce_identity": True},
    ),
    published=(
        Published(metric="fid", value=56.4, dataset="cityscapes", source=DCLGAN),
        Published(metric="fid", value=76.2, dataset="cat2dog", source=DCLGAN),
        Published(metric="fid", value=45.5, dataset="horse2zebra", source=DCLGAN),
    ),
)
