"""Trained generators as safetensors files whose header says what they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import nn

from data.files import write_bytes
from data.provenance import git_commit
from zoo.recipe import Recipe
from zoo.train.method import Method

__all__ = ["FORMAT", "export", "write"]

FORMAT = "i2i-atlas/1"


def export(method: Method, out: Path, question: dict[str, Any], command: str) -> dict[str, Path]:
    """Write every generator of `method` to `out`/latest_net_*.safetensors, by direction."""
    return {
        direction: write(
            method.nets[name],
            out / f"latest_net_{name}.safetensors",
            method.recipe,
            {**question, "direction": direction, "command": command},
        )
        for name, direction in method.exports.items()
    }


def write(
    net: nn.Module, path: Path, recipe: Recipe, facts: dict[str, Any], half: bool = False
) -> Path:
    """One network with architecture, recipe, data digest and commit in the header.

    `half` stores 16-bit floats: half the size, read back as float32.
    """
    state = {
        name: (value.half() if half and value.is_floating_point() else value).contiguous().cpu()
        for name, value in net.state_dict().items()
    }
    header = {
        "format": FORMAT,
        "architecture": json.dumps(
            {"kind": recipe.generator, "options": dict(recipe.generator_options)}
        ),
        "recipe": json.dumps(recipe.to_json()),
        "facts": json.dumps(facts),
        "commit": git_commit(),
        "torch": str(torch.__version__),
    }
    write_bytes(path, save(state, metadata=header))
    return path
