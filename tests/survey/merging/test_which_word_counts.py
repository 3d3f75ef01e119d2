"""Each field of a paper is taken from the record that knows best, in any order of arrival."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from survey.found import Found
from survey.merge import Merged, merge

S2, OA = "semantic_scholar", "openalex"
TITLE = "Painting Harbours with Two Brushes"
AUTHORS = ("Ada Quill", "Bo Inkwell", "Cy Nib")


def record(source: str, key: str = "k", **values: Any) -> Found:
    usual: dict[str, Any] = {"title": TITLE, "authors": AUTHORS, "arxiv": "2001.00001"}
    return Found(source=source, key=key, **{**usual, **values})


def one(*records: Found) -> Merged:
    """The paper of records, whatever their order."""
    results = [merge(some) for some in permutations(records)]
    assert all(result == results[0] for result in results)
    (paper,) = results[0]
    return paper


def test_texts_are_arxivs_then_semantic_scholars_then_openalexs() -> None:
    own = record("arxiv", title="Painting", abstract="Own.", comment="12 pages", year=2020)
    other = record(S2, title="Painting.", abstract="Printed.")
    third = record(OA, title="PAINTING", abstract="Put together.", comment="13 pages")
    paper = one(third, other, own)
    assert (paper.title, paper.abstract, paper.comment) == ("Painting", "Own.", "12 pages")
    assert one(third, other).abstract == "Printed."
    assert one(third).comment == "13 pages"


def test_what_the_first_does_not_say_another_may() -> None:
    paper = one(record("arxiv", title=""), record(OA, abstract="Text.", licence="cc-by"))
    assert (paper.title, paper.abstract, paper.licence) == (TITLE, "Text.", "cc-by")


def test_citations_are_the_highest_count() -> None:
    paper = one(record(S2, citations=7, influential=2), record(OA, citations=9), record("arxiv"))
    assert (paper.citations, paper.influential) == (9, 2)
    assert one(record("arxiv")).citations is None
    assert one(record(S2, citations=0)).citations == 0


def test_preprint_and_publication_have_both_days_and_venues() -> None:
    paper = one(
        record("arxiv", date="2020-01-07", year=2020),
        record(S2, date="2020-01-07", year=2020, venue="arXiv.org", doi="10.5555/one"),
        record(OA, arxiv="", doi="10.5555/one", date="2021-06-19", venue="Harbour Letters"),
    )
    assert (paper.date, paper.published, paper.year) == ("2020-01-07", "2021-06-19", 2020)
    assert paper.venue == "Harbour Letters"
    assert paper.venues == ("arXiv", "Harbour Letters")
    assert paper.doi == "10.5555/one"


def test_a_publication_alone_has_one_day() -> None:
    published = {"arxiv": "", "doi": "10.5555/one", "venue": "Harbour Letters"}
    paper = one(
        record(S2, date="2021-06-19", **published), record(OA, date="2021-06-21", **published)
    )
    assert (paper.date, paper.published) == ("2021-06-19", "")


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ({"arxiv": "2020-03-30", OA: "2020-01-01"}, "2020-03-30"),  # a year alone
        ({"arxiv": "2020-01-01", OA: "2020-06-19"}, "2020-01-01"),  # arXiv's New Year's Day
        ({"arxiv": "2020-03-30", S2: "2020-03-29"}, "2020-03-30"),  # a time zone
        ({"arxiv": "2020-03-30", OA: "2019-08-01"}, "2019-08-01"),  # put there after publication
        ({"arxiv": "2020-03-30", OA: "1999-08-01"}, "2020-03-30"),  # an error
        ({S2: "2020-03-30", OA: "2020-01-01"}, "2020-03-30"),
        ({S2: "2020-03-30", OA: "2019-01-01"}, "2019-01-01"),
        ({S2: "2020-06-31", OA: ""}, "2020-06-31"),  # a day that no calendar has
        ({S2: "", OA: ""}, ""),
    ],
)
def test_the_day_is_the_earliest_plausible_one(days: dict[str, str], expected: str) -> None:
    paper = one(*(record(source, date=day) for source, day in days.items()))
    assert paper.date == expected
    assert paper.year == int((expected or "2020")[:4])


def test_the_year_comes_from_years_where_no_day_is_known() -> None:
    assert one(record(S2, year=2021), record(OA, year=2022)).year == 2021
    assert one(record(S2, arxiv="math/9901001")).year == 1999
    assert one(record(S2, arxiv="")).year is None


def test_venues_leave_out_repeats_and_the_venue_repositories() -> None:
    paper = one(
        record(OA, venue="arXiv (Cornell University)"),
        record(S2, venue="ArXiv"),
        record("import", venue="HARBOUR LETTERS"),
        record("other", venue="Harbour Letters"),
    )
    assert paper.venues == ("arXiv", "Harbour Letters")
    assert paper.venue == "Harbour Letters"
    assert one(record(OA, venue="Zenodo")).venue == ""


def test_the_doi_is_that_of_the_publication() -> None:
    paper = one(
        record(S2, doi="10.36227/techrxiv.1"),
        record(OA, doi="10.5555/one"),
        record("opencitations", doi="10.5555/one"),
    )
    assert paper.doi == "10.5555/one"
    assert paper.id == "arxiv:2001.00001"


def test_authors_are_the_longest_list_that_goes_on_from_the_first() -> None:
    cut = tuple(f"Person{n} Family{n}" for n in range(100))
    whole = tuple(f"P. Family{n}" for n in range(3000))
    assert one(record("arxiv", authors=cut), record(OA, authors=whole)).authors == whole
    wrong = tuple(f"Somebody Else{n}" for n in range(50))
    assert one(record("arxiv", authors=AUTHORS), record(OA, authors=wrong)).authors == AUTHORS


def test_a_paper_withdrawn_at_one_source_is_withdrawn() -> None:
    assert one(record(S2), record(OA, withdrawn=True)).withdrawn
    assert not one(record(S2), record(OA)).withdrawn


def test_links_and_references_are_all_that_are_named() -> None:
    paper = one(
        record(S2, links=("https://example.org/a",), references=(3, 1)),
        record(OA, links=("https://example.org/b", "https://example.org/a"), references=(2, 1)),
    )
    assert paper.links == ("https://example.org/a", "https://example.org/b")
    assert paper.references == (1, 2, 3)
    assert paper.sources == (OA, S2)


def test_of_two_records_of_one_source_the_more_cited_one_is_named() -> None:
    paper = one(record(S2, "a", s2="a", citations=3), record(S2, "b", s2="b", citations=50))
    assert paper.s2 == "b"
    assert {"s2:a", "s2:b"} <= set(paper.identifiers)
