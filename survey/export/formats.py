"""The formats by name, and how a file of one is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from data.errors import UsageProblem, unknown
from data.files import replacing
from survey.export import bibtex, ris, tabular
from survey.paper import Paper

__all__ = ["FORMATS", "Format", "format_named", "format_of", "write_file"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A format: `chunks` gives the file piece by piece."""

    name: str
    title: str
    suffixes: tuple[str, ...]  # of its files, the usual one first
    chunks: Callable[[Iterable[Paper]], Iterator[bytes]]
    binary: bool = False  # not for a terminal


def _text(lines: Callable[[Iterable[Paper]], Iterator[str]]) -> Callable[..., Iterator[bytes]]:
    # Half of a surrogate pair, which JSON can carry, has no UTF-8.
    return lambda papers: (line.encode("utf-8", "replace") for line in lines(papers))


_LIST = (
    Format(name="bibtex", title="BibTeX", suffixes=(".bib",), chunks=_text(bibtex.render)),
    Format(name="csv", title="CSV", suffixes=(".csv",), chunks=_text(tabular.csv_lines)),
    Format(
        name="json",
        title="JSON Lines",
        suffixes=(".jsonl", ".json", ".ndjson"),
        chunks=_text(tabular.json_lines),
    ),
    Format(
        name="markdown",
        title="Markdown table",
        suffixes=(".md", ".markdown"),
        chunks=_text(tabular.markdown_lines),
    ),
    Format(
        name="parquet",
        title="Parquet",
        suffixes=(".parquet", ".pq"),
        chunks=tabular.parquet_bytes,
        binary=True,
    ),
    Format(name="ris", title="RIS", suffixes=(".ris",), chunks=_text(ris.render)),
)
FORMATS = {kind.name: kind for kind in _LIST}
ALIASES = {"jsonl": "json", "bib": "bibtex", "md": "markdown"}


def format_named(name: str) -> Format:
    """The format of that name; UsageProblem with near matches for none."""
    known = ALIASES.get(name.casefold(), name.casefold())
    if known not in FORMATS:
        raise unknown("format", name, [*FORMATS, *ALIASES], "survey export --help")
    return FORMATS[known]


def format_of(path: Path) -> Format:
    """The format that a file's name tells; UsageProblem when it tells none."""
    for kind in _LIST:
        if path.suffix.casefold() in kind.suffixes:
            return kind
    raise UsageProblem(
        f"the name of {path} does not tell its format",
        hint=f"survey export --format csv --out {path}",
    )


def write_file(papers: Iterable[Paper], kind: Format, path: Path) -> int:
    """Write the whole file or leave what was there; returns the number of papers."""
    count = 0

    def counted() -> Iterator[Paper]:
        nonlocal count
        for paper in papers:
            count += 1
            yield paper

    with replacing(path) as temporary, temporary.open("wb") as file:
        for chunk in kind.chunks(counted()):
            file.write(chunk)
    return count
