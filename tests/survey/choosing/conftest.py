"""A home whose derived tables are filled by hand, and a terminal to type into."""

from __future__ import annotations

import fcntl
import json
import multiprocessing
import os
import pty
import re
import runpy
import select
import struct
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from data.paths import Home
from survey.catalogue import tables as t
from survey.catalogue.catalogue import Catalogue, open_catalogue
from survey.catalogue.events import decisions
from survey.derive import derive

LISTS = ("authors", "venues", "intents", "sources", "seeds")


class Shelf:
    """Puts papers into the tables as survey.derive would."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.catalogue: Catalogue = open_catalogue(home)
        # Of no records: what is put here by hand stays.
        derive(self.catalogue)

    def put(
        self,
        arxiv: str,
        title: str = "",
        *,
        topics: Sequence[str] = (),
        code: Sequence[str] = (),
        videos: int = 0,
        **values: Any,
    ) -> str:
        """A paper by its arXiv id."""
        paper = f"arxiv:{arxiv}"
        for name in LISTS:
            values[name] = json.dumps(values.get(name, []))
        row = {"id": paper, "arxiv": arxiv, "title": title, **values}
        shown = [{"paper": paper, "video": f"{arxiv}-{i}"} for i in range(videos)]
        with self.catalogue.write() as connection:
            for table, rows in (
                (t.paper, [row]),
                (t.alias, [{"identifier": paper, "paper": paper}]),
                (t.topic, [{"paper": paper, "topic": name} for name in topics]),
                (t.code, [{"paper": paper, "url": url} for url in code]),
                (t.covered, shown),
            ):
                if rows:
                    connection.execute(insert(table), rows)
        return paper

    def look_up(self, url: str, state: str = "alive", **values: Any) -> None:
        """What GitHub said of a repository."""
        row = {"url": url, "state": state, "checked": "2026-01-01T00:00:00+00:00", **values}
        with self.catalogue.write() as connection:
            connection.execute(insert(t.repository).values(**row))

    def status(self) -> dict[str, str]:
        """What was decided, by paper."""
        with self.catalogue.read() as connection:
            return {paper: made.status for paper, made in decisions(connection).items()}

    def events(self) -> list[tuple[str, str, str]]:
        """Every event: paper, action, value."""
        with self.catalogue.read() as connection:
            rows = connection.execute(t.event.select().order_by(t.event.c.n)).mappings()
            return [(row["paper"], row["action"], row["value"]) for row in rows]


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    made = Shelf(Home(tmp_path / "home"))
    yield made
    made.catalogue.close()


# A clean process that has the slow imports done already and forks for each terminal.
_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(["sklearn.feature_extraction.text", "sklearn.linear_model"])
_TYPED = Path(__file__).with_name("typed.py")


class Terminal:
    """A `survey` command in a pseudo-terminal of its own."""

    def __init__(self, words: Sequence[str], env: Mapping[str, str], size: tuple[int, int]) -> None:
        self.master, self.slave = pty.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
        self.before = termios.tcgetattr(self.slave)
        given = {"words": words, "env": dict(env), "tty": os.ttyname(self.slave)}
        self.process = _SERVER.Process(
            target=runpy.run_path, args=(str(_TYPED),), kwargs={"init_globals": given}
        )
        self.process.start()
        self.raw = ""
        self.read_to = 0

    @property
    def text(self) -> str:
        """What was shown, without colours and movements."""
        return re.sub(r"\x1b\[[0-?]*[ -/]*[@-~]", "", self.raw)

    def wait_for(self, words: str, seconds: float = 20) -> None:
        """Read until words appear after those that were waited for before."""
        end = time.monotonic() + seconds
        while (at := self.text.find(words, self.read_to)) < 0:
            assert time.monotonic() < end, f"no {words!r} in:\n{self.text[self.read_to :]}"
            self._read(0.2)
        self.read_to = at + len(words)

    def type(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def signal(self, number: int) -> None:
        assert self.process.pid is not None
        os.kill(self.process.pid, number)

    def end(self, seconds: float = 20) -> int | None:
        """Wait for the process to end and read the rest; its exit code."""
        end = time.monotonic() + seconds
        while self.process.is_alive() and time.monotonic() < end:
            self._read(0.02)
        while self._read(0):
            pass
        return self.process.exitcode

    def close(self) -> None:
        self.process.kill()
        self.process.join()
        os.close(self.master)
        os.close(self.slave)

    def _read(self, seconds: float) -> bool:
        if not select.select([self.master], [], [], seconds)[0]:
            return False
        self._bytes += os.read(self.master, 65536)
        self.raw = self._bytes.decode(errors="replace")
        return True

    _bytes = b""


@pytest.fixture
def terminal(shelf: Shelf) -> Iterator[Any]:
    """Start `survey` with words in a terminal of some size: terminal("triage", rows=40)."""
    started: list[Terminal] = []

    def start(*words: str, rows: int = 40, columns: int = 100, **env: str) -> Terminal:
        home = {"ATLAS_HOME": str(shelf.home.root)}
        started.append(Terminal(words, {**home, **env}, (rows, columns)))
        return started[-1]

    yield start
    for one in started:
        one.close()
