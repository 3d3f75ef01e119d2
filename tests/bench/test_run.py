"""`bench run` end to end on real files: right numbers, no lost work, clear errors."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner, Result

from bench.cli import main
from bench.records import Record, read_all
from zoo.architectures import Architecture, build

FREE = "fid-texture,kid-texture"
Folders = Callable[..., Path]


def _bench(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


def _run(
    dataset: Path | str, models: str = "identity", metrics: str = FREE, *more: object
) -> Result:
    return _bench("run", "--models", models, "--dataset", dataset, "--metrics", metrics, *more)


def _records(home: Path) -> list[Record]:
    return read_all([home / "results"])


def _values(record: Record) -> dict[str, float]:
    return {score["metric"]: score["value"] for score in record.scores}


@pytest.fixture
def unpaired(folders: Folders) -> Path:
    """Twelve sources, eleven references."""
    folders("set", {"testA": 12}, seed=1)
    return folders("set", {"testB": 11}, seed=2)


@pytest.fixture
def paired(folders: Folders) -> Path:
    """Twelve pairs in two folders."""
    folders("pairs", {"A": 12}, seed=1)
    return folders("pairs", {"B": 12}, seed=2)


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """A tiny generator in the reference's format."""
    torch.manual_seed(0)
    state = build(Architecture("resnet", {"blocks": 1, "width": 4})).state_dict()
    torch.save(state, tmp_path / "latest_net_G.pth")
    return tmp_path / "latest_net_G.pth"


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A generator that gives NaN."""
    state = build(Architecture("resnet", {"blocks": 1, "width": 2})).state_dict()
    state["model.1.weight"].fill_(float("nan"))
    torch.save(state, tmp_path / "nan.pth")
    return tmp_path / "nan.pth"


def test_fid_kid_and_isc_equal_torch_fidelity_on_the_same_files(
    paired: Path,
    inception: Path,
    own_home: Path,
    monkeypatch: pytest.MonkeyPatch,
    sha256: Callable[[Path], str],
) -> None:
    from PIL import Image
    from torch_fidelity import calculate_metrics

    for path in (paired / "B").iterdir():  # noise: far from A, so that no digit is cancellation
        Image.effect_noise((40, 40), 80).convert("RGB").save(path)
    monkeypatch.setenv("ATLAS_INCEPTION", str(inception))
    result = _run(paired, "identity", "fid,kid,isc")
    assert result.exit_code == 0, result.stderr
    theirs = calculate_metrics(
        input1=str(paired / "A"),
        input2=str(paired / "B"),
        fid=True,
        kid=True,
        isc=True,
        kid_subsets=1,
        kid_subset_size=12,
        feature_extractor_weights_path=str(inception),
        cuda=False,
        cache=False,
        verbose=False,
        save_cpu_ram=True,
    )
    (record,) = _records(own_home)
    ours = _values(record)
    assert theirs["frechet_inception_distance"] == pytest.approx(ours["fid"], rel=1e-4)
    # Their kernel is float32, ours float64: they part in the seventh digit of k, near one.
    theirs_kid = theirs["kernel_inception_distance_mean"]
    assert ours["kid"] == pytest.approx(theirs_kid, rel=1e-4, abs=2e-6)
    assert ours["kid"] > 1e-4
    assert ours["isc"] == pytest.approx(theirs["inception_score_mean"], rel=1e-3)
    for score in record.scores:
        assert not score["comparable"]
        assert sha256(inception) == score["extractor_sha256"]
    assert any("rank by kid" in warning for warning in record.warnings)


def test_paired_metrics_compare_with_the_true_answer(
    paired: Path, alexnet: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATLAS_LPIPS_ALEX", str(alexnet))
    assert _run(paired, "identity", "lpips,psnr,ssim").exit_code == 0
    (record,) = _records(own_home)
    assert {"lpips", "psnr", "ssim"} == set(_values(record))
    assert _values(record)["lpips"] > 0
    assert all(set(p["scores"]) == {"lpips", "psnr", "ssim"} for p in record.pictures)
    mean = sum(p["scores"]["psnr"] for p in record.pictures) / 12
    assert mean == pytest.approx(_values(record)["psnr"])
    for picture in record.pictures:
        assert all((own_home / picture[role]).is_file() for role in ("source", "output", "target"))


def test_without_true_answers_lpips_is_to_the_source_and_psnr_is_left_out(
    unpaired: Path, alexnet: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATLAS_LPIPS_ALEX", str(alexnet))
    result = _run(unpaired, "identity", "lpips,psnr,kid-texture")
    told = "AtoB: no psnr: it does not apply: the data set has no true answers"
    assert result.stderr.count(told) == 1
    (record,) = _records(own_home)
    assert {"lpips-source", "kid-texture"} == set(_values(record))
    assert pytest.approx(_values(record)["lpips-source"]) == 0


def test_asking_again_measures_nothing(unpaired: Path, own_home: Path) -> None:
    _run(unpaired)
    (before,) = _records(own_home)
    result = _run(unpaired)
    assert "1 of 1 already recorded" in result.stderr
    assert [before] == _records(own_home)


def test_force_makes_the_outputs_again(unpaired: Path, own_home: Path) -> None:
    _run(unpaired)
    (before,) = _records(own_home)
    assert _run(unpaired, "identity", FREE, "--force").exit_code == 0
    (after,) = _records(own_home)
    assert before.cost["images"] == after.cost["images"] == 12
    assert _values(before) == _values(after)


def test_a_failure_never_takes_the_place_of_a_score(
    unpaired: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _run(unpaired)
    before = _records(own_home)

    def crash(*_: Any) -> None:
        raise RuntimeError("the network caught fire")

    monkeypatch.setattr("zoo.translator.Translator.__call__", crash)
    assert _run(unpaired, "identity", FREE, "--force").exit_code == 3
    assert before == _records(own_home)


def test_the_same_pictures_under_swapped_names_keep_their_answers(
    paired: Path, tmp_path: Path, own_home: Path
) -> None:
    _run(paired, "identity", "ssim")
    (before,) = _records(own_home)
    copy = tmp_path / "swapped"
    for part in "AB":
        (copy / part).mkdir(parents=True)
        files = sorted((paired / part).iterdir())
        for path, other in zip(files, [*files[1:], files[0]], strict=True):
            shutil.copy(path, copy / part / other.name)
    _run(copy, "identity", "ssim", "--force")
    assert {_values(before)["ssim"]} == {_values(record)["ssim"] for record in _records(own_home)}


def test_two_sources_of_one_name_are_two_pictures(folders: Folders, own_home: Path) -> None:
    from PIL import Image

    root = folders("same", {"testA": 4, "testB": 4})
    Image.open(root / "testA" / "001.png").save(root / "testA" / "000.bmp")
    (root / "testA" / "001.png").unlink()
    _run(root)
    renamed = (root / "testA" / "000.bmp").rename(root / "testA" / "009.bmp")
    assert renamed.is_file()
    _run(root, "identity", FREE, "--home", own_home / "other")
    (first,), (second,) = _records(own_home), _records(own_home / "other")
    assert first.id == second.id
    assert _values(first) == _values(second)


def test_figures_of_other_tools_are_made_in_the_order_of_file_names(
    unpaired: Path, inception: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from torch_fidelity import calculate_metrics

    monkeypatch.setenv("ATLAS_INCEPTION", str(inception))
    assert _run(unpaired, "identity", "kid,isc", "--seed", "7").exit_code == 0
    theirs = calculate_metrics(
        input1=str(unpaired / "testA"),
        input2=str(unpaired / "testB"),
        kid=True,
        isc=True,
        kid_subset_size=11,
        rng_seed=7,
        feature_extractor_weights_path=str(inception),
        cuda=False,
        cache=False,
        verbose=False,
        save_cpu_ram=True,
    )
    (record,) = _records(own_home)
    extra = {score["metric"]: score["extra"] for score in record.scores}
    # Twelve outputs against subsets of eleven: which one is left out depends on the order.
    assert extra["kid"]["subset_mean"] == pytest.approx(
        theirs["kernel_inception_distance_mean"], rel=1e-3
    )
    assert extra["kid"]["subset_deviation"] == pytest.approx(
        theirs["kernel_inception_distance_std"], rel=1e-2
    )
    assert extra["isc"]["by_name_mean"] == pytest.approx(theirs["inception_score_mean"], rel=1e-5)


def test_a_dry_run_downloads_nothing(unpaired: Path, own_home: Path) -> None:
    result = _run(unpaired, "identity", "fid,lpips", "--dry-run")
    assert result.exit_code == 0
    assert "would download weights-inception-2015-12-05-6726825d.pth (95.6 MB)" in result.stderr
    assert "to do" in result.stdout


def test_a_record_of_a_later_version_is_not_written_over(unpaired: Path, own_home: Path) -> None:
    _run(unpaired)
    (path,) = (own_home / "results").glob("*/*/*.json")
    later = json.dumps({**json.loads(path.read_text()), "schema": 99})
    path.write_text(later)
    result = _run(unpaired)
    assert result.exit_code == 1
    assert "schema 99" in result.stderr
    assert later == path.read_text()


def test_names_order_and_batch_change_nothing(
    unpaired: Path, checkpoint: Path, tmp_path: Path, own_home: Path
) -> None:
    model = f"cyclegan@{checkpoint}"
    assert _run(unpaired, model).exit_code == 0
    (first,) = _records(own_home)
    copy = tmp_path / "elsewhere"
    for part in ("testA", "testB"):
        (copy / part).mkdir(parents=True)
        for i, path in enumerate(sorted((unpaired / part).iterdir(), reverse=True)):
            shutil.copy(path, copy / part / f"renamed-{i:03d}.png")
    moved = tmp_path / "other.pth"
    shutil.copy(checkpoint, moved)
    other = tmp_path / "other-home"
    again = f"cyclegan@{moved}"
    assert _run(copy, again, FREE, "--batch", "3", "--home", other).exit_code == 0
    (second,) = _records(other)
    assert first.id == second.id
    assert _values(first) == pytest.approx(_values(second), rel=1e-4)


def test_other_weights_or_pictures_are_other_questions(
    unpaired: Path, checkpoint: Path, own_home: Path
) -> None:
    _run(unpaired, f"cyclegan@{checkpoint}")
    state = torch.load(checkpoint, weights_only=True)
    state["model.1.bias"][0] += 1
    torch.save(state, checkpoint)
    _run(unpaired, f"cyclegan@{checkpoint}")
    (unpaired / "testA" / "000.png").unlink()
    _run(unpaired, f"cyclegan@{checkpoint}")
    assert len({record.id for record in _records(own_home)}) == 3


def test_a_model_that_gives_nan_leaves_an_error_record_and_the_others_go_on(
    unpaired: Path, broken: Path, own_home: Path
) -> None:
    result = _run(unpaired, f"cyclegan@{broken},identity")
    assert result.exit_code == 3
    by_model = {record.model: record for record in _records(own_home)}
    assert by_model["identity"].status == "done"
    failed = by_model["cyclegan@nan.pth"]
    assert failed.status == "error"
    assert failed.error is not None
    assert failed.error["type"] == "FloatingPointError"
    assert "cyclegan@nan.pth failed: FloatingPointError" in result.stderr
    assert _run(unpaired, f"cyclegan@{broken}").exit_code == 3  # tried again, not taken as done


def test_a_crash_is_recorded_without_folders_of_this_machine(
    unpaired: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: Any) -> None:
        raise RuntimeError("the network caught fire")

    monkeypatch.setattr("zoo.translator.Translator.__call__", crash)
    assert _run(unpaired).exit_code == 3
    (record,) = _records(own_home)
    assert record.error is not None
    assert record.error["message"] == "the network caught fire"
    assert str(Path(__file__).parents[2]) not in record.error["trace"]


def test_a_damaged_checkpoint_fails_alone(unpaired: Path, tmp_path: Path, own_home: Path) -> None:
    (tmp_path / "bad.pth").write_bytes(b"no checkpoint")
    assert _run(unpaired, f"cyclegan@{tmp_path / 'bad.pth'},identity").exit_code == 3
    assert {"done", "error"} == {record.status for record in _records(own_home)}


def test_an_unreadable_picture_is_named_and_can_be_left_out(unpaired: Path, own_home: Path) -> None:
    (unpaired / "testA" / "005.png").write_text("no picture")
    result = _run(unpaired)
    assert result.exit_code == 1
    assert "005.png cannot be read as a picture" in result.stderr
    assert "--skip-bad" in result.stderr
    assert _records(own_home) == []
    assert _run(unpaired, "identity", FREE, "--skip-bad").exit_code == 0
    (record,) = _records(own_home)
    assert {11} == {score["n"] for score in record.scores}
    assert any("left out, unreadable: 005.png" in warning for warning in record.warnings)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("cyclegn", "photo2toon", FREE), "did you mean 'cyclegan'"),
        (("identity", "photo2ton", FREE), "did you mean 'photo2toon'"),
        (("identity", "photo2toon", "fid-textur"), "did you mean 'fid-texture'"),
        (("identity", "photo2toon", ""), "no metric named"),
        (("nothing.*", "photo2toon", FREE), "no model matches"),
    ],
)
def test_a_wrong_word_exits_2_with_the_nearest(words: tuple[str, str, str], message: str) -> None:
    models, dataset, metrics = words
    result = _run(dataset, models, metrics)
    assert result.exit_code == 2
    assert message in result.stderr
    assert "hint:" in result.stderr


def test_an_empty_folder_and_a_single_picture_exit_2(tmp_path: Path, folders: Folders) -> None:
    (tmp_path / "empty").mkdir()
    assert "it is empty" in _run(tmp_path / "empty").stderr
    result = _run(folders("one", {"testA": 1, "testB": 5}))
    assert result.exit_code == 2
    assert "has 1 source picture(s)" in result.stderr


def test_pairs_of_unequal_number_exit_2(folders: Folders) -> None:
    result = _run(folders("pairs", {"A": 5, "B": 4}))
    assert result.exit_code == 2
    assert "pairs do not match" in result.stderr


def test_pictures_of_several_sizes_are_measured_and_size_makes_them_one(
    folders: Folders, own_home: Path
) -> None:
    folders("mixed", {"testA": 3}, seed=1, size=33)
    root = folders("mixed", {"testB": 6}, seed=2)
    from PIL import Image

    for i in range(3):
        Image.new("RGB", (50, 20), (i * 80, 0, 0)).save(root / "testA" / f"wide{i}.png")
    assert _run(root).exit_code == 0
    assert _run(root, "identity", FREE, "--size", "32").exit_code == 0
    resized = [r for r in _records(own_home) if r.spec["size"] == 32]
    assert {"Pillow bicubic to 32×32"} == {s["resize"] for s in resized[0].scores}


def test_limit_draws_by_content(unpaired: Path, own_home: Path) -> None:
    assert _run(unpaired, "identity", FREE, "--limit", "5").exit_code == 0
    (record,) = _records(own_home)
    assert {5} == {score["n"] for score in record.scores}
    assert {11} == {score["n_reference"] for score in record.scores}


def test_too_few_pictures_for_isc_is_a_warning_in_the_record(
    folders: Folders, inception: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATLAS_INCEPTION", str(inception))
    assert _run(folders("few", {"testA": 3, "testB": 3}), "identity", "isc,kid").exit_code == 0
    (record,) = _records(own_home)
    assert {"kid"} == set(_values(record))
    assert any("no isc: isc needs at least 10" in warning for warning in record.warnings)


def test_a_home_that_cannot_be_written_is_an_error(unpaired: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = _run(unpaired, "identity", FREE, "--home", tmp_path / "file" / "home")
    assert result.exit_code == 1
    assert "cannot be used" in result.stderr


def test_a_full_disk_leaves_no_half_record(unpaired: Path, own_home: Path) -> None:
    code = f"""
