"""`bench run --dry-run`: what is recorded, what would be done, downloaded, and cost."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.question import Question
from bench.store.index import headers
from bench.sweep.plan import Job, estimate, jobs, not_here, plans
from bench.sweep.shard import Shard
from bench.workshop import Workshop
from data.console import say
from data.paths import PUBLISHED, Home

__all__ = ["rows"]


def rows(
    questions: Sequence[Question],
    home: Home,
    weights_dir: Path | None,
    force: bool,
    shard: Shard | None,
) -> tuple[list[list[str]], float]:
    """A row for every cell, and the seconds of those whose model was measured before.

    Nothing is downloaded: a data set that is not here has one row, as its cells are not known.
    """
    absent = {q.dataset: size for q in questions if (size := not_here(q, home)) is not None}
    for name, size in absent.items():
        say(
            f"would download the data set {name} ({size / 1e6:.1f} MB)"
            if size
            else f"would download the data set {name} (size not known)"
        )
    here = [question for question in questions if question.dataset not in absent]
    every = jobs(plans(here, Workshop(home, weights_dir, dry_run=True)), home, force, shard)
    earlier = _costs(home)
    found = [_row(job, earlier) for job in every]
    waiting = [
        [model, q.dataset, q.direction or "", "data set to download", "", ""]
        for q in questions
        if q.dataset in absent
        for model in q.models
    ]
    return [row for row, _ in found] + waiting, sum(seconds for _, seconds in found)


def _costs(home: Home) -> list[dict[str, Any]]:
    return [
        {"model": r.model, "metrics": {m["name"] for m in r.spec.get("metrics", ())}, **r.cost}
        for r in headers([PUBLISHED, home.results])
    ]


def _row(job: Job, earlier: Sequence[dict[str, Any]]) -> tuple[list[str], float]:
    seconds = None if job.record else estimate(job, earlier)
    state = "recorded" if job.record else "to do"
    if job.cell.problem is not None:
        state = "cannot be done"
    spec = job.cell.spec
    shown = "" if seconds is None else f"{seconds:.3g}"
    row = [job.cell.name, spec["dataset"], spec["direction"], state, shown, job.cell.id]
    return row, seconds or 0.0
