"""MUNIT: one content, many styles, so several answers to one picture (1804.04732).

The recipe is that of §5.1 and appendix A; the paper's perceptual loss, which the authors use for
pictures of 512 pixels and more only (NVlabs/MUNIT issue 23), is left out. How many epochs it takes
is not told: 200 is a choice.
"""

from zoo.card import ByHand, Card, Published, Weights
from zoo.recipe import Recipe

__all__ = ["CARD"]

DCLGAN = "table in the README of the DCLGAN repository"
DRIVE = "https://drive.google.com/drive/folders/10IEa7gibOWmQQuJUIUOkh-CV4cm6k8__"
LICENCE = "CC BY-NC-SA 4.0"

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
        "Written from the paper, as the authors' code is for non-commercial use only. A file of "
        "theirs holds both directions: as munit@FILE it is a to b, and zoo convert FILE OUT "
        "--only BtoA takes out the other."
    ),
    weights=(
        Weights(
            name="edges2shoes",
            file="edges2shoes.pt",
            sha256="",
            size=0,
            licence=LICENCE,
            source="edges",
            target="shoes",
            architecture={"kind": "munit", "options": {"width": 64}},
            addresses=(f"{DRIVE}#edges2shoes.pt",),
            noncommercial=True,
            note="trained by the authors; their layout is known from error messages alone",
        ),
    ),
    by_hand=(
        ByHand(address=DRIVE, licence=LICENCE, note="trained by the authors on other pictures"),
    ),
    recipe=Recipe(
        method="munit",
        generator="munit",
        discriminator_options={"layers": 4, "scales": 3, "reflect": True},
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
