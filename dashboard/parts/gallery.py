"""Thumbnails that load when they come into view, each a button or a link to the whole picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from dashboard.parts.files import script, style

__all__ = ["gallery"]

_part = st.components.v2.component("atlas_gallery", css=style("gallery"), js=script("gallery"))


def gallery(cells: Sequence[dict[str, Any]], key: str, pick: bool = False) -> str | None:
    """Show cells of `src`, `full`, `alt`, `label`, and for `pick` an `id`.

    With `pick`, a click gives the cell's id back once; else it opens the whole picture.
    """
    result = _part(
        data={"cells": list(cells), "pick": pick}, key=key, on_picked_change=lambda: None
    )
    picked = getattr(result, "picked", None)
    return str(picked) if picked else None
