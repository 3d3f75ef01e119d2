"""Finds topics and code links in texts; where there are many, in other processes meanwhile."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from data.paths import Home

if TYPE_CHECKING:
    from survey.links import Link
    from survey.topics import Hit

__all__ = ["Asked", "Said", "Text", "read_all"]

MANY = 3_000  # texts, from which on it is worth starting processes
PROCESSES = 1  # enough: meanwhile papers are merged and written here, which takes longer
Batch = TypeVar("Batch")


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """What a paper's topics and code are found in."""

    title: str
    abstract: str
    comment: str
    categories: tuple[str, ...]
    contexts: tuple[str, ...]
    links: tuple[str, ...]

    @property
    def values(self) -> tuple[Any, ...]:
        """Its fields in their order."""
        return tuple(getattr(self, name) for name in self.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Said:
    """What was found in a text."""

    topics: Sequence[Hit]
    code: Sequence[Link]


@dataclass(frozen=True, slots=True)
class Asked(Generic[Batch]):
    """Something with the texts to be read for it."""

    batch: Batch
    texts: Sequence[Text]


def read_all(
    home: Home, asked: Iterable[Asked[Batch]], count: int
) -> Iterator[tuple[Batch, list[Said]]]:
    """Each batch with what its texts say, in the order given; about `count` texts are to come."""
    if count < MANY or (os.cpu_count() or 1) < 2:
        reader = Reader(home)
        for one in asked:
            yield one.batch, [reader.read(text) for text in one.texts]
        return
    with ExitStack() as stack:
        elsewhere = stack.enter_context(closing(_Elsewhere(home)))
        pool = stack.enter_context(ThreadPoolExecutor(PROCESSES))
        waiting: deque[tuple[Batch, Future[list[Said]]]] = deque()
        for one in asked:
            waiting.append((one.batch, pool.submit(elsewhere.read, one.texts)))
            if len(waiting) > 2 * PROCESSES:
                batch, answer = waiting.popleft()
                yield batch, answer.result()
        for batch, answer in waiting:
            yield batch, answer.result()


class Reader:
    """Finds topics by the bundled rules and those of a home, and code links."""

    def __init__(self, home: Home) -> None:
        from survey.links import links_of
        from survey.topics import rules

        self._topics_of = rules(home).topics_of
        self._links_of = links_of

    def read(self, text: Text) -> Said:
        """What one text says."""
        told = (text.title, text.abstract, text.comment, text.categories, text.contexts)
        links = self._links_of(text.abstract, text.comment, text.links)
        return Said(self._topics_of(*told), links)


class _Elsewhere:
    """Processes that run this module; each answers a line of texts with a line of what they say.

    They are started by their own command: a pool of Python's would import the program that runs.
    """

    def __init__(self, home: Home) -> None:
        self._home = home
        self._all = [self._start() for _ in range(PROCESSES)]
        self._free: queue.SimpleQueue[subprocess.Popen[str]] = queue.SimpleQueue()
        for process in self._all:
            self._free.put(process)

    def _start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "survey.derived.texts", str(self._home.root)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
        )

    def read(self, texts: Sequence[Text]) -> list[Said]:
        """What some texts say, in their order; done here should the process be gone."""
        process = self._free.get()
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(json.dumps([text.values for text in texts]) + "\n")
            process.stdin.flush()
            answers = json.loads(process.stdout.readline())
        except (OSError, ValueError):
            reader = Reader(self._home)
            return [reader.read(text) for text in texts]
        finally:
            self._free.put(process)
        return [_said(*answer) for answer in answers]

    def close(self) -> None:
        """End the processes."""
        for process in self._all:
            process.kill()
            process.communicate()


def _said(topics: Iterable[Sequence[str]], code: Iterable[Sequence[str]]) -> Said:
    from survey.links import Link
    from survey.topics import Hit

    return Said([Hit(*hit) for hit in topics], [Link(*link) for link in code])


def _answer(root: str) -> None:
    """Answer until there are no more lines; whoever asked is interrupted, not this."""
    from pathlib import Path

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    reader, names = Reader(Home(Path(root))), tuple(Text.__dataclass_fields__)
    for line in sys.stdin:
        found = [reader.read(Text(**dict(zip(names, v, strict=True)))) for v in json.loads(line)]
        answers = [
            (
                [(h.topic, h.place, h.evidence) for h in said.topics],
                [(c.url, c.place) for c in said.code],
            )
            for said in found
        ]
        sys.stdout.write(json.dumps(answers) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _answer(sys.argv[1])
