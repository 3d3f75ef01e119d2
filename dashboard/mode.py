"""Whether visitors may write: votes and triage are off where the dashboard is shown to others."""

from __future__ import annotations

import os

__all__ = ["READ_ONLY", "read_only"]

READ_ONLY = "ATLAS_READ_ONLY"  # set by `dashboard --read-only`


def read_only() -> bool:
    """True when nothing may be written on behalf of a visitor."""
    return os.environ.get(READ_ONLY, "") not in ("", "0")
