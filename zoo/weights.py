"""Where the file of some weights is: bundled, or under the home as safetensors; always verified.

What was downloaded is checked, read once with weights_only and kept as safetensors; then the
publisher's file is removed. Its sha256 stays the one by which records know the weights.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from types import ModuleType

from data.console import say, warn
from data.errors import AtlasError, StorageProblem
from data.files import lock
from data.paths import Home, find_home
from zoo.card import Weights
from zoo.licence import agree
from zoo.obtaining import Download, Want, bring, sweep, together
from zoo.origin import Origin, origin_of, verified
from zoo.registry import Choice
from zoo.trust import check, compare, recorded, sha256, trust

__all__ = ["locate", "looking_in", "obtain"]

HOME: ContextVar[Home | None] = ContextVar("home", default=None)
RESTORE = "install i2i-atlas again, or in a clone: git checkout zoo/bundled"


def locate(choice: Choice, home: Home) -> tuple[Path, str]:
    """The file of `choice` and the sha256 by which records know its weights.

    That is the sha256 of a local file, which stays as it is, of the publisher's file or of the
    part of it that is used (zoo.origin.Origin). Raises AtlasError when a file is not the
    publisher's, is damaged or would run code, NetworkProblem when it cannot be downloaded,
    UsageProblem when nobody accepted its licence, StorageProblem when there is no room.
    """
    if choice.file is not None:
        return choice.file, sha256(choice.file)
    assert choice.weights is not None
    for part in choice.weights.parts:
        obtain(choice.card.name, part, home)
    return obtain(choice.card.name, choice.weights, home)


@contextmanager
def looking_in(home: Home) -> Iterator[None]:
    """Inside, `obtain` without a home takes this one: for what a training needs besides."""
    token = HOME.set(home)
    try:
        yield
    finally:
        HOME.reset(token)


def obtain(model: str, weights: Weights, home: Home | None = None) -> tuple[Path, str]:
    """The same for weights of the card `model`, or for a part of them."""
    want = Want(model, weights, home or HOME.get() or find_home())
    path = want.kept
    if weights.bundled:
        if not path.is_file():
            raise AtlasError(f"the bundled weights {path} are missing", hint=RESTORE)
        return path, check(path, weights.sha256, RESTORE)
    if path == want.source:
        return path, _as_published(want)
    found = _verified(want)
    if found is None and not weights.keep and not _can_write(want.source):
        return want.source, _check_source(want)
    if found is None:
        found = _made(want)
    _remove_sources(want)
    return path, found


def _as_published(want: Want) -> str:
    """The sha256 of a file that its publisher gives as safetensors: it stays as it is."""
    if not want.source.is_file():
        _agree(want)
        with _alone(want):
            if not want.source.is_file():
                bring(want)
    return _check_source(want)


def _check_source(want: Want) -> str:
    expected, begins = want.promised
    return check(want.source, expected, f"rm {want.source} {want.source}.sha256", begins)


def _can_write(source: Path) -> bool:
    """Whether what is made of a file can be written beside it; True where there is no file."""
    return not source.is_file() or os.access(source.parent, os.W_OK)


def _agree(want: Want) -> None:
    """Ask about the licence, if it asks for that and there will be a download."""
    if not want.source.is_file() and not want.download.is_file():
        agree(want.model, want.weights, want.home)


@contextmanager
def _alone(want: Want) -> Iterator[None]:
    """One process at a time makes files out of a download."""
    with lock(want.download.with_name(f"{want.download.name}.keeping")):
        yield


def _made(want: Want) -> str:
    _agree(want)
    with _alone(want):
        found = _verified(want)  # another process may have been first
        if found is None:
            _make(want)
            found = _verified(want)
    assert found is not None
    return found


def _verified(want: Want) -> str | None:
    """What records call the kept weights; None where they are not here, or not whole.

    A file that has an origin but no sha256 beside it was being made when its process ended.
    """
    path, weights = want.kept, want.weights
    if not path.is_file():
        return None
    hint = f"to have it fetched again: rm {path}"
    try:
        if not recorded(path):
            if origin_of(path) is not None or not weights.keep:
                return None
            trust(path, sha256(path))  # of a version up to 0.4
        found, origin = verified(path)
    except AtlasError as problem:
        raise AtlasError(problem.message, hint=hint) from problem
    if origin is None and not weights.keep:
        raise AtlasError(f"{path} does not say what it was made of", hint=hint)
    if origin is not None and origin.sha256:
        first = recorded(want.download)
        compare(path, origin.sha256, weights.sha256, first, hint, weights.sha256_prefix)
    return found


def _make(want: Want) -> None:
    from zoo import keeping  # before a download: nothing is kept without torch

    sweep(want.download)
    got = Download() if want.source.is_file() else bring(want)
    for one in together(want):
        try:
            _keep(one, got, keeping)
        except AtlasError as problem:
            if one == want or isinstance(problem, StorageProblem):
                raise
            warn(f"{one.weights.name}, out of the same file: {problem.message}")


def _keep(want: Want, got: Download, keeping: ModuleType) -> None:
    source = want.source
    sweep(source)
    sweep(want.kept)
    expected, begins = want.promised
    found = sha256(source)
    compare(source, found, expected, recorded(source), f"rm {source} {source}.sha256", begins)
    try:
        packed = keeping.pack(source, _origin(want, found, got))
    except AtlasError as problem:
        raise AtlasError(
            problem.message, hint=f"to have it fetched again: rm {source}"
        ) from problem
    if not expected:
        trust(source, found, begins)
    if not got.address:
        say(f"{source} is kept as {want.kept.name} from now on, and removed")
    keeping.write(want.kept, packed)


def _origin(want: Want, found: str, got: Download) -> Origin:
    """Of a member, the archive's sha256 is known by what was noted when it was here."""
    weights, member = want.weights, bool(want.weights.member)
    return Origin(
        file=weights.file,
        sha256=(weights.sha256 or recorded(want.download)) if member else found,
        size=got.size if member else want.source.stat().st_size,
        address=got.address,
        licence=weights.licence,
        weights_sha256=found,
        member=weights.member,
        keep=weights.keep,
    )


def _remove_sources(want: Want) -> None:
    """Remove what the publisher gave, once all that is wanted of it is kept."""
    if not want.source.is_file() and not want.download.is_file():
        return
    every = together(want, every=True)
    for one in every:
        if one.weights.member and one.is_kept and one.source != one.kept:
            _remove(one.source)
    if all(one.is_kept for one in every):
        _remove(want.download)


def _remove(path: Path) -> None:
    with suppress(OSError):  # of somebody else: it does no harm
        path.unlink(missing_ok=True)
