"""Records of invented papers, and catalogues made of them."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from data.paths import Home
from survey.catalogue import tables as t
from survey.catalogue.catalogue import Catalogue, open_catalogue
from survey.catalogue.records import save
from survey.found import Cites, Found, Row

SEED = "arxiv:1703.10593"
TITLE = "Painting Harbours with Two Brushes"
AUTHORS = ("Ada Quill", "Bo Inkwell", "Cy Nib")
DERIVED = (t.paper, t.member, t.alias, t.reference, t.topic, t.code, t.covered)

Record = Callable[..., Found]


@pytest.fixture
def record() -> Record:
    """A record with the usual title, authors and year, unless told otherwise."""

    def make(source: str, key: str, **values: Any) -> Found:
        usual: dict[str, Any] = {"title": TITLE, "authors": AUTHORS, "year": 2020}
        return Found(source=source, key=key, **{**usual, **values})

    return make


class Shelf:
    """Saves records as a fetch does."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue

    def put(self, *records: Found, cites: Cites | None = None, seed: str = SEED) -> None:
        """One call is one page of one seed's citing papers."""
        with self.catalogue.write() as connection:
            for source in sorted({found.source for found in records}):
                rows = [Row(f, cites or Cites()) for f in records if f.source == source]
                save(connection, source, seed, rows)

    def rows(self, query: Any) -> list[tuple[Any, ...]]:
        """What a query gives now."""
        with self.catalogue.read() as connection:
            return [tuple(row) for row in connection.execute(query)]

    def papers(self) -> dict[str, set[str]]:
        """The records of each paper."""
        found: dict[str, set[str]] = {}
        at = t.member.c
        for source, key, paper in self.rows(select(at.source, at.key, at.paper)):
            found.setdefault(paper, set()).add(f"{source}/{key}")
        return found

    def dump(self) -> dict[str, list[tuple[Any, ...]]]:
        """All that is derived."""
        told = {table.name: sorted(self.rows(select(table))) for table in DERIVED}
        if self.catalogue.sqlite:
            told["paper_text"] = sorted(self.rows(text("SELECT rowid, * FROM paper_text")))
        return told


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def shelf(home: Home) -> Iterator[Shelf]:
    catalogue = open_catalogue(home)
    yield Shelf(catalogue)
    catalogue.close()


@pytest.fixture
def new_shelf(tmp_path: Path) -> Iterator[Callable[[str], Shelf]]:
    """Makes further catalogues by name."""
    made: list[Catalogue] = []

    def make(name: str) -> Shelf:
        made.append(open_catalogue(Home(tmp_path / name)))
        return Shelf(made[-1])

    yield make
    for catalogue in made:
        catalogue.close()


# --- PostgreSQL


def _binaries() -> Path | None:
    """The folder of a PostgreSQL server's programs."""
    on_path = shutil.which("initdb")
    found = [Path(on_path)] if on_path else sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of an empty database of a server of our own; skipped where there is none."""
    binaries = _binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL server is installed here")
    # pytest's own folders are closed to the user that the server runs as: it refuses to be root.
    folder = Path(tempfile.mkdtemp(prefix="atlas-postgres-"))
    user: dict[str, Any] = {}
    if os.getuid() == 0:
        user = {"user": "nobody", "group": "nogroup", "cwd": "/"}
        shutil.chown(folder, "nobody", "nogroup")
    data, log = folder / "data", folder / "log"

    def run(program: str, *words: str) -> None:
        command = [str(binaries / program), *words]
        done = subprocess.run(command, capture_output=True, text=True, **user)
        if done.returncode:
            pytest.skip(f"{program} does not run here: {done.stderr.strip()[:200]}")

    try:
        run("initdb", "-D", str(data), "-U", "atlas", "-A", "trust", "--no-sync", "-E", "UTF8")
        options = f"-c listen_addresses='' -k {folder} -F"
        run("pg_ctl", "-D", str(data), "-o", options, "-l", str(log), "-w", "start")
        yield f"postgresql://atlas@/postgres?host={folder}"
        run("pg_ctl", "-D", str(data), "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
