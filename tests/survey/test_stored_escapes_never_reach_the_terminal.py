"""Escape sequences that got into the catalogue, however that was, never get out to a terminal."""

from __future__ import annotations

import sqlite3
import unicodedata
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from survey.cli import main

EVIL = "A \x1b]0;owned\x07\x1b[2J\x9b31m title \u202e\r\x08"
NAME = "arxiv:1703.10593"


def _run(home: Path, *words: str) -> Result:
    return CliRunner().invoke(main, [*words, "--home", str(home)])


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample, with columns that somebody filled in behind our back; all papers are kept."""
    home = tmp_path_factory.mktemp("home")
    assert _run(home, "sample").exit_code == 0
    names = _run(home, "ls", "-q").stdout.split()
    assert _run(home, "keep", *names[:8], NAME).exit_code == 0
    with closing(sqlite3.connect(home / "catalogue.db")) as raw, raw:
        raw.execute("UPDATE paper SET title = title || ?, abstract = ?, venue = ?", [EVIL] * 3)
        raw.execute("UPDATE paper SET comment = ?, licence = ?, kind = ?", [EVIL] * 3)
        raw.execute("UPDATE topic SET evidence = ?", [EVIL])
        raw.execute("UPDATE member SET reason = ?, doubt = ?", [EVIL] * 2)
        raw.execute("UPDATE covered SET title = ?", [EVIL])
        raw.execute("UPDATE code SET place = ?", [EVIL])
        raw.execute("INSERT INTO event VALUES (9999, '2020', ?, 'note', ?)", [NAME, EVIL])
        raw.execute("INSERT INTO event VALUES (10000, '2020', ?, 'tag', ?)", [NAME, EVIL])
    return home


@pytest.mark.parametrize(
    "words",
    [
        *(["ls"], ["ls", "--json"], ["show", NAME], ["show", NAME, "--json"], ["stats"]),
        *(["doctor"], ["doctor", "--json"], ["rank"], ["why", NAME], ["search", "translation"]),
        *(["similar", NAME], ["graph"], ["new", "--since", "7d"], ["topics"], ["topics", NAME]),
        *(["shortlist"], ["shortlist", "--markdown"], ["coverage"], ["decisions"]),
    ],
    ids=" ".join,
)
def test_no_listing_shows_one(home: Path, words: list[str]) -> None:
    result = _run(home, *words)
    assert result.exit_code == 0, result.output
    shown = result.stdout + result.stderr
    assert shown
    control = {c for c in shown if unicodedata.category(c) == "Cc"} - {"\n", "\t"}
    assert control | (set(shown) & {"\u202e"}) == set()


def test_they_are_there_to_be_shown(home: Path) -> None:
    assert "\\u001b" in _run(home, "ls", "--json").stdout
    assert "\ufffd" in _run(home, "show", NAME).stdout
