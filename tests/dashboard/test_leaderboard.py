"""The first page shows what records say, with empty, small, broken and failed stores."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from streamlit.testing.v1 import AppTest

import dashboard.load
from bench.records import Record, write
from dashboard.cli import APP, main
from data.images import encode


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home, and no published results."""
    monkeypatch.setenv("ATLAS_HOME", str(tmp_path))
    monkeypatch.setattr(dashboard.load, "PUBLISHED", tmp_path / "published")
    dashboard.load._boards.clear()
    return tmp_path


def _page() -> AppTest:
    return AppTest.from_file(str(APP), default_timeout=60).run()


def _record(
    home: Path, model: str, kid: float, status: str = "done", dataset: str = "a-street"
) -> Record:
    score = {
        "metric": "kid-texture",
        "value": kid,
        "low": kid - 0.001,
        "high": kid + 0.001,
        "n": 12,
        "n_reference": 11,
        "spread": "jackknife, 95 %",
        "unit": "",
        "direction": "lower",
        "version": 1,
        "extractor": "texture/1",
        "extractor_sha256": "ab" * 32,
        "comparable": True,
        "resize": "none",
    }
    spec = dict.fromkeys(("size", "limit", "pairs_digest"))
    spec |= {"model": model, "weights_sha256": "", "dataset": dataset, "split": "test"}
    spec |= {"direction": "AtoB", "precision": "auto", "dataset_digest": "d"}
    spec |= {"reference_digest": "r"}
    names = {role: f"runs/{model}/{role}.png" for role in ("source", "output", "target")}
    for path in names.values():
        encode(home / path, np.full((16, 16, 3), 90, dtype=np.uint8))
    record = Record(
        id=f"{model}-id",
        status=status,
        spec=spec,
        card={"paper": "1703.10593"},
        scores=(score,) if status == "done" else (),
        pictures=({"id": "one", "scores": {"ssim": 0.5}, **names},) if status == "done" else (),
        cost={"images_per_second": 2.0, "parameters": 11_378_179, "macs": 49_550_000_000},
        started="2026-11-23",
        finished="2026-11-23",
        error=None if status == "done" else {"type": "OSError", "message": "<b>no</b> memory"},
    )
    write(home / "results", record)
    return record


def test_an_empty_store_names_the_command_that_fills_it(home: Path) -> None:
    page = _page()
    assert not page.exception
    assert page.info[0].value.startswith("Nothing is measured yet")
    assert "bench run --models" in page.code[0].value


def test_models_are_ranked_with_arrows_spreads_and_costs(home: Path) -> None:
    _record(home, "worse", 0.05)
    _record(home, "better", 0.01)
    page = _page()
    assert not page.exception
    table = page.dataframe[0].value
    assert list(table["model"]) == ["better", "worse"]
    assert list(table["kid-texture ×10³ ↓"]) == pytest.approx([10.0, 50.0])
    assert list(table["± kid-texture"]) == pytest.approx([1.0, 1.0])
    assert {49.55} == set(table["GMAC"])
    assert any("n = 12 against 11" in text.value for text in page.text)
    assert any(text.value == "one" for text in page.text)


def test_a_failed_model_is_shown_with_its_error_as_plain_text(home: Path) -> None:
    _record(home, "good", 0.01)
    _record(home, "bad", 0.01, status="error")
    page = _page()
    assert [error.value for error in page.error] == ["A model failed"]
    assert any(text.value == "bad: OSError: <b>no</b> memory" for text in page.text)


def test_a_broken_record_does_not_break_the_page(home: Path) -> None:
    _record(home, "good", 0.01)
    (home / "results" / "a-street" / "good" / "x.json").write_text("{")
    page = _page()
    assert not page.exception
    assert list(page.dataframe[0].value["model"]) == ["good"]


def test_a_new_record_is_seen(home: Path) -> None:
    _record(home, "first", 0.01)
    assert len(_page().dataframe[0].value) == 1
    _record(home, "second", 0.02)
    assert len(_page().dataframe[0].value) == 2


