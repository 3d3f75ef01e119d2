"""Pictures that were enlarged before they came are told by their spectrum; sharp ones are not."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray
from PIL import Image

from bench.cautions import SOFT, cautions, factor_of
from bench.cli import main
from bench.pictures import collect
from bench.records import read_all
from bench.resampling import enlargement
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


def _hard_edged(seed: int, size: int) -> Picture:
    rng = np.random.default_rng(seed)
    picture = np.full((size, size, 3), 30, dtype=np.uint8)
    for _ in range(25):
        top, left = rng.integers(0, size - 20, 2)
        high, wide = rng.integers(8, 60, 2)
        picture[top : top + high, left : left + wide] = rng.integers(0, 256, 3)
    return picture


@pytest.mark.parametrize("factor", [1.25, 1.5])
@pytest.mark.parametrize("by", FILTERS[:2])
def test_small_factors_are_told_by_the_rhythm_of_interpolation(
    by: Image.Resampling, factor: float
) -> None:
    found = [enlargement(_enlarged(_photograph(i, round(256 / factor)), 256, by)) for i in range(6)]
    assert sorted(found)[1:] == pytest.approx([factor] * 5, rel=0.01)


@pytest.mark.parametrize("factor", [1.25, 1.5, 2, 3, 4])
@pytest.mark.parametrize("draw", [_photograph, _hard_edged])
def test_repeated_pixels_are_told_exactly(draw: Any, factor: float) -> None:
    small = draw(1, round(264 / factor))
    picture = _enlarged(small, 264, Image.Resampling.NEAREST)
    if draw is _photograph:
        assert enlargement(picture) == pytest.approx(factor, rel=0.03)
    else:  # whole columns of one colour: what is repeated and what was so nobody can tell
        assert enlargement(picture) in (1.0, pytest.approx(factor, rel=0.03))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("draw", [_photograph, _hard_edged])
def test_pictures_as_they_are_leave_no_such_trace_nor_does_jpeg_or_shrinking(
    draw: Any, seed: int
) -> None:
    picture = draw(seed, 256)
    packed = io.BytesIO()
    Image.fromarray(picture).save(packed, "JPEG", quality=75)
    jpeg = np.asarray(Image.open(packed))
    shrunk = [_enlarged(jpeg, size, Image.Resampling.BICUBIC) for size in (192, 128, 96)]
    assert [factor_of(one) for one in (picture, jpeg, *shrunk)] == [1.0] * 5


def test_jpegs_grid_that_was_shrunk_is_not_taken_for_an_enlargement() -> None:
    """8 pixels a block become 6, with a rhythm of 1/3 like that of 1.5×, and one of 1/6 besides."""
    for seed in range(6):
        picture = _photograph(seed, 256)
        picture[::8], picture[:, ::8] = picture[::8] // 2, picture[:, ::8] // 2
        shrunk = _enlarged(picture, 192, Image.Resampling.BICUBIC)
        soft = shrunk // 2 + np.roll(shrunk, 1, (0, 1)) // 2
        assert enlargement(soft) == 1.0


def test_stripes_and_patches_of_one_colour_are_not_enlarged() -> None:
    stripes = np.zeros((256, 256, 3), dtype=np.uint8)
    stripes[:, ::3] = 200  # the rhythm of a threefold enlargement, along one axis
    assert enlargement(stripes) == 1.0
    assert enlargement(np.full((128, 128, 3), 77, dtype=np.uint8)) == 1.0
    assert enlargement(_photograph(0, 63)) == 1.0


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
