"""Pictures that records name: their files, and the addresses that the server gives them."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from dashboard.mode import base_path
from data.images import is_image
from data.paths import find_home

__all__ = ["ROUTE", "picture", "picture_address"]

ROUTE = "/pictures"  # of the server, see dashboard/server.py


def picture(relative: str | None) -> Path | None:
    """The file of a picture that a record names; None when it is not on this machine.

    A record is somebody's file: a path that leaves the home's runs, or is no picture by its name,
    is treated as absent.
    """
    if not isinstance(relative, str) or not relative or "\0" in relative:
        return None
    runs = find_home().runs.resolve()
    try:
        path = (runs.parent / relative).resolve()
        return path if path.is_relative_to(runs) and is_image(path) and path.is_file() else None
    except OSError:  # a name that no file system takes
        return None


def picture_address(relative: str | None, width: int = 0) -> str | None:
    """The server's address of a picture, at most `width` px wide (0: as it is); None if absent.

    It changes when the file does, so that browsers can keep it for good.
    """
    path = picture(relative)
    if path is None or relative is None:
        return None
    wide = f"&w={width}" if width else ""
    return f"{base_path()}{ROUTE}/{quote(relative)}?v={path.stat().st_mtime_ns:x}{wide}"
