"""Costs are medians after a warm-up; the Pareto mark is its definition; energy is a difference."""

from __future__ import annotations

import ctypes
from typing import Any

import pytest
import torch

from bench.cost import Meter, joule_counter, macs, memory, model_bytes, pareto, speed
from bench.features.halved import halved
from data.errors import AtlasError


def test_the_first_batch_is_a_warm_up_and_one_slow_batch_does_not_count() -> None:
    found = speed([(4, 8.0), (4, 0.4), (4, 0.4), (4, 4.0), (2, 0.2)])
    assert found["images_per_second"] == 10.0
    assert found["latency_seconds"]["p50"] == pytest.approx(0.1)
    assert found["latency_seconds"]["p95"] > 0.5
    assert found["warm_up_images"] == 4


def test_a_single_batch_is_its_own_measure_without_a_warm_up() -> None:
    assert speed([(4, 8.0)])["images_per_second"] == 0.5
    assert speed([(4, 8.0)])["warm_up_images"] == 0
    assert speed([])["images_per_second"] is None


def test_pareto_marks_what_no_other_beats() -> None:
    # kid (lower is better) and images a second (higher is better)
    rows = [(1.0, 10.0), (2.0, 20.0), (2.0, 5.0), (1.0, 10.0), (None, 99.0), (3.0, 20.0)]
    assert pareto(rows, ["lower", "higher"]) == [True, True, False, True, False, False]
    assert pareto([], ["lower"]) == []


def test_pareto_is_that_of_all_pairs() -> None:
    rng = torch.Generator().manual_seed(0)
    rows = [tuple(map(float, row)) for row in torch.randint(0, 5, (40, 3), generator=rng)]

    def beaten(row: tuple[float, ...]) -> bool:
        return any(
            all(a <= b for a, b in zip(other, row, strict=True)) and other != row for other in rows
        )

    assert [not beaten(row) for row in rows] == pareto(rows, ["lower"] * 3)


def test_operations_and_size_of_a_convolution_are_counted() -> None:
    module = torch.nn.Conv2d(3, 8, 3, padding=1)
    assert macs(module, 10, 12) == 3 * 8 * 9 * 10 * 12
    assert model_bytes(module) == 4 * (3 * 8 * 9 + 8)
    assert model_bytes(module.to(torch.bfloat16)) == 2 * (3 * 8 * 9 + 8)
    assert memory(torch.device("cpu"))["peak_memory_bytes"] > 1e6


def test_operations_that_cannot_be_counted_are_not_there() -> None:
    class Stubborn(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            raise RuntimeError("not on shapes")

    assert macs(Stubborn(), 8, 8) is None


class _Nvml:
    """The three calls of NVIDIA's library that are used, with a counter that rises."""

    def __init__(self, old: bool = False) -> None:
        self.old, self.names, self.millijoules = old, [], 5000

    def nvmlInit_v2(self) -> int:
        return 0

    def nvmlDeviceGetHandleByUUID(self, name: bytes, handle: Any) -> int:
        self.names.append(name)
        return 0

    def nvmlDeviceGetTotalEnergyConsumption(self, handle: Any, found: Any) -> int:
        if self.old:
            return 3  # not supported
        self.millijoules += 2500
        ctypes.cast(found, ctypes.POINTER(ctypes.c_ulonglong))[0] = self.millijoules
        return 0


def test_energy_is_what_the_counter_rose_by() -> None:
    library = _Nvml()
    meter = Meter(joule_counter("1234-5678", library))
    for _ in range(2):
        with meter.running():
            pass
    assert meter.joules == 5.0
    assert library.names == [b"GPU-1234-5678"]


def test_without_a_counter_there_is_no_energy() -> None:
    for read in (joule_counter("x", _Nvml(old=True)), lambda: None):
        meter = Meter(read)
        with meter.running():
            pass
        assert meter.joules is None


def test_where_memory_runs_out_the_batch_is_halved_and_nothing_is_lost() -> None:
    sizes = []

    def network(pictures: torch.Tensor) -> Any:
        sizes.append(len(pictures))
        if len(pictures) > 3:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return {"sum": pictures.flatten(1).sum(1).float().numpy()}

    pictures = torch.arange(10, dtype=torch.uint8).view(10, 1, 1, 1).expand(10, 3, 2, 2)
    found = halved("network", network, pictures)
    assert found["sum"].tolist() == [12.0 * i for i in range(10)]
    assert sizes == [10, 5, 2, 3, 5, 2, 3]


def test_features_are_made_without_tf32_and_the_setting_comes_back() -> None:
    from torch.backends import cudnn

    seen = []

    def network(pictures: torch.Tensor) -> Any:
        seen.append((cudnn.allow_tf32, cudnn.deterministic, cudnn.benchmark))
        return pictures.flatten(1).sum(1).numpy()

    before = cudnn.allow_tf32
    halved("network", network, torch.zeros(2, 3, 2, 2))
    assert seen == [(False, True, False)]
    assert before == cudnn.allow_tf32


def test_pairs_are_halved_together() -> None:
    def distance(first: torch.Tensor, second: torch.Tensor) -> Any:
        if len(first) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return (first.float() - second.float()).abs().flatten(1).sum(1).numpy()

    a = torch.arange(4, dtype=torch.uint8).view(4, 1, 1, 1)
    assert halved("lpips", distance, a, torch.zeros_like(a)).tolist() == [0, 1, 2, 3]


def test_a_single_picture_that_is_too_large_is_an_error_with_a_hint() -> None:
    def network(pictures: torch.Tensor) -> Any:
        raise torch.OutOfMemoryError("CUDA out of memory")

    with pytest.raises(AtlasError, match="does not suffice for vgg16 of one picture of 9×7"):
        halved("vgg16", network, torch.zeros(4, 3, 7, 9))


def test_another_error_is_not_taken_for_a_lack_of_memory() -> None:
    def network(pictures: torch.Tensor) -> Any:
        raise RuntimeError("size mismatch")

    with pytest.raises(RuntimeError, match="size mismatch"):
        halved("vgg16", network, torch.zeros(4, 3, 7, 9))