def test_pictures_that_are_elsewhere_name_the_command_that_makes_them(home: Path) -> None:
    _record(home, "good", 0.01)
    shutil.rmtree(home / "runs")
    assert not _page().code  # nobody but its owner can name the folder `a-street`
    _record(home, "good", 0.01, dataset="photo2toon")
    shutil.rmtree(home / "runs")
    assert any("bench run --models good --dataset photo2toon" in c.value for c in _page().code)


def test_a_damaged_picture_is_said_in_its_place(home: Path) -> None:
    _record(home, "good", 0.01)
    (home / "runs" / "good" / "output.png").write_bytes(b"\x89PNG\r\n\x1a\n cut")
    page = _page()
    assert not page.exception
    assert [warning.value for warning in page.warning] == ["This picture is damaged."]


def test_a_record_with_nothing_in_it_does_not_break_the_page(home: Path) -> None:
    _record(home, "good", 0.01)
    empty = {"schema": 1, "id": "x", "status": "done", "spec": {}, "card": {}}
    path = home / "results" / "a-street" / "x" / "x.json"
    path.parent.mkdir()
    path.write_text(json.dumps({**empty, "scores": [], "warnings": [], "pictures": []}))
    page = _page()
    assert not page.exception
    assert list(page.dataframe[0].value["model"]) == ["good"]


def test_a_record_cannot_show_files_outside_the_home(home: Path) -> None:
    secret = home.parent / "secret.png"
    encode(secret, np.zeros((2, 2, 3), dtype=np.uint8))
    assert dashboard.load.picture("../secret.png") is None
    assert dashboard.load.picture(str(secret)) is None
    assert dashboard.load.picture(None) is None


def test_help_imports_no_streamlit_and_the_page_no_torch(home: Path) -> None:
    code = "import sys, dashboard.cli; print('streamlit' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
    code = "import sys, dashboard.views.leaderboard; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"


def test_path_prints_where_records_are(home: Path) -> None:
    result = CliRunner().invoke(main, ["--home", str(home), "path"])
    assert f"{home / 'results'}\n" == result.stdout


@pytest.fixture
def served(home: Path) -> Iterator[str]:
    """The address of a running `dashboard` on the home."""
    _record(home, "cyclegan.tiny", 0.01)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    tool = str(Path(sys.executable).with_name("dashboard"))
    command = [tool, "--no-browser", "--port", str(port)]
    log = (home / "log").open("w")
    running = subprocess.Popen(
        command, stdout=log, stderr=log, env={**os.environ, "ATLAS_HOME": str(home)}
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.2)
    yield f"http://127.0.0.1:{port}"
    running.terminate()
    running.wait(timeout=20)
    log.close()


@pytest.mark.skipif(
    not (shutil.which("chromium") and shutil.which("chromedriver")),
    reason="chromium and chromedriver are not installed (Debian: chromium, chromium-driver)",
)
def test_a_real_browser_shows_the_page(served: str, tmp_path: Path) -> None:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.wait import WebDriverWait

    options = webdriver.ChromeOptions()
    flags = "headless no-sandbox disable-gpu disable-quic no-first-run disable-sync"
    for flag in flags.split():
        options.add_argument(f"--{flag}")
    options.add_argument("--window-size=1200,2400")  # pictures below the fold load late
    options.add_argument("--disable-background-networking")
    options.add_argument("--disable-component-update")
    options.add_argument(f"--user-data-dir={tmp_path / 'profile'}")
    options.binary_location = shutil.which("chromium")
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    try:
        driver.get(f"{served}/?dataset=a-street")
        body = WebDriverWait(driver, 60).until(
            lambda d: (
                d.find_element(By.TAG_NAME, "body")
                if "target" in d.find_element(By.TAG_NAME, "body").text
                else None
            )
        )
        assert "Leaderboard" in body.text
        assert "source" in body.text
        assert "target" in body.text
    finally:
        driver.quit()
