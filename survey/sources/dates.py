"""Ranges of publication days, and how to split them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

__all__ = ["Range", "years"]

DAY = timedelta(days=1)
# The last range is open, and is split when it grows too long: what is asked for does not depend
# on what day it is, so that stored answers fit in any year.
LAST = 2026


@dataclass(frozen=True, slots=True)
class Range:
    """Days from `first` to `last`, both included; None is open."""

    first: date | None = None
    last: date | None = None

    def __str__(self) -> str:
        return f"{self.first or ''}..{self.last or ''}"

    @classmethod
    def parse(cls, text: str) -> Range:
        """The other way of `str()`."""
        first, last = text.split("..")
        return cls(
            date.fromisoformat(first) if first else None, date.fromisoformat(last) if last else None
        )

    @property
    def colons(self) -> str:
        """`2019-01-01:2019-06-30`, and `2020`, `:2016` or `2027:` where it is whole years.

        Papers of which only the year is known are in whole years for certain.
        """
        begins = self.first is None or (self.first.month, self.first.day) == (1, 1)
        ends = self.last is None or (self.last.month, self.last.day) == (12, 31)
        if not (begins and ends):
            return f"{self.first or ''}:{self.last or ''}"
        first = str(self.first.year) if self.first else ""
        last = str(self.last.year) if self.last else ""
        return first if first == last and first else f"{first}:{last}"

    def split(self) -> list[Range]:
        """Shorter ranges in place of this one; none when it is a single day.

        Open ends are cut a year beyond the closed end.
        """
        if self.first is None and self.last is None:
            return years(2014, LAST)
        if self.first is None or self.last is None:
            return self._split_open()
        if self.first >= self.last:
            return []
        cut = self.first + (self.last - self.first) // 2
        return [Range(self.first, cut), Range(cut + DAY, self.last)]

    def _split_open(self) -> list[Range]:
        if self.first is not None:
            cut = date(self.first.year, 12, 31)
            open_end = Range(cut + DAY, None)
            return [Range(self.first, cut), open_end] if self.first.year < 2100 else []
        assert self.last is not None
        begin = date(self.last.year, 1, 1)
        return [Range(None, begin - DAY), Range(begin, self.last)] if self.last.year > 1900 else []

    def holds(self, day: str) -> bool:
        """Whether an ISO day is in it."""
        return (self.first is None or day >= self.first.isoformat()) and (
            self.last is None or day <= self.last.isoformat()
        )


def years(first: int, last: int = LAST) -> list[Range]:
    """One range a year; the first is open to the past and the last to the future."""
    last = max(first + 1, last)
    middle = [Range(date(y, 1, 1), date(y, 12, 31)) for y in range(first + 1, last)]
    return [Range(None, date(first, 12, 31)), *middle, Range(date(last, 1, 1), None)]
