"""Files of other projects whose layout is not ours: what they are turned into before use."""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import Tensor

from zoo import openmmlab

__all__ = ["SINCUT", "as_ours"]

SINCUT = "the layout of CUT's authors, an axis of length 1 taken off"
DOUBLING = re.compile(r"decoder\.convs\.\d{1,3}\.conv\.weight$")


def as_ours(state: Mapping[str, Tensor]) -> tuple[dict[str, Tensor], str] | None:
    """The state of one generator as our networks have it, and which layout it had.

    None for a state that is as ours already, or nobody's.
    """
    found = openmmlab.as_ours(state)
    if found is not None:
        return found, openmmlab.ORIGIN
    long = {key for key, value in state.items() if DOUBLING.match(key) and value.ndim == 5}
    if not long or any(state[key].shape[0] != 1 for key in long):
        return None
    return {key: value[0] if key in long else value for key, value in state.items()}, SINCUT
