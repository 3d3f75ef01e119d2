"""A catalogue that is damaged, of another version, locked, being written or not writable."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from dashboard.load import catalogue
from dashboard.load.catalogue import reading
from dashboard.load.index import index
from dashboard.load.papers import Asked, facets, find
from dashboard.load.papers import page as page_of
from dashboard.plain import plain
from data.errors import AtlasError
from data.paths import Home
from tests.dashboard.catalogues import make, some
from tests.dashboard.store import page


@pytest.fixture
def small(home: Path) -> Home:
    """Six papers."""
    return make(home, some())


def test_a_damaged_catalogue_is_told_with_a_hint(home: Path) -> None:
    (home / "catalogue.db").write_bytes(b"this is no database" * 400)
    made = page("papers")
    assert not made.exception
    assert "damaged" in made.error[0].value or "not a database" in made.error[0].value
    assert made.code


def test_a_catalogue_of_a_newer_version_is_told_with_a_hint(small: Home) -> None:
    _set_schema(small, "99")
    made = page("papers")
    assert not made.exception
    assert "schema 99" in made.error[0].value
    assert "newer i2i\\-atlas" in plain(made.code[0].value)


def test_a_catalogue_that_waits_for_its_migration_is_told(small: Home) -> None:
    _set_schema(small, "0")
    made = page("papers")
    assert not made.exception
    assert "older version" in made.error[0].value
    assert "survey stats" in made.code[0].value


def _set_schema(home: Home, version: str) -> None:
    with closing(sqlite3.connect(home.catalogue)) as raw, raw:
        raw.execute("UPDATE meta SET value = ? WHERE name = 'schema'", (version,))


def test_pages_read_while_another_process_holds_the_write_lock(small: Home) -> None:
    with closing(sqlite3.connect(small.catalogue)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("INSERT INTO meta VALUES ('busy', '1')")
        for _ in range(2):
            made = page("papers", q="unpaired")
            assert not made.exception
            assert not made.error
        writer.rollback()


def test_records_that_no_paper_was_made_of_yet_are_announced(small: Home) -> None:
    assert not facets().pending
    with closing(sqlite3.connect(small.catalogue)) as raw, raw:
        raw.execute("UPDATE meta SET value = value + 1 WHERE name = 'records'")
    assert facets().pending
    assert any("survey stats" in caption.value for caption in page("papers").caption)


def test_many_papers_are_shown_a_page_at_a_time(home: Path) -> None:
    rows = [
        {
            "title": f"Unpaired translation of things of kind {n}",
            "arxiv": f"{10 + n % 15:02d}01.{n:05d}",
            "year": 2010 + n % 15,
            "citations": n,
            "abstract": "Pictures of one domain become pictures of another.",
        }
        for n in range(1_500)
    ]
    make(home, rows)
    for query in ({}, {"q": "pictures"}, {"view": "Timeline"}, {"view": "Citation map"}):
        made = page("papers", **query)
        assert not made.exception
        assert any(caption.value == "1,500 papers" for caption in made.caption)
    assert len(find(Asked(text="pictures", years=(2024, 2024))).ids) == 100


def test_a_new_paper_is_seen_without_starting_again(small: Home) -> None:
    assert facets().papers == 6
    make(small.root, [{"key": "new", "title": "Another one about goats", "arxiv": "2301.00009"}])
    assert facets().papers == 7
    with reading() as (connection, _):
        assert len(index(connection).ids) == 7


CRAWL = """
import sys
from pathlib import Path
from tests.dashboard.catalogues import make
for n in range(4):
    rows = [{"key": f"c{n}-{k}", "title": f"Crawled goats {n} {k}", "arxiv": f"24{n+1:02d}.{k:05d}"}
            for k in range(40)]
    make(Path(sys.argv[1]), rows)
"""


def test_two_readers_beside_a_running_crawl_meet_no_lock(small: Home) -> None:
    problems: list[Exception] = []
    counts: list[int] = []
    command = [sys.executable, "-c", CRAWL, str(small.root)]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2]) as crawl:

        def read() -> None:
            while crawl.poll() is None:
                try:
                    counts.append(len(page_of(find(Asked(text="goats")).ids)))
                except Exception as problem:
                    problems.append(problem)

        readers = [threading.Thread(target=read) for _ in range(2)]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
    assert crawl.returncode == 0
    assert problems == []
    assert len(find(Asked(text="goats")).ids) == 160
    assert counts


def test_a_catalogue_on_a_disk_that_cannot_be_written_is_read(
    small: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: object, **__: object) -> None:
        # What SQLite says where it may not make the files of its log.
        raise AtlasError("unable to open database file")

    monkeypatch.setattr(catalogue, "open_catalogue", refuses)
    monkeypatch.setattr(catalogue.os, "access", lambda *_: False)
    assert facets().papers == 6
    made = page("papers", q="2001.00001")
    assert not made.exception
    assert not made.error
