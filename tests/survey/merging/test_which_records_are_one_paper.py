"""Records become papers by identifier, then by title with author and year; with the evidence.

All papers in here are invented.
"""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from survey.found import Found
from survey.ids import arxiv_id, doi_id
from survey.merge import APART, Merged, merge

TITLE = "Painting Harbours with Two Brushes"
AUTHORS = ("Ada Quill", "Bo Inkwell", "Cy Nib")


def found(source: str, key: str, **values: Any) -> Found:
    usual: dict[str, Any] = {"title": TITLE, "authors": AUTHORS, "year": 2020}
    return Found(source=source, key=key, **{**usual, **values})


def members(papers: list[Merged]) -> list[set[str]]:
    return [{f"{m.source}/{m.key}" for m in paper.members} for paper in papers]


def reasons(paper: Merged) -> dict[str, str]:
    return {m.source: m.reason for m in paper.members}


def doubts(papers: list[Merged]) -> dict[str, str]:
    return {m.key: m.doubt for paper in papers for m in paper.members if m.doubt}


S2, OA = "semantic_scholar", "openalex"


@pytest.mark.parametrize("kind", ["arxiv", "doi", "s2", "openalex"])
def test_a_shared_identifier_makes_one_paper(kind: str) -> None:
    value = {"arxiv": "2001.00001", "doi": "10.5555/one", "s2": "a" * 40, "openalex": "W1"}[kind]
    one = found(S2, "a", **{kind: value}, title="Painting harbours", authors=())
    other = found(OA, "b", **{kind: value})
    (paper,) = merge([one, other])
    assert f"{kind}:{value}" == paper.id
    assert {S2: f"{kind}:{value}", OA: f"{kind}:{value}"} == reasons(paper)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2001.00001v3", "https://arxiv.org/abs/2001.00001"),
        ("10.48550/arXiv.2001.00001", "arXiv:2001.00001v1"),
        ("cs/0112017v2", "https://arxiv.org/pdf/cs/0112017"),
    ],
)
def test_versions_and_forms_of_an_arxiv_id_are_one(one: str, other: str) -> None:
    first = found(S2, "a", arxiv=arxiv_id(one) or "")
    second = found(OA, "b", arxiv=arxiv_id(other) or "", authors=())
    assert len(merge([first, second])) == 1


def test_arxivs_own_doi_is_no_doi_of_a_publication() -> None:
    assert doi_id("10.48550/arXiv.2001.00001") is None
    assert arxiv_id("https://doi.org/10.48550/ARXIV.2001.00001") == "2001.00001"


def test_identifiers_hold_together_over_a_third_record() -> None:
    preprint = found("arxiv", "2001.00001", arxiv="2001.00001")
    bridge = found(S2, "s", arxiv="2001.00001", doi="10.5555/one", s2="s")
    published = found(OA, "W1", doi="10.5555/one", openalex="W1", authors=())
    (paper,) = merge([preprint, bridge, published])
    assert paper.id == "arxiv:2001.00001"
    assert reasons(paper) == {
        "arxiv": "arxiv:2001.00001",
        S2: "arxiv:2001.00001",
        OA: "doi:10.5555/one",
    }
    assert paper.identifiers == ("arxiv:2001.00001", "doi:10.5555/one", "s2:s", "openalex:W1")


def test_title_first_author_and_year_make_one_paper() -> None:
    (paper,) = merge([found(S2, "a", arxiv="2001.00001"), found(OA, "b", doi="10.5555/one")])
    assert reasons(paper) == {S2: "title, first author, year", OA: "title, first author, year"}


@pytest.mark.parametrize(
    "title",
    [
        "painting harbours with two brushes",
        "Painting Harbours, with Two Brushes.",
        "Painting H{\\'a}rbours with Two Brushes",
        "Painting Hárbours with Two Brushes",
    ],
)
def test_spelling_and_markup_of_a_title_do_not_matter(title: str) -> None:
    assert len(merge([found(S2, "a"), found(OA, "b", title=title)])) == 1


