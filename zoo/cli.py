"""The `zoo` command."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click

from data.console import Group, emit_json, fail, home_option, progress, say, table, warn
from data.errors import AtlasError, UsageProblem
from data.paths import find_home
from zoo.card import Card
from zoo.recipe import Recipe
from zoo.registry import card as find_card
from zoo.registry import cards, names

__all__ = ["main"]

PRECISION = click.Choice(["auto", "float32", "bfloat16"])


@click.group(cls=Group)
@click.version_option(package_name="i2i-atlas")
def main() -> None:
    """Image-to-image translation models: list, translate, train.

    \b
    zoo ls
    zoo translate --model cyclegan photo.jpg toon.png
    zoo train pix2pix --dataset facades --direction BtoA
    """


@main.command()
@click.argument("pattern", default="*")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def ls(pattern: str, as_json: bool) -> None:
    """List models and weights; PATTERN takes wildcards ('cyclegan.*')."""
    rows = [_row(name) for name in names(pattern)]
    if as_json:
        emit_json(rows)
        return
    columns = ["name", "task", "paper", "source", "target", "licence", "size"]
    table(columns, [[_cell(row[column]) for column in columns] for row in rows])
    say(f"{len(rows)} models; more about one: zoo show NAME")


def _row(name: str) -> dict[str, Any]:
    model, _, wanted = name.partition(".")
    entry = cards()[model]
    weights = next((w for w in entry.weights if w.name == wanted), None)
    return {
        "name": name,
        "title": entry.title,
        "task": entry.task,
        "paper": entry.paper,
        "source": weights.source if weights else "",
        "target": weights.target if weights else "",
        "licence": weights.licence if weights else entry.licence,
        "size": weights.size if weights else 0,
        "bundled": bool(weights and weights.bundled),
    }


def _cell(value: Any) -> str:
    if isinstance(value, int):
        return f"{value / 1e6:.1f} MB" if value else ""
    return str(value)


@main.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="The whole card as JSON.")
def show(name: str, as_json: bool) -> None:
    """Show one model: paper, licence, weights and how they were made."""
    entry = find_card(name.partition("@")[0].partition(".")[0])
    if as_json:
        emit_json(asdict(entry))
        return
    for label, value in _facts(entry):
        click.echo(f"{label:<12}{value}")


def _facts(entry: Card) -> list[tuple[str, str]]:
    facts = [
        ("name", entry.name),
        ("title", entry.title),
        ("paper", f"arXiv {entry.paper}" if entry.paper else "–"),
        ("task", entry.task),
        ("licence", entry.licence),
        ("code", entry.code or "–"),
        ("stride", f"{entry.stride} px"),
        ("summary", entry.summary),
    ]
    for w in entry.weights:
        options = ", ".join(f"{k}={v}" for k, v in w.architecture["options"].items())
        facts += [
            ("weights", f"{entry.name}.{w.name}: {w.source} to {w.target}, {w.size / 1e6:.1f} MB"),
            ("", f"{w.architecture['kind']}({options}), licence {w.licence}"),
            ("", f"sha256 {w.sha256}"),
            ("", f"made by: {w.recipe}" if w.recipe else w.note),
        ]
    if not entry.weights and not entry.weightless:
        facts.append(("weights", f"none yet: {entry.name}@FILE, or zoo train {entry.name}"))
    return facts


@main.command()
@click.option("--model", required=True, help="model, model.weights or model@FILE.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, mps.")
@click.option("--precision", type=PRECISION, default="auto", show_default=True)
@click.option("--batch", type=click.IntRange(1), default=4, show_default=True, help="Pictures.")
@home_option
@click.argument("source", type=click.Path(path_type=Path))
@click.argument("target", type=click.Path(path_type=Path))
def translate(
    model: str,
    device: str,
    precision: str,
    batch: int,
    home: str | None,
    source: Path,
    target: Path,
) -> int:
    """Translate the picture or folder SOURCE into TARGET.

    Any size; names are kept, outputs are lossless PNG unless TARGET is a file name with another
    suffix. Unreadable pictures are skipped and reported (exit code 3).

    \b
    zoo translate --model ganilla photo.jpg illustration.png
    zoo translate --model cyclegan@latest_net_G_A.pth photos/ out/
    """
    from zoo.translate import plan
    from zoo.translate import translate as run

    jobs = plan(source, target)
    loaded = _load(model, device, precision, home)
    with progress() as bars:
        task = bars.add_task(f"translate {loaded.name}", total=len(jobs), unit="img")
        try:
            bad = run(loaded, jobs, batch, lambda: bars.advance(task))
        except FloatingPointError as problem:
            raise AtlasError(str(problem), hint="zoo show, or another checkpoint") from problem
    for path, reason in bad:
        warn(f"skipped {path}: {reason}")
    say(f"{len(jobs) - len(bad)} of {len(jobs)} pictures translated to {target}")
    if len(bad) == len(jobs):
        fail(AtlasError("no picture could be read"))
        return 1
    return 3 if bad else 0


def _load(model: str, device: str, precision: str, home: str | None) -> Any:
    from zoo import load

    try:
        return load(model, device=device, precision=precision, home=home)
    except ModuleNotFoundError as problem:
        raise AtlasError(
            f"{problem.name} is not installed", hint="pip install 'i2i-atlas[zoo]'"
        ) from problem


@main.command()
@click.argument("model")
@click.option("--dataset", required=True, help="A data set's name or a folder.")
@click.option("--direction", type=click.Choice(["AtoB", "BtoA"]), default="AtoB")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Output folder.")
@click.option("--epochs", type=click.IntRange(0), help="At the full learning rate.")
@click.option("--decay-epochs", type=click.IntRange(0), help="Then linearly to zero.")
@click.option("--batch", type=click.IntRange(1), help="Pictures a step and device.")
@click.option("--load", type=click.IntRange(16), help="Resize to this square, in pixels.")
@click.option("--crop", type=click.IntRange(16), help="Crop at random to this square.")
@click.option("--width", type=click.IntRange(1), help="Channels of the generator's first layer.")
@click.option("--blocks", type=click.IntRange(1), help="Residual blocks (ResNet generator).")
@click.option("--depth", type=click.IntRange(3), help="Downsamplings (U-Net generator).")
@click.option("--discriminator-width", type=click.IntRange(1), help="Channels of its first layer.")
@click.option("--discriminator-layers", type=click.IntRange(1), help="3 judge 70×70 pixels.")
@click.option("--learning-rate", type=float)
@click.option("--seed", type=int)
@click.option("--precision", type=click.Choice(["32-true", "bf16-mixed"]))
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda", "mps"]), default="auto")
@click.option("--devices", type=click.IntRange(1), default=1, show_default=True)
@click.option("--save-every", type=click.IntRange(0), default=0, help="Steps; 0: every epoch.")
@home_option
def train(
    model: str, dataset: str, direction: str, home: str | None, out: Path | None, **options: Any
) -> None:
    """Train MODEL on the train split of a data set, as its paper does, and export it.

    Killed or interrupted, the same command goes on from its last checkpoint.

    \b
    zoo train cyclegan --dataset photo2toon --epochs 20 --decay-epochs 20
    zoo train pix2pix --dataset ./facades --direction BtoA --load 143 --crop 128 --depth 7
    """
    from data.datasets import load_dataset

    entry = find_card(model)
    if entry.recipe is None:
        raise UsageProblem(f"'{model}' cannot be trained", hint="zoo ls")
    place_options = {key: options.pop(key) for key in ("device", "devices", "save_every")}
    where = find_home(home)
    data = load_dataset(dataset, where)
    folder = out or where.root / "training" / f"{model}-{data.name}-{direction}"
    recipe = _recipe(entry.recipe, options)
    _train(entry, recipe, data, direction, folder, place_options)


def _train(
    entry: Card, recipe: Recipe, data: Any, direction: str, out: Path, options: dict[str, Any]
) -> None:
    try:
        from zoo.train.run import Place, train_model
    except ModuleNotFoundError as problem:
        raise AtlasError(
            f"{problem.name} is not installed", hint="pip install 'i2i-atlas[zoo]'"
        ) from problem
    accelerator = options.pop("device")
    place = Place(out=out, accelerator=accelerator, **options)
    files = train_model(entry, recipe, data, direction, place)
    for name, path in files.items():
        click.echo(f"{name}\t{path}")
    if files:
        say(f"next: zoo translate --model {entry.name}@{next(iter(files.values()))} IN OUT")


def _recipe(recipe: Recipe, options: dict[str, Any]) -> Recipe:
    given = {key: value for key, value in options.items() if value is not None}
    generator = dict(recipe.generator_options)
    generator |= {key: given.pop(key) for key in ("width", "blocks", "depth") if key in given}
    discriminator = dict(recipe.discriminator_options)
    for key in ("width", "layers"):
        if f"discriminator_{key}" in given:
            discriminator[key] = given.pop(f"discriminator_{key}")
    return replace(
        recipe, generator_options=generator, discriminator_options=discriminator, **given
    )


@main.command()
@home_option
def path(home: str | None) -> None:
    """Print the folder where weights are kept."""
    click.echo(find_home(home).weights)
