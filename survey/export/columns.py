"""What a table of papers has in its columns, whatever the format."""

from __future__ import annotations

from typing import Any, Literal

from survey.paper import Paper

__all__ = ["COLUMNS", "Kind", "address", "value"]

Kind = Literal["text", "texts", "count", "day", "flag"]

# In the order in which they are written; `url` is the paper's own page.
COLUMNS: dict[str, Kind] = {
    "id": "text",
    "title": "text",
    "authors": "texts",
    "year": "count",
    "date": "day",
    "published": "day",
    "venue": "text",
    "venues": "texts",
    "url": "text",
    "arxiv": "text",
    "doi": "text",
    "s2": "text",
    "openalex": "text",
    "citations": "count",
    "influential": "count",
    "kind": "text",
    "withdrawn": "flag",
    "topics": "texts",
    "code": "texts",
    "links": "texts",
    "categories": "texts",
    "licence": "text",
    "sources": "texts",
    "seeds": "texts",
    "intents": "texts",
    "contexts": "count",
    "central": "flag",
    "status": "text",
    "tags": "texts",
    "note": "text",
    "comment": "text",
    "abstract": "text",
}


def address(paper: Paper) -> str:
    """The paper's page at arXiv, else by its DOI, else at an index; empty where none is known."""
    if paper.arxiv:
        return f"https://arxiv.org/abs/{paper.arxiv}"
    if paper.doi:
        return f"https://doi.org/{paper.doi}"
    if len(paper.s2) == 40:
        return f"https://www.semanticscholar.org/paper/{paper.s2}"
    return f"https://openalex.org/{paper.openalex}" if paper.openalex else ""


def value(paper: Paper, column: str) -> Any:
    """What stands in a column of COLUMNS: str, tuple of str, int, bool or None."""
    return address(paper) if column == "url" else getattr(paper, column)