@pytest.mark.parametrize(
    "authors",
    [
        ("A. Quill", "B. Inkwell"),
        ("Quill, Ada", "Inkwell, Bo"),
        ("Quill Ada", "Bo Inkwell"),
        ("ADA QUILL",),
        ("Áda Quill", "Cy Nib"),
    ],
)
def test_names_are_written_in_several_ways(authors: tuple[str, ...]) -> None:
    assert len(merge([found(S2, "a"), found(OA, "b", authors=authors)])) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"authors": ("Di Blotter", "Ed Easel")},
        {"authors": ()},
        {"authors": ("Bo Inkwell", "Ada Quill", "Cy Nib")},
        {"authors": ("Zoe Quill",)},
        {"year": 2022},
        {"year": None, "authors": ("Ada Quill",)},
        {"title": "Painting Harbours with Two Brushes, Part II"},
    ],
)
def test_a_title_alone_is_never_enough(other: dict[str, Any]) -> None:
    papers = merge([found(S2, "a", doi="10.5555/one"), found(OA, "b", **other)])
    assert len(papers) == 2
    assert doubts(papers) == {}


@pytest.mark.parametrize(("gap", "papers"), [(0, 1), (1, 1), (2, 1), (3, 1), (4, 2)])
def test_a_preprint_may_be_three_years_before_its_publication(gap: int, papers: int) -> None:
    preprint = found(S2, "a", arxiv="2001.00001", year=2020)
    published = found(OA, "b", doi="10.5555/one", year=2020 + gap)
    assert papers == len(merge([preprint, published]))


@pytest.mark.parametrize(("gap", "papers"), [(0, 1), (1, 1), (2, 2)])
def test_two_publications_of_one_title_are_a_year_apart_at_most(gap: int, papers: int) -> None:
    one, other = found(S2, "a", year=2020), found(OA, "b", doi="10.5555/one", year=2020 + gap)
    assert papers == len(merge([one, other]))


def test_without_a_year_all_authors_have_to_agree() -> None:
    (paper,) = merge([found(S2, "a", year=None), found(OA, "b", doi="10.5555/one")])
    assert doubts([paper]) == {"b": "a source gives no year"}


def test_papers_with_different_arxiv_ids_are_never_one_by_title() -> None:
    records = [found(S2, "a", arxiv="2001.00001"), found(OA, "b", arxiv="2002.00002")]
    assert len(merge(records)) == 2


def test_a_paper_of_a_conference_and_its_journal_are_one_and_doubted() -> None:
    conference = found(S2, "a", doi="10.5555/conference")
    journal = found(OA, "b", doi="10.5555/journal", year=2021)
    (paper,) = merge([conference, journal])
    assert doubts([paper]) == {"b": "two DOIs: 10.5555/conference and 10.5555/journal"}
    assert set(paper.identifiers) == {"doi:10.5555/conference", "doi:10.5555/journal"}


def test_the_doi_of_a_preprint_is_no_second_publication() -> None:
    preprint = found(S2, "a", doi="10.36227/techrxiv.1")
    (paper,) = merge([preprint, found(OA, "b", doi="10.5555/journal", year=2021)])
    assert paper.id == "doi:10.5555/journal"
    assert doubts([paper]) == {}
    assert paper.doi == "10.5555/journal"


def test_a_preprint_goes_with_the_nearer_of_two_publications() -> None:
    preprint = found("arxiv", "2001.00001", arxiv="2001.00001")
    conference = found(S2, "a", doi="10.5555/conference")
    journal = found(OA, "b", doi="10.5555/journal", year=2022)
    assert [{"arxiv/2001.00001", f"{S2}/a"}, {f"{OA}/b"}] == members(
        merge([journal, conference, preprint])
    )


def test_a_record_between_two_papers_that_fit_alike_is_left_alone() -> None:
    records = [
        found(S2, "a", arxiv="2001.00001"),
        found(S2, "b", arxiv="2002.00002"),
        found(OA, "c", doi="10.5555/one"),
    ]
    assert len(merge(records)) == 3


