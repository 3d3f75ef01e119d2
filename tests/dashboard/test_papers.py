"""The papers' pages find, filter, show and decide, and take titles for text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dashboard.load.catalogue import reading
from dashboard.load.charted import LANES, cite_map, points
from dashboard.load.papers import Asked, facets, find
from dashboard.views.paper_charts import figure
from dashboard.views.paper_rows import excerpt
from dashboard.warming_papers import warm_papers
from data.paths import Home
from survey.catalogue.papers import ORDERS, Filter, names, papers
from survey.momentum import citations_a_month
from survey.profiles import profile
from survey.rank import rank
from survey.search import search
from tests.dashboard.catalogues import LATEX, SCRIPT, make, said, some, texts
from tests.dashboard.store import page


@pytest.fixture
def small(home: Path) -> Home:
    """Six papers."""
    return make(home, some())


# --- what is there to see


def test_without_a_catalogue_the_bundled_papers_are_shown_and_the_command_is_named(
    home: Path,
) -> None:
    made = page("papers")
    assert not made.exception
    assert "bundled papers" in made.info[0].value
    assert "survey fetch --cites 1703.10593" in made.code[0].value
    assert any("112 papers" in caption.value for caption in made.caption)
    assert not list(home.iterdir())  # looking writes nothing


def test_a_catalogue_without_papers_names_the_command_that_fills_it(home: Path) -> None:
    make(home, [])
    made = page("papers")
    assert not made.exception
    assert "no papers yet" in made.info[0].value
    assert "survey fetch" in made.code[0].value


@pytest.mark.parametrize("view", ["List", "Momentum", "Timeline", "Citation map"])
def test_every_view_of_the_papers_is_drawn(small: Home, view: str) -> None:
    made = page("papers", view=view)
    assert not made.exception
    assert not made.error


@pytest.mark.parametrize("title", [SCRIPT, LATEX])
def test_a_title_that_is_markup_is_shown_as_text(small: Home, title: str) -> None:
    made = page("papers", q=" ".join(title.split()[-2:]))
    assert not made.exception
    told = [link.label for link in made.get("page_link")] if made.get("page_link") else []
    shown = "\n".join([*told, texts(made)])
    assert title not in shown
    assert not any(getattr(element, "allow_html", False) for element in made.markdown)


def test_a_long_list_is_shown_in_pages(home: Path) -> None:
    make(home, [{"arxiv": f"2001.{n:05d}", "citations": n} for n in range(45)])
    first, last = page("papers"), page("papers", page="3")
    assert len(first.get("segmented_control") or first.button_group) - 1 - 1 == 20
    assert not last.exception
    beyond = page("papers", page="99")
    assert not beyond.exception


# --- search


def test_search_takes_an_unfinished_word_for_its_beginning(small: Home) -> None:
    wanted = ("arxiv:2001.00001",)
    for text in ("unpai", "maps translatio", "2001.00001", "https://arxiv.org/abs/2001.00001v2"):
        assert wanted == find(Asked(text=text)).ids, text


@pytest.mark.parametrize("text", ["translation ", "pictures OR teeth ", "paper -cows ", "image"])
def test_what_is_found_comes_in_the_order_of_survey_search(home: Path, text: str) -> None:
    with reading() as (connection, _):  # of the bundled papers
        expected = tuple(hit.paper.id for hit in search(connection, text))
    assert expected == find(Asked(text=text)).ids


def test_a_search_that_finds_nothing_says_what_to_try(small: Home) -> None:
    made = page("papers", q="segmantation")
    assert not made.exception
    assert any("did you mean" in info.value for info in made.info)


@pytest.mark.parametrize(
    "text", ['"', "'; DROP TABLE paper; --", "\0", "((", "NEAR(a b)", "*" * 999]
)
def test_any_text_can_be_searched_for(small: Home, text: str) -> None:
    made = page("papers", q=text)
    assert not made.exception
    assert facets().papers == 6


def test_the_words_that_were_found_are_bold_and_the_rest_is_text() -> None:
    assert excerpt("Translating <b>", "translation") == "**Translating** \\<b\\>"
    assert excerpt("Nothing of it", "unpaired") == ""
    assert excerpt("", "") == ""


# --- filters agree with those of survey


def _everything() -> Iterator[tuple[Asked, Filter]]:
    yield Asked(years=(2019, 2021)), Filter(years=(2019, 2021))
    yield Asked(code=True), Filter(code=True)
    yield Asked(code=False), Filter(code=False)
    yield Asked(venue="cvp"), Filter(venue="cvp")
    yield Asked(citations=7), Filter(citations=7)
    yield Asked(topics=("unpaired",)), Filter(topics=("unpaired",))
    yield Asked(topics=("nonsense",)), Filter(topics=("nonsense",))
    yield Asked(status=("new",)), Filter(status=("new",))


@pytest.mark.parametrize(("asked", "wanted"), list(_everything()))
def test_filters_let_through_what_survey_ls_does(small: Home, asked: Asked, wanted: Filter) -> None:
    with reading() as (connection, _):
        assert tuple(names(connection, wanted)) == find(asked).ids


def test_the_order_by_rank_is_that_of_survey_rank(small: Home) -> None:
    with reading() as (connection, _):
        expected = tuple(entry.paper.id for entry in rank(connection, profile("side-project")))
    assert expected == find(Asked(order="rank")).ids
    assert expected[:1] == find(Asked(text="unpaired", order="rank")).ids


@pytest.mark.parametrize("order", ORDERS)
def test_orders_are_those_of_survey_ls(small: Home, order: str) -> None:
    with reading() as (connection, _):
        assert tuple(names(connection, order=order)) == find(Asked(order=order)).ids


def test_a_filter_narrows_a_search(small: Home) -> None:
    assert find(Asked(text="unpaired", years=(2021, 2022))).ids == ()
    assert find(Asked(text="unpaired", order="date")).ids == ("arxiv:2001.00001",)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("topic", "'; DROP TABLE paper; --"),
        ("years", "NaN-NaN"),
        ("view", "<script>"),
        ("page", "-7"),
        ("cited", "1e999"),
        ("by", "../../etc/passwd"),
        ("nonsense", "1"),
    ],
)
def test_nonsense_in_the_address_leaves_the_default(small: Home, name: str, value: str) -> None:
    made = page("papers", **{name: value})
    assert not made.exception
    assert any(caption.value == "6 papers" for caption in made.caption)


# --- decisions


def test_a_decision_in_the_list_is_an_event_and_taking_it_back_is_one_too(small: Home) -> None:
    made = page("papers", q="2001.00001")
    _control(made, "row-").set_value("kept").run()
    assert not made.exception
    assert said(small) == [("keep", "arxiv:2001.00001", "")]
    assert find(Asked(status=("kept",))).ids == ("arxiv:2001.00001",)
    assert facets().status == {"new": 5, "kept": 1, "dropped": 0, "later": 0}
    _control(made, "row-").set_value(None).run()
    assert said(small) == [("keep", "arxiv:2001.00001", ""), ("reset", "arxiv:2001.00001", "")]


def test_read_only_mode_decides_nothing(small: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATLAS_READ_ONLY", "1")
    made = page("papers", q="2001.00001")
    assert _control(made, "row-").proto.disabled
    assert not page("triage").exception
    assert said(small) == []


def test_the_bundled_papers_cannot_be_decided_on(home: Path) -> None:
    made = page("papers", q="1703.10593")
    assert _control(made, "row-").proto.disabled


def _control(made: object, prefix: str):
    return next(b for b in made.button_group if str(b.key or "").startswith(prefix))  # type: ignore[attr-defined]


# --- charts


def test_points_have_a_day_even_where_only_the_year_is_known(small: Home) -> None:
    found = points(find(Asked()).ids)
    days = dict(zip(found.ids, map(str, found.days), strict=True))
    assert days["arxiv:2001.00001"] == "2020-01-02"
    assert days["arxiv:1801.00004"] == "2018-07-01"
    assert "doi:10.1/cows" not in days  # nobody knows when it was


def test_the_map_has_a_line_from_a_paper_to_the_seed_that_it_cites(home: Path) -> None:
    seed = {"title": "Cycle-Consistent Networks for Pictures", "arxiv": "1703.10593", "year": 2017}
    make(home, [seed, *some()])
    found = cite_map(("arxiv:2001.00001", "arxiv:1703.10593"))
    assert found.edges.tolist() == [[0, 1]]
    assert 2 == len(found.points) == len(found.lanes) == len(found.heights)


def test_points_are_cited_as_fast_as_survey_says(small: Home) -> None:
    found = points(find(Asked()).ids)
    with reading() as (connection, _):
        every = {paper.id: paper for paper in papers(connection)}
    today = datetime.now(UTC).date()
    expected = [citations_a_month(every[name], today) or 0.0 for name in found.ids]
    assert expected == pytest.approx(found.monthly.tolist())
    assert len(expected) == 5


def test_a_day_that_never_was_is_the_middle_of_its_year(home: Path) -> None:
    make(home, [{"arxiv": "1902.00001", "year": 2019, "date": "2019-02-30"}])
    assert [str(day) for day in points(find(Asked()).ids).days] == ["2019-07-01"]


def test_a_paper_is_in_the_lane_of_its_narrowest_topic(small: Home) -> None:
    found = cite_map(find(Asked()).ids)
    with reading() as (connection, _):
        of = {paper.id: paper.topics for paper in papers(connection)}
    shown = [of[name] for name in found.points.ids]
    count = Counter(topic for topics in shown for topic in topics)
    expected = [min(own, key=lambda t: (count[t], t), default="other") for own in shown]
    assert len(count) <= LANES
    assert tuple(expected) == found.lanes
    assert {"other"} < set(found.lanes)


def test_warming_up_reads_papers_and_draws_all_of_them(small: Home) -> None:
    warm_papers()
    for view in ("Momentum", "Citation map"):
        assert figure(view, Asked()) is not None
    assert said(small) == []
    assert not (small.root / "triage").exists()
