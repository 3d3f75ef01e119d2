"""Answers of services as files, each with the request that it answers; keys are no part of it."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.files import write_bytes

__all__ = ["Question", "Stored"]


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked of a service."""

    method: str
    path: str
    params: Mapping[str, Any]
    body: Any = None

    def to_line(self) -> bytes:
        """The same for the same question."""
        params = {name: str(value) for name, value in sorted(self.params.items())}
        return json.dumps([self.method, self.path, params, self.body]).encode()


@dataclass(frozen=True, slots=True)
class Stored:
    """The folder of one service's answers."""

    folder: Path

    def keep(self, question: Question, answer: bytes) -> None:
        """Store an answer, in place of an earlier one to the same question."""
        line = question.to_line()
        write_bytes(self._at(line), gzip.compress(line + b"\n" + answer, compresslevel=1, mtime=0))

    def answer(self, question: Question) -> bytes | None:
        """The stored answer, or None."""
        line = question.to_line()
        return _read(self._at(line))[1]

    def all(self, path: str) -> Iterator[tuple[dict[str, str], bytes]]:
        """Parameters and answers of all questions to a path, the oldest answer first."""
        files = [(file.stat().st_mtime_ns, file) for file in self.folder.glob("*/*.gz")]
        for _, file in sorted(files):
            line, answer = _read(file)
            if answer is not None and line[1] == path:
                yield line[2], answer

    def _at(self, line: bytes) -> Path:
        digest = hashlib.sha256(line).hexdigest()
        return self.folder / digest[:2] / f"{digest}.gz"


def _read(path: Path) -> tuple[list[Any], bytes | None]:
    """The question and the answer in a file; nothing where it is missing or damaged."""
    try:
        line, _, answer = gzip.decompress(path.read_bytes()).partition(b"\n")
        question = json.loads(line)
    except (OSError, EOFError, ValueError):
        return ["", "", {}, None], None
    return question, answer
