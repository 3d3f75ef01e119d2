"""`bench ls`, `show`, `metrics`, `datasets` and `path`."""

from __future__ import annotations

import click

from bench.cli.shown import folders_of, json_option, records_of
from bench.records import Record, find, read_all
from bench.store.index import headers
from data.console import echo, emit_json, home_option, say, table, warn
from data.paths import find_home

__all__ = ["datasets", "ls", "metrics", "path", "show"]


@click.command()
@click.option("--dataset", help="Only this data set's.")
@json_option
@home_option
def ls(dataset: str | None, as_json: bool, home: str | None) -> None:
    """List records, newest first."""
    folders = folders_of(find_home(home))
    if as_json:
        name = None if dataset is None else records_of(folders, dataset)[0].spec["dataset"]
        whole = sorted(read_all(folders, name), key=lambda r: r.finished, reverse=True)
        emit_json(record.to_json() for record in whole)
        return
    records = headers(folders) if dataset is None else records_of(folders, dataset)
    records.sort(key=lambda r: r.finished, reverse=True)
    rows = [[r.id, r.status, r.model, r.spec["dataset"], _metrics(r), r.finished] for r in records]
    table(["record", "status", "model", "data set", "metrics", "finished"], rows)
    say(f"{len(rows)} records; more about one: bench show ID")


def _metrics(record: Record) -> str:
    return ",".join(str(score["metric"]) for score in record.scores)


@click.command()
@click.argument("record_id", metavar="ID")
@json_option
@home_option
def show(record_id: str, as_json: bool, home: str | None) -> None:
    """Show one record; the beginning of its ID is enough."""
    record = find(folders_of(find_home(home)), record_id)
    if as_json:
        emit_json(record.to_json())
        return
    facts = {"id": record.id, "status": record.status, **record.spec}
    facts |= {f"cost {k}": v for k, v in record.cost.items()}
    facts |= {"started": record.started, "finished": record.finished}
    facts |= {f"error {k}": v for k, v in (record.error or {}).items() if v}
    facts["metrics"] = _metrics(record)
    for label, value in facts.items():
        echo(f"{label:<24}{value}")
    for score in record.scores:
        low, high = score["low"], score["high"]
        echo(f"{score['metric']:<24}{score['value']:.6g}  [{low:.6g}, {high:.6g}]")
    for warning in record.warnings:
        warn(warning)


NEEDS = {
    "features": "two sets",
    "pairs": "pairs",
    "both": "two sets and pairs",
    "draws": "several outputs a source",
    "many": "two sets, several outputs a source",
}


@click.command()
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
            "extractor": " and ".join(m.extractors),
            "needs": NEEDS[m.needs],
            "reference": m.reference,
        }
        for m in metric_cards().values()
    ]
    if as_json:
        emit_json(rows)
        return
    table(list(rows[0]), [[str(value) for value in row.values()] for row in rows])


@click.command()
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


@click.command()
@home_option
def path(home: str | None) -> None:
    """Print the folder where records are kept."""
    click.echo(find_home(home).results)
