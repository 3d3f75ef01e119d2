"""The papers as a pandas frame."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data.errors import UsageProblem
from data.paths import find_home
from survey.catalogue.papers import papers
from survey.export.columns import COLUMNS, Kind, value
from survey.paper import Paper

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["frame_of", "read_frame"]


def read_frame(home: str | Path | None = None) -> pd.DataFrame:
    """One row a paper, most cited first, with the columns of `survey export`.

    Days are datetime64, counts Int64 (they may be missing), lists are Python lists. The home is
    found as the commands find it.
    """
    from survey.derive import ready

    catalogue = ready(find_home(home))
    try:
        with catalogue.read() as connection:
            return frame_of(papers(connection))
    finally:
        catalogue.close()


def frame_of(chosen: Iterable[Paper]) -> pd.DataFrame:
    """The frame of some papers, in their order; empty ones have the same columns and types."""
    pandas = _pandas()
    rows = list(chosen)
    columns = {
        name: _column(pandas, [value(paper, name) for paper in rows], kind)
        for name, kind in COLUMNS.items()
    }
    made: pd.DataFrame = pandas.DataFrame(columns)
    return made


def _column(pandas: Any, values: list[Any], kind: Kind) -> Any:
    if kind == "day":
        # A day that no calendar has is missing, as an empty one is.
        days = pandas.to_datetime(
            pandas.Series(values, dtype="str"), format="%Y-%m-%d", errors="coerce"
        )
        return days.astype("datetime64[s]")
    if kind == "texts":
        return pandas.Series([list(content) for content in values], dtype="object")
    return pandas.Series(values, dtype={"count": "Int64", "flag": "bool", "text": "str"}[kind])


def _pandas() -> Any:
    try:
        import pandas
    except ImportError as problem:
        raise UsageProblem(
            "a frame needs pandas", hint="pip install 'i2i-atlas[survey]'"
        ) from problem
    return pandas
