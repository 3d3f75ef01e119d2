"""How well the networks of the zoo fit the keys of a state-dict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import torch
from torch import Tensor

from zoo.architectures import ARCHITECTURES, Architecture, build

__all__ = ["Fit", "best_fit", "nearest", "optional", "without_statistics"]

State = Mapping[str, Tensor]
Shapes = Mapping[str, tuple[int, ...]]

WIDTH = 64  # of the network that a file is compared with; all channels go in proportion
STATISTICS = ("running_mean", "running_var", "num_batches_tracked")


@dataclass(frozen=True, slots=True)
class Fit:
    """One architecture beside a state-dict, by the names of their keys."""

    architecture: Architecture
    common: int  # keys that both have, with as many axes
    missing: list[str]
    strange: list[str]

    @property
    def share(self) -> float:
        """The part of the keys of both that they have in common."""
        return self.common / max(1, self.common + len(self.missing) + len(self.strange))


def optional(key: str) -> bool:
    """Whether a file may leave the key out: counters and fixed filters are known without it."""
    return key.endswith(("num_batches_tracked", ".filt"))


def without_statistics(state: State, architecture: Architecture) -> dict[str, Tensor]:
    """The state less the running statistics that an InstanceNorm before torch 0.4 kept unused."""
    if architecture.options.get("norm", "instance") != "instance":
        return dict(state)
    return {key: value for key, value in state.items() if not key.endswith(STATISTICS)}


def best_fit(state: State) -> Fit | None:
    """The best of the architectures whose marks are in the keys, width read off the shapes.

    None where no key has a mark.
    """
    best: Fit | None = None
    for name, kind in ARCHITECTURES.items():
        if not any(kind.mark.match(key) for key in state):
            continue
        for options in kind.tries(state):
            found = _fit(Architecture(name, options), state)
            best = found if best is None or found.share > best.share else best
            if best.share == 1:
                return _with_width(best, state)
    return None if best is None else _with_width(best, state)


def nearest(state: State, count: int = 4) -> list[Fit]:
    """The published architectures that have most keys in common with the state, best first.

    One of each kind where none has any.
    """
    known = [
        _fit(Architecture(name, dict(options)), state)
        for name, kind in ARCHITECTURES.items()
        for options in kind.published
    ]
    if not any(fit.common for fit in known):
        first = {fit.architecture.kind: fit for fit in reversed(known)}
        return list(reversed(first.values()))[:count]
    return sorted(known, key=lambda fit: -fit.share)[:count]


def _fit(architecture: Architecture, state: State) -> Fit:
    expected = _shapes(architecture)
    given = {key: value.ndim for key, value in without_statistics(state, architecture).items()}
    alike = {key for key, shape in expected.items() if given.get(key) == len(shape)}
    missing = [key for key in expected if key not in alike and not _absent(key, given)]
    strange = [key for key in given if key not in alike]
    return Fit(architecture, len(alike), missing, strange)


def _absent(key: str, given: Mapping[str, int]) -> bool:
    return optional(key) and key not in given


def _shapes(architecture: Architecture) -> Shapes:
    options = {**architecture.options, "width": WIDTH}
    return _shapes_of(architecture.kind, tuple(sorted(options.items())))


@cache
def _shapes_of(kind: str, options: tuple[tuple[str, Any], ...]) -> Shapes:
    with torch.device("meta"):
        module = build(Architecture(kind, dict(options)))
    return {key: tuple(value.shape) for key, value in module.state_dict().items()}


def _with_width(fit: Fit, state: State) -> Fit:
    """The width that most of the convolutions tell."""
    votes: Counter[int] = Counter()
    for key, shape in _shapes(fit.architecture).items():
        if key in state and state[key].ndim == len(shape) == 4:
            votes.update(_widths(tuple(state[key].shape), shape))
    width = votes.most_common(1)[0][0] if votes else WIDTH
    options = {**fit.architecture.options, "width": width}
    return replace(fit, architecture=Architecture(fit.architecture.kind, options))


def _widths(given: Iterable[int], expected: Iterable[int]) -> list[int]:
    return [
        found * WIDTH // wanted
        for found, wanted in zip(given, expected, strict=True)
        if wanted % WIDTH == 0 and found and found * WIDTH % wanted == 0
    ]
