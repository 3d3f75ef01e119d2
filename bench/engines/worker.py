"""The work of one cell, in whichever process: extractors and references stay loaded in it."""

from __future__ import annotations

from pathlib import Path

from bench.ask import prepare
from bench.engines.engine import Setting
from bench.question import Question
from bench.records import Record
from bench.run import run
from bench.workshop import Workshop
from data.paths import find_home

__all__ = ["open_workshop", "work"]

_open: dict[tuple[str, Path | None], Workshop] = {}


def open_workshop(home: str, weights_dir: Path | None) -> Workshop:
    """A new workshop for this process: what an earlier command read may have changed."""
    workshop = Workshop(find_home(home).ready(), weights_dir)
    _open[home, weights_dir] = workshop
    return workshop


def work(question: Question, setting: Setting) -> list[Record]:
    """Measure what is asked, with everything that earlier calls of this process have loaded."""
    key = (setting.home, setting.weights_dir)
    workshop = _open.get(key) or open_workshop(*key)
    return run(prepare(question, workshop), workshop, setting.machine, setting.force)
