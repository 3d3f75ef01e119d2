"""A picture that appears beside a figure's sign while the pointer, or the keyboard, is on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import streamlit as st

from dashboard.parts.files import script, style

__all__ = ["Sample", "hover"]

_part = st.components.v2.component("atlas_hover", css=style("hover"), js=script("hover"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The picture of a sign: `sign` is the first of its custom data, `src` an address or None."""

    sign: str
    name: str
    src: str | None
    alt: str


def hover(samples: Sequence[Sample], *, chart: str, key: str) -> None:
    """Show a sample while the pointer is on its sign in the Plotly figure with the key `chart`.

    Below the figure stands a button a sample, which shows it on focus: signs take no focus.
    """
    _part(data={"samples": [asdict(one) for one in samples], "chart": chart}, key=key)
