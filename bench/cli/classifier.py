"""`bench classifier train` and `score`: GANILLA's own measures, on pictures that you provide."""

from __future__ import annotations

from pathlib import Path

import click

from bench.cli.shown import json_option
from data.console import echo, emit_json, progress, say, table, warn
from data.errors import UsageProblem

__all__ = ["classifier"]


@click.group()
def classifier() -> None:
    """Train GANILLA's content or style classifier, and score translated pictures with it.

    \b
    bench classifier train content ./sun --out content.safetensors --pretrained resnet50.pth
    bench classifier score content.safetensors ./outputs
    bench classifier card content.safetensors --sources ./sun-test --out content.toml
    """


@classifier.command()
@click.argument("kind", type=click.Choice(["content", "style"]))
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--pretrained",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="torchvision's ImageNet weights of the network; without, it starts from nothing.",
)
@click.option("--steps", type=click.IntRange(1), default=2000, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
def train(
    kind: str, folder: Path, out: Path, pretrained: Path | None, steps: int, seed: int
) -> None:
    """Train on FOLDER, which has a folder of pictures for each class.

    \b
    bench classifier train style ./illustrators --out style.safetensors
    """
    from bench.classifiers.network import save
    from bench.classifiers.network import train as fit
    from bench.classifiers.recipe import labelled, recipe_of

    recipe, pictures = recipe_of(kind), labelled(folder)
    if len(pictures) < 2:
        raise UsageProblem("one class is nothing to tell apart", hint="a folder for each class")
    if len(pictures) != recipe.classes:
        warn(f"{len(pictures)} classes; GANILLA's {kind} classifier has {recipe.classes}")
    with progress() as bars:
        task = bars.add_task(f"{kind} classifier", total=steps, unit="step")
        found = fit(recipe, pictures, steps, seed, pretrained, lambda: bars.advance(task))
    say(f"sha256 {save(found, out)}")
    echo(str(out))


@classifier.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--label", default="", help="The class that every output should have.")
@click.option(
    "--sources",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Or the source pictures, a folder for each class.",
)
def card(file: Path, out: Path, label: str, sources: Path | None) -> None:
    """Say which class outputs should have by the classifier in FILE, for bench run.

    \b
    bench classifier card style.safetensors --label miyazaki --out style.toml
    bench classifier card content.safetensors --sources ./sun-test --out content.toml
    ATLAS_STYLE_CLASSIFIER=style.toml ATLAS_CONTENT_CLASSIFIER=content.toml \\
      bench run --protocol classic/ganilla --models ganilla --dataset ./set
    """
    from bench.classifiers.card import by_folder, write_card
    from bench.classifiers.network import load

    if bool(label) == (sources is not None):
        raise UsageProblem("say either --label or --sources", hint="bench classifier card --help")
    found, pictures = load(file), by_folder(sources) if sources else {}
    strange = sorted(({label} if label else set(pictures.values())) - set(found.classes))
    if strange:
        raise UsageProblem(
            f"no class of the classifier: {', '.join(strange)}",
            hint=f"its classes: {', '.join(found.classes)}",
        )
    write_card(out, file, label, pictures)
    say(f"ATLAS_{found.recipe.kind.upper()}_CLASSIFIER={out} bench run --protocol classic/ganilla")
    echo(str(out))


@classifier.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--label", help="The class of all pictures, where FOLDER has them directly.")
@json_option
def score(file: Path, folder: Path, label: str | None, as_json: bool) -> None:
    """F1 by class and mean accuracy of the pictures in FOLDER, by the classifier in FILE.

    \b
    bench classifier score style.safetensors ./outputs --label miyazaki
    """
    from bench.classifiers.network import load, name
    from bench.classifiers.recipe import labelled
    from bench.classifiers.score import score as compare
    from data.images import find_images

    found = load(file)
    pictures = labelled(folder) if label is None else {label: find_images(folder)}
    strange = sorted(set(pictures) - set(found.classes))
    if strange or not any(pictures.values()):
        raise UsageProblem(
            f"no class of the classifier: {', '.join(strange)}" if strange else "no pictures",
            hint=f"its classes: {', '.join(found.classes)}",
        )
    true = [label for label, paths in pictures.items() for _ in paths]
    told = compare(
        found.classes, true, name(found, [p for paths in pictures.values() for p in paths])
    )
    if as_json:
        emit_json({"classifier": found.recipe.kind, "sha256": found.sha256, **told.to_json()})
        return
    table(["class", "F1"], [[k, "" if v is None else f"{v:.3f}"] for k, v in told.f1.items()])
    say(f"mean accuracy {told.accuracy:.3f} [{told.low:.3f}, {told.high:.3f}], n = {told.n}")
    say(f"classifier {found.recipe.kind}, sha256 {found.sha256}")
