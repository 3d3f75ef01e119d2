"""Videos keep their sound and their timing; what cannot be decoded is left out and told."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from data.errors import AtlasError
from zoo.cli import main

FRAMES = 10


def _video(
    path: Path, codec: str = "libx264", sound: str | None = "aac", size: tuple[int, int] = (64, 48)
) -> Path:
    """Ten grey frames, each brighter than the one before, half a second of silence."""
    with av.open(str(path), "w") as made:
        stream = made.add_stream(codec, rate=Fraction(30000, 1001))
        stream.width, stream.height = size
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        audio = made.add_stream(sound, rate=48_000) if sound else None
        for number in range(FRAMES):
            picture = np.full((size[1], size[0], 3), 20 * number + 10, np.uint8)
            made.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        made.mux(stream.encode())
        if audio:
            silence = np.zeros((1, 24_000), np.float32)
            frame = av.AudioFrame.from_ndarray(silence, format="fltp", layout="mono")
            frame.sample_rate = 48_000
            made.mux(audio.encode(frame))
            made.mux(audio.encode())
    return path


def _seen(path: Path) -> list[tuple[float, int]]:
    """Time in seconds and mean grey of every frame."""
    with av.open(str(path)) as video:
        return [
            (round(float(f.pts * f.time_base), 2), round(f.to_ndarray(format="rgb24").mean()))
            for f in video.decode(video=0)
        ]


def _run(*words: object) -> Result:
    options = ["translate", "--model", "identity", "--batch", "4"]
    return CliRunner().invoke(main, [*options, *(str(word) for word in words)])


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov"])
def test_frames_times_and_sound_are_kept(tmp_path: Path, suffix: str) -> None:
    source, target = _video(tmp_path / "in.mp4"), tmp_path / f"out{suffix}"
    result = _run(source, target)
    assert result.exit_code == 0, result.stderr
    assert "10 frames translated" in result.stderr
    before, after = _seen(source), _seen(target)
    assert [time for time, _ in before] == [time for time, _ in after]
    assert [grey for _, grey in before] == pytest.approx([grey for _, grey in after], abs=3)
    with av.open(str(source)) as given, av.open(str(target)) as made:
        packets = [[bytes(p) for p in v.demux(audio=0) if p.size] for v in (given, made)]
    assert packets[0] == packets[1] != []


def test_an_odd_size_becomes_even_by_a_pixel(tmp_path: Path) -> None:
    source = _video(tmp_path / "in.mkv", codec="ffv1", sound=None, size=(63, 47))
    assert _run(source, tmp_path / "out.mp4").exit_code == 0
    with av.open(str(tmp_path / "out.mp4")) as video:
        stream = video.streams.video[0]
        assert (stream.width, stream.height) == (64, 48)


def test_a_broken_frame_is_left_out_and_named(tmp_path: Path) -> None:
    source = _video(tmp_path / "in.mkv", codec="mjpeg", sound=None)
    content = bytearray(source.read_bytes())
    starts = [i for i in range(len(content) - 2) if content[i : i + 3] == b"\xff\xd8\xff"]
    assert len(starts) == FRAMES
    length = starts[5] - starts[4] - 40
    content[starts[4] : starts[4] + length] = bytes(length)  # the packet stays, its picture goes
    source.write_bytes(content)
    result = _run(source, tmp_path / "out.mkv")
    assert result.exit_code == 3, result.stderr
    assert "9 frames translated" in result.stderr
    assert "1 frames could not be decoded and were left out: at 0.13 s" in result.stderr
    greys = [grey for _, grey in _seen(tmp_path / "out.mkv")]
    assert pytest.approx(greys, abs=4) == [10, 30, 50, 70, 110, 130, 150, 170, 190]


def test_sound_that_the_container_cannot_hold_is_said_before_work_begins(tmp_path: Path) -> None:
    source = _video(tmp_path / "in.mp4")
    result = _run(source, tmp_path / "out.webm")
    assert result.exit_code == 1
    assert "the sound of the video (aac) cannot be kept in out.webm" in result.stderr
    assert "hint: name it out.mkv" in result.stderr
    assert not (tmp_path / "out.webm").exists()


def test_webm_with_its_own_codecs(tmp_path: Path) -> None:
    source = _video(tmp_path / "in.mp4", sound=None)
    assert _run(source, tmp_path / "out.webm").exit_code == 0
    assert len(_seen(tmp_path / "out.webm")) == FRAMES


@pytest.mark.parametrize("content", [b"", b"no video at all" * 50])
def test_what_is_no_video_is_an_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "in.mp4").write_bytes(content)
    result = _run(tmp_path / "in.mp4", tmp_path / "out.mp4")
    assert result.exit_code == 1
    assert "cannot be read as a video" in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "out.mp4").exists()


def test_a_video_cut_short_gives_what_it_has(tmp_path: Path) -> None:
    source = _video(tmp_path / "in.mkv", codec="mjpeg", sound=None)
    content = source.read_bytes()
    source.write_bytes(content[: len(content) * 6 // 10])
    result = _run(source, tmp_path / "out.mkv")
    assert result.exit_code in (0, 3), result.stderr
    assert 4 <= len(_seen(tmp_path / "out.mkv")) <= 6


def test_a_video_goes_to_a_video_and_never_over_its_source(tmp_path: Path) -> None:
    source = _video(tmp_path / "in.mp4")
    assert _run(source, tmp_path / "out.png").exit_code == 2
    before = source.read_bytes()
    assert _run(source, source).exit_code == 2
    assert before == source.read_bytes()


def test_sound_alone_is_no_video(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "in.mkv"), "w") as made:
        audio = made.add_stream("aac", rate=48_000)
        silence = np.zeros((1, 4800), np.float32)
        frame = av.AudioFrame.from_ndarray(silence, format="fltp", layout="mono")
        frame.sample_rate = 48_000
        made.mux(audio.encode(frame))
        made.mux(audio.encode())
    result = _run(tmp_path / "in.mkv", tmp_path / "out.mkv")
    assert result.exit_code == 1
    assert "only sound" in result.stderr


def test_without_pyav_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = _video(tmp_path / "in.mp4")
    monkeypatch.setitem(__import__("sys").modules, "av", None)
    result = _run(source, tmp_path / "out.mp4")
    assert result.exit_code == 1
    assert "pip install 'i2i-atlas[video]'" in result.stderr
    assert Image.new  # pictures need no such thing
    assert issubclass(AtlasError, Exception)
