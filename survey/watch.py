"""What a crawl tells while it works; this one tells nobody."""

from __future__ import annotations

__all__ = ["Watch"]


class Watch:
    """Told of every step; a command line shows it."""

    def begin(self, title: str, done: int, total: int | None) -> None:
        """A list is about to be read, of which `done` papers are here already."""

    def at(self, done: int, total: int | None) -> None:
        """A page was saved."""

    def wait(self, reason: str) -> None:
        """Something is waiting, or no longer when `reason` is empty."""

    def note(self, text: str) -> None:
        """Something that a person should know now."""
