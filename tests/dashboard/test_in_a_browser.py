"""The pages in a real browser: they open without an error, fit a phone, and can be read."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from dashboard.views import present
from tests.dashboard.browser import Browser, needs_browser, serious
from tests.dashboard.conftest import EVIL

pytestmark = [needs_browser, pytest.mark.timeout(600)]

PAGES = [card.url_path for card in present()]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_opens_without_an_error_and_fits_a_phone(seen: Browser, path: str) -> None:
    seen.look(width=390)
    seen.open("" if path == PAGES[0] else path)
    assert seen.problems() == []
    assert seen.script("return document.querySelector('h1').innerText")
    assert seen.overflow() == ""


@pytest.mark.parametrize("path", [*PAGES, "compare?dataset=a-street&mode=wipe"])
def test_axe_finds_nothing_serious_by_day_and_night(seen: Browser, path: str) -> None:
    seen.look()
    seen.open("" if path == PAGES[0] else path)
    assert serious(seen) == []
    seen.look(dark=True)
    seen.rest()
    assert serious(seen) == []


EVIL_SET = quote(f"evil {EVIL}")
CLIPPED = (
    "const table = document.querySelector(`.st-key-narrow-${arguments[0]} table`);"
    "return [...table.querySelectorAll('th, td')].map(e => [e, e.getBoundingClientRect()])"
    ".filter(([e, box]) => !box.width || box.left < 0 || box.right > innerWidth"
    " || e.scrollWidth > e.clientWidth).map(([e]) => e.innerText)"
)
SHOWN = "return document.querySelector(arguments[0]).getBoundingClientRect().width > 0"


@pytest.mark.parametrize(
    ("path", "key", "titles"),
    [
        ("?dataset=a-street", "scores", ["rank", "model", "kid-texture ×10³ ↓", "n"]),
        (f"?dataset={EVIL_SET}&sort=img/s", "scores", ["rank", "model", None, "n", "img/s"]),
        ("runs", "measured", ["finished", "model", "data set"]),
    ],
)
def test_a_phone_has_a_table_that_fits_and_all_columns_on_request(
    seen: Browser, path: str, key: str, titles: list[str | None]
) -> None:
    seen.look(width=390)
    seen.open(path)
    heads = seen.script(
        "return [...document.querySelectorAll(`.st-key-narrow-${arguments[0]} th`)]"
        ".map(e => e.innerText)",
        key,
    )
    told = [head.replace("\n", " ") for head in heads]
    assert [title and head for title, head in zip(titles, told, strict=True)] == titles
    assert seen.script(CLIPPED, key) == []
    assert seen.overflow() == ""
    assert not seen.script(SHOWN, f".st-key-wide-{key}")
    # Streamlit's own menu of a phone has headings between the items of its list.
    assert [p for p in serious(seen) if not p.startswith(("list:", "listitem:"))] == []
    seen.driver.find_element("css selector", f".st-key-columns-{key} label").click()
    seen.rest()
    assert seen.until(SHOWN, f".st-key-asked-{key} [data-testid=stDataFrame]")
    assert seen.overflow() == ""
    seen.look(width=1400)
    assert not seen.script(SHOWN, f".st-key-narrow-{key}")
