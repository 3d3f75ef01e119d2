"""The note of a run that goes on is there exactly as long as the run."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import running
from bench.running import Asked, going, noted
from data.paths import Home

CELLS = [Asked(id="0" * 16, model="identity", dataset="photo2toon", sources=48)]


def _left(home: Home) -> list[str]:
    return [path.name for path in (home.root / "running").iterdir()]


def test_the_note_is_there_while_the_run_is(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with noted(CELLS, home):
        assert [one.cells for one in going(home)] == [tuple(CELLS)]
    assert _left(home) == []


def test_an_interrupt_while_it_is_written_leaves_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path)

    def interrupted(path: Path, content: str) -> None:
        path.write_text("that of a run which was killed", encoding="utf-8")
        raise KeyboardInterrupt

    monkeypatch.setattr(running, "write_text", interrupted)
    with pytest.raises(KeyboardInterrupt), noted(CELLS, home):
        pass
    assert _left(home) == []
