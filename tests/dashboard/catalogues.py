"""Small catalogues for the pages of papers, made as a fetch would make them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

from data.paths import Home
from survey.catalogue.catalogue import open_catalogue
from survey.catalogue.events import events
from survey.catalogue.records import save
from survey.derive import ready
from survey.found import Cites, Found, Row

SEED = "arxiv:1703.10593"
SCRIPT = "<script>alert('x')</script> Networks for **Bold** Claims"
LATEX = r"$\mathcal{L}_{GAN}$ Losses for :red[Translation] of Pictures"


def make(root: Path, papers: Iterable[dict[str, Any]]) -> Home:
    """A catalogue of these papers (fields of Found), all of which cite CycleGAN."""
    home = Home(root)
    catalogue = open_catalogue(home)
    rows = [
        Row(
            Found(source="semantic_scholar", **{"key": f"k{n}", "title": f"Paper {n}", **paper}),
            Cites(contexts=("We build on [CycleGAN](https://evil.example).",)),
        )
        for n, paper in enumerate(papers)
    ]
    with catalogue.write() as connection:
        save(connection, "semantic_scholar", SEED, rows)
    catalogue.close()
    ready(home).close()
    return home


def some() -> list[dict[str, Any]]:
    """Six papers, two of them with names that try to be markup."""
    return [
        {
            "title": "Unpaired Translation of Maps into Photographs",
            "arxiv": "2001.00001",
            "year": 2020,
            "date": "2020-01-02",
            "citations": 90,
            "venue": "CVPR",
            "abstract": "We propose unpaired translation. Code: https://github.com/a/maps.",
            "links": ("https://github.com/a/maps",),
            "authors": ("Ada Lovelace", "Emmy Noether"),
        },
        {"title": SCRIPT, "arxiv": "2101.00002", "year": 2021, "citations": 7},
        {"title": LATEX, "arxiv": "2201.00003", "year": 2022, "citations": 5},
        {
            "title": "Segmentation of Teeth",
            "arxiv": "1801.00004",
            "year": 2018,
            "citations": 300,
            "venue": "ICCV",
            "abstract": "Teeth are segmented.",
        },
        {"title": "A paper that nobody dated, about cows", "doi": "10.1/cows"},
        {
            "title": "صورة إلى صورة: ترجمة الصور",
            "arxiv": "1901.00005",
            "year": 2019,
            "citations": 1,
        },
    ]


def said(home: Home) -> list[tuple[str, str, str]]:
    """Every decision of a home: action, paper, value."""
    catalogue = open_catalogue(home, create=False, read_only=True)
    try:
        with catalogue.read() as connection:
            return [(event.action, event.paper, event.value) for event in events(connection)]
    finally:
        catalogue.close()


def texts(made: AppTest) -> str:
    """All that a page says, as Markdown."""
    kinds = (made.title, made.markdown, made.caption, made.info, made.error, made.text, made.code)
    return "\n".join(str(element.value) for kind in kinds for element in kind)
