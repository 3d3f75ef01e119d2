"""Verified downloads: mirrors, resume, sha256 before the file takes its place."""

from __future__ import annotations

import shutil
import tarfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import requests

from data.drive import DriveError, is_drive, receive
from data.errors import AtlasError, NetworkProblem
from data.files import lock, sha256_file, writing

__all__ = ["Report", "fetch", "unpack"]

Report = Callable[[int, int | None], None]
"""Called with bytes here and bytes in all, where that is known."""

CHUNK = 1 << 18
TIMEOUT = (10.0, 60.0)  # seconds to connect, seconds without a byte


class _CutError(Exception):
    """The connection gave less than the file: the next try goes on."""


class _OtherFileError(Exception):
    """What is at the address is not the file."""


@dataclass(frozen=True, slots=True)
class _Hashes:
    """What is known of the right file's sha256: all of it, its beginning, or nothing."""

    sha256: str | None
    prefix: str | None

    @property
    def known(self) -> bool:
        """Whether anything is."""
        return bool(self.sha256 or self.prefix)

    def fit(self, path: Path) -> bool:
        """Whether the file may be the right one."""
        if not self.known:
            return True
        found = sha256_file(path)
        return found.startswith(self.prefix or "") and found == (self.sha256 or found)


def fetch(
    sources: Sequence[str],
    target: Path,
    *,
    sha256: str | None,
    size: int | None = None,
    sha256_prefix: str | None = None,
    report: Report | None = None,
    used: Callable[[str], None] | None = None,
) -> Path:
    """Download to `target` from the first address that gives the right file.

    What an earlier try left in `target`.part is continued. A file that is there with the right
    sha256 is kept without a request; a wrong one never replaces it. Two processes at once make
    one download. `used` is called with the address that gave the file. Raises NetworkProblem when
    no address can be reached, AtlasError when one can but what it gives is another file.
    """
    with lock(target):
        hashes = _Hashes(sha256, sha256_prefix)
        if target.is_file() and hashes.fit(target):
            return target
        part = target.with_name(target.name + ".part")
        problems: list[str] = []
        wrong = False
        for address in sources:
            try:
                _obtain(address, part, size, report, hashes)
            except _OtherFileError as problem:
                problems.append(f"{address}: {problem}")
                wrong = True
            except (requests.RequestException, _CutError, DriveError) as problem:
                problems.append(f"{address}: {_reason(problem)}")
            else:
                part.replace(target)
                if used is not None:
                    used(address)
                return target
        raise _failed(target, sources, size, problems, wrong)


def _obtain(
    address: str, part: Path, size: int | None, report: Report | None, hashes: _Hashes
) -> None:
    """Bring `part` to the right content: on from what is there, else from the beginning."""
    if part.is_file():
        # An earlier try may have been complete, or have received something else.
        if hashes.known and hashes.fit(part):
            return
        if _receive(address, part, size, report) and hashes.fit(part):
            return
        part.unlink(missing_ok=True)
    _receive(address, part, size, report)
    if not hashes.fit(part):
        digest = sha256_file(part)
        part.unlink()
        raise _OtherFileError(f"sha256 {digest[:16]}… is another file")


def _receive(address: str, part: Path, size: int | None, report: Report | None) -> bool:
    """Read on to the end; False when the server says that nothing follows what is there."""
    if is_drive(address):
        with writing(part):
            part.parent.mkdir(parents=True, exist_ok=True)
        receive(address, part, report)
        return True
    have = part.stat().st_size if part.is_file() else 0
    headers = {"Range": f"bytes={have}-"} if have else {}
    with requests.get(address, headers=headers, stream=True, timeout=TIMEOUT) as response:
        if response.status_code == requests.codes.requested_range_not_satisfiable:
            return False
        response.raise_for_status()
        begin = _start(response, have)
        total = _length(response, begin)
        if size is not None and total is not None and total != size:
            raise _OtherFileError(f"{total} bytes are another file, not {size}")
        total = size or total
        with writing(part):
            part.parent.mkdir(parents=True, exist_ok=True)
            file = part.open("ab" if begin else "wb", buffering=0)
        with file:
            for chunk in response.iter_content(CHUNK):
                with writing(part):  # around this alone: requests' own errors are OSErrors too
                    file.write(chunk)
                begin += len(chunk)
                if report is not None:
                    report(begin, total)
    if total is not None and begin < total:
        raise _CutError(f"cut after {begin} of {total} bytes")
    return True


def _start(response: requests.Response, have: int) -> int:
    """Where the body begins: at `have` only if the server says that it continues there."""
    continues = response.headers.get("Content-Range", "").startswith(f"bytes {have}-")
    return have if response.status_code == requests.codes.partial_content and continues else 0


def _length(response: requests.Response, begin: int) -> int | None:
    length = response.headers.get("Content-Length")
    encoded = "Content-Encoding" in response.headers
    return begin + int(length) if length and not encoded else None


def _reason(problem: Exception) -> str:
    if isinstance(problem, requests.HTTPError) and problem.response is not None:
        return f"HTTP {problem.response.status_code}"
    if isinstance(problem, requests.Timeout):
        return "no answer"
    if isinstance(problem, requests.exceptions.ChunkedEncodingError):
        return "the connection was cut"
    if isinstance(problem, requests.ConnectionError):
        return "cannot connect"
    return str(problem)


def _failed(
    target: Path, sources: Sequence[str], size: int | None, problems: list[str], wrong: bool
) -> AtlasError:
    megabytes = f" ({size / 1e6:.1f} MB)" if size else ""
    message = f"{target.name}{megabytes} could not be downloaded: {'; '.join(problems)}"
    hint = f"put the file at {target} by other means, or try again later"
    return AtlasError(message, hint) if wrong else NetworkProblem(message, hint)


def unpack(archive: Path, folder: Path) -> Path:
    """Unpack a zip or tar archive into `folder`, which appears whole or not at all.

    Members that would leave the folder, links and devices are refused with AtlasError.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as temporary:
        inside = Path(temporary) / "content"
        inside.mkdir()
        try:
            _extract(archive, inside)
        except (tarfile.TarError, zipfile.BadZipFile, OSError, EOFError) as problem:
            raise AtlasError(
                f"{archive} cannot be unpacked safely: {problem}", hint=f"rm {archive}"
            ) from problem
        entries = list(inside.iterdir())
        # An archive of one folder stands for that folder.
        content = entries[0] if len(entries) == 1 and entries[0].is_dir() else inside
        shutil.move(content, folder)
    return folder


def _extract(archive: Path, inside: Path) -> None:
    if not zipfile.is_zipfile(archive):
        with tarfile.open(archive) as tar:
            tar.extractall(inside, filter="data")
        return
    with zipfile.ZipFile(archive) as packed:
        for member in packed.infolist():
            if not (inside / member.filename).resolve().is_relative_to(inside.resolve()):
                raise zipfile.BadZipFile(f"'{member.filename}' would leave the folder")
        packed.extractall(inside)  # noqa: S202 (every member was checked)
