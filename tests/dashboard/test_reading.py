"""Stores are only read, once for each version of a file, and nothing outside them can be shown."""

from __future__ import annotations

import gc
import json
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from starlette.requests import Request
from starlette.responses import Response

import dashboard.load.results
import dashboard.warming
from bench import records
from bench.store.index import INDEX, keep
from dashboard.cli import main
from dashboard.load import board, datasets, kept_records, picture, picture_address
from dashboard.load.results import whole
from dashboard.server import send
from dashboard.theme import PALETTE, settings
from dashboard.views import PAGES, present
from dashboard.warming import asked, begin, give_way, warm
from data.images import decode, encode
from tests.dashboard.store import page, record


def test_no_page_about_scores_writes_into_the_home(home: Path) -> None:
    for name in ("one", "two"):
        record(home, name, 0.01, own={"p": 0.5, "q": 0.6})

    def seen() -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in home.rglob("*")}

    before = seen()
    for name in ("leaderboard", "compare", "cost", "vote"):
        assert not page(name).exception
    assert before == seen()


def test_a_file_is_parsed_once_for_each_version_of_it(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []
    read = records.read

    def counted(path: Path) -> records.Record:
        asked.append(path)
        return read(path)

    monkeypatch.setattr(dashboard.load.results.records, "read", counted)
    record(home, "one", 0.01)
    board("a-street")
    first = len(asked)
    board("a-street")
    assert first == len(asked)
    record(home, "two", 0.02)
    board("a-street")
    assert [p.parent.name for p in asked[:first]] == ["one"]
    assert {"two"} == {p.parent.name for p in asked[first:]}


def test_reading_goes_on_while_records_come_and_go(home: Path) -> None:
    record(home, "stays", 0.01)
    stop = threading.Event()

    def come_and_go() -> None:
        k = 0
        while not stop.is_set():
            record(home, f"m{k % 5}", 0.02, own={})
            shutil.rmtree(home / "results" / "a-street" / f"m{(k + 2) % 5}", ignore_errors=True)
            k += 1

    writer = threading.Thread(target=come_and_go)
    writer.start()
    try:
        for _ in range(60):
            found = board("a-street")
            assert "stays" in {row.model for table in found.tables for row in table.rows}
            assert datasets() == ["a-street"]
    finally:
        stop.set()
        writer.join()


def test_the_homes_record_wins_over_the_published_one(home: Path) -> None:
    record(home, "both", 0.01)
    (home / "results").rename(home.parent / "published")
    record(home, "both", 0.02)
    (row,) = board("a-street").tables[0].rows
    assert next(iter(row.scores.values()))["value"] == 0.02


def test_data_sets_are_those_with_records(home: Path) -> None:
    record(home, "one", 0.01, dataset="b-town")
    (home / "results" / "empty").mkdir()
    (home / "results" / "stray.json").write_text("{}")
    assert datasets() == ["b-town"]
    assert board("nowhere").tables == []
    assert board("../../etc").tables == []


def test_records_of_a_model_are_found_in_all_data_sets(home: Path) -> None:
    record(home, "cyclegan.toon", 0.01)
    record(home, "cyclegan.toon", 0.02, dataset="b-town")
    record(home, "cyclegan2", 0.02)
    found = {(r.model, r.spec["dataset"]) for r in kept_records("cyclegan")}
    assert {("cyclegan.toon", "a-street"), ("cyclegan.toon", "b-town")} == found


def test_a_record_cannot_show_files_outside_the_runs(home: Path) -> None:
    inside = home / "runs" / "r" / "x.png"
    encode(inside, np.zeros((2, 2, 3), dtype=np.uint8))
    for outside in (home.parent / "secret.png", home / "secret.png"):
        encode(outside, np.zeros((2, 2, 3), dtype=np.uint8))
    (home / "runs" / "link.png").symlink_to(home.parent / "secret.png")
    (home / "runs" / "notes.txt").write_text("x")
    assert inside == picture("runs/r/x.png")
    for name in (
        "../secret.png",
        "secret.png",
        str(home.parent / "secret.png"),
        "runs/link.png",
        "runs/../secret.png",
        "runs/notes.txt",
        "runs/\0.png",
        "runs/" + "x" * 5000 + ".png",
        "",
        None,
    ):
        assert picture(name) is None
        assert picture_address(name) is None


def _send(path: str, query: str = "") -> Response:
    scope = {"type": "http", "method": "GET", "headers": [], "query_string": query.encode()}
    return send(Request({**scope, "path": path, "path_params": {"path": path}}))


def test_the_server_gives_pictures_and_smaller_copies_and_nothing_else(
    home: Path, tmp_path: Path
) -> None:
    encode(home / "runs" / "x.png", np.full((100, 200, 3), 90, dtype=np.uint8))
    (home / "runs" / "cut.png").write_bytes(b"\x89PNG\r\n\x1a\n cut")
    (home / "catalogue.db").write_bytes(b"x")
    whole, small = _send("runs/x.png"), _send("runs/x.png", "w=50")
    assert (whole.status_code, small.status_code) == (200, 200)
    assert small.headers["x-content-type-options"] == "nosniff"
    (tmp_path / "small.webp").write_bytes(bytes(small.body))
    assert decode(tmp_path / "small.webp").shape == (25, 50, 3)
    assert _send("runs/cut.png", "w=50").status_code == 415
    for path in ("runs/none.png", "catalogue.db", "../x.png", "runs/../catalogue.db"):
        assert _send(path).status_code == 404
    for width in ("0", "-5", "many", "99999999999", "²"):
        assert _send("runs/x.png", f"w={width}").status_code == 200


def test_an_address_changes_with_the_file(home: Path) -> None:
    path = home / "runs" / "a b.png"
    encode(path, np.zeros((2, 2, 3), dtype=np.uint8))
    first = picture_address("runs/a b.png", 64)
    assert first is not None
    assert first.startswith("/pictures/runs/a%20b.png?v=")
    assert first.endswith("&w=64")
    import os

    os.utime(path, ns=(1, 1))
    assert first != picture_address("runs/a b.png", 64)


def test_help_imports_no_streamlit_and_pages_no_torch() -> None:
    modules = ", ".join(f"dashboard.views.{name}" for name in ("leaderboard", "compare", "cost"))
    for code, name in (
        ("dashboard.cli", "streamlit"),
        (modules + ", dashboard.views.vote, dashboard.export, dashboard.server", "torch"),
    ):
        asked = f"import sys, {code}; print('{name}' in sys.modules)"
        command = [sys.executable, "-c", asked]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert done.stdout.splitlines()[-1] == "False"


def test_path_prints_where_records_are(home: Path) -> None:
    result = CliRunner().invoke(main, ["--home", str(home), "path"])
    assert f"{home / 'results'}\n" == result.stdout


def test_addresses_of_pages_differ() -> None:
    assert len(PAGES) == len({card.url_path for card in PAGES})


def test_telemetry_is_off_and_every_setting_is_one_of_streamlits() -> None:
    from streamlit.config import get_options_for_section

    made = settings()
    assert made["browser.gatherUsageStats"] == "false"
    for name in made:
        section, _, option = name.rpartition(".")
        assert option in get_options_for_section(section), name


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_text_is_readable_on_its_ground(mode: str) -> None:
    made = settings()

    def bright(name: str) -> float:
        value = made[f"theme.{mode}.{name}"].lstrip("#")
        parts = [int(value[i : i + 2], 16) / 255 for i in (0, 2, 4)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for ground in ("backgroundColor", "secondaryBackgroundColor"):
        for text, least in (("textColor", 7.0), ("linkColor", 4.5), ("primaryColor", 4.5)):
            low, high = sorted((bright(text), bright(ground)))
            assert (high + 0.05) / (low + 0.05) >= least, (text, ground)
    assert len(set(PALETTE)) == len(PALETTE)


@pytest.fixture
def listed(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with two records that the index of their data set knows."""
    monkeypatch.setattr(dashboard.load.results, "FEW", 0)
    monkeypatch.setattr("bench.store.index.MANY", 1)
    record(home, "one", 0.01)
    record(home, "two", 0.02)
    keep(home / "results", ["a-street"])
    return home


def _values() -> dict[str, float]:
    """What the dashboard shows of the data set: KID by model."""
    (table,) = board("a-street").tables
    return {row.model: score["value"] for row in table.rows for score in row.scores.values()}


def test_what_the_index_of_bench_knows_is_not_read_again(
    listed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dashboard.load.results.records, "read", None)
    assert _values() == {"one": 0.01, "two": 0.02}


def test_a_record_that_changed_since_the_index_is_read_from_its_file(listed: Path) -> None:
    record(listed, "one", 0.5)
    record(listed, "new", 0.7)
    shutil.rmtree(listed / "results" / "a-street" / "two")
    assert _values() == {"one": 0.5, "new": 0.7}
    # In place and of the same length, which only the file's time tells.
    path = next((listed / "results" / "a-street" / "one").glob("*.json"))
    path.write_text(path.read_text().replace('"value": 0.5', '"value": 0.6'))
    assert _values() == {"one": 0.6, "new": 0.7}


def test_an_index_that_somebody_wrote_into_costs_no_numbers(listed: Path) -> None:
    path = listed / "results" / "a-street" / INDEX
    kept = json.loads(path.read_text())
    scores = [form for form in kept["packed"]["forms"] if "metric" in form]
    scores[0]["value"] = "no number"
    path.write_text(json.dumps(kept))
    assert _values() == {"one": 0.01, "two": 0.02}


def test_environment_and_pictures_come_from_the_file_that_the_index_leaves_them_in(
    listed: Path,
) -> None:
    found = board("a-street")
    made = whole(found, "one-a-street-id")
    assert made is not None
    assert [entry["id"] for entry in made.pictures] == ["one"]
    shutil.rmtree(listed / "results")
    assert whole(found, "one-a-street-id") is None


def test_warming_up_imports_every_page_and_reads_every_data_set_once(
    listed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    try:
        warm()
    finally:
        gc.unfreeze()
    monkeypatch.setattr(dashboard.load.results, "tables", None)  # nothing is made again
    assert [row.model for row in board("a-street").tables[0].rows] == ["one", "two"]
    assert {f"dashboard.views.{card.module}" for card in present()} <= sys.modules.keys()


def test_warming_up_gives_way_to_pages_that_are_being_made() -> None:
    waiting = threading.Thread(target=give_way, daemon=True)
    with asked():
        with asked():
            waiting.start()
        waiting.join(0.6)  # longer than it waits after a page
        assert waiting.is_alive()
    waiting.join(10)
    assert not waiting.is_alive()


def test_who_waits_for_the_warming_up_is_told_when_it_is_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    go_on, seen = threading.Event(), []
    monkeypatch.setattr(dashboard.warming, "warm", lambda: seen.append(go_on.wait(10)))
    done = begin()
    assert not done.is_set()
    go_on.set()
    assert done.wait(10)
    assert seen == [True]
