"""Writing the static copy: one page of leaderboards, one of pictures for each of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from bench.leaderboard import Table
from dashboard.export.page import gallery, leaderboard, page
from dashboard.load import Board, board, datasets, picture
from dashboard.load.shots import Shot, shots
from data.datasets import list_datasets
from data.errors import AtlasError, BadImage
from data.files import write_bytes, write_text
from data.images import decode, encode

__all__ = ["Exported", "export"]

SHOTS = 24  # source pictures of each table
MODELS = 8  # the best ones
SHOWN = {".gif", ".jpeg", ".jpg", ".png", ".webp"}  # by browsers
PICTURES = "pictures"


@dataclass(slots=True)
class Exported:
    """What was written, and what a person should know before showing it."""

    tables: int = 0
    pictures: int = 0
    notes: list[str] = field(default_factory=list)


def export(folder: Path) -> Exported:
    """Write `index.html`, a page of pictures for each table, and the pictures.

    Raises AtlasError when nothing is measured, StorageProblem when the folder cannot be written.
    """
    found, sections = Exported(), list[str]()
    for name in datasets():
        opened = board(name)
        for table in opened.tables:
            if table.rows:
                sections.append(leaderboard(table, _pictures(folder, opened, table, found)))
                found.tables += 1
    if not sections:
        raise AtlasError(
            "nothing is measured yet",
            hint="bench run --models ganilla,cyclegan,pix2pix,identity --dataset photo2toon",
        )
    lead = f"<p>{found.tables} questions; each table is sorted by a click on a title.</p>"
    write_text(folder / "index.html", page("Leaderboards", lead, sections))
    return found


def _pictures(folder: Path, opened: Board, table: Table, found: Exported) -> str | None:
    """The page of a table's pictures, beside the index; None where none is on this machine."""
    models = [row.model for row in table.rows[:MODELS]]
    here = [shot for shot in shots(opened, table, models) if shot.here][:SHOTS]
    if not here:
        return None
    rows = [(shot, _cells(folder, shot, models, found)) for shot in here]
    asked = table.question
    key = hashlib.sha256(repr(sorted(asked.items(), key=str)).encode()).hexdigest()[:8]
    name = f"pictures-{key}.html"
    licence = _licence(str(asked["dataset"]))
    note = f"pictures of {asked['dataset']}: {licence}"
    if note not in found.notes:
        found.notes.append(note)
    lead = f'<p>{escape(licence)} <a href="index.html">All leaderboards</a></p>'
    title = f"Pictures of {asked['dataset']}, {asked['direction']}"
    write_text(folder / name, page(title, lead, gallery(rows)))
    return name


def _licence(dataset: str) -> str:
    card = list_datasets().get(dataset)
    if card is None:
        return "their licence is not known here; see that you may show them."
    return f"their licence is: {card.licence}."


def _cells(
    folder: Path, shot: Shot, models: list[str], found: Exported
) -> list[tuple[str, str, str]]:
    named = [("source", shot.source)] + [(m, shot.outputs.get(m)) for m in models]
    cells = []
    for name, relative in [*named, ("true answer", shot.target)]:
        file = _copy(folder, picture(relative), found)
        if file:
            scores = shot.scores.get(name, {})
            said = " · ".join(f"{k} {v:.3g}" for k, v in sorted(scores.items()))
            cells.append((name, file, said))
    return cells


def _copy(folder: Path, path: Path | None, found: Exported) -> str | None:
    """A picture beside the page, named by its content; None for one that is absent or damaged."""
    if path is None:
        return None
    try:
        decoded = decode(path)
        content = path.read_bytes()
    except (BadImage, OSError):
        return None
    suffix = path.suffix.lower()
    name = hashlib.sha256(content).hexdigest()[:16] + (suffix if suffix in SHOWN else ".png")
    target = folder / PICTURES / name
    if not target.exists():
        if suffix in SHOWN:
            write_bytes(target, content)
        else:
            encode(target, decoded)
        found.pictures += 1
    return f"{PICTURES}/{name}"
