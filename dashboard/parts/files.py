"""The script and the style of a part, from the files beside this one."""

from __future__ import annotations

from pathlib import Path

__all__ = ["script", "style"]

FOLDER = Path(__file__).parent


def script(name: str) -> str:
    """The JavaScript module of a part."""
    return (FOLDER / f"{name}.js").read_text(encoding="utf-8")


def style(name: str) -> str:
    """The style sheet of a part."""
    return (FOLDER / f"{name}.css").read_text(encoding="utf-8")
