"""What tests of the dashboard share: an empty home, and where there is one a browser."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.components.v2 import manifest_scanner

import dashboard.load.results
from tests.dashboard.browser import Browser, browser, served
from tests.dashboard.store import record, score

EVIL = "![x](http://127.0.0.1:9/x.png)<img src=x onerror=alert(1)>"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home, and no published results."""
    root = tmp_path / "home"
    root.mkdir()
    monkeypatch.setenv("ATLAS_HOME", str(root))
    for name in ("ATLAS_READ_ONLY", "ATLAS_BASE_PATH"):
        monkeypatch.setenv(name, "")
    monkeypatch.setattr(dashboard.load.results, "PUBLISHED", tmp_path / "published")
    return root


@pytest.fixture(scope="session")
def browsed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with three models on one data set, one on another, and names that attack."""
    root = tmp_path_factory.mktemp("browsed") / "home"
    root.mkdir()
    metrics = (score("ssim", 0.5, 0.1, direction="higher"),)
    for k, name in enumerate(("cyclegan.photo2toon", "own", "zeta")):
        own = {f"p{n}": 0.9 - 0.1 * k - 0.2 * (n == 1) for n in range(4)}
        speed = {"images_per_second": 10.0**k}
        record(root, name, 0.01 * (k + 1), own=own, metrics=metrics, cost=speed)
    record(root, "own", 0.5, dataset="b-town")
    for k in range(2):
        said = (score(f"m{EVIL}", 0.5, 0.1),)
        about = {"licence": EVIL, "task": EVIL, "paper": EVIL}
        record(root, f"{EVIL}{k}", 0.1 * k, dataset=f"evil {EVIL}", metrics=said, card=about)
    return root


@pytest.fixture(scope="session")
def seen(browsed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser on a dashboard that shows the browsed home."""
    with served(browsed) as address, browser(tmp_path_factory.mktemp("profile"), address) as opened:
        yield opened


@pytest.fixture(autouse=True, scope="session")
def components() -> Iterator[None]:
    """What is installed is searched for components once, as a server does, not for every page."""
    found = manifest_scanner.scan_component_manifests()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(manifest_scanner, "scan_component_manifests", lambda *_, **__: found)
        yield


@pytest.fixture(autouse=True)
def main_module() -> Iterator[None]:
    """Streamlit leaves its page as `__main__`, which processes started later would run."""
    before = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = before
