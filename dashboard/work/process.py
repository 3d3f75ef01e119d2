"""Run a command with a time limit; whatever it started ends with it."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Sequence

from data.errors import AtlasError

__all__ = ["run"]

LONGEST = 500  # characters of what a command said


def run(command: Sequence[str], seconds: float) -> None:
    """AtlasError with what the command said when it fails or takes longer than `seconds`."""
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,  # a group of its own, to be ended as a whole
        env={**os.environ, "NO_COLOR": "1"},
    ) as process:
        try:
            _, said = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired as problem:
            _end(process)
            raise AtlasError(
                f"it took longer than {seconds:.0f} seconds and was ended"
            ) from problem
        except BaseException:
            _end(process)
            raise
    if process.returncode:
        raise AtlasError(_told(said.decode("utf-8", "replace"), process.returncode))


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait()


def _told(said: str, code: int) -> str:
    """The lines that our tools mark as the error and the hint, else the last one."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    marked = [line for line in lines if line.startswith(("error:", "hint:"))]
    text = " · ".join(marked or lines[-1:]) or f"it ended with exit code {code}"
    return text.removeprefix("error: ")[:LONGEST]
