"""Everything that training needs to go on exactly where it stopped, in one file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from lightning.fabric import Fabric

from data.errors import AtlasError
from data.files import replacing
from zoo.train.method import Method

__all__ = ["restore", "save"]

FORMAT = 1


def save(path: Path, fabric: Fabric, method: Method, step: int, question: dict[str, Any]) -> None:
    """Write nets, optimizers, pools and random states after `step` steps; rank 0 writes.

    `question` is what was asked (recipe, data digest): `restore` refuses another one.
    """
    own = {
        "pools": {name: pool.state_dict() for name, pool in method.pools.items()},
        "rng": _random_state(fabric.device),
    }
    ranks = _gather(own, fabric)
    if not fabric.is_global_zero:
        return
    state = {
        "format": FORMAT,
        "question": question,
        "step": step,
        "nets": {name: net.state_dict() for name, net in method.nets.items()},
        "optimizers": {name: o.state_dict() for name, o in method.optimizers.items()},
        "ranks": ranks,
    }
    with replacing(path) as temporary:
        _write(state, temporary)


def _write(state: dict[str, Any], path: Path) -> None:
    # Through a file of Python's: given a path, torch hides why it could not write.
    with path.open("wb") as file:
        try:
            torch.save(state, file)
        except RuntimeError as problem:
            if isinstance(problem.__context__, OSError):
                raise problem.__context__ from None
            raise


def restore(path: Path, fabric: Fabric, method: Method, question: dict[str, Any]) -> int:
    """Load what `save` wrote into `method`; returns the number of steps done.

    Raises AtlasError for a damaged file, other settings, or another number of processes.
    """
    state = _read(path)
    hint = f"train into another folder (--out), or start again by removing {path}"
    if state["question"] != question:
        changed = ", ".join(_changed(state["question"], question))
        raise AtlasError(f"{path} was trained with other settings: {changed}", hint)
    if len(state["ranks"]) != fabric.world_size:
        raise AtlasError(f"{path} was trained on {len(state['ranks'])} device(s)", hint)
    for name, net in method.nets.items():
        net.load_state_dict(state["nets"][name])
    for name, optimizer in method.optimizers.items():
        optimizer.load_state_dict(state["optimizers"][name])
    own = state["ranks"][fabric.global_rank]
    for name, pool in method.pools.items():
        pool.load_state_dict(own["pools"][name], fabric.device)
    _set_random_state(own["rng"], fabric.device)
    return int(state["step"])


def _changed(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    names = [name for name in new if old.get(name) != new[name]]
    inside = [k for k, v in new.get("recipe", {}).items() if old.get("recipe", {}).get(k) != v]
    return [f"recipe ({', '.join(inside)})" if n == "recipe" else n for n in names]


def _read(path: Path) -> dict[str, Any]:
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as problem:  # torch raises what the broken byte leads to
        raise AtlasError(
            f"{path} is no checkpoint that can be read ({type(problem).__name__})",
            hint=f"remove it and train again: rm {path}",
        ) from problem
    parts = {"question", "step", "nets", "optimizers", "ranks"}
    if not isinstance(state, dict) or state.get("format") != FORMAT or parts - state.keys():
        raise AtlasError(f"{path} is no training checkpoint of ours", hint="choose another --out")
    return state


def _random_state(device: torch.device) -> dict[str, torch.Tensor]:
    state = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        state["cuda"] = torch.cuda.get_rng_state(device)
    return state


def _set_random_state(state: dict[str, torch.Tensor], device: torch.device) -> None:
    torch.set_rng_state(state["cpu"])
    if device.type == "cuda" and "cuda" in state:
        torch.cuda.set_rng_state(state["cuda"], device)


def _gather(own: dict[str, Any], fabric: Fabric) -> list[dict[str, Any]]:
    if fabric.world_size == 1:
        return [own]
    ranks: list[Any] = [None] * fabric.world_size
    torch.distributed.all_gather_object(ranks, own)
    return ranks
