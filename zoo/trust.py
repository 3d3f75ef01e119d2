"""Is a file the one that the card means? By its sha256, or by that of its first download.

Where nobody of the project could check a hash, the first file is trusted: its sha256 is kept
beside it and shown, and from then on any other file is refused.
"""

from __future__ import annotations

from pathlib import Path

from data.console import say
from data.errors import AtlasError
from data.files import sha256_file, write_text

__all__ = ["check", "record", "recorded", "sha256"]


def sha256(path: Path) -> str:
    """The sha256 of a file; AtlasError when it cannot be read."""
    try:
        return sha256_file(path)
    except OSError as problem:
        raise AtlasError(f"{path} cannot be read: {problem.strerror or problem}") from problem


def recorded(path: Path) -> str:
    """The sha256 kept at the first use of `path`; empty before it."""
    note = _note(path)
    return note.read_text(encoding="utf-8").strip() if note.is_file() else ""


def record(path: Path) -> None:
    """Keep the sha256 of a file that was made here, out of one that was checked."""
    write_text(_note(path), sha256(path) + "\n")


def check(path: Path, expected: str, hint: str, begins: str = "") -> str:
    """The sha256 of `path`; AtlasError where it is not the expected or the recorded one.

    With neither, it is recorded and said, and what it `begins` with where the publisher tells.
    """
    found, known = sha256(path), expected or recorded(path)
    if known and found != known:
        which = "published file" if expected else "file of the first download"
        raise AtlasError(
            f"{path} is not the {which}: sha256 {found[:16]}…, not {known[:16]}…", hint=hint
        )
    if not known:
        told = (
            f"of which the publisher gives {begins}" if begins else "which nobody has checked yet"
        )
        say(f"{path.name}: sha256 {found}, {told}; kept for the next time")
        write_text(_note(path), found + "\n")
    return found


def _note(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")
