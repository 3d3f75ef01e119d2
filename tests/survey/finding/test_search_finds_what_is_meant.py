"""Full-text search: ranking, phrases, exclusions, prefixes, OR, identifiers and filters."""

from __future__ import annotations

from typing import Any

import pytest

from survey.catalogue.papers import Filter
from survey.search import Hit, advise, search

CYCLEGAN, PIX2PIX = "arxiv:1703.10593", "arxiv:1611.07004"
GANILLA, DANCE = "arxiv:2002.05638", "arxiv:1808.07371"


def _find(shelf: Any, text: str, wanted: Filter | None = None) -> list[Hit]:
    with shelf.catalogue.read() as connection:
        return list(search(connection, text, wanted))


def _ids(shelf: Any, text: str, wanted: Filter | None = None) -> list[str]:
    return [hit.paper.id for hit in _find(shelf, text, wanted)]


def test_all_words_are_needed_in_any_form_and_place(papers: Any) -> None:
    assert _ids(papers, "translating unpaired HORSE") == [CYCLEGAN]


def test_a_word_in_the_title_ranks_over_one_in_the_abstract(papers: Any) -> None:
    papers.put("1904.00001", "A study of CycleGAN and its pictures", abstract="Long. " * 40)
    hits = _find(papers, "cyclegan")
    assert hits[0].paper.id == "arxiv:1904.00001"
    assert {CYCLEGAN, GANILLA} == {hit.paper.id for hit in hits[1:]}
    assert sorted((hit.score for hit in hits), reverse=True) == [hit.score for hit in hits]
    assert hits[-1].score > 0


def test_a_phrase_keeps_its_order(papers: Any) -> None:
    assert _ids(papers, '"image to illustration"') == [GANILLA]
    assert _ids(papers, '"illustration to image"') == []


def test_a_hyphenated_word_is_a_phrase(papers: Any) -> None:
    assert {CYCLEGAN, PIX2PIX} == set(_ids(papers, "image-to-image"))


@pytest.mark.parametrize(
    "text", ["translation -pairs", 'translation -"pairs"', "translation NOT pairs"]
)
def test_a_minus_leaves_papers_out(papers: Any, text: str) -> None:
    assert _ids(papers, text) == [GANILLA]


def test_exclusions_alone_leave_the_rest_the_most_cited_first(papers: Any) -> None:
    assert _ids(papers, "-dance") == [CYCLEGAN, PIX2PIX, GANILLA]


def test_a_star_lets_a_word_go_on(papers: Any) -> None:
    assert _ids(papers, "illustr zeb") == []
    assert _ids(papers, "zeb*") == [CYCLEGAN]
    assert _ids(papers, '"image to illus"*') == [GANILLA]


def test_or_joins_its_two_neighbours_alone(papers: Any) -> None:
    assert {CYCLEGAN, GANILLA} == set(_ids(papers, "translation zebras OR books"))
    assert sorted(_ids(papers, "poses | books"), reverse=True) == [GANILLA, DANCE]


def test_authors_and_venues_are_found(papers: Any) -> None:
    assert _ids(papers, "hicsonmez") == [GANILLA]
    assert _ids(papers, "isola cvpr") == [PIX2PIX]


def test_accents_do_not_matter(papers: Any) -> None:
    if not papers.catalogue.sqlite:
        pytest.skip("PostgreSQL needs an extension for that")
    papers.put("1901.00002", "Pictures by Hervé", authors=["Hervé Jégou"])
    assert _ids(papers, "Herve jegou") == ["arxiv:1901.00002"]


@pytest.mark.parametrize(
    "text",
    [
        "1703.10593",
        "arXiv:1703.10593v2",
        "https://arxiv.org/pdf/1703.10593v7.pdf",
        " 10.1109/ICCV.2017.244 ",
        "https://doi.org/10.1109/ICCV.2017.244",
        '"10.48550/arXiv.1703.10593"',
    ],
)
def test_an_identifier_finds_its_paper(papers: Any, text: str) -> None:
    assert _ids(papers, text) == [CYCLEGAN]


def test_an_identifier_inside_a_sentence_is_words(papers: Any) -> None:
    papers.put("1905.00003", "Remarks", abstract="We compare with 1703.10593 once more.")
    assert _ids(papers, "compare 1703.10593") == ["arxiv:1905.00003"]


