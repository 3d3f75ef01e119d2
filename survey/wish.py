"""What a fetch is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from survey.sources.source import SourceCard

__all__ = ["Wish"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Which sources to read, and how much of them."""

    cards: Sequence[SourceCard]
    since: str = ""  # ISO 8601: only papers published since this day
    limit: int | None = None  # citing papers of a source and seed; papers that a source describes
    refresh: bool = False  # everything again, also what was read to its end
    offline: bool = False  # stored answers alone
