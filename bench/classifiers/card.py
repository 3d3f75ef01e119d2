"""A card: one trained classifier, and which class each of a person's pictures has."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.errors import AtlasError, UsageProblem
from data.files import sha256_file, write_text
from data.images import decode, digest, find_images

__all__ = ["HINT", "ClassifierCard", "by_folder", "write_card"]

HINT = "bench classifier card --help"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassifierCard:
    """A TOML file; either `label`, or `pictures` with the class of every source."""

    weights: Path  # in the file relative to it
    sha256: str  # of the weights
    label: str = ""  # the class that every output should have
    pictures: Mapping[str, str] | None = None  # class by the sha256 of a source's pixels

    @classmethod
    def from_toml(cls, path: Path) -> ClassifierCard:
        """Read a card; AtlasError where it is none, or where its weights are other ones."""
        try:
            fields: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
            card = cls(**{**fields, "weights": path.parent / fields["weights"]})
            if bool(card.label) == bool(card.pictures):
                raise ValueError("it needs either a label or classes of pictures")
        except (OSError, ValueError, KeyError, TypeError) as problem:
            raise AtlasError(
                f"{path} is no card of a classifier: {problem}", hint=HINT
            ) from problem
        if not card.weights.is_file() or sha256_file(card.weights) != card.sha256:
            raise AtlasError(
                f"{card.weights} is not the file that {path} means (sha256 {card.sha256[:16]}…)",
                hint=HINT,
            )
        return card

    def of(self, source: str) -> str:
        """The true class of the source with this sha256 of pixels; AtlasError if nobody said."""
        if self.label:
            return self.label
        assert self.pictures is not None
        if source not in self.pictures:
            raise AtlasError("the classifier's card has no class for a source picture", hint=HINT)
        return self.pictures[source]


def by_folder(folder: Path) -> dict[str, str]:
    """Class by the sha256 of pixels, of pictures that lie in a folder a class.

    UsageProblem where one picture lies in two of them.
    """
    from bench.classifiers.recipe import labelled

    found: dict[str, str] = {}
    for label in labelled(folder):
        for path in find_images(folder / label):
            content = digest(decode(path))
            if found.setdefault(content, label) != label:
                raise UsageProblem(f"{path} lies in '{found[content]}' too", hint=f"rm {path}")
    return found


def write_card(path: Path, weights: Path, label: str, pictures: Mapping[str, str]) -> None:
    """Write a card beside or far from its weights."""
    lines = [f"weights = {json.dumps(str(weights.resolve()))}"]
    lines.append(f'sha256 = "{sha256_file(weights)}"')
    if label:
        lines.append(f"label = {json.dumps(label)}")
    else:
        lines += ["", "[pictures]"]
        lines += [f'"{content}" = {json.dumps(name)}' for content, name in sorted(pictures.items())]
    write_text(path, "\n".join(lines) + "\n")
