"""Runnable image-to-image translation models behind one name and one call."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from zoo.translator import Translator

__all__ = ["load"]


def load(
    name: str,
    device: str = "auto",
    precision: str = "auto",
    home: str | Path | None = None,
    *,
    stochastic: bool = False,
    seed: int = 0,
) -> Translator:
    """The translator called `model`, `model.weights` or `model@FILE`.

    Called with uint8 RGB [N,3,H,W] of any size, it returns uint8 RGB of the same size.
    `device` is auto, cpu, cuda, cuda:1 or mps; `precision` is auto, float32 or bfloat16.
    `stochastic` translates as the pix2pix paper does (1611.07004, §3.3): dropout stays on and
    batch norm uses the statistics of the picture at hand; `seed` and the picture decide the
    answer. Raises data.errors.UsageProblem for an unknown name and AtlasError for a file that is
    damaged or holds another network.
    """
    from zoo.translator import load as load_translator  # torch is imported here, not before

    return load_translator(
        name, device=device, precision=precision, home=home, stochastic=stochastic, seed=seed
    )
