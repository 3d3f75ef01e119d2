"""The weights that come with the package, described by the manifest that exporting wrote."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from zoo.card import Weights

__all__ = ["FOLDER", "bundled"]

FOLDER = Path(__file__).resolve().parent.parent / "bundled"


@cache
def _manifest() -> dict[str, list[dict[str, object]]]:
    path = FOLDER / "manifest.json"
    if not path.is_file():
        return {}
    found: dict[str, list[dict[str, object]]] = json.loads(path.read_text(encoding="utf-8"))
    return found


def bundled(model: str) -> tuple[Weights, ...]:
    """The bundled weights of `model`; none before the first export."""
    return tuple(Weights(**entry, bundled=True) for entry in _manifest().get(model, []))  # type: ignore[arg-type]
