"""Files appear whole or not at all, also when the disk is full."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from data.errors import AtlasError
from data.files import lock, replacing, write_text
from data.paths import Home, find_home


def test_a_failure_keeps_the_old_file_and_leaves_no_other(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_text("old")
    with pytest.raises(ValueError), replacing(path) as temporary:
        temporary.write_text("half")
        raise ValueError
    assert path.read_text() == "old"
    assert [path] == list(tmp_path.iterdir())


def test_a_full_disk_is_an_error_with_a_hint_and_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "x.bin"
    path.write_bytes(b"old")
    # The quota of this process stands for the disk: the system refuses the write just so.
    code = f"""
import resource, signal
from pathlib import Path
from data.errors import AtlasError
from data.files import write_bytes
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write_bytes(Path({str(path)!r}), bytes(100_000))
except AtlasError as problem:
    print(problem.message, "|", problem.hint)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.startswith(f"no space left to write {path} | free some"), done.stderr
    assert path.read_bytes() == b"old"
    assert [path] == list(tmp_path.iterdir())


def test_a_home_below_a_file_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(AtlasError, match="cannot be used") as problem:
        Home(tmp_path / "file" / "home").ready()
    assert "--home" in str(problem.value.hint)


def test_writing_below_a_file_says_where_and_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(AtlasError, match="cannot write") as problem:
        write_text(tmp_path / "file" / "x.txt", "")
    assert "ATLAS_HOME" in str(problem.value.hint)


def test_the_flag_goes_before_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATLAS_HOME", str(tmp_path / "environment"))
    assert tmp_path / "flag" == find_home(tmp_path / "flag").root
    assert tmp_path / "environment" == find_home().root
    monkeypatch.delenv("ATLAS_HOME")
    assert find_home().root.name == "i2i-atlas"


def test_who_waits_for_a_lock_is_told_and_gets_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("data.files.MOMENT", 0.05)
    path = tmp_path / "crawl"
    # Another process holds it until its input ends.
    code = (
        f"from filelock import FileLock; held = FileLock({str(path) + '.lock'!r}); held.acquire(); "
    )
    code += "print('held', flush=True); input()"
    holder = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    threading.Timer(0.3, lambda: holder.communicate("\n")).start()
    with lock(path):
        told = capsys.readouterr().err
    assert f"another process holds {path}.lock: waiting for it" in told.replace("\n", "")
    with lock(path):  # and nobody is told who does not wait
        pass
    assert capsys.readouterr().err == ""
