"""What a command says where an extra of the installation is missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from data.errors import AtlasError

__all__ = ["installed"]


@contextmanager
def installed() -> Iterator[None]:
    """Turn a missing package into an error that says what to install."""
    try:
        yield
    except ModuleNotFoundError as problem:
        raise AtlasError(
            f"{problem.name} is not installed", hint="pip install 'i2i-atlas[zoo]'"
        ) from problem
