"""Networks that a model needs besides its own: feature extractors, encoders."""

from __future__ import annotations

from pathlib import Path

from torch import nn

from data.errors import AtlasError
from zoo.states import read_tensors

__all__ = ["fill"]


def fill(module: nn.Module, path: Path, what: str) -> nn.Module:
    """Load what `module` needs from a file that may hold more, in eval mode and frozen.

    AtlasError, saying that the file is no `what`, for tensors that are missing or misshapen.
    """
    state = read_tensors(path)
    wanted = {key: tuple(value.shape) for key, value in module.state_dict().items()}
    for key, shape in wanted.items():
        found = tuple(state[key].shape) if key in state else "missing"
        if found != shape:
            raise AtlasError(
                f"{path} is no {what}: {key} is {found}, not {shape}", hint=f"rm {path}"
            )
    module.load_state_dict({key: state[key] for key in wanted})
    return module.eval().requires_grad_(False)
