"""`survey graph`: who cites whom, as GraphML and as a page that trusts nothing it is told."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import networkx
import pytest

from survey.catalogue.papers import Filter
from survey.graph import Graph, address, cite_graph, labels, write_graphml
from survey.graph_page import page
from survey.paper import Paper

A, B, C, D = (f"arxiv:2001.0000{n}" for n in range(1, 5))


def _graph(shelf: Any, wanted: Filter | None = None) -> Graph:
    with shelf.catalogue.read() as connection:
        return cite_graph(connection, wanted or Filter())


def _paper(name: str, **values: Any) -> Paper:
    return Paper(id=f"arxiv:{name}", arxiv=name, **values)


class Reader(HTMLParser):
    """Collects the elements of a page."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(content)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


@pytest.fixture
def cited(shelf: Any) -> Any:
    shelf.put("2001.00001", "First", works=[11, 12], date="2020-01-01", action="keep")
    shelf.put("2001.00002", "Second", works=[21], refers=[11, 12, 99], date="2020-02-01")
    shelf.put(
        "2001.00003", "Third", works=[31], refers=[12, 21, 31], date="2020-03-01", action="keep"
    )
    shelf.put("2001.00004", "Fourth", refers=[11, 31], date="2020-04-01", action="keep")
    return shelf


def test_edges_go_from_the_citing_to_the_cited_each_once(cited: Any) -> None:
    graph = _graph(cited)
    assert graph.edges == ((B, A), (C, A), (C, B), (D, A), (D, C))
    assert [paper.id for paper in graph.papers] == [A, B, C, D]
    assert (graph.cites()[D], graph.cited()[A]) == (2, 3)


def test_only_papers_that_pass_are_in_it(cited: Any) -> None:
    assert _graph(cited, Filter(status=("kept",))).edges == ((C, A), (D, A), (D, C))


def test_graphml_is_read_back_the_same(cited: Any, tmp_path: Path) -> None:
    graph, file = _graph(cited), tmp_path / "deep" / "graph.graphml"
    write_graphml(graph, file)
    read = networkx.read_graphml(file)
    assert set(read.edges) == set(graph.edges)
    assert read.nodes[A] == {
        "label": "First",
        "title": "First",
        "date": "2020-01-01",
        "status": "kept",
        "url": "https://arxiv.org/abs/2001.00001",
    }


def test_graphml_holds_any_text(tmp_path: Path) -> None:
    title = 'A <b>&amp; "B" \x00\x0b\ufffe \U0001f993 عربي ]]> \x1b[31m'
    file = tmp_path / "graph.graphml"
    write_graphml(Graph(papers=(_paper("2001.00001", title=title, year=2020),), edges=()), file)
    ET.parse(file)
    (node,) = networkx.read_graphml(file).nodes.values()
    assert node["title"] == 'A <b>&amp; "B" \ufffd\ufffd\ufffd \U0001f993 عربي ]]> \ufffd[31m'
    assert node["year"] == 2020


def test_labels_are_nicknames_or_first_authors_and_differ() -> None:
    zhu = {"authors": ("Jun-Yan Zhu", "Taesung Park"), "year": 2017}
    papers = [
        _paper("1", title="GANILLA: Generative Adversarial Networks"),
        _paper("2", title="Unpaired Translation", **zhu),
        _paper("3", title="Toward Multimodal Translation", **zhu),
        _paper("4", title="No authors at all, and a title that goes on"),
        _paper("5"),
    ]
    expected = ["GANILLA", "Zhu 2017 (1)", "Zhu 2017 (2)", "No authors at all, and a", "arxiv:5"]
    assert list(labels(papers).values()) == expected


