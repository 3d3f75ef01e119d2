"""The kept papers side by side, and files of them for other tools."""

from __future__ import annotations

import streamlit as st
from sqlalchemy import Connection

from dashboard.load.catalogue import Stamp, decided, reading
from survey.catalogue.papers import Filter, papers
from survey.export import FORMATS
from survey.shortlist import Entry, shortlist

__all__ = ["KEPT", "exported", "kept"]

KEPT = Filter(status=("kept",))


def kept() -> tuple[list[Entry], bool]:
    """Every kept paper, the most cited first; and whether these are the bundled papers."""
    with reading() as (connection, where):
        return _kept(decided(connection), connection), where.sample


@st.cache_data(show_spinner=False, max_entries=2)
def _kept(seen: Stamp, _connection: Connection) -> list[Entry]:
    return list(shortlist(_connection, KEPT))


def exported(name: str) -> bytes:
    """The kept papers as a file of a format of survey.export; AtlasError where it needs more."""
    with reading() as (connection, _):
        return b"".join(FORMATS[name].chunks(papers(connection, KEPT)))
