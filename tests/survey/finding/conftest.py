"""A catalogue whose derived tables are filled by hand."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, text

from data.paths import Home
from survey.catalogue import tables as t
from survey.catalogue.catalogue import Catalogue, open_catalogue
from survey.catalogue.events import add
from survey.derived.plan import place_of
from survey.fulltext import index

SEED = 2_605_102_313  # the OpenAlex number that these tests give to what everyone cites


class Shelf:
    """Puts papers into the tables as survey.derive would."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue

    def put(
        self,
        arxiv: str,
        title: str = "",
        *,
        authors: Sequence[str] = (),
        venues: Sequence[str] = ("arXiv",),
        works: Sequence[int] = (),
        refers: Sequence[int] = (),
        topics: Sequence[str] = (),
        code: Sequence[str] = (),
        seen: str = "2026-01-05T10:00:00+00:00",
        action: str = "",
        **values: Any,
    ) -> str:
        """A paper by its arXiv id; `works` are its OpenAlex numbers, `refers` those it cites."""
        paper = f"arxiv:{arxiv}"
        row = {
            "id": paper,
            "title": title,
            "arxiv": arxiv,
            "authors": json.dumps(authors, ensure_ascii=False),
            "venues": json.dumps(venues),
            "openalex": f"W{works[0]}" if works else "",
            "place": place_of(paper, values.get("citations")),
            **values,
        }
        names = [paper, *(f"openalex:W{n}" for n in works)]
        if doi := values.get("doi"):
            names.append(f"doi:{doi}")
        with self.catalogue.write() as connection:
            connection.execute(insert(t.paper).values(**row))
            for table, rows in (
                (t.alias, [{"identifier": name, "paper": paper} for name in names]),
                (t.reference, [{"paper": paper, "work": work} for work in refers]),
                (t.topic, [{"paper": paper, "topic": name} for name in topics]),
                (t.code, [{"paper": paper, "url": url} for url in code]),
                (t.record, [{"source": "arxiv", "key": arxiv, "seen": seen}]),
                (t.member, [{"source": "arxiv", "key": arxiv, "paper": paper}]),
            ):
                if rows:
                    connection.execute(insert(table), rows)
            if self.catalogue.sqlite:
                told = (title, values.get("abstract", ""), " ".join(authors), venues[0])
                words = (row["place"], paper, *told)
                names = ("rowid", "id", "title", "abstract", "authors", "venue")
                statement = text(
                    "INSERT INTO paper_text (rowid, id, title, abstract, authors, venue)"
                    " VALUES (:rowid, :id, :title, :abstract, :authors, :venue)"
                )
                connection.execute(statement, dict(zip(names, words, strict=True)))
            if action:
                add(connection, paper, action)
        return paper


# An empty PostgreSQL database, where there is one: postgresql://USER@HOST/NAME
POSTGRES = os.environ.get("ATLAS_TEST_POSTGRES", "")


@pytest.fixture(params=["sqlite", "postgresql"] if POSTGRES else ["sqlite"])
def shelf(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Shelf]:
    if request.param == "postgresql":
        monkeypatch.setenv("ATLAS_CATALOGUE", POSTGRES)
    catalogue = open_catalogue(Home(tmp_path))
    with catalogue.write() as connection:
        index(connection)
    yield Shelf(catalogue)
    if request.param == "postgresql":
        t.metadata.drop_all(catalogue.engine)
    catalogue.close()


@pytest.fixture
def papers(shelf: Shelf) -> Shelf:
    """Some well-known papers; the abstracts are these tests' own words."""
    shelf.put(
        "1703.10593",
        "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks",
        authors=["Jun-Yan Zhu", "Taesung Park", "Phillip Isola", "Alexei A. Efros"],
        abstract="Two generators, horses and zebras, no pairs; we call it CycleGAN.",
        year=2017,
        date="2017-03-30",
        venues=["ICCV", "arXiv"],
        doi="10.1109/iccv.2017.244",
        citations=20000,
        topics=["unpaired"],
        code=["https://github.com/junyanz/CycleGAN"],
    )
    shelf.put(
        "1611.07004",
        "Image-to-Image Translation with Conditional Adversarial Networks",
        authors=["Phillip Isola", "Jun-Yan Zhu", "Tinghui Zhou", "Alexei A. Efros"],
        abstract="Pairs of pictures; maps to aerial photographs, edges to handbags.",
        year=2016,
        date="2016-11-21",
        venues=["CVPR", "arXiv"],
        citations=19000,
        topics=["paired"],
    )
    shelf.put(
        "2002.05638",
        "GANILLA: Generative Adversarial Networks for Image to Illustration Translation",
        authors=["Samet Hicsonmez"],
        abstract="Photographs become illustrations of children's books, better than CycleGAN.",
        year=2020,
        date="2020-02-13",
        citations=100,
        topics=["unpaired"],
        action="keep",
    )
    shelf.put(
        "1808.07371",
        "Everybody Dance Now",
        authors=["Caroline Chan"],
        abstract="Motion of one person moves another: video synthesis from poses.",
        year=2018,
        date="2018-08-22",
        citations=1000,
        action="drop",
    )
    return shelf
