"""What a kept safetensors file was made of, and whether it is still what was kept; no torch."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from data.errors import AtlasError
from zoo.trust import recorded, sha256

__all__ = ["MARK", "Origin", "origin_of", "told_in", "verified"]

MARK = "i2i-atlas-kept"  # the one entry of a kept file's header: JSON
LARGEST_HEADER = 100_000_000  # bytes: that of the safetensors format


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The publisher's file that the tensors are of. What is not known is empty or 0.

    `sha256` and `size` (bytes) are those of the file at `address`, which for a `member` is the
    archive. `weights_sha256` is what records call these weights: the sha256 of the publisher's
    file, or of the member; for the tensors under the prefix `keep`, that of these alone as
    safetensors with the file's name under `source` in the header.
    """

    file: str
    sha256: str
    size: int
    address: str
    licence: str
    weights_sha256: str
    member: str = ""
    keep: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return asdict(self)


def told_in(header: dict[str, str], path: Path) -> dict[str, Any] | None:
    """What a header says under MARK: the origin's fields, `values` and `header`; None for others.

    AtlasError where that cannot be read.
    """
    if MARK not in header:
        return None
    try:
        told = json.loads(header[MARK])
        _origin(told)
        return dict(told)
    except (KeyError, RecursionError, TypeError, ValueError) as problem:
        raise AtlasError(f"{path} does not say what it was made of", hint=f"rm {path}") from problem


def _origin(told: dict[str, Any]) -> Origin:
    return Origin(**{field.name: told[field.name] for field in fields(Origin)})


def origin_of(path: Path) -> Origin | None:
    """What a kept file was made of; None for every other safetensors file.

    AtlasError for a file that is damaged.
    """
    told = told_in(_header(path), path)
    return None if told is None else _origin(told)


def _header(path: Path) -> dict[str, str]:
    """The text in the header of a safetensors file: eight bytes of length, then JSON."""
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if length > min(LARGEST_HEADER, path.stat().st_size):
                raise ValueError("longer than the file")
            return dict(json.loads(file.read(length)).get("__metadata__", {}))
    except (AttributeError, OSError, RecursionError, TypeError, ValueError) as problem:
        raise AtlasError(f"{path} is damaged: its header cannot be read") from problem


def verified(path: Path) -> tuple[str, Origin | None]:
    """What records call the weights in a kept file, and its origin.

    A file of tensors out of a larger one, as versions up to 0.4 kept them, has no origin and is
    called by its own sha256. AtlasError where the file is not the one that was kept.
    """
    own, noted = sha256(path), recorded(path)
    if noted and own != noted:
        raise AtlasError(
            f"{path} is not as it was kept, but cut short or edited: "
            f"sha256 {own[:16]}…, not {noted[:16]}…",
        )
    origin = origin_of(path)
    if origin is None:
        return own, None
    if not noted:
        raise AtlasError(f"{path}.sha256 is missing, which says whether that file is undamaged")
    return origin.weights_sha256, origin
