"""The errors a person can cause or meet, each with a hint and an exit code."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = ["AtlasError", "BadImage", "NetworkProblem", "StorageProblem", "UsageProblem", "unknown"]


class AtlasError(Exception):
    """Something failed that the person can act on (exit code 1).

    `message` says what failed and which thing; `hint` is what to do, best a command to paste.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageProblem(AtlasError):
    """The command asks for something that does not exist or cannot be (exit code 2)."""

    exit_code = 2


class NetworkProblem(AtlasError):
    """A file or service could not be reached (exit code 4): trying later may help."""

    exit_code = 4


class StorageProblem(AtlasError):
    """A file could not be written: a full disk, a folder of somebody else's."""


class BadImage(AtlasError):
    """A file that cannot be read as a picture."""


def unknown(kind: str, name: str, known: Iterable[str], command: str) -> UsageProblem:
    """The error for a `name` that is no known `kind`, with near matches and the listing command."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    message = f"no {kind} is called '{name}'"
    if near:
        message += "; did you mean " + " or ".join(f"'{n}'" for n in near) + "?"
    return UsageProblem(message, hint=f"all of them: {command}")
