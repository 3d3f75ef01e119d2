"""Runnable image-to-image translation models behind one name and one call."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from zoo.extras import Picture
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
    style: Sequence[str | Path | Picture] = (),
    style_weights: Sequence[float] = (),
    strength: float | None = None,
    settings: Mapping[str, object] | None = None,
    accept_licence: bool = False,
) -> Translator:
    """The translator called `model`, `model.weights` or `model@FILE`.

    Called with uint8 RGB [N,3,H,W] of any size, it returns uint8 RGB of the same size.
    `device` is auto, cpu, cuda, cuda:1 or mps; `precision` is auto, float32 or bfloat16.
    `stochastic` translates as the pix2pix paper does (1611.07004, §3.3): dropout stays on and
    batch norm uses the statistics of the picture at hand; `seed` and the picture decide the
    answer. `style` are the pictures (files, or uint8 RGB [H,W,3]) in whose style a model of the
    task `style` paints, `style_weights` their shares, `strength` goes from 0 to 1; `settings`
    are the model's own. `accept_licence` answers the question about weights for non-commercial
    use. Raises data.errors.UsageProblem for an unknown name or setting and for a style that is
    missing, AtlasError for a file that is damaged or holds another network.
    """
    from zoo.extras import Extras, styles_of
    from zoo.translator import load as load_translator  # torch is imported here, not before

    pictures, shares = styles_of(style, style_weights)
    extras = Extras(
        styles=pictures,
        style_weights=shares,
        strength=strength,
        settings={key: str(value) for key, value in (settings or {}).items()},
        seed=seed,
    )
    return load_translator(
        name,
        device=device,
        precision=precision,
        home=home,
        stochastic=stochastic,
        extras=extras,
        accept_licence=accept_licence,
    )
