"""What a checkpoint file is, and the same network in our format."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save

from data.files import sha256_file, write_bytes
from zoo.architectures import preprocessing_of, stride_of
from zoo.checkpoints import FORMAT, load_module
from zoo.origin import origin_of
from zoo.states import is_safetensors, read_state

__all__ = ["describe", "write"]


def describe(path: Path, only: str = "") -> dict[str, Any]:
    """What a checkpoint holds and what was found in it; AtlasError as `load_module` says."""
    state, header = read_state(path, only)
    module, architecture, _ = load_module(path, only=only)
    left_out = sorted(set(state) - set(module.state_dict()))
    kinds = sorted({str(value.dtype).removeprefix("torch.") for value in state.values()})
    return {
        "file": str(path),
        "size": path.stat().st_size,
        "sha256": sha256_file(path),
        "format": header.get("format", path.suffix.lstrip(".")),
        "kept of": _told(path),
        "layout": header.get("origin_layout", ""),
        "architecture": str(architecture),
        "parameters": sum(p.numel() for p in module.parameters()),
        "tensors": len(state),
        "numbers": ", ".join(kinds),
        "left out": _some(left_out),
        "not finite": _some([k for k, v in state.items() if not bool(v.isfinite().all())]),
        "stride": stride_of(architecture),
        "pixels": str(preprocessing_of(architecture)),
        "made by": json.loads(header.get("facts", "{}")).get("command", ""),
    }


def _publishers(path: Path) -> tuple[str, str] | None:
    """Name and sha256 of what zoo.weights kept this file of; None for every other file."""
    origin = origin_of(path) if is_safetensors(path) else None
    if origin is None:
        return None
    return origin.member or origin.file, origin.sha256 if origin.keep else origin.weights_sha256


def _told(path: Path) -> str:
    name, sha256 = _publishers(path) or ("", "")
    return f"{name}, sha256 {sha256}" if name else ""


def _made_of(path: Path) -> dict[str, str]:
    name, sha256 = _publishers(path) or (path.name, sha256_file(path))
    return {"converted_from": name, "sha256": sha256}


def _some(keys: list[str]) -> str:
    return ", ".join(keys[:3]) + (" …" if len(keys) > 3 else "")


def write(path: Path, target: Path, only: str = "") -> None:
    """The network of `path` as safetensors with architecture and origin in the header.

    Of several generators, the one that is named `only`. What the header of a file of ours says
    is kept. Tensors that the network has no place for (statistics that old instance norms left)
    are dropped.
    """
    module, architecture, header = load_module(path, only=only)
    state = {name: value.contiguous().cpu() for name, value in module.state_dict().items()}
    told = {
        "facts": json.dumps(_made_of(path)),
        "torch": str(torch.__version__),
        **header,
        "format": f"{FORMAT}1",
        "architecture": json.dumps({"kind": architecture.kind, "options": architecture.options}),
    }
    write_bytes(target, save(state, metadata=told))
