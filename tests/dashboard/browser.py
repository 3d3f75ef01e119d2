"""A running `dashboard` and a real browser that looks at it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

__all__ = ["Browser", "browser", "needs_browser", "serious", "served"]

needs_browser = pytest.mark.skipif(
    not (shutil.which("chromium") and shutil.which("chromedriver")),
    reason="chromium and chromedriver are not installed (Debian: chromium, chromium-driver)",
)
FLAGS = (
    "headless=new no-sandbox disable-gpu disable-quic no-first-run disable-sync hide-scrollbars "
    "disable-background-networking disable-component-update"
)
QUIET = (
    "const app = document.querySelector('[data-testid=stApp]');"
    "return app && app.dataset.testScriptState === 'notRunning'"
    " && !document.querySelector('[data-testid=stSkeleton]')"
)
OVERFLOW = (
    "const main = document.querySelector('[data-testid=stMain]');"
    "const wide = document.documentElement.scrollWidth > innerWidth"
    " || main.scrollWidth > main.clientWidth;"
    "if (!wide) return '';"
    "const out = [...main.querySelectorAll('*')]"
    ".find(e => e.getBoundingClientRect().right > innerWidth + 1);"
    "return (out ?? main).outerHTML.slice(0, 200)"
)
# Boxes of all elements, those of parts (dashboard/parts) too, equal in eight frames in a row.
SETTLED = """
const done = arguments[0];
const all = (root) => [...root.querySelectorAll('*')]
  .flatMap((e) => (e.shadowRoot ? [e, ...all(e.shadowRoot)] : [e]));
const seen = (box) => box.width && box.bottom > 0 && box.top < innerHeight;
let before = '', still = 0;
const look = () => {
  const elements = all(document.body);
  const boxes = elements.map((e) => e.getBoundingClientRect());
  const loading = elements.some((e, n) => e.tagName === 'IMG' && seen(boxes[n]) && !e.complete);
  const busy = document.querySelector('[data-testid=stApp]').dataset.testScriptState;
  const now = boxes.map((b) => [b.x, b.y, b.width, b.height].map(Math.round)).join();
  still = now === before && !loading && busy === 'notRunning' ? still + 1 : 0;
  before = now;
  if (still >= 8) done(); else requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""
OUTSIDE = (
    "return performance.getEntriesByType('resource').map(entry => entry.name)"
    ".filter(name => !name.startsWith(location.origin) && !/^(blob|data):/.test(name))"
)


@contextmanager
def served(home: Path, *flags: str) -> Iterator[str]:
    """The address of a running `dashboard` on the home."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    tool = str(Path(sys.executable).with_name("dashboard"))
    command = [tool, "--no-browser", "--port", str(port), *flags]
    environment = {**os.environ, "ATLAS_HOME": str(home)}
    with (home.parent / "dashboard.log").open("w") as log:
        running = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.2)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            running.terminate()
            running.wait(timeout=20)


class Browser:
    """A browser that waits until a page has come to rest."""

    def __init__(self, driver: Any, root: str) -> None:
        self.driver, self.root = driver, root
        # No window without a screen is the one in front, which alone tells of what has the focus.
        driver.execute_cdp_cmd("Emulation.setFocusEmulationEnabled", {"enabled": True})

    def look(self, *, width: int = 1400, height: int = 1000, dark: bool = False) -> None:
        """The size of the window and the theme that the person prefers."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        feature = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})

    def open(self, path: str) -> None:
        """Open a page of the dashboard, and forget what the console said before."""
        self.leave()
        self.driver.get(f"{self.root}/{path}")
        self.rest()

    def leave(self) -> None:
        """Leave the page: one whose server has ended would go on complaining."""
        self.driver.get("about:blank")
        self.driver.get_log("browser")

    def rest(self) -> None:
        """Wait until nothing runs, twice in a row: a run may follow another."""
        quiet = 0
        deadline = time.monotonic() + 60
        while quiet < 3 and time.monotonic() < deadline:
            time.sleep(0.15)
            quiet = quiet + 1 if self.driver.execute_script(QUIET) else 0
        assert quiet == 3, "the page did not come to rest"

    def until(self, script: str, *arguments: Any) -> Any:
        """Wait until a script gives something true, and give it."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            found = self.driver.execute_script(script, *arguments)
            if found:
                return found
            time.sleep(0.1)
        raise AssertionError(f"never true: {script}")

    def script(self, text: str, *arguments: Any) -> Any:
        """What a script gives in the page."""
        return self.driver.execute_script(text, *arguments)

    def part(self, inner: str) -> Any:
        """The first element within a part (of dashboard/parts) that a selector finds."""
        return self.until(
            "const all = [...document.querySelectorAll('*')].filter(e => e.shadowRoot);"
            "for (const e of all) { const f = e.shadowRoot.querySelector(arguments[0]);"
            "if (f) return f; }",
            inner,
        )

    def problems(self) -> list[str]:
        """Error boxes, console errors, and what was loaded from elsewhere."""
        boxes = self.script(
            "return [...document.querySelectorAll('[data-testid=stException]')].map(e => "
            "e.innerText)"
        )
        said = [line["message"] for line in self.driver.get_log("browser")]
        return [*boxes, *said, *self.script(OUTSIDE)]

    def overflow(self) -> str:
        """What sticks out of the window sideways; empty where nothing does."""
        return str(self.script(OVERFLOW))

    def settle(self) -> None:
        """Wait until nothing has moved for some frames, and pictures in sight are loaded."""
        self.driver.set_script_timeout(30)
        self.driver.execute_async_script(SETTLED)

    def picture(self, file: Path, *, width: int, dark: bool) -> None:
        """Keep a picture of the whole page, in a window as tall as it needs."""
        self.look(width=width, dark=dark)
        self.settle()
        tall = self.script("return document.querySelector('[data-testid=stMain]').scrollHeight")
        self.look(width=width, height=min(tall + 20, 5000), dark=dark)
        self.settle()
        file.parent.mkdir(parents=True, exist_ok=True)
        self.driver.save_screenshot(str(file))


@contextmanager
def browser(profile: Path, root: str) -> Iterator[Browser]:
    """A browser without a window that starts at `root`."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    for flag in FLAGS.split():
        options.add_argument(f"--{flag}")
    options.add_argument(f"--user-data-dir={profile}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    options.binary_location = shutil.which("chromium") or ""
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    try:
        yield Browser(driver, root)
    finally:
        driver.quit()


def serious(seen: Browser) -> list[str]:
    """What axe-core calls serious or critical on the page that is open."""
    spec = importlib.util.find_spec("axe_core_python")
    if spec is None or spec.origin is None:
        pytest.skip("axe-core-python is not installed")
    seen.script(Path(spec.origin).with_name("axe.min.js").read_text(encoding="utf-8"))
    seen.driver.set_script_timeout(60)
    found = seen.driver.execute_async_script(
        "const done = arguments[0]; axe.run(document).then(done)"
    )
    return [
        f"{entry['id']}: {node['html'][:200]}"
        for entry in found["violations"]
        if entry["impact"] in ("serious", "critical")
        for node in entry["nodes"]
    ]
