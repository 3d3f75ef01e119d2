"""Who cites whom among some papers, as data and as GraphML."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection

from data.files import replacing
from survey.catalogue.papers import Filter, papers
from survey.paper import Paper
from survey.works import edges

__all__ = ["Graph", "address", "cite_graph", "labels", "write_graphml"]

# XML 1.0 has no way to write these: https://www.w3.org/TR/xml/#charsets
_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NICKNAME = re.compile(r"\s*([^:]{2,24}?)\s*:\s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """Papers, the oldest first, and the citations among them."""

    papers: tuple[Paper, ...]
    edges: tuple[tuple[str, str], ...]  # ids: citing, cited

    def cites(self) -> Counter[str]:
        """How many of the others each paper cites."""
        return Counter(citing for citing, _ in self.edges)

    def cited(self) -> Counter[str]:
        """How many of the others cite each paper."""
        return Counter(cited for _, cited in self.edges)


def cite_graph(connection: Connection, wanted: Filter) -> Graph:
    """The papers that pass a filter, and who of them cites whom."""
    found = sorted(papers(connection, wanted), key=lambda paper: (_when(paper), paper.id))
    pairs = edges(connection, [paper.id for paper in found])
    return Graph(papers=tuple(found), edges=tuple(pairs))


def _when(paper: Paper) -> str:
    return paper.date or str(paper.year or "~")  # "~" sorts after every year


def address(paper: Paper) -> str:
    """Where a person reads about a paper; empty when no source says."""
    if paper.arxiv:
        return f"https://arxiv.org/abs/{quote(paper.arxiv)}"
    if paper.doi:
        return f"https://doi.org/{quote(paper.doi, safe='/')}"
    if paper.openalex:
        return f"https://openalex.org/{quote(paper.openalex)}"
    if re.fullmatch(r"[0-9a-f]{40}", paper.s2):
        return f"https://www.semanticscholar.org/paper/{paper.s2}"
    return ""


def labels(found: Sequence[Paper]) -> dict[str, str]:
    """A short name of each paper, no two alike: `GANILLA`, or `Zhu 2017`."""
    names = {paper.id: _label(paper) for paper in found}
    count, seen = Counter(names.values()), Counter[str]()
    for paper, name in names.items():
        if count[name] > 1:
            seen[name] += 1
            names[paper] = f"{name} ({seen[name]})"
    return names


def _label(paper: Paper) -> str:
    if nickname := _NICKNAME.match(paper.title):
        return nickname.group(1)
    if not paper.authors:
        return paper.title[:24].strip() or paper.id
    first = paper.authors[0]
    family = first.split(",")[0] if "," in first else first.split(" ")[-1]
    return f"{family[:20]} {paper.year or ''}".strip()


def write_graphml(graph: Graph, path: Path) -> None:
    """A GraphML file: an edge goes from the citing paper to the cited one."""
    import networkx

    made = networkx.DiGraph()
    for paper, name in zip(graph.papers, labels(graph.papers).values(), strict=True):
        made.add_node(_xml(paper.id), **_node(paper, name))
    made.add_edges_from((_xml(citing), _xml(cited)) for citing, cited in graph.edges)
    with replacing(path) as temporary:
        networkx.write_graphml_xml(made, temporary)


def _node(paper: Paper, label: str) -> Mapping[str, Any]:
    values = {
        "label": label,
        "title": paper.title,
        "authors": "; ".join(paper.authors),
        "year": paper.year,
        "date": paper.date,
        "venue": paper.venue,
        "citations": paper.citations,
        "status": paper.status,
        "topics": "; ".join(paper.topics),
        "code": " ".join(paper.code),
        "url": address(paper),
    }
    return {
        k: _xml(v) if isinstance(v, str) else v for k, v in values.items() if v not in ("", None)
    }


def _xml(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
