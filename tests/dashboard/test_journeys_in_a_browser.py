"""Journeys through the pages about scores, walked in a real browser."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlencode

import pandas as pd
import pytest

from dashboard.votes import file_of
from tests.dashboard.browser import Browser, needs_browser, serious, served

pytestmark = [needs_browser, pytest.mark.timeout(600)]

HELD = (
    "return [...document.querySelectorAll('[data-testid=stDataFrame] [role=row]')]"
    ".map(row => row.innerText).join('\\n')"
)


def _choose(seen: Browser, label: str, value: str) -> None:
    """Type a value into the box with this label."""
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    box = seen.driver.find_element(By.CSS_SELECTOR, f"input[aria-label^='{label}']")
    seen.script("arguments[0].scrollIntoView({block: 'center'})", box)
    box.click()
    box.send_keys(Keys.CONTROL + "a")
    box.send_keys(value)
    box.send_keys(Keys.ENTER)
    seen.rest()


def _click(seen: Browser, text: str) -> None:
    """Click what is labelled by this text."""
    found = seen.until(
        "return [...document.querySelectorAll('summary, button, label')]"
        ".find(e => e.innerText.trim().includes(arguments[0]))",
        text,
    )
    seen.script("arguments[0].scrollIntoView({block: 'center'})", found)
    found.click()
    seen.rest()


def test_sorting_and_filtering_are_a_link_that_gives_the_same_view(seen: Browser) -> None:
    seen.look()
    seen.open("?dataset=a-street")
    before = seen.until(HELD)
    _click(seen, "Columns, filters and order")
    _choose(seen, "Order by", "img/s")
    assert "sort=img%2Fs" in seen.driver.current_url
    _click(seen, "Only models whose weights anybody can get")
    assert "weights=true" in seen.driver.current_url
    view = seen.until(f"const held = (() => {{ {HELD} }})(); return !held.includes('own') && held")
    assert "own" in before
    assert "own" not in view
    link = seen.driver.current_url
    first = seen.driver.current_window_handle
    seen.driver.switch_to.new_window("tab")
    seen.look()
    seen.driver.get(link)
    seen.rest()
    assert view == seen.until(HELD)
    assert link == seen.driver.current_url
    seen.driver.close()
    seen.driver.switch_to.window(first)


def test_a_table_is_taken_along_in_three_formats(seen: Browser, tmp_path: Path) -> None:
    allowed = {"behavior": "allow", "downloadPath": str(tmp_path)}
    seen.driver.execute_cdp_cmd("Browser.setDownloadBehavior", allowed)
    seen.look()
    seen.open("?dataset=a-street&columns=n")
    for title in ("CSV", "LaTeX", "Parquet"):
        _click(seen, title)
    deadline = time.monotonic() + 20
    wanted = {f"a-street-leaderboard.{kind}" for kind in ("csv", "tex", "parquet")}
    while {path.name for path in tmp_path.iterdir()} != wanted and time.monotonic() < deadline:
        time.sleep(0.1)
    found = pd.read_parquet(tmp_path / "a-street-leaderboard.parquet")
    assert list(found["model"]) == ["cyclegan.photo2toon", "own", "zeta"]
    assert "n kid-texture" in found.columns
    pd.testing.assert_frame_equal(
        found, pd.read_csv(tmp_path / "a-street-leaderboard.csv"), check_dtype=False
    )


def test_nonsense_in_an_address_is_noted_and_taken_out(seen: Browser) -> None:
    seen.look()
    seen.open("?dataset=%3Cscript%3Ealert(1)%3C/script%3E&sort=1;drop")
    assert seen.problems() == []
    assert "not known here" in seen.script("return document.body.innerText")
    assert "script" not in seen.driver.current_url


@pytest.mark.parametrize("path", ["", "compare", "cost", "vote"])
def test_names_that_attack_are_words(seen: Browser, browsed: Path, path: str) -> None:
    (dataset,) = (p.name for p in (browsed / "results").iterdir() if p.name.startswith("evil"))
    seen.look()
    seen.open(f"{path}?{urlencode({'dataset': dataset})}")
    assert seen.problems() == []  # a picture from elsewhere would be one, an alert an exception
    assert urlencode({"dataset": dataset}) in seen.driver.current_url


def test_arrow_keys_go_on_and_the_picture_is_in_the_address(seen: Browser) -> None:
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.keys import Keys

    seen.look()
    seen.open("compare?dataset=a-street")
    assert seen.part(".title").text == "p0 · 1 of 4"
    for key, title in ((Keys.ARROW_RIGHT, "p1 · 2 of 4"), (Keys.ARROW_LEFT, "p0 · 1 of 4")):
        ActionChains(seen.driver).send_keys(key).perform()
        seen.rest()
        assert title == seen.part(".title").text
    seen.part("button[title^='Next']").click()
    seen.rest()
    assert "picture=p1" in seen.driver.current_url
    seen.part(".gallery li:nth-child(4) button").click()
    seen.rest()
    assert seen.part(".title").text == "p3 · 4 of 4"
    assert "picture=p3" in seen.driver.current_url
    loaded = "return [...arguments[0].querySelectorAll('img')].every(i => i.naturalWidth > 0)"
    assert seen.until(loaded, seen.part(".panes"))


def test_one_zoom_moves_all_pictures(seen: Browser) -> None:
    seen.look()
    seen.open("compare?dataset=a-street")
    seen.part("button[title^='Larger']").click()
    zooms = "return [...arguments[0].querySelectorAll('.frame')].map(f => f.style.cssText)"
    found = seen.script(zooms, seen.part(".panes"))
    assert len(found) == 5  # source, three models, true answer
    assert all("--zoom: 1.5" in text for text in found)


def test_the_wipe_moves_by_key_and_by_pointer(seen: Browser) -> None:
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.keys import Keys

    seen.look()
    seen.open("compare?dataset=a-street&mode=wipe")
    frame, slider = seen.part(".wipe .frame"), seen.part("input[type=range]")
    seen.script("arguments[0].scrollIntoView({block: 'center'})", frame)
    cut = "return arguments[0].style.getPropertyValue('--cut')"
    assert seen.script(cut, frame) == "50%"
    slider.send_keys(Keys.ARROW_RIGHT * 5)
    assert seen.script(cut, frame) == "55%"
    assert seen.part(".title").text == "p0 · 1 of 4"  # the key was the slider's
    width = frame.size["width"]
    ActionChains(seen.driver).move_to_element_with_offset(
        frame, -width // 4, 0
    ).click_and_hold().move_by_offset(-10, 0).release().perform()
    assert float(seen.script(cut, frame).rstrip("%")) < 30


def test_the_difference_of_a_picture_and_itself_is_black(seen: Browser, tmp_path: Path) -> None:
    import numpy as np

    from data.images import decode

    seen.look()
    seen.open("compare?dataset=a-street&mode=difference&left=source&right=source")
    frame = seen.part(".difference .frame")
    seen.until("return arguments[0].querySelector('img')?.naturalWidth", frame)
    frame.screenshot(str(tmp_path / "same.png"))
    middle = decode(tmp_path / "same.png")[20:-20, 20:-20]
    assert int(np.max(middle)) <= 1
    seen.open("compare?dataset=a-street&mode=difference&left=source&right=own")
    frame = seen.part(".difference .frame")
    seen.until("return arguments[0].querySelector('img')?.naturalWidth", frame)
    frame.screenshot(str(tmp_path / "other.png"))
    assert int(np.max(decode(tmp_path / "other.png")[20:-20, 20:-20])) > 20


def test_a_click_on_a_sign_shows_its_picture(seen: Browser) -> None:
    from selenium.webdriver import ActionChains

    seen.look()
    seen.open("cost?dataset=a-street")
    labels = "return [...arguments[0].querySelectorAll('.label')].map(e => e.innerText)"
    front = seen.script(labels, seen.part(".gallery"))
    assert set(front) == {"source", "cyclegan.photo2toon", "own", "zeta"}
    sign = seen.until(
        "const signs = document.querySelector('.js-plotly-plot').querySelectorAll('path.point');"
        "return signs.length === 3 && signs[1]"
    )
    seen.script("arguments[0].scrollIntoView({block: 'center'})", sign)
    ActionChains(seen.driver).move_to_element(sign).click().perform()
    seen.rest()
    assert seen.script(labels, seen.part(".gallery")) == ["source", "own"]


SAMPLE = (
    "const card = [...document.querySelectorAll('*')]"
    ".map(e => e.shadowRoot?.querySelector('.card')).find(found => found);"
    "const picture = card?.querySelector('img');"
    "return card && !card.hidden && picture?.naturalWidth"
    " && [picture.alt, picture.src, card.innerText.trim()]"
)


def test_a_sign_that_is_pointed_at_shows_a_sample(seen: Browser) -> None:
    from selenium.webdriver import ActionChains

    seen.look()
    seen.open("cost?dataset=a-street")
    sign = seen.until(
        "const signs = document.querySelector('.js-plotly-plot').querySelectorAll('path.point');"
        "return signs.length === 3 && signs[1]"
    )
    seen.script("arguments[0].scrollIntoView({block: 'center'})", sign)
    assert not seen.script(SAMPLE)
    ActionChains(seen.driver).move_to_element(sign).perform()
    alt, address, text = seen.until(SAMPLE)
    assert (alt, text) == ("own, picture p0", "own")
    assert "/pictures/runs/own/images/p0.png" in address
    ActionChains(seen.driver).move_to_element_with_offset(sign, 120, 60).perform()
    seen.until(f"return !(() => {{ {SAMPLE} }})()")
    assert seen.problems() == []


def test_the_keyboard_shows_samples_too_and_escape_hides_them(seen: Browser) -> None:
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.keys import Keys

    seen.look()
    seen.open("cost?dataset=a-street")
    seen.script("arguments[0].focus()", seen.part(".names button"))
    assert seen.until(SAMPLE)[2] == "cyclegan.photo2toon"
    ActionChains(seen.driver).send_keys(Keys.TAB).perform()
    seen.until(f"return (() => {{ {SAMPLE} }})()?.[2] === 'own'")
    ActionChains(seen.driver).send_keys(Keys.ESCAPE).perform()
    assert not seen.script(SAMPLE)
    assert serious(seen) == []


def test_a_vote_is_recorded(seen: Browser, browsed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATLAS_HOME", str(browsed))
    seen.look()
    seen.open("vote?dataset=a-street")
    names = ("cyclegan.photo2toon", "zeta")
    assert not any(name in seen.script("return document.body.innerText") for name in names)
    _click(seen, "Right is better")
    assert len(file_of("a-street").read_text().splitlines()) == 1
    assert "Kept. Left was" in seen.script("return document.body.innerText")
    assert seen.problems() == []


def test_read_only_has_no_button_to_vote(browsed: Path, seen: Browser) -> None:
    with served(browsed, "--read-only") as address:
        closed = Browser(seen.driver, address)
        closed.look()
        closed.open("vote?dataset=a-street")
        assert "switched off" in closed.script("return document.body.innerText")
        assert "Right is better" not in closed.script("return document.body.innerText")


def test_it_stands_below_a_path_with_its_pictures_and_links(browsed: Path, seen: Browser) -> None:
    with served(browsed, "--base-path", "/atlas") as address:
        below = Browser(seen.driver, f"{address}/atlas")
        below.look()
        for path in ("?dataset=a-street", "compare?dataset=a-street"):
            below.open(path)
            assert below.problems() == []
        loaded = (
            "return [...arguments[0].querySelectorAll('img')].map(i => i.naturalWidth && i.src)"
        )
        below.until("return arguments[0].querySelector('img').naturalWidth", below.part(".panes"))
        sources = below.script(loaded, below.part(".panes"))
        assert all(source.startswith(f"{address}/atlas/pictures/runs/") for source in sources)
        below.open("models?model=cyclegan")
        link = "return document.querySelector('[data-testid=stMain] a[href*=\"paper?id\"]')"
        below.until(link).click()
        below.until("return location.pathname === '/atlas/paper'")
        below.rest()
        assert below.problems() == []
        below.leave()


def test_a_static_copy_opens_from_a_disk(seen: Browser, browsed: Path, tmp_path: Path) -> None:
    tool = str(Path(sys.executable).with_name("dashboard"))
    command = [tool, "--home", str(browsed), "--export", str(tmp_path / "site")]
    subprocess.run(command, check=True, capture_output=True)
    seen.look(width=390)
    seen.leave()
    seen.driver.get((tmp_path / "site" / "index.html").as_uri())
    rows = "return [...document.querySelector('tbody').rows].map(row => row.cells[2].innerText)"
    assert seen.script(rows) == ["cyclegan.photo2toon", "own", "zeta"]
    for _ in range(2):
        seen.script("document.querySelectorAll('th button')[3].click()")
    assert seen.script(rows) == ["zeta", "own", "cyclegan.photo2toon"]
    assert serious(seen) == []
    seen.script("document.querySelector('section a').click()")
    seen.until("return document.querySelector('img')?.naturalWidth")
    assert serious(seen) == []
    assert seen.driver.get_log("browser") == []
    assert seen.script("return document.documentElement.scrollWidth <= innerWidth")
