"""Topics are found by readable rules, keep their evidence, and do as well as the page says."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from survey.found import title_key
from survey.ids import arxiv_id
from survey.phrases import Phrases, expand
from survey.topics import TOPICS, Hit, rules, topics_of
from survey.topics_report import (
    Labelled,
    Tally,
    measure,
    read_labelled,
    report,
    together,
)

LABELLED = Path(__file__).with_name("labelled.jsonl")
PAGE = Path(__file__).parents[2] / "docs" / "survey-topics.md"
# Measured on the held-out half, rounded down: rules may only get better than this.
HELD_OUT_PRECISION, HELD_OUT_RECALL = 0.89, 0.85


def _names(title: str, abstract: str = "", **more: tuple[str, ...]) -> list[str]:
    return [hit.topic for hit in topics_of(title, abstract, **more)]  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def papers() -> list[Labelled]:
    return read_labelled(LABELLED, rules())


# ------------------------------------------------------------------ what was measured


def test_the_labelled_set_is_real_and_large_enough(papers: list[Labelled]) -> None:
    assert len(papers) >= 150
    titles = [title_key(paper.title) or paper.title for paper in papers]
    assert [title for title, n in Counter(titles).items() if n > 1] == []
    ids = [paper.arxiv for paper in papers if paper.arxiv]
    assert len(set(ids)) == len(ids)
    assert ids == [arxiv_id(text) for text in ids]
    assert [p.title for p in papers if p.arxiv and p.year != 2000 + int(p.arxiv[:2])] == []
    assert all(paper.what and paper.title not in paper.what for paper in papers)


def test_every_topic_has_five_labelled_papers_and_many_have_none(papers: list[Labelled]) -> None:
    counts = Counter(topic for paper in papers for topic in paper.topics)
    assert [name for name in TOPICS if counts[name] < 5] == []
    assert sum(not paper.topics for paper in papers) >= 30
    for split in ("dev", "held-out"):
        some = Counter(t for paper in papers if paper.split == split for t in paper.topics)
        assert [name for name in TOPICS if some[name] < 2] == []


def test_the_labelled_set_holds_no_abstracts() -> None:
    for line in LABELLED.read_text(encoding="utf-8").splitlines():
        assert set(json.loads(line)) <= {
            *("arxiv", "title", "year", "topics", "what", "split", "drawn"),
        }
        assert len(json.loads(line)["what"]) < 300


def test_held_out_precision_and_recall_do_not_fall(papers: list[Labelled]) -> None:
    held_out = [paper for paper in papers if paper.split == "held-out"]
    tally = together(measure(rules(), held_out, lambda paper: paper.what))
    assert tally.precision is not None
    assert tally.recall is not None
    assert tally.precision >= HELD_OUT_PRECISION
    assert tally.recall >= HELD_OUT_RECALL


def test_the_page_shows_what_is_measured(papers: list[Labelled]) -> None:
    page = PAGE.read_text(encoding="utf-8")
    shown = re.search(r"<!-- measured -->\n(.*?)<!-- end -->", page, re.DOTALL)
    assert shown is not None
    assert report(rules(), papers) == shown.group(1)
    drawn = Counter(paper.drawn for paper in papers)
    assert f"has {len(papers)} papers" in page
    assert f"{drawn['random']} were drawn" in page


def test_measuring_tells_right_from_wrong_and_missed() -> None:
    paper = {"year": 2020, "arxiv": "", "what": "", "split": "dev", "drawn": "chosen"}
    given = [
        Labelled(title="Image dehazing", topics=frozenset({"dehaze", "restoration"}), **paper),  # type: ignore[arg-type]
        Labelled(title="Image deraining", topics=frozenset({"medical"}), **paper),  # type: ignore[arg-type]
    ]
    found = measure(rules(), given, lambda one: one.what)
    assert Tally(right=1) == found["dehaze"]
    assert Tally(wrong=1) == found["derain"]
    assert Tally(missed=1) == found["medical"]
    assert Tally(right=2, wrong=2, missed=1) == together(found)
    assert together(found).precision == 0.5


# ------------------------------------------------------------------------- the rules


def test_the_seed_papers_are_what_they_are() -> None:
    assert _names(
        "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks"
    ) == ["unpaired", "two-domain"]
    assert _names("Image-to-Image Translation with Conditional Adversarial Networks") == [
        "paired",
        "two-domain",
    ]


@pytest.mark.parametrize(
    ("title", "topic"),
    [
        ("Low Light Image Enhancement", "low-light"),
        ("LOW-LIGHT\tenhancement", "low-light"),
        ("Image De-raining", "derain"),
        ("SAR-to-Optical Translation", "remote-sensing"),
        ("Cartoonisation of photographs", "cartoon"),
        ("Colourising grey photographs", "colourisation"),
        ("Face Ageing", "ageing"),
        ("Denoising of MR images", "denoise"),
    ],
)
def test_spelling_hyphens_and_case_do_not_matter(title: str, topic: str) -> None:
    assert topic in _names(title)


def test_what_only_looks_like_a_topic_is_none() -> None:
    assert "denoise" not in _names("Denoising Diffusion Probabilistic Models")
    assert "diffusion" not in _names("Diffusion MRI of the brain")
    assert "video" not in _names("Playing video games")
    assert _names("Machine translation without parallel data") == []


def test_a_paper_of_a_narrow_topic_has_the_wider_one() -> None:
    assert _names("Single image dehazing") == ["restoration", "dehaze"]
    assert {topic.parent for topic in TOPICS.values()} - {""} <= set(TOPICS)


def test_a_hit_says_where_and_by_which_words() -> None:
    said = topics_of("A study", "We transfer makeup between faces.")
    assert Hit("makeup", "abstract", "makeup") in said
    title_first = topics_of("Makeup transfer", "We transfer makeup.")
    assert Hit("makeup", "title", "makeup") in title_first


def test_an_abstract_that_names_a_task_once_is_not_about_it() -> None:
    listing = "Applications are style transfer, super-resolution, inpainting and domain adaptation."
    assert _names("A new loss", listing) == []
    about = "We study inpainting. Our inpainting network fills what is missing."
    assert "inpainting" in _names("A new loss", about)


def test_hints_count_only_beside_other_topics() -> None:
    assert "paired" not in _names("Conditional GANs for tabular data")
    assert "paired" in _names("Conditional GANs for image deraining")


def test_categories_comments_and_contexts_count() -> None:
    assert _names("A study", categories=("cs.LG", "eess.AS")) == ["audio"]
    assert "makeup" in [h.topic for h in topics_of("A study", "", "Workshop on makeup transfer")]
    sentence = "We translate our MRI scans with CycleGAN [3]."
    assert [Hit("medical", "context", "we translate our mri scans")] == topics_of(
        "A study", "", "", (), [sentence]
    )
    assert topics_of("A study", "", "", (), ["CycleGAN was used for MRI in [3]."]) == []


def test_phrases_do_not_cross_sentences() -> None:
    assert "style-transfer" not in _names("It has style. Transfer is another matter")


@pytest.mark.parametrize(
    "text", ["", " ", "…", "\u05e9\u05dc\u05d5\u05dd", "e\u0301\u0301", "a" * 10**6]
)
def test_odd_text_has_no_topics(text: str) -> None:
    assert topics_of(text, text, text, (text,), (text,)) == []


def test_a_long_text_of_words_from_rules_is_read_in_one_go() -> None:
    text = "unpaired image to image unsupervised translation without any paired " * 3000
    assert "unpaired" in _names(text, text)


def test_every_bundled_phrase_can_be_read() -> None:
    lists = ("words", "often", "never", "hints", "in_title", "in_abstract", "in_contexts")
    for topic in TOPICS.values():
        for name in lists:
            for phrase in getattr(topic, name):
                assert expand(phrase), (topic.name, phrase)
        assert topic.about
        assert {*topic.unless, *topic.hints_with, *topic.hints_without} <= set(TOPICS)


@pytest.mark.parametrize(
    "phrase", ["", "..", "(a", "a)", "a|b", ".. a", "a ..", "*", "a.b", "(a|(b|c))", "[a]"]
)
def test_a_phrase_that_cannot_be_read_is_refused(phrase: str) -> None:
    with pytest.raises(ValueError, match=r"phrase|brackets|word"):
        expand(phrase)


def test_a_phrase_stands_for_all_that_it_says() -> None:
    assert expand("(a|c) b") == [("a", "b"), ("c", "b")]
    assert expand("(a|) b") == [("a", "b"), ("b",)]
    assert expand("low-light") == [("low", "light")]
    looked = Phrases({("t", "words"): ["few .. pairs", "SAR", "haz*"]})

    def found(text: str) -> list[str]:
        return [text[spot.start : spot.end] for spot in looked.find(text)]

    assert found("A few image pairs.") == ["few image pairs"]
    assert found("few a b c d e pairs") == []
    assert found("SAR sar hazy") == ["SAR", "hazy"]
