"""`zoo translate`: pictures, folders, patterns, videos, and PNG from one program to another."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from data.console import fail, home_option, progress, say, warn
from data.errors import AtlasError, UsageProblem
from zoo.cli.installed import installed
from zoo.registry import resolve
from zoo.style_options import style_options
from zoo.tileable import check_tiles

if TYPE_CHECKING:
    from zoo.translator import Translator

__all__ = ["translate"]

PRECISION = click.Choice(["auto", "float32", "bfloat16"])
VIDEOS = frozenset({".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpg", ".ts", ".webm"})


@click.command()
@click.option("--model", required=True, help="model, model.weights or model@FILE.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, mps.")
@click.option("--precision", type=PRECISION, default="auto", show_default=True)
@click.option("--batch", type=click.IntRange(1), default=4, show_default=True, help="Pictures.")
@click.option(
    "--stochastic",
    is_flag=True,
    help="Translate as the pix2pix paper does (1611.07004, §3.3): dropout stays on, and batch norm "
    "uses the statistics of the picture at hand.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**31 - 1),
    help="Of --stochastic and of painting from noise: another, another answer.",
)
@click.option(
    "--outputs",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Answers to each picture of a model that draws them (MUNIT, UNIT, pix2pix), in a folder "
    "or with a name for each seed.",
)
@click.option(
    "--tile",
    type=click.IntRange(64),
    help="For pictures larger than memory: pixels a side of what is in the network at once. The "
    "result is the same, the time many times longer.",
)
@click.option(
    "--compare",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write sources beside translations into this picture, too.",
)
@style_options
@home_option
@click.argument("source", type=click.Path(path_type=Path, allow_dash=True))
@click.argument("target", type=click.Path(path_type=Path, allow_dash=True))
def translate(
    source: Path,
    target: Path,
    tile: int | None,
    batch: int,
    compare: Path | None,
    outputs: int,
    **options: Any,
) -> int:
    """Translate SOURCE into TARGET: a picture, a folder, a pattern in quotes or a video.

    Any size; names are kept, outputs are lossless PNG unless TARGET is a file name with another
    suffix. Colours follow the profile in the file, transparency is kept. Unreadable pictures are
    skipped and reported (exit code 3); sources are never written over. As `-`, SOURCE and TARGET
    are streams of PNG pictures.

    \b
    zoo translate --model ganilla photo.jpg illustration.png
    zoo translate --model cyclegan@latest_net_G_A.pth photos/ out/
    zoo translate --model adain --style painting.jpg --strength 0.8 photo.jpg out.png
    zoo translate --model cyclegan --compare look.png 'photos/**/*.jpg' out/
    zoo translate --model munit@latest_net_G_A.safetensors --outputs 10 photos/ out/
    zoo translate --model ganilla film.mp4 cartoon.mp4
    """
    if outputs > 1:
        options["stochastic"] = True
    if options["seed"] is not None and not options["stochastic"] and not options["style"]:
        raise UsageProblem("--seed decides nothing here", hint="add --stochastic")
    if (str(source) == "-") != (str(target) == "-"):
        raise UsageProblem("- stands for both or for neither", hint="zoo translate … - - <in >out")
    if str(source) == "-":
        return _stream(_loaded(tile, options))
    if source.suffix.lower() in VIDEOS and source.is_file():
        return _video(source, target, batch, tile, options)
    return _pictures(source, target, batch, tile, compare, options, outputs)


def _loaded(tile: int | None, options: dict[str, Any]) -> Translator:
    from zoo import load

    model, given = options["model"], {k: v for k, v in options.items() if k != "model"}
    if tile:
        check_tiles(resolve(model), options["stochastic"])
    with installed():
        return replace(load(model, **{**given, "seed": given["seed"] or 0}), tile=tile or 0)


def _stream(translator: Translator) -> int:
    from zoo.stream import translate_stream

    count = translate_stream(translator, sys.stdin.buffer, sys.stdout.buffer)
    say(f"{count} pictures translated")
    return 0


def _video(
    source: Path, target: Path, batch: int, tile: int | None, options: dict[str, Any]
) -> int:
    from zoo.translate import check_target
    from zoo.video import count_frames, translate_video

    check_target(source, target)
    total = count_frames(source)
    translator = _loaded(tile, options)
    with progress() as bars:
        task = bars.add_task(f"translate {translator.name}", total=total, unit="frames")
        done = translate_video(translator, source, target, batch, lambda n: bars.advance(task, n))
    say(f"{done.frames} frames translated to {target}")
    if done.broken:
        places = ", ".join(f"{second:.2f} s" for second in done.broken[:5])
        warn(f"{len(done.broken)} frames could not be decoded and were left out: at {places}")
    return 3 if done.broken else 0


def _pictures(
    source: Path,
    target: Path,
    batch: int,
    tile: int | None,
    compare: Path | None,
    options: dict[str, Any],
    outputs: int,
) -> int:
    from zoo.compare import Sheet
    from zoo.outputs import spread
    from zoo.translate import plan
    from zoo.translate import translate as run

    first = options["seed"] or 0
    parts = spread(plan(source, target), target, range(first, first + outputs))
    jobs = [job for part in parts.values() for job in part]
    loaded = _loaded(tile, options)
    sheet = Sheet() if compare else None
    with progress() as bars:
        task = bars.add_task(f"translate {loaded.name}", total=len(jobs), unit="img")
        if tile:
            part = bars.add_task("tiles of one picture", total=None, unit="tiles")
            loaded.report = lambda done, all_: bars.update(part, completed=done, total=all_)
        bad = []
        for seed, part_of in parts.items():
            drawn = replace(loaded, seed=seed)
            bad += run(drawn, part_of, batch, lambda: bars.advance(task), sheet)
    for problem in bad:
        warn(f"skipped: {problem.message}")
    say(f"{len(jobs) - len(bad)} of {len(jobs)} pictures translated to {target}")
    if len(bad) == len(jobs):
        fail(AtlasError("no picture could be read"))
        return 1
    if compare and sheet:
        sheet.write(compare)
        say(f"sources beside translations: {compare}")
    return 3 if bad else 0
