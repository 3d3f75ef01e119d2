"""Every paper that cites a seed: fetched, merged, searched and chosen from."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

__all__ = ["frame"]


def frame(home: str | Path | None = None) -> pd.DataFrame:
    """All papers of the catalogue as a pandas frame: see survey.frames."""
    # Imported here: `import survey` alone brings no pandas.
    from survey.frames import read_frame

    return read_frame(home)
