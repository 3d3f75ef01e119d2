"""A Ray cluster: RAY_ADDRESS names it, and without one this machine is one.

The home has to be on a file system that all nodes see. A worker or node that dies costs its cells
one more attempt on another one.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from bench.engines.engine import ATTEMPTS, Advance, Setting, WorkerDied
from bench.engines.worker import work
from bench.records import Record
from bench.run import lost
from bench.sweep.plan import Job
from data.errors import AtlasError
from data.paths import find_home

__all__ = ["run"]


def run(jobs: Sequence[Job], setting: Setting, advance: Advance) -> list[Record]:
    """Measure every job on the cluster, one GPU each where it has some."""
    import ray

    ours = not ray.is_initialized()
    if ours:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nobody is told of a run
        ray.init(address=os.environ.get("RAY_ADDRESS"), log_to_driver=False)
    try:
        resources: Any = ray.cluster_resources  # has no types
        gpus = 1 if resources().get("GPU") else 0
        remote = ray.remote(num_cpus=1, num_gpus=gpus, max_retries=ATTEMPTS - 1)(work)
        return _collect(jobs, setting, advance, remote)
    finally:
        if ours:
            ray.shutdown()


def _collect(jobs: Sequence[Job], setting: Setting, advance: Advance, remote: Any) -> list[Record]:
    import ray

    places = {remote.remote(job.question, setting): place for place, job in enumerate(jobs)}
    waiting, found = list(places), {}
    while waiting:
        (ready, *_), waiting = ray.wait(waiting, num_returns=1)
        found[places[ready]] = _result(ready, jobs[places[ready]], setting)
        advance()
    return [record for place in sorted(found) for record in found[place]]


def _result(reference: Any, job: Job, setting: Setting) -> list[Record]:
    import ray

    try:
        records: list[Record] = ray.get(reference)
    except ray.exceptions.RayTaskError as problem:
        if isinstance(problem.cause, AtlasError):  # a full disk, say: it ends the sweep
            raise problem.cause from problem
        raise
    except ray.exceptions.RayError as problem:
        died = WorkerDied(f"its worker died {ATTEMPTS} times: {type(problem).__name__}")
        return [lost(job.cell, find_home(setting.home), died)]
    return records
