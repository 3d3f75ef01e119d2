"""Where the file of some weights is: bundled, under the home, or downloaded; always verified."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from data.console import progress
from data.download import fetch, unpack
from data.errors import AtlasError, NetworkProblem, UsageProblem
from data.paths import Home, find_home
from zoo.card import Weights
from zoo.licence import agree
from zoo.places import place
from zoo.registry import Choice, cards
from zoo.trust import check, record, recorded, sha256

__all__ = ["locate", "looking_in", "obtain"]

HOME: ContextVar[Home | None] = ContextVar("home", default=None)
RESTORE = "install i2i-atlas again, or in a clone: git checkout zoo/bundled"


def locate(choice: Choice, home: Home) -> tuple[Path, str]:
    """The file of `choice` and its sha256, which for registered weights is the card's.

    Raises AtlasError when a file does not have the card's sha256, NetworkProblem when it
    cannot be downloaded, UsageProblem when nobody accepted its licence.
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
    home = home or HOME.get() or find_home()
    path = place(model, weights, home)
    if weights.bundled:
        if not path.is_file():
            raise AtlasError(f"the bundled weights {path} are missing", hint=RESTORE)
        return path, check(path, weights.sha256, RESTORE)
    if not path.is_file():
        agree(model, weights, home)
        _download(model, weights, home)
    whole = not weights.member and not weights.keep
    known, begins = (weights.sha256, weights.sha256_prefix) if whole else ("", "")
    return path, check(path, known, f"rm {path} {path}.sha256", begins)


def _download(model: str, weights: Weights, home: Home) -> None:
    path = place(model, weights, home)
    if not weights.addresses:
        raise UsageProblem(f"{path} is missing and has no address", hint="zoo show " + model)
    target = path.with_name(weights.file)
    try:
        _receive(weights, target)
    except NetworkProblem as problem:
        raise _elsewhere(model, weights, problem) from problem
    if weights.member:
        check(target, weights.sha256, f"rm {target}")
        _take_out(target, weights.member, path)
    elif weights.keep:
        from zoo.parts import keep_tensors

        check(target, weights.sha256, f"rm {target}", weights.sha256_prefix)
        for one in _out_of_one_file(model, weights):
            keep_tensors(target, one.keep, place(model, one, home))
            record(place(model, one, home))
        target.unlink()


def _receive(weights: Weights, target: Path) -> None:
    known = weights.sha256 or recorded(target)
    with progress() as bars:
        task = bars.add_task(f"download {weights.file}", total=weights.size, unit="B")
        fetch(
            weights.addresses,
            target,
            sha256=known or None,
            sha256_prefix=weights.sha256_prefix or None,
            size=weights.size if weights.sha256 else None,
            report=lambda done, total: bars.update(task, completed=done, total=total),
        )


def _elsewhere(model: str, weights: Weights, problem: NetworkProblem) -> NetworkProblem:
    """The problem with other trainings for the same pictures in its hint, from other servers."""
    listed = cards()[model].weights if model in cards() else ()
    hosts = {urlsplit(address).netloc for address in weights.addresses}
    others = [
        f"zoo fetch {model}.{w.name}"
        for w in listed
        if (w.source, w.target) == (weights.source, weights.target)
        and not hosts & {urlsplit(address).netloc for address in w.addresses}
        and w.addresses
        and w.name != weights.name
    ]
    hint = "; ".join([problem.hint or "", *others[:1]]).strip("; ")
    return NetworkProblem(problem.message, hint=hint)


def _out_of_one_file(model: str, weights: Weights) -> list[Weights]:
    """The weights and the others of the card that are parts of the same file: one download."""
    listed = cards()[model].weights if model in cards() else ()
    others = [w for w in listed if w.file == weights.file and w.keep not in ("", weights.keep)]
    return [*others, weights]


def _take_out(archive: Path, member: str, path: Path) -> None:
    """Put the file `member` of an archive at `path`, unpacked where nothing can escape."""
    with TemporaryDirectory(dir=path.parent, prefix=".unpack.") as temporary:
        folder = unpack(archive, Path(temporary) / "content")
        found = [file for file in folder.rglob(member) if file.is_file()]
        if len(found) != 1:
            raise AtlasError(f"{archive} holds no {member}", hint=f"rm {archive}")
        found[0].replace(path)
