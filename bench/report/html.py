"""Small pieces of HTML; every text goes through `text`, so none of it is ever markup."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = ["definitions", "figure", "grid", "notes", "table", "text"]

THUMBNAIL = 192  # pixels of the longer side


def text(value: Any) -> str:
    """Text from anywhere as HTML that shows it."""
    return html.escape("".join(c if c.isprintable() or c == "\n" else "�" for c in str(value)))


def table(titles: Sequence[str], rows: Iterable[Sequence[str]], words: int) -> str:
    """A table of cells that are HTML already; the first `words` columns are text."""
    kind = [' class="text"' if i < words else "" for i in range(len(titles))]
    head = "".join(f"<th{k}>{text(t)}</th>" for k, t in zip(kind, titles, strict=True))
    body = "\n".join(
        "<tr>" + "".join(f"<td{k}>{c}</td>" for k, c in zip(kind, row, strict=True)) + "</tr>"
        for row in rows
    )
    # A region that scrolls has to be reachable by keyboard.
    return (
        '<div class="scroll" tabindex="0" role="region" aria-label="table"><table>'
        f"<thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table></div>"
    )


def notes(lines: Iterable[str]) -> str:
    """A list of remarks."""
    return '<ul class="notes">' + "".join(f"<li>{text(line)}</li>" for line in lines) + "</ul>"


def definitions(facts: Mapping[str, Any]) -> str:
    """Names with what they are."""
    rows = "".join(f"<dt>{text(name)}</dt><dd>{text(value)}</dd>" for name, value in facts.items())
    return f"<dl>{rows}</dl>"


def grid(figures: Iterable[str]) -> str:
    """Figures side by side, as many as fit."""
    return f'<div class="grid">{"".join(figures)}</div>'


def figure(path: Path | None, caption: str, alt: str) -> str:
    """A small copy of a picture inside the page; says so where the picture is not here."""
    source = None if path is None else _thumbnail(path)
    shown = (
        f'<img src="{source}" alt="{text(alt)}" loading="lazy">'
        if source
        else "<p class='note'>not on this machine</p>"
    )
    return f"<figure>{shown}<figcaption>{text(caption)}</figcaption></figure>"


def _thumbnail(path: Path) -> str | None:
    from PIL import Image

    from data.errors import BadImage
    from data.images import decode

    try:
        picture = Image.fromarray(decode(path))
    except BadImage:
        return None
    picture.thumbnail((THUMBNAIL, THUMBNAIL), Image.Resampling.BICUBIC)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=88)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()
