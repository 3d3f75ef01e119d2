"""`zoo fetch`, `zoo convert` and `zoo export`: files of weights."""

from __future__ import annotations

from pathlib import Path

import click

from data.console import emit_json, home_option, say
from data.errors import UsageProblem, unknown
from data.paths import find_home
from zoo.cli.installed import installed
from zoo.registry import cards, names, resolve

__all__ = ["convert", "export", "fetch"]


@click.command()
@click.argument("pattern", nargs=-1, required=True)
@click.option(
    "--accept-licence",
    is_flag=True,
    help="Accept that the weights are for non-commercial use; asked and kept once.",
)
@home_option
def fetch(pattern: tuple[str, ...], accept_licence: bool, home: str | None) -> None:
    """Download weights before they are needed; prints name and file.

    PATTERN is model, model.weights, or with wildcards in quotes. Interrupted downloads go on,
    every file is checked, and its tensors are kept as safetensors in place of it.

    \b
    zoo fetch cyclegan.horse2zebra
    zoo fetch 'cyclegan.*'
    """
    from zoo.licence import accept
    from zoo.weights import locate

    folder = find_home(home)
    for name in _wanted(pattern):
        choice = resolve(name)
        if choice.weights is None:
            say(f"{name} has no weights of its own")
            continue
        if accept_licence:
            accept(choice.card.name, choice.weights, folder)
        with installed():  # torch reads what was downloaded
            file, _ = locate(choice, folder)
        click.echo(f"{name}\t{file}")


def _wanted(patterns: tuple[str, ...]) -> list[str]:
    found: list[str] = []
    for pattern in patterns:
        matches = names(pattern)
        if not matches:
            raise unknown("model", pattern, [*cards(), *names()], "zoo ls")
        found += [name for name in matches if name not in found]
    return found


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("target", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--only", default="", help="Of several generators in FILE, the one of this name.")
@click.option("--json", "as_json", is_flag=True, help="What the file is, as JSON.")
def convert(file: Path, target: Path | None, only: str, as_json: bool) -> None:
    """Tell what the checkpoint FILE is, and write its network to TARGET in our format.

    TARGET is a .safetensors file, which runs no code when it is read and says in its header what
    it holds. Generators that OpenMMLab trained take and give BGR: written, they take RGB.

    \b
    zoo convert latest_net_G_A.pth
    zoo convert latest_net_G_A.pth horse2zebra.safetensors
    zoo convert cyclegan_lsgan.pth zebra.safetensors --only generators.zebra
    """
    with installed():
        from zoo.convert import describe, write
    if target is not None and target.suffix != ".safetensors":
        raise UsageProblem(
            f"{target} is no .safetensors file", hint=f"name it {target.stem}.safetensors"
        )
    told = describe(file, only)
    if as_json:
        emit_json([told])
    else:
        for label, value in told.items():
            click.echo(f"{label:<14}{value}")
    if target is not None:
        write(file, target, only)
        say(f"written: {target}")


@click.command()
@click.argument("model")
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--format",
    "kind",
    type=click.Choice(["onnx", "torchscript"]),
    help="[default: by the suffix: .onnx, else torchscript]",
)
@home_option
def export(model: str, target: Path, kind: str | None, home: str | None) -> None:
    """Write the network of MODEL for other runtimes; any height and width, checked against ours.

    The file takes and gives float32 [N,3,H,W] in the network's own range, H and W multiples of
    its stride: both are told.

    \b
    zoo export ganilla ganilla.onnx
    zoo export cyclegan@latest_net_G_A.pth generator.pt
    """
    with installed():
        from zoo.export import export_model
    chosen = kind or ("onnx" if target.suffix.lower() == ".onnx" else "torchscript")
    told = export_model(model, target, chosen, find_home(home))
    click.echo(str(target))
    say(told)
