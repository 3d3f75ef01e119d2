"""A 256×256 translation by every method: ours beside the plain module, in turn.

    python benchmarks/translate.py [--rounds 7] [--only KIND] [--picture FILE] [--device cuda]

Plain is the network as the reference projects run it: float32, torch's own layers, contiguous,
one picture after another, in a process of its own that has nothing of ours. Ours takes as many at
once as the translator does, mostly one. Prints medians of the time for one picture, the
ratio by the clock (and by the time of all threads, which a busy machine disturbs less), how many
values are within one grey level of the plain ones, and the largest difference. Weights are drawn
at random, of the size that keeps signals as they are.
"""

from __future__ import annotations

import argparse
import statistics
import time
from concurrent.futures import Executor, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from data.images import decode, resize
from zoo.architectures import Architecture, at_once, build, preprocessing_of
from zoo.nets.adain import AdainNet
from zoo.nets.adain import statistics as style_statistics
from zoo.nets.cartoongan import ScaledInstanceNorm
from zoo.nets.convolutions import plain
from zoo.nets.init import init_kaiming
from zoo.nets.norm import AffineInstanceNorm, InstanceNorm
from zoo.nets.transformer_net import TransformerNet
from zoo.precision import infer, prepare

BUNDLED = Path(__file__).resolve().parent.parent / "data/photo2toon/testA/chelsea-000.png"
BATCH = 16  # pictures at once on a GPU
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


class Way:
    """One way to translate a picture, in the process that makes it."""

    def __init__(self, name: str, picture: Tensor, device: torch.device, ours: bool) -> None:
        torch.manual_seed(0)
        known = preprocessing_of(METHODS[name])
        self.scale, self.low = 255 / (known.high - known.low), known.low
        self.given = (picture / self.scale * 255 + known.low).to(device)
        self.module = _seeded(name, self.given)
        self.ours, self.device = ours, device
        self.module = prepare(self.module) if ours else stock(self.module)

    def timed(self) -> tuple[float, float, np.ndarray]:
        """Seconds a picture by the clock and of all threads, and the outputs in grey levels."""
        clock, threads = time.perf_counter(), time.process_time()
        with torch.no_grad():
            own = infer(self.module, self.given, "float32") if self.ours else self._one_by_one()
        if self.device.type == "cuda":
            torch.cuda.synchronize()
        took = time.perf_counter() - clock, time.process_time() - threads
        took = took[0] / len(self.given), took[1] / len(self.given)
        return *took, ((own - self.low) * self.scale).clamp(0, 255).cpu().numpy()

    def _one_by_one(self) -> Tensor:
        return torch.cat([self.module(picture) for picture in self.given.split(1)])


def _seeded(name: str, given: Tensor) -> nn.Module:
    module = build(METHODS[name]).eval().to(given.device)
    init_kaiming(module)
    if isinstance(module, TransformerNet):  # whose output is 0 to 255, with nothing that scales it
        module.get_submodule("deconv3.conv2d").weight.data *= 128
    if isinstance(module, AdainNet):  # as a style that is loaded: its statistics are kept
        with torch.no_grad():
            module.style = style_statistics(module.encoder(given.flip(3)))
    return module


_plain: list[Way] = []  # of the other process


def _make_plain(name: str, picture: np.ndarray, device: torch.device) -> None:
    _plain[:] = [Way(name, torch.from_numpy(picture), device, ours=False)]


def _time_plain() -> tuple[float, float, np.ndarray]:
    return _plain[0].timed()


def compare(name: str, picture: Tensor, rounds: int, device: torch.device, aside: Executor) -> None:
    """Both ways in turn, `rounds` times after one to warm up, on as many pictures as ours takes."""
    count = at_once(METHODS[name], *picture.shape[-2:]) if device.type == "cpu" else BATCH
    picture = torch.cat([picture.roll(16 * shift, 3) for shift in range(count)])
    aside.submit(_make_plain, name, picture.numpy(), device).result()
    ours = Way(name, picture, device, ours=True)
    clock: dict[str, list[float]] = {"plain": [], "ours": []}
    threads: dict[str, list[float]] = {"plain": [], "ours": []}
    grey: dict[str, np.ndarray] = {}
    for turn in range(rounds + 1):
        for way, call in {
            "plain": lambda: aside.submit(_time_plain).result(),
            "ours": ours.timed,
        }.items():
            seconds, used, grey[way] = call()
            if turn:  # the first round warms up
                clock[way].append(seconds)
                threads[way].append(used)
    near = (abs(grey["plain"].round() - grey["ours"].round()) <= 1).mean()
    print(
        f"{name:17} plain {statistics.median(clock['plain']):.3f} s, "
        f"ours {statistics.median(clock['ours']):.3f} s, ratio {_ratio(clock):.2f} "
        f"({_ratio(threads):.2f} of threads), within one grey level {near:.4f}, "
        f"at most {abs(grey['plain'] - grey['ours']).max():.3f} apart "
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
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as aside:
        for name in asked.only or METHODS:
            compare(name, picture, asked.rounds, asked.device, aside)


if __name__ == "__main__":
    main()
