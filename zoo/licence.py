"""Asked once, before a download that is for non-commercial use only; the answer is kept."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from data.errors import AtlasError, UsageProblem
from data.files import lock, write_text
from data.paths import Home
from zoo.card import Weights

__all__ = ["accept", "agree"]


def agree(model: str, weights: Weights, home: Home) -> None:
    """Return when the weights may be downloaded; UsageProblem when nobody has agreed.

    At a terminal the person is asked, and a yes is kept in the home for the model's licence.
    """
    if not weights.noncommercial or _known(home).get(_key(model, weights)):
        return
    text = f"{model}.{weights.name} is for non-commercial use only: {weights.licence}"
    if sys.stdin.isatty() and sys.stderr.isatty():
        click.echo(text, err=True)
        if click.confirm("Do you accept?", default=False, err=True):
            accept(model, weights, home)
            return
    raise UsageProblem(
        f"{text}; nobody has accepted that here",
        hint=f"to accept, once: zoo translate --accept-licence --model {model}.{weights.name} …",
    )


def accept(model: str, weights: Weights, home: Home) -> None:
    """Keep that the person accepts the licence of these weights."""
    if not weights.noncommercial:
        return
    path = _path(home)
    with lock(path):
        known = _known(home)
        known[_key(model, weights)] = datetime.now(UTC).isoformat(timespec="seconds")
        write_text(path, json.dumps(known, indent=1, sort_keys=True) + "\n")


def _key(model: str, weights: Weights) -> str:
    return f"{model}: {weights.licence}"


def _path(home: Home) -> Path:
    return home.root / "licences.json"


def _known(home: Home) -> dict[str, Any]:
    path = _path(home)
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return dict(found)
    except (OSError, TypeError, ValueError) as problem:
        raise AtlasError(f"{path} cannot be read: {problem}", hint=f"rm {path}") from problem