import resource, signal, sys
from bench.cli import main
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))
main(["run", "--models", "identity", "--dataset", {str(unpaired)!r}, "--metrics", {FREE!r}])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert "error:" in done.stderr
    assert list(own_home.glob("results/*/*/*")) == []


def _command(unpaired: Path, model: str) -> list[str]:
    tool = str(Path(sys.executable).with_name("bench"))
    words = ["run", "--models", model, "--dataset", str(unpaired), "--metrics", FREE]
    return [tool, *words, "--batch", "1", "--device", "cpu"]


@pytest.mark.parametrize("kill", [signal.SIGTERM, signal.SIGKILL])
def test_killed_half_way_it_leaves_no_record_and_goes_on(
    folders: Folders, tmp_path: Path, own_home: Path, kill: signal.Signals
) -> None:
    folders("large", {"testA": 40}, seed=1, size=160)
    root = folders("large", {"testB": 3}, seed=2)
    torch.manual_seed(0)
    state = build(Architecture("resnet", {"blocks": 6, "width": 24})).state_dict()
    torch.save(state, tmp_path / "slow.pth")
    command = _command(root, f"cyclegan@{tmp_path / 'slow.pth'}")
    running = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 120
    while len(list(own_home.glob("runs/*/images/*.png"))) < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    running.send_signal(kill)
    running.communicate(timeout=60)
    assert running.returncode == (130 if kill == signal.SIGTERM else -signal.SIGKILL)
    assert _records(own_home) == []
    left = len(list(own_home.glob("runs/*/images/[0-9]*.png")))
    assert 0 < left < 40
    assert subprocess.run(command, stderr=subprocess.DEVNULL).returncode == 0
    (record,) = _records(own_home)
    assert 40 - left == record.cost["images"]
    assert {40} == {score["n"] for score in record.scores}


