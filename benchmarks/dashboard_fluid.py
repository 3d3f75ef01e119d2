"""How fluid the charts of 20,000 papers are: hovering, zooming and panning in a real browser.

    python benchmarks/survey_fetch.py --papers 100000 --home /tmp/large
    python benchmarks/dashboard_fluid.py --home /tmp/large [--picture DIR]

A `dashboard` and a Chromium without a window are started; each chart is opened and the mouse is
moved over it as a hand does, an event every 16 ms. Printed for each gesture: frames drawn in a
second while it lasts, the median and the longest time between two frames, and how long the page
took to take in one event. Without a graphics card WebGL is drawn by the processor, which is the
worst case: the same machine has to be the hand, the browser and the card. A gesture on an empty
page beside says what this machine can do at best.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

FLAGS = "headless=new no-sandbox no-first-run disable-sync disable-background-networking"
STEP = 0.016  # s between two events of a hand
VIEWS = {
    "momentum": "papers?view=Momentum",
    "timeline": "papers?view=Timeline",
    "citation map": "papers?view=Citation%20map&of=found",
}
FRAMES = """
window.frames_seen = [];
const look = (now) => {
  window.frames_seen.push(now);
  window.looking = requestAnimationFrame(look);
};
cancelAnimationFrame(window.looking ?? 0);
window.looking = requestAnimationFrame(look);
"""
PLOT = """
const plot = document.querySelector('.js-plotly-plot .nsewdrag')?.getBoundingClientRect();
const busy = document.querySelector('[data-testid=stApp]')?.dataset.testScriptState;
return plot && busy === 'notRunning' ? [plot.x, plot.y, plot.width, plot.height] : null;
"""
ABOUT = """
const plot = document.querySelector('.js-plotly-plot');
const points = plot._fullData.filter((t) => t.mode === 'markers').map((t) => t.x.length);
return [points.reduce((a, b) => a + b, 0), plot._fullData.map((t) => t.type).join()];
"""
Box = tuple[float, float, float, float]


def main() -> None:
    """Time the charts of `--home`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--home", required=True, type=Path)
    parser.add_argument("--picture", type=Path, help="a folder for pictures of the charts")
    given = parser.parse_args()
    with _served(given.home) as address, _browser() as driver:
        driver.get("data:text/html,<body style='height:900px'>")
        _gestures(driver, "an empty page", (100, 100, 1000, 600))
        for name, view in VIEWS.items():
            began = time.perf_counter()
            driver.get(f"{address}/{view}")
            box = _until(lambda: driver.execute_script(PLOT))
            points, kinds = driver.execute_script(ABOUT)
            opened = time.perf_counter() - began
            print(f"\n{name}: {points:,} points ({kinds}), drawn {opened:.1f} s after the address")
            if given.picture:
                time.sleep(1)
                driver.save_screenshot(str(given.picture / f"{name.replace(' ', '-')}.png"))
            _gestures(driver, name, tuple(box))


def _gestures(driver: Any, name: str, box: Box) -> None:
    gestures = {"hover": _hover, "zoom by wheel": _wheel, "pan": _drag, "zoom by a box": _box}
    print(
        f"{name:16} {'frames/s':>9} {'median':>8} {'longest':>8} {'an event: median (worst)':>26}"
    )
    for told, gesture in gestures.items():
        driver.execute_script(FRAMES)
        taken = gesture(driver, box)
        frames = driver.execute_script("return window.frames_seen")
        gaps = [after - before for before, after in pairwise(frames)] or [0.0]
        rate = 1000 * len(gaps) / sum(gaps) if sum(gaps) else 0.0
        event = f"{statistics.median(taken):.0f} ({max(taken):.0f}) ms"
        median, longest = statistics.median(gaps), max(gaps)
        print(f"{told:16} {rate:9.0f} {median:5.0f} ms {longest:5.0f} ms {event:>26}")


def _hover(driver: Any, box: Box) -> list[float]:
    """Across the chart and back."""
    x, y, width, height = box
    places = [n / 60 for n in range(60)]
    return [
        _event(driver, "mouseMoved", x + width * (0.1 + 0.8 * n), y + height * (0.3 + 0.4 * n))
        for n in [*places, *places[::-1]]
    ]


def _wheel(driver: Any, box: Box) -> list[float]:
    """In and out again, around the middle."""
    x, y, width, height = box
    turns = [-120] * 20 + [120] * 20
    where = (x + width / 2, y + height / 2)
    return [_event(driver, "mouseWheel", *where, deltaX=0, deltaY=turn) for turn in turns]


def _drag(driver: Any, box: Box, **keys: Any) -> list[float]:
    """From one corner of the middle to the other, with the button down."""
    x, y, width, height = box
    held = {"button": "left", "buttons": 1, **keys}
    taken = [
        _event(driver, "mousePressed", x + width * 0.4, y + height * 0.4, clickCount=1, **held)
    ]
    for n in range(60):
        to = 0.4 + 0.3 * n / 60
        taken.append(_event(driver, "mouseMoved", x + width * to, y + height * to, **held))
    end = (x + width * 0.7, y + height * 0.7)
    taken.append(_event(driver, "mouseReleased", *end, clickCount=1, **held))
    time.sleep(0.5)
    return taken


def _box(driver: Any, box: Box) -> list[float]:
    """The same with Shift, which chooses what to show; without, it is moved."""
    return _drag(driver, box, modifiers=8)


def _event(driver: Any, kind: str, x: float, y: float, **more: Any) -> float:
    """How long the page took to take in one event of the mouse, in ms."""
    began = time.perf_counter()
    driver.execute_cdp_cmd("Input.dispatchMouseEvent", {"type": kind, "x": x, "y": y, **more})
    taken = time.perf_counter() - began
    time.sleep(max(0.0, STEP - taken))
    return 1000 * taken


def _until(found: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if value := found():
            return value
        time.sleep(0.05)
    raise SystemExit("the chart did not appear")


@contextmanager
def _served(home: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    tool = str(Path(sys.executable).with_name("dashboard"))
    running = subprocess.Popen(
        [tool, "--no-browser", "--port", str(port)],
        env={**os.environ, "ATLAS_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with socket.socket() as probe:
            _until(lambda: probe.connect_ex(("127.0.0.1", port)) == 0)
        yield f"http://127.0.0.1:{port}"
    finally:
        running.terminate()
        running.wait()


@contextmanager
def _browser() -> Iterator[Any]:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    with tempfile.TemporaryDirectory() as profile:
        for flag in [*FLAGS.split(), "window-size=1400,1000", f"user-data-dir={profile}"]:
            options.add_argument(f"--{flag}")
        options.binary_location = shutil.which("chromium") or ""
        driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
        try:
            driver.set_script_timeout(120)
            yield driver
        finally:
            driver.quit()


if __name__ == "__main__":
    main()