def test_years_do_not_add_up_over_a_record_in_between() -> None:
    records = [
        found(S2, "a", venue="arXiv.org", year=2014),
        found(S2, "b", venue="arXiv.org", year=2017),
        found(S2, "c", venue="arXiv.org", year=2020),
    ]
    assert len(merge(records)) == 3


@pytest.mark.parametrize(
    "title",
    [
        "Supplementary Material",
        "Introduction",
        "Guest Editorial",
        "Editorial: Special Issue, Part II",
        "Table of Contents",
        "List of Reviewers 2020",
        "Author index",
        "Preface to the Proceedings",
        "CycleGAN",  # too short
    ],
)
def test_titles_of_many_papers_never_make_one(title: str) -> None:
    assert len(merge([found(S2, "a", title=title), found(OA, "b", title=title)])) == 2


@pytest.mark.parametrize("kind", ["dataset", "dissertation", "peer-review", "erratum"])
def test_what_is_beside_a_paper_is_not_the_paper(kind: str) -> None:
    paper = found(S2, "a", arxiv="2001.00001", kind="JournalArticle")
    assert len(merge([paper, found(OA, "b", kind=kind)])) == 2


def test_a_shared_doi_of_altogether_different_papers_is_kept_apart_and_told() -> None:
    one = found(S2, "a", doi="10.5555/one", s2="a")
    other = found(OA, "b", doi="10.5555/one", title="Fog over a Quay", authors=("Di Blotter",))
    papers = merge([one, other])
    assert [{f"{S2}/a"}, {f"{OA}/b"}] == sorted(members(papers), key=min, reverse=True)
    assert {"b": f"{APART} that has doi:10.5555/one as well"} == doubts(papers)
    assert [paper.id for paper in papers] == ["doi:10.5555/one", "openalex/b"]
    assert [paper.doi for paper in papers] == ["10.5555/one", ""]


def test_a_bare_record_does_not_tie_altogether_different_papers_together() -> None:
    one = found(S2, "a", arxiv="2001.00001")
    bare = found("opencitations", "x", arxiv="2001.00001", doi="10.5555/one", title="", authors=())
    other = found(OA, "b", doi="10.5555/one", title="Fog over a Quay", authors=("Di Blotter",))
    assert [{f"{S2}/a", "opencitations/x"}, {f"{OA}/b"}] == members(merge([other, bare, one]))


def test_the_arxiv_id_of_another_paper_stays_with_arxivs_own_record() -> None:
    own = found("arxiv", "2001.00001", arxiv="2001.00001")
    wrong = {"title": "Fog over a Quay", "authors": ("Di Blotter",), "arxiv": "2001.00001"}
    papers = merge([own, found(S2, "a", s2="a", **wrong), found(OA, "b", openalex="W2", **wrong)])
    assert {p.id: p.arxiv for p in papers} == {"arxiv:2001.00001": "2001.00001", "s2:a": ""}


def test_a_renamed_paper_is_one_and_another_title_is_doubted() -> None:
    renamed = found(OA, "b", arxiv="2001.00001", title="Painting Quays with Two Small Brushes")
    other = found("import", "c", arxiv="2001.00001", title="On Quiet Mornings in Winter")
    papers = merge([found(S2, "a", arxiv="2001.00001"), renamed, other])
    assert len(papers) == 1
    assert {"c"} == doubts(papers).keys()
    assert "On Quiet Mornings in Winter" in doubts(papers)["c"]


def test_a_translated_title_is_not_altogether_different() -> None:
    translated = found(
        OA, "b", doi="10.5555/one", title="二つの筆で港を描く方法について", authors=("港",)
    )
    (paper,) = merge([found(S2, "a", doi="10.5555/one"), translated])
    assert doubts([paper]) == {"b": "the titles are in different scripts"}


def test_one_doi_under_two_arxiv_ids_needs_the_title_too() -> None:
    twice = [found(S2, k, arxiv=f"2001.0000{k}", doi="10.5555/one") for k in "12"]
    (paper,) = merge(twice)
    assert paper.id == "arxiv:2001.00001"
    assert doubts([paper])["2"] == "two arXiv ids: 2001.00001 and 2001.00002"
    other = replace(twice[1], title="Painting Harbours and Bridges with Three Brushes")
    assert len(merge([twice[0], other])) == 2


