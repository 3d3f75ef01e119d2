"""A static copy holds every table and picture, shows text as text, and needs nothing else."""

from __future__ import annotations

import errno
import os
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import data.files
from dashboard.cli import main
from tests.dashboard.store import record


def _export(home: Path, folder: Path) -> Any:
    return CliRunner().invoke(main, ["--home", str(home), "--export", str(folder)])


def _exported(home: Path, folder: Path) -> list[Path]:
    result = _export(home, folder)
    assert result.exit_code == 0, result.stderr
    return sorted(folder.glob("*.html"))


class _Addresses(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.tags: list[str] = []
        self.names: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.names += [name for name, _ in attrs]
        self.found += [value or "" for name, value in attrs if name in ("src", "href")]


def _read(path: Path) -> _Addresses:
    parser = _Addresses()
    parser.feed(path.read_text())
    return parser


def test_tables_and_pictures_are_written_and_every_address_leads_to_a_file(
    home: Path, tmp_path: Path
) -> None:
    record(home, "better", 0.01, own={"p": 0.5, "q": 0.6})
    record(home, "worse", 0.05, own={"p": 0.4, "q": 0.3}, dataset="a-street")
    record(home, "alone", 0.05, dataset="b-town")
    result = _export(home, tmp_path / "site")
    assert result.exit_code == 0
    assert f"{tmp_path / 'site' / 'index.html'}\n" == result.stdout
    assert "licence is not known" in result.stderr
    pages = list((tmp_path / "site").glob("*.html"))
    assert len(pages) == 3
    for file in pages:
        for address in _read(file).found:
            if not address.startswith(("https://arxiv.org/abs/", "data:")):
                assert (tmp_path / "site" / address).is_file(), address
    index = (tmp_path / "site" / "index.html").read_text()
    assert index.index("better") < index.index("worse")
    assert "10.00 <span" in index


def test_what_records_say_is_text(home: Path, tmp_path: Path) -> None:
    evil = '<script>alert("x")</script><img src=x onerror=alert(1)>'
    record(home, f"m{evil}", 0.01, own={"p": 0.5}, card={"licence": evil, "paper": evil})
    record(home, "bad", 0.02, dataset=f"d{evil}")
    index, *_ = pages = _exported(home, tmp_path / "site")
    assert index.read_text().count(escape(evil)) >= 4  # model, data set, licence, paper
    for file in pages:
        assert _read(file).tags.count("script") == 1
        assert not any(name.startswith("on") for name in _read(file).names)


def test_nothing_measured_is_an_error_with_a_command(home: Path, tmp_path: Path) -> None:
    result = _export(home, tmp_path / "site")
    assert result.exit_code == 1
    assert "error: nothing is measured yet" in result.stderr
    assert "hint: bench run" in result.stderr
    assert not (tmp_path / "site").exists()


def test_damaged_pictures_are_left_out(home: Path, tmp_path: Path) -> None:
    record(home, "one", 0.01, own={"p": 0.5, "q": 0.6})
    (home / "runs" / "one" / "images" / "q.png").write_bytes(b"no picture")
    _, shown = _exported(home, tmp_path / "site")
    assert _read(shown).tags.count("img") == 5  # two sources, two true answers, one output


def test_without_pictures_here_there_are_tables_alone(home: Path, tmp_path: Path) -> None:
    record(home, "one", 0.01, own={})
    assert [path.name for path in _exported(home, tmp_path / "site")] == ["index.html"]


def test_a_folder_that_cannot_be_written_is_said(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(home, "one", 0.01, own={})

    def refuse(**kwargs: Any) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(data.files, "NamedTemporaryFile", refuse)
    result = _export(home, tmp_path / "site")
    assert result.exit_code == 1
    assert "cannot write" in result.stderr
