"""State-dicts out of checkpoint files: read without running code, found among what is beside."""

from __future__ import annotations

import pickletools
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from torch import Tensor

from data.errors import AtlasError
from zoo import layouts, munit_layout
from zoo.fitting import best_fit
from zoo.nested import restore
from zoo.origin import told_in

__all__ = [
    "SUPPORTED",
    "State",
    "damaged",
    "is_safetensors",
    "read_nested",
    "read_state",
    "read_tensors",
    "sound",
]

State = dict[str, Tensor]

SUPPORTED = (
    ".pth, .pt or .safetensors of a generator of CycleGAN, pix2pix, CUT, GANILLA, fast neural "
    "style, CartoonGAN, AnimeGANv2 or AdaIN"
)

# What torch says, in one case or another, when a pickle asks for more than tensors and plain
# values; a TorchScript archive is a program as well.
RUNS_CODE = ("unsupported global", "unsupported class", "trying to call reduce", "torchscript")
# The instructions of a pickle that look something up or call it.
CALLS = {"GLOBAL", "STACK_GLOBAL", "INST", "OBJ", "NEWOBJ", "NEWOBJ_EX", "REDUCE"}
# What the trainings of OpenMMLab leave beside the tensors, as numbers of numpy: never looked at.
NUMBERS = ("numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar", "numpy.dtype")
DEEPEST = 6  # mappings in mappings, and parts of a key, that are looked through
ENOUGH = 0.5  # of the keys: then a state-dict is a generator's


def read_state(path: Path, only: str = "") -> tuple[State, dict[str, str]]:
    """The tensors of the generator in a file, by name, and the header of a safetensors file.

    Pickles are read with weights_only: code in them is refused, never run. Wrapping dicts and
    common prefixes of keys are taken off. Of several generators `only` names one, as the error
    about them does. Generators in OpenMMLab's layout come out in ours, and the header says so.
    Raises AtlasError for a file that is damaged, would run code, or holds no state-dict or
    several generators.
    """
    loaded, header = _read(path)
    found = _generator(path, loaded, only)
    told = {**header, "origin_layout": found.layout} if found.layout else header
    return _plain(path, found.state), told


def read_tensors(path: Path) -> State:
    """The tensors of a file that holds one network of whatever kind, by name.

    Read as safely as a generator; AtlasError for a file that is damaged or has no tensors.
    """
    loaded, _ = _read(path)
    mappings = [loaded, *loaded.values()] if isinstance(loaded, Mapping) else []
    found = [_tensors(mapping) for mapping in mappings if isinstance(mapping, Mapping)]
    most = max(found, key=len, default={})
    if not most:
        raise AtlasError(f"{path} holds no state-dict", hint="fetch it again")
    return _plain(path, most)


def _tensors(mapping: Mapping[Any, Any]) -> State:
    return {k: v for k, v in mapping.items() if isinstance(k, str) and isinstance(v, Tensor)}


def read_nested(path: Path) -> tuple[Mapping[Any, Any], dict[str, str]]:
    """Everything in a file as it was saved, mappings in mappings, and a safetensors' header.

    A file that was kept of a publisher's gives what that gave. AtlasError as `read_state` says.
    """
    loaded, header = _read(path)
    if not isinstance(loaded, Mapping):
        raise AtlasError(f"{path} holds no state-dict but: {type(loaded).__name__}")
    return loaded, header


def _read(path: Path) -> tuple[Any, dict[str, str]]:
    try:
        return _as_saved(path, *_safetensors(path)) if is_safetensors(path) else (_pickle(path), {})
    except OSError as problem:
        raise AtlasError(f"{path} cannot be read: {problem.strerror or problem}") from problem


def _as_saved(path: Path, state: State, header: dict[str, str]) -> tuple[Any, dict[str, str]]:
    """What the publisher's file held, where this one was kept of it (zoo.keeping)."""
    told = told_in(header, path)
    if told is None:
        return state, header
    try:
        return restore(state, dict(told["values"])), dict(told["header"])
    except (KeyError, TypeError, ValueError) as problem:
        raise damaged(path, "what it was made of cannot be told") from problem


def damaged(path: Path, reason: str) -> AtlasError:
    """The error for a file whose content is no checkpoint."""
    return AtlasError(
        f"{path} is damaged or no checkpoint ({reason})",
        hint=f"fetch it again; readable are {SUPPORTED}",
    )


def is_safetensors(path: Path) -> bool:
    """By content: eight bytes of length, then JSON; by suffix where neither format shows."""
    with path.open("rb") as file:
        start = file.read(9)
    # The length first: its own first byte may be that of a pickle, its first two those of a zip.
    if start[8:] == b"{" and int.from_bytes(start[:8], "little") < path.stat().st_size:
        return True
    return path.suffix == ".safetensors" and not start.startswith((b"PK", b"\x80"))


def _safetensors(path: Path) -> tuple[State, dict[str, str]]:
    try:
        with safe_open(path, framework="pt") as file:
            state = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (no dict)
            return state, file.metadata() or {}
    except Exception as problem:  # raises what the broken byte leads to
        raise damaged(path, type(problem).__name__) from problem


