"""FastCUT: CUT without its identity loss, in fewer epochs (2007.15651, §4.1)."""

from dataclasses import replace

from zoo.card import Published
from zoo.models.cut import CARD as CUT
from zoo.models.cut import DCLGAN
from zoo.models.cut_weights import published

__all__ = ["CARD"]

assert CUT.recipe is not None

CARD = replace(
    CUT,
    name="fastcut",
    summary=(
        "CUT with a heavier contrastive loss and no identity loss; half of the steps are on "
        "mirrored pictures, whose features have to agree with those of the plain ones."
    ),
    weights=published("fastcut"),
    recipe=replace(
        CUT.recipe,
        epochs=150,
        decay_epochs=50,
        options={"nce": 10.0, "nce_identity": False, "flip_equivariance": True},
    ),
    published=(
        Published(metric="fid", value=68.8, dataset="cityscapes", source=DCLGAN),
        Published(metric="fid", value=94.0, dataset="cat2dog", source=DCLGAN),
        Published(metric="fid", value=73.4, dataset="horse2zebra", source=DCLGAN),
    ),
)
