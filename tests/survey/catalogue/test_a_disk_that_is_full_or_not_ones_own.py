"""A full disk and a folder of somebody else's are told, lose nothing, and stop no reading."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from data.paths import Home
from survey.cli import main

LIMITED = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)), resource.RLIM_INFINITY))
from survey.cli import main
main(prog_name="survey")
"""


def _limited(size: int, *words: str) -> subprocess.CompletedProcess[str]:
    """`survey` in a process whose files may have so many bytes."""
    command = [sys.executable, "-c", LIMITED, str(size), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def _survey(*words: str) -> Any:
    return CliRunner().invoke(main, list(words))


@pytest.mark.parametrize("size", [0, 5_000, 60_000, 300_000])
def test_a_disk_that_fills_is_told_and_the_same_command_goes_on(tmp_path: Path, size: int) -> None:
    home = ["--home", str(tmp_path)]
    done = _limited(size, "sample", *home)
    assert (done.returncode, done.stdout) == (1, ""), done.stderr
    assert "Traceback" not in done.stderr
    assert "cannot be written" in done.stderr or "no space left" in done.stderr
    assert "the same command goes on" in done.stderr
    assert _survey("sample", *home).exit_code == 0
    assert len(_survey("ls", "-q", *home).stdout.splitlines()) == 112


def test_what_was_decided_before_the_disk_filled_is_there_afterwards(tmp_path: Path) -> None:
    home = ["--home", str(tmp_path)]
    assert _survey("sample", *home).exit_code == 0
    assert _survey("keep", "1703.10593", *home).exit_code == 0
    done = _limited(4096, "drop", "1703.10593", *home)
    assert (done.returncode, "hint: df -h" in done.stderr) == (1, True), done.stderr
    assert _survey("ls", "-q", "--status", "kept", *home).stdout == "arxiv:1703.10593\n"


@pytest.mark.parametrize("name", ["papers.csv", "papers.bib", "papers.jsonl", "papers.ris"])
def test_an_export_to_a_full_disk_leaves_the_file_before(
    others: Home, tmp_path: Path, name: str
) -> None:
    home, out = ["--home", str(others.root)], tmp_path / name
    out.write_text("what was there")
    # More than what SQLite needs for its shared memory, less than any of these files.
    done = _limited(34_000, "export", "--out", str(out), *home)
    assert (done.returncode, str(out) in done.stderr) == (1, True), done.stderr
    assert "error: no space left to write" in done.stderr
    assert out.read_text() == "what was there"
    assert sorted(p.name for p in tmp_path.iterdir() if p.name.startswith(".")) == []


# --- a folder of somebody else's


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home with the sample that nobody may write to."""
    home = Home(tmp_path_factory.mktemp("others") / "home")
    for verb in ("sample", "stats"):
        assert _survey(verb, "--home", str(home.root)).exit_code == 0
    home.root.chmod(0o555)
    home.catalogue.chmod(0o444)
    yield home
    home.root.chmod(0o755)


# root may write anywhere, unless it gives up these two capabilities (capabilities(7)).
HUMBLE = """
import ctypes, os, sys
if os.getuid() == 0:
    DROP, DAC_OVERRIDE, DAC_READ_SEARCH = 24, 1, 2
    libc = ctypes.CDLL(None)
    if any(libc.prctl(DROP, right, 0, 0, 0) for right in (DAC_OVERRIDE, DAC_READ_SEARCH)):
        sys.exit(77)
code = "from survey.cli import main; main()"
os.execv(sys.executable, [sys.executable, "-c", code, *sys.argv[1:]])
"""


def _humbly(*words: str) -> subprocess.CompletedProcess[str]:
    """`survey` as a person whom permissions hold."""
    command = [sys.executable, "-c", HUMBLE, *words]
    nothing = subprocess.DEVNULL
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=nothing)
    if done.returncode == 77:
        pytest.skip("this root cannot give up its rights")
    return done


@pytest.mark.parametrize(
    "words",
    [
        *(["ls", "-q"], ["stats"], ["show", "1703.10593"], ["search", "cyclegan"], ["rank"]),
        *(["doctor"], ["topics"], ["new", "--since", "7d"], ["export", "--format", "csv"]),
        ["decisions"],
    ],
    ids=" ".join,
)
def test_what_others_may_not_write_they_can_read(others: Home, words: list[str]) -> None:
    before = sorted(others.root.iterdir())
    done = _humbly(*words, "--home", str(others.root))
    assert done.returncode == 0, done.stderr
    assert bool(done.stdout) == (words != ["decisions"])
    assert sorted(others.root.iterdir()) == before


@pytest.mark.parametrize(
    ("words", "said", "advice"),
    [
        (["keep", "1703.10593"], "cannot be written", "cp -r"),
        (["fetch", "--cites", "1703.10593"], "Permission denied", "--home DIR"),
        (["import", "/dev/stdin"], "names no paper", "survey import"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_what_they_may_not_do_is_told(
    others: Home, words: list[str], said: str, advice: str
) -> None:
    done = _humbly(*words, "--home", str(others.root))
    assert done.returncode in (1, 2), done.stderr
    error, hint = done.stderr.splitlines()[:2]
    assert (error.startswith("error: "), said in error) == (True, True), done.stderr
    assert (hint.startswith("hint: "), advice in hint) == (True, True), done.stderr


@pytest.mark.parametrize("verb", ["sample", "ls", "path"])
@pytest.mark.parametrize("place", ["inside/a/file", "x" * 300, "/proc/none", "/dev/null"])
def test_a_home_that_cannot_be_is_told(tmp_path: Path, verb: str, place: str) -> None:
    (tmp_path / "inside").write_text("")
    result = _survey(verb, "--home", str(tmp_path / place))
    assert result.exit_code in ((0,) if verb == "path" else (1, 2)), result.output
    assert result.exit_code == 0 or result.stderr.startswith("error: ")
    assert result.exception is None or isinstance(result.exception, SystemExit)
