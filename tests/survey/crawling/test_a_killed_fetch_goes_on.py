"""A fetch can end at any moment: the next one goes on, and comes to the same catalogue."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from data.paths import Home
from tests.survey.answers import Asked
from tests.survey.crawling.conftest import Fetch, Rows, Serve
from tests.survey.server import Services
from tests.survey.world import CYCLEGAN, World

Dump = Callable[..., tuple[Rows, Rows]]
NAMES = ("s2", "openalex", "arxiv")


def _start(home: Home) -> subprocess.Popen[str]:
    code = "from survey.cli import main; main()"
    command = [sys.executable, "-c", code, "fetch", "--cites", CYCLEGAN, "--home", str(home.root)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _stop_at(
    services: Services, home: Home, request: int, sent: int, after: float
) -> tuple[int, str]:
    """Send a signal `after` seconds from some request, at 0 before it is answered.

    Gives how the fetch ended, and its talk.
    """
    services.log.clear()
    child = _start(home)

    def stop(asked: Asked) -> None:
        if len(services.log) != request:
            return
        if after:
            threading.Timer(after, os.kill, (child.pid, sent)).start()
        else:
            os.kill(child.pid, sent)

    services.before = stop
    talk = child.communicate(timeout=100)[1]
    services.before = lambda asked: None
    return child.returncode, talk


def test_kill_9_at_any_moment(
    serve: Serve, fetch: Fetch, dump: Dump, home: Home, tmp_path: Path
) -> None:
    services = serve(World(900))
    services.claimed = 12_000  # so that the list is read in parts
    chance = random.Random(20170330)
    for request in (3, 6, 8, 8, 8):
        after = 0.001 + chance.random() * 0.03
        assert _stop_at(services, home, request, signal.SIGKILL, after)[0] == -signal.SIGKILL
    assert fetch(CYCLEGAN, names=NAMES).exit_code == 0
    fetch(CYCLEGAN, names=NAMES, place=Home(tmp_path / "other"))
    assert dump() == dump(Home(tmp_path / "other"))


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_person_who_stops_it_is_told_how_to_go_on(
    serve: Serve, fetch: Fetch, dump: Dump, home: Home, tmp_path: Path, sent: signal.Signals
) -> None:
    services = serve(World(900))
    code, talk = _stop_at(services, home, 9, sent, 0)
    assert code == 130
    assert "interrupted; the same command goes on from here" in talk
    assert "Traceback" not in talk
    assert dump()[1]
    fetch(CYCLEGAN, names=NAMES)
    fetch(CYCLEGAN, names=NAMES, place=Home(tmp_path / "other"))
    assert dump() == dump(Home(tmp_path / "other"))


def test_pages_that_were_saved_are_not_asked_for_again(
    serve: Serve, fetch: Fetch, home: Home
) -> None:
    services = serve(World(900))
    fetch(CYCLEGAN, names=NAMES)
    whole = len(services.log)
    (home.root / "catalogue.db").unlink()
    for more in ("-wal", "-shm"):
        (home.root / f"catalogue.db{more}").unlink(missing_ok=True)
    _stop_at(services, home, whole // 2, signal.SIGKILL, 0)
    services.log.clear()
    fetch(CYCLEGAN, names=NAMES)
    assert len(services.log) <= whole - whole // 2 + 3


def test_a_full_disk_is_told_and_the_next_fetch_goes_on(
    serve: Serve, fetch: Fetch, dump: Dump, home: Home, tmp_path: Path
) -> None:
    serve(World(900))
    code = (
        "import resource, signal\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (700_000, resource.RLIM_INFINITY))\n"
        "from survey.cli import main; main()"
    )
    command = [sys.executable, "-c", code, "fetch", "--cites", CYCLEGAN, "--home", str(home.root)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert "error: " in done.stderr
    fetch(CYCLEGAN, names=NAMES)
    fetch(CYCLEGAN, names=NAMES, place=Home(tmp_path / "other"))
    assert dump() == dump(Home(tmp_path / "other"))
