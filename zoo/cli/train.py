"""`zoo train`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from data.console import home_option, say
from data.paths import find_home
from zoo.ask import Duration, recipe_of, recipe_options
from zoo.cli.installed import installed
from zoo.registry import card as find_card

__all__ = ["train"]


@click.command()
@click.argument("model")
@click.option("--dataset", required=True, help="A data set's name or a folder.")
@click.option(
    "--direction",
    type=click.Choice(["AtoB", "BtoA"]),
    help="[default: the data set's own, AtoB where it says none]",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for checkpoint, log and results. [default: under the home]",
)
@recipe_options
@click.option(
    "--compile/--no-compile",
    default=None,
    help="Networks by torch.compile: minutes at the start, faster steps on a GPU. [default: no]",
)
@click.option(
    "--device", type=click.Choice(["auto", "cpu", "cuda", "mps"]), default="auto", show_default=True
)
@click.option(
    "--devices", type=click.IntRange(1), default=1, show_default=True, help="How many of them."
)
@click.option(
    "--nodes", type=click.IntRange(1), default=1, show_default=True, help="Machines, by torchrun."
)
@click.option(
    "--save-every",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Steps from one checkpoint to the next; 0: once an epoch.",
)
@click.option(
    "--validate-every",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Steps from one score of the val or test split, with a sheet of samples, to the next; "
    "0: none.",
)
@click.option(
    "--validate-with",
    default="fid-texture",
    show_default=True,
    help="What scores; the best generators are kept beside the last.",
)
@click.option(
    "--export",
    type=click.Choice(["last", "best"]),
    default="last",
    show_default=True,
    help="Which of them are printed; papers often report the best.",
)
@click.option(
    "--max-time", type=Duration(), help="Stop after 90s, 45m or 1.5h, to be gone on with."
)
@click.option(
    "--tensorboard", is_flag=True, help="Write losses and scores for TensorBoard as well."
)
@home_option
def train(
    model: str,
    dataset: str,
    direction: str | None,
    home: str | None,
    out: Path | None,
    device: str,
    max_time: float | None,
    config: Path | None,
    **options: Any,
) -> int:
    """Train MODEL on the train split of a data set, as its paper does, and export it.

    Killed, interrupted or stopped by --max-time (exit code 3), the same command goes on from its
    last checkpoint.

    \b
    zoo train cyclegan --dataset photo2toon --epochs 20 --decay-epochs 20
    zoo train pix2pix --dataset ./facades --direction BtoA --load 143 --crop 128 --depth 7
    zoo train cut --dataset ./photo2toon --config small.toml --validate-every 500 --max-time 2h
    """
    from data.datasets import load_dataset

    entry = find_card(model)
    kept = ("devices", "nodes", "save_every", "validate_every", "validate_with", "export")
    where = {name: options.pop(name) for name in (*kept, "tensorboard")}
    recipe = recipe_of(entry, options, config)
    with installed():
        from zoo.train.run import Place, train_model
        from zoo.weights import looking_in
    base = find_home(home)
    data = load_dataset(dataset, base)
    aim = direction or data.default_direction
    folder = out or base.root / "training" / f"{model}-{data.name}-{aim}"
    cache = base.root / "training" / "pictures"
    seconds = max_time or 0.0
    place = Place(out=folder, accelerator=device, seconds=seconds, cache=cache, **where)
    with looking_in(base):
        trained = train_model(entry, recipe, data, aim, place)
    for name, file in trained.files.items():
        click.echo(f"{name}\t{file}")
    if trained.files:
        say(f"next: zoo translate --model {entry.name}@{next(iter(trained.files.values()))} IN OUT")
    return 0 if trained.complete else 3
