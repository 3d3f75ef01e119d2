"""`bench run`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bench.cli.shown import outcome
from bench.question import DEFAULT_METRICS, SEED, Question
from bench.records import Record
from bench.running import Asked, noted
from data.console import home_option, progress, say, table
from data.errors import AtlasError, UsageProblem
from data.paths import Home, find_home

if TYPE_CHECKING:
    from bench.engines.engine import Engine, Setting
    from bench.sweep.plan import Job

__all__ = ["run"]


@click.command()
@click.argument("suite", required=False, type=click.Path(exists=True, dir_okay=False))
@click.option("--models", help="Comma list; model, model.weights, model@FILE, *.")
@click.option("--dataset", help="A data set's name or a folder.")
@click.option("--metrics", help=f"Comma list; {DEFAULT_METRICS} where nothing is said.")
@click.option("--protocol", default="", help="Measure by a frozen protocol: bench protocols.")
@click.option("--direction", type=click.Choice(["AtoB", "BtoA"]), help="Default: the card's.")
@click.option("--split", help="Default: test.")
@click.option("--size", type=click.IntRange(16), help="Resize all pictures to this square.")
@click.option("--limit", type=click.IntRange(2), help="Measure this many sources.")
@click.option(
    "--seed", type=click.IntRange(0), help=f"Of --limit and of resampling; default {SEED}."
)
@click.option("--training-seeds", default="", help="Put where a model says {seed}: 1,2,3.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, mps.")
@click.option(
    "--precision", type=click.Choice(["auto", "float32", "bfloat16"]), help="Default: auto."
)
@click.option("--batch", type=click.IntRange(1), default=8, show_default=True)
@click.option(
    "--weights-dir",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder with the weights of Inception and AlexNet.",
)
@click.option("--skip-bad", is_flag=True, help="Leave out unreadable pictures.")
@click.option("--force", is_flag=True, help="Measure again what is recorded.")
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Processes.")
@click.option("--shard", default="", help="Part 2/8 of the cells; auto from Slurm or Kubernetes.")
@click.option("--engine", default="local", show_default=True, help="local, ray, submitit.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and what it costs.")
@home_option
def run(
    suite: str | None,
    home: str | None,
    weights_dir: Path | None,
    force: bool,
    jobs: int,
    shard: str,
    engine: str,
    dry_run: bool,
    **asked: Any,
) -> int:
    """Measure models; what is recorded already is not done again.

    A model that fails leaves a record of its error and the others go on (exit code 3).
    Interrupted, the same command goes on where it stopped. A SUITE is a TOML file with lists of
    models, datasets, directions and seeds.

    \b
    bench run --models 'cyclegan.*' --dataset photo2toon --metrics fid-texture,kid-texture
    bench run --models pix2pix@latest_net_G.pth --dataset ./facades --direction BtoA --size 256
    bench run suite.toml --jobs 2
    """
    from bench.engines.engine import Setting
    from bench.run import Machine

    machine = Machine(device=asked.pop("device"), batch=asked.pop("batch"))
    where = find_home(home).ready()
    setting = Setting(
        home=str(where.root), machine=machine, weights_dir=weights_dir, force=force, workers=jobs
    )
    questions = _questions(suite, asked)
    if dry_run:
        return _dry(questions, where, weights_dir, force, shard)
    return _measure(questions, where, setting, engine, shard)


def _questions(suite: str | None, asked: dict[str, Any]) -> list[Question]:
    if suite is not None:
        from bench.sweep.suite import read_suite

        beside = [
            name for name, value in asked.items() if value not in (None, "") and value is not False
        ]
        if beside:
            raise UsageProblem(f"the suite decides {', '.join(beside)}", hint=f"edit {suite}")
        return read_suite(Path(suite))
    seeds = asked.pop("training_seeds")
    for name in ("models", "dataset"):
        if asked[name] is None:
            raise UsageProblem(
                f"nothing says which {name}",
                hint="bench run --models ganilla,cyclegan --dataset photo2toon, or a suite.toml",
            )
    try:
        training_seeds = tuple(int(seed) for seed in seeds.split(",") if seed)
    except ValueError as problem:
        raise UsageProblem(f"'{seeds}' are no seeds", hint="--training-seeds 1,2,3") from problem
    models = (asked.pop("models"),)
    return [Question(models=models, training_seeds=training_seeds, **asked)]


def _measure(
    questions: Sequence[Question], where: Home, setting: Setting, engine: str, shard: str
) -> int:
    from bench.engines.engine import engine as find_engine
    from bench.engines.worker import open_workshop
    from bench.sweep.plan import jobs, plans
    from bench.sweep.shard import parse_shard

    part = parse_shard(shard) if shard else None
    measure = find_engine(engine)
    found = plans(questions, open_workshop(setting.home, setting.weights_dir))
    every = jobs(found, where, setting.force, part)
    missing = [job for job in every if job.record is None]
    say(f"{len(every) - len(missing)} of {len(every)} already recorded")
    records = [job.record for job in every if job.record is not None]
    if missing:
        with noted([_asked(job) for job in every], where):
            records += _through(measure, missing, setting)
    return outcome(records, [plan.ask.dataset for plan in found], where)


def _asked(job: Job) -> Asked:
    return Asked(
        id=job.cell.id,
        model=job.cell.name,
        dataset=job.cell.spec["dataset"],
        sources=job.sources,
        recorded=job.record is not None,
    )


def _through(measure: Engine, missing: Sequence[Job], setting: Setting) -> list[Record]:
    try:
        if setting.workers == 1 or len(missing) < 2:  # each cell has bars of its own
            return measure(missing, setting, lambda: None)
        with progress() as bars:
            task = bars.add_task("cells", total=len(missing), unit="cell")
            return measure(missing, setting, lambda: bars.advance(task))
    except ModuleNotFoundError as problem:
        raise AtlasError(
            f"{problem.name} is not installed", hint="pip install 'i2i-atlas[bench]'"
        ) from problem


def _dry(
    questions: Sequence[Question], where: Home, weights_dir: Path | None, force: bool, shard: str
) -> int:
    from bench.sweep.dry import rows

    part = None
    if shard:
        from bench.sweep.shard import parse_shard

        part = parse_shard(shard)
    shown, seconds = rows(questions, where, weights_dir, force, part)
    table(["model", "data set", "direction", "state", "seconds", "record"], shown)
    if seconds:
        say(f"about {seconds:.0f} s, by the speed of earlier records")
    return 0
