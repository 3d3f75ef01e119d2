"""A suite: models × data sets × directions × seeds in one TOML file, as questions."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any

from bench.question import Question
from data.errors import UsageProblem
from zoo.registry import STYLE

__all__ = ["read_suite"]

# What a suite may say, and of which type.
LISTS = {"models": str, "datasets": str, "directions": str, "seeds": int, "training_seeds": int}
SINGLE = {
    "metrics": str,
    "protocol": str,
    "split": str,
    "size": int,
    "limit": int,
    "precision": str,
    "skip_bad": bool,
}


def read_suite(path: Path) -> list[Question]:
    """One question for each data set, direction and seed, in the order of the file.

    Paths of folders and checkpoints are relative to the file. UsageProblem for a word that a
    suite does not know, a wrong type, or nothing to do.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise UsageProblem(f"{path} cannot be read as a suite: {problem}") from problem
    _check(path, content)
    models = tuple(_model(path, model) for model in content["models"])
    fixed = {name: content[name] for name in SINGLE if name in content}
    axes = product(
        content["datasets"], *(content.get(n) or [None] for n in ("directions", "seeds"))
    )
    return [
        Question(
            models=models,
            dataset=_beside(path, dataset, ""),
            direction=direction,
            seed=seed,
            training_seeds=tuple(content.get("training_seeds", ())),
            **fixed,
        )
        for dataset, direction, seed in axes
    ]


def _check(path: Path, content: Mapping[str, Any]) -> None:
    known = sorted([*LISTS, *SINGLE])
    for name, value in content.items():
        if name not in known:
            raise UsageProblem(f"{path}: no suite says '{name}'", hint=f"words: {', '.join(known)}")
        items = value if name in LISTS and isinstance(value, list) else [value]
        kind = LISTS.get(name) or SINGLE[name]
        if (name in LISTS) != isinstance(value, list) or any(type(i) is not kind for i in items):
            wanted = f"a list of {kind.__name__}" if name in LISTS else kind.__name__
            raise UsageProblem(f"{path}: {name} has to be {wanted}")
    for name in ("models", "datasets"):
        if not content.get(name):
            raise UsageProblem(f"{path}: {name} names nothing", hint=f'{name} = ["…"]')


def _model(path: Path, word: str) -> str:
    """A model's name with its file and its style pictures found from where the suite is."""
    name, mark, styles = word.partition(STYLE)
    found = "+".join(_from(path, style) for style in styles.split("+")) if mark else ""
    return f"{_beside(path, name, '@')}{mark}{found}"


def _beside(path: Path, word: str, mark: str) -> str:
    """`model@file` or `./folder` with the file or folder found from where the suite is."""
    before, at, after = word.partition(mark) if mark else ("", "", word)
    is_path = (mark and at) or after.startswith((".", "/", "~"))
    return f"{before}{at}{_from(path, after)}" if is_path else word


def _from(path: Path, place: str) -> str:
    return str(path.parent / Path(place).expanduser())
