"""This machine: one process, or several with a GPU each where there are some."""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import threading
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from typing import Any

from bench.engines.engine import ATTEMPTS, Advance, Setting, WorkerDied
from bench.engines.worker import work
from bench.question import Question
from bench.records import Record
from bench.run import lost
from bench.sweep.plan import Job
from data.paths import find_home

__all__ = ["run"]


def run(jobs: Sequence[Job], setting: Setting, advance: Advance) -> list[Record]:
    """Measure every job; with several workers a killed one costs its cell one more attempt."""
    if setting.workers > 1 and len(jobs) > 1:
        return _several(jobs, setting, advance)
    found = []
    for question in _together(jobs):
        found += work(question, setting)
    return found


def _together(jobs: Sequence[Job]) -> list[Question]:
    """Neighbours that differ by their model alone, as one question."""
    questions: list[Question] = []
    for job in jobs:
        last, own = questions[-1] if questions else None, job.question
        if last and not own.training_seeds and replace(own, models=last.models) == last:
            questions[-1] = replace(last, models=(*last.models, *own.models))
        else:
            questions.append(own)
    return questions


def _several(jobs: Sequence[Job], setting: Setting, advance: Advance) -> list[Record]:
    left = dict.fromkeys(range(len(jobs)), ATTEMPTS)
    found: dict[int, list[Record]] = {}
    while left:
        # What was going on when a worker died is tried one by one, to find out which it was.
        suspects = [place for place, attempts in left.items() if attempts < ATTEMPTS]
        workers = 1 if suspects else setting.workers
        done, died = _round(jobs, suspects or list(left), setting, workers, advance)
        found |= done
        for place in done:
            del left[place]
        for place in died:
            left[place] -= 1
            if left[place] == 0:
                found[place] = [_given_up(jobs[place], setting)]
                del left[place]
                advance()
    return [record for place in sorted(found) for record in found[place]]


def _round(
    jobs: Sequence[Job], places: Sequence[int], setting: Setting, workers: int, advance: Advance
) -> tuple[dict[int, list[Record]], list[int]]:
    """Results by place, and the places that were being worked on when a worker died."""
    context = multiprocessing.get_context("spawn")
    counter = context.Value("i", 0)
    done: dict[int, list[Record]] = {}
    waiting = list(places)
    running: dict[Future[list[Record]], int] = {}
    with ProcessPoolExecutor(workers, context, _own_share, (counter, workers, _gpus())) as pool:
        try:
            while waiting or running:
                while waiting and len(running) < workers:
                    place = waiting.pop(0)
                    running[pool.submit(work, jobs[place].question, setting)] = place
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    done[running[future]] = future.result()
                    del running[future]
                    advance()
        except BrokenProcessPool:
            return done, list(running.values())
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return done, []


def _given_up(job: Job, setting: Setting) -> Record:
    problem = WorkerDied(f"its worker died {ATTEMPTS} times: too little memory, or killed")
    return lost(job.cell, find_home(setting.home), problem)


def _gpus() -> list[str]:
    """The names of the GPUs that this process may use."""
    import torch

    named = os.environ.get("CUDA_VISIBLE_DEVICES", "")
    count = torch.cuda.device_count()
    return named.split(",")[:count] if named else [str(place) for place in range(count)]


def _own_share(counter: Any, workers: int, gpus: list[str]) -> None:
    """Before anything else in a worker: it sees one GPU, in turn, has its share of cores, and
    ends when the process that began it was killed."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // workers)))
    with counter.get_lock():
        place, counter.value = counter.value, counter.value + 1
    if gpus:
        os.environ["CUDA_VISIBLE_DEVICES"] = gpus[place % len(gpus)]


def _end_with_parent() -> None:
    """A worker holds both ends of its queue, so nothing would tell it that nobody asks any more."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)
