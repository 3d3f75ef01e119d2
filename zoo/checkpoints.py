"""Checkpoint files of the reference projects and of ours, read safely and recognised by keys."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from data.errors import AtlasError
from zoo.architectures import ARCHITECTURES, Architecture, build, guess

__all__ = ["infer", "load_module", "read_state"]

State = dict[str, Tensor]

# What torch says when a pickle asks for more than tensors and plain values.
RUNS_CODE = ("Unsupported global", "Unsupported class", "Trying to call reduce")

# Names under which training scripts wrap a state-dict.
WRAPPERS = (
    "state_dict",
    "model_state_dict",
    "model",
    "generator",
    "netG",
    "netG_A",
    "G",
    "params_ema",
    "params",
    "net",
)
SUPPORTED = ".pth, .pt or .safetensors of a generator of CycleGAN, pix2pix, CUT or GANILLA"


def read_state(path: Path) -> tuple[State, dict[str, str]]:
    """The tensors of a file by name, and the header of a safetensors file.

    Pickles are read with weights_only: code in them is refused, never run. Raises AtlasError
    for a file that is damaged, holds something else than tensors, or would run code.
    """
    if path.suffix == ".safetensors":
        return _read_safetensors(path)
    try:
        loaded = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as problem:  # torch raises what the broken byte leads to
        if any(mark in str(problem) for mark in RUNS_CODE):
            raise AtlasError(
                f"{path} holds more than tensors; it could run code, so it was not loaded",
                hint="ask its author for a plain state_dict or a .safetensors file",
            ) from problem
        raise _damaged(path, problem) from problem
    return _unwrap(path, loaded), {}


def _damaged(path: Path, problem: Exception) -> AtlasError:
    return AtlasError(
        f"{path} is damaged or no checkpoint ({type(problem).__name__})",
        hint=f"fetch it again; readable are {SUPPORTED}",
    )


def _read_safetensors(path: Path) -> tuple[State, dict[str, str]]:
    try:
        with safe_open(path, framework="pt") as file:
            state = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (no dict)
            return _clean(state), file.metadata() or {}
    except (SafetensorError, OSError, ValueError) as problem:
        raise _damaged(path, problem) from problem


def _unwrap(path: Path, loaded: Any) -> State:
    for _ in range(3):  # a wrapper in a wrapper has been seen
        if isinstance(loaded, Mapping) and not _is_state(loaded):
            inner = [loaded[name] for name in WRAPPERS if isinstance(loaded.get(name), Mapping)]
            loaded = inner[0] if inner else loaded
    if not isinstance(loaded, Mapping) or not _is_state(loaded):
        kind = type(loaded).__name__
        names = ", ".join(map(str, list(loaded)[:5])) if isinstance(loaded, Mapping) else kind
        raise AtlasError(f"{path} holds no state-dict but: {names}", hint=f"readable: {SUPPORTED}")
    return _clean(loaded)


def _is_state(found: Mapping[Any, Any]) -> bool:
    return bool(found) and all(isinstance(value, Tensor) for value in found.values())


def _clean(state: Mapping[str, Tensor]) -> State:
    return {
        key.removeprefix("module."): v.float() if v.is_floating_point() else v
        for key, v in state.items()
    }


def infer(state: State) -> tuple[Architecture, State]:
    """The architecture that the keys tell, and the state without what it has no place for.

    Running statistics of an InstanceNorm older than torch 0.4 are dropped: that layer never
    used them. Raises AtlasError when no architecture has these keys.
    """
    found = guess(state)
    if not found:
        raise AtlasError(
            f"no known architecture has keys such as {_some(state)}" + _discriminator(state),
            hint="known architectures: " + ", ".join(ARCHITECTURES),
        )
    architecture = found[0]
    if architecture.options.get("norm", "instance") == "instance":
        statistics = ("running_mean", "running_var", "num_batches_tracked")
        state = {key: value for key, value in state.items() if not key.endswith(statistics)}
    return architecture, state


def _discriminator(state: State) -> str:
    last = [v for k, v in state.items() if k.endswith("weight") and v.ndim == 4]
    small = bool(last) and last[-1].shape[0] == 1
    return "; this looks like a discriminator, and a generator is needed" if small else ""


def _some(keys: Any) -> str:
    names = list(keys)
    return ", ".join(names[:3]) + (f" … ({len(names)} in all)" if len(names) > 3 else "")


def load_module(path: Path) -> tuple[nn.Module, Architecture, dict[str, str]]:
    """The network of a file in eval mode, what it is, and the header of a file of ours.

    Raises AtlasError with the first keys that do not fit and the architectures that came
    nearest.
    """
    state, header = read_state(path)
    try:
        architecture, state = infer(state)
    except AtlasError as problem:
        raise AtlasError(f"{path}: {problem.message}", problem.hint) from problem
    module = build(architecture)
    _check(path, architecture, module, state)
    module.load_state_dict({**_constants(module), **state})
    return module.eval(), _with_header(architecture, header), header


def _constants(module: nn.Module) -> State:
    # Counters and blur filters may be absent from a file: the module has them already.
    kept = ("num_batches_tracked", "filt")
    return {key: value for key, value in module.state_dict().items() if key.endswith(kept)}


def _check(path: Path, architecture: Architecture, module: nn.Module, state: State) -> None:
    expected = {key: tuple(value.shape) for key, value in module.state_dict().items()}
    missing = [key for key in expected if key not in state and key not in _constants(module)]
    strange = [key for key in state if key not in expected]
    shapes = [
        f"{key} {list(state[key].shape)} instead of {list(shape)}"
        for key, shape in expected.items()
        if key in state and tuple(state[key].shape) != shape
    ]
    if not (missing or strange or shapes):
        return
    faults = [
        *([f"missing {_some(missing)}"] if missing else []),
        *([f"unknown {_some(strange)}"] if strange else []),
        *([f"misshapen {'; '.join(shapes[:3])}"] if shapes else []),
    ]
    raise AtlasError(
        f"{path} does not fit {architecture}, the nearest architecture: {', '.join(faults)}",
        hint=f"nearest: {', '.join(_nearest(state))}; readable: {SUPPORTED}",
    )


def _nearest(state: State) -> list[str]:
    """Architectures by the share of their keys that the file has, best first."""
    shares = []
    for name in ARCHITECTURES:
        with torch.device("meta"):
            keys = set(build(Architecture(name)).state_dict())
        shares.append((len(keys & set(state)) / len(keys | set(state)), name))
    return [f"{name} ({share:.0%} of the keys)" for share, name in sorted(shares, reverse=True)]


def _with_header(architecture: Architecture, header: Mapping[str, str]) -> Architecture:
    # Keys tell everything but what leaves no key: dropout of the U-Net, say.
    if "architecture" not in header:
        return architecture
    told = json.loads(header["architecture"])
    return Architecture(architecture.kind, {**told.get("options", {}), **architecture.options})
