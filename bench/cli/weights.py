"""`bench weights` and `bench fetch`: the files of extractors."""

from __future__ import annotations

from pathlib import Path

import click

from bench.features.extractor import ExtractorCard, WeightsFile, extractor_cards
from bench.metrics.registry import metric_cards
from bench.metrics.score import FIRST_USE
from data.console import emit_json, hint, home_option, say, table
from data.errors import unknown
from data.paths import Home, find_home

__all__ = ["fetch", "weights"]

folder_option = click.option(
    "--weights-dir",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder with the weights of the extractors.",
)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@folder_option
@home_option
def weights(as_json: bool, weights_dir: Path | None, home: str | None) -> None:
    """List the files that metrics need: whether they are here, their licences and checks.

    \b
    bench weights
    """
    where = find_home(home)
    rows = [
        {
            "extractor": card.name,
            "metrics": ",".join(
                m.name for m in metric_cards().values() if card.name in m.extractors
            ),
            "file": card.weights.file,
            "megabytes": round(card.weights.size / 1e6, 1) or None,
            "checked_by": _checked_by(card.weights, where),
            "here": _here(card.weights, where, weights_dir),
            "licence": card.weights.licence or None,
            "address": card.weights.addresses[0],
            "variable": card.weights.variable,
        }
        for card in extractor_cards().values()
        if card.weights is not None
    ]
    if as_json:
        emit_json(rows)
        return
    shown = ["extractor", "metrics", "megabytes", "checked_by", "here", "licence"]
    table(shown, [["" if row[k] is None else str(row[k]) for k in shown] for row in rows])
    hint("bench fetch EXTRACTOR or METRIC; all about them: bench weights --json")


def _checked_by(wanted: WeightsFile, home: Home) -> str:
    from zoo.trust import recorded

    if wanted.yours:
        return "its card"
    if wanted.digest:
        return "sha256 of its tensors"
    if wanted.verifiable:
        return "sha256"
    first = recorded(home.weights / wanted.file)
    return f"{FIRST_USE}: {first[:16]}…" if first else "nobody yet: the first use will be trusted"


def _here(wanted: WeightsFile, home: Home, folder: Path | None) -> str | None:
    import os

    from bench.features.weights import here

    if named := os.environ.get(wanted.variable):
        return f"{wanted.variable}={named}"
    found = here(wanted, home, folder)
    return str(found) if found else None


@click.command()
@click.argument("names", nargs=-1, required=True, metavar="EXTRACTOR|METRIC …")
@folder_option
@home_option
def fetch(names: tuple[str, ...], weights_dir: Path | None, home: str | None) -> None:
    """Download what extractors or metrics need before it is needed; prints name, sha256 and file.

    Every file is checked. Where nobody gave a sha256, that of the first file is kept and shown,
    and from then on another one is refused.

    \b
    bench fetch dino-structure cmmd
    """
    from bench.features.weights import find

    where = find_home(home).ready()
    for card in _wanted(names):
        found = find(card, where, weights_dir)
        if found.path is None:
            say(f"{card.name} needs no weights")
            continue
        note = "" if found.published else "\tnot the published file"
        click.echo(f"{card.name}\t{found.sha256}\t{found.path}{note}")


def _wanted(names: tuple[str, ...]) -> list[ExtractorCard]:
    cards, metrics = extractor_cards(), metric_cards()
    found: dict[str, ExtractorCard] = {}
    for name in names:
        if name not in cards and name not in metrics:
            raise unknown("extractor or metric", name, [*cards, *metrics], "bench weights")
        wanted = (name,) if name in cards else metrics[name].extractors
        if not wanted:
            say(f"{name} needs no weights")
        found |= {one: cards[one] for one in wanted}
    return list(found.values())
