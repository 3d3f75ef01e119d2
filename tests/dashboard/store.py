"""A home with records and pictures, made without measuring anything."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from streamlit.testing.v1 import AppTest

from bench.records import Record, safe_name, write
from data.images import encode

__all__ = ["page", "record"]


def score(metric: str, value: float, half: float, **more: Any) -> dict[str, Any]:
    """A score as records have it; smaller is better unless `more` says otherwise."""
    plain = {"n": 12, "n_reference": 11, "spread": "jackknife, 95 %", "unit": "", "version": 1}
    plain |= {"direction": "lower", "extractor": "texture/1", "extractor_sha256": "ab" * 32}
    plain |= {"comparable": True, "resize": "none"}
    return {
        **plain,
        "metric": metric,
        "value": value,
        "low": value - half,
        "high": value + half,
    } | (more)


def _pictures(home: Path, model: str, own: Mapping[str, float]) -> list[dict[str, Any]]:
    entries = []
    for k, (name, value) in enumerate(own.items()):
        files = {
            "source": f"runs/pictures/{name}.png",
            "output": f"runs/{safe_name(model)}/images/{name}.png",
            "target": f"runs/pictures/{name}-true.png",
        }
        for shade, path in enumerate(files.values()):
            grey = 40 * shade + 20 * k + len(model) * (shade == 1)
            encode(home / path, np.full((24, 32, 3), grey % 256, dtype=np.uint8))
        entries.append({"id": name, "scores": {"ssim": value}, **files})
    return entries


def record(
    home: Path,
    model: str,
    kid: float = 0.01,
    *,
    dataset: str = "a-street",
    status: str = "done",
    half: float = 0.001,
    own: Mapping[str, float] | None = None,
    card: Mapping[str, Any] | None = None,
    spec: Mapping[str, Any] | None = None,
    metrics: tuple[dict[str, Any], ...] = (),
    cost: Mapping[str, Any] | None = None,
) -> Record:
    """Write a record of `model` with the score `kid`; `own` are its ssim by picture."""
    asked: dict[str, Any] = dict.fromkeys(("size", "limit", "pairs_digest"))
    asked |= {"model": model, "weights_sha256": "", "dataset": dataset, "split": "test"}
    asked |= {"direction": "AtoB", "precision": "auto", "dataset_digest": "d1"}
    asked |= {"reference_digest": "r1", "seed": 2020}
    done = status == "done"
    plain = {"images_per_second": 2.0, "parameters": 11_378_179, "macs": 49_550_000_000}
    made = Record(
        id=safe_name(f"{model}-{dataset}-id"),
        status=status,
        spec=asked | dict(spec or {}),
        card={"paper": "1703.10593", "task": "unpaired", "licence": "MIT"} | dict(card or {}),
        scores=(score("kid-texture", kid, half), *metrics) if done else (),
        pictures=tuple(_pictures(home, model, {"one": 0.5} if own is None else own))
        if done
        else (),
        cost=plain | {"peak_memory_bytes": 5e8} | dict(cost or {}),
        started="2026-11-23T10:00:00",
        finished="2026-11-23T10:01:00",
        error=None if done else {"type": "OSError", "message": "<b>no</b> memory"},
    )
    write(home / "results", made)
    return made


def _shown(module: str) -> None:
    import importlib

    importlib.import_module(f"dashboard.views.{module}").show()


def page(module: str, **query: str) -> AppTest:
    """A page as somebody sees it who opens its address with this query."""
    importlib.import_module(f"dashboard.views.{module}")  # outside of the page's time limit
    opened = AppTest.from_function(_shown, args=(module,), default_timeout=60)
    for name, value in query.items():
        opened.query_params[name] = value
    return opened.run()
