"""What kinds of network take and give other than RGB from -1 to 1, known without torch."""

from __future__ import annotations

from zoo.card import Preprocessing

__all__ = ["PREPROCESSING"]

GREY_LEVELS = Preprocessing(low=0.0, high=255.0)
UNIT = Preprocessing(low=0.0, high=1.0)

PREPROCESSING: dict[str, Preprocessing] = {
    "transformer": GREY_LEVELS,
    "cartoongan": Preprocessing(order="bgr"),
    "adain": UNIT,
    "adain-decoder": UNIT,
    "diffusion": UNIT,
    "turbo-paired": UNIT,
    "turbo-unpaired": Preprocessing(),
    "gatys": UNIT,
}
"""Kind of zoo.architectures -> what its published weights were trained on."""
