"""Every picture file becomes uint8 RGB by one rule, or a clear error."""

from __future__ import annotations

import struct
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data.errors import AtlasError, BadImage
from data.images import decode, digest, encode, find_images, resize


def test_a_truncated_jpeg_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    whole = tmp_path / "whole.jpg"
    Image.effect_noise((64, 64), 90).convert("RGB").save(whole)
    cut = tmp_path / "cut.jpg"
    cut.write_bytes(whole.read_bytes()[:400])
    with pytest.raises(BadImage, match=r"cut\.jpg cannot be read as a picture"):
        decode(cut)


def test_a_text_file_named_png_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "notes.png"
    path.write_text("not a picture")
    with pytest.raises(BadImage, match=r"notes\.png cannot be read"):
        decode(path)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BadImage, match="does not exist"):
        decode(tmp_path / "none.png")


def test_16_bit_grey_is_scaled_and_not_clipped(tmp_path: Path) -> None:
    path = tmp_path / "deep.png"
    Image.fromarray(np.array([[0, 257, 32768, 65535]], dtype=np.uint16)).save(path)
    expected = np.repeat(np.array([[0, 1, 128, 255]], dtype=np.uint8)[:, :, None], 3, 2)
    np.testing.assert_array_equal(expected, decode(path))


def test_cmyk_becomes_rgb(tmp_path: Path) -> None:
    path = tmp_path / "print.jpg"
    Image.new("CMYK", (16, 16), (0, 255, 255, 0)).save(path, quality=100)
    red = decode(path)[8, 8]
    assert decode(path).shape == (16, 16, 3)
    assert red[0] > 200
    assert max(red[1], red[2]) < 60


def test_a_palette_with_alpha_is_laid_on_white(tmp_path: Path) -> None:
    path = tmp_path / "palette.png"
    picture = Image.new("P", (2, 1))
    picture.putpalette([255, 0, 0, 0, 0, 255])
    picture.putdata([0, 1])
    picture.save(path, transparency=0)
    np.testing.assert_array_equal([[[255, 255, 255], [0, 0, 255]]], decode(path))


def test_half_transparent_pixels_mix_with_white(tmp_path: Path) -> None:
    path = tmp_path / "glass.png"
    Image.new("RGBA", (1, 1), (0, 0, 0, 128)).save(path)
    np.testing.assert_allclose([[[127, 127, 127]]], decode(path), atol=1)


def test_exif_orientation_is_applied(tmp_path: Path) -> None:
    path = tmp_path / "turned.png"
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    Image.new("RGB", (4, 2)).save(path, exif=exif)
    assert decode(path).shape == (4, 2, 3)


def test_one_pixel_is_a_picture(tmp_path: Path) -> None:
    path = tmp_path / "dot.png"
    Image.new("L", (1, 1), 7).save(path)
    np.testing.assert_array_equal([[[7, 7, 7]]], decode(path))


def test_a_bomb_of_20000_by_20000_is_refused_from_its_header(tmp_path: Path) -> None:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    side = 20_000
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0))
    rows = chunk(b"IDAT", zlib.compress(bytes(side + 1) * 100))
    path = tmp_path / "bomb.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + header + rows + chunk(b"IEND", b""))
    start = time.perf_counter()
    with pytest.raises(BadImage, match="too large"):
        decode(path)
    assert time.perf_counter() - start < 1.0


def test_a_large_picture_under_the_bomb_limit_of_pillow_is_refused_by_ours(tmp_path: Path) -> None:
    path = tmp_path / "wide.png"
    Image.new("1", (11_000, 10_000)).save(path)
    with pytest.raises(BadImage, match="11000×10000"):
        decode(path)


@pytest.mark.parametrize("suffix", [".png", ".webp"])
def test_lossless_formats_keep_every_bit(tmp_path: Path, suffix: str) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (9, 7, 3), dtype=np.uint8)
    encode(tmp_path / f"x{suffix}", picture)
    np.testing.assert_array_equal(picture, decode(tmp_path / f"x{suffix}"))
    assert digest(picture) == digest(decode(tmp_path / f"x{suffix}"))


def test_a_suffix_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(AtlasError, match=r"cannot write \.xyz"):
        encode(tmp_path / "x.xyz", np.zeros((2, 2, 3), dtype=np.uint8))


def test_the_digest_tells_shapes_apart() -> None:
    flat = np.zeros((2, 8, 3), dtype=np.uint8)
    assert digest(flat) != digest(flat.reshape(8, 2, 3))


def test_resizing_to_the_same_size_changes_nothing() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (9, 7, 3), dtype=np.uint8)
    assert resize(picture, (9, 7)) is picture
    assert resize(picture, (4, 5)).shape == (4, 5, 3)


def test_only_pictures_are_found_and_sorted(tmp_path: Path) -> None:
    for name in ("b.PNG", "a.jpg", ".hidden.png", "notes.txt"):
        (tmp_path / name).touch()
    assert [path.name for path in find_images(tmp_path)] == ["a.jpg", "b.PNG"]


@pytest.mark.parametrize(
    ("values", "white"),
    [
        (np.array([[0.0, 1.0]], dtype=np.float32), [0, 255]),
        (np.array([[0.0, 255.0]], dtype=np.float32), [0, 255]),
        (np.array([[0, 65535]], dtype=np.int32), [0, 255]),
    ],
)
def test_deep_grey_files_are_scaled_by_their_range(
    tmp_path: Path, values: np.ndarray, white: list[int]
) -> None:
    Image.fromarray(values).save(tmp_path / "grey.tif")
    assert decode(tmp_path / "grey.tif")[0, :, 0].tolist() == white


@pytest.mark.parametrize("value", [float("nan"), -1.0, 1e9])
def test_grey_values_in_no_known_range_are_refused(tmp_path: Path, value: float) -> None:
    Image.fromarray(np.array([[0.0, value]], dtype=np.float32)).save(tmp_path / "odd.tif")
    with pytest.raises(BadImage, match=r"odd\.tif.*in no known range"):
        decode(tmp_path / "odd.tif")
