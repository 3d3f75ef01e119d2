"""Titles and abstracts are brought to plain text at the door, whatever they hold."""

from __future__ import annotations

import json
from typing import Any

import pytest

from survey.found import Found, clean, iso_date, surname, title_key, year_of
from survey.sources import openalex, opencitations, semantic_scholar
from survey.sources.source import read_all


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Images &amp; <i>pixels</i>", "Images & pixels"),
        ("<jats:p>One</jats:p>\n <jats:p>two</jats:p>", "One two"),
        ('<sub class="x">2</sub>', "2"),
        ("for a <b and c> d", "for a <b and c> d"),
        ("x < y, <script>alert(1)</script>", "x < y, <script>alert(1)</script>"),
        ("\x1b[31mred\x07\r\n", "[31mred"),
        ("abc\u202edef\u2066", "abcdef"),
        ("e\u0301", "é"),
        ("תמונה אחת", "תמונה אחת"),
        ("half a pair \ud83d", "half a pair"),
        ("$\\alpha$-GAN  {is}", "$\\alpha$-GAN {is}"),
        (None, ""),
        (3, ""),
        (["a"], ""),
    ],
)
def test_a_text_is_one_plain_line(text: Any, expected: str) -> None:
    assert expected == clean(text)
    clean(text).encode()


def test_dates_and_years_that_cannot_be_are_left_out() -> None:
    assert [iso_date(x) for x in ("2017-03-30T10:00", "2017-13-01", None, "soon", 2017)] == (
        ["2017-03-30", "", "", "", ""]
    )
    assert [year_of(x) for x in (2017, "2017", None, 0, "n.d.", 12017)] == (
        [2017, 2017, None, None, None, None]
    )


def test_titles_and_names_are_compared_by_their_letters() -> None:
    assert title_key("Image-to-Image {T}ranslation") == title_key("image to image translation")
    assert title_key("Pix") == ""
    assert surname("Jun-Yan Zhu") == surname("Zhu, Jun-Yan") == "zhu"


def test_a_record_comes_back_from_its_json() -> None:
    found = Found(source="s", key="k", title="t", authors=("a",), references=(1, 2), year=2020)
    assert found == Found.from_json(json.loads(json.dumps(found.to_json())))
    assert found == Found.from_json({**found.to_json(), "of a later version": 1})


def test_a_paper_may_have_no_fields_at_all() -> None:
    assert semantic_scholar.parse({}) is None
    assert semantic_scholar.parse({"paperId": None, "title": None}) is None
    bare = semantic_scholar.parse({"paperId": "ab", "title": None, "externalIds": None})
    assert bare == Found(source="semantic_scholar", key="ab", s2="ab")
    assert openalex.parse({"id": None}) is None
    work = openalex.parse({"id": "https://openalex.org/W1", "authorships": None, "locations": None})
    assert work == Found(source="openalex", key="W1", openalex="W1")


def test_a_paper_without_id_is_known_by_its_title() -> None:
    one = semantic_scholar.parse({"paperId": None, "title": "Some  Title", "year": 2020})
    same = semantic_scholar.parse({"paperId": None, "title": "Some Title", "year": 2020})
    assert one is not None
    assert one == same
    assert (one.s2, one.key[:6]) == ("", "title-")


def test_a_paper_of_three_thousand_authors_keeps_them_all() -> None:
    names = [{"name": f"Author {n}"} for n in range(3000)]
    paper = semantic_scholar.parse({"paperId": "ab", "title": "t", "authors": names})
    assert paper is not None
    assert len(paper.authors) == 3000


def test_the_doi_of_a_preprint_becomes_its_arxiv_id() -> None:
    ids = {"DOI": "10.48550/arXiv.1703.10593"}
    paper = semantic_scholar.parse({"paperId": "ab", "externalIds": ids})
    work = openalex.parse({"id": "W1", "doi": "https://doi.org/10.48550/arxiv.1703.10593"})
    assert paper is not None
    assert work is not None
    assert (paper.arxiv, paper.doi) == (work.arxiv, work.doi) == ("1703.10593", "")


def test_the_arxiv_id_of_a_work_is_found_in_its_locations() -> None:
    places = [None, {"landing_page_url": "http://arxiv.org/abs/1703.10593", "license": "cc-by"}]
    work = openalex.parse({"id": "W1", "doi": "https://doi.org/10.1/A", "locations": places})
    assert work is not None
    assert (work.arxiv, work.licence) == ("1703.10593", "cc-by")


def test_an_abstract_is_put_together_from_positions() -> None:
    assert openalex.abstract_of({"pairs": [2], "Images": [0], "without": [1]}) == (
        "Images without pairs"
    )
    assert [openalex.abstract_of(x) for x in (None, [], {"a": None}, {"a": ["x"]})] == [""] * 4


def test_rows_of_another_shape_are_counted_and_do_not_stop_the_rest() -> None:
    rows = [None, 3, [], {"citingPaper": []}, {"citingPaper": {"paperId": "ab", "authors": 7}}]
    good = {"citingPaper": {"paperId": "cd"}, "intents": None, "contexts": [None, "We <i>use</i>"]}
    read, dropped = read_all(semantic_scholar.parse_row, [*rows, good])
    assert (len(read), dropped) == (1, 5)
    assert read[0].cites is not None
    assert read[0].cites.contexts == ("We use",)


def test_a_citation_of_opencitations_is_read_by_its_dois() -> None:
    row = opencitations.parse_row(
        {"citing": "omid:br/06 doi:10.1000/X openalex:w12", "creation": "2019-05"}
    )
    assert row is not None
    paper = row.paper
    assert (paper.key, paper.doi, paper.openalex, paper.year) == (
        ("10.1000/x", "10.1000/x", "W12", 2019)
    )
    assert opencitations.parse_row({"citing": "omid:br/06"}) is None
