"""Read the bundled sample, and put it into a catalogue as one more source."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from survey.catalogue.catalogue import Catalogue
from survey.catalogue.records import save
from survey.found import Cites, Found, Row
from survey.ids import parse_id

__all__ = ["OURS", "SOURCE", "entries", "load", "papers"]

SOURCE = "sample"
# Abstracts belong to their authors. What the sample says of a paper is written for it, and says so.
OURS = "In our words: "
_PAPERS = Path(__file__).with_name("papers.jsonl")


def entries() -> Iterator[dict[str, Any]]:
    """The lines of the bundled file."""
    for line in _PAPERS.read_text(encoding="utf-8").splitlines():
        yield json.loads(line)


def papers() -> list[Found]:
    """The papers of the sample."""
    return [_found(entry) for entry in entries()]


def load(catalogue: Catalogue) -> tuple[int, int]:
    """Save the sample's papers and which seeds they cite; how many records are new and changed.

    What is there already is not touched again.
    """
    citing: dict[str, list[Row]] = {}
    for entry in entries():
        for seed in entry.get("cites", ()):
            row = Row(_found(entry), Cites())
            citing.setdefault(str(parse_id(seed)), []).append(row)
    with catalogue.write() as connection:
        new, changed = save(connection, SOURCE, "", [Row(paper) for paper in papers()])
        for seed, rows in citing.items():
            save(connection, SOURCE, seed, rows)
    return new, changed


def _found(entry: Mapping[str, Any]) -> Found:
    known = {"key", "arxiv", "doi", "title", "authors", "year", "venue", "kind", "links"}
    content = {name: value for name, value in entry.items() if name in known}
    return Found.from_json({"source": SOURCE, "abstract": OURS + entry["what"], **content})
