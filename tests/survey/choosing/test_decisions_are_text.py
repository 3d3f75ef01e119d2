"""Decisions can be made by name, are only ever added, and travel as text."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import insert, update

from data.paths import Home
from survey.catalogue import tables as t
from survey.catalogue.events import decisions
from survey.cli import main

A, B, C = (f"arxiv:2001.0000{i}" for i in (1, 2, 3))
Run = Callable[..., Result]


@pytest.fixture
def shelf(shelf: Any) -> Any:
    for i in (1, 2, 3):
        shelf.put(f"2001.0000{i}", f"Paper {i}", abstract="Text.")
    return shelf


@pytest.fixture
def run(shelf: Any) -> Run:
    def invoke(*words: str, home: Path = shelf.home.root, text: str | None = None) -> Result:
        return CliRunner(env={"ATLAS_HOME": str(home)}).invoke(main, list(words), input=text)

    return invoke


@pytest.fixture
def other(shelf: Any, tmp_path: Path) -> Any:
    """A second catalogue with the same papers."""
    made = type(shelf)(Home(tmp_path / "other"))
    for i in (1, 2, 3):
        made.put(f"2001.0000{i}", f"Paper {i}", abstract="Text.")
    yield made
    made.catalogue.close()


def _date(shelf: Any, n: int, at: str) -> None:
    with shelf.catalogue.write() as connection:
        connection.execute(update(t.event).where(t.event.c.n == n).values(at=at))


def test_each_verb_adds_its_event(shelf: Any, run: Run) -> None:
    for words in (
        ["keep", "2001.00001", "https://arxiv.org/abs/2001.00002v3"],
        ["drop", B],
        ["later", C],
        ["tag", "base line", A, C],
        ["tag", "base line", C, "--remove"],
        ["note", A, "to", "build", "on"],
    ):
        assert run(*words).exit_code == 0
    assert shelf.events() == [
        (A, "keep", ""),
        (B, "keep", ""),
        (B, "drop", ""),
        (C, "later", ""),
        (A, "tag", "base line"),
        (C, "tag", "base line"),
        (C, "untag", "base line"),
        (A, "note", "to build on"),
    ]
    assert shelf.status() == {A: "kept", B: "dropped", C: "later"}


def test_one_unknown_paper_stops_all_of_a_command(shelf: Any, run: Run) -> None:
    done = run("keep", A, "2001.99999")
    assert done.exit_code == 2
    assert "2001.99999" in done.stderr
    assert shelf.events() == []


def test_undo_takes_back_step_by_step_and_says_what(shelf: Any, run: Run) -> None:
    run("keep", A)
    run("drop", A)
    assert f"taken back: drop of {A}" in run("undo").stderr
    assert shelf.status() == {A: "kept"}
    assert f"taken back: keep of {A}" in run("undo").stderr
    assert shelf.status() == {}
    assert run("undo").exit_code == 2
    assert [action for _, action, _ in shelf.events()] == ["keep", "drop", "undo", "undo"]


def test_undo_of_a_paper_makes_it_new_again(shelf: Any, run: Run) -> None:
    run("keep", A, B)
    assert run("undo", A).exit_code == 0
    assert shelf.status() == {A: "new", B: "kept"}


@pytest.mark.parametrize("words", [["tag", "  ", A], ["tag", "\x1b", A], ["keep"], ["note", A]])
def test_what_cannot_be_is_refused(shelf: Any, run: Run, words: list[str]) -> None:
    assert run(*words).exit_code == 2
    assert shelf.events() == []


def test_notes_and_tags_are_one_plain_line(shelf: Any, run: Run) -> None:
    run("note", A, "two\nlines \x1b[31mred")
    assert shelf.events() == [(A, "note", "two lines [31mred")]


def test_an_export_is_one_object_a_line_with_titles(shelf: Any, run: Run) -> None:
    run("keep", A)
    run("undo")
    rows = [json.loads(line) for line in run("decisions").stdout.splitlines()]
    assert [(row["paper"], row["action"], row["value"], row["title"]) for row in rows] == [
        (A, "keep", "", "Paper 1"),
        (A, "undo", "1", "Paper 1"),
    ]


def test_an_import_makes_the_same_decisions_and_twice_adds_nothing(
    shelf: Any, run: Run, other: Any
) -> None:
    for words in (
        ["drop", C],
        ["keep", A],
        ["undo"],
        ["tag", "x", A],
        ["keep", B],
        ["note", B, "n"],
    ):
        run(*words)
    other.put("2001.00004")
    with other.catalogue.write() as connection:  # its numbers are others
        row = {"at": "2020-01-01T00:00:00+00:00", "paper": "arxiv:2001.00004", "action": "later"}
        connection.execute(insert(t.event).values(**row))
    exported = run("decisions").stdout
    home = other.home.root
    first = run("decisions", "--import", "-", home=home, text=exported)
    assert "6 decisions added, 0 were here already" in first.stderr
    with shelf.catalogue.read() as here, other.catalogue.read() as there:
        expected = decisions(here)
        assert {k: v for k, v in decisions(there).items() if k in expected} == expected
    again = run("decisions", "--import", "-", home=home, text=exported)
    assert "0 decisions added, 6 were here already" in again.stderr
    assert len(other.events()) == 7
    back = run("decisions", "--import", "-", text=run("decisions", home=home).stdout)
    assert "1 decisions added, 6 were here already" in back.stderr


def test_the_later_of_two_decisions_counts_whoever_made_it(
    shelf: Any, run: Run, other: Any
) -> None:
    run("keep", A, B)
    for n in (1, 2):
        _date(shelf, n, "2024-01-01T00:00:00+00:00")
    home = other.home.root
    run("drop", A, B, home=home)
    _date(other, 1, "2025-01-01T00:00:00+00:00")
    _date(other, 2, "2023-01-01T00:00:00+00:00")
    done = run("decisions", "--import", "-", home=home, text=run("decisions").stdout)
    assert "1 papers have a later decision here" in done.stderr
    assert other.status() == {A: "dropped", B: "kept"}


def test_decisions_on_papers_that_come_later_count_then(shelf: Any, run: Run) -> None:
    line = json.dumps(
        {"n": 1, "at": "2024-01-01T00:00:00+00:00", "paper": "arxiv:2009.00001", "action": "keep"}
    )
    done = run("decisions", "--import", "-", text=line)
    assert "1 are of papers that are not here yet" in done.stderr
    shelf.put("2009.00001", "Came later")
    assert shelf.status() == {"arxiv:2009.00001": "kept"}


@pytest.mark.parametrize(
    "line",
    [
        "no json",
        "[]",
        '{"n": 1, "at": "2024-01-01", "paper": "arxiv:2001.00001", "action": "like"}',
        '{"n": 1, "at": "2024-01-01", "action": "keep"}',
        '{"n": 1, "at": "yesterday", "paper": "arxiv:2001.00001", "action": "keep"}',
        '{"n": "1", "at": "2024-01-01", "paper": "arxiv:2001.00001", "action": "keep"}',
        '{"n": 1, "at": "2024-01-01", "paper": 3, "action": "keep"}',
    ],
)
def test_a_bad_line_is_named_and_nothing_is_imported(shelf: Any, run: Run, line: str) -> None:
    good = json.dumps({"n": 1, "at": "2024-01-01", "paper": A, "action": "keep"})
    done = run("decisions", "--import", "-", text=f"{good}\n\n{line}\n")
    assert done.exit_code == 2
    assert "line 3 is no decision" in done.stderr
    assert shelf.events() == []


def test_a_file_that_is_no_text_is_told(shelf: Any, run: Run, tmp_path: Path) -> None:
    (tmp_path / "picture").write_bytes(b"\x89PNG\xff\xfe")
    done = run("decisions", "--import", str(tmp_path / "picture"))
    assert (done.exit_code, "not UTF-8 text" in done.stderr) == (2, True)


def test_a_bad_line_from_a_pipe_ends_with_its_two_lines(shelf: Any) -> None:
    command = "from survey.cli import main; main(prog_name='survey')"
    words = ["decisions", "--import", "-", "--home", str(shelf.home.root)]
    done = subprocess.run(
        [sys.executable, "-c", command, *words],
        input='{"a": 1}\n',
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert [line.partition(":")[0] for line in done.stderr.splitlines()] == ["error", "hint"]
