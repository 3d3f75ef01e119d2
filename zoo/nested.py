"""Mappings in mappings as one list of named tensors, as safetensors has it, and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from torch import Tensor

__all__ = ["flatten", "restore"]

DEEPEST = 6  # mappings in mappings that are looked through
LONGEST = 200  # characters of a text, and entries of a list, that are still a setting


def flatten(found: Mapping[Any, Any]) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors of nested mappings by their paths, and the plain values beside them.

    A path is a JSON pointer (RFC 6901) less its first slash: a plain state-dict keeps its names.
    Values are numbers, truths, short texts and lists of these. Left out is what no network is
    built from: long texts (configurations, logs), objects, sequences of tensors, and mappings
    whose keys are no texts, such as the state of an optimiser.
    """
    leaves = list(_leaves(found, "", DEEPEST, ()))
    tensors = {path: value for path, value in leaves if isinstance(value, Tensor)}
    return tensors, {path: value for path, value in leaves if _is_value(value)}


def _leaves(
    found: Mapping[Any, Any], prefix: str, depth: int, above: tuple[int, ...]
) -> Iterator[tuple[str, Any]]:
    for key, value in found.items():
        if not isinstance(key, str):
            continue
        path = prefix + key.replace("~", "~0").replace("/", "~1")
        if not isinstance(value, Mapping):
            yield path, value
        elif depth and id(value) not in above:  # a mapping may hold itself
            yield from _leaves(value, f"{path}/", depth - 1, (*above, id(value)))


def _is_value(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return len(value) <= LONGEST and all(_is_plain(one) for one in value)
    return _is_plain(value)


def _is_plain(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= LONGEST
    return value is None or isinstance(value, bool | int | float)


def restore(tensors: Mapping[str, Tensor], values: Mapping[str, Any]) -> dict[str, Any]:
    """The nested mappings that `flatten` took apart; ValueError for paths that contradict."""
    made: dict[str, Any] = {}
    for path, value in {**values, **tensors}.items():
        *above, last = [part.replace("~1", "/").replace("~0", "~") for part in path.split("/")]
        inner = made
        for key in above:
            inner = inner.setdefault(key, {})
            if not isinstance(inner, dict):
                raise ValueError(f"{path} is inside of a value")
        if last in inner:
            raise ValueError(f"{path} is there twice")
        inner[last] = value
    return made
