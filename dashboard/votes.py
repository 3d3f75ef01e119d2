"""Blind votes: which of two pictures a person finds better, in lines that are never changed."""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path
from typing import Literal

from data.errors import UsageProblem
from data.files import writing
from data.paths import find_home

__all__ = ["CHOICES", "Choice", "Pair", "Vote", "cast", "file_of", "pairs", "parse"]

Choice = Literal["left", "right", "tie"]
CHOICES: tuple[Choice, ...] = ("left", "right", "tie")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """What a voter is shown without names: a picture from two models."""

    picture: str
    left: str
    right: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """One answer; the records tell which weights and which question it was about."""

    time: str  # UTC, ISO 8601
    voter: str  # random, new for each visit: it names nobody
    dataset: str
    picture: str
    left: str
    right: str
    left_record: str
    right_record: str
    choice: Choice


def file_of(dataset: str) -> Path:
    """The file of a data set's votes, one JSON object a line."""
    safe = "".join(c if c.isalnum() or c in "._-" else "-" for c in dataset).lstrip(".") or "-"
    return find_home().root / "votes" / f"{safe}.jsonl"


def cast(vote: Vote) -> Path:
    """Add a vote to its file in one write; StorageProblem where the disk cannot be written."""
    if vote.choice not in CHOICES:
        raise UsageProblem(f"a vote is one of {', '.join(CHOICES)}, not '{vote.choice}'")
    path = file_of(vote.dataset)
    line = json.dumps(asdict(vote), ensure_ascii=False) + "\n"
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        # O_APPEND: lines of several voters come one after the other, whole.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            os.write(handle, line.encode())
            os.fsync(handle)
        finally:
            os.close(handle)
    return path


def parse(line: str) -> Vote | None:
    """The vote in a line; None for one that is damaged."""
    try:
        found = json.loads(line)
        vote = Vote(**{name: found[name] for name in Vote.__dataclass_fields__})
    except (KeyError, RecursionError, TypeError, ValueError):
        return None
    whole = all(isinstance(getattr(vote, name), str) for name in Vote.__dataclass_fields__)
    return vote if whole and vote.choice in CHOICES and vote.left != vote.right else None


def pairs(
    models: Sequence[str], cast_so_far: Sequence[Vote], chance: random.Random
) -> list[tuple[str, str]]:
    """Every two models, those that were asked least often first, else by chance."""
    found = [tuple(chance.sample(two, 2)) for two in combinations(sorted(models), 2)]
    asked = Counter(frozenset((vote.left, vote.right)) for vote in cast_so_far)
    chance.shuffle(found)
    return sorted(((a, b) for a, b in found), key=lambda two: asked[frozenset(two)])
