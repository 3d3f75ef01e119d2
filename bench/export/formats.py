"""The formats of `bench export`."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from typing import Any

from bench.compare.kept import Kept
from bench.export.latex import latex
from bench.export.rows import FIELDS, score_rows
from bench.leaderboard import markdown, tables
from bench.records import Record
from data.errors import AtlasError

__all__ = ["exported"]


def exported(form: str, records: Sequence[Record], kept: Kept) -> bytes:
    """The bytes of a file in that format: csv, json (one object a line), parquet, markdown, latex.

    AtlasError where Parquet is asked for and pyarrow is not installed.
    """
    return FORMATS[form](records, kept)


def _csv(records: Sequence[Record], kept: Kept) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, FIELDS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(_plain(row) for row in score_rows(records))
    return text.getvalue().encode()


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """A text that a spreadsheet would run as a formula gets an apostrophe before it."""
    return {
        name: f"'{value}" if isinstance(value, str) and value[:1] in tuple("=+-@\t\r") else value
        for name, value in row.items()
    }


def _json(records: Sequence[Record], kept: Kept) -> bytes:
    lines = (json.dumps(row, ensure_ascii=False, allow_nan=False) for row in score_rows(records))
    return "".join(f"{line}\n" for line in lines).encode()


def _parquet(records: Sequence[Record], kept: Kept) -> bytes:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as problem:
        raise AtlasError(
            "Parquet needs pyarrow, which is not installed", hint="pip install 'i2i-atlas[survey]'"
        ) from problem
    rows = score_rows(records)
    columns = {name: [row[name] for row in rows] for name in FIELDS}
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(columns), buffer)
    return buffer.getvalue()


def _markdown(records: Sequence[Record], kept: Kept) -> bytes:
    shown = (f"### {_title(t.question)}\n\n{markdown(t)}\n" for t in tables(records, kept))
    return "\n".join(shown).encode()


def _title(question: dict[str, Any]) -> str:
    size = f", {question['size']} pixels" if question["size"] else ""
    protocol = f", protocol {question['protocol']}" if question.get("protocol") else ""
    return f"{question['dataset']} {question['direction']}, {question['split']}{size}{protocol}"


def _latex(records: Sequence[Record], kept: Kept) -> bytes:
    return "\n".join(latex(t, _title(t.question), kept) for t in tables(records, kept)).encode()


FORMATS: dict[str, Callable[[Sequence[Record], Kept], bytes]] = {
    "csv": _csv,
    "json": _json,
    "parquet": _parquet,
    "markdown": _markdown,
    "latex": _latex,
}
