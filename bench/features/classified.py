"""What a person's classifier names outputs, beside the class that they should have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bench.classifiers.card import HINT, ClassifierCard
from bench.classifiers.network import Classifier, place
from bench.classifiers.network import load as load_classifier
from bench.features.extractor import ExtractorCard, Found
from data.errors import AtlasError
from data.images import digest

if TYPE_CHECKING:
    import torch
    from torch import Tensor

__all__ = ["Classified", "load"]


def load(card: ExtractorCard, found: Found, device: torch.device) -> Classified:
    """The classifier of the card that `found` names; AtlasError when it is of another kind."""
    assert found.path is not None
    asked = ClassifierCard.from_toml(found.path)
    classifier = load_classifier(asked.weights)
    if card.name != f"{classifier.recipe.kind}-classifier":
        raise AtlasError(
            f"{asked.weights} is a {classifier.recipe.kind} classifier, no {card.name}", hint=HINT
        )
    wanted = {asked.label} if asked.label else set((asked.pictures or {}).values())
    if strange := sorted(wanted - set(classifier.classes)):
        raise AtlasError(
            f"{asked.weights} knows no class {', '.join(strange)}",
            hint=f"its classes: {', '.join(classifier.classes)}",
        )
    classifier.module.to(device)
    return Classified(asked, classifier)


class Classified:
    """Counts by true and named class, float64 [N,K,K] with a single 1 a picture."""

    def __init__(self, card: ClassifierCard, classifier: Classifier) -> None:
        self.card = card
        self.classifier = classifier
        self.classes = classifier.classes

    def __call__(self, first: Tensor, second: Tensor) -> NDArray[np.float64]:
        """Outputs and sources, uint8 RGB [N,3,H,W]; AtlasError for a source without a class."""
        made = np.zeros((len(first), len(self.classes), len(self.classes)))
        outputs, sources = (
            pictures.permute(0, 2, 3, 1).cpu().numpy() for pictures in (first, second)
        )
        for i, (output, source) in enumerate(zip(outputs, sources, strict=True)):
            content = digest(np.ascontiguousarray(source))
            true = self.classes.index(self.card.of(content))
            made[i, true, place(self.classifier, np.ascontiguousarray(output))] = 1.0
        return made
