"""`bench features`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from bench.question import DEFAULT_METRICS, Question
from data.console import home_option, progress, say
from data.paths import find_home

__all__ = ["features"]


@click.command()
@click.option("--dataset", required=True, help="A data set's name or a folder.")
@click.option("--metrics", help=f"Those that will be asked; {DEFAULT_METRICS} by default.")
@click.option("--protocol", default="", help="Or the protocol that decides them.")
@click.option("--direction", type=click.Choice(["AtoB", "BtoA"]), help="Default: the card's.")
@click.option("--split", help="Default: test.")
@click.option("--size", type=click.IntRange(16), help="As it will be asked.")
@click.option("--shard", default="1/1", show_default=True, help="Part 2/8, or auto.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda:1, mps.")
@click.option("--batch", type=click.IntRange(1), default=32, show_default=True)
@click.option(
    "--weights-dir",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder with the weights of the extractors.",
)
@home_option
def features(
    dataset: str,
    metrics: str | None,
    protocol: str,
    direction: str | None,
    split: str | None,
    size: int | None,
    shard: str,
    device: str,
    batch: int,
    weights_dir: Path | None,
    home: str | None,
) -> None:
    """Take the features of a reference set before it is needed, each GPU its part.

    `bench run` finds them. All parts write into one home, at the same time if they like.

    \b
    bench features --dataset photo2toon --metrics kid-texture --shard 1/2
    """
    from bench.run import Machine
    from bench.sweep.references import extract_references
    from bench.sweep.shard import parse_shard
    from bench.workshop import Workshop

    question = Question(
        models=("identity",),
        dataset=dataset,
        metrics=metrics,
        protocol=protocol,
        direction=direction,
        split=split,
        size=size,
    )
    part = parse_shard(shard)
    workshop = Workshop(find_home(home).ready(), weights_dir)
    with progress() as bars:

        def begin(count: int) -> Callable[[int], None]:
            task = bars.add_task(f"references {part}", total=count, unit="img")
            return lambda done: bars.advance(task, done)

        count = extract_references(
            question, workshop, Machine(device=device, batch=batch), part, begin
        )
    say(f"features of {count} references, part {part}")
