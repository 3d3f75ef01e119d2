"""No page breaks on a home where everything is damaged, or where nothing may be written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import data.files
from dashboard.views import present
from dashboard.votes import file_of
from tests.dashboard.catalogues import make, some
from tests.dashboard.store import page, record

MODULES = [card.module for card in present()]
NONSENSE = b"\xff\x00<script>alert(1)</script>{"


def damage(home: Path) -> None:
    """Records, pictures, votes, trainings, runs and the catalogue: all of it nonsense."""
    record(home, "whole", own={"p": 0.5, "q": 0.4})
    record(home, "other", 0.02, own={"p": 0.3, "q": 0.2})
    record(home, "gone", 0.03, own={"p": 0.3})
    (home / "runs" / "whole" / "images" / "p.png").write_bytes(NONSENSE)
    for path in (home / "runs" / "gone" / "images").iterdir():
        path.unlink()
    file_of("a-street").parent.mkdir(parents=True, exist_ok=True)
    names = ("results/a-street/whole/x.json", "running/bench-x.json", "catalogue.db")
    names += tuple(f"training/t/{n}" for n in ("plan.json", "failure.json", "log.jsonl"))
    names += ("training/t/latest_net_G.safetensors", "training/t/checkpoint.pt")
    for path in (file_of("a-street"), *(home / name for name in names)):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(NONSENSE)


@pytest.mark.parametrize("module", MODULES)
def test_a_page_of_a_home_where_all_is_damaged(home: Path, module: str) -> None:
    damage(home)
    shown = page(module, dataset="a-street", id="2001.00001")
    assert not shown.exception
    assert shown.title or shown.header or shown.error


@pytest.mark.parametrize("module", MODULES)
def test_a_page_of_a_home_that_cannot_be_written(
    home: Path, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(home, some()).root.joinpath("running").mkdir()
    record(home, "one", own={"p": 0.5})
    record(home, "two", 0.02, own={"p": 0.4})
    before = {path: path.stat().st_mtime_ns for path in home.rglob("*") if path.is_file()}

    def refuse(*words: object, **more: object) -> None:
        raise PermissionError(30, "Read-only file system")

    monkeypatch.setattr(data.files, "NamedTemporaryFile", refuse)
    monkeypatch.setattr(os, "mkdir", refuse)
    shown = page(module, dataset="a-street", id="2001.00001")
    assert not shown.exception
    after = {path: path.stat().st_mtime_ns for path in home.rglob("*") if path.is_file()}
    assert {p: t for p, t in after.items() if "catalogue" not in p.name} == {
        p: t for p, t in before.items() if "catalogue" not in p.name
    }
