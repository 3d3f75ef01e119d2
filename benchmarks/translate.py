"""A 256×256 translation on the CPU: ours beside the plain module, in turn, in one process.

    python benchmarks/translate.py [--rounds 7] [--picture FILE]

Plain is the generator as the reference projects run it: float32, torch.nn.InstanceNorm2d,
contiguous, batch 1. Prints medians, the ratio, and how far the outputs are from the plain ones.
"""

from __future__ import annotations

import argparse
import copy
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from data.images import decode, resize
from zoo.architectures import Architecture, build
from zoo.nets.convolutions import plain
from zoo.nets.norm import InstanceNorm
from zoo.precision import choose_precision, infer, prepare

BUNDLED = Path(__file__).resolve().parent.parent / "data/photo2toon/testA/chelsea-000.png"


def stock(module: nn.Module) -> nn.Module:
    """The same network with torch's own layers."""
    for name, child in plain(module).named_children():
        if isinstance(child, InstanceNorm):
            setattr(module, name, nn.InstanceNorm2d(child.channels))
        else:
            stock(child)
    return module


def timed(call: Callable[[], Tensor]) -> tuple[float, Tensor]:
    start = time.perf_counter()
    output = call()
    return time.perf_counter() - start, ((output + 1) * 127.5).round()


def compare(architecture: Architecture, picture: Tensor, rounds: int) -> None:
    torch.manual_seed(0)
    module = build(architecture).eval()
    reference = stock(copy.deepcopy(module))
    precision = choose_precision("auto", torch.device("cpu"), architecture)
    ready = prepare(module, precision)

    def by_hand() -> Tensor:
        with torch.no_grad():
            output: Tensor = reference(picture)
        return output

    ways = {"plain": by_hand, "ours": lambda: infer(ready, picture, precision)}
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    outputs: dict[str, Tensor] = {}
    for turn in range(rounds + 1):
        for name, call in ways.items():
            taken, outputs[name] = timed(call)
            if turn:  # the first round warms up
                seconds[name].append(taken)
    ratios = [p / o for p, o in zip(seconds["plain"], seconds["ours"], strict=True)]
    near = ((outputs["plain"] - outputs["ours"]).abs() <= 1).float().mean()
    print(
        f"{architecture.kind:8} {precision:8} plain {statistics.median(seconds['plain']):.3f} s, "
        f"ours {statistics.median(seconds['ours']):.3f} s, ratio {statistics.median(ratios):.2f}, "
        f"within one grey level: {near:.4f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--picture", type=Path, default=BUNDLED)
    asked = parser.parse_args()
    pixels = np.ascontiguousarray(resize(decode(asked.picture), (256, 256)))
    picture = torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 127.5 - 1
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads")
    compare(Architecture("resnet", {"blocks": 9, "width": 64}), picture, asked.rounds)
    compare(Architecture("ganilla", {"width": 64}), picture, asked.rounds)


if __name__ == "__main__":
    main()
