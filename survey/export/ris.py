"""RIS, which reference managers import."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from survey.export.bibtex import cite_keys, entry_kind, plain_title
from survey.export.columns import address
from survey.paper import Paper

__all__ = ["render"]

_TYPES = {"article": "JOUR", "inproceedings": "CPAPER", "misc": "UNPB"}


def render(papers: Iterable[Paper]) -> Iterator[str]:
    """The file, a reference at a time."""
    import rispy

    class Writer(rispy.RisWriter):  # type: ignore[misc]
        """Without the running numbers, which other readers do not expect."""

        def set_header(self, count: int) -> str:
            return ""

    chosen = list(papers)
    keys = cite_keys(chosen)
    for paper in chosen:
        yield rispy.dumps([_reference(paper, keys[paper.id])], implementation=Writer) + "\n"


def _reference(paper: Paper, key: str) -> dict[str, Any]:
    kind = entry_kind(paper)
    venue = paper.venue if kind != "misc" else ""
    year = paper.published[:4] if venue and paper.published else str(paper.year or paper.date[:4])
    day = paper.published if venue and paper.published else paper.date
    fields: dict[str, Any] = {
        "type_of_reference": _TYPES[kind],
        "id": key,
        "title": plain_title(paper.title or paper.id),
        "authors": [_family_first(name) for name in paper.authors],
        "year": year,
        "date": day.replace("-", "/"),
        "journal_name" if kind == "article" else "secondary_title": venue,
        "doi": paper.doi,
        "accession_number": f"arXiv:{paper.arxiv}" if paper.arxiv else "",
        "urls": [link for link in (address(paper), *paper.code) if link.startswith("http")],
        "keywords": [*paper.topics, *paper.tags],
        "abstract": paper.abstract,
        "note": paper.note,
    }
    return {name: _one_line(content) for name, content in fields.items() if content}


def _family_first(name: str) -> str:
    given, _, family = name.rpartition(" ")
    return name if "," in name or not given else f"{family}, {given}"


def _one_line(content: Any) -> Any:
    # A line break would begin a new field.
    if isinstance(content, list):
        return [_one_line(part) for part in content]
    return " ".join(str(content).split())
