"""Records stay what they were: found when edited, never lost, merged without surprises."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bench.cli import main
from bench.cli.shown import outcome
from bench.records import SCHEMA, identity, read, read_all, seal, write
from bench.store.index import INDEX, headers, indexed
from bench.store.migrations import NewerSchema, migrated
from data.errors import StorageProblem
from data.paths import PUBLISHED, Home

FREE = "fid-texture,kid-texture,psnr"
Folders = Callable[..., Path]


def _bench(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with one measured pair of small models on pairs of pictures."""
    import numpy as np
    import torch
    from PIL import Image

    from zoo.architectures import Architecture, build

    root = tmp_path_factory.mktemp("measured")
    rng = np.random.default_rng(0)
    for part in "AB":
        (root / "pairs" / part).mkdir(parents=True)
        for i in range(6):
            coarse = Image.fromarray(rng.integers(0, 256, (5, 5, 3), dtype=np.uint8))
            coarse.resize((40, 40)).save(root / "pairs" / part / f"{i}.png")
    torch.manual_seed(0)
    network = build(Architecture("resnet", {"blocks": 1, "width": 4}))
    torch.save(network.state_dict(), root / "net.pth")
    models = f"identity,cyclegan@{root / 'net.pth'}"
    asked = ["--models", models, "--dataset", root / "pairs", "--metrics", FREE]
    result = _bench("run", *asked, "--home", root / "home")
    assert result.exit_code == 0, result.stderr
    return root / "home"


@pytest.fixture
def home(measured: Path, tmp_path: Path) -> Path:
    """A copy of that home to spoil."""
    return Path(shutil.copytree(measured, tmp_path / "copy"))


def _file(home: Path, model: str = "identity") -> Path:
    (path,) = (home / "results" / "pairs").glob(f"{model}*/*.json")
    return path


def _edit(path: Path, **fields: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))


def _states(home: Path) -> dict[str, str]:
    shown = _bench("verify", _file(home).stem, "--home", home, "--json").stdout.splitlines()
    return {row["what"]: row["state"] for row in map(json.loads, shown)}


def test_what_was_measured_verifies(home: Path) -> None:
    assert _states(home) == {
        "id": "holds",
        "seal": "holds",
        "mean psnr": "holds",
        "weights": "holds",
        "extractor texture": "holds",
        "data": "absent",  # a folder, whose place no record knows
        "pictures": "holds",
        "score fid-texture": "holds",
        "score kid-texture": "holds",
    }


def test_a_score_edited_by_hand_is_found(home: Path) -> None:
    scores = json.loads(_file(home).read_text())["scores"]
    for score in scores:
        score["value"] *= 0.9
    _edit(_file(home), scores=scores)
    broken = {what for what, state in _states(home).items() if state == "broken"}
    assert broken == {"seal", "mean psnr", "score fid-texture", "score kid-texture"}
    result = _bench("verify", "--home", home)
    assert result.exit_code == 1
    assert "made again" in result.stdout


def test_a_forger_who_seals_again_is_found_by_the_features(home: Path) -> None:
    content = json.loads(_file(home).read_text())
    content["scores"][1]["value"] *= 0.9
    _edit(_file(home), scores=content["scores"], seal=seal(content))
    assert "broken" in {s for w, s in _states(home).items() if w.startswith("score")}
    assert _states(home)["seal"] == "holds"


@pytest.mark.parametrize(
    ("spoil", "what"),
    [
        (lambda c: {"spec": {**c["spec"], "split": "train"}}, "id"),
        (lambda c: {"seal": None}, "seal"),
        (lambda c: {"scores": [{"metric": "kid"}]}, "file"),
    ],
)
def test_other_edits_are_found_where_they_were_made(
    home: Path, spoil: Callable[[dict[str, Any]], dict[str, Any]], what: str
) -> None:
    path = _file(home)
    _edit(path, **spoil(json.loads(path.read_text())))
    assert _states(home)[what] == "broken"


def test_a_changed_or_missing_picture_is_found(home: Path) -> None:
    outputs = sorted((home / "runs" / _file(home).stem / "images").glob("*.png"))
    shutil.copy(outputs[0], outputs[1])
    assert _states(home)["pictures"] == "broken"
    for path in outputs:
        path.unlink()
    assert _states(home)["pictures"] == "holds"  # of copies of sources and answers, which are there


def test_published_records_verify_as_far_as_they_can() -> None:
    result = _bench("verify", "--published")
    assert result.exit_code == 0, result.stdout
    assert " 0 broken" in result.stderr


def test_records_of_the_first_schema_are_read_in_the_present_one(home: Path) -> None:
    path = _file(home)
    before = read(path)
    content = {k: v for k, v in json.loads(path.read_text()).items() if k != "seal"}
    path.write_text(json.dumps({**content, "schema": 1}))
    assert before == read(path)
    assert read(path).schema == SCHEMA == 2
    assert _states(home)["seal"] == "absent"
    for record in read_all([PUBLISHED]):
        assert identity(record.spec) == record.id


