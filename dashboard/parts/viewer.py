"""Pictures side by side with one zoom for all, a wipe between two, and their difference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import streamlit as st

from dashboard.parts.files import script, style

__all__ = ["MODES", "Mode", "Pane", "viewer"]

Mode = Literal["side by side", "wipe", "difference"]
MODES: tuple[Mode, ...] = ("side by side", "wipe", "difference")

_part = st.components.v2.component("atlas_viewer", css=style("viewer"), js=script("viewer"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pane:
    """One picture: its address (None: not here), its name, and what is said below it."""

    src: str | None
    name: str
    alt: str
    caption: str = ""


def viewer(
    panes: Sequence[Pane],
    *,
    key: str,
    mode: Mode = "side by side",
    pair: tuple[int, int] = (0, 1),
    title: str = "",
    ahead: Sequence[str] = (),
    steps: bool = True,
) -> int:
    """Show `panes`; -1 or 1 once when a person goes to the picture before or after, else 0.

    `pair` are the panes that wipe and difference compare; `ahead` are addresses to load early.
    Without `steps` there is no way to another picture.
    """
    data: dict[str, Any] = {
        "panes": [asdict(pane) for pane in panes],
        "mode": mode,
        "pair": list(pair),
        "title": title,
        "ahead": list(ahead),
        "steps": steps,
    }
    result = _part(data=data, key=key, on_step_change=lambda: None)
    step = getattr(result, "step", None)
    return int(step["by"]) if isinstance(step, dict) and step.get("by") in (-1, 1) else 0
