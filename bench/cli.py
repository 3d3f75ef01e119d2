"""The `bench` command."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from bench.leaderboard import Row, Table, footer, headers, line, markdown, tables
from bench.records import Record, find, read_all
from data.console import Group, emit_json, hint, home_option, say, table, warn
from data.errors import AtlasError, UsageProblem, unknown
from data.paths import PUBLISHED, Home, find_home

__all__ = ["main"]

DEFAULT_METRICS = "fid,kid,lpips"
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")


@click.group(cls=Group)
@click.version_option(package_name="i2i-atlas")
def main() -> None:
    """Measure image-to-image translation models on a data set.

    \b
    bench run --models ganilla,cyclegan --dataset photo2toon --metrics fid-texture,kid-texture
    bench leaderboard --dataset photo2toon
    """


@main.command()
@click.option("--models", required=True, help="Comma list; model, model.weights, model@FILE, *.")
@click.option("--dataset", required=True, help="A data set's name or a folder.")
@click.option("--metrics", default=DEFAULT_METRICS, show_default=True, help="Comma list.")
@click.option("--direction", type=click.Choice(["AtoB", "BtoA"]), help="Default: the card's.")
@click.option("--split", default="test", show_default=True)
@click.option("--size", type=click.IntRange(16), help="Resize all pictures to this square.")
@click.option("--limit", type=click.IntRange(2), help="Measure this many sources.")
@click.option("--seed", default=2020, show_default=True, help="Of --limit and of resampling.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, mps.")
@click.option(
    "--precision",
    type=click.Choice(["auto", "float32", "bfloat16"]),
    default="auto",
    show_default=True,
)
@click.option("--batch", type=click.IntRange(1), default=8, show_default=True)
@click.option(
    "--weights-dir",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder with the weights of Inception and AlexNet.",
)
@click.option("--skip-bad", is_flag=True, help="Leave out unreadable pictures.")
@click.option("--force", is_flag=True, help="Measure again what is recorded.")
@click.option("--dry-run", is_flag=True, help="Say what would be done.")
@home_option
def run(
    models: str,
    dataset: str,
    metrics: str,
    home: str | None,
    weights_dir: Path | None,
    force: bool,
    dry_run: bool,
    **asked: Any,
) -> int:
    """Measure models; what is recorded already is not done again.

    A model that fails leaves a record of its error and the others go on (exit code 3).
    Interrupted, the same command goes on where it stopped.

    \b
    bench run --models 'cyclegan.*' --dataset photo2toon --metrics fid-texture,kid-texture
    bench run --models pix2pix@latest_net_G.pth --dataset ./facades --direction BtoA --size 256
    """
    from bench.ask import prepare
    from bench.run import Machine, recorded

    machine = Machine(device=asked.pop("device"), batch=asked.pop("batch"))
    where = find_home(home).ready()
    plan = prepare(models, dataset, metrics, where, weights_dir, dry_run=dry_run, **asked)
    done = [] if force else [r for c in plan.cells if (r := recorded(c, where))]
    say(f"{len(done)} of {len(plan.cells)} already recorded")
    if dry_run:
        state = {record.id: "recorded" for record in done}
        rows = [[c.name, state.get(c.id, "to do"), c.id] for c in plan.cells]
        table(["model", "state", "record"], rows)
        return 0
    records = done
    if len(done) < len(plan.cells):
        records = _run(plan, where, machine, force)
    return _report(records, plan.ask.dataset)


def _run(plan: Any, home: Home, machine: Any, force: bool) -> list[Record]:
    from bench.run import run as run_cells

    try:
        return run_cells(plan.cells, plan.pictures, plan.ask, plan.extractors, home, machine, force)
    except ModuleNotFoundError as problem:
        raise AtlasError(
            f"{problem.name} is not installed", hint="pip install 'i2i-atlas[bench]'"
        ) from problem


def _report(records: Sequence[Record], dataset: str) -> int:
    failed = [record for record in records if record.status == "error"]
    for record in failed:
        error = record.error or {}
        warn(f"{record.model} failed: {error.get('type')}: {error.get('message')}")
        hint(f"bench show {record.id}")
    for shown in tables(record for record in records if record.status == "done"):
        _show(shown)
    say(f"{len(records) - len(failed)} of {len(records)} models measured")
    hint(f"bench leaderboard --dataset {dataset}")
    return 3 if failed else 0


def _show(shown: Table) -> None:
    asked = shown.question
    size = f", {asked['size']}×{asked['size']}" if asked["size"] else ""
    title = f"{asked['dataset']} {asked['direction']}, split {asked['split']}{size}"
    table(headers(shown), [line(shown, row) for row in shown.rows], title=title)
    for note in footer(shown):
        say(f"  {note}")


@main.command()
@click.option("--dataset", required=True, help="A data set's name.")
@click.option("--published", is_flag=True, help="Only the results that come with the project.")
@click.option("--markdown", "as_markdown", is_flag=True, help="As a Markdown table.")
@json_option
@home_option
def leaderboard(
    dataset: str, published: bool, as_markdown: bool, as_json: bool, home: str | None
) -> None:
    """Rank the models that were measured on a data set.

    Models that were asked different questions (other split, size, direction, pictures) are in
    tables of their own.
    """
    for shown in tables(_records(_folders(find_home(home), published), dataset)):
        if as_json:
            emit_json(row.to_json() for row in shown.rows)
            emit_json(Row(record.model, record).to_json() for record in shown.failed)
        elif as_markdown:
            click.echo(markdown(shown))
        else:
            _show(shown)
            for record in shown.failed:
                warn(f"{record.model} failed: {(record.error or {}).get('message')}")


def _records(folders: list[Path], dataset: str) -> list[Record]:
    """The records of a data set by name or folder; UsageProblem where there are none."""
    from data.datasets import list_datasets  # brings requests: not on the way to a listing

    name = Path(dataset).resolve().name if Path(dataset).is_dir() else dataset
    if found := read_all(folders, name):
        return found
    known = {str(record.spec["dataset"]) for record in read_all(folders)}
    if name in list_datasets() or Path(dataset).is_dir():
        raise UsageProblem(
            f"nothing is recorded for data set '{name}'",
            hint=f"bench run --models ganilla,cyclegan --dataset {dataset}",
        )
    raise unknown("data set with records", name, known, "bench ls")


def _folders(home: Home, published: bool = False) -> list[Path]:
    return [PUBLISHED] if published else [PUBLISHED, home.results]


@main.command()
@click.option("--dataset", help="Only this data set's.")
@json_option
@home_option
def ls(dataset: str | None, as_json: bool, home: str | None) -> None:
    """List records, newest first."""
    folders = _folders(find_home(home))
    records = read_all(folders) if dataset is None else _records(folders, dataset)
    records.sort(key=lambda r: r.finished, reverse=True)
    if as_json:
        emit_json(record.to_json() for record in records)
        return
    rows = [[r.id, r.status, r.model, r.spec["dataset"], _metrics(r), r.finished] for r in records]
    table(["record", "status", "model", "data set", "metrics", "finished"], rows)
    say(f"{len(rows)} records; more about one: bench show ID")


def _metrics(record: Record) -> str:
    return ",".join(str(score["metric"]) for score in record.scores)


@main.command()
@click.argument("record_id", metavar="ID")
@json_option
@home_option
def show(record_id: str, as_json: bool, home: str | None) -> None:
    """Show one record; the beginning of its ID is enough."""
    record = find(_folders(find_home(home)), record_id)
    if as_json:
        emit_json(record.to_json())
        return
    facts = {"id": record.id, "status": record.status, **record.spec}
    facts |= {f"cost {k}": v for k, v in record.cost.items()}
    facts |= {"started": record.started, "finished": record.finished}
    facts |= {f"error {k}": v for k, v in (record.error or {}).items() if v}
    facts["metrics"] = _metrics(record)
    for label, value in facts.items():
        click.echo(f"{label:<24}{value}")
    for score in record.scores:
        low, high = score["low"], score["high"]
        click.echo(f"{score['metric']:<24}{score['value']:.6g}  [{low:.6g}, {high:.6g}]")
    for warning in record.warnings:
        warn(warning)


@main.command()
@json_option
def metrics(as_json: bool) -> None:
    """List the metrics."""
    from bench.metrics.registry import metric_cards

    rows = [
        {
            "name": m.name,
            "title": m.title,
            "direction": m.direction,
            "unit": m.unit,
            "extractor": m.extractor or "",
            "needs": "pairs" if m.needs == "pairs" else "two sets",
            "reference": m.reference,
        }
        for m in metric_cards().values()
    ]
    if as_json:
        emit_json(rows)
        return
    table(list(rows[0]), [[str(value) for value in row.values()] for row in rows])


@main.command()
@json_option
def datasets(as_json: bool) -> None:
    """List the data sets that are known by name."""
    from data.datasets import list_datasets

    rows = [
        {
            "name": card.name,
            "title": card.title,
            "domains": " to ".join(card.domains),
            "paired": card.paired,
            "licence": card.licence,
        }
        for card in list_datasets().values()
    ]
    if as_json:
        emit_json(rows)
        return
    table(list(rows[0]), [[str(value) for value in row.values()] for row in rows])
    say("any folder in a known layout is a data set too")


@main.command()
@home_option
def path(home: str | None) -> None:
    """Print the folder where records are kept."""
    click.echo(find_home(home).results)
