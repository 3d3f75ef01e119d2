"""A worker that dies, in a module that imports no torch: the tests of engines start many."""

from __future__ import annotations

import os
from pathlib import Path

from bench.engines.engine import Setting
from bench.question import Question
from bench.records import Record


def work(question: Question, setting: Setting) -> list[Record]:
    """Stands in for the work of a cell: GANILLA kills its process, once or always."""
    home, model = Path(setting.home), question.models[0]
    if "ganilla" in model and ((home / "always").exists() or not (home / "died").exists()):
        (home / "died").write_text("x")
        os._exit(9)
    return [Record(id=model, status="done", spec={"model": model}, card={})]