@pytest.mark.parametrize("schema", [None, 0, "1", -3])
def test_a_schema_that_never_was_is_refused(schema: Any) -> None:
    with pytest.raises(ValueError, match="schema"):
        migrated({"schema": schema})
    with pytest.raises(NewerSchema):
        migrated({"schema": SCHEMA + 1})


def test_a_record_that_is_replaced_is_kept_beside(home: Path) -> None:
    path = _file(home)
    before = path.read_bytes()
    record = read(path)
    write(home / "results", record)
    assert not (path.parent / "former").exists()  # the same again is nothing new
    changed = record.to_json() | {"finished": "2027-01-01T00:00:00+00:00"}
    write(home / "results", type(record)(**changed))
    (former,) = (path.parent / "former").iterdir()
    assert before == former.read_bytes()
    assert len(read_all([home / "results"])) == 2


def test_the_index_is_only_a_faster_way_to_the_same(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.store.index.MANY", 1)
    results = home / "results"
    expected = {r.id: r.scores for r in read_all([results])}
    assert expected == {r.id: r.scores for r in headers([results])}
    assert (results / "pairs" / INDEX).is_file()
    assert expected == {r.id: r.scores for r in headers([results], "pairs")}
    monkeypatch.setattr("bench.store.index.read", None)  # nothing is read twice
    assert expected == {r.id: r.scores for r in headers([results])}


@pytest.mark.parametrize("damage", ["{", '{"version": 99, "entries": {}}', '{"version": 1}', "[]"])
def test_a_damaged_index_is_made_again(
    home: Path, damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.store.index.MANY", 1)
    (home / "results" / "pairs" / INDEX).write_text(damage)
    assert len(headers([home / "results"])) == 2


def test_an_edited_a_new_and_a_removed_record_are_seen(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.store.index.MANY", 1)
    headers([home / "results"])
    path = _file(home)
    _edit(path, finished="2027-01-01T00:00:00+00:00")
    os.utime(path, ns=(1, 1))
    assert "2027-01-01T00:00:00+00:00" in {r.finished for r in headers([home / "results"])}
    path.unlink()
    assert len(headers([home / "results"])) == 1


def test_a_run_leaves_the_index_up_to_date(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.store.index.MANY", 1)
    results = home / "results"
    assert outcome(read_all([results]), ["pairs"], Home(home)) == 0
    files = {f"{path.parent.name}/{path.name}": path for path in results.glob("pairs/*/*.json")}
    about = {name: path.stat() for name, path in files.items()}
    states = {name: [a.st_mtime_ns, a.st_size, a.st_ino] for name, a in about.items()}
    known = indexed(results / "pairs", states)
    assert {name: read(path).scores for name, path in files.items()} == {
        name: record.scores for name, record in known.items()
    }
    elsewhere = {name: [state[0] + 1, *state[1:]] for name, state in states.items()}
    assert indexed(results / "pairs", elsewhere) == {}  # of other versions nothing is known


def test_merging_takes_records_pictures_and_features(home: Path, tmp_path: Path) -> None:
    other = tmp_path / "mine"
    result = _bench("merge", home, "--home", other)
    assert result.exit_code == 0, result.stderr
    assert "2 taken" in result.stderr
    assert "2 here already" in _bench("merge", home, "--home", other).stderr
    shutil.rmtree(home)
    assert _states(other)["score kid-texture"] == "holds"
    shown = _bench("compare", "identity", "cyclegan", "--home", other, "--json").stdout
    how = {row["metric"]: row["how"] for row in map(json.loads, shown.splitlines())}
    assert how["kid-texture"].startswith("joint delete-one jackknife")


def test_a_contradiction_is_shown_and_ours_stays(home: Path, tmp_path: Path) -> None:
    other = tmp_path / "mine"
    _bench("merge", home, "--home", other)
    ours = _file(other).read_bytes()
    content = json.loads(_file(home).read_text())
    content["scores"][0]["value"] += 1
    _edit(_file(home), scores=content["scores"], seal=seal(content))
    result = _bench("merge", home, "--home", other)
    assert result.exit_code == 3
    assert "1 in conflict" in result.stderr
    assert _file(home).stem in result.stdout
    assert ours == _file(other).read_bytes()


def test_a_record_edited_by_hand_is_not_taken(home: Path, tmp_path: Path) -> None:
    _edit(_file(home), finished="2027-01-01")
    result = _bench("merge", home, "--home", tmp_path / "mine")
    assert result.exit_code == 3
    assert "edited after it was written" in result.stderr
    assert "1 taken" in result.stderr


def test_merging_writes_nothing_outside_the_home(home: Path, tmp_path: Path) -> None:
    content = json.loads(_file(home).read_text())
    (home / "secret.png").write_bytes(b"x")
    content["pictures"][0]["output"] = "../stolen.png"
    (tmp_path / "stolen.png").write_bytes(b"x")
    _edit(_file(home), pictures=content["pictures"], seal=seal(content))
    mine = tmp_path / "deep" / "mine"
    _bench("merge", home, "--home", mine)
    assert not (mine.parent / "stolen.png").exists()


def test_pruning_lists_first_and_keeps_what_records_need(home: Path) -> None:
    orphan = home / "runs" / "0123456789abcdef" / "images"
    orphan.mkdir(parents=True)
    (orphan / "x.png").write_bytes(b"12345")
    (home / "runs" / "pictures" / "no-record-shows-this.png").write_bytes(b"1")
    listed = _bench("prune", "--home", home)
    assert "0123456789abcdef" in listed.stdout
    assert orphan.is_dir()
    assert "2 removed" in _bench("prune", "--yes", "--home", home).stderr
    assert not orphan.parent.exists()
    assert set(_states(home).values()) == {"holds", "absent"}


def test_outputs_can_go_and_scores_stay_checkable(home: Path) -> None:
    assert _bench("prune", "--outputs", "--yes", "--home", home).exit_code == 0
    assert not list((home / "runs").glob("*/images"))
    states = _states(home)
    assert states["pictures"] == "absent"
    assert states["score kid-texture"] == "holds"


def test_models_are_compared_over_the_same_sources(home: Path) -> None:
    result = _bench("compare", "identity", "cyclegan@net.pth", "--home", home, "--json", "--top", 2)
    rows = {row["metric"]: row for row in map(json.loads, result.stdout.splitlines())}
    one, two = (
        {s["metric"]: s["value"] for s in read(_file(home, m)).scores}
        for m in ("identity", "cyclegan")
    )
    for metric, row in rows.items():
        assert row["value"] == pytest.approx(one[metric] - two[metric])
        assert row["low"] <= row["value"] <= row["high"]
    assert rows["psnr"]["how"].startswith("paired")
    pictures = rows["psnr"]["pictures"]
    assert len(pictures) == 2
    assert abs(pictures[0]["difference"]) >= abs(pictures[1]["difference"])
    assert pictures[0]["difference"] == pytest.approx(pictures[0]["first"] - pictures[0]["second"])
    shown = _bench("compare", "identity", "cyclegan", "--home", home).stdout
    assert "psnr: pictures on which identity and cyclegan@net.pth differ most" in shown


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("identity",), "needs two models"),
        (("identity", "nothing"), "nothing is recorded of nothing"),
    ],
)
def test_what_cannot_be_compared_is_said(home: Path, names: tuple[str, ...], message: str) -> None:
    result = _bench("compare", *names, "--home", home)
    assert result.exit_code == 2
    assert message in result.stderr


def test_scores_of_several_runs_of_a_model_are_compared_together(
    folders: Folders, own_home: Path
) -> None:
    data = folders("pairs", {"A": 4, "B": 4})
    for metrics, model in (("psnr", "pix2pix"), ("ssim", "identity"), ("psnr", "identity")):
        _bench("run", "--models", model, "--metrics", metrics, "--dataset", data)
    shown = _bench("compare", "identity", "pix2pix", "--json").stdout.splitlines()
    assert [json.loads(line)["metric"] for line in shown] == ["psnr"]
    _bench("run", "--models", "pix2pix", "--metrics", "ssim,kid-texture", "--dataset", data)
    shown = _bench("compare", "identity", "pix2pix", "--json").stdout.splitlines()
    assert [json.loads(line)["metric"] for line in shown] == ["ssim", "psnr"]
    assert all("Student's t" in line for line in shown)  # each from the record that has it


def test_answers_to_two_questions_are_not_compared(home: Path, folders: Folders) -> None:
    other = folders("other", {"testA": 4, "testB": 4})
    _bench("run", "--models", "ganilla", "--dataset", other, "--metrics", FREE, "--home", home)
    result = _bench("compare", "identity", "cyclegan@net.pth", "ganilla", "--home", home)
    assert result.exit_code == 2
    assert "never asked the same question" in result.stderr


def test_a_home_that_cannot_be_written_is_compared_all_the_same(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise StorageProblem("no space left")

    monkeypatch.setattr("bench.compare.kept._write", refuse)
    result = _bench("compare", "identity", "cyclegan", "--home", home)
    assert result.exit_code == 0, result.stderr
    assert "joint delete-one jackknife" in result.stderr


def test_pictures_that_are_there_twice_are_compared_in_pairs_too(
    folders: Folders, tmp_path: Path
) -> None:
    root = folders("twice", {"A": 5, "B": 5})
    for part in "AB":
        shutil.copy(root / part / "000.png", root / part / "005.png")
    home = tmp_path / "home"
    models = "identity,pix2pix"
    asked = ("--models", models, "--dataset", root, "--metrics", "psnr,kid-texture")
    assert _bench("run", *asked, "--home", home).exit_code == 0
    shown = _bench("compare", "identity", "pix2pix", "--home", home, "--json").stdout
    how = {row["metric"]: row["how"] for row in map(json.loads, shown.splitlines())}
    assert how["psnr"].startswith("paired over sources")
    assert how["kid-texture"].startswith("joint")
