"""What a translation costs: speed after a warm-up, memory, size, operations, energy, Pareto."""

from __future__ import annotations

import copy
import ctypes
import resource
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    import torch
    from torch import nn

__all__ = ["Meter", "joule_counter", "macs", "memory", "model_bytes", "pareto", "speed"]

Better = Literal["lower", "higher"]
Lap = tuple[int, float]  # pictures, and the seconds that they took together


def pareto(rows: Sequence[Sequence[float | None]], better: Sequence[Better]) -> list[bool]:
    """Which rows no other beats: none is at least as good in every column and better in one.

    `better` says for each column which end is good. A row without all its numbers is never
    marked and beats nobody; equal rows do not beat each other.
    """
    sign = np.array([1.0 if end == "lower" else -1.0 for end in better])
    whole = [i for i, row in enumerate(rows) if all(value is not None for value in row)]
    points = np.array([[float(v or 0.0) for v in rows[i]] for i in whole]).reshape(-1, len(sign))
    points = points * sign
    marked = [False] * len(rows)
    for i, point in zip(whole, points, strict=True):
        beaten = (points <= point).all(axis=1) & (points < point).any(axis=1)
        marked[i] = not beaten.any()
    return marked


def speed(laps: Sequence[Lap]) -> dict[str, Any]:
    """Images a second and seconds an image, from batches after the first, which is the warm-up.

    A single batch is all there is and is said to be no warm-up. Medians over batches, so that
    a machine that was busy for a moment does not count.
    """
    if not laps:
        return {"images_per_second": None, "latency_seconds": None, "warm_up_images": 0}
    warm = laps[1:] or laps
    each = np.array([seconds / images for images, seconds in warm])
    p50, p95 = np.quantile(each, [0.5, 0.95])
    return {
        "images_per_second": round(float(1.0 / p50), 2),
        "latency_seconds": {"p50": round(float(p50), 5), "p95": round(float(p95), 5)},
        "warm_up_images": laps[0][0] if len(laps) > 1 else 0,
    }


def memory(device: torch.device) -> dict[str, int]:
    """Most bytes that were taken since reset: of the device, and of this process at any time."""
    # Linux gives kilobytes, macOS bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    host = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    if device.type != "cuda":
        return {"peak_memory_bytes": host, "peak_host_bytes": host}
    import torch

    return {"peak_memory_bytes": torch.cuda.max_memory_allocated(device), "peak_host_bytes": host}


def model_bytes(module: nn.Module) -> int:
    """Bytes of all parameters and buffers as they lie in memory."""
    parts = [*module.parameters(), *module.buffers()]
    return sum(part.numel() * part.element_size() for part in parts)


def macs(module: nn.Module, height: int, width: int) -> int | None:
    """Multiply-accumulates for one picture, counted on shapes alone; None where it cannot be."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    try:
        empty = copy.deepcopy(module).to("meta")
        with FlopCounterMode(display=False) as counter, torch.inference_mode():
            empty(torch.empty(1, 3, height, width, device="meta"))
    except Exception:  # a model's own code may fail in any way on tensors without values
        return None
    return int(counter.get_total_flops()) // 2


@dataclass(slots=True)
class Meter:
    """Adds up the energy of blocks, where something tells; `joules` is None where nothing does."""

    read: Callable[[], float | None]  # joules since some moment
    joules: float | None = field(default=None)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Add what the block takes."""
        before = self.read()
        try:
            yield
        finally:
            after = self.read() if before is not None else None
            if before is not None and after is not None:
                self.joules = (self.joules or 0.0) + after - before


def joule_counter(uuid: str, library: Any = None) -> Callable[[], float | None]:
    """Reads the joules that the GPU with this UUID took since its driver was loaded.

    By NVIDIA's management library; what it gives back reads None where there is none, or where
    the GPU is too old to count (before Volta).
    """
    try:
        nvml = library or ctypes.CDLL("libnvidia-ml.so.1")
    except OSError:
        return lambda: None
    handle = ctypes.c_void_p()
    name = f"GPU-{uuid.removeprefix('GPU-')}".encode()
    if nvml.nvmlInit_v2() or nvml.nvmlDeviceGetHandleByUUID(name, ctypes.byref(handle)):
        return lambda: None

    def read() -> float | None:
        millijoules = ctypes.c_ulonglong()
        failed = nvml.nvmlDeviceGetTotalEnergyConsumption(handle, ctypes.byref(millijoules))
        return None if failed else millijoules.value / 1000.0

    return read
