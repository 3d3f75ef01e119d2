"""How the dashboard was started: whether visitors may write, and below which path it stands."""

from __future__ import annotations

import os

__all__ = ["BASE_PATH", "READ_ONLY", "base_path", "read_only"]

READ_ONLY = "ATLAS_READ_ONLY"  # set by `dashboard --read-only`
BASE_PATH = "ATLAS_BASE_PATH"  # set by `dashboard --base-path`


def read_only() -> bool:
    """True when nothing may be written on behalf of a visitor: no votes, no triage."""
    return os.environ.get(READ_ONLY, "") not in ("", "0")


def base_path() -> str:
    """What stands before every address of the server: `/atlas`, or nothing."""
    return os.environ.get(BASE_PATH, "")
