"""A training step of CycleGAN: ours beside the reference's order of operations, in turn.

    python benchmarks/train_step.py [--size 256] [--width 64] [--blocks 9] [--rounds 3]
    python benchmarks/train_step.py --loss-curves [--steps 1000]

The reference's order, written out in `Reference`: six generator forwards, one picture at a time,
torch.nn.InstanceNorm2d, contiguous, Adam's loop of torch, every loss read by `.item()` at every
step. Ours is `Unpaired.step` as `zoo train` runs it. With --precision bf16-mixed both run under
the same autocast, so that the ratio is of the order of operations alone; ours is then also timed
against the reference in float32.

--loss-curves trains both from the same weights on the same small pictures, and the reference once
more from weights that differ by one part in 10^6: the distance of two runs of one program is the
noise that ours has to stay within.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import replace
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode
from translate import machine, stock

from zoo.nets.winograd import WinogradConv
from zoo.recipe import Recipe
from zoo.train.pool import ImagePool
from zoo.train.unpaired import Unpaired

CPU = torch.device("cpu")
Losses = dict[str, float]
Step = Callable[[Tensor, Tensor], Losses]


class Reference:
    """CycleGAN's step in the order in which the authors' project does it."""

    def __init__(
        self, recipe: Recipe, state: dict[str, dict[str, Tensor]], device: torch.device = CPU
    ) -> None:
        model = Unpaired(recipe, device)
        for name, net in model.nets.items():
            net.load_state_dict(state[name])
        for net in model.nets.values():
            for layer in net.modules():
                if isinstance(layer, WinogradConv):
                    layer.forward = partial(nn.Conv2d.forward, layer)
        nets = {
            name: stock(net).to(memory_format=torch.contiguous_format)
            for name, net in model.nets.items()
        }
        self.g_a, self.g_b, self.d_a, self.d_b = (nets[n] for n in ("G_A", "G_B", "D_A", "D_B"))
        self.adam_g, self.adam_d = (
            torch.optim.Adam([*x.parameters(), *y.parameters()], lr=2e-4, betas=(0.5, 0.999))
            for x, y in ((self.g_a, self.g_b), (self.d_a, self.d_b))
        )
        self.pools = [
            ImagePool(recipe.pool, recipe.seed + 2),
            ImagePool(recipe.pool, recipe.seed + 1),
        ]

    def __call__(self, a: Tensor, b: Tensor) -> Losses:
        fake_b = self.g_a(a)
        back_a = self.g_b(fake_b)
        fake_a = self.g_b(b)
        back_b = self.g_a(fake_a)
        self._freeze(True)
        self.adam_g.zero_grad()
        same_b, same_a = self.g_a(b), self.g_b(a)
        parts = {
            "gan_a": _lsgan(self.d_a(fake_b), 1.0),
            "gan_b": _lsgan(self.d_b(fake_a), 1.0),
            "cycle_a": F.l1_loss(back_a, a) * 10.0,
            "cycle_b": F.l1_loss(back_b, b) * 10.0,
            "same_a": F.l1_loss(same_a, a) * 5.0,
            "same_b": F.l1_loss(same_b, b) * 5.0,
        }
        sum(parts.values(), start=parts["gan_a"].new_zeros(())).backward()
        self.adam_g.step()
        self._freeze(False)
        self.adam_d.zero_grad()
        for name, net, real, fake, pool in (
            ("d_a", self.d_a, b, fake_b, self.pools[0]),
            ("d_b", self.d_b, a, fake_a, self.pools[1]),
        ):
            shown = pool.exchange(fake.detach())
            parts[name] = (_lsgan(net(real), 1.0) + _lsgan(net(shown), 0.0)) * 0.5
            parts[name].backward()
        self.adam_d.step()
        return {name: loss.item() for name, loss in parts.items()}

    def _freeze(self, frozen: bool) -> None:
        for net in (self.d_a, self.d_b):
            for parameter in net.parameters():
                parameter.requires_grad = not frozen


def _lsgan(verdict: Tensor, aim: float) -> Tensor:
    return F.mse_loss(verdict, torch.full_like(verdict, aim))


def ours(recipe: Recipe, state: dict[str, dict[str, Tensor]], device: torch.device = CPU) -> Step:
    method = Unpaired(recipe, device)
    for name, net in method.nets.items():
        net.load_state_dict(state[name])
    if recipe.compile:
        method.compile()

    def backward(loss: Tensor, _: Iterable[nn.Module]) -> None:
        loss.backward()

    def step(a: Tensor, b: Tensor) -> Losses:
        a, b = (x.contiguous(memory_format=torch.channels_last) for x in (a, b))
        losses = method.step(a, b, backward)
        return {name: float(value) for name, value in losses.items()} if step.read else {}

    step.read = False
    return step


def weights(recipe: Recipe) -> dict[str, dict[str, Tensor]]:
    torch.manual_seed(recipe.seed)
    nets = Unpaired(recipe, CPU).nets
    return {name: {k: v.clone() for k, v in n.state_dict().items()} for name, n in nets.items()}


def rate(step: Step, autocast: Callable[[], object], size: int, device: torch.device) -> float:
    a, b = (torch.rand(2, 1, 3, size, size) * 2 - 1).to(device)
    _wait(device)
    start = time.perf_counter()
    with autocast():
        step(a, b)
    _wait(device)
    return time.perf_counter() - start


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def operations(step: Step, size: int, device: torch.device) -> int:
    """Floating-point operations of one step, those of convolutions and products of matrices."""
    a, b = (torch.rand(2, 1, 3, size, size) * 2 - 1).to(device)
    with FlopCounterMode(display=False) as counter:
        step(a, b)
    return int(counter.get_total_flops())


def matrix_rate(device: torch.device, side: int = 8192) -> float:
    """Operations a second of a bfloat16 product of matrices: what the device can do at best."""
    a, b = (torch.randn(side, side, device=device, dtype=torch.bfloat16) for _ in "ab")
    seconds = []
    for _ in range(6):
        _wait(device)
        start = time.perf_counter()
        a @ b
        _wait(device)
        seconds.append(time.perf_counter() - start)
    return 2 * side**3 / statistics.median(seconds[1:])


def speed(recipe: Recipe, rounds: int, device: torch.device, compiled: bool) -> None:
    state = weights(recipe)
    bf16 = recipe.precision == "bf16-mixed"

    def reduced() -> object:
        return torch.autocast(device.type, torch.bfloat16)

    ways = {
        "reference float32": (Reference(recipe, state, device), nullcontext),
        "ours float32": (ours(recipe, state, device), nullcontext),
    }
    if bf16:
        ways["reference bfloat16"] = (Reference(recipe, state, device), reduced)
        ways["ours bfloat16"] = (ours(recipe, state, device), reduced)
    if compiled:
        last = reduced if bf16 else nullcontext
        ways["ours compiled"] = (ours(replace(recipe, compile=True), state, device), last)
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(rounds + 1):
        for name, (step, autocast) in ways.items():
            taken = rate(step, autocast, recipe.crop, device)
            if turn:  # the first round warms up
                seconds[name].append(taken)
    for name, taken in seconds.items():
        base = seconds["reference float32"]
        ratio = statistics.median(b / t for b, t in zip(base, taken, strict=True))
        print(f"{name:20} {statistics.median(taken):.3f} s a step, {ratio:.2f} times")
    if device.type == "cuda":
        best, work = matrix_rate(device), operations(ways["ours float32"][0], recipe.crop, device)
        for name, taken in seconds.items():
            share = work / statistics.median(taken) / best
            print(f"{name:20} {share:.1%} of the {best / 1e12:.0f} TFLOP/s of bfloat16 matrices")


def loss_curves(recipe: Recipe, steps: int) -> None:
    state = weights(recipe)
    shifted = {n: {k: v * (1 + 1e-6) for k, v in s.items()} for n, s in state.items()}
    mine = ours(recipe, state)
    mine.read = True
    ways: dict[str, Step] = {
        "reference": Reference(recipe, state),
        "again": Reference(recipe, shifted),
        "ours": mine,
    }
    rng = torch.Generator().manual_seed(0)
    a, b = (_blobs(16, recipe.crop, rng) for _ in range(2))
    curves: dict[str, list[tuple[float, float, float, float]]] = {name: [] for name in ways}
    for _ in range(steps):
        rows = torch.randint(16, (2,), generator=rng)
        for name, step in ways.items():
            curves[name].append(_four(step(a[rows[:1]], b[rows[1:]])))
    _compare({name: np.array(curve) for name, curve in curves.items()})


def _blobs(count: int, size: int, rng: torch.Generator) -> Tensor:
    """Smooth random pictures: noise that was enlarged."""
    small = torch.rand(count, 3, 4, 4, generator=rng) * 2 - 1
    return F.interpolate(small, size=(size, size), mode="bilinear", align_corners=False)


def _four(x: Losses) -> tuple[float, float, float, float]:
    if "gan" in x:
        return x["gan"], x["cycle"], x["identity"], x["D"]
    cycle, same = (x["cycle_a"] + x["cycle_b"]) / 10, (x["same_a"] + x["same_b"]) / 5
    return x["gan_a"] + x["gan_b"], cycle, same, x["d_a"] + x["d_b"]


def _compare(curves: dict[str, np.ndarray]) -> None:
    part = max(1, len(curves["ours"]) // 10)
    means = {
        name: curve[: len(curve) // part * part].reshape(-1, part, 4).mean(axis=1)
        for name, curve in curves.items()
    }
    scale = means["reference"].mean(axis=0)
    for i, loss in enumerate(("gan", "cycle", "identity", "D")):
        noise = np.abs(means["again"] - means["reference"])[:, i] / scale[i]
        off = np.abs(means["ours"] - means["reference"])[:, i] / scale[i]
        print(
            f"{loss:9} means of {part} steps, ours off the reference by {off.mean():.2%} "
            f"({off.max():.2%} at most); the reference off itself by {noise.mean():.2%} "
            f"({noise.max():.2%} at most)"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, default in (("size", 256), ("width", 64), ("blocks", 9), ("rounds", 3)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--precision", choices=["32-true", "bf16-mixed"], default="32-true")
    parser.add_argument("--device", type=torch.device, default=CPU)
    parser.add_argument("--compile", action="store_true", help="Ours by torch.compile as well.")
    parser.add_argument("--loss-curves", action="store_true")
    parser.add_argument("--steps", type=int, default=1000)
    asked = parser.parse_args()
    recipe = Recipe(
        method="unpaired",
        generator="resnet",
        generator_options={"blocks": asked.blocks, "width": asked.width},
        discriminator_options={"width": asked.width},
        crop=asked.size,
        precision=asked.precision,
    )
    size = 32 if asked.loss_curves else asked.size
    print(f"{machine(asked.device)}, {size} pixels")
    if asked.loss_curves:
        # Residual blocks of 64 channels: the narrowest that take the algorithm of wide ones.
        small = {"blocks": 2, "width": 16}
        recipe = replace(
            recipe,
            generator_options=small,
            discriminator_options={"width": 8, "layers": 2},
            crop=size,
        )
        loss_curves(recipe, asked.steps)
    else:
        speed(recipe, asked.rounds, asked.device, asked.compile)


if __name__ == "__main__":
    main()
