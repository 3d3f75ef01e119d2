"""Is a file the one that the card means? By its sha256, or by that of its first download.

Where nobody of the project could check a hash, the first file is trusted: its sha256 is kept
beside it and shown, and from then on any other file is refused.
"""

from __future__ import annotations

from pathlib import Path

from data.console import say
from data.errors import AtlasError
from data.files import sha256_file, write_text

__all__ = ["check", "compare", "forget", "record", "recorded", "sha256", "trust"]


def sha256(path: Path) -> str:
    """The sha256 of a file; AtlasError when it cannot be read."""
    try:
        return sha256_file(path)
    except OSError as problem:
        raise AtlasError(f"{path} cannot be read: {problem.strerror or problem}") from problem


def recorded(path: Path) -> str:
    """The sha256 kept beside `path`, or where it was; empty where none is."""
    note = _note(path)
    return note.read_text(encoding="utf-8").strip() if note.is_file() else ""


def record(path: Path, digest: str = "") -> None:
    """Keep the sha256 of a file that was made here, out of one that was checked."""
    write_text(_note(path), (digest or sha256(path)) + "\n")


def forget(path: Path) -> None:
    """Take away what `record` kept: the file is about to change."""
    _note(path).unlink(missing_ok=True)


def check(path: Path, expected: str, hint: str, begins: str = "") -> str:
    """The sha256 of `path`; AtlasError where it is not the expected or the recorded one.

    With neither, it is recorded and said, and what it `begins` with where the publisher tells.
    """
    found = sha256(path)
    compare(path, found, expected, recorded(path), hint, begins)
    if not expected:
        trust(path, found, begins)
    return found


def compare(path: Path, found: str, expected: str, first: str, hint: str, begins: str = "") -> None:
    """AtlasError where `found` is not the expected sha256, or else that of the first download.

    Nor, whatever is known besides, where it does not begin as the publisher says.
    """
    begun = found.startswith(begins)
    known = (expected or first) if begun else begins
    if found.startswith(known):
        return
    which = "file of the first download" if begun and not expected else "published file"
    raise AtlasError(
        f"{path} is not the {which}: sha256 {found[:16]}…, not {known[:16]}…", hint=hint
    )


def trust(path: Path, found: str, begins: str = "") -> None:
    """Record and say the sha256 of a first download; nothing where one is recorded."""
    if recorded(path):
        return
    told = f"of which the publisher gives {begins}" if begins else "which nobody has checked yet"
    say(f"{path.name}: sha256 {found}, {told}; kept for the next time")
    write_text(_note(path), found + "\n")


def _note(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")
