"""Files on Google Drive, by the gdown package: plain requests get a page there, not the file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from data.errors import AtlasError

__all__ = ["DriveError", "is_drive", "receive"]


class DriveError(Exception):
    """Google Drive did not give the file: it asks for a login, or has given it too often today."""


def is_drive(address: str) -> bool:
    """Whether gdown is needed for an address."""
    return urlsplit(address).hostname in ("drive.google.com", "drive.usercontent.google.com")


def receive(address: str, part: Path, report: Callable[[int, int | None], None] | None) -> None:
    """Download to `part`, going on from what is there.

    The address is that of a file, or that of a folder with `#PATH` of a file in it. Raises
    DriveError when Drive does not give it, requests' errors when it cannot be reached, AtlasError
    where gdown is not installed.
    """
    gdown = _gdown()
    given: dict[str, Any] = {"url": address}
    try:
        if "/folders/" in address:
            given = {"id": _in_folder(gdown, address)}
        made = gdown.download(
            **given, output=str(part), quiet=True, resume=True, use_cookies=False, progress=report
        )
    except (gdown.exceptions.DownloadError, gdown.exceptions.FileURLRetrievalError) as problem:
        raise DriveError(f"Google Drive does not give it: {_first_line(problem)}") from problem
    if made is None:
        raise DriveError("Google Drive does not give it")


def _in_folder(gdown: Any, address: str) -> str:
    folder, _, wanted = address.partition("#")
    listed = gdown.download_folder(url=folder, quiet=True, use_cookies=False, skip_download=True)
    for file in listed or []:
        if file.path == unquote(wanted):
            return str(file.id)
    names = ", ".join(str(file.path) for file in (listed or [])[:5])
    raise DriveError(f"the folder has no '{unquote(wanted)}'; it has {names or 'nothing'}")


def _gdown() -> Any:
    try:
        import gdown
    except ModuleNotFoundError as problem:
        raise AtlasError(
            "files on Google Drive need gdown, which is not installed",
            hint="pip install 'i2i-atlas[drive]'",
        ) from problem
    return gdown


def _first_line(problem: Exception) -> str:
    lines = [line.strip() for line in str(problem).splitlines() if line.strip()]
    return lines[0] if lines else type(problem).__name__
