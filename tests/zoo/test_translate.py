"""Outputs never replace sources or each other, and what cannot be written is said at once."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

import zoo
from data.errors import StorageProblem, UsageProblem
from zoo.cli import main
from zoo.translate import Job, plan, translate


def _run(*arguments: object) -> Result:
    words = ["translate", "--model", "identity", *(str(a) for a in arguments)]
    return CliRunner().invoke(main, words)


def _picture(path: Path, size: tuple[int, int] = (5, 4)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (1, 2, 3)).save(path)
    return path


def _content(folder: Path) -> dict[str, str]:
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {str(p): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("d", "d"),
        ("d", "d/../d"),
        ("d/a.png", "d/a.png"),
        ("d/a.png", "d"),
        ("d/a.png", "link"),
        ("d/a.png", "link/a.png"),
        ("d/b.jpg", "d/b.jpg"),
    ],
)
def test_a_source_is_never_written_over(tmp_path: Path, source: str, target: str) -> None:
    _picture(tmp_path / "d" / "a.png")
    _picture(tmp_path / "d" / "b.jpg")
    (tmp_path / "link").symlink_to(tmp_path / "d")
    before = _content(tmp_path)
    result = _run(tmp_path / source, tmp_path / target)
    assert result.exit_code == 2, result.stderr
    assert "hint: name another" in result.stderr
    assert before == _content(tmp_path)


def test_a_picture_may_go_beside_its_source_under_another_name(tmp_path: Path) -> None:
    _picture(tmp_path / "d" / "b.jpg")
    assert _run(tmp_path / "d" / "b.jpg", tmp_path / "d").exit_code == 0
    assert sorted(p.name for p in (tmp_path / "d").iterdir()) == ["b.jpg", "b.png"]


def test_outputs_inside_the_source_are_not_translated_again(tmp_path: Path) -> None:
    _picture(tmp_path / "d" / "a.png")
    _picture(tmp_path / "d" / "sub" / "b.jpg")
    for _ in range(2):
        result = _run(tmp_path / "d", tmp_path / "d" / "out")
        assert "2 of 2 pictures translated" in result.stderr
    made = sorted(str(p.relative_to(tmp_path)) for p in (tmp_path / "d" / "out").rglob("*.png"))
    assert made == ["d/out/a.png", "d/out/sub/b.png"]


def test_every_source_has_an_output_of_its_own(tmp_path: Path) -> None:
    names = ["same.jpg", "same.png", "same.jpg.png", "a.jpg", "A.png", "x.jpg", "x.JPG"]
    names += ["Sub/y.jpg", "sub/y.png", "e\u0301.jpg", "\u00e9.png", "f.png/z.jpg", "f.jpg"]
    for name in names:
        _picture(tmp_path / "d" / name)
    there = len([p for p in (tmp_path / "d").rglob("*") if p.is_file()])  # case may not count here
    jobs = plan(tmp_path / "d", tmp_path / "out")
    targets = [str(job.target.relative_to(tmp_path / "out")).casefold() for job in jobs]
    assert there == len(set(targets))
    assert "f.png" not in targets  # a folder's name
    assert _run(tmp_path / "d", tmp_path / "out").exit_code == 0
    assert there == len([p for p in (tmp_path / "out").rglob("*") if p.is_file()])


def test_names_that_meet_nobody_stay_as_they_are(tmp_path: Path) -> None:
    _picture(tmp_path / "d" / "one.jpg")
    _picture(tmp_path / "d" / "sub" / "one.jpg")
    targets = [job.target for job in plan(tmp_path / "d", tmp_path / "out")]
    assert [tmp_path / "out" / "one.png", tmp_path / "out" / "sub" / "one.png"] == targets


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("out.xyz", "pictures cannot be written as .xyz"),
        ("out.tif", "pictures cannot be written as .tif"),
        ("file/out.png", "file is a file"),
        ("file/deeper/folder", "file is a file"),
    ],
)
def test_a_target_that_cannot_be_is_refused_before_anything_is_made(
    tmp_path: Path, target: str, message: str
) -> None:
    _picture(tmp_path / "in.png")
    (tmp_path / "file").write_text("")
    before = sorted(tmp_path.rglob("*"))
    result = _run(tmp_path / "in.png", tmp_path / target)
    assert result.exit_code == 2
    assert message in result.stderr
    assert before == sorted(tmp_path.rglob("*"))


def test_a_folder_named_like_a_picture_is_a_folder_where_it_is_one(tmp_path: Path) -> None:
    _picture(tmp_path / "in.jpg")
    (tmp_path / "x.png").mkdir()
    assert _run(tmp_path / "in.jpg", tmp_path / "x.png").exit_code == 0
    assert (tmp_path / "x.png" / "in.png").is_file()
    _picture(tmp_path / "d" / "a.png")
    with pytest.raises(UsageProblem, match=r"y\.png is the name of a picture"):
        plan(tmp_path / "d", tmp_path / "y.png")
    with pytest.raises(UsageProblem, match=r"in\.jpg is a file, but"):
        plan(tmp_path / "d", tmp_path / "in.jpg")


def test_a_folder_without_the_right_to_write_is_told_before_the_model_loads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _picture(tmp_path / "in.png")
    monkeypatch.setattr("os.access", lambda *_: False)  # the superuser may write anywhere
    with pytest.raises(StorageProblem, match="no right to write") as problem:
        plan(tmp_path / "in.png", tmp_path / "new" / "folder")
    assert "--home" not in str(problem.value.hint)


def test_a_write_that_fails_ends_the_run_with_a_fitting_hint(tmp_path: Path) -> None:
    for i in range(40):
        _picture(tmp_path / "d" / f"{i:02d}.png")
    seen = []
    # A folder where the first output should go: the system refuses the last step of the write.
    (tmp_path / "out" / "00.png").mkdir(parents=True)
    jobs = plan(tmp_path / "d", tmp_path / "out")
    with pytest.raises(StorageProblem, match=r"cannot write .*00\.png"):
        translate(zoo.load("identity", device="cpu"), jobs, 2, lambda: seen.append(1))
    assert len(seen) < 40


def test_a_full_disk_says_so_and_leaves_no_half_picture(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "in.png")
    # The quota of this process stands for the disk: the system refuses the write just so.
    code = f"""
