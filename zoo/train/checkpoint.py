"""Everything that training needs to go on exactly where it stopped, in one file."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any

import torch
from lightning.fabric import Fabric

from data.errors import AtlasError
from data.files import replacing
from zoo.recipe import Recipe
from zoo.train.ema import Averages
from zoo.train.method import Method
from zoo.train.processes import gather
from zoo.train.spent import Spent

__all__ = ["Run", "restore", "save", "sweep"]

FORMAT = 2


@dataclass(slots=True, kw_only=True)
class Run:
    """A training under way: its method and averages, and how far it has come."""

    method: Method
    averages: Averages
    step: int = 0  # steps done
    spent: Spent = field(default_factory=Spent)
    notes: dict[str, Any] = field(default_factory=dict)  # what validation found; plain values


def save(path: Path, fabric: Fabric, run: Run, question: dict[str, Any]) -> None:
    """Write nets, optimizers, averages, pools and random states; rank 0 writes.

    `question` is what was asked (recipe, data digest): `restore` refuses another one.
    """
    method = run.method
    own = {
        "pools": {name: pool.state_dict() for name, pool in method.pools.items()},
        "rng": _random_state(fabric.device),
    }
    ranks = gather(own, fabric)
    if not fabric.is_global_zero:
        return
    state = {
        "format": FORMAT,
        "question": question,
        "step": run.step,
        "nets": {name: net.state_dict() for name, net in method.nets.items()},
        "optimizers": {name: o.state_dict() for name, o in method.optimizers.items()},
        "averages": run.averages.state_dict(),
        "spent": run.spent.to_json(),
        "notes": run.notes,
        "ranks": ranks,
    }
    with replacing(path) as temporary:
        _write(state, temporary)


def sweep(path: Path) -> None:
    """Remove what a kill in the middle of `save` left beside `path`."""
    for left in path.parent.glob(f".{path.name}.*"):
        left.unlink(missing_ok=True)


def _write(state: dict[str, Any], path: Path) -> None:
    # Through a file of Python's: given a path, torch hides why it could not write.
    with path.open("wb") as file:
        try:
            torch.save(state, file)
        except RuntimeError as problem:
            if isinstance(problem.__context__, OSError):
                raise problem.__context__ from None
            raise


def restore(path: Path, fabric: Fabric, run: Run, question: dict[str, Any]) -> None:
    """Load what `save` wrote into `run`.

    Raises AtlasError for a damaged file, other settings or pictures, or another number of
    processes.
    """
    state = _read(path)
    hint = f"train into another folder (--out), or start again by removing {path}"
    asked, now = _lasting(_in_words_of_now(state["question"])), _lasting(question)
    if asked != now:
        raise AtlasError(_changed(path, asked, now), hint)
    if len(state["ranks"]) != fabric.world_size:
        raise AtlasError(f"{path} was trained on {len(state['ranks'])} device(s)", hint)
    method = run.method
    for name, net in method.nets.items():
        net.load_state_dict(state["nets"][name])
    for name, optimizer in method.optimizers.items():
        optimizer.load_state_dict(state["optimizers"][name])
    own = state["ranks"][fabric.global_rank]
    for name, pool in method.pools.items():
        pool.load_state_dict(own["pools"][name], fabric.device)
    run.averages.load_state_dict(state["averages"])
    run.step, run.notes = int(state["step"]), dict(state["notes"])
    run.spent = Spent(**state["spent"])
    _set_random_state(own["rng"], fabric.device)


def _in_words_of_now(question: dict[str, Any]) -> dict[str, Any]:
    """What an older version had no setting for was done as the default is."""
    if "recipe" not in question:
        return question
    known = {f.name: f.default for f in fields(Recipe) if f.default is not MISSING}
    return {**question, "recipe": known | question["recipe"]}


def _lasting(question: dict[str, Any]) -> dict[str, Any]:
    """What has to stay as it was: all but whether the networks are compiled."""
    if "recipe" not in question:
        return question
    return {**question, "recipe": {**question["recipe"], "compile": False}}


def _changed(path: Path, old: dict[str, Any], new: dict[str, Any]) -> str:
    names = [name for name in new if old.get(name) != new[name]]
    if names == ["data_digest"]:
        return f"the training pictures of '{new.get('dataset')}' have changed since {path} was made"
    words = {"data_digest": "the training pictures"}
    inside = [k for k, v in new.get("recipe", {}).items() if old.get("recipe", {}).get(k) != v]
    told = [f"recipe ({', '.join(inside)})" if n == "recipe" else words.get(n, n) for n in names]
    return f"{path} was trained with other settings: {', '.join(told)}"


def _read(path: Path) -> dict[str, Any]:
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as problem:  # torch raises what the broken byte leads to
        raise AtlasError(
            f"{path} is no checkpoint that can be read ({type(problem).__name__})",
            hint=f"remove it and train again: rm {path}",
        ) from problem
    parts = {"question", "step", "nets", "optimizers", "ranks", "averages", "spent", "notes"}
    if not isinstance(state, dict) or state.get("format") != FORMAT or parts - state.keys():
        raise AtlasError(
            f"{path} is no training checkpoint of this version", hint="choose another --out"
        )
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
