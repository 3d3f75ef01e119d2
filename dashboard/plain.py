"""Words from outside, shown as they are: in Markdown, in tables, in file formats."""

from __future__ import annotations

import re

__all__ = ["plain", "safe_cell"]

# What Streamlit's Markdown gives a meaning to, `:` of its directives and `$` of formulas included.
_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&^=])")


def plain(text: str) -> str:
    """`text` as Markdown that is shown letter by letter, on one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def safe_cell(text: str) -> str:
    """`text` as a cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
