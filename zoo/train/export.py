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
from zoo.train.checkpoint import Run

__all__ = ["FORMAT", "export", "progress", "write"]

FORMAT = "i2i-atlas/1"


def export(run: Run, out: Path, question: dict[str, Any], command: str) -> dict[str, Path]:
    """Write every generator of `run` to `out`/latest_net_*.safetensors, by direction.

    The header says that it is the last one, after how many steps, what the training cost, and
    which step validated best where there was validation: papers often report that one.
    """
    told = {**question, "command": command, "which": "last", **progress(run)}
    return {
        direction: write(
            run.averages.net(name),
            out / f"latest_net_{name}.safetensors",
            run.method.recipe,
            {**told, "direction": direction},
        )
        for name, direction in run.method.exports.items()
    }


def progress(run: Run) -> dict[str, Any]:
    """How far a run has come and what it cost, for the header of a file."""
    recipe = run.method.recipe
    return {
        "step": run.step,
        "spent": run.spent.to_json(),
        "averaged": f"over the steps, decay {recipe.ema}" if recipe.ema else "",
        "best": run.notes.get("best", {}),
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
