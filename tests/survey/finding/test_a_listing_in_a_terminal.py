"""What `survey ls` prints on a terminal can be copied from it, however narrow it is."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from survey.cli import main


def _on_a_terminal(columns: int, *words: str) -> str:
    """What `survey` writes to a terminal of so many columns."""
    ours, its = pty.openpty()
    command = [sys.executable, "-c", "from survey.cli import main; main()", *words]
    given = {**os.environ, "COLUMNS": str(columns), "TERM": "xterm"}
    with subprocess.Popen(command, stdout=its, stderr=subprocess.DEVNULL, env=given) as running:
        os.close(its)
        written = b""
        try:
            while some := os.read(ours, 65_536):
                written += some
        except OSError:  # Linux's way to say that the other end is closed
            pass
    os.close(ours)
    assert running.returncode == 0
    return written.decode()


@pytest.mark.parametrize("columns", [80, 100])
def test_no_id_is_broken(tmp_path: Path, columns: int) -> None:
    assert CliRunner().invoke(main, ["sample", "--home", str(tmp_path)]).exit_code == 0
    ids = CliRunner().invoke(main, ["ls", "-q", "--home", str(tmp_path)]).stdout.split()
    text = _on_a_terminal(columns, "ls", "--limit", "200", "--home", str(tmp_path))
    assert len(ids) == 112
    assert [one for one in ids if one.startswith("arxiv:") and f"{one} " not in text] == []
    rows = text.splitlines()[1:]  # without the coloured head
    assert max(map(len, rows)) <= columns
