"""Seeded weights, the networks under test, and small folders of pictures."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from zoo.nets.ganilla import GanillaGenerator
from zoo.nets.patchgan import PatchDiscriminator, PixelDiscriminator
from zoo.nets.resnet import ResnetGenerator
from zoo.nets.unet import UnetGenerator

# name -> (network, input shape, number of parameters in the published one or by hand)
NETWORKS: dict[str, tuple[Callable[[], nn.Module], tuple[int, int, int, int], int]] = {
    "resnet9": (ResnetGenerator, (1, 3, 32, 32), 11_378_179),
    "resnet6": (lambda: ResnetGenerator(blocks=6), (1, 3, 32, 32), 7_837_699),
    "resnet9-batch": (lambda: ResnetGenerator(norm="batch"), (1, 3, 32, 32), 11_383_427),
    "resnet9-dropout": (lambda: ResnetGenerator(dropout=True), (1, 3, 32, 32), 11_378_179),
    "resnet9-antialias": (lambda: ResnetGenerator(antialias=True), (1, 3, 32, 32), 11_378_179),
    "unet256": (UnetGenerator, (1, 3, 256, 256), 54_413_955),
    "unet128": (lambda: UnetGenerator(depth=7), (1, 3, 128, 128), 41_828_995),
    "unet32-instance": (
        lambda: UnetGenerator(depth=5, norm="instance", width=8),
        (1, 3, 64, 64),
        261_555,
    ),
    "ganilla": (GanillaGenerator, (1, 3, 32, 32), 7_228_419),
    "patchgan": (PatchDiscriminator, (1, 3, 64, 64), 2_764_737),
    "patchgan-pairs": (
        lambda: PatchDiscriminator(channels=6, norm="batch"),
        (1, 6, 64, 64),
        2_768_705,
    ),
    "patchgan-antialias": (lambda: PatchDiscriminator(antialias=True), (1, 3, 64, 64), 2_764_737),
    "pixel-pairs": (lambda: PixelDiscriminator(channels=6), (1, 6, 16, 16), 9_024),
}


def seeded(module: nn.Module) -> nn.Module:
    """Weights from the names of their keys, so that they can be made again anywhere.

    RandomState(crc32(key)): N(0, 1/fan-in) for two or more axes, U(0.5, 1.5) for running
    variances and one-dimensional weights, N(0, 0.1) for the rest. Counters and blur filters
    stay as the network made them.
    """
    state: dict[str, Tensor] = {}
    for key, value in module.state_dict().items():
        if key.endswith((".filt", "num_batches_tracked")):
            state[key] = value
            continue
        rng, shape = np.random.RandomState(zlib.crc32(key.encode())), tuple(value.shape)
        if len(shape) >= 2:
            made = rng.standard_normal(shape) * np.sqrt(1 / np.prod(shape[1:]))
        elif key.endswith(("running_var", "weight")):
            made = rng.uniform(0.5, 1.5, shape)
        else:
            made = rng.standard_normal(shape) * 0.1
        state[key] = torch.from_numpy(np.asarray(made, dtype=np.float32))
    module.load_state_dict(state)
    return module.eval()


def answer(module: nn.Module, shape: tuple[int, ...]) -> Tensor:
    """The network's output for RandomState(7).uniform(-1, 1)."""
    given = np.random.RandomState(7).uniform(-1, 1, shape).astype(np.float32)
    with torch.inference_mode():
        output: Tensor = module(torch.from_numpy(given))
    return output


def sample(output: Tensor) -> list[float]:
    """Sixteen values spread over an output."""
    flat = output.flatten()
    return [float(v) for v in flat[:: max(1, len(flat) // 16)][:16]]


@pytest.fixture
def tools() -> Any:
    """The functions above, for tests that cannot import a conftest."""

    class Tools:
        networks = NETWORKS
        seeded = staticmethod(seeded)
        answer = staticmethod(answer)
        sample = staticmethod(sample)

    return Tools


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every test that takes `network` runs for all of them."""
    if "network" in metafunc.fixturenames:
        metafunc.parametrize("network", list(NETWORKS))


@pytest.fixture
def pictures(tmp_path: Path) -> Callable[..., Path]:
    """Writes a folder of small random pictures: pictures("set", {"trainA": 4}, size=32)."""

    def make(name: str, counts: dict[str, int], size: int = 32) -> Path:
        rng = np.random.default_rng(0)
        for folder, count in counts.items():
            (tmp_path / name / folder).mkdir(parents=True)
            for i in range(count):
                pixels = rng.integers(0, 256, (size, size, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(tmp_path / name / folder / f"{i}.png")
        return tmp_path / name

    return make
