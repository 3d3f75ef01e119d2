"""Lossy files, enlarged pictures, duplicates and leaks are warnings; clean sets have none."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from bench.cautions import cautions, is_lossy
from bench.pictures import PictureSet, collect
from data.datasets import load_dataset
from data.paths import Home

Folders = Callable[..., Path]


@pytest.fixture
def collected(folders: Folders, tmp_path: Path) -> Callable[..., PictureSet]:
    """Five pictures a domain in train and test, all different; collected(change, size=None)."""
    for seed, folder in enumerate(("trainA", "trainB", "testA", "testB")):
        folders("set", {folder: 5}, seed=seed)
    root = tmp_path / "set"

    def make(change: Callable[[Path], None] = lambda root: None, **asked: int) -> PictureSet:
        change(root)
        data = load_dataset(str(root), Home(tmp_path / "home"))
        how = {"split": "test", "direction": "AtoB", "limit": None, "seed": 0, "skip_bad": False}
        return collect(data, **{**how, "size": None, **asked})  # type: ignore[arg-type]

    return make


def test_a_clean_set_has_no_warning(collected: Callable[..., PictureSet]) -> None:
    assert cautions(collected()) == []


def test_lossy_files_are_counted(collected: Callable[..., PictureSet]) -> None:
    def change(root: Path) -> None:
        for name in ("000", "001"):
            path = root / "testA" / f"{name}.png"
            Image.open(path).save(path.with_suffix(".jpg"), quality=60)
            path.unlink()

    assert cautions(collected(change)) == [
        "2 of 5 source files are lossy: their artefacts are measured"
    ]


def test_webp_is_lossy_when_it_was_written_so(tmp_path: Path) -> None:
    image = Image.new("RGB", (16, 16), (9, 80, 200))
    image.save(tmp_path / "a.webp", lossless=True)
    image.save(tmp_path / "b.webp", quality=50)
    assert not is_lossy(tmp_path / "a.webp")
    assert is_lossy(tmp_path / "b.webp")


def test_enlarged_pictures_are_counted(collected: Callable[..., PictureSet]) -> None:
    found = cautions(collected(size=64))
    assert len(found) == 2
    assert found[0].startswith("5 of 5 source pictures are enlarged to 64 pixels (from 40 and")
    assert cautions(collected(size=40)) == []


def test_duplicates_inside_a_set_are_named(collected: Callable[..., PictureSet]) -> None:
    def change(root: Path) -> None:
        shutil.copy(root / "testB" / "000.png", root / "testB" / "twin.png")

    assert cautions(collected(change)) == [
        "1 of 6 reference pictures repeat another: 000.png = twin.png"
    ]


def test_a_test_picture_among_the_trainings_is_named(
    collected: Callable[..., PictureSet],
) -> None:
    def change(root: Path) -> None:
        # The same pixels in another lossless file, under another name.
        Image.open(root / "trainA" / "002.png").save(root / "testA" / "leaked.bmp")

    assert cautions(collected(change)) == [
        "1 of 6 source pictures are among the training's: leaked.bmp = 002.png"
    ]


def test_a_training_picture_that_cannot_be_read_is_no_obstacle(
    collected: Callable[..., PictureSet],
) -> None:
    def change(root: Path) -> None:
        (root / "trainA" / "001.png").write_text("no picture")

    assert cautions(collected(change)) == []