def _pickle(path: Path) -> Any:
    # Opened here, because torch goes by the suffix of a path.
    with path.open("rb") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of old pickles: what matters is said below
        try:
            with torch.serialization.safe_globals([(_Number, name) for name in NUMBERS]):
                return torch.load(file, map_location="cpu", weights_only=True)
        except Exception as problem:  # torch raises what the broken byte leads to
            raise _unreadable(path, problem) from problem


class _Number:
    """Stands for a number of numpy in a pickle, and for its type: takes anything, is nothing."""

    def __init__(self, *_: object) -> None: ...

    def __setstate__(self, _: object) -> None: ...


def _unreadable(path: Path, problem: Exception) -> AtlasError:
    said = str(problem).lower()
    if any(mark in said for mark in RUNS_CODE) or _calls(path):
        return AtlasError(
            f"{path} holds more than tensors; it could run code, so it was not loaded",
            hint="ask its author for a plain state_dict or a .safetensors file",
        )
    return damaged(path, type(problem).__name__)


def _calls(path: Path) -> bool:
    """Whether a bare pickle looks something up or calls it: told from its instructions."""
    try:
        with path.open("rb") as file:
            return any(opcode.name in CALLS for opcode, _, _ in pickletools.genops(file))
    except Exception:  # no pickle, or a torn one
        return False


@dataclass(frozen=True, slots=True)
class _Found:
    """A state-dict inside a file: where, its tensors, and how well they make a generator."""

    name: str
    state: Mapping[str, Tensor]
    share: float
    layout: str = ""  # where it was another one than ours


def _generator(path: Path, loaded: Any, only: str = "") -> _Found:
    found = list(_states(loaded, "", DEEPEST)) if isinstance(loaded, Mapping) else []
    if not found:
        some = ", ".join(map(str, list(loaded)[:5])) if isinstance(loaded, Mapping) else ""
        kind = some or type(loaded).__name__
        raise AtlasError(f"{path} holds no state-dict but: {kind}", hint=f"readable: {SUPPORTED}")
    good = [one for one in found if one.share >= ENOUGH]
    if only:
        return _named(path, good, only)
    averaged = [one for one in good if one.name.lower().endswith("ema")]
    good = averaged if len(averaged) == 1 else good  # beside the raw weights: the ones to use
    if good and all(one.layout.startswith(munit_layout.ORIGIN) for one in good):
        good = good[:1]  # both directions: the first one, as the layout says
    if len(good) > 1:
        raise _several(path, good)
    # Where none is whole, the one that comes nearest: the error is about its keys.
    return max(good or found, key=lambda one: (one.share, len(one.state)))


def _named(path: Path, good: list[_Found], only: str) -> _Found:
    meant = [one for one in good if one.name == only or one.name.endswith(f".{only}")]
    if len(meant) == 1:
        return meant[0]
    names = ", ".join(one.name or "one without a name" for one in good)
    raise AtlasError(f"{path} holds no generator '{only}' but: {names or 'none'}")


def _several(path: Path, found: list[_Found]) -> AtlasError:
    names = ", ".join(one.name or "its own keys" for one in found)
    return AtlasError(
        f"{path} holds {len(found)} generators: {names}",
        hint=f"take one out: zoo convert {path} OUT.safetensors --only {found[0].name or 'NAME'}",
    )


def _states(found: Mapping[Any, Any], name: str, depth: int) -> Iterator[_Found]:
    """The state-dicts in a mapping, in the mappings inside it, and under prefixes of keys."""
    tensors = _tensors(found)
    if tensors:
        yield from _prefixed(tensors, name, depth)
    both = munit_layout.translations(found) or {}
    for direction, state in both.items():
        fit = best_fit(state)
        share = fit.share if fit else 0.0
        yield _Found(_join(name, direction), state, share, f"{munit_layout.ORIGIN}: {direction}")
    if depth and not both:
        for key, inner in found.items():
            if isinstance(inner, Mapping):
                yield from _states(inner, _join(name, str(key)), depth - 1)


def _prefixed(state: Mapping[str, Tensor], name: str, depth: int) -> Iterator[_Found]:
    own, layout = layouts.as_ours(state) or (state, "")
    fit = best_fit(own)
    whole = _Found(name, own, fit.share if fit else 0.0, layout)
    if whole.share >= ENOUGH or not depth:
        yield whole
        return
    groups: dict[str, dict[str, Tensor]] = {}
    for key, value in state.items():
        first, dot, rest = key.partition(".")
        if dot:
            groups.setdefault(first, {})[rest] = value
    inner = [
        one
        for first, group in groups.items()
        for one in _prefixed(group, _join(name, first), depth - 1)
        if one.share > whole.share
    ]
    yield from inner or [whole]


def _join(name: str, key: str) -> str:
    return f"{name}.{key}" if name else key


def _plain(path: Path, state: Mapping[str, Tensor]) -> State:
    """float32 tensors; refuses one that holds no values of its own, whatever it claims."""
    # Copies: a tensor may be a view of the file, which somebody can cut short.
    return {
        k: v.detach().to(torch.float32 if v.is_floating_point() else v.dtype, copy=True)
        for k, v in sound(path, dict(state)).items()
    }


def sound(path: Path, state: State) -> State:
    """The same; AtlasError where one holds no values of its own, whatever size it claims."""
    for key, value in state.items():
        dense = value.layout == torch.strided and value.device.type == "cpu"
        if not dense or value.untyped_storage().nbytes() < value.numel() * value.element_size():
            raise damaged(path, f"{key} holds no plain values")
    return state
