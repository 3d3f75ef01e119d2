"""`bench report`: the page of one data set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.compare.kept import Kept, source_key
from bench.leaderboard import Row, Table, footer, headers, line, tables
from bench.protocols.protocol import load_protocol
from bench.protocols.reported import reported, reproductions
from bench.records import Record, read_all
from bench.report.html import definitions, figure, grid, notes, table, text
from bench.report.plot import intervals, pareto
from data.errors import AtlasError
from data.files import write_text

__all__ = ["write_report"]

STYLE = Path(__file__).resolve().parent / "style.css"
SAMPLES = 4  # sources in the grid of samples
MODELS = 8  # models that are shown with pictures
EXTREMES = 3  # best and worst pictures of each


def write_report(path: Path, folders: Sequence[Path], dataset: str, kept: Kept) -> None:
    """Write the page of a data set's records: one file, no script, nothing from elsewhere."""
    records = read_all(folders, dataset)
    sections = [part for shown in tables(records, kept) for part in _section(shown, kept)]
    body = "\n".join([*_head(dataset), *sections, _published(records, dataset), *_foot(records)])
    write_text(path, _document(f"{dataset}: results", body))


def _document(title: str, body: str) -> str:
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{text(title)}</title>\n<style>{STYLE.read_text(encoding='utf-8')}</style></head>\n"
        f"<body><main>\n{body}\n</main></body></html>\n"
    )


def _head(dataset: str) -> Iterator[str]:
    yield f"<h1>{text(dataset)}: models side by side</h1>"
    made = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    yield f'<p class="note">Made by <code>bench report</code> on {made}. ± is half of a 95 % '
    yield "interval; models that share a letter cannot be told apart.</p>"


def _section(shown: Table, kept: Kept) -> Iterator[str]:
    asked = shown.question
    size = f", {asked['size']} pixels" if asked["size"] else ""
    protocol = f", protocol {asked['protocol']}" if asked.get("protocol") else ""
    yield f"<h2>{text(asked['direction'])}, split {text(asked['split'])}{size}{text(protocol)}</h2>"
    rows = [[_cell(c, i, row) for i, c in enumerate(line(shown, row))] for row in shown.rows]
    yield table(headers(shown), rows, words=3)
    for record in shown.failed:
        error = record.error or {}
        yield f'<p class="note">{text(record.model)} failed: {text(error.get("message"))}</p>'
    column = shown.ranked_by
    if column is not None:
        yield f"<h3>{text(column.label)}</h3>{intervals(shown.rows, column)}"
        if plot := pareto(shown.rows, column):
            yield f"<h3>Quality beside speed</h3>{plot}"
    yield from _samples(shown.rows[:MODELS], kept)
    yield from _extremes(shown.rows[:MODELS], kept)
    yield "<h3>How these numbers were made</h3>" + notes(footer(shown)) + _protocol(asked)


def _cell(cell: str, place: int, row: Row) -> str:
    return f"<strong>{text(cell)}</strong>" if place == 2 and row.rank == 1 else text(cell)


def _protocol(asked: Mapping[str, Any]) -> str:
    digests = ("dataset_digest", "reference_digest")
    facts = {name.replace("_", " "): asked.get(name) for name in digests}
    if asked.get("protocol"):
        facts["protocol sha256"] = asked.get("protocol_sha256")
        try:
            facts |= load_protocol(str(asked["protocol"])).facts
        except AtlasError:
            facts["protocol"] = f"{asked['protocol']}, whose file is not here"
    return definitions(facts)


def _file(kept: Kept, name: Any) -> Path | None:
    """A picture under the home; a record may name none outside of it."""
    if not name:
        return None
    root = kept.home.root.resolve()
    path = (root / str(name)).resolve()
    return path if path.is_relative_to(root) and path.is_file() else None


def _samples(rows: Sequence[Row], kept: Kept) -> Iterator[str]:
    """The same few sources for every model, with the true answer where there is one."""
    by_model = {r.model: {source_key(p): p for p in kept.pictures(r.record)} for r in rows}
    first = next(iter(by_model.values()), {})
    here = [k for k, p in first.items() if _file(kept, p.get("source"))]
    if not here:
        return
    yield "<h3>Samples</h3>"
    for key in here[:: max(1, len(here) // SAMPLES)][:SAMPLES]:
        entry = first[key]
        name = str(entry["id"])
        figures = [figure(_file(kept, entry.get("source")), "source", f"source {name}")]
        for model, pictures in by_model.items():
            output = _file(kept, pictures.get(key, {}).get("output"))
            if output:
                figures.append(figure(output, model, f"{name} by {model}"))
        if target := _file(kept, entry.get("target")):
            figures.append(figure(target, "true answer", f"true answer to {name}"))
        yield f'<p class="note">{text(name)}</p>' + grid(figures)


def _extremes(rows: Sequence[Row], kept: Kept) -> Iterator[str]:
    """Pictures on which each model did best and worst, by its first number for each picture."""
    for row in rows:
        scores = {c.metric: c.direction for c in row.scores}
        named = (m for m in scores if kept.values(row.record, m))
        metric = next(named, None)
        pictures = [p for p in kept.pictures(row.record) if _file(kept, p.get("output"))]
        if metric is None or len(pictures) < 2 * EXTREMES or row.model == "identity":
            continue
        up = scores[metric] == "higher"
        pictures.sort(key=lambda p: p["scores"][metric], reverse=up)
        shown = [("best", p) for p in pictures[:EXTREMES]]
        shown += [("worst", p) for p in pictures[-EXTREMES:]]
        yield f"<h3>{text(row.model)}: best and worst by {text(metric)}</h3>" + grid(
            figure(
                _file(kept, p["output"]),
                f"{word}: {p['id']}, {p['scores'][metric]:.3g}",
                f"output for {p['id']}",
            )
            for word, p in shown
        )


def _published(records: Sequence[Record], dataset: str) -> str:
    """What others reported, apart from what was measured."""
    found = reproductions(r for r in records if r.status == "done")
    entries = [e for e in reported() if e.dataset == dataset]
    if not entries:
        return ""
    rows = [
        [text(e.method), text(e.weights or "–"), text(f"{e.metric} {e.direction}"),
         text(f"{e.value:.5g}"), text(e.source)]
        for e in entries
    ]  # fmt: skip
    beside = [
        f"{r.model}, {r.metric}: measured {r.measured:.5g} [{r.low:.5g}, {r.high:.5g}], reported "
        f"{r.reported.value:.5g}: {'covered' if r.covered else 'not covered'} by the interval; "
        f"{'the same protocol' if r.same_protocol else 'another protocol'}"
        f"{'' if r.comparable else ', on weights of the extractor that are not the published'}"
        for r in found
    ]
    titles = ["method", "weights", "metric", "reported", "source"]
    return "<h2>Reported by others</h2>" + table(titles, rows, words=3) + notes(beside)


def _foot(records: Sequence[Record]) -> Iterator[str]:
    """Where it was measured, each machine and version once."""
    yield "<h2>Environment</h2>"
    seen: dict[str, list[str]] = {}
    for record in records:
        known = record.environment
        packages = known.get("packages") or {}
        facts = [known.get("processor"), known.get("gpu"), f"{known.get('threads')} threads"]
        facts += [f"{name} {version}" for name, version in sorted(packages.items()) if version]
        facts += [f"python {known.get('python')}", f"commit {known.get('commit') or 'unknown'}"]
        seen.setdefault(", ".join(str(f) for f in facts if f), []).append(record.id)
    yield definitions({", ".join(ids): facts for facts, ids in seen.items()})
