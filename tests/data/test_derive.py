"""Paired sets are derived from photographs by arithmetic that other libraries confirm."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image
from skimage.color import rgb2lab
from skimage.feature import canny

from data.derive import edges, grey, plan_pairs
from data.errors import UsageProblem
from data.folders import find_layout
from data.images import decode
from zoo.cli import main

PHOTOS = Path(__file__).parents[2] / "data" / "photo2toon" / "testA"


def _photo() -> np.ndarray:
    return decode(min(PHOTOS.iterdir()))


def test_grey_keeps_the_lightness_of_every_pixel() -> None:
    photo = _photo()
    made = grey(photo)
    assert made.shape == photo.shape
    assert np.array_equal(made[..., 0], made[..., 1])
    expected, found = rgb2lab(photo)[..., 0], rgb2lab(made)[..., 0]
    assert np.abs(expected - found).max() < 0.6  # of 100: half a grey level, at the dark end


def test_white_black_and_grey_stay_what_they_are() -> None:
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    assert np.array_equal(ramp, grey(ramp))


def test_edges_are_those_of_scikit_image() -> None:
    photo = _photo()
    plane = grey(photo)[..., 0] / 255.0
    expected = canny(plane, sigma=1.0, low_threshold=0.1, high_threshold=0.2)
    found = edges(photo)[..., 0] == 0
    inside = (slice(5, -5), slice(5, -5))  # the border is blurred in another way
    assert expected[inside].sum() > 100
    assert (expected != found)[inside].mean() < 0.005


def test_a_flat_picture_has_no_edges_and_a_step_has_one() -> None:
    step = np.zeros((20, 20, 3), dtype=np.uint8)
    assert (edges(step) == 255).all()
    step[:, 10:] = 255
    columns = np.flatnonzero(edges(step)[10, :, 0] == 0)
    assert set(columns) <= {9, 10}
    assert len(columns) >= 1


def _photos(folder: Path, count: int = 30) -> Path:
    (folder / "deep").mkdir(parents=True)
    rng = np.random.default_rng(0)
    for i in range(count):
        pixels = rng.integers(0, 256, (24, 30, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / ("deep" if i % 2 else "") / f"{i}.png")
    return folder


@pytest.mark.parametrize("kind", ["colourise", "edges"])
def test_the_command_writes_a_paired_set_that_is_recognised(kind: str, tmp_path: Path) -> None:
    folder = _photos(tmp_path / "photos")
    (folder / "bad.jpg").write_bytes(b"nothing")
    words = ["derive", kind, str(folder), str(tmp_path / "out"), "--size", "16"]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 3, done.stderr
    assert "30 of 31 pairs written" in done.stderr
    layout = find_layout(tmp_path / "out")
    assert (layout.kind, layout.paired) == ("side-by-side", True)
    counts = {name: len(split.a) for name, split in layout.splits.items()}
    assert sum(counts.values()) == 30
    assert counts["train"] > 15
    pair = layout.splits["train"]
    left, right = pair.a[0].read(), pair.b[0].read()
    assert left.shape == right.shape == (16, 20, 3)
    expected = grey(right) if kind == "colourise" else edges(right)
    assert np.array_equal(expected, left)


def test_a_new_picture_moves_none_of_the_others(tmp_path: Path) -> None:
    folder = _photos(tmp_path / "photos")
    before = {p.source: p.target for p in plan_pairs(folder, tmp_path / "out")}
    Image.new("RGB", (30, 24)).save(folder / "00.png")
    after = {p.source: p.target for p in plan_pairs(folder, tmp_path / "out")}
    assert len(after) == 31
    assert before.items() <= after.items()
    assert len(set(after.values())) == 31


def test_places_that_make_no_sense_are_refused(tmp_path: Path) -> None:
    folder = _photos(tmp_path / "photos", 2)
    with pytest.raises(UsageProblem, match="is inside"):
        plan_pairs(folder, folder / "out")
    with pytest.raises(UsageProblem, match="no folder at"):
        plan_pairs(tmp_path / "nothing", tmp_path / "out")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageProblem, match="no pictures in"):
        plan_pairs(tmp_path / "empty", tmp_path / "out")
