"""The graph's page in a real browser: on a phone, by keyboard, in the dark, without a script."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from survey.graph import Graph
from survey.graph_page import write_page
from survey.paper import Paper

pytestmark = pytest.mark.skipif(
    not (shutil.which("chromium") and shutil.which("chromedriver")),
    reason="chromium and chromedriver are not installed (Debian: chromium, chromium-driver)",
)
FLAGS = "headless no-sandbox disable-gpu no-first-run disable-sync disable-background-networking"
LONG = "Averyveryverylongwordthatcannotbebrokenanywhereatall" * 3


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    papers = [
        Paper(
            id=f"arxiv:{n}",
            arxiv=f"{n}",
            title=f"Paper {n}: <script>document.title = 'broken'</script> {LONG if n == 3 else ''}",
            date=f"{2017 + n // 2}-0{1 + n % 2 * 6}-01",
            citations=10**n,
            code=("https://github.com/junyanz/pytorch-CycleGAN-and-pix2pix",),
            status="kept",
        )
        for n in range(7)
    ]
    pairs = (("arxiv:2", "arxiv:0"), ("arxiv:3", "arxiv:0"), ("arxiv:6", "arxiv:3"))
    file = tmp_path_factory.mktemp("page") / "graph.html"
    write_page(Graph(papers=tuple(papers), edges=pairs), file)
    return file.as_uri()


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    for flag in FLAGS.split():
        options.add_argument(f"--{flag}")
    options.add_argument(f"--user-data-dir={tmp_path_factory.mktemp('profile')}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    options.binary_location = shutil.which("chromium") or ""
    made = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    yield made
    made.quit()


def _open(
    driver: Any, address: str, *, width: int, dark: bool = False, script: bool = True
) -> None:
    size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    feature = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not script})
    driver.get("about:blank")
    driver.get(address)


def _tab(driver: Any, times: int) -> Any:
    from selenium.webdriver import ActionChains, Keys

    ActionChains(driver).send_keys(*[Keys.TAB] * times).perform()
    return driver.switch_to.active_element


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_no_width_has_to_be_scrolled_sideways(driver: Any, address: str, width: int) -> None:
    _open(driver, address, width=width)
    wide = driver.execute_script("return document.documentElement.scrollWidth")
    assert wide <= width
    assert driver.get_log("browser") == []
    assert driver.title == "Who cites whom: 7 papers"


def test_the_keyboard_reaches_every_paper_and_shows_its_lines(driver: Any, address: str) -> None:
    from selenium.webdriver import Keys

    _open(driver, address, width=1280)
    assert _tab(driver, 1).text == "Skip the picture, to the table"
    node = _tab(driver, 5)  # over the picture itself and three papers
    assert node.get_attribute("aria-label").startswith("Paper 3: <script>")
    near = "return document.querySelectorAll('.chosen .edge.near').length"
    assert driver.execute_script(near) == 2
    node.send_keys(Keys.ENTER)
    assert driver.current_url.endswith("#p3")
    row = driver.execute_script("return document.querySelector(':target').innerText")
    assert row.startswith("Paper 3: <script>")


def test_the_dark_page_is_dark_and_readable(driver: Any, address: str) -> None:
    colours = "const s = getComputedStyle(document.body); return [s.backgroundColor, s.color]"
    shades = []
    for dark in (False, True):
        _open(driver, address, width=1280, dark=dark)
        back, text = (
            sum(int(part) for part in colour.strip("rgb()").split(","))
            for colour in driver.execute_script(colours)
        )
        shades.append((back, text))
    (light_back, light_text), (dark_back, dark_text) = shades
    assert light_back - light_text > 500
    assert dark_text - dark_back > 500


def test_without_a_script_everything_is_still_there(driver: Any, address: str) -> None:
    from selenium.webdriver.common.by import By

    _open(driver, address, width=390, script=False)
    assert len(driver.find_elements(By.CSS_SELECTOR, "tbody tr")) == 7
    assert len(driver.find_elements(By.CSS_SELECTOR, "svg .node")) == 7
    assert "Point at a" not in driver.find_element(By.ID, "how").text
    link = driver.find_element(By.CSS_SELECTOR, "#p3 td[data-name='Cites'] a")
    link.click()
    assert driver.current_url.endswith("#p0")
