"""A catalogue of an older schema is brought to the present one, all of it or none of it."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from data.errors import AtlasError
from data.paths import Home
from survey.catalogue import schema
from survey.catalogue.catalogue import open_catalogue
from tests.survey.catalogue import older

ROOT = Path(__file__).parents[3]
PRESENT = str(schema.SCHEMA)


def _survey(home: Home, *words: str, stop: str = "") -> subprocess.CompletedProcess[str]:
    """A process that is stopped in the middle of the migration, if it has to make one."""
    command = [sys.executable, "-m", "tests.survey.catalogue.older", *words, "--home"]
    return subprocess.run(
        [*command, str(home.root)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "STOP": stop},
    )


def _tables(path: Path) -> dict[str, str]:
    """What makes each table and index, without white space."""
    query = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"
    with closing(sqlite3.connect(path)) as raw:
        return {name: "".join(sql.split()) for name, sql in raw.execute(query)}


def _schema(path: Path) -> str:
    with closing(sqlite3.connect(path)) as raw:
        return str(raw.execute("SELECT value FROM meta WHERE name = 'schema'").fetchone()[0])


def _columns(path: Path) -> dict[str, set[str]]:
    """The columns of each table: those that ALTER TABLE adds stand last."""
    with closing(sqlite3.connect(path)) as raw:
        names = [name for (name,) in raw.execute("SELECT name FROM sqlite_master")]
        told = {n: raw.execute(f"PRAGMA table_info('{n}')").fetchall() for n in names}
    return {name: {row[1] for row in rows} for name, rows in told.items() if rows}


def _indexes(path: Path) -> dict[str, str]:
    return {n: sql for n, sql in _tables(path).items() if sql.startswith("CREATEINDEX")}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    older.build(home.catalogue)
    return home


def test_everything_that_was_said_and_done_is_there_afterwards(home: Home, tmp_path: Path) -> None:
    done = _survey(home, "ls", "--json", "--order", "title")
    assert done.returncode == 0, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(one["id"], one["title"], one["status"]) for one in told] == [
        ("arxiv:1611.07004", "Paired Translation", "new"),
        ("arxiv:1703.10593", "Unpaired Translation", "kept"),
    ]
    open_catalogue(Home(tmp_path / "fresh")).close()
    assert _columns(home.catalogue) == _columns(tmp_path / "fresh" / "catalogue.db")
    assert [json.loads(_survey(home, "search", "unpaired", "--json").stdout)["title"]] == [
        "Unpaired Translation"
    ]


def test_as_it_was_lies_beside_it_and_the_person_is_told_where(home: Home) -> None:
    before = _tables(home.catalogue)
    copy = home.root / "catalogue.schema-1.db"
    done = _survey(home, "stats")
    assert f"bringing the catalogue to schema {schema.SCHEMA}; as it was: {copy}" in done.stderr
    assert (_schema(home.catalogue), _schema(copy)) == (PRESENT, "1")
    assert _tables(copy) == before
    with closing(sqlite3.connect(copy)) as raw:
        assert raw.execute("SELECT count(*) FROM record").fetchone() == (2,)
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert _survey(home, "stats").stderr == ""


def test_what_another_process_has_not_written_back_yet_is_in_the_copy(home: Home) -> None:
    with closing(sqlite3.connect(home.catalogue)) as open_still:
        open_still.execute("INSERT INTO mend VALUES (1, '2020', 'join', 'a', 'b')")
        open_still.commit()
        assert _survey(home, "stats").returncode == 0
    with closing(sqlite3.connect(home.root / "catalogue.schema-1.db")) as raw:
        assert raw.execute("SELECT count(*) FROM mend").fetchone() == (1,)


@pytest.mark.parametrize(
    ("stop", "code", "said"),
    [
        ("kill", -signal.SIGKILL, ""),
        ("interrupt", 130, "interrupted; the same command goes on from here"),
        ("full", 1, "hint: "),
        ("error", 1, "AssertionError"),  # ours to mend: with its traceback
    ],
)
def test_stopped_half_way_it_is_the_old_one_and_the_next_time_the_new_one(
    home: Home, stop: str, code: int, said: str
) -> None:
    before = _tables(home.catalogue)
    done = _survey(home, "stats", stop=stop)
    assert (done.returncode, said in done.stderr) == (code, True), done.stderr
    assert ("Traceback" in done.stderr) == (stop == "error")
    assert (_schema(home.catalogue), _tables(home.catalogue)) == ("1", before)
    assert not list(home.root.glob(".catalogue*"))
    again = _survey(home, "ls", "-q")
    assert (again.returncode, len(again.stdout.split())) == (0, 2), again.stderr
    assert _schema(home.catalogue) == PRESENT


def test_without_room_for_the_copy_nothing_is_changed(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "backup_of", lambda path, found: Path("/dev/full/copy.db"))
    with pytest.raises(AtlasError, match="cannot write /dev/full"):
        open_catalogue(home)
    assert _schema(home.catalogue) == "1"


def test_one_that_is_too_old_is_refused_as_it_is(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = home.catalogue.read_bytes()
    monkeypatch.delitem(schema.MIGRATIONS, 1)
    with pytest.raises(AtlasError, match="no way from schema 1") as told:
        open_catalogue(home)
    assert "install the version that wrote it" in str(told.value.hint)
    assert home.catalogue.read_bytes() == before
    assert not list(home.root.glob("*schema-1*"))


def test_steps_are_taken_one_after_another(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def next_step(connection: Connection) -> None:
        connection.execute(text("ALTER TABLE mend ADD COLUMN who TEXT DEFAULT 'me' NOT NULL"))

    monkeypatch.setitem(schema.MIGRATIONS, schema.SCHEMA, next_step)
    monkeypatch.setattr(schema, "SCHEMA", schema.SCHEMA + 1)
    open_catalogue(home).close()
    assert _schema(home.catalogue) == str(schema.SCHEMA)
    assert "who" in _columns(home.catalogue)["mend"]
    open_catalogue(home).close()  # a second time there is nothing to do


def test_whoever_changes_the_tables_raises_the_schema(tmp_path: Path) -> None:
    """`schema_N.sql` has the tables of schema N; the tests of its migration begin with it."""
    open_catalogue(Home(tmp_path)).close()
    present = _tables(tmp_path / "catalogue.db")
    with closing(sqlite3.connect(tmp_path / "written.db")) as raw:
        raw.executescript(Path(__file__).with_name(f"schema_{PRESENT}.sql").read_text())
    written = _tables(tmp_path / "written.db")
    assert {name: present[name] for name in written} == written
    assert present.keys() == written.keys()


def test_each_migration_ends_with_the_tables_that_are_made_anew(tmp_path: Path) -> None:
    fresh = Home(tmp_path / "fresh")
    open_catalogue(fresh).close()
    for found in schema.MIGRATIONS:
        old = Home(tmp_path / f"schema-{found}").ready()
        with closing(sqlite3.connect(old.catalogue)) as raw:
            raw.executescript(Path(__file__).with_name(f"schema_{found}.sql").read_text())
            raw.execute("INSERT INTO meta VALUES ('schema', ?)", (str(found),))
            raw.commit()
        open_catalogue(old).close()
        assert _columns(old.catalogue) == _columns(fresh.catalogue)
        assert _indexes(old.catalogue) == _indexes(fresh.catalogue)


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "catalogue.db")) as raw:
        raw.execute("CREATE TABLE customer (name TEXT)")
        raw.commit()
    with pytest.raises(AtlasError, match="another program") as told:
        open_catalogue(Home(tmp_path))
    assert "--home" in str(told.value.hint)
    assert list(_tables(tmp_path / "catalogue.db")) == ["customer"]
