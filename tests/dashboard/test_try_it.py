"""Uploads are bounded, decoded apart and deleted; work is done elsewhere, in turn, with a limit."""

from __future__ import annotations

import io
import struct
import sys
import threading
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dashboard.views import try_it
from dashboard.work import queue as work
from dashboard.work.prepare import LONGEST
from dashboard.work.process import run
from dashboard.work.queue import MODELS, WAITING, Job, Queue
from dashboard.work.upload import LARGEST, check_upload
from data.errors import AtlasError, BadImage
from tests.dashboard.catalogues import texts
from tests.dashboard.store import page


def _png(width: int = 12, height: int = 8) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.full((height, width, 3), 90, np.uint8)).save(file, "PNG")
    return file.getvalue()


def _bomb() -> bytes:
    """A PNG of a few hundred bytes whose header says 60,000 × 60,000 pixels."""

    def chunk(name: bytes, content: bytes) -> bytes:
        check = zlib.crc32(name + content)
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(b"\0" * 1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + pixels + chunk(b"IEND", b"")


def _ended(queue: Queue, name: str) -> Job:
    for _ in range(600):
        job = queue.job(name)
        assert job is not None
        if job.state == "done":
            return job
        time.sleep(0.05)
    raise AssertionError("the job did not end")


def _copy(upload: Path, png: Path) -> None:
    png.write_bytes(upload.read_bytes())


def _same(model: str, source: Path, target: Path) -> None:
    target.write_bytes(source.read_bytes())


# --- uploads


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "no picture"),
        (b"GIF89a", "no picture|damaged"),
        (b"<script>alert(1)</script>", "no picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "no picture"),
        (b"\0" * (LARGEST * 1_000_000 + 1), "MB"),
        (_bomb(), "megapixels"),
    ],
)
def test_what_is_no_picture_or_too_large_is_refused(content: bytes, told: str) -> None:
    with pytest.raises(BadImage, match=told):
        Queue().submit(content, ["cyclegan"])


def test_a_picture_passes() -> None:
    check_upload(_png())


def test_a_truncated_picture_is_told_and_the_queue_goes_on() -> None:
    queue = Queue(translate=_same)
    broken = _ended(queue, queue.submit(_png(400, 300)[:200], ["a"]))
    assert broken.problem
    assert not broken.results
    assert "/tmp" not in broken.problem  # nor where it was
    assert _ended(queue, queue.submit(_png(), ["a"])).results[0].png


