"""What a step of Gatys costs on the CPU, for planning; networks are in translate.py.

python benchmarks/style.py [--steps 5] [--size 256] [--picture FILE]
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from data.images import decode, resize
from zoo.nets.vgg import VggFeatures
from zoo.style.gatys import Painting, paint

BUNDLED = Path(__file__).resolve().parent.parent / "data/photo2toon/testA/chelsea-000.png"


def gatys(picture: Tensor, steps: int) -> None:
    """Seconds a step at this size, VGG-19 of full width with random weights."""
    vgg = VggFeatures()
    for optimizer in ("lbfgs", "adam"):
        how = Painting(steps=steps, optimizer=optimizer)
        start = time.perf_counter()
        paint(picture, lambda _: [(1.0, picture)], vgg, how, strength=1.0)
        print(f"gatys {optimizer}: {(time.perf_counter() - start) / steps:.2f} s a step")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--picture", type=Path, default=BUNDLED)
    asked = parser.parse_args()
    pixels = np.ascontiguousarray(resize(decode(asked.picture), (asked.size, asked.size)))
    picture = torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, {asked.size} pixels")
    gatys(picture, asked.steps)


if __name__ == "__main__":
    main()
