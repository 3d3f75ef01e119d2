"""The pictures that a digest stands for: without them no score of two sets can be made again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from data.files import write_text
from data.paths import Home

__all__ = ["keep_set", "known_set"]


def _path(home: Home, digest: str) -> Path:
    return home.runs / "sets" / f"{digest}.json"


def keep_set(home: Home, pictures: Sequence[str]) -> str:
    """Note the sha256 of each picture of a set under the digest of all, which is returned."""
    members = sorted(pictures)
    digest = hashlib.sha256("\n".join(members).encode()).hexdigest()
    if not _path(home, digest).is_file():
        write_text(_path(home, digest), json.dumps(members))
    return digest


def known_set(home: Home, digest: str) -> list[str] | None:
    """The sha256 of each picture of a set; None where it is not known or its file is damaged."""
    try:
        members = json.loads(_path(home, digest).read_text(encoding="utf-8"))
        joined = hashlib.sha256("\n".join(members).encode()).hexdigest()
    except (OSError, ValueError, TypeError):
        return None
    return members if joined == digest else None