def test_a_large_picture_is_made_small_in_a_process_of_its_own() -> None:
    queue = Queue(translate=_same)
    job = _ended(queue, queue.submit(_png(2 * LONGEST, LONGEST), ["a"]))
    with Image.open(io.BytesIO(job.source)) as shown:
        assert shown.size == (LONGEST, LONGEST // 2)


# --- the queue


def test_one_job_at_a_time_in_the_order_in_which_they_came() -> None:
    gate, seen = threading.Event(), []

    def wait(model: str, source: Path, target: Path) -> None:
        gate.wait(30)
        seen.append(model)
        _same(model, source, target)

    queue = Queue(prepare=_copy, translate=wait)
    names = [queue.submit(_png(), [model]) for model in ("first", "second", "third")]
    time.sleep(0.2)
    waiting = queue.job(names[2])
    assert waiting is not None
    assert (waiting.state, waiting.ahead) == ("waiting", 1)
    gate.set()
    for name in names:
        _ended(queue, name)
    assert seen == ["first", "second", "third"]


def test_a_full_queue_says_so() -> None:
    gate = threading.Event()
    queue = Queue(prepare=lambda a, b: (gate.wait(30), _copy(a, b))[0], translate=_same)
    names = [queue.submit(_png(), ["a"])]
    time.sleep(0.2)  # the first one is being worked on
    names += [queue.submit(_png(), ["a"]) for _ in range(WAITING)]
    with pytest.raises(AtlasError, match="wait already"):
        queue.submit(_png(), ["a"])
    gate.set()
    for name in names:
        _ended(queue, name)


@pytest.mark.parametrize("models", [[], ["a"] * (MODELS + 1)])
def test_a_job_has_one_to_four_models(models: list[str]) -> None:
    with pytest.raises(AtlasError, match="between one and"):
        Queue().submit(_png(), models)


def test_a_model_that_fails_leaves_its_error_and_the_others_go_on() -> None:
    def fails(model: str, source: Path, target: Path) -> None:
        if model == "bad":
            raise AtlasError("out of luck")
        _same(model, source, target)

    queue = Queue(prepare=_copy, translate=fails)
    job = _ended(queue, queue.submit(_png(), ["bad", "good"]))
    assert [(r.model, r.problem) for r in job.results] == [("bad", "out of luck"), ("good", "")]


def test_nothing_of_an_upload_stays_on_the_disk(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    queue = Queue(prepare=_copy, translate=_same)
    _ended(queue, queue.submit(_png(), ["a"]))
    for _ in range(100):
        if not list(tmp_path.iterdir()):
            break
        time.sleep(0.02)
    assert not list(tmp_path.iterdir())


def test_a_forgotten_job_is_gone_and_old_ones_are_too(monkeypatch: pytest.MonkeyPatch) -> None:
    queue = Queue(prepare=_copy, translate=_same)
    name = queue.submit(_png(), ["a"])
    _ended(queue, name)
    queue.forget(name)
    assert queue.job(name) is None
    old = queue.submit(_png(), ["a"])
    _ended(queue, old)
    monkeypatch.setattr(work, "MINUTES", 0.0)
    assert queue.job(old) is None


def test_a_process_that_takes_too_long_is_ended_with_its_children(tmp_path: Path) -> None:
    told = tmp_path / "pid"
    command = ["sh", "-c", f"sleep 300 & echo $! > {told}.part; mv {told}.part {told}; wait"]
    with pytest.raises(AtlasError, match="longer than 2 seconds"):
        run(command, seconds=2)
    child = Path("/proc") / told.read_text().strip() / "stat"
    for _ in range(200):
        # A process that ended and that nobody has asked about yet is in state Z.
        if not child.exists() or child.read_text().rpartition(")")[2].split()[0] == "Z":
            return
        time.sleep(0.05)
    raise AssertionError("the child lives on")


def test_what_a_command_says_is_told() -> None:
    said = (
        "import sys; sys.stderr.write('noise\\nerror: no luck\\nhint: try again\\n'); sys.exit(1)"
    )
    with pytest.raises(AtlasError, match=r"^no luck · hint: try again$"):
        run([sys.executable, "-c", said], seconds=30)


def test_a_bundled_model_translates_an_upload(home: Path) -> None:
    queue = Queue()
    job = _ended(queue, queue.submit(_png(40, 24), ["pix2pix.photo2toon"]))
    assert not job.problem
    assert not job.results[0].problem
    with Image.open(io.BytesIO(job.results[0].png)) as made:
        assert made.size == (40, 24)


# --- the page


def test_the_page_offers_what_is_here_and_says_what_becomes_of_a_picture(home: Path) -> None:
    made = page("try_it")
    assert not made.exception
    assert "cyclegan.photo2toon" in made.multiselect[0].options
    assert not any("@" in name or "identity" in name for name in made.multiselect[0].options)
    assert "deleted" in made.caption[0].value


def test_read_only_mode_offers_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATLAS_READ_ONLY", "1")
    made = page("try_it")
    assert "read-only" in made.info[0].value
    assert not made.multiselect
    assert not made.get("file_uploader")


def test_no_picture_is_told(home: Path) -> None:
    made = page("try_it")
    made.button[0].click().run()
    assert not made.exception
    assert "no picture was chosen" in texts(made)


def test_results_are_shown_side_by_side(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    queue = Queue(prepare=_copy, translate=_same)
    monkeypatch.setattr(try_it, "_queue", lambda: queue)
    made = page("try_it")
    made.file_uploader[0].upload("cat.png", _png(), "image/png")
    made.button[0].click().run()
    _ended(queue, made.session_state["try-job"])
    made.run()
    assert not made.exception
    assert len(made.get("image")) == 3  # the picture and two models
