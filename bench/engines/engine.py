"""What every engine promises: each job is done once, or given up and recorded as failed."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.records import Record
from bench.run import Machine
from bench.sweep.plan import Job
from data.errors import AtlasError, UsageProblem, unknown

__all__ = ["ATTEMPTS", "ENGINES", "Engine", "Setting", "WorkerDied", "engine"]

ATTEMPTS = 2  # a cell whose worker died is given to another one, once


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What all workers have to know; plain values, so that it travels."""

    home: str
    machine: Machine
    weights_dir: Path | None = None
    force: bool = False
    workers: int = 1


class WorkerDied(AtlasError):
    """The process that measured a cell ended without a result."""


Advance = Callable[[], None]
Engine = Callable[[Sequence[Job], Setting, Advance], list[Record]]

# Name -> module:function, the package it needs, and the extra that brings it.
ENGINES = {
    "local": ("bench.engines.local:run", "", ""),
    "ray": ("bench.engines.on_ray:run", "ray", "ray"),
    "submitit": ("bench.engines.on_slurm:run", "submitit", "slurm"),
}


def engine(name: str) -> Engine:
    """The engine called `name`; UsageProblem where it is unknown, AtlasError where its package
    is not installed."""
    if name not in ENGINES:
        raise unknown("engine", name, ENGINES, "bench run --help")
    where, package, extra = ENGINES[name]
    if package:
        try:
            importlib.import_module(package)
        except ImportError as problem:
            raise UsageProblem(
                f"--engine {name} needs {package}, which is not installed",
                hint=f"pip install 'i2i-atlas[{extra}]'",
            ) from problem
    module, _, function = where.partition(":")
    found: Any = getattr(importlib.import_module(module), function)
    run: Engine = found
    return run
