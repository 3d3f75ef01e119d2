"""A paper's page, the shortlist and triage show what is known, and write what is decided."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.load.catalogue import reading
from dashboard.load.decide import decide, desk, take_back
from dashboard.load.ranking import why
from dashboard.load.shortlist import exported, kept
from data.errors import AtlasError, UsageProblem
from data.paths import Home
from survey.catalogue.papers import Filter
from survey.export import FORMATS
from survey.profiles import profile
from survey.rank import explain
from survey.standing import standings
from tests.dashboard.catalogues import LATEX, SCRIPT, make, said, some, texts
from tests.dashboard.store import page, record

MAPS = "arxiv:2001.00001"


@pytest.fixture
def small(home: Path) -> Home:
    """Six papers."""
    return make(home, some())


# --- one paper


@pytest.mark.parametrize(
    "section", ["Why this rank", "How it cites", "Code", "Similar", "Run and scores", "Sources"]
)
@pytest.mark.parametrize("name", ["2001.00001", "doi:10.1/cows"])
def test_every_section_of_every_paper_is_drawn(small: Home, name: str, section: str) -> None:
    made = page("paper", id=name, section=section)
    assert not made.exception
    assert not made.error


@pytest.mark.parametrize(("name", "title"), [("2101.00002", SCRIPT), ("2201.00003", LATEX)])
def test_a_title_that_is_markup_is_escaped(small: Home, name: str, title: str) -> None:
    made = page("paper", id=name)
    assert title not in made.title[0].value
    assert not any(getattr(element.proto, "allow_html", False) for element in made.markdown)
    assert title == made.title[0].value.replace("\\", "") or "\\\\mathcal" in made.title[0].value


def test_the_sentences_in_which_it_cites_cyclegan_are_text(small: Home) -> None:
    made = page("paper", id="2001.00001", section="How it cites")
    shown = [element.value for element in made.markdown if "build on" in element.value]
    assert shown == ["> We build on \\[CycleGAN\\]\\(https\\://evil\\.example\\)\\."]


@pytest.mark.parametrize("name", ["", "9999.99999", "<script>", "\0", "x" * 5000, "' OR 1=1 --"])
def test_a_name_that_no_paper_has_is_told(small: Home, name: str) -> None:
    made = page("paper", id=name)
    assert not made.exception
    assert made.error or made.info


def test_the_points_of_a_rank_add_up(small: Home) -> None:
    told = why(MAPS, "side-project")
    assert told.score == sum(line.contribution for line in told.lines)
    assert told.among == 6
    made = page("paper", id=MAPS, section="Why this rank")
    table = made.dataframe[0].value
    assert told.score == table["points"].sum()


def test_a_kept_standing_changes_no_explanation(small: Home) -> None:
    chosen = profile("side-project")
    with reading() as (connection, _):
        (among,) = standings(connection, [chosen])
        for name in (MAPS, "doi:10.1/cows"):
            expected = explain(connection, chosen, name)
            assert expected == explain(connection, chosen, name, among=among)


def test_an_unknown_profile_is_refused(small: Home) -> None:
    with pytest.raises(UsageProblem):
        why(MAPS, "nonsense")
    made = page("paper", id=MAPS, section="Why this rank", profile="nonsense")
    assert not made.exception


def test_the_model_that_runs_it_is_shown_with_what_was_measured(home: Path) -> None:
    seed = {"title": "Cycle-Consistent Networks for Pictures", "arxiv": "1703.10593", "year": 2017}
    make(home, [seed])
    record(home, "cyclegan.photo2toon", 0.0123)
    made = page("paper", id="1703.10593", section="Run and scores")
    assert not made.exception
    assert any("zoo translate --model cyclegan" in code.value for code in made.code)
    table = made.dataframe[0].value
    assert pytest.approx(table["value"][0]) == 0.0123


def test_a_note_and_tags_become_events(small: Home) -> None:
    made = page("paper", id=MAPS)
    made.text_area[0].input("a good\nbaseline")
    made.text_input[0].input("maps, to build on")
    made.button[0].click().run()
    assert not made.exception
    expected = [("note", MAPS, "a good baseline"), ("tag", MAPS, "maps")]
    assert said(small) == [*expected, ("tag", MAPS, "to build on")]


# --- the shortlist


def test_an_empty_shortlist_names_the_ways_to_fill_it(small: Home) -> None:
    made = page("shortlist")
    assert not made.exception
    assert "No paper is kept yet" in made.info[0].value
    assert "survey keep" in made.code[0].value


def test_kept_papers_are_cards_side_by_side(small: Home) -> None:
    for name in ("2001.00001", "2101.00002"):
        decide(name, "keep")
    made = page("shortlist")
    assert not made.exception
    assert "2 kept papers" in made.caption[0].value
    assert SCRIPT not in texts(made)
    assert "https://github.com/a/maps" in texts(made)


@pytest.mark.parametrize("name", list(FORMATS))
def test_the_shortlist_is_exported_in_every_format(small: Home, name: str) -> None:
    decide("2001.00001", "keep")
    content = exported(name)
    assert b"Maps into Photographs" in content
    assert b"Teeth" not in content  # which is not kept


def test_exports_are_those_of_survey_export(small: Home, tmp_path: Path) -> None:
    from click.testing import CliRunner

    from survey.cli import main

    decide("2001.00001", "keep")
    file = tmp_path / "own.bib"
    asked = ["export", "--shortlist", "--out", str(file), "--home", str(small.root)]
    assert CliRunner().invoke(main, asked).exit_code == 0
    assert file.read_bytes() == exported("bibtex")


def test_a_decision_changes_the_shortlist_at_once(small: Home) -> None:
    assert kept()[0] == []
    decide(MAPS, "keep")
    assert [entry.paper.id for entry in kept()[0]] == [MAPS]
    assert take_back() == ("keep", MAPS)
    assert kept()[0] == []


# --- triage


def test_the_buttons_write_the_events_of_survey_triage(small: Home) -> None:
    made = page("triage")
    assert not made.exception
    first = _shown(made)
    made.button(key="triage-keep").click().run()
    second = _shown(made)
    assert first != second
    made.button(key="triage-drop").click().run()
    assert [("keep", first), ("drop", second)] == [event[:2] for event in said(small)]
    made.button(key="triage-undo").click().run()
    assert not made.exception
    assert said(small)[-1][0] == "undo"
    assert second == _shown(made)


def test_keys_are_those_of_the_terminal(small: Home) -> None:
    made = page("triage")
    keys = {b.key: b.proto.shortcut for b in made.button if str(b.key).startswith("triage-")}
    assert keys == {"triage-keep": "k", "triage-drop": "d", "triage-later": "l", "triage-undo": "u"}


def test_a_tag_and_a_note_are_written_at_the_desk(small: Home) -> None:
    made = page("triage")
    first = _shown(made)
    made.text_input[0].input("baseline")
    made.text_input[1].input("of everything")
    next(b for b in made.button if b.label == "Save").click().run()
    assert not made.exception
    assert said(small) == [("tag", first, "baseline"), ("note", first, "of everything")]
    assert first == _shown(made)  # it is still to be decided


def test_a_decision_made_elsewhere_is_seen_at_the_desk(small: Home) -> None:
    place = desk("side-project", Filter())
    with place.held() as session:
        assert session.pick is not None
        first = session.pick.paper.id
    decide(first, "drop")
    with place.held() as session:
        assert session.pick is not None
        assert session.pick.paper.id != first
        assert session.queue.count("dropped") == 1


def test_triage_ends_when_everything_is_decided(small: Home) -> None:
    for paper in some():
        decide(paper.get("arxiv") or "doi:10.1/cows", "later")
    made = page("triage")
    assert not made.exception
    assert "decided" in made.success[0].value
    again = page("triage", again="true")
    assert not again.exception
    assert again.button(key="triage-keep")


def test_without_a_catalogue_there_is_nothing_to_decide(home: Path) -> None:
    made = page("triage")
    assert not made.exception
    assert not made.button
    with pytest.raises(AtlasError):
        decide("1703.10593", "keep")
    assert not (home / "catalogue.db").exists()


def test_read_only_mode_refuses_to_write(small: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATLAS_READ_ONLY", "1")
    for refused in (lambda: decide(MAPS, "keep"), take_back, lambda: desk("x", Filter())):
        with pytest.raises(UsageProblem, match="read-only"):
            refused()
    assert said(small) == []


def _shown(made: object) -> str:
    """The id of the paper that triage shows, by the link to its page."""
    links = made.get("page_link")  # type: ignore[attr-defined]
    return next(
        str(link.proto.query_string).removeprefix("id=").replace("%3A", ":").replace("%2F", "/")
        for link in links
        if "id=" in str(link.proto.query_string)
    )
