"""What a training has come to, for the person and for scripts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.errors import UsageProblem
from zoo.train.checkpoint import Run
from zoo.train.spent import Spent

__all__ = ["Summary", "best_files", "summary"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Steps done of those in all, the cost, and the best validation of each direction."""

    step: int
    total: int
    spent: Spent
    best: dict[str, dict[str, Any]]

    @property
    def complete(self) -> bool:
        """Whether every step is done."""
        return self.step >= self.total

    def to_json(self) -> str:
        """One JSON object."""
        told = {"step": self.step, "total": self.total, **self.spent.to_json(), "best": self.best}
        return json.dumps(told) + "\n"

    def __str__(self) -> str:
        done = "trained" if self.complete else "stopped, to go on by the same command"
        lines = [f"{done}: {self.step} of {self.total} steps, {self.spent}"]
        for direction, best in self.best.items():
            score = f"{best['measure']} {best['value']:.4g}"
            lines.append(
                f"best {direction}: {score} at step {best['step']}; the last is latest_net"
            )
        return "\n".join(lines)


def summary(run: Run, total: int) -> Summary:
    """Of a run with `total` steps in all."""
    return Summary(step=run.step, total=total, spent=run.spent, best=run.notes.get("best", {}))


def best_files(run: Run, out: Path) -> dict[str, Path]:
    """The files of the best validation, by direction; UsageProblem where nothing was validated."""
    exports = run.method.exports
    files = {way: out / f"best_net_{name}.safetensors" for name, way in exports.items()}
    if missing := [str(file) for file in files.values() if not file.is_file()]:
        raise UsageProblem(
            f"no validation has made {missing[0]}", hint="--validate-every STEPS, or --export last"
        )
    return files
