"""`--topic` and `--source` know a person's own topics, the sample and what was imported."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from survey.cli import main

OWN = """
[topics.harbours]
title = "Harbours"
group = "field"
words = ["adversarial networks"]

[topics.audio]
off = true
"""


def _run(home: Path, *words: str) -> Result:
    return CliRunner().invoke(main, [*words, "--home", str(home)])


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample with a paper that was imported and topics of one's own."""
    home = tmp_path_factory.mktemp("own")
    (home / "topics.toml").write_text(OWN)
    ids = home / "ids.txt"
    ids.write_text("2112.00001\n1703.10593\n")
    assert _run(home, "sample").exit_code == 0
    assert _run(home, "import", str(ids)).exit_code == 0
    return home


def _ids(home: Path, *words: str) -> list[str]:
    result = _run(home, "ls", "-q", *words)
    assert result.exit_code == 0, result.stderr
    return result.stdout.split()


def test_a_topic_of_ones_own_narrows_every_listing(home: Path) -> None:
    rows = [json.loads(line) for line in _run(home, "ls", "--json").stdout.splitlines()]
    text = {row["id"]: f"{row['title']} {row['abstract']}".lower() for row in rows}
    mine = {name for name, words in text.items() if "adversarial networks" in words}
    assert set(_ids(home, "--topic", "harbours")) == mine != set()
    for verb in (["rank"], ["search", "images"], ["shortlist"], ["export", "--format", "csv"]):
        assert _run(home, *verb, "--topic", "harbours").exit_code == 0


def test_a_topic_that_was_switched_off_is_none(home: Path) -> None:
    result = _run(home, "ls", "--topic", "audio")
    assert (result.exit_code, "no topic is called 'audio'" in result.stderr) == (2, True)


@pytest.mark.parametrize(
    ("flags", "said", "hint"),
    [
        (["--topic", "harbour"], "did you mean 'harbours'?", "hint: all of them: survey topics"),
        (["--source", "samples"], "did you mean 'sample'?", "hint: all of them: survey sources"),
        (["--source", "imports"], "did you mean 'import'?", "hint: all of them: survey sources"),
        (["--source", "semantic"], "'semantic_scholar'?", "hint: all of them: survey sources"),
    ],
)
def test_near_matches_are_offered(home: Path, flags: list[str], said: str, hint: str) -> None:
    result = _run(home, "ls", *flags)
    assert (result.exit_code, said in result.stderr, hint in result.stderr) == (2, True, True)


def test_the_sample_and_what_was_imported_are_sources(home: Path) -> None:
    assert len(_ids(home, "--source", "sample")) == 112
    assert _ids(home, "--source", "import") == ["arxiv:2112.00001"]
    both = _ids(home, "--source", "sample", "--source", "Import")
    assert len(both) == 113


@pytest.mark.parametrize("name", ["s2", "hf", "Semantic Scholar", "semantic-scholar"])
def test_names_are_those_that_fetch_takes(home: Path, name: str) -> None:
    assert _ids(home, "--source", name) == []


def test_rules_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    (tmp_path / "topics.toml").write_text("[topics.harbours]\nwords = 3\n")
    result = _run(tmp_path, "ls", "--topic", "harbours")
    assert (result.exit_code, "topics.toml" in result.stderr) == (2, True)
    assert "hint: " in result.stderr
