"""Checkpoint files of the reference projects and of ours, recognised by their keys."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from data.errors import AtlasError
from zoo.architectures import ARCHITECTURES, Architecture, build
from zoo.fitting import best_fit, nearest, optional, without_statistics
from zoo.nets.blur import Blur
from zoo.states import SUPPORTED, State, damaged, read_state

__all__ = ["load_module", "recognise"]

FORMAT = "i2i-atlas/"  # how the format named in a header of ours begins


def load_module(
    path: Path, silent: Mapping[str, Any] | None = None, only: str = ""
) -> tuple[nn.Module, Architecture, dict[str, str]]:
    """The network of a file in eval mode, what it is, and the header of a file of ours.

    `silent` are options that leave no trace in a file, as the card or a person has them;
    `only` names one of several generators. Raises AtlasError with the first keys that do not fit
    and the architectures that came nearest.
    """
    architecture, state, header = recognise(path, only)
    known = ARCHITECTURES[architecture.kind].silent
    chosen = {key: value for key, value in (silent or {}).items() if key in known}
    architecture = Architecture(architecture.kind, {**architecture.options, **chosen})
    with torch.device("meta"):  # a size that a damaged file claims costs nothing before the check
        module = build(architecture)
    _check(path, architecture, module, state)
    module.load_state_dict({**_constants(module), **state}, assign=True)
    return module.eval(), architecture, header


def recognise(path: Path, only: str = "") -> tuple[Architecture, State, dict[str, str]]:
    """What a file holds by its keys, without what the network has no place for, and its header.

    Raises AtlasError when no architecture has these keys.
    """
    state, header = read_state(path, only)
    fit = best_fit(state)
    if fit is None:
        raise _unlike(path, state)
    options = {**_told(path, header, fit.architecture.kind), **fit.architecture.options}
    architecture = Architecture(fit.architecture.kind, options)
    return architecture, without_statistics(state, architecture), header


def _unlike(path: Path, state: State) -> AtlasError:
    first = nearest(state, 1)[0]
    last = [v for k, v in state.items() if k.endswith("weight") and v.ndim == 4]
    small = bool(last) and last[-1].shape[0] == 1
    told = "; this looks like a discriminator, and a generator is needed" if small else ""
    return AtlasError(
        f"{path}: no known architecture has keys such as {_some(state)}; "
        f"{first.architecture} has {_some(first.missing)}{told}",
        hint=f"nearest: {_nearest(state)}; readable: {SUPPORTED}",
    )


def _told(path: Path, header: Mapping[str, str], kind: str) -> dict[str, Any]:
    """What leaves no key and a header of ours tells, such as the dropout of a U-Net."""
    if not header.get("format", "").startswith(FORMAT) or "architecture" not in header:
        return {}
    try:
        told = json.loads(header["architecture"])
        options = dict(told["options"])
    except (KeyError, RecursionError, TypeError, ValueError) as problem:
        raise damaged(path, "the architecture in its header cannot be read") from problem
    silent = ARCHITECTURES[kind].silent
    return {key: options[key] for key in silent if isinstance(options.get(key), bool)}


def _constants(module: nn.Module) -> State:
    """Counters and blur filters, which may be absent from a file."""
    made: State = {}
    for name, layer in module.named_modules():
        if isinstance(layer, Blur):
            made[f"{name}.filt"] = layer.fresh()
        elif isinstance(layer, nn.BatchNorm2d):
            made[f"{name}.num_batches_tracked"] = torch.tensor(0)
    return made


def _check(path: Path, architecture: Architecture, module: nn.Module, state: State) -> None:
    expected = {key: tuple(value.shape) for key, value in module.state_dict().items()}
    missing = [key for key in expected if key not in state and not optional(key)]
    strange = [key for key in state if key not in expected]
    shared = [key for key in expected if key in state]
    shapes = [
        f"{key} {list(state[key].shape)} instead of {list(expected[key])}"
        for key in shared
        if tuple(state[key].shape) != expected[key]
    ]
    faults = [
        *([f"missing {_some(missing)}"] if missing else []),
        *([f"unknown {_some(strange)}"] if strange else []),
        *([f"misshapen {'; '.join(shapes[:3])}"] if shapes else []),
        *_numbers(state, shared),
    ]
    if faults:
        raise AtlasError(
            f"{path} does not fit {architecture}, the nearest architecture: {', '.join(faults)}",
            hint=f"nearest: {_nearest(state)}; readable: {SUPPORTED}",
        )


def _numbers(state: Mapping[str, Tensor], keys: Iterable[str]) -> list[str]:
    """Weights that are whole, complex or quantised numbers were never trained as these networks."""
    wrong = [
        f"{key} ({str(state[key].dtype).removeprefix('torch.')})"
        for key in keys
        if not key.endswith("num_batches_tracked") and not state[key].is_floating_point()
    ]
    return [f"no floating-point numbers in {_some(wrong)}"] if wrong else []


def _some(keys: Iterable[str]) -> str:
    names = list(keys)
    return ", ".join(names[:3]) + (f" … ({len(names)} in all)" if len(names) > 3 else "")


def _nearest(state: State) -> str:
    shares = [f"{fit.architecture} ({fit.share:.0%} of the keys)" for fit in nearest(state)]
    return ", ".join(shares)
