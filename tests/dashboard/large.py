"""A home with thousands of records and papers, made once and quickly."""

from __future__ import annotations

import json
from pathlib import Path

from bench.records import path_of, seal
from bench.store.index import keep
from tests.dashboard.catalogues import make
from tests.dashboard.store import record, score

__all__ = ["DATASETS", "MODELS", "PAPERS", "large", "name"]

DATASETS, MODELS, PAPERS = 8, 250, 3_000


def name(k: int) -> str:
    """Of a model; the first one is of the zoo."""
    return f"model-{k:03}.w" if k else "cyclegan.photo2toon"


def large(root: Path) -> Path:
    """2,000 records over eight data sets, of which the first three models have pictures, and 3,000
    papers, the later the more cited; indexed as `bench run` leaves it.
    """
    root.mkdir(parents=True, exist_ok=True)
    own = {f"p{n}": 0.1 * n for n in range(6)}
    ssim = (score("ssim", 0.5, 0.1, direction="higher"),)
    sets = [f"set-{n}" for n in range(DATASETS)]
    for dataset in sets:
        for k in range(3):
            record(root, name(k), 0.01 + 0.001 * k, dataset=dataset, own=own, metrics=ssim)
        sample = record(root, "sample", 0.5, dataset=dataset, own={}, metrics=ssim).to_json()
        path_of(root / "results", dataset, "sample", sample["id"]).unlink()
        for k in range(3, MODELS):
            _copy(root, sample, dataset, k)
    keep(root / "results", sets)
    papers = (
        {
            "title": f"Translation of pictures, part {n}",
            "arxiv": f"2001.{n + 1:05}",
            "year": 2017 + n % 9,
            "citations": n,
        }
        for n in range(PAPERS)
    )
    make(root, papers)
    return root


def _copy(root: Path, sample: dict[str, object], dataset: str, k: int) -> None:
    """One more record, like the sample but for its model and score."""
    content = json.loads(json.dumps(sample))
    content["id"], content["spec"]["model"] = f"{dataset}-{k:03}", name(k)
    for end, half in (("value", 0.0), ("low", -0.001), ("high", 0.001)):
        content["scores"][0][end] = 0.01 + 0.001 * k + half
    path = path_of(root / "results", dataset, name(k), content["id"])
    path.parent.mkdir()
    path.write_text(json.dumps({**content, "seal": seal(content)}))
