"""What a training cost: time, pictures, and energy where the GPU counts it."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

import torch

__all__ = ["Meter", "Spent"]


@dataclass(slots=True)
class Spent:
    """The sum over all runs of one training, kept in its checkpoint."""

    seconds: float = 0.0
    images: int = 0
    joules: float | None = None  # of this process's GPU; None where nothing counts it

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return asdict(self)

    def __str__(self) -> str:
        hours = f"{self.seconds / 3600:.2f} h" if self.seconds >= 3600 else f"{self.seconds:.0f} s"
        rate = self.images / self.seconds if self.seconds else 0.0
        energy = f", {self.joules / 3.6e6:.3f} kWh of the GPU" if self.joules is not None else ""
        return f"{hours}, {self.images} pictures, {rate:.1f} a second{energy}"


class Meter:
    """Adds to what earlier runs spent."""

    def __init__(self, device: torch.device, spent: Spent) -> None:
        self.before = spent
        self.began = time.monotonic()
        self.images = 0
        self.counter = _energy_counter(device)
        self.first = self.counter() if self.counter else 0.0

    @property
    def seconds(self) -> float:
        """Since this run began."""
        return time.monotonic() - self.began

    def spent(self) -> Spent:
        """Up to now."""
        joules = self.before.joules
        if self.counter:
            joules = (joules or 0.0) + self.counter() - self.first
        before = self.before
        return Spent(before.seconds + self.seconds, before.images + self.images, joules)


def _energy_counter(device: torch.device) -> Callable[[], float] | None:
    """Joules since the driver was loaded, by NVML; None where it is not to be had."""
    if device.type != "cuda":
        return None
    with suppress(Exception):  # no pynvml, no driver, a GPU that does not count
        import pynvml  # type: ignore[import-not-found,import-untyped,unused-ignore]

        pynvml.nvmlInit()
        # By the bus, because CUDA_VISIBLE_DEVICES numbers them anew.
        bus: Any = torch.cuda.get_device_properties(device)
        name = f"{bus.pci_domain_id:08x}:{bus.pci_bus_id:02x}:{bus.pci_device_id:02x}.0"
        handle = pynvml.nvmlDeviceGetHandleByPciBusId(name)
        pynvml.nvmlDeviceGetTotalEnergyConsumption(handle)
        return lambda: pynvml.nvmlDeviceGetTotalEnergyConsumption(handle) / 1000.0
    return None
