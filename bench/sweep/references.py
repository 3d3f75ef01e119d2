"""Features of one large reference set by several machines or GPUs, each its part."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

from bench.ask import prepare
from bench.question import Question
from bench.run import Machine, bench_of
from bench.store.sets import keep_set
from bench.sweep.shard import Shard
from bench.workshop import Workshop

__all__ = ["extract_references"]


def extract_references(
    question: Question,
    workshop: Workshop,
    machine: Machine,
    shard: Shard,
    begin: Callable[[int], Callable[[int], None]],
) -> int:
    """Put the features of this part of the references into the store; returns how many pictures.

    `begin` takes the number of pictures and gives what is called with each number done. What is
    in the store already is not made again, so parts may overlap or be asked twice.
    """
    from bench.features.store import FeatureStore
    from bench.observe import reference_features

    plan = prepare(question, workshop)
    keep_set(workshop.home, [picture.digest for picture in plan.pictures.references])
    part = tuple(shard.of(plan.pictures.references))
    own = replace(plan, pictures=replace(plan.pictures, references=part))
    if part:
        with closing(FeatureStore(workshop.home.ready().features)) as store:
            reference_features(bench_of(own, workshop, machine, store), begin(len(part)))
    return len(part)
