"""Colours, transparency, patterns, streams and sheets of `zoo translate`."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image, ImageCms

from data.images import decode, decode_photo
from zoo.cli import main


def _run(*words: object, given: bytes = b"", model: str = "identity") -> Result:
    arguments = ["translate", "--model", model, *(str(word) for word in words)]
    return CliRunner().invoke(main, arguments, input=given)


def _png(colour: tuple[int, ...], size: tuple[int, int] = (6, 5), mode: str = "RGB") -> bytes:
    made = io.BytesIO()
    Image.new(mode, size, colour).save(made, format="PNG")
    return made.getvalue()


def test_transparency_is_kept_where_the_format_has_it(tmp_path: Path) -> None:
    ramp = np.zeros((4, 8, 4), np.uint8)
    ramp[..., 0], ramp[..., 3] = 200, np.arange(8) * 36
    Image.fromarray(ramp, "RGBA").save(tmp_path / "in.png")
    assert _run(tmp_path / "in.png", tmp_path / "out.png").exit_code == 0
    with Image.open(tmp_path / "out.png") as made:
        assert made.mode == "RGBA"
        np.testing.assert_array_equal(ramp[..., 3], np.array(made)[..., 3])
    assert _run(tmp_path / "in.png", tmp_path / "out.bmp").exit_code == 0
    with Image.open(tmp_path / "out.bmp") as made:
        assert made.mode == "RGB"
        assert made.getpixel((0, 0)) == (255, 255, 255)  # laid on white


def test_colours_are_taken_to_srgb_by_the_profile(tmp_path: Path) -> None:
    lab = ImageCms.createProfile("LAB")
    srgb = ImageCms.createProfile("sRGB")
    # A profile whose red and blue are exchanged says so of every pixel.
    profile = ImageCms.ImageCmsProfile(srgb).tobytes()
    swapped = profile.replace(b"rXYZ", b"????").replace(b"bXYZ", b"rXYZ").replace(b"????", b"bXYZ")
    assert swapped != profile
    Image.new("RGB", (4, 4), (220, 30, 40)).save(tmp_path / "in.png", icc_profile=swapped)
    red, green, blue = decode_photo(tmp_path / "in.png").rgb[0, 0].astype(int)
    assert abs(red - 40) < 6
    assert abs(green - 30) < 6
    assert abs(blue - 220) < 6
    # Metrics compare the numbers in the file, as the field does.
    assert tuple(decode(tmp_path / "in.png")[0, 0]) == (220, 30, 40)
    assert lab is not None


@pytest.mark.parametrize("profile", [b"no profile", b"\0" * 200])
def test_a_damaged_profile_is_left_out(tmp_path: Path, profile: bytes) -> None:
    Image.new("RGB", (4, 4), (220, 30, 40)).save(tmp_path / "in.png", icc_profile=profile)
    assert tuple(decode_photo(tmp_path / "in.png").rgb[0, 0]) == (220, 30, 40)


def test_a_pattern_keeps_folders_and_leaves_the_rest(tmp_path: Path) -> None:
    for name in ("a/one.png", "a/b/two.png", "a/three.jpg", "other/four.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (3, 3), (1, 2, 3)).save(tmp_path / name)
    assert _run(tmp_path / "a" / "**" / "*.png", tmp_path / "out").exit_code == 0
    made = sorted(str(p.relative_to(tmp_path / "out")) for p in (tmp_path / "out").rglob("*.png"))
    assert made == ["b/two.png", "one.png"]
    result = _run(tmp_path / "a" / "*.webp", tmp_path / "out")
    assert result.exit_code == 2
    assert "no pictures" in result.stderr


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(tmp_path: Path) -> None:
    (tmp_path / "odd[1].png").write_bytes(_png((9, 9, 9)))
    assert _run(tmp_path / "odd[1].png", tmp_path / "out.png").exit_code == 0
    assert (tmp_path / "out.png").is_file()


def test_a_stream_of_pictures_is_translated_one_by_one() -> None:
    pictures = [_png((10, 20, 30)), _png((40, 50, 60), (3, 9)), _png((7, 8, 9, 100), mode="RGBA")]
    result = _run("-", "-", given=b"".join(pictures))
    assert result.exit_code == 0, result.stderr
    out = io.BytesIO(result.stdout_bytes)
    found = []
    while start := out.tell() < len(result.stdout_bytes):
        assert start
        rest = result.stdout_bytes[out.tell() :]
        end = rest.index(b"IEND") + 8
        found.append(np.array(Image.open(io.BytesIO(rest[:end]))))
        out.seek(end, io.SEEK_CUR)
    assert [picture.shape for picture in found] == [(5, 6, 3), (9, 3, 3), (5, 6, 4)]
    assert found[1][0, 0].tolist() == [40, 50, 60]
    assert found[2][0, 0, 3] == 100


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (b"JFIF and so on", "picture 1 of the input is no PNG"),
        (_png((1, 1, 1))[:-6], "picture 1 of the input is cut or damaged"),
        (_png((1, 1, 1)) + b"\x89PNG\r\n\x1a\n\xff\xff\xff\xffIDAT", "picture 2 of the input"),
    ],
)
def test_a_broken_stream_is_an_error_that_counts(given: bytes, message: str) -> None:
    result = _run("-", "-", given=given)
    assert result.exit_code == 1
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_a_dash_for_one_side_only_is_refused(tmp_path: Path) -> None:
    assert _run("-", tmp_path / "out.png").exit_code == 2


@pytest.mark.parametrize("count", [1, 5])
def test_compare_writes_sources_beside_translations(tmp_path: Path, count: int) -> None:
    for number in range(count):
        path = tmp_path / "d" / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        Image.new("RGB", (40, 30), (200, number, 0)).save(path)
    sheet = tmp_path / "sheet.png"
    result = _run("--compare", sheet, tmp_path / "d", tmp_path / "out")
    assert result.exit_code == 0, result.stderr
    picture = decode(sheet)
    across, down = (2, 1) if count == 1 else (4, 3)
    assert (down * 264 + 8, across * 264 + 8, 3) == picture.shape
    np.testing.assert_array_equal(picture[8:38, 8:48], picture[8:38, 272:312])
    assert picture[8, 8].tolist() == [200, 0, 0]


def test_a_single_pixel_is_a_picture(tmp_path: Path) -> None:
    Image.new("RGB", (1, 1), (50, 60, 70)).save(tmp_path / "in.png")
    for model in ("cyclegan", "ganilla", "pix2pix"):
        result = _run(tmp_path / "in.png", tmp_path / "out.png", model=model)
        assert result.exit_code == 0, result.stderr
        assert decode(tmp_path / "out.png").shape == (1, 1, 3)
