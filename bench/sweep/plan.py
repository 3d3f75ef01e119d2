"""What a sweep has to do: all cells of all questions, those that are missing, and their cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bench.ask import Plan, prepare
from bench.plan import Cell
from bench.question import Question
from bench.records import Record
from bench.run import recorded
from bench.sweep.shard import Shard
from bench.workshop import Workshop
from data.console import warn
from data.datasets import list_datasets
from data.paths import Home

__all__ = ["Job", "estimate", "jobs", "not_here", "plans"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One cell: the question with that model alone, and the finished record if there is one."""

    question: Question
    cell: Cell
    sources: int
    record: Record | None


def not_here(question: Question, home: Home) -> int | None:
    """Bytes of a data set that would be downloaded (0: not known); None where it is here."""
    card = list_datasets().get(question.dataset)
    if card is None or card.folder or (home.datasets / card.name).is_dir():
        return None
    return card.size


def plans(questions: Iterable[Question], workshop: Workshop) -> list[Plan]:
    """A plan for each question; a wrong word in any of them ends all before work begins.

    What of the metrics does not apply is said, once a data set.
    """
    found = [prepare(question, workshop) for question in questions]
    asks = [plan.ask for plan in found]
    told = [f"{ask.dataset} {ask.direction}: {why}" for ask in asks for why in ask.left_out]
    for line in dict.fromkeys(told):
        warn(line)
    return found


def jobs(found: Sequence[Plan], home: Home, force: bool, shard: Shard | None) -> list[Job]:
    """The cells of this part, in the order of the questions, so that references are shared.

    A cell that several questions have is there once.
    """
    once = {
        (cell.spec["dataset"], cell.name, cell.id): (question, plan, cell)
        for plan in reversed(found)
        for question, cell in reversed(list(_asked(plan)))
    }
    every = list(reversed(once.values()))
    # Of all cells and not of the missing ones: each part is the same whenever it is asked.
    mine = shard.of(every) if shard else every
    return [
        Job(
            question=question,
            cell=cell,
            sources=len(plan.pictures.sources),
            record=None if force else recorded(cell, home),
        )
        for question, plan, cell in mine
    ]


def _asked(plan: Plan) -> Iterable[tuple[Question, Cell]]:
    for cell in plan.cells:
        seed = cell.model.training_seed
        word = cell.model.word if seed is None else _with_seed(cell.model.word, plan, seed)
        seeds = () if seed is None else (seed,)
        yield replace(plan.asked, models=(word,), training_seeds=seeds), cell


def _with_seed(word: str, plan: Plan, seed: int) -> str:
    """The name with {seed} in it that `word` was made from, so that its family is known."""
    named = (m for text in plan.asked.models for m in text.split(",") if "{seed}" in m)
    return next(m.strip() for m in named if m.strip().replace("{seed}", str(seed)) == word)


def estimate(job: Job, earlier: Iterable[Mapping[str, Any]]) -> float | None:
    """Seconds that a cell would take, by what earlier records of its model took for a picture,
    metrics included: those of the same metrics where there are some. None where there is none."""
    own = [
        cost
        for cost in earlier
        if cost.get("model") == job.cell.name and cost.get("images") and _total(cost)
    ]
    asked = {metric["name"] for metric in job.cell.spec["metrics"]}
    alike = [cost for cost in own if cost.get("metrics") == asked] or own
    taken = [_total(cost) / cost["images"] for cost in alike]
    return job.sources * sum(taken) / len(taken) if taken else None


def _total(cost: Mapping[str, Any]) -> float:
    return float((cost.get("seconds") or {}).get("total", 0.0))
