"""Weights files as tensors by name, never by running what is in them."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from data.errors import AtlasError

__all__ = ["read_state"]


def read_state(path: Path) -> dict[str, Tensor]:
    """The tensors of a .safetensors or torch file, those under `state_dict` where it has that.

    AtlasError for a file that is neither, or that holds more than tensors and numbers.
    """
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            return dict(load_file(path))
        loaded = torch.load(path, map_location="cpu", weights_only=True)
        inside = loaded.get("state_dict", loaded)
        return {key: value for key, value in inside.items() if isinstance(value, Tensor)}
    except Exception as problem:  # readers raise what the broken byte leads to
        raise AtlasError(
            f"{path} is damaged or no weights file ({type(problem).__name__})", hint=f"rm {path}"
        ) from problem
