"""Makes photo2toon.png for the README: photographs, each model's output, the true answer."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import zoo
from data.datasets import load_dataset
from data.images import encode
from data.paths import find_home
from zoo.translate import apply

SHOWN = ("chelsea-001", "chelsea-005", "chelsea-010", "chelsea-020", "chelsea-028", "chelsea-035")

if __name__ == "__main__":
    data = load_dataset("photo2toon", find_home())
    pairs = {a.id: (a.read(), b.read()) for a, b in data.pairs("test")}
    photographs = [pairs[name][0] for name in SHOWN]
    models = [zoo.load(name, device="cpu") for name in ("cyclegan", "ganilla", "pix2pix")]
    made = [list(apply(model, photographs)) for model in models]
    rows = [photographs, *made, [pairs[name][1] for name in SHOWN]]
    sheet = np.concatenate([np.concatenate(row, axis=1) for row in rows])
    encode(Path(__file__).parent / "photo2toon.png", np.ascontiguousarray(sheet), effort=9)
