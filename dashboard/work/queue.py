"""One queue for the whole server: pictures wait, one process at a time translates them.

Nothing of an upload stays: its folder goes when its job ends, results are kept in memory for a
while for the page that asked.
"""

from __future__ import annotations

import secrets
import sys
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from dashboard.work.process import run
from dashboard.work.upload import check_upload
from data.errors import AtlasError
from data.paths import find_home

__all__ = ["MODELS", "SECONDS", "WAITING", "Job", "Queue", "Result", "prepare", "translate"]

WAITING = 8  # jobs
MODELS = 4  # of a job
SECONDS = 120.0  # of one translation
KEPT = 20  # finished jobs
MINUTES = 15.0  # that a finished job is kept

Step = Callable[[Path, Path], None]
Translate = Callable[[str, Path, Path], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one model made: PNG bytes, or why there are none."""

    model: str
    png: bytes = b""
    problem: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A picture and the models that it goes through; `ahead` jobs come before it."""

    id: str
    models: tuple[str, ...]
    state: str = "waiting"  # waiting | running | done
    source: bytes = b""  # PNG as it was translated
    results: tuple[Result, ...] = ()
    problem: str = ""  # of the picture itself
    ahead: int = 0
    ended: float = 0.0  # seconds of a steady clock


def prepare(upload: Path, png: Path) -> None:
    """Decode and make small in a process of its own."""
    run([sys.executable, "-m", "dashboard.work.prepare", str(upload), str(png)], seconds=60)


def translate(model: str, source: Path, target: Path) -> None:
    """`zoo translate` in a process of its own."""
    start = "import sys; from zoo.cli import main; sys.argv[0] = 'zoo'; main()"
    options = ["--model", model, "--home", str(find_home().root), str(source), str(target)]
    run([sys.executable, "-c", start, "translate", *options], seconds=SECONDS)


@dataclass(slots=True)
class Queue:
    """Jobs in the order in which they came; `prepare` and `translate` do the work."""

    prepare: Step = prepare
    translate: Translate = translate
    _jobs: OrderedDict[str, Job] = field(default_factory=OrderedDict)
    _uploads: deque[tuple[str, bytes]] = field(default_factory=deque)
    _lock: threading.Condition = field(default_factory=threading.Condition)
    _worker: threading.Thread | None = None

    def submit(self, upload: bytes, models: Sequence[str]) -> str:
        """Put a picture in the queue; its job's id, which nobody can guess.

        BadImage for what is no picture or too large, AtlasError when the queue is full.
        """
        check_upload(upload)
        if not 1 <= len(models) <= MODELS:
            raise AtlasError(f"choose between one and {MODELS} models")
        name = secrets.token_hex(16)
        with self._lock:
            self._forget_old()
            if len(self._uploads) >= WAITING:
                raise AtlasError(f"{WAITING} pictures wait already", hint="try again in a minute")
            self._jobs[name] = Job(id=name, models=tuple(models))
            self._uploads.append((name, upload))
            if self._worker is None or not self._worker.is_alive():
                self._worker = threading.Thread(target=self._work, daemon=True)
                self._worker.start()
        return name

    def job(self, name: str) -> Job | None:
        """How a job is; None for one that is unknown or was forgotten."""
        with self._lock:
            self._forget_old()
            found = self._jobs.get(name)
            if found is None:
                return None
            ahead = [waiting for waiting, _ in self._uploads]
            return replace(found, ahead=ahead.index(name) if name in ahead else 0)

    def forget(self, name: str) -> None:
        """Drop a job and all that belongs to it; a running one ends unseen."""
        with self._lock:
            self._jobs.pop(name, None)
            self._uploads = deque(item for item in self._uploads if item[0] != name)

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._uploads:
                    self._worker = None
                    return
                name, upload = self._uploads.popleft()
                self._change(name, state="running")
            try:
                self._do(name, upload)
            except Exception as problem:  # the next job is another one's
                self._change(name, problem=str(problem) or type(problem).__name__)
            self._change(name, state="done", ended=time.monotonic())

    def _do(self, name: str, upload: bytes) -> None:
        with TemporaryDirectory(prefix="i2i-atlas-try-") as folder:
            raw, source = Path(folder) / "upload", Path(folder) / "source.png"
            raw.write_bytes(upload)
            self.prepare(raw, source)
            raw.unlink()
            self._change(name, source=source.read_bytes())
            for model in self._jobs[name].models if name in self._jobs else ():
                result = self._one(model, source, Path(folder) / "output.png")
                known = self._jobs.get(name)
                if known is None:
                    return
                self._change(name, results=(*known.results, result))

    def _one(self, model: str, source: Path, target: Path) -> Result:
        began = time.monotonic()
        try:
            self.translate(model, source, target)
            png = target.read_bytes()
            target.unlink()
        except (AtlasError, OSError) as problem:
            return Result(model=model, problem=str(problem))
        return Result(model=model, png=png, seconds=time.monotonic() - began)

    def _change(self, name: str, **values: object) -> None:
        with self._lock:
            if name in self._jobs:  # else it was forgotten
                self._jobs[name] = replace(self._jobs[name], **values)  # type: ignore[arg-type]

    def _forget_old(self) -> None:
        now = time.monotonic()
        done = [job for job in self._jobs.values() if job.state == "done"]
        for place, job in enumerate(done):
            if now - job.ended > 60 * MINUTES or len(done) - place > KEPT:
                del self._jobs[job.id]
