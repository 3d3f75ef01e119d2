"""How long a training takes, from how fast it was measured to go; nothing where nothing was."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from dashboard.load.trainings import Training

__all__ = ["Estimate", "Speed", "bundled_speeds", "estimate", "speeds_of"]

BUNDLED = Path(__file__).with_name("training_speed.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """Seconds a training step took, with which settings, and where."""

    model: str
    seconds_per_step: float
    batch: int
    crop: int  # px
    epochs: int  # of the whole training
    options: Mapping[str, Any]  # of the generator
    where: str
    low: float | None = None  # quartiles, where they are known
    high: float | None = None

    @property
    def settings(self) -> str:
        """In words."""
        options = ", ".join(f"{name} {value}" for name, value in sorted(self.options.items()))
        return f"{self.crop} px crops, batch {self.batch}{f', {options}' if options else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """Hours for a whole training with the settings that were measured."""

    speed: Speed
    steps: int
    hours: float
    low: float | None
    high: float | None
    epochs_in_time: float  # how many fit into the hours at hand


@cache
def bundled_speeds() -> tuple[Speed, ...]:
    """What was measured when the bundled weights were trained."""
    rows = json.loads(BUNDLED.read_text(encoding="utf-8"))
    return tuple(Speed(**{k: v for k, v in row.items() if k != "steps"}) for row in rows)


def speeds_of(trainings: Sequence[Training]) -> list[Speed]:
    """What trainings of this home measured, the latest first."""
    found = []
    for one in trainings:
        recipe, model = one.facts.get("recipe"), one.facts.get("model")
        if not (isinstance(recipe, dict) and isinstance(model, str) and one.seconds_per_step):
            continue
        try:
            found.append(_speed(model, recipe, one))
        except (KeyError, TypeError, ValueError):  # a header of somebody else
            continue
    return found


def _speed(model: str, recipe: Mapping[str, Any], one: Training) -> Speed:
    assert one.seconds_per_step is not None
    return Speed(
        model=model,
        seconds_per_step=one.seconds_per_step,
        batch=int(recipe["batch"]),
        crop=int(recipe["crop"]),
        epochs=int(recipe["epochs"]) + int(recipe["decay_epochs"]),
        options={
            k: v
            for k, v in dict(recipe["generator_options"]).items()
            if k in ("width", "blocks", "depth")
        },
        where=f"the training {one.name} on this machine",
    )


def estimate(model: str, pictures: int, hours: float, speeds: Sequence[Speed]) -> Estimate | None:
    """For `pictures` a domain; by the first speed of that model, None where there is none."""
    speed = next((s for s in speeds if s.model == model), None)
    if speed is None or pictures < 1 or speed.batch < 1:
        return None
    per_epoch = -(-pictures // speed.batch)
    steps = per_epoch * speed.epochs
    return Estimate(
        speed=speed,
        steps=steps,
        hours=steps * speed.seconds_per_step / 3600,
        low=None if speed.low is None else steps * speed.low / 3600,
        high=None if speed.high is None else steps * speed.high / 3600,
        epochs_in_time=hours * 3600 / (per_epoch * speed.seconds_per_step),
    )
