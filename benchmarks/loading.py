"""Training pictures a second: the kept uint8 pixels beside decoding at every step, in turn.

    python benchmarks/loading.py [--pictures 200] [--size 512] [--batch 1] [--seconds 5]

The other way is that of the reference projects: PIL decodes a JPEG, resizes it to 286×286
(bicubic), crops, flips and makes a float tensor, one picture after the other in one process. Ours
crops the pixels that `zoo train` decoded and resized once. Both make batches in -1..1 of 256×256,
of two domains; what making the kept pixels took is printed as well.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from data.datasets import ImageRef
from zoo.recipe import Recipe
from zoo.train.pictures import load_pictures


def write_pictures(folder: Path, count: int, size: int) -> list[ImageRef]:
    """JPEG files with as much detail as photographs have: smooth noise at several scales."""
    rng = np.random.default_rng(0)
    refs = []
    for i in range(count):
        layers = [
            Image.fromarray(rng.integers(0, 256, (n, n, 3), dtype=np.uint8)).resize((size, size))
            for n in (4, 16, 64, 256)
        ]
        mixed = np.mean([np.asarray(layer, dtype=np.float32) for layer in layers], axis=0)
        path = folder / f"{i}.jpg"
        Image.fromarray(mixed.astype(np.uint8)).save(path, quality=90)
        refs.append(ImageRef(path.stem, path))
    return refs


def decoded(refs: list[ImageRef], recipe: Recipe, step: int) -> torch.Tensor:
    """One batch the way of the reference projects."""
    rng = np.random.default_rng(step)
    made = []
    for i in range(recipe.batch):
        image = Image.open(refs[(step * recipe.batch + i) % len(refs)].path).convert("RGB")
        image = image.resize((recipe.load, recipe.load), Image.Resampling.BICUBIC)
        x, y = rng.integers(0, recipe.load - recipe.crop + 1, 2)
        image = image.crop((x, y, x + recipe.crop, y + recipe.crop))
        if rng.random() < 0.5:
            image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        pixels = torch.from_numpy(np.array(image)).permute(2, 0, 1).contiguous()
        made.append((pixels.float() / 255.0 - 0.5) / 0.5)
    return torch.stack(made)


def rate(make: Callable[[int], object], pictures: int, seconds: float) -> float:
    start, step = time.perf_counter(), 0
    while (taken := time.perf_counter() - start) < seconds:
        make(step)
        step += 1
    return step * pictures / taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, default in (("pictures", 200), ("size", 512), ("batch", 1)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--seconds", type=float, default=5.0)
    asked = parser.parse_args()
    recipe = Recipe(method="unpaired", generator="resnet", batch=asked.batch)
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        refs = write_pictures(Path(folder), asked.pictures, asked.size)
        start = time.perf_counter()
        read = load_pictures(refs, refs, False, recipe, lambda: None, Path(folder) / "kept")
        once = time.perf_counter() - start
        kept = read.pictures
        ways: dict[str, tuple[Callable[[int], object], int]] = {
            "decoded": (lambda step: decoded(refs, recipe, step), recipe.batch),
            "kept": (lambda step: kept.batch(step, recipe), 2 * recipe.batch),
        }
        found = {name: [] for name in ways}
        for _ in range(3):
            for name, (make, pictures) in ways.items():
                found[name].append(rate(make, pictures, asked.seconds / 3))
    best = {name: max(rates) for name, rates in found.items()}
    print(
        f"torch {torch.__version__}, one core, {asked.size}×{asked.size} JPEG, batch {asked.batch}"
    )
    print(f"decoded at every step   {best['decoded']:7.0f} pictures a second")
    print(
        f"cropped from kept ones  {best['kept']:7.0f}, {best['kept'] / best['decoded']:.1f} times"
    )
    print(f"keeping {asked.pictures} pictures took {once:.2f} s, once")


if __name__ == "__main__":
    main()
