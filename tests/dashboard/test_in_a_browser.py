"""The pages in a real browser: they open without an error, fit a phone, and can be read."""

from __future__ import annotations

import pytest

from dashboard.views import present
from tests.dashboard.browser import Browser, needs_browser, serious

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
