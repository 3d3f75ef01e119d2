"""The `dashboard` command says where it listens and what that means."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import dashboard.cli
import dashboard.server
from dashboard.cli import main
from dashboard.load.catalogue import reading, remove_samples
from dashboard.server import lifespan


@pytest.fixture
def started(home: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], dict[str, str]]]:
    """The commands that would have been started, with their environment."""
    found: list[tuple[list[str], dict[str, str]]] = []

    def note(command: list[str], env: dict[str, str]) -> int:
        found.append((command, env))
        return 0

    monkeypatch.setattr(dashboard.cli, "attend", note)
    return found


def _run(home: Path, *flags: str) -> Result:
    return CliRunner().invoke(main, ["--home", str(home), *flags])


def test_it_listens_on_this_machine_alone_unless_told_otherwise(
    home: Path, started: list[tuple[list[str], dict[str, str]]]
) -> None:
    result = _run(home)
    assert result.exit_code == 0
    ((command, environment),) = started
    assert command[command.index("--server.address") + 1] == "127.0.0.1"
    assert command[command.index("--browser.gatherUsageStats") + 1] == "false"
    assert environment["ATLAS_HOME"] == str(home)
    assert environment["ATLAS_READ_ONLY"] == ""
    assert "hint" not in result.stderr


def test_opening_it_to_a_network_says_what_that_means(
    home: Path, started: list[tuple[list[str], dict[str, str]]]
) -> None:
    open_to_all = _run(home, "--address", "0.0.0.0")
    assert "anybody who can reach this machine" in open_to_all.stderr
    assert "--read-only" in open_to_all.stderr
    closed = _run(home, "--address", "0.0.0.0", "--read-only")
    assert "anybody who can reach this machine" in closed.stderr
    assert "vote" not in closed.stderr
    assert started[1][1]["ATLAS_READ_ONLY"] == "1"


@pytest.mark.parametrize(
    ("given", "expected"), [("/atlas", "/atlas"), ("a/b.c/", "/a/b.c"), ("/", "")]
)
def test_it_can_stand_below_a_path(
    home: Path, started: list[tuple[list[str], dict[str, str]]], given: str, expected: str
) -> None:
    assert _run(home, "--base-path", given).exit_code == 0
    ((command, environment),) = started
    assert command[command.index("--server.baseUrlPath") + 1] == expected
    assert environment["ATLAS_BASE_PATH"] == expected


@pytest.mark.parametrize("given", ["/a b", "/<script>", "/..", "/a?b"])
def test_a_path_that_is_none_is_refused(home: Path, given: str) -> None:
    refused = _run(home, "--base-path", given)
    assert refused.exit_code == 2
    assert "letters, digits" in refused.stderr


def test_without_streamlit_it_names_the_command_that_installs_it(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dashboard.cli.importlib.util, "find_spec", lambda name: None)
    for flags in ([], ["--export", "site"]):
        result = _run(home, *flags)
        assert result.exit_code == 1
        assert "pip install 'i2i-atlas[dashboard]'" in result.stderr


SERVER = """
import signal, sys, time
from pathlib import Path
signal.signal(signal.SIGTERM, lambda *_: sys.exit(Path(sys.argv[1]).write_text("in order")))
print("ready", flush=True)
time.sleep(60)
"""


def test_a_server_may_end_in_order_when_the_command_is_told_to(tmp_path: Path) -> None:
    told = [sys.executable, "-c", SERVER, str(tmp_path / "said")]
    script = f"from dashboard.cli import attend\nattend({told}, {{}})"
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True
    ) as command:
        assert command.stdout is not None
        assert command.stdout.readline() == "ready\n"
        command.send_signal(signal.SIGINT)
        command.wait(20)
    assert (tmp_path / "said").read_text() == "in order"


def test_no_folder_of_bundled_papers_is_left_when_the_server_ends(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("ATLAS_HOME", str(home))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    remove_samples()  # of other tests of this process
    read = threading.Event()
    read.set()
    monkeypatch.setattr(dashboard.server, "begin", lambda: read)

    async def serve() -> None:
        async with lifespan(None):
            with reading() as (_, where):
                assert where.sample
            assert len(list(temporary.iterdir())) == 1

    asyncio.run(serve())
    assert list(temporary.iterdir()) == []
