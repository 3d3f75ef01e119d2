"""What training leaves to look at: a log of losses, and the step at which it went wrong."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from data.errors import AtlasError, StorageProblem
from data.files import write_text, writing
from zoo.train.method import Method

__all__ = ["FAILURE", "LOG", "PLAN", "Watch", "cut_log", "log", "note_failure", "note_plan"]

LOG = "log.jsonl"
PLAN = "plan.json"
FAILURE = "failure.json"


class Watch:
    """Notices the first step whose losses are not finite, without waiting for the device."""

    def __init__(self, device: torch.device) -> None:
        self.first = torch.zeros((), dtype=torch.int64, device=device)  # 0: none yet

    def see(self, losses: Mapping[str, Tensor], step: int) -> None:
        """Look at the losses of `step`, counted from 1."""
        finite = torch.stack([loss.float() for loss in losses.values()]).isfinite().all()
        self.first = torch.where(finite | (self.first > 0), self.first, step)

    def check_losses(self) -> None:
        """AtlasError naming the first step whose losses were not finite."""
        if first := int(self.first):
            raise _diverged(first)

    def check(self, method: Method, step: int) -> None:
        """AtlasError when losses, or what `step` made of the networks, are not finite."""
        self.check_losses()
        for net in method.nets.values():
            values = [v for v in net.state_dict().values() if v.is_floating_point()]
            if not bool(torch.stack([v.isfinite().all() for v in values]).all()):
                raise _diverged(step)


def _diverged(step: int) -> AtlasError:
    return AtlasError(
        f"training diverged at step {step}: a loss or weight is no finite number any more, and no "
        "checkpoint was made of it",
        hint="lower --learning-rate, or use --precision 32-true, in another --out",
    )


def note_plan(out: Path, total: int, question: Mapping[str, Any]) -> None:
    """Write how many steps there will be, and of what, for those who look on."""
    write_text(out / PLAN, json.dumps({"total": total, **question}, indent=1))


@contextmanager
def note_failure(out: Path) -> Iterator[None]:
    """Keep the error that ends the block, for those who look on, until the next try."""
    path = out / FAILURE
    path.unlink(missing_ok=True)
    try:
        yield
    except Exception as problem:
        told = {"type": type(problem).__name__, "message": str(problem), "time": time.time()}
        with suppress(StorageProblem):  # the error at hand says more
            write_text(path, json.dumps(told))
        raise


def log(out: Path, step: int, losses: Mapping[str, float]) -> None:
    """Append the losses of `step` to the log."""
    line = json.dumps({"step": step, "time": round(time.time(), 1), **losses})
    with writing(out / LOG), (out / LOG).open("a", encoding="utf-8") as file:
        file.write(line + "\n")


def cut_log(out: Path, step: int) -> None:
    """Drop from the log what came after `step`: steps that are trained once more."""
    path = out / LOG
    if not path.is_file():
        return
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    kept = [line for line in lines if 0 < _step(line) <= step]
    if kept != lines:
        write_text(path, "".join(f"{line}\n" for line in kept))


def _step(line: str) -> int:
    try:
        return int(json.loads(line)["step"])
    except (KeyError, TypeError, ValueError):  # the line that a kill cut short
        return 0