import resource, signal
from zoo.cli import main
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
main(["translate", "--model", "identity", "--device", "cpu",
      {str(tmp_path / "in.png")!r}, {str(tmp_path / "out")!r}])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    assert "no space left to write" in done.stderr
    assert "Traceback" not in done.stderr
    assert list((tmp_path / "out").iterdir()) == []


def test_what_a_format_cannot_hold_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    _picture(tmp_path / "wide.png", (17_000, 1))
    result = _run(tmp_path / "wide.png", tmp_path / "wide.webp")
    assert result.exit_code == 1
    assert "wide.webp" in result.stderr
    assert "write it as .png" in result.stderr


def test_a_skipped_picture_is_named_once(tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_text("no picture")
    result = _run(tmp_path / "broken.png", tmp_path / "out")
    (line,) = [line for line in result.stderr.splitlines() if "skipped:" in line]
    assert line.count("broken.png") == 1


@pytest.mark.parametrize("device", ["meta", "hpu", "nosuch", "xla", ""])
def test_a_device_that_gives_nothing_back_is_a_usage_problem(tmp_path: Path, device: str) -> None:
    _picture(tmp_path / "in.png")
    result = _run("--device", device, tmp_path / "in.png", tmp_path / "out")
    assert result.exit_code == 2
    assert f"device '{device}' is not available" in result.stderr


def test_jobs_are_source_and_target(tmp_path: Path, pictures: Callable[..., Path]) -> None:
    folder = pictures("d", {"": 1})
    assert [Job(folder / "0.png", tmp_path / "out" / "0.png")] == plan(folder, tmp_path / "out")
