"""Where every paper stands by a profile, worked out once for each version of the papers."""

from __future__ import annotations

import streamlit as st
from sqlalchemy import Connection

from dashboard.load.catalogue import Stamp, reading, stamp
from data.paths import find_home
from survey.profiles import Profile, profiles
from survey.profiles import profile as named_profile
from survey.rank import Explanation, explain
from survey.standing import Standing, as_of
from survey.standing_file import standing

__all__ = ["positions", "profile_names", "why"]


def profile_names() -> dict[str, str]:
    """Every profile with what it is about."""
    return {name: entry.about for name, entry in profiles(find_home()).items()}


def positions(connection: Connection, profile: str, *, write: bool = False) -> Standing:
    """The place of every paper, from 1; UsageProblem for an unknown profile.

    With `write` the home keeps what had to be worked out anew.
    """
    chosen = named_profile(profile, find_home())
    # Repositories are looked up without any paper being made anew.
    seen = (*stamp(connection), as_of(connection).isoformat())
    return _standing(seen, repr(chosen), connection, chosen, write)


def why(paper: str, profile: str) -> Explanation:
    """The paper's score term by term; UsageProblem for an unknown profile."""
    with reading() as (connection, _):
        among = positions(connection, profile)
        chosen = named_profile(profile, find_home())
        return explain(connection, chosen, paper, among=among)


@st.cache_resource(show_spinner="Weighing every paper", max_entries=4)
def _standing(
    seen: Stamp, weights: str, _connection: Connection, _profile: Profile, _write: bool
) -> Standing:
    return standing(_connection, _profile, find_home(), write=_write)
