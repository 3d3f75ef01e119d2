"""What publishers give, brought here: one download for all that is wanted of it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from glob import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from data.console import progress
from data.download import fetch, unpack
from data.errors import AtlasError, NetworkProblem, UsageProblem
from data.paths import Home
from zoo.card import Weights
from zoo.places import download_of, former, place
from zoo.registry import cards
from zoo.trust import compare, record, recorded, sha256, trust

__all__ = ["Download", "Want", "bring", "sweep", "together"]


@dataclass(frozen=True, slots=True)
class Want:
    """Weights of a model, and where their files are under a home."""

    model: str
    weights: Weights
    home: Home

    @property
    def kept(self) -> Path:
        """The safetensors file that is used."""
        return place(self.model, self.weights, self.home)

    @property
    def source(self) -> Path:
        """What it is made of."""
        return former(self.model, self.weights, self.home)

    @property
    def download(self) -> Path:
        """The publisher's file, or the archive that the source comes out of."""
        return download_of(self.model, self.weights, self.home)

    @property
    def is_kept(self) -> bool:
        """Whether that was written, and its sha256 beside it; not whether it is undamaged."""
        return self.kept.is_file() and bool(recorded(self.kept))

    @property
    def promised(self) -> tuple[str, str]:
        """The sha256 of the source and its beginning, as the card has them; empty if not known."""
        if self.weights.member:  # the card's are the archive's
            return "", ""
        return self.weights.sha256, self.weights.sha256_prefix


@dataclass(frozen=True, slots=True)
class Download:
    """Where a file came from, and its bytes; of one that was here already neither is known."""

    address: str = ""
    size: int = 0


def together(want: Want, *, every: bool = False) -> list[Want]:
    """The weights and others of the card out of the same file, which are to be made of it.

    Those whose source is here and which are not kept yet, or with `every` all of them.
    """
    listed = cards()[want.model].weights if want.model in cards() else ()
    others = [
        Want(want.model, one, want.home)
        for one in listed
        if one.file == want.weights.file and (one.keep or one.member)
    ]
    others = [one for one in others if one.kept != want.kept]
    if not every:
        others = [one for one in others if one.source.is_file() and not one.is_kept]
    return [want, *others]


def bring(want: Want) -> Download:
    """Download what is not here, and take out of an archive all that is wanted of it.

    Raises as zoo.weights.locate.
    """
    address = "" if want.download.is_file() else _download(want)
    got = Download(address, want.download.stat().st_size)
    if want.weights.member:
        _unpack(want)
    return got


def _download(want: Want) -> str:
    if not want.weights.addresses:
        raise UsageProblem(
            f"{want.source} is missing and has no address", hint=f"zoo show {want.model}"
        )
    try:
        return _receive(want.weights, want.download)
    except NetworkProblem as problem:
        raise _elsewhere(want.model, want.weights, problem) from problem


def _receive(weights: Weights, target: Path) -> str:
    known = weights.sha256 or recorded(target)
    used: list[str] = []
    with progress() as bars:
        task = bars.add_task(f"download {weights.file}", total=weights.size, unit="B")
        fetch(
            weights.addresses,
            target,
            sha256=known or None,
            sha256_prefix=weights.sha256_prefix or None,
            size=weights.size if weights.sha256 else None,
            report=lambda done, total: bars.update(task, completed=done, total=total),
            used=used.append,
        )
    return used[0] if used else ""


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


def _unpack(want: Want) -> None:
    """Take out of the archive what is wanted of it, and remove it."""
    archive, weights = want.download, want.weights
    found, hint = sha256(archive), f"rm {archive} {archive}.sha256"
    compare(archive, found, weights.sha256, recorded(archive), hint, weights.sha256_prefix)
    with TemporaryDirectory(dir=archive.parent, prefix=f".{archive.name[:80]}.") as temporary:
        folder = unpack(archive, Path(temporary) / "content")
        if not weights.sha256:
            trust(archive, found, weights.sha256_prefix)
        for one in together(want, every=True):
            if one == want or not one.is_kept:
                _take_out(folder, one, want)
    archive.unlink()


def sweep(path: Path) -> None:
    """Remove what a process that was killed was still writing or unpacking to make `path`.

    Only for who alone makes it: names are those of data.files.replacing.
    """
    for torn in path.parent.glob(f".{escape(path.name[:80])}.*"):
        if torn.is_dir():
            shutil.rmtree(torn, ignore_errors=True)
        else:
            torn.unlink(missing_ok=True)


def _take_out(folder: Path, one: Want, want: Want) -> None:
    """Put a member of an unpacked archive in its place, with its sha256 beside it."""
    found = [file for file in folder.rglob(one.weights.member) if file.is_file()]
    if len(found) == 1:
        if not recorded(one.source):
            record(one.source, sha256(found[0]))
        found[0].replace(one.source)
    elif one == want:
        raise AtlasError(
            f"{want.download} holds no {want.weights.member}", hint=f"rm {want.download}"
        )
