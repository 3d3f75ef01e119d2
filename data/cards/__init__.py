"""The data sets that the project knows, one TOML file each."""

from __future__ import annotations

from pathlib import Path

from data.datasets import DatasetCard

__all__ = ["bundled"]


def bundled() -> list[DatasetCard]:
    """The cards in this folder."""
    return [DatasetCard.from_toml(path) for path in sorted(Path(__file__).parent.glob("*.toml"))]
