"""A sweep that is asked again with one model added, beside that one model asked alone.

    python benchmarks/sweep.py [--pictures 60] [--size 128]

Six seeded models × four data sets of random pictures. Prints seconds of the whole commands: the
sweep, the same again, the same with one more model, and that model alone in another home that
has nothing but the features of the references.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from zoo.architectures import Architecture, build

MODELS, DATASETS = 6, 4


def write_inputs(root: Path, pictures: int, size: int) -> None:
    rng = np.random.default_rng(0)
    for number in range(DATASETS):
        for folder in ("testA", "testB"):
            (root / f"set{number}" / folder).mkdir(parents=True)
            for i in range(pictures):
                coarse = Image.fromarray(rng.integers(0, 256, (8, 8, 3), dtype=np.uint8))
                picture = coarse.resize((size, size), Image.Resampling.BICUBIC)
                picture.save(root / f"set{number}" / folder / f"{i:04d}.png")
    for seed in range(MODELS + 1):
        torch.manual_seed(seed)
        network = build(Architecture("resnet", {"blocks": 3, "width": 16}))
        torch.save(network.state_dict(), root / f"net-{seed}.pth")


def write_suite(root: Path, seeds: range) -> Path:
    models = ", ".join(f'"cyclegan@net-{seed}.pth"' for seed in seeds)
    sets = ", ".join(f'"./set{number}"' for number in range(DATASETS))
    path = root / f"suite-{seeds.start}-{seeds.stop}.toml"
    path.write_text(
        f'models = [{models}]\ndatasets = [{sets}]\nmetrics = "kid-texture,fid-texture"\n'
    )
    return path


def seconds(suite: Path, home: Path) -> float:
    command = [sys.executable, "-c", "from bench.cli import main; main()", "run", str(suite)]
    start = time.perf_counter()
    subprocess.run([*command, "--home", str(home)], check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=60)
    parser.add_argument("--size", type=int, default=128)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_inputs(root, asked.pictures, asked.size)
        first, one, more = (
            write_suite(root, r)
            for r in (range(MODELS), range(MODELS, MODELS + 1), range(MODELS + 1))
        )
        whole = seconds(first, root / "home")
        shutil.copytree(root / "home" / "features", root / "alone" / "features")
        again = seconds(first, root / "home")
        alone = seconds(one, root / "alone")
        added = seconds(more, root / "home")
    print(f"{MODELS} models × {DATASETS} data sets of {asked.pictures} at {asked.size} pixels")
    print(f"the sweep        {whole:7.1f} s")
    print(f"again            {again:7.1f} s")
    print(f"one model added  {added:7.1f} s")
    print(f"that model alone {alone:7.1f} s: added costs {added / alone:.2f} times that")


if __name__ == "__main__":
    main()
