"""Style networks on the CPU: ours beside the plain modules, and what a step of Gatys costs.

    python benchmarks/style.py [--rounds 7] [--size 256] [--picture FILE]

Plain is the network as the published programs run it: float32, torch's own layers, contiguous,
one picture after another. Prints medians, the ratio, and how far the outputs are from the plain
ones. Gatys has no faster way beside it: seconds a step are given for planning.
"""

from __future__ import annotations

import argparse
import copy
import statistics
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from data.images import decode, resize
from zoo.architectures import Architecture, build, preprocessing_of
from zoo.nets.cartoongan import ScaledInstanceNorm
from zoo.nets.convolutions import plain
from zoo.nets.norm import AffineInstanceNorm
from zoo.nets.vgg import VggFeatures
from zoo.precision import choose_precision, infer, prepare
from zoo.style.gatys import Painting, paint

BUNDLED = Path(__file__).resolve().parent.parent / "data/photo2toon/testA/chelsea-000.png"


def _norm(layer: AffineInstanceNorm | ScaledInstanceNorm) -> nn.Module:
    scaled = isinstance(layer, ScaledInstanceNorm)
    made = nn.InstanceNorm2d(layer.channels, eps=1e-9 if scaled else 1e-5, affine=True)
    made.weight.data = (layer.scale if isinstance(layer, ScaledInstanceNorm) else layer.weight).data
    made.bias.data = (layer.shift if isinstance(layer, ScaledInstanceNorm) else layer.bias).data
    return made


def stock(module: nn.Module) -> nn.Module:
    """The same network with torch's own layers."""
    for name, child in plain(module).named_children():
        if isinstance(child, AffineInstanceNorm | ScaledInstanceNorm):
            setattr(module, name, _norm(child))
        else:
            stock(child)
    return module


def compare(architecture: Architecture, picture: Tensor, rounds: int) -> None:
    """Both ways in turn, `rounds` times after one to warm up."""
    torch.manual_seed(0)
    known = preprocessing_of(architecture)
    given = picture * (known.high - known.low) + known.low
    module = build(architecture).eval()
    reference = stock(copy.deepcopy(module))
    precision = choose_precision("auto", torch.device("cpu"), architecture)
    ready = prepare(module, precision)
    seconds: dict[str, list[float]] = {"plain": [], "ours": []}
    outputs: dict[str, Tensor] = {}
    for turn in range(rounds + 1):
        for name in seconds:
            start = time.perf_counter()
            with torch.no_grad():
                outputs[name] = (
                    reference(given) if name == "plain" else infer(ready, given, precision)
                )
            if turn:
                seconds[name].append(time.perf_counter() - start)
    ratio = statistics.median(seconds["plain"]) / statistics.median(seconds["ours"])
    off = (outputs["plain"] - outputs["ours"]).abs().max() * 255 / (known.high - known.low)
    print(
        f"{architecture.kind:12} {precision:8} plain {statistics.median(seconds['plain']):.3f} s, "
        f"ours {statistics.median(seconds['ours']):.3f} s, ratio {ratio:.2f}, "
        f"at most {off:.3f} grey levels apart"
    )


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
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--steps", type=int, default=5, help="Of Gatys.")
    parser.add_argument("--picture", type=Path, default=BUNDLED)
    asked = parser.parse_args()
    pixels = np.ascontiguousarray(resize(decode(asked.picture), (asked.size, asked.size)))
    picture = torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, {asked.size} pixels")
    for kind, width in (("transformer", 32), ("cartoongan", 64), ("animegan", 32), ("adain", 64)):
        compare(Architecture(kind, {"width": width}), picture, asked.rounds)
    gatys(picture, asked.steps)


if __name__ == "__main__":
    main()
