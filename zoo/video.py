"""Videos frame by frame through a translator, with their sound and their timing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from data.errors import AtlasError, UsageProblem
from data.files import replacing
from zoo.translate import apply

if TYPE_CHECKING:
    from zoo.translator import Translator

__all__ = ["FORMATS", "Done", "count_frames", "translate_video"]

Array = NDArray[np.uint8]

FORMATS = {".mkv": "matroska", ".mov": "mov", ".mp4": "mp4", ".webm": "webm"}
"""Suffix -> container, of the videos that are written; read is whatever FFmpeg reads."""

CODECS = {"webm": ("libvpx-vp9", {"crf": "24", "b": "0"})}
H264 = ("libx264", {"crf": "16"})  # near to what the eye can tell from lossless


@dataclass(slots=True)
class Done:
    """How many frames were translated, and where frames could not be decoded, in seconds."""

    frames: int = 0
    broken: list[float] = field(default_factory=list)


def _av() -> Any:
    try:
        import av
    except ModuleNotFoundError as problem:
        raise AtlasError(
            "videos need PyAV, which is not installed", hint="pip install 'i2i-atlas[video]'"
        ) from problem
    return av


def count_frames(source: Path) -> int | None:
    """Frames that the header promises; None where it does not say.

    Raises AtlasError for what is no video.
    """
    with _opened(source) as video:
        return video.streams.video[0].frames or None


def _opened(source: Path) -> Any:
    av = _av()
    try:
        video = av.open(str(source))
    except (av.FFmpegError, OSError) as problem:
        raise AtlasError(f"{source} cannot be read as a video: {problem}") from problem
    if not video.streams.video:
        video.close()
        raise AtlasError(f"{source} has no pictures, only sound")
    return video


def translate_video(
    translator: Translator,
    source: Path,
    target: Path,
    batch: int,
    advance: Callable[[int], None],
) -> Done:
    """Write `target` whole or not at all: every frame translated at its own time, sound copied.

    A frame that cannot be decoded is left out and told. Raises UsageProblem for a suffix that is
    not written, AtlasError where the source is no video or its sound does not fit the container.
    """
    form = FORMATS.get(target.suffix.lower())
    if form is None:
        raise UsageProblem(
            f"videos cannot be written as {target.suffix or 'no suffix'}: {target}",
            hint=f"{' '.join(sorted(FORMATS))} can",
        )
    done = Done()
    with _opened(source) as video, replacing(target) as temporary:
        with _av().open(str(temporary), "w", format=form) as made:
            writer = _Writer(video, made, target)
            for frames in _batches(_read(video, writer.sound, done), batch):
                pictures = apply(translator, [picture for picture, _ in frames])
                for picture, (_, time) in zip(pictures, frames, strict=True):
                    writer.add(picture, time)
                done.frames += len(frames)
                advance(len(frames))
            writer.finish()
        if not done.frames:
            raise AtlasError(f"no frame of {source} could be decoded")
    return done


def _read(video: Any, sound: Callable[[Any], None], done: Done) -> Iterator[tuple[Array, Fraction]]:
    """Frames as uint8 RGB [H,W,3] with their times in seconds; packets of sound are given on."""
    av, last = _av(), Fraction(0)
    step = 1 / Fraction(video.streams.video[0].average_rate or 25)
    wanted = [video.streams.video[0], *video.streams.audio[:1]]
    for packet in video.demux(wanted):
        if packet.stream.type == "audio":
            sound(packet)
            continue
        try:
            frames = packet.decode()
        except av.error.InvalidDataError:
            done.broken.append(float(packet.pts * packet.time_base) if packet.pts else 0.0)
            continue
        for frame in frames:
            known = frame.pts is not None
            last = frame.pts * Fraction(frame.time_base) if known else last + step
            yield _upright(frame), last


def _upright(frame: Any) -> Array:
    turns = round(getattr(frame, "rotation", 0) / 90) % 4  # degrees against the clock
    return np.ascontiguousarray(np.rot90(frame.to_ndarray(format="rgb24"), turns))


def _batches(
    frames: Iterator[tuple[Array, Fraction]], size: int
) -> Iterator[list[tuple[Array, Fraction]]]:
    group: list[tuple[Array, Fraction]] = []
    for frame in frames:
        if group and (len(group) == size or group[0][0].shape != frame[0].shape):
            yield group
            group = []
        group.append(frame)
    if group:
        yield group


class _Writer:
    """The video that is being made: pictures encoded, sound as it was."""

    def __init__(self, video: Any, made: Any, target: Path) -> None:
        self.made, self.source = made, video.streams.video[0]
        name, options = CODECS.get(made.format.name.split(",")[0], H264)
        rate = self.source.average_rate or 25
        self.pictures = made.add_stream(name, rate=rate, options=options)
        self.pictures.pix_fmt = "yuv420p"
        self.clock = Fraction(1, 90_000)  # fine enough for every rate
        self.ready, self.last = False, -1
        self.waiting: list[Any] = []  # sound that comes before the first picture tells the size
        self.audio = self._audio(video, target)

    def _audio(self, video: Any, target: Path) -> Any:
        if not video.streams.audio:
            return None
        template = video.streams.audio[0]
        if template.codec_context.name not in self.made.supported_codecs:
            raise AtlasError(
                f"the sound of the video ({template.codec_context.name}) cannot be kept in "
                f"{target.name}",
                hint=f"name it {target.stem}.mkv, which holds every kind",
            )
        return self.made.add_stream_from_template(template)

    def sound(self, packet: Any) -> None:
        """Give a packet of the source on, as it is."""
        if self.audio is None or packet.dts is None:
            return
        packet.stream = self.audio
        if self.ready:
            self.made.mux(packet)
        else:
            self.waiting.append(packet)

    def add(self, picture: Array, time: Fraction) -> None:
        """uint8 RGB [H,W,3], shown from `time` on, in seconds."""
        av = _av()
        # The eye's colours are stored at half the size: sides are made even by one more pixel.
        height, width = picture.shape[:2]
        even = np.pad(picture, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
        if not self.ready:
            self.pictures.height, self.pictures.width = even.shape[:2]
            self.pictures.codec_context.time_base = self.clock
            self.ready = True
            for packet in self.waiting:
                self.made.mux(packet)
        frame = av.VideoFrame.from_ndarray(even, format="rgb24")
        self.last = max(self.last + 1, round(time / self.clock))
        frame.pts, frame.time_base = self.last, self.clock
        self.made.mux(self.pictures.encode(frame))

    def finish(self) -> None:
        """Encode what waits."""
        if self.ready:
            self.made.mux(self.pictures.encode())
