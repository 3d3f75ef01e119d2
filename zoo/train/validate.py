"""Looks at the generators every so often: a score, a sheet of samples, and the best ones kept.

What measures comes from elsewhere, through the entry-point group `i2i_atlas.validators`: a function
of outputs and references, uint8 [N,3,H,W] each, to one number of which less is better.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from data.datasets import Dataset, ImageRef
from data.errors import UsageProblem, unknown
from data.images import encode
from zoo.train.cache import keep
from zoo.train.checkpoint import Run
from zoo.train.export import progress, write

__all__ = ["GROUP", "Measure", "Validation", "find_measure", "held_out"]

GROUP = "i2i_atlas.validators"
MOST = 100  # pictures: enough to tell two epochs apart, and quickly translated
SHOWN = 4  # of them on the sheet
LEAST = 3  # pictures without which there is no spread, so no distance

Measure = Callable[[Tensor, Tensor], float]


def find_measure(name: str) -> Measure:
    """The validator called `name`; UsageProblem with near matches where there is none."""
    known = {point.name: point for point in entry_points(group=GROUP)}
    if name not in known:
        raise unknown("validator", name, known, "zoo train --help")
    measure: Measure = known[name].load()
    return measure


def held_out(dataset: Dataset, direction: str, size: int, cache: Path | None) -> dict[str, Any]:
    """Sources and references by direction, from the val split or else the test split.

    The first 100 readable pictures, whole, as squares of `size`. Raises UsageProblem where a data
    set has neither split or too few pictures.
    """
    split = next((s for s in ("val", "test") if s in dataset.splits), None)
    if split is None:
        raise UsageProblem(
            f"'{dataset.name}' has neither a val nor a test split to validate on",
            hint="--validate-every 0",
        )
    aside = {"AtoB": "BtoA", "BtoA": "AtoB"}[direction]
    sides = [
        _read(refs[:MOST], size, cache)
        for refs in (dataset.sources(split, direction), dataset.sources(split, aside))
    ]
    if min(map(len, sides)) < LEAST:
        raise UsageProblem(
            f"split '{split}' of '{dataset.name}' has under {LEAST} pictures of a domain",
            hint="--validate-every 0",
        )
    # AtoB is what is trained, whatever the data set calls it: so the exports have it.
    return {"AtoB": (sides[0], sides[1]), "BtoA": (sides[1], sides[0])}


def _read(refs: list[ImageRef], size: int, cache: Path | None) -> Tensor:
    kept = keep(refs, size, True, cache, lambda: None)
    good = [row for row in range(len(refs)) if row not in kept.bad]
    return torch.from_numpy(kept.pixels[good]).permute(0, 3, 1, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """One look, called with the run; writes samples and, where a score is the best, the file."""

    name: str  # of the measure
    measure: Measure
    pictures: Mapping[str, tuple[Tensor, Tensor]]  # direction -> sources, references
    out: Path
    facts: Mapping[str, Any]  # for the header of the best file

    def __call__(self, run: Run) -> dict[str, float]:
        """Scores by name, `fid-texture AtoB`; the best of each direction is noted in the run."""
        scores = {}
        for net_name, direction in run.method.exports.items():
            sources, references = self.pictures[direction]
            net = run.averages.net(net_name)
            outputs = _translated(net, sources)
            score = self.measure(outputs, references)
            scores[f"{self.name} {direction}"] = score
            self._sheet(sources, outputs, run.step, direction)
            self._keep(run, net, net_name, direction, score)
        return scores

    def _sheet(self, sources: Tensor, outputs: Tensor, step: int, direction: str) -> None:
        """Sources above, translations below."""
        rows = [torch.cat(list(part[:SHOWN]), 2) for part in (sources, outputs)]
        sheet = torch.cat(rows, 1).permute(1, 2, 0).contiguous().numpy()
        encode(self.out / "samples" / f"{step:08d}-{direction}.png", sheet)

    def _keep(self, run: Run, net: nn.Module, name: str, direction: str, score: float) -> None:
        best = run.notes.setdefault("best", {})
        if not np.isfinite(score) or score >= best.get(direction, {}).get("value", np.inf):
            return
        best[direction] = {"measure": self.name, "value": score, "step": run.step}
        facts = {**self.facts, "direction": direction, "which": "best", **progress(run)}
        write(net, self.out / f"best_net_{name}.safetensors", run.method.recipe, facts)


def _translated(net: nn.Module, sources: Tensor) -> Tensor:
    """uint8 to uint8 [N,3,H,W] on the CPU; the random state and the mode stay as they are."""
    device = next(net.parameters()).device
    training = net.training
    net.eval()
    made = []
    devices = [device] if device.type == "cuda" else []
    with torch.inference_mode(), torch.random.fork_rng(devices=devices):
        for part in sources.split(8):
            given = part.to(device).float() / 127.5 - 1.0
            output = net(given.contiguous(memory_format=torch.channels_last)).float()
            pixels = ((output + 1.0) * 127.5).round().clamp(0, 255).to(torch.uint8)
            made.append(pixels.cpu().contiguous())
    net.train(training)
    return torch.cat(made)
