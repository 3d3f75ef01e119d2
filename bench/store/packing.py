"""Headers of thousands of records in little text: what many have in common is written once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["pack", "unpack"]

# What differs from record to record; all else of these objects has few forms.
OWN = {
    "spec": ("model", "weights_sha256"),
    "score": ("value", "low", "high", "extra"),
    "cost": ("seconds", "images_per_second", "peak_memory_bytes"),
    "card": (),
}
PLAIN = ("id", "status", "warnings", "started", "finished", "error", "schema")

Content = Mapping[str, Any]


class _Forms:
    """Objects without what is their own, each once."""

    def __init__(self) -> None:
        self.places: dict[str, int] = {}
        self.found: list[Content] = []

    def split(self, kind: str, value: Content) -> list[Any]:
        own = OWN[kind] if all(name in value for name in OWN[kind]) else ()
        form = {name: v for name, v in value.items() if name not in own}
        key = repr(form)
        if key not in self.places:
            self.places[key] = len(self.found)
            self.found.append(form)
        return [self.places[key], *(value[name] for name in own)]


def pack(headers: Sequence[Content]) -> dict[str, Any]:
    """Headers as one JSON object, from which `unpack` makes the same again."""
    forms = _Forms()
    rows = [
        [
            [header[name] for name in PLAIN],
            [forms.split(kind, header[kind]) for kind in ("spec", "card", "cost")],
            [forms.split("score", score) for score in header["scores"]],
        ]
        for header in headers
    ]
    return {"forms": forms.found, "rows": rows}


def unpack(packed: Content) -> list[dict[str, Any]]:
    """The headers that were packed; KeyError, TypeError, IndexError or ValueError for others."""
    forms: list[dict[str, Any]] = packed["forms"]
    score = OWN["score"]
    return [
        {
            **dict(zip(PLAIN, plain, strict=True)),
            "spec": _joined(forms, "spec", spec),
            "card": _joined(forms, "card", card),
            "cost": _joined(forms, "cost", cost),
            "scores": [
                {**forms[own[0]], **dict(zip(score, own[1:], strict=False))} for own in scores
            ],
        }
        for plain, (spec, card, cost), scores in packed["rows"]
    ]


def _joined(forms: Sequence[dict[str, Any]], kind: str, packed: Sequence[Any]) -> dict[str, Any]:
    return {**forms[packed[0]], **dict(zip(OWN[kind], packed[1:], strict=False))}
