"""Which part of a sweep is this machine's: --shard, or what Slurm and Kubernetes say."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from data.errors import UsageProblem

__all__ = ["Shard", "parse_shard"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Shard:
    """Part `index` (from 1) of `count`."""

    index: int
    count: int

    def of(self, items: Sequence[T]) -> list[T]:
        """Its items: every `count`-th, so that each part has some of every data set."""
        return list(items[self.index - 1 :: self.count])

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"


def parse_shard(text: str, environment: Mapping[str, str] | None = None) -> Shard:
    """`2/8`; `auto` takes both from Slurm's array, `auto/8` the index from Slurm or Kubernetes.

    UsageProblem where that is no part, or nothing is said by the environment.
    """
    variables = os.environ if environment is None else environment
    index, _, count = text.partition("/")
    try:
        if index == "auto":
            place = _place(variables)
            total = int(count or variables["SLURM_ARRAY_TASK_COUNT"])
            return _checked(place + 1, total, text)
        return _checked(int(index), int(count), text)
    except (KeyError, ValueError) as problem:
        raise UsageProblem(
            f"'{text}' is no part of a sweep",
            hint="--shard 2/8; in an array of Slurm or an indexed job of Kubernetes auto/8",
        ) from problem


def _place(variables: Mapping[str, str]) -> int:
    """The index from 0; Slurm's arrays may begin anywhere and take steps."""
    if "SLURM_ARRAY_TASK_ID" in variables:
        first = int(variables.get("SLURM_ARRAY_TASK_MIN", "0"))
        step = int(variables.get("SLURM_ARRAY_TASK_STEP", "1"))
        return (int(variables["SLURM_ARRAY_TASK_ID"]) - first) // step
    return int(variables["JOB_COMPLETION_INDEX"])


def _checked(index: int, count: int, text: str) -> Shard:
    if not 1 <= index <= count:
        raise ValueError(text)
    return Shard(index, count)
