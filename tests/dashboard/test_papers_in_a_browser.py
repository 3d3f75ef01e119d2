"""Papers in a real browser: search as one types, decisions by key, exports, odd names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data.images import encode
from data.paths import Home
from tests.dashboard.browser import Browser, browser, needs_browser, serious, served
from tests.dashboard.catalogues import SCRIPT, make, said, some
from tests.dashboard.store import record

pytestmark = [needs_browser, pytest.mark.timeout(600)]

# What Chromium says of WebGL on a machine without a graphics card.
NO_GPU = ("software WebGL", "GPU stall due to ReadPixels")
TEXT = "return document.body.innerText"
VIEWS = {
    "papers-found": "papers?q=unpaired",
    "papers-momentum": "papers?view=Momentum",
    "papers-map": "papers?view=Citation%20map&of=found",
    "paper-why": "paper?id=2001.00001&section=Why%20this%20rank",
    "paper-cites": "paper?id=2001.00001&section=How%20it%20cites",
    "paper-run": "paper?id=1703.10593&section=Run%20and%20scores",
    "triage-next": "triage",
    "shortlist-kept": "shortlist",
    "choose-train": "choose?way=train%20it%20from%20scratch",
    "models-one": "models?model=cyclegan",
    "models-data": "models?shown=data%20sets",
    "runs-some": "runs",
    "try-empty": "try",
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Seven papers, one of them run by the zoo, a record of that, a run and a failure."""
    root = tmp_path_factory.mktemp("read") / "home"
    root.mkdir()
    seed = {"title": "Cycle-Consistent Networks for Pictures", "arxiv": "1703.10593", "year": 2017}
    made = make(root, [seed, *some()])
    record(root, "cyclegan.photo2toon", own={f"p{n}": 0.5 for n in range(3)})
    record(root, "bad", status="error")
    encode(root / "runs" / "abc" / "images" / "0.png", np.zeros((4, 4, 3), np.uint8))
    return made


@pytest.fixture(scope="module")
def seen(home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    profile = tmp_path_factory.mktemp("profile")
    with served(home.root) as address, browser(profile, address) as opened:
        yield opened


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_opens_without_an_error_and_axe_finds_nothing_serious(
    seen: Browser, name: str
) -> None:
    seen.look()
    seen.open(VIEWS[name])
    assert [told for told in seen.problems() if not any(odd in told for odd in NO_GPU)] == []
    assert serious(seen) == []


def test_papers_are_found_while_one_types(seen: Browser) -> None:
    seen.look()
    seen.open("papers")
    box = _box(seen, "Search")
    box.send_keys("teet")  # no Enter, and not the whole word
    seen.until(f"{TEXT}.includes('1 of 7 paper')")
    seen.rest()
    assert "Segmentation of Teeth" in seen.script(TEXT)
    assert "Maps into Photographs" not in seen.script(TEXT)
    assert "q=teet" in seen.driver.current_url
    assert seen.problems() == []


def test_a_title_that_is_a_script_is_read_and_not_run(seen: Browser) -> None:
    seen.look()
    for path in ("papers?q=Claims", "paper?id=2101.00002", "papers?q=%3Cscript%3Ealert(1)"):
        seen.open(path)
        assert seen.problems() == []  # an alert would be an error here
    seen.open("paper?id=2101.00002")
    assert seen.script("return document.querySelector('h1').innerText") == SCRIPT


def test_a_latex_title_is_read_as_it_was_written(seen: Browser) -> None:
    seen.look()
    seen.open("paper?id=2201.00003")
    shown = seen.script("return document.querySelector('h1').innerText")
    assert shown == r"$\mathcal{L}_{GAN}$ Losses for :red[Translation] of Pictures"
    assert not seen.script("return document.querySelectorAll('h1 .katex').length")


def test_keys_and_buttons_of_triage_write_events(seen: Browser, home: Home) -> None:
    from selenium.webdriver import ActionChains

    seen.look()
    before = len(said(home))
    seen.open("triage")
    first = _next(seen)
    ActionChains(seen.driver).send_keys("k").perform()
    seen.until("return arguments[0] !== " + NEXT, first)
    seen.rest()
    second = _next(seen)
    _button(seen, "Drop").click()
    seen.until("return arguments[0] !== " + NEXT, second)
    ActionChains(seen.driver).send_keys("u").perform()
    seen.until("return arguments[0] === " + NEXT, second)
    assert [event[0] for event in said(home)[before:]] == ["keep", "drop", "undo"]
    assert seen.problems() == []


def test_letters_of_a_note_are_no_keys(seen: Browser, home: Home) -> None:
    seen.look()
    before = len(said(home))
    seen.open("triage")
    shown = _next(seen)
    _box(seen, "Note").send_keys("kdlu")
    seen.rest()
    assert len(said(home)) == before
    assert shown == _next(seen)


def test_the_shortlist_is_downloaded_as_bibtex(seen: Browser, home: Home, tmp_path: Path) -> None:
    from click.testing import CliRunner

    from survey.cli import main

    kept = CliRunner().invoke(main, ["keep", "2001.00001", "--home", str(home.root)])
    assert kept.exit_code == 0
    allowed: dict[str, Any] = {"behavior": "allow", "downloadPath": str(tmp_path)}
    seen.driver.execute_cdp_cmd("Browser.setDownloadBehavior", allowed)
    seen.look()
    seen.open("shortlist")
    _button(seen, "Download").click()
    file = tmp_path / "shortlist.bib"
    seen.rest()
    for _ in range(100):
        if file.is_file():
            break
        seen.rest()
    assert "Unpaired Translation of Maps into Photographs" in file.read_text(encoding="utf-8")
    assert seen.problems() == []


def test_a_picture_is_tried_and_deleted(seen: Browser, tmp_path: Path) -> None:
    encode(tmp_path / "cat.png", np.full((48, 64, 3), 150, np.uint8))
    (tmp_path / "no.png").write_bytes(b"<script>alert(1)</script>")
    seen.look()
    seen.open("try")
    for name, done in (("no.png", "is no picture"), ("cat.png", "s with loading it")):
        box = seen.driver.find_element("css selector", "input[type=file]")
        box.send_keys(str(tmp_path / name))
        seen.until(f"{TEXT}.includes(arguments[0])", name)
        seen.rest()
        _button(seen, "Translate").click()
        for _ in range(6):  # two models have to be loaded first
            with suppress(AssertionError):
                seen.until(f"{TEXT}.includes(arguments[0])", done)
                break
        assert done in seen.script(TEXT)
    seen.until(f"{TEXT}.includes('Delete it now')")
    _button(seen, "Delete it now").click()
    seen.until("return !document.body.innerText.includes('loading it')")
    assert seen.problems() == []


def test_a_shared_link_gives_the_same_view(seen: Browser) -> None:
    seen.look()
    seen.open("papers?q=unpaired&code=with%20code&by=date")
    assert "1 of 7 paper" in seen.script(TEXT)
    assert "q=unpaired" in seen.driver.current_url


NEXT = "document.querySelector('[data-testid=stMain] a[href*=\"paper?id\"]')?.href"


def _next(seen: Browser) -> str:
    return str(seen.until(f"return {NEXT}"))


def _box(seen: Browser, label: str) -> Any:
    return seen.until(
        "return document.querySelector(`input[aria-label^='${arguments[0]}']`)", label
    )


def _button(seen: Browser, text: str) -> Any:
    return seen.until(
        "return [...document.querySelectorAll('button')].find(b => "
        "b.innerText.trim().startsWith(arguments[0]) || b.innerText.includes(arguments[0]))",
        text,
    )
