"""The weights that come with the package, described by the manifest that exporting wrote."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from zoo.card import Preprocessing, Weights

__all__ = ["FOLDER", "bundled"]

FOLDER = Path(__file__).resolve().parent.parent / "bundled"


@cache
def _manifest() -> dict[str, list[dict[str, Any]]]:
    path = FOLDER / "manifest.json"
    if not path.is_file():
        return {}
    found: dict[str, list[dict[str, Any]]] = json.loads(path.read_text(encoding="utf-8"))
    return found


def bundled(model: str) -> tuple[Weights, ...]:
    """The bundled weights of `model`; none before the first export."""
    return tuple(_weights(**entry) for entry in _manifest().get(model, []))


def _weights(preprocessing: dict[str, Any] | None = None, **entry: Any) -> Weights:
    return Weights(**entry, preprocessing=Preprocessing(**(preprocessing or {})), bundled=True)