def test_an_address_is_the_best_that_a_paper_has() -> None:
    assert (
        address(Paper(id="x", arxiv="cs/0703110", doi="10.1/x"))
        == "https://arxiv.org/abs/cs/0703110"
    )
    assert address(Paper(id="x", doi='10.1/a"b<c>')) == "https://doi.org/10.1/a%22b%3Cc%3E"
    assert address(Paper(id="x", openalex="W1")) == "https://openalex.org/W1"
    assert address(Paper(id="x", s2="title-1")) == ""


def test_the_page_needs_nothing_from_elsewhere(cited: Any) -> None:
    read = Reader(page(_graph(cited)))
    assert not read.all("link")
    assert not read.all("img")
    assert not read.all("iframe")
    assert read.all("script") == [{}]
    (policy,) = (m["content"] for m in read.all("meta") if "http-equiv" in m)
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'sha256-")


def test_nothing_from_outside_is_rendered(cited: Any) -> None:
    evil = '"><img src=x onerror=alert(1)><script>alert(1)</script>&lt;i&gt;${style}'
    paper = _paper(
        "2001.00009",
        title=evil,
        authors=(evil, evil),
        date="2020-01-01",
        venue=evil,
        doi=evil,
        code=("javascript:alert(1)", f"https://example.org/{evil}", "data:text/html,x"),
        status=evil,
    )
    plain = _paper("2001.00008", title="Plain", date="2020-01-01")
    content = page(Graph(papers=(plain, paper), edges=((paper.id, plain.id),)))
    read = Reader(content)
    assert not read.all("img")
    assert read.all("script") == [{}]
    assert not [name for _, given in read.found for name in given if name.startswith("on")]
    targets = [str(given["href"]) for given in read.all("a")]
    assert all(re.match(r"https?://|#", target) for target in targets), targets
    assert content.count("${style}") > 3


def test_the_page_has_every_paper_and_citation_without_a_script(cited: Any) -> None:
    content = page(_graph(cited))
    read = Reader(content)
    rows = [given for given in read.all("tr") if given.get("id")]
    assert [given["id"] for given in rows] == ["p0", "p1", "p2", "p3"]
    assert len([p for p in read.all("path") if p.get("class") == "edge"]) == 5
    nodes = [given for given in read.all("a") if "data-n" in given]
    assert nodes[0]["aria-label"] == "First, 2020-01-01; cites 0 and is cited by 3 of these"
    assert nodes[0]["href"] == "#p0"
    third = content.split('id="p2"')[1].split("</tr>")[0]
    assert re.findall(r"<bdi>(\w+)</bdi></a></li>", third) == ["First", "Second", "Fourth"]


def test_later_papers_stand_further_right_and_none_overlap() -> None:
    papers = [
        _paper(f"{n}", title=f"Name {n}: and so on", date=f"20{17 + n // 12}-{n % 12 + 1:02d}-15")
        for n in range(60)
    ]
    content = page(Graph(papers=tuple(papers), edges=()))
    spots = [(float(x), float(y)) for x, y in re.findall(r'<circle cx="(.+?)" cy="(.+?)"', content)]
    assert [x for x, _ in spots] == sorted(x for x, _ in spots)
    for n, (x, y) in enumerate(spots):
        near = [other for other, level in spots[n + 1 :] if level == y]
        assert all(other - x > 50 for other in near)  # as long as a name


@pytest.mark.parametrize(
    "papers",
    [
        (),
        (_paper("1"),),
        (_paper("1", year=2020), _paper("2", date="2020-05-06", citations=0)),
        (_paper("1", date="not a date", year=None), _paper("2", year=1900)),
        tuple(_paper(f"{n}", title=f"T{n}", date="2020-01-01") for n in range(400)),
    ],
    ids=["none", "one", "a year", "no date", "all on a day"],
)
def test_any_papers_make_a_page(papers: tuple[Paper, ...]) -> None:
    content = page(Graph(papers=papers, edges=()))
    assert len([row for row in Reader(content).all("tr") if row.get("id")]) == len(papers)
    assert "nan" not in re.findall(r'c[xy]="(.+?)"', content)
