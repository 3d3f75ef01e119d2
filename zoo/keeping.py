"""Publishers' checkpoints as the safetensors files that are kept of them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from safetensors.torch import save

from data.errors import AtlasError
from data.files import write_bytes
from zoo.nested import flatten
from zoo.origin import MARK, Origin
from zoo.states import State, damaged, read_nested, read_tensors, sound
from zoo.trust import forget, record

__all__ = ["pack", "write"]


def pack(source: Path, origin: Origin) -> bytes:
    """The safetensors file that is kept of a checkpoint, which is read once and runs no code.

    All tensors as they were saved, and the plain values beside them (zoo.nested.flatten says what
    is left out); of a `keep` in the origin the tensors alone whose names begin with it, as
    float32. AtlasError for a file that is damaged, would run code, or has no such tensors.
    """
    more: dict[str, Any] = {"values": {}, "header": {}}
    if origin.keep:
        tensors = _part(source, origin.keep)
        origin = replace(origin, weights_sha256=_of_part(tensors, origin.file))
    else:
        loaded, header = read_nested(source)
        tensors, values = flatten(loaded)
        more = {"values": values, "header": header}
    if not tensors:
        where = f" under {origin.keep}" if origin.keep else ""
        raise AtlasError(f"{source} holds no tensors{where}")
    return _packed(source, tensors, {**origin.to_json(), **more})


def _part(source: Path, prefix: str) -> State:
    found = read_tensors(source).items()
    return {name: value.contiguous() for name, value in found if name.startswith(prefix)}


def _of_part(tensors: State, file: str) -> str:
    """The sha256 of the file that versions up to 0.4 kept: records know these weights by it."""
    return hashlib.sha256(save(tensors, metadata={"source": file})).hexdigest()


def _packed(source: Path, tensors: State, told: dict[str, Any]) -> bytes:
    # One entry alone: several would come in another order each time.
    header = {MARK: json.dumps(told, sort_keys=True)}
    try:
        # Copies: tensors that share their memory are not taken.
        whole = {k: v.detach().clone().contiguous() for k, v in sound(source, tensors).items()}
        return save(whole, metadata=header)
    except (KeyError, RuntimeError, TypeError, ValueError) as problem:  # what it has no name for
        raise damaged(source, f"not to be written as safetensors: {problem}") from problem


def write(target: Path, packed: bytes) -> None:
    """Write `target`, whole or not at all, and its own sha256 beside it.

    Who reads it meanwhile finds no sha256 and waits, as the caller holds the lock. StorageProblem
    where there is no room for it.
    """
    forget(target)
    write_bytes(target, packed)
    record(target, hashlib.sha256(packed).hexdigest())
