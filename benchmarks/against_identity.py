"""How much nearer to the target the bundled models come than untranslated photographs do.

    python benchmarks/against_identity.py

All models translate the same photographs and are compared with the same illustrations, so the
differences are paired: their standard error leaves each photograph out of both outputs at once,
and each illustration. Prints the difference to `identity`, its 95 % interval, and their ratio z.
"""

from __future__ import annotations

import numpy as np
import torch

import zoo
from bench.features.cards import TEXTURE
from bench.features.extractor import Found, load
from bench.metrics.fid import frechet_distance
from bench.metrics.jackknife import standard_error
from bench.metrics.kid import kernel_distance
from data.datasets import load_dataset
from data.paths import find_home
from zoo.translate import apply

METRICS = {"kid-texture": lambda x, y: kernel_distance(x, y)[0], "fid-texture": frechet_distance}
MODELS = ("cyclegan", "ganilla", "pix2pix")


def features(pictures: list[np.ndarray]) -> np.ndarray:
    bank = load(TEXTURE, Found(path=None, sha256="", published=True), torch.device("cpu"))
    batch = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2)
    return bank(batch)["texture"].astype(np.float64)  # type: ignore[call-arg, index]


def main() -> None:
    dataset = load_dataset("photo2toon", find_home())
    photographs = [ref.read() for ref in dataset.sources("test")]
    target = features([ref.read() for ref in dataset.references("test")])
    before = features(photographs)
    for model in MODELS:
        after = features(list(apply(zoo.load(model, device="cpu"), photographs)))
        for name, distance in METRICS.items():
            value = distance(before, target) - distance(after, target)
            without_source = [
                distance(np.delete(before, i, 0), target) - distance(np.delete(after, i, 0), target)
                for i in range(len(before))
            ]
            without_target = [
                distance(before, np.delete(target, j, 0)) - distance(after, np.delete(target, j, 0))
                for j in range(len(target))
            ]
            errors = [standard_error(np.array(e)) for e in (without_source, without_target)]
            error = float(np.hypot(*errors))
            shown = f"{value:.5f} ±{1.96 * error:.5f}, z = {value / error:.1f}"
            print(f"{model:9} {name}: lower by {shown}")


if __name__ == "__main__":
    main()
