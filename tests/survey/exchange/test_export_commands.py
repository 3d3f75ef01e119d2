"""The export verb writes what it is asked for, and the frame is a call away."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from click.testing import CliRunner, Result

import survey
from data.paths import Home
from survey.catalogue.catalogue import open_catalogue
from survey.catalogue.events import add
from survey.catalogue.papers import ORDERS
from survey.cli import main
from survey.cli.exporting import ORDER, export
from survey.export import FORMATS
from survey.found import Found
from survey.importing import read


@pytest.fixture
def filled(home: Home, fetched: Any) -> Home:
    """Two papers; the one with fewer citations is kept."""
    fetched(
        Found(
            source="openalex",
            key="W1",
            title="Unpaired translation",
            authors=("Jun-Yan Zhu",),
            year=2017,
            date="2017-03-30",
            arxiv="1703.10593",
            citations=20000,
        ),
        Found(
            source="openalex",
            key="W2",
            title="Layers of an artist",
            year=2020,
            arxiv="2002.05638",
            citations=100,
        ),
    )
    catalogue = open_catalogue(home)
    with catalogue.write() as connection:
        add(connection, "arxiv:2002.05638", "keep")
    catalogue.close()
    return home


def _export(home: Home, *options: str) -> Result:
    return CliRunner().invoke(main, ["export", "--home", str(home.root), *options])


def _ids(result: Result) -> list[str]:
    return [json.loads(line)["id"] for line in result.stdout.splitlines()]


@pytest.mark.parametrize("name", ["bibtex", "csv", "json", "jsonl", "markdown", "ris"])
def test_every_text_format_goes_to_stdout(filled: Home, name: str) -> None:
    result = _export(filled, "--format", name)
    assert result.exit_code == 0
    assert "Unpaired translation" in result.stdout
    assert result.stderr == ""


def test_parquet_goes_through_a_pipe(filled: Home) -> None:
    result = _export(filled, "--format", "parquet")
    assert pyarrow.parquet.read_table(io.BytesIO(result.stdout_bytes)).num_rows == 2


def test_json_is_what_ls_prints_and_filters_narrow_it(filled: Home) -> None:
    assert _ids(_export(filled, "--format", "json")) == ["arxiv:1703.10593", "arxiv:2002.05638"]
    assert _ids(_export(filled, "--format", "json", "--shortlist")) == ["arxiv:2002.05638"]
    assert _ids(_export(filled, "--format", "json", "--year", "-2018")) == ["arxiv:1703.10593"]
    assert _ids(_export(filled, "--format", "json", "--limit", "1")) == ["arxiv:1703.10593"]
    assert _ids(_export(filled, "--format", "json", "--order", "title"))[0] == "arxiv:2002.05638"


def test_a_file_is_written_in_the_format_of_its_name(filled: Home, tmp_path: Path) -> None:
    out = tmp_path / "new" / "papers.bib"
    result = _export(filled, "--out", str(out))
    assert (result.exit_code, result.stdout) == (0, "")
    assert "2 papers" in result.stderr
    assert len(read(out.read_bytes()).wanted) == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "which format"),
        (("--format", "bibtx"), "did you mean 'bibtex'"),
        (("--out", "papers"), "does not tell its format"),
    ],
)
def test_no_format_or_an_unknown_one_is_a_usage_problem(
    filled: Home, options: tuple[str, ...], message: str
) -> None:
    result = _export(filled, *options)
    assert result.exit_code == 2
    assert message in result.stderr
    assert "hint:" in result.stderr


def test_a_folder_that_cannot_be_written_is_told(filled: Home, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = _export(filled, "--out", str(tmp_path / "file" / "papers.csv"))
    assert result.exit_code == 1
    assert "cannot write" in result.stderr


def test_without_a_catalogue_the_hint_says_how_to_make_one(home: Home) -> None:
    result = _export(home, "--format", "csv")
    assert result.exit_code == 2
    assert "survey fetch" in result.stderr


def test_parquet_is_kept_off_a_terminal(filled: Home) -> None:
    import pty

    master, slave = pty.openpty()
    command = "from survey.cli import main; main()"
    arguments = ["export", "--format", "parquet", "--home", str(filled.root)]
    done = subprocess.run(
        [sys.executable, "-c", command, *arguments],
        stdout=slave,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(slave)
    os.close(master)
    assert done.returncode == 2
    assert "not for a terminal" in done.stderr


def test_the_help_names_every_format_and_order() -> None:
    told = " ".join(CliRunner().invoke(export, ["--help"]).stdout.split())
    assert [name for name in FORMATS if name not in told] == []
    assert set(ORDER) <= set(ORDERS)


def test_the_frame_is_of_the_home_that_is_named(
    filled: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):  # the module behind it must not take the name of the function
        frame = survey.frame(filled.root)
        assert list(frame["id"]) == ["arxiv:1703.10593", "arxiv:2002.05638"]
    assert list(frame["status"]) == ["new", "kept"]
    monkeypatch.setenv("ATLAS_HOME", str(filled.root))
    assert len(survey.frame()) == 2