def test_a_paper_that_only_its_first_author_ties_is_doubted() -> None:
    other = found(OA, "b", authors=("Ada Quill", "Di Blotter"))
    assert doubts(merge([found(S2, "a"), other])) == {"b": "only the first author agrees"}


def test_a_paper_has_its_best_identifier_as_id() -> None:
    everything = {"arxiv": "2001.00001", "doi": "10.5555/one", "s2": "a" * 40, "openalex": "W1"}
    seen = []
    for kind in ("arxiv", "doi", "s2", "openalex", ""):
        (paper,) = merge([found(S2, "key", **everything)])
        seen.append(paper.id)
        everything.pop(kind, None)
    expected = ["arxiv:2001.00001", "doi:10.5555/one", f"s2:{'a' * 40}", "openalex:W1"]
    assert [*expected, "semantic_scholar/key"] == seen


def test_a_crowd_of_records_with_one_identifier_is_no_trouble() -> None:
    many = [found(S2, f"{n:03}", doi="10.5555/proceedings") for n in range(300)]
    others = [
        found(
            OA,
            f"{n:03}",
            doi="10.5555/proceedings",
            title=f"Lantern {chr(65 + n % 26) * 9} {n} at Sea",
            authors=(f"Person{chr(97 + n % 26)}{n}",),
        )
        for n in range(100)
    ]
    papers = merge([*many, *others])
    assert max(len(paper.members) for paper in papers) == 300
    assert sum(paper.doi == "10.5555/proceedings" for paper in papers) == 1


def _mess(chance: random.Random) -> list[Found]:
    """Few titles, authors and identifiers, so that everything that can happen happens."""
    titles = [TITLE, "Painting Harbours with Three Brushes", "Fog over a Quay at Dawn", "Editorial"]
    people = ["Ada Quill", "Bo Inkwell", "A. Quill", "Di Blotter", "Quill, Ada"]
    kinds = ["", "article", "preprint", "dataset"]
    return [
        Found(
            source=chance.choice(["arxiv", S2, OA, "import"]),
            key=str(n),
            title=chance.choice([*titles, TITLE, ""]),
            authors=tuple(chance.sample(people, chance.randint(0, 3))),
            year=chance.choice([None, 2018, 2019, 2020, 2023]),
            date=chance.choice(["", "2019-01-01", "2019-05-02", "2020-07-31"]),
            venue=chance.choice(["", "arXiv.org", "Harbour Letters"]),
            kind=chance.choice(kinds),
            arxiv=chance.choice(["", "", "", "2001.00001", "2001.00002"]),
            doi=chance.choice(["", "", "10.5555/one", "10.5555/two", "10.36227/techrxiv.1"]),
            s2=chance.choice(["", "", "s1", "s2"]),
            openalex=chance.choice(["", "", "W1", "W2"]),
            citations=chance.choice([None, 0, 7]),
        )
        for n in range(chance.randint(2, 25))
    ]


@pytest.mark.parametrize("seed", range(60))
def test_the_order_of_arrival_does_not_matter(seed: int) -> None:
    chance = random.Random(seed)
    records = _mess(chance)
    expected = merge(records)
    for _ in range(4):
        chance.shuffle(records)
        assert expected == merge(records)


@pytest.mark.parametrize("seed", range(60, 80))
def test_every_record_is_in_one_paper_and_every_identifier_of_one(seed: int) -> None:
    records = _mess(random.Random(seed))
    papers = merge(records)
    names = [(m.source, m.key) for paper in papers for m in paper.members]
    assert sorted((f.source, f.key) for f in records) == sorted(names)
    owned = [name for paper in papers for name in paper.identifiers]
    assert sorted({str(i) for f in records for i in f.ids}) == sorted(owned)
    assert len(papers) == len({paper.id for paper in papers})
