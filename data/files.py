"""Files that appear whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile

from filelock import FileLock, Timeout

from data.console import say
from data.errors import StorageProblem

__all__ = ["lock", "replacing", "sha256_file", "write_bytes", "write_text", "writing"]

MOMENT = 1.0  # seconds


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary file beside `path` that takes its place when the block ends without error.

    Raises StorageProblem naming `path` when the disk is full or the folder cannot be written; what
    was at `path` stays as it was.
    """
    temporary: Path | None = None
    try:
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            prefix = f".{path.name[:80]}."
            with NamedTemporaryFile(dir=path.parent, prefix=prefix, delete=False) as file:
                temporary = Path(file.name)
            # A temporary file is private; the real one follows the person's umask.
            temporary.chmod(0o666 & ~_umask())
            yield temporary
            _flush(temporary)
            temporary.replace(path)
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn the system's refusal to write `path` into a StorageProblem that says what to do."""
    try:
        yield
    except OSError as problem:
        raise _cannot_write(path, problem) from problem


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _flush(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _cannot_write(path: Path, problem: OSError) -> StorageProblem:
    if problem.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return StorageProblem(
            f"no space left to write {path}",
            hint="free some, or write elsewhere (what the tools keep moves with --home DIR); "
            "finished files were kept",
        )
    if problem.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST):
        return StorageProblem(
            f"cannot write {path}: {problem.strerror}",
            hint="choose a place that you may write to; where the tools keep their files is set by "
            "--home DIR or ATLAS_HOME",
        )
    return StorageProblem(f"cannot write {path}: {problem.strerror or problem}")


def write_bytes(path: Path, content: bytes) -> None:
    """Write a whole file at once."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: Path, content: str) -> None:
    """Write a whole UTF-8 text file at once."""
    write_bytes(path, content.encode())


def sha256_file(path: Path) -> str:
    """The sha256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def lock(path: Path) -> Iterator[None]:
    """Hold `path`.lock: one process at a time, released when the process dies.

    Who has to wait for longer than a moment is told why.
    """
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        guard = FileLock(f"{path}.lock")
        try:
            guard.acquire(timeout=MOMENT)
        except Timeout:
            say(f"another process holds {path}.lock: waiting for it")
            guard.acquire()
    try:
        yield
    finally:
        guard.release()
