"""Data sets that a text names, by a list of rules that a person can read and extend."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

__all__ = ["Named", "named_data"]

RULES = Path(__file__).with_name("named_data.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A data set, and the words that name it."""

    name: str
    evidence: str


def named_data(text: str) -> list[Named]:
    """The data sets that a text names, in the order in which it does; empty for none.

    Words inside a longer name count for that one alone: `CelebA-HQ` is not `CelebA`.
    """
    hits = [
        (found.start(), found.end(), name)
        for name, pattern in _rules().items()
        for found in pattern.finditer(text)
    ]
    # The longest of those that begin at one place first, so that it hides the others.
    hits.sort(key=lambda hit: (hit[0], -hit[1], hit[2]))
    made: dict[str, Named] = {}
    end = -1
    for start, stop, name in hits:
        if start >= end:
            end = stop
            made.setdefault(name, Named(name=name, evidence=text[start:stop]))
    return list(made.values())


@cache
def _rules() -> dict[str, re.Pattern[str]]:
    content = tomllib.loads(RULES.read_text(encoding="utf-8"))
    return {
        # A letter or digit on either side makes another word of it.
        name: re.compile(rf"(?<![A-Za-z0-9])(?:{'|'.join(patterns)})(?![A-Za-z0-9])")
        for name, patterns in content.items()
    }
