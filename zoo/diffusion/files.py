"""What identifies a model that is a folder of files."""

from __future__ import annotations

import hashlib
from pathlib import Path

from data.files import sha256_file

__all__ = ["digest_of"]


def digest_of(folder: Path) -> str:
    """sha256 over names and contents of all settings and weights in a folder of diffusers."""
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix in (".json", ".safetensors", ".txt"):
            found.update(f"{path.relative_to(folder).as_posix()} {sha256_file(path)}\n".encode())
    return found.hexdigest()
