"""Pictures that were enlarged before they came are told by their spectrum; sharp ones are not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray
from PIL import Image

from bench.cautions import SOFT, cautions
from bench.cli import main
from bench.pictures import collect
from bench.records import read_all
from bench.sharpness import bandwidth
from data.datasets import load_dataset
from data.paths import Home

Picture = NDArray[np.uint8]
FILTERS = (Image.Resampling.BILINEAR, Image.Resampling.BICUBIC, Image.Resampling.LANCZOS)


def _photograph(seed: int, size: int) -> Picture:
    """Amplitude 1/f and random phases: the spectrum of a photograph (Field 1987)."""
    rng = np.random.default_rng(seed)
    axes = np.fft.fftfreq(size)
    radius = np.hypot(axes[:, None], axes[None, :])
    radius[0, 0] = 1.0
    waves = np.fft.fft2(rng.normal(size=(size, size))) / radius
    waves[0, 0] = 0.0
    grey = np.fft.ifft2(waves).real
    scaled = 128 + 45 * grey / grey.std()
    return np.repeat(scaled.clip(0, 255).round().astype(np.uint8)[..., None], 3, axis=2)


def _enlarged(picture: Picture, size: int, by: Image.Resampling) -> Picture:
    return np.asarray(Image.fromarray(picture).resize((size, size), by))


@pytest.mark.parametrize("size", [64, 96, 128, 256, 700])
def test_a_spectrum_like_a_photographs_is_sharp(size: int) -> None:
    found = [bandwidth(_photograph(seed, size)) for seed in range(3)]
    assert found == [1.0, 1.0, 1.0]


@pytest.mark.parametrize("factor", [2, 4])
@pytest.mark.parametrize("by", FILTERS)
def test_enlarged_pictures_have_the_frequencies_that_they_had(
    by: Image.Resampling, factor: int
) -> None:
    for seed in range(3):
        found = bandwidth(_enlarged(_photograph(seed, 256 // factor), 256, by))
        assert found is not None
        # A filter lets something through above its edge, so this is never under 1/factor.
        assert 1 / factor - 1 / 16 <= found <= SOFT


def test_the_middle_of_a_large_picture_speaks_for_it() -> None:
    picture = _photograph(0, 600)
    picture[:44], picture[:, :44] = 90, 90
    assert bandwidth(picture) == 1.0


def test_flat_colours_with_hard_edges_are_sharp() -> None:
    rng = np.random.default_rng(0)
    for _ in range(5):
        picture = np.full((256, 256, 3), 30, dtype=np.uint8)
        for _ in range(25):
            top, left = rng.integers(0, 230, 2)
            high, wide = rng.integers(8, 60, 2)
            picture[top : top + high, left : left + wide] = rng.integers(0, 256, 3)
        assert bandwidth(picture) == 1.0


def test_of_flat_and_of_tiny_pictures_nothing_is_told() -> None:
    assert bandwidth(np.full((128, 128, 3), 77, dtype=np.uint8)) is None
    assert bandwidth(_photograph(0, 63)) is None


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Unpaired test pictures of 128 pixels: three of five sources were 64 before."""
    for i in range(5):
        source, other = _photograph(i, 128), _photograph(10 + i, 128)
        if i < 3:
            source = _enlarged(_photograph(i, 64), 128, Image.Resampling.BICUBIC)
        for folder, picture in (("testA", source), ("testB", other)):
            (tmp_path / "set" / folder).mkdir(parents=True, exist_ok=True)
            Image.fromarray(picture).save(tmp_path / "set" / folder / f"{i}.png")
    return tmp_path / "set"


def _cautions(root: Path, size: int | None) -> list[str]:
    data = load_dataset(str(root), Home(root / "home"))
    return cautions(
        collect(data, split="test", direction="AtoB", size=size, limit=None, seed=0, skip_bad=False)
    )


def test_files_that_came_enlarged_are_counted(root: Path) -> None:
    (found,) = _cautions(root, None)
    assert found.startswith("3 of 5 source pictures look enlarged or blurred (by a factor of about")
    assert _cautions(root, 64) == []  # at 64 pixels nothing is missing


def test_pictures_that_we_enlarge_are_told_once(root: Path) -> None:
    found = _cautions(root, 256)
    assert len(found) == 2
    assert all("are enlarged to 256 pixels (from 128 and more)" in warning for warning in found)


def test_the_record_carries_the_warning(root: Path, own_home: Path) -> None:
    words = ["run", "--models", "identity", "--dataset", str(root), "--metrics", "kid-texture"]
    assert CliRunner().invoke(main, words).exit_code == 0
    (record,) = read_all([own_home / "results"])
    assert any("3 of 5 source pictures look enlarged" in w for w in record.warnings)
