"""A catalogue of another version, a damaged one and a locked one are told apart, with a hint."""

from __future__ import annotations

import pytest

from data.errors import AtlasError, UsageProblem
from data.paths import Home
from survey.catalogue.catalogue import open_catalogue, set_meta
from survey.catalogue.schema import SCHEMA
from tests.survey.merging.conftest import Shelf


def _of_schema(shelf: Shelf, number: int) -> None:
    with shelf.catalogue.write() as connection:
        set_meta(connection, "schema", str(number))


@pytest.mark.parametrize("read_only", [False, True])
def test_a_newer_one_is_refused(home: Home, shelf: Shelf, read_only: bool) -> None:
    _of_schema(shelf, SCHEMA + 1)
    with pytest.raises(AtlasError, match=f"schema {SCHEMA + 1}") as told:
        open_catalogue(home, read_only=read_only)
    assert "install a newer" in (told.value.hint or "")


def test_an_older_one_cannot_be_read_only(home: Home, shelf: Shelf) -> None:
    _of_schema(shelf, SCHEMA - 1)
    with pytest.raises(AtlasError, match="older version") as told:
        open_catalogue(home, read_only=True)
    assert "survey stats" in (told.value.hint or "")


@pytest.mark.parametrize("read_only", [False, True])
def test_a_damaged_one_is_said_to_be_damaged(home: Home, read_only: bool) -> None:
    home.ready().catalogue.write_bytes(b"this is no database" * 1000)
    with pytest.raises(AtlasError, match="damaged") as told:
        open_catalogue(home, create=False, read_only=read_only)
    command = (told.value.hint or "").partition(": ")[2]
    assert command == f"mv {home.catalogue} {home.catalogue}.damaged"


def test_reading_only_changes_nothing(home: Home, shelf: Shelf) -> None:
    catalogue = open_catalogue(home, read_only=True)
    with pytest.raises(AtlasError, match="readonly"), catalogue.write() as connection:
        set_meta(connection, "anything", "1")
    catalogue.close()
    assert shelf.catalogue.value("anything") == ""


@pytest.mark.parametrize("address", ["nonsense", "mongodb://user:secret@host/name", "://"])
def test_an_address_of_no_database_is_told_without_its_password(
    home: Home, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATLAS_CATALOGUE", address)
    with pytest.raises(UsageProblem, match="ATLAS_CATALOGUE begins with") as told:
        open_catalogue(home)
    assert "postgresql://" in str(told.value.hint)
    assert "secret" not in told.value.message
