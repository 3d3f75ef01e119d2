"""`zoo derive`."""

from __future__ import annotations

from pathlib import Path

import click

from data.console import fail, progress, say, warn
from data.derive import KINDS, plan_pairs
from data.derive import derive as run
from data.errors import AtlasError

__all__ = ["derive"]


@click.command()
@click.argument("kind", type=click.Choice(list(KINDS)))
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@click.option(
    "--size",
    type=click.IntRange(16),
    default=512,
    show_default=True,
    help="Pixels of the shorter side of larger photographs.",
)
def derive(kind: str, folder: Path, out: Path, size: int) -> int:
    """Make a paired data set OUT of the photographs in FOLDER: from grey or from edges to photo.

    \b
    zoo derive colourise photos/ photos-colourise/
    zoo derive edges photos/ photos-edges/
    zoo train pix2pix --dataset photos-edges/
    """
    pairs = plan_pairs(folder, out)
    with progress() as bars:
        task = bars.add_task(kind, total=len(pairs), unit="img")
        bad = run(kind, pairs, size, lambda: bars.advance(task))
    for problem in bad:
        warn(f"skipped: {problem.message}")
    say(f"{len(pairs) - len(bad)} of {len(pairs)} pairs written to {out}")
    if len(bad) == len(pairs):
        fail(AtlasError("no picture could be read"))
        return 1
    say(f"next: zoo train pix2pix --dataset {out}")
    return 3 if bad else 0