def test_words_of_scripts_without_spaces_are_found_inside_a_run(papers: Any) -> None:
    papers.put("2001.00004", "基于生成对抗网络的图像翻译方法", abstract="")
    papers.put("2001.00005", "Pictures", abstract="日本語の画像変換について")
    assert _ids(papers, "图像翻译") == ["arxiv:2001.00004"]
    (hit,) = _find(papers, "画像変換")
    assert "日本語の«画像変換»について" in hit.snippet
    assert {"arxiv:2001.00004", DANCE} == set(_ids(papers, "图像 OR dance"))
    assert "arxiv:2001.00004" not in _ids(papers, "-图像")
    assert _ids(papers, "dance 图像") == []


def test_symbols_that_belong_to_a_name_are_not_dropped(papers: Any) -> None:
    papers.put("2001.00006", "Fast filters in C++")
    papers.put("2001.00007", "Class C filters")
    assert _ids(papers, "filters C++") == ["arxiv:2001.00006"]


def test_filters_narrow_what_is_found(papers: Any) -> None:
    every = [
        (Filter(years=(2017, None)), {CYCLEGAN, GANILLA}),
        (Filter(years=(None, 2016)), {PIX2PIX}),
        (Filter(topics=("paired",)), {PIX2PIX}),
        (Filter(code=True), {CYCLEGAN}),
        (Filter(code=False), {PIX2PIX, GANILLA}),
        (Filter(venue="iccv"), {CYCLEGAN}),
        (Filter(citations=19000), {CYCLEGAN, PIX2PIX}),
        (Filter(status=("kept",)), {GANILLA}),
        (Filter(status=("new", "dropped")), {CYCLEGAN, PIX2PIX}),
        (Filter(arxiv=("1611.07004", "2002.05638")), {PIX2PIX, GANILLA}),
        (Filter(ids=(GANILLA, DANCE)), {GANILLA}),
    ]
    for wanted, expected in every:
        assert expected == set(_ids(papers, "translation", wanted)), wanted


def test_a_filter_holds_for_an_identifier_too(papers: Any) -> None:
    assert _ids(papers, "1703.10593", Filter(status=("kept",))) == []


def test_the_json_has_the_paper_the_score_and_the_words_found(papers: Any) -> None:
    (hit,) = _find(papers, "zebras")
    content = hit.to_json()
    assert hit.paper.to_json() == {k: content[k] for k in hit.paper.to_json()}
    assert hit.score == content["score"] > 0
    assert "horses and «zebras»" in content["snippet"]


def test_a_limit_is_kept_also_when_a_filter_passes_few(papers: Any) -> None:
    for n in range(40):
        papers.put(f"2101.{n:05d}", f"Sheep {n}", year=2000 + n)
    with papers.catalogue.read() as connection:
        hits = list(search(connection, "sheep", Filter(years=(2030, None)), 3))
        none = list(search(connection, "sheep", Filter(years=(2030, None)), 30))
    assert len(hits) == 3
    assert len(none) == 10


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        ("cyclgan horses", "did you mean 'cyclegan horses'?", "survey search 'cyclegan horses'"),
        (
            "zebras handbags",
            "2 papers with one of the words",
            'survey search \'"zebras" OR "handbags"\'',
        ),
        ("9901.00001", "has the identifier", "survey search"),
        ("?!", "nothing in '?!' can be searched for", "survey search"),
        ("quetzalcoatl", "nothing has 'quetzalcoatl'", "survey ls"),
    ],
)
def test_advice_is_given_when_nothing_is_found(
    papers: Any, text: str, said: str, hint: str
) -> None:
    papers.put("2001.00008", "CycleGAN revisited")
    assert _ids(papers, text) == []
    with papers.catalogue.read() as connection:
        advice = advise(connection, text)
    assert said in advice.message
    assert hint in advice.hint


@pytest.mark.parametrize("text", ["zebras", "1703.10593"])
def test_advice_says_when_the_filters_are_to_blame(papers: Any, text: str) -> None:
    with papers.catalogue.read() as connection:
        assert (
            "finds one paper, but none that passes the filters" in advise(connection, text).message
        )
