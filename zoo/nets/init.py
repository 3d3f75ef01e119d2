"""How the papers initialise their networks."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

__all__ = ["init_kaiming", "init_normal", "init_xavier"]


def init_normal(module: nn.Module, gain: float = 0.02) -> None:
    """Convolutions N(0, gain), biases 0, batch-norm scales N(1, gain) (1703.10593, §7.1)."""
    _init(module, gain, lambda weight: nn.init.normal_(weight, 0.0, gain))


def init_xavier(module: nn.Module, gain: float = 0.02) -> None:
    """The same with Xavier-normal convolutions, as CUT starts (2007.15651, §B)."""
    _init(module, gain, lambda weight: nn.init.xavier_normal_(weight, gain))


def init_kaiming(module: nn.Module, gain: float = 0.02) -> None:
    """The same with Kaiming-normal convolutions (1502.01852), as MUNIT starts (1804.04732)."""
    _init(module, gain, lambda weight: nn.init.kaiming_normal_(weight))


def _init(module: nn.Module, gain: float, convolution: Callable[[Tensor], Tensor]) -> None:
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            convolution(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
        elif isinstance(layer, nn.BatchNorm2d):
            nn.init.normal_(layer.weight, 1.0, gain)
            nn.init.zeros_(layer.bias)
