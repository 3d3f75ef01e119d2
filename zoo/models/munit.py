"""MUNIT: one content, many styles, so several answers to one picture (1804.04732)."""

from zoo.card import ByHand, Card, Published
from zoo.recipe import Recipe

__all__ = ["CARD"]

DCLGAN = "table in the README of the DCLGAN repository"

CARD = Card(
    name="munit",
    title="Multimodal Unsupervised Image-to-Image Translation",
    paper="1804.04732",
    task="unpaired",
    licence="MIT",
    code="https://github.com/NVlabs/MUNIT",
    stride=4,
    summary=(
        "Content that both domains share, decoded in a style drawn at random: "
        "--outputs N gives N answers to a picture, and without it the prior's mean style is used. "
        "Written from the paper, as the authors' code is for non-commercial use only; its weights "
        "do not load here."
    ),
    by_hand=(
        ByHand(
            address="https://drive.google.com/drive/folders/10IEa7gibOWmQQuJUIUOkh-CV4cm6k8__",
            licence="CC BY-NC-SA 4.0",
            note="trained by the authors on edges2shoes",
            readable=False,
        ),
    ),
    recipe=Recipe(
        method="munit",
        generator="munit",
        discriminator_options={"layers": 4, "scales": 3},
        init="kaiming",
        epochs=200,
        decay_epochs=0,
        halve_every=100_000,
        learning_rate=1e-4,
        weight_decay=1e-4,
        pool=0,
        options={"picture": 10.0, "content": 1.0, "style": 1.0},
    ),
    published=(
        Published(metric="fid", value=91.4, dataset="cityscapes", source=DCLGAN),
        Published(metric="fid", value=104.4, dataset="cat2dog", source=DCLGAN),
        Published(metric="fid", value=133.8, dataset="horse2zebra", source=DCLGAN),
    ),
)
