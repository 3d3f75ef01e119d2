"""A 256×256 translation by every method: ours beside the plain module, in turn, in one process.

    python benchmarks/translate.py [--rounds 7] [--only KIND] [--picture FILE] [--device cuda]

Plain is the network as the reference projects run it: float32, torch's own layers, contiguous,
one picture after another. Prints medians, the ratio by the clock (and by the time of all threads,
which a busy machine disturbs less), how many values are within one grey level of the plain ones,
and the largest difference. Weights are drawn at random, of the size that keeps signals as they are.
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
from zoo.architectures import Architecture, build, preprocessing_of
from zoo.nets.adain import AdainNet
from zoo.nets.adain import statistics as style_statistics
from zoo.nets.cartoongan import ScaledInstanceNorm
from zoo.nets.convolutions import plain
from zoo.nets.init import init_kaiming
from zoo.nets.norm import AffineInstanceNorm, InstanceNorm
from zoo.nets.transformer_net import TransformerNet
from zoo.precision import infer, prepare

BUNDLED = Path(__file__).resolve().parent.parent / "data/photo2toon/testA/chelsea-000.png"
METHODS = {
    "pix2pix": Architecture("unet", {"depth": 8, "width": 64}),
    "cyclegan": Architecture("resnet", {"blocks": 9, "width": 64}),
    "ganilla": Architecture("ganilla", {"width": 64}),
    "cut": Architecture("resnet", {"blocks": 9, "width": 64, "antialias": True}),
    "fast-neural-style": Architecture("transformer", {"width": 32}),
    "cartoongan": Architecture("cartoongan", {"width": 64}),
    "animegan": Architecture("animegan", {"width": 32}),
    "adain": Architecture("adain", {"width": 64}),
    "unit": Architecture("unit", {"width": 64}),
    "munit": Architecture("munit", {"width": 64}),
}


def stock(module: nn.Module) -> nn.Module:
    """The same network with torch's own layers."""
    for name, child in plain(module).named_children():
        made = _norm(child)
        if made is None:
            stock(child)
        else:
            setattr(module, name, made)
    return module


def _norm(layer: nn.Module) -> nn.Module | None:
    if isinstance(layer, InstanceNorm):
        return nn.InstanceNorm2d(layer.channels)
    if isinstance(layer, AffineInstanceNorm):
        made, scale, shift = _affine(layer.channels, 1e-5), layer.weight, layer.bias
    elif isinstance(layer, ScaledInstanceNorm):
        made, scale, shift = _affine(layer.channels, 1e-9), layer.scale, layer.shift
    else:
        return None
    made.weight.data, made.bias.data = scale.data, shift.data
    return made


def _affine(channels: int, eps: float) -> nn.InstanceNorm2d:
    return nn.InstanceNorm2d(channels, eps=eps, affine=True)


def timed(call: Callable[[], Tensor], device: torch.device) -> tuple[float, float, Tensor]:
    """Seconds by the clock, seconds of all threads, and the output."""
    clock, threads = time.perf_counter(), time.process_time()
    output = call()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - clock, time.process_time() - threads, output


def compare(name: str, picture: Tensor, rounds: int, device: torch.device) -> None:
    """Both ways in turn, `rounds` times after one to warm up."""
    torch.manual_seed(0)
    known = preprocessing_of(METHODS[name])
    given = (picture * (known.high - known.low) + known.low).to(device)
    module = build(METHODS[name]).eval().to(device)
    init_kaiming(module)
    if isinstance(module, TransformerNet):  # whose output is 0 to 255, with nothing that scales it
        module.get_submodule("deconv3.conv2d").weight.data *= 128
    if isinstance(module, AdainNet):  # as a style that is loaded: its statistics are kept
        with torch.no_grad():
            module.style = style_statistics(module.encoder(given.flip(3)))
    reference = stock(copy.deepcopy(module))
    ready = prepare(module)

    def by_hand() -> Tensor:
        with torch.no_grad():
            output: Tensor = reference(given)
        return output

    ways = {"plain": by_hand, "ours": lambda: infer(ready, given, "float32")}
    clock: dict[str, list[float]] = {way: [] for way in ways}
    threads: dict[str, list[float]] = {way: [] for way in ways}
    outputs: dict[str, Tensor] = {}
    for turn in range(rounds + 1):
        for way, call in ways.items():
            seconds, used, outputs[way] = timed(call, device)
            if turn:  # the first round warms up
                clock[way].append(seconds)
                threads[way].append(used)
    scale = 255 / (known.high - known.low)
    grey = {way: ((y - known.low) * scale).clamp(0, 255) for way, y in outputs.items()}
    near = ((grey["plain"].round() - grey["ours"].round()).abs() <= 1).float().mean()
    print(
        f"{name:17} plain {statistics.median(clock['plain']):.3f} s, "
        f"ours {statistics.median(clock['ours']):.3f} s, ratio {_ratio(clock):.2f} "
        f"({_ratio(threads):.2f} of threads), within one grey level {near:.4f}, "
        f"at most {(grey['plain'] - grey['ours']).abs().max():.3f} apart "
        f"of a deviation of {grey['plain'].std():.1f}",
        flush=True,
    )


def _ratio(seconds: dict[str, list[float]]) -> float:
    pairs = zip(seconds["plain"], seconds["ours"], strict=True)
    return statistics.median(slow / fast for slow, fast in pairs)


def machine(device: torch.device) -> str:
    """Versions and the device, for a figure that is written down."""
    if device.type == "cuda":
        return f"torch {torch.__version__}, {torch.cuda.get_device_name(device)}"
    return f"torch {torch.__version__}, {torch.get_num_threads()} threads"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--only", choices=list(METHODS), action="append")
    parser.add_argument("--picture", type=Path, default=BUNDLED)
    parser.add_argument("--device", default="cpu", type=torch.device)
    asked = parser.parse_args()
    pixels = np.ascontiguousarray(resize(decode(asked.picture), (asked.size, asked.size)))
    picture = torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255
    print(f"{machine(asked.device)}, {asked.size} pixels")
    for name in asked.only or METHODS:
        compare(name, picture, asked.rounds, asked.device)


if __name__ == "__main__":
    main()
