"""The pages in a real browser: they open without an error, fit a phone, and can be read.

With ATLAS_SCREENSHOTS=DIR every page is kept as a picture at three widths, light and dark.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dashboard.views import present
from tests.dashboard.browser import Browser, needs_browser, serious

pytestmark = [needs_browser, pytest.mark.timeout(600)]

PAGES = [card.url_path for card in present()]
SCREENSHOTS = os.environ.get("ATLAS_SCREENSHOTS")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_opens_without_an_error_and_fits_a_phone(seen: Browser, path: str) -> None:
    seen.look(width=390)
    seen.open("" if path == PAGES[0] else path)
    assert seen.problems() == []
    assert seen.script("return document.querySelector('h1').innerText")
    assert seen.script("return document.documentElement.scrollWidth <= innerWidth")
    assert seen.script(
        "const main = document.querySelector('[data-testid=stMain]');"
        "return main.scrollWidth <= main.clientWidth"
    )


@pytest.mark.parametrize("path", [*PAGES, "compare?dataset=a-street&mode=wipe"])
def test_axe_finds_nothing_serious_by_day_and_night(seen: Browser, path: str) -> None:
    seen.look()
    seen.open("" if path == PAGES[0] else path)
    assert serious(seen) == []
    seen.look(dark=True)
    seen.rest()
    assert serious(seen) == []


@pytest.mark.skipif(not SCREENSHOTS, reason="ATLAS_SCREENSHOTS names no folder")
@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_kept_as_pictures(seen: Browser, path: str) -> None:
    for dark in (False, True):
        for width in (1400, 820, 390):
            seen.look(width=width, dark=dark)
            seen.open("" if path == PAGES[0] else path)
            name = f"{path}-{width}-{'dark' if dark else 'light'}"
            seen.picture(Path(str(SCREENSHOTS)), name)
            assert seen.problems() == []
