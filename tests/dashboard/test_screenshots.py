"""Every page as pictures, at three widths and in both themes: kept to be looked at.

They go to `test-artefacts/screenshots` of the checkout, or to ATLAS_SCREENSHOTS. A page is loaded
once a theme; between two pictures only the window changes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from bench.running import Asked, noted
from dashboard.views import present
from data.images import decode, encode
from data.paths import Home
from survey.cli import main
from tests.dashboard.browser import Browser, browser, needs_browser, served
from tests.dashboard.catalogues import make, some
from tests.dashboard.store import record, score

pytestmark = [needs_browser, pytest.mark.timeout(600)]

PAGES = [card.url_path for card in present()]
STREET = "?dataset=a-street"
QUERIES = {
    "leaderboard": STREET,
    "compare": STREET,
    "cost": f"{STREET}&metric=ssim",
    "vote": STREET,
    "paper": "?id=1703.10593&section=Why%20this%20rank",
}
WIDTHS = {"desktop": 1400, "tablet": 820, "phone": 390}
KEPT = Path(__file__).parents[2] / "test-artefacts" / "screenshots"
HEADING = (
    "const box = document.querySelector('h1')?.getBoundingClientRect();"
    "return Boolean(box && box.width && box.top >= 0 && box.bottom <= innerHeight"
    " && box.right <= innerWidth)"
)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser on a home with scores, papers of which two are kept, and a failure."""
    root = tmp_path_factory.mktemp("shown") / "home"
    root.mkdir()
    seed = {"title": "Cycle-Consistent Networks for Pictures", "arxiv": "1703.10593", "year": 2017}
    make(root, [seed, *some()])
    kept = CliRunner().invoke(main, ["keep", "1703.10593", "2001.00001", "--home", str(root)])
    assert kept.exit_code == 0
    for k, name in enumerate(("cyclegan.photo2toon", "ganilla.photo2toon", "pix2pix.photo2toon")):
        own = {f"p{n}": 0.9 - 0.1 * k - 0.05 * n for n in range(6)}
        ssim = (score("ssim", 0.8 - 0.1 * k, 0.03, direction="higher"),)
        cost = {"images_per_second": 3.0**k, "peak_memory_bytes": 2e8 * (k + 1)}
        record(root, name, 0.01 * (k + 1), own=own, metrics=ssim, cost=cost)
    record(root, "own", 0.5, dataset="b-town")
    record(root, "bad", status="error")
    _going_on(root)
    with served(root) as address, browser(tmp_path_factory.mktemp("profile"), address) as opened:
        yield opened


def _going_on(root: Path) -> None:
    """A run that was killed at its second model, and a training that was at step 60 of 400."""
    cells = [
        Asked(id=f"{name}-a-street-id", model=name, dataset="a-street", sources=12)
        for name in ("bad", "half", "next")
    ]
    with noted(cells, Home(root)):
        (file,) = (root / "running").glob("*.json")
        told = json.loads(file.read_text(encoding="utf-8"))
    told["command"] = "bench run --models bad,half,next --dataset a-street"
    file.write_text(json.dumps(told), encoding="utf-8")
    for n in range(5):
        picture = np.full((24, 32, 3), 40 * n, np.uint8)
        encode(root / "runs" / "half-a-street-id" / "images" / f"{n}.png", picture)
    training = root / "training" / "cyclegan-a-street-AtoB"
    training.mkdir(parents=True)
    (training / "plan.json").write_text('{"total": 400, "model": "cyclegan"}', encoding="utf-8")
    lines = [f'{{"step": {20 * n}, "time": {10 * n}, "G": {9 / n}}}\n' for n in (1, 2, 3)]
    (training / "log.jsonl").write_text("".join(lines), encoding="utf-8")


def _folder() -> Path:
    return Path(os.environ.get("ATLAS_SCREENSHOTS") or KEPT)


def _wrong(seen: Browser) -> list[str]:
    """What must not be on a picture: errors, a page wider than the window, no heading."""
    found = seen.problems()
    if seen.overflow():
        found.append(f"wider than the window: {seen.overflow()}")
    return found if seen.script(HEADING) else [*found, "no heading"]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_kept_as_pictures(seen: Browser, path: str, theme: str) -> None:
    seen.look(width=WIDTHS["desktop"], dark=theme == "dark")
    seen.open(("" if path == PAGES[0] else path) + QUERIES.get(path, ""))
    for device, width in WIDTHS.items():
        file = _folder() / f"{path}-{device}-{theme}.png"
        seen.picture(file, width=width, dark=theme == "dark")
        assert _wrong(seen) == []
        shot = decode(file)
        assert shot.shape[1] == width
        # The theme's ground: bright by day, dark by night; and something is written on it.
        assert (shot[-1, -1].mean() < 128) == (theme == "dark")
        assert shot.std() > 5


def test_what_must_not_be_on_a_picture_is_noticed(seen: Browser) -> None:
    seen.look(width=WIDTHS["phone"])
    seen.open("runs")
    assert _wrong(seen) == []
    seen.script(
        "const wide = document.createElement('div'); wide.style.width = '800px';"
        "wide.style.height = '9px'; wide.dataset.testid = 'stException'; wide.innerText = 'Oops';"
        "document.querySelector('[data-testid=stMainBlockContainer]').append(wide);"
        "document.querySelector('h1').remove(); console.error('Alas')"
    )
    found = _wrong(seen)
    assert found[0] == "Oops"
    assert any("Alas" in line for line in found)
    assert any(line.startswith("wider than the window") for line in found)
    assert found[-1] == "no heading"
