"""Tables of papers: CSV, JSON Lines, Parquet and Markdown."""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any
from urllib.parse import SplitResult, quote, urlsplit

from survey.export.columns import COLUMNS, Kind, address, value
from survey.paper import Paper

__all__ = ["csv_lines", "json_lines", "markdown_lines", "parquet_bytes"]

# What a spreadsheet would run as a formula: https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = re.compile(r"[=+\-@\t\r＝＋－＠]")
_MARKUP = re.compile(r"([\\`*_{}\[\]<>|~$#&!^])")
_IN_LINK = "!#$%&'*+,-./:;=?@_~"
_BATCH = 5000


def json_lines(papers: Iterable[Paper]) -> Iterator[str]:
    """One JSON object a line, with the fields of `survey ls --json`."""
    for paper in papers:
        yield json.dumps(paper.to_json(), ensure_ascii=False, allow_nan=False) + "\n"


def csv_lines(papers: Iterable[Paper]) -> Iterator[str]:
    """Comma-separated, UTF-8; lists are joined with `; `.

    Text that begins like a formula gets an apostrophe before it.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    for row in itertools.chain([list(COLUMNS)], (_cells(paper) for paper in papers)):
        writer.writerow(row)
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def _cells(paper: Paper) -> list[Any]:
    return [_cell(value(paper, column)) for column in COLUMNS]


def _cell(content: Any) -> Any:
    if isinstance(content, bool):
        return str(content).lower()
    if isinstance(content, tuple):
        content = "; ".join(content)
    if isinstance(content, str):
        return "'" + content if _FORMULA.match(content) else content
    return "" if content is None else content


def markdown_lines(papers: Iterable[Paper]) -> Iterator[str]:
    """A table that shows each paper's text as it is: no markup of theirs has an effect."""
    yield "| Paper | Authors | Year | Venue | Citations | Code | Topics |\n"
    yield "|---|---|--:|---|--:|---|---|\n"
    for paper in papers:
        cells = (
            _linked(paper.title or paper.id, address(paper)),
            _escaped(_few(paper.authors)),
            str(paper.year or ""),
            _escaped(paper.venue),
            "" if paper.citations is None else str(paper.citations),
            ", ".join(_linked(_short(link), link) for link in paper.code),
            _escaped(", ".join(paper.topics)),
        )
        yield f"| {' | '.join(cells)} |\n"


def _few(authors: Sequence[str]) -> str:
    return ", ".join(authors) if len(authors) <= 3 else f"{authors[0]} et al."


def _short(link: str) -> str:
    parts = _web(link)
    return (parts.path.strip("/") or parts.netloc) if parts else link


def _escaped(text: str) -> str:
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))


def _linked(text: str, link: str) -> str:
    """A link, or the text alone where the address is not one of the web."""
    # Brackets, spaces and pipes would end the link or the cell.
    return f"[{_escaped(text)}]({quote(link, safe=_IN_LINK)})" if _web(link) else _escaped(text)


def _web(link: str) -> SplitResult | None:
    try:
        parts = urlsplit(link)
    except ValueError:  # an address with half of an IPv6 bracket
        return None
    return parts if parts.scheme in ("http", "https") and parts.netloc else None


def parquet_bytes(papers: Iterable[Paper]) -> Iterator[bytes]:
    """A Parquet file in one piece: days are dates, counts are 64 bit and may be missing."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {
        "text": pa.string(),
        "texts": pa.list_(pa.string()),
        "count": pa.int64(),
        "day": pa.date32(),
        "flag": pa.bool_(),
    }
    schema = pa.schema([(name, types[kind]) for name, kind in COLUMNS.items()])
    file = io.BytesIO()
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for batch in _batches(papers):
            columns = {
                name: [_typed(value(paper, name), kind) for paper in batch]
                for name, kind in COLUMNS.items()
            }
            writer.write_table(pa.table(columns, schema=schema))
    yield file.getvalue()


def _batches(papers: Iterable[Paper]) -> Iterator[list[Paper]]:
    rest = iter(papers)
    while batch := list(itertools.islice(rest, _BATCH)):
        yield batch


def _typed(content: Any, kind: Kind) -> Any:
    if kind != "day":
        return list(content) if kind == "texts" else content
    try:
        return date.fromisoformat(content) if content else None
    except ValueError:  # the 31st of February of some source
        return None