def test_two_at_once_make_one_record(unpaired: Path, own_home: Path) -> None:
    command = _command(unpaired, "identity")
    both = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    talks = [running.communicate(timeout=120)[1] for running in both]
    assert [running.returncode for running in both] == [0, 0], talks
    assert len(list((own_home / "results").rglob("*.json"))) == 1
    assert _records(own_home)[0].status == "done"


def test_listings_are_json_lines(unpaired: Path) -> None:
    _run(unpaired)
    for words in (["ls"], ["leaderboard", "--dataset", "set"], ["metrics"], ["datasets"]):
        lines = _bench(*words, "--json").stdout.splitlines()
        assert lines
        assert all(isinstance(json.loads(line), dict) for line in lines)
    row = json.loads(_bench("leaderboard", "--dataset", "set", "--json").stdout)
    assert {"metric", "value", "low", "high", "n"} <= set(row["scores"][0])
    shown = _bench("show", row["record"][:6])
    assert "kid-texture" in shown.stdout
    assert row["record"] == json.loads(_bench("show", row["record"], "--json").stdout)["id"]
    assert (
        "| rank | group | model |" in _bench("leaderboard", "--dataset", "set", "--markdown").stdout
    )


def test_a_leaderboard_of_nothing_names_the_command_that_fills_it() -> None:
    result = _bench("leaderboard", "--dataset", "unheard-of")
    assert result.exit_code == 2
    assert "bench ls" in result.stderr
    assert "did you mean 'photo2toon'" in _bench("leaderboard", "--dataset", "photo2ton").stderr


def test_a_dry_run_writes_nothing(unpaired: Path, own_home: Path) -> None:
    result = _run(unpaired, "identity", FREE, "--dry-run")
    assert result.exit_code == 0
    assert "to do" in result.stdout
    assert _records(own_home) == []


def test_listing_records_imports_no_torch() -> None:
    code = (
        "import sys\nfrom bench.cli import main\n"
        "try: main(['ls'])\nexcept SystemExit: print('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ}
    )
    assert done.stdout.splitlines()[-1] == "False", done.stderr
