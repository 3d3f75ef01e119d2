"""The shortlist shows what is known of each kept paper, with evidence, and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib.metadata import EntryPoint, entry_points
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result

from survey import zoo_models
from survey.catalogue.events import add
from survey.cli import main
from survey.named_data import named_data
from survey.paper import Paper
from survey.shortlist import purpose
from survey.zoo_models import zoo_cards

GITHUB = "https://github.com/junyanz/CycleGAN"


@pytest.fixture
def shelf(shelf: Any) -> Any:
    kept = shelf.put(
        "1703.10593",
        "Unpaired [translation] | with cycles",
        abstract="Pairs are rare. We present an approach for photos, e.g. of horses. It works on "
        "horse2zebra and the Cityscapes dataset.",
        year=2017,
        venue="ICCV",
        citations=20000,
        topics=["style-transfer", "unpaired"],
        code=["https://example.org/old", GITHUB],
    )
    shelf.look_up(GITHUB, stars=12000, licence="BSD-3-Clause", pushed="2024-01-01")
    bare = shelf.put("2401.00001", "Nothing is known of it")
    shelf.put("2401.00002", "Not kept", abstract="We present.")
    with shelf.catalogue.write() as connection:
        add(connection, kept, "keep")
        add(connection, kept, "tag", "baseline")
        add(connection, kept, "note", "start here")
        add(connection, bare, "keep")
    return shelf


def _run(shelf: Any, *words: str) -> Result:
    return CliRunner().invoke(main, ["shortlist", *words, "--home", str(shelf.home.root)])


def test_json_has_everything_with_its_evidence(shelf: Any) -> None:
    first, second = map(json.loads, _run(shelf, "--json").stdout.splitlines())
    assert first["id"] == "arxiv:1703.10593"
    assert first["does"] == "We present an approach for photos, e.g. of horses."
    assert first["task"] == ["style-transfer", "unpaired"]
    assert first["data"] == [
        {"name": "horse2zebra", "evidence": "horse2zebra"},
        {"name": "Cityscapes", "evidence": "Cityscapes"},
    ]
    assert [entry["url"] for entry in first["code"]] == [GITHUB, "https://example.org/old"]
    assert (first["code"][0]["state"], first["code"][0]["stars"]) == ("alive", 12000)
    assert first["code"][1]["state"] == ""
    assert first["licence"] == "BSD-3-Clause"
    assert "cyclegan" in first["zoo"]
    assert (first["tags"], first["note"]) == (["baseline"], "start here")
    assert second["does"] == "Nothing is known of it"
    assert (second["data"], second["code"], second["zoo"], second["published"]) == ([], [], [], [])
    assert (second["licence"], second["citations"]) == ("", None)


def test_the_table_shows_the_same_and_only_kept_papers(shelf: Any) -> None:
    shown = _run(shelf).stdout
    for words in ("Unpaired [translation] | with cycles", "horse2zebra", "12000 ★", "BSD-3-Clause"):
        assert words in " ".join(shown.split())
    assert "Not kept" not in shown


def test_markdown_keeps_its_columns_and_runs_no_markup(shelf: Any) -> None:
    head, rule, first, second = _run(shelf, "--markdown").stdout.splitlines()
    columns = [len(re.findall(r"(?<!\\)\|", line)) for line in (head, rule, first, second)]
    assert len(set(columns)) == 1
    assert r"[Unpaired \[translation\] \| with cycles](https://arxiv.org/abs/1703.10593)" in first
    assert f"[{GITHUB}]({GITHUB})" in first


def test_a_narrow_terminal_shows_one_after_another(shelf: Any, terminal: Any) -> None:
    screen = terminal("shortlist", columns=60)
    assert screen.end() == 0
    assert "Unpaired [translation] | with cycles" in screen.text
    assert re.search(r"^data +horse2zebra, Cityscapes +\r$", screen.text, re.MULTILINE)
    assert all(len(line) <= 60 for line in screen.text.split("Nothing")[0].splitlines())


def test_an_empty_shortlist_says_how_to_fill_it(shelf: Any) -> None:
    done = _run(shelf, "--tag", "none of these")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "survey triage" in done.stderr
    assert _run(shelf, "--json", "--markdown").exit_code == 2


@pytest.mark.parametrize(
    ("abstract", "expected"),
    [
        ("We translate photographs. Then more.", "We translate photographs."),
        ("It is hard. In this paper, we propose Y.", "In this paper, we propose Y."),
        ("Hard (cf. Smith et al. 2020). Our method learns it.", "Our method learns it."),
        ("No verb of ours here. And none here.", "No verb of ours here."),
        ("One sentence without an end", "One sentence without an end"),
        ("", "The title"),
    ],
)
def test_what_a_paper_does_is_what_its_authors_say_they_do(abstract: str, expected: str) -> None:
    assert purpose(Paper(id="x", title="The title", abstract=abstract)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tested on CelebA-HQ and AFHQ", ["CelebA-HQ", "AFHQ"]),
        ("CelebA and CelebA-HQ.", ["CelebA", "CelebA-HQ"]),
        (
            "from GTA5 to Cityscapes and Foggy Cityscapes",
            ["GTA5", "Cityscapes", "Foggy Cityscapes"],
        ),
        (
            "edges→shoes, edges2shoes, horse ↔ zebra, horses to zebras",
            ["edges2shoes", "horse2zebra"],
        ),
        ("many places on maps, in a desert oasis, with a coconut", []),
        ("MNISTic, XCOCOX and KITTIX are other words", []),
        ("the CMP Facades and aerial photo to map", ["CMP Facades", "aerial photos to maps"]),
        ("MS-COCO twice: COCO", ["COCO"]),
        ("", []),
    ],
)
def test_data_sets_are_found_by_name_and_everyday_words_are_none(
    text: str, expected: list[str]
) -> None:
    found = named_data(text)
    assert [entry.name for entry in found] == expected
    assert all(entry.evidence in text for entry in found)


@pytest.fixture
def plug_ins(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[EntryPoint]]:
    """Entry points of other packages beside our own."""
    added: list[EntryPoint] = []

    def found(*, group: str) -> list[EntryPoint]:
        return [*entry_points(group=group), *added]

    monkeypatch.setattr(zoo_models, "entry_points", found)
    zoo_cards.cache_clear()
    yield added
    zoo_cards.cache_clear()


CARD = SimpleNamespace(
    paper="arXiv:1703.10593v7",
    licence="MIT",
    published=(SimpleNamespace(metric="fid", value=77.2, dataset="horse2zebra", source="tab. 1"),),
)


def test_scores_of_a_card_are_shown_as_reported(
    shelf: Any, plug_ins: list[EntryPoint], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zoo_models, "CARD", CARD, raising=False)
    plug_ins.append(EntryPoint("other", "survey.zoo_models:CARD", zoo_models.GROUP))
    first = json.loads(_run(shelf, "--json").stdout.splitlines()[0])
    assert first["zoo"] == ["cyclegan", "other"]
    (score,) = first["published"]
    assert (score["metric"], score["value"], score["dataset"]) == ("fid", 77.2, "horse2zebra")
    assert "scores as reported" in _run(shelf).stdout
    assert "fid 77.2 on horse2zebra (tab. 1)" in _run(shelf, "--markdown").stdout


def test_a_plug_in_that_fails_is_a_warning(shelf: Any, plug_ins: list[EntryPoint]) -> None:
    plug_ins.append(EntryPoint("broken", "no.such.module:CARD", zoo_models.GROUP))
    done = _run(shelf, "--json")
    assert done.exit_code == 0
    assert "'broken'" in done.stderr
    assert "cyclegan" in json.loads(done.stdout.splitlines()[0])["zoo"]
