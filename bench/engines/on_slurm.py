"""Slurm through submitit: an array of as many jobs as --jobs says, each with its part of the cells.

Where there is no Slurm submitit's own local executor does the same. sbatch reads partition,
account, GPUs and the like from its variables (SBATCH_PARTITION, SBATCH_GRES …). The home has to be
on a file system that all nodes see.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bench.engines.engine import Advance, Setting, WorkerDied
from bench.engines.worker import work
from bench.question import Question
from bench.records import Record
from bench.run import lost
from bench.sweep.plan import Job
from data.paths import find_home

__all__ = ["run"]

MINUTES = 24 * 60  # that a job of the array may take; a requeued one goes on where it stopped


class Part:
    """Some cells, one after the other; Slurm may take it away and start it again."""

    def __call__(self, questions: Sequence[Question], setting: Setting) -> list[list[Record]]:
        """Records of each question; those that exist cost nothing."""
        return [work(question, setting) for question in questions]

    def checkpoint(self, questions: Sequence[Question], setting: Setting) -> Any:
        """The same again: finished records and pictures are found."""
        import submitit

        return submitit.helpers.DelayedSubmission(self, questions, setting)


def run(jobs: Sequence[Job], setting: Setting, advance: Advance) -> list[Record]:
    """Measure every job through Slurm, and wait for all."""
    import submitit

    count = max(1, min(setting.workers, len(jobs)))
    places = [list(range(start, len(jobs), count)) for start in range(count)]
    executor = submitit.AutoExecutor(folder=find_home(setting.home).root / "slurm")
    executor.update_parameters(timeout_min=MINUTES, name="bench")
    parts = [[jobs[place].question for place in part] for part in places]
    submitted = executor.map_array(Part(), parts, [setting] * count)
    found: dict[int, list[Record]] = {}
    for part, job in zip(places, submitted, strict=True):
        for place, records in zip(part, _results(job, part, jobs, setting), strict=True):
            found[place] = records
            advance()
    return [record for place in sorted(found) for record in found[place]]


def _results(
    submitted: Any, part: Sequence[int], jobs: Sequence[Job], setting: Setting
) -> list[list[Record]]:
    import submitit

    try:
        results: list[list[Record]] = submitted.result()
    except submitit.core.utils.UncompletedJobError as problem:
        died = WorkerDied(f"its job ended without a result: {str(problem).splitlines()[0]}")
        return [[lost(jobs[place].cell, find_home(setting.home), died)] for place in part]
    return results
