"""The bundled sample holds real papers, loads with no network, and only once."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from click.testing import CliRunner

from data.paths import Home
from survey.catalogue.catalogue import open_catalogue
from survey.catalogue.papers import Filter, find_paper, papers
from survey.catalogue.records import save
from survey.cli import main
from survey.derive import ready
from survey.found import Found, Row, title_key
from survey.ids import arxiv_id, doi_id
from survey.links import links_of
from survey.sample.load import OURS, entries, load
from survey.sample.load import papers as bundled

PIX2PIX, CYCLEGAN = "1611.07004", "1703.10593"
# What the issue and the zoo's plans ask for by name.
NAMED = (
    *(PIX2PIX, CYCLEGAN, "2002.05638", "1508.06576", "1603.08155", "1703.06868", "2007.15651"),
    *("1703.00848", "1804.04732", "2108.01073", "2211.09800", "2403.12036", "1903.07291"),
    *("1808.07371", "2009.08692"),
)


def _run(home: Path, *words: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, [*words, "--home", str(home)])
    return result.exit_code, result.stdout, result.stderr


def test_the_papers_that_were_asked_for_are_there() -> None:
    found = bundled()
    assert set(NAMED) <= {paper.arxiv for paper in found}
    assert any(paper.title.startswith("CartoonGAN") for paper in found)
    assert 75 <= len(found) <= 150


def test_no_paper_is_there_twice() -> None:
    found = bundled()
    for values in (
        [paper.key for paper in found],
        [paper.arxiv for paper in found if paper.arxiv],
        [paper.doi for paper in found if paper.doi],
        [title_key(paper.title) for paper in found],
    ):
        assert [value for value, n in Counter(values).items() if n > 1] == []


def test_identifiers_are_valid_and_agree_with_the_year() -> None:
    for paper in bundled():
        assert (paper.arxiv or None) == arxiv_id(paper.arxiv)
        assert (paper.doi or None) == doi_id(paper.doi)
        if paper.arxiv:
            assert paper.year == 2000 + int(paper.arxiv[:2]), paper.title
        assert paper.authors
        assert all(" " in name for name in paper.authors), paper.title


def test_repositories_are_in_their_one_form() -> None:
    for paper in bundled():
        assert list(paper.links) == [link.url for link in links_of("", "", paper.links)]


def test_only_papers_after_a_seed_cite_it() -> None:
    for entry in entries():
        for seed in entry.get("cites", ()):
            assert seed in (PIX2PIX, CYCLEGAN)
            assert entry["key"] != seed
            # A preprint of the same months may have cited it in a later version.
            assert entry["year"] >= 2000 + int(seed[:2])


def test_abstracts_are_our_own_words_and_say_so() -> None:
    for paper in bundled():
        assert paper.abstract.startswith(OURS)
        assert paper.citations is None
        assert len(paper.abstract) < 320


def test_loading_it_twice_changes_nothing(tmp_path: Path) -> None:
    catalogue = open_catalogue(Home(tmp_path))
    total = len(bundled())
    assert (total, 0) == load(catalogue)
    stamp = catalogue.value("records")
    assert load(catalogue) == (0, 0)
    assert stamp == catalogue.value("records")
    catalogue.close()


def test_what_it_shows_is_true_offline(tmp_path: Path) -> None:
    code, out, _ = _run(tmp_path, "sample", "--json")
    assert (0, len(bundled())) == (code, json.loads(out)["new"])
    with ready(Home(tmp_path)).read() as connection:
        ganilla = find_paper(connection, "2002.05638")
        citing = list(papers(connection, Filter(seeds=(f"arxiv:{CYCLEGAN}",))))
        assert len(bundled()) == len(list(papers(connection)))
    assert ganilla.seeds == ("arxiv:1611.07004", "arxiv:1703.10593")
    assert ganilla.code == ("https://github.com/giddyyupp/ganilla",)
    assert {"illustration", "unpaired"} <= set(ganilla.topics)
    assert len(citing) > 80


def test_it_says_how_to_go_on(tmp_path: Path) -> None:
    code, out, talk = _run(tmp_path, "sample")
    assert (code, out) == (0, "")
    assert f"{len(bundled())} new" in talk
    assert "survey ls" in talk
    assert "0 new" in _run(tmp_path, "sample")[2]


def test_a_source_that_knows_a_paper_better_is_heard_first(tmp_path: Path) -> None:
    catalogue = open_catalogue(Home(tmp_path))
    load(catalogue)
    own = Found(
        source="arxiv",
        key=CYCLEGAN,
        arxiv=CYCLEGAN,
        title="Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks",
        authors=("Jun-Yan Zhu", "Taesung Park", "Phillip Isola", "Alexei A. Efros"),
        year=2017,
        abstract="Words of the authors.",
    )
    with catalogue.write() as connection:
        save(connection, "arxiv", "", [Row(own)])
    catalogue.close()
    with ready(Home(tmp_path)).read() as connection:
        assert len(bundled()) == len(list(papers(connection)))
        paper = find_paper(connection, CYCLEGAN)
    assert paper.sources == ("arxiv", "sample")
    assert paper.abstract == "Words of the authors."
