"""A suite measures what is missing, in any engine, whatever dies or fills up on the way."""

from __future__ import annotations

import errno
import importlib
import multiprocessing
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from click.testing import CliRunner, Result

import bench.engines.local as local_engine
from bench.cli import main
from bench.engines.engine import Setting
from bench.records import read_all
from bench.run import Machine
from bench.sweep.plan import estimate, jobs, plans
from bench.sweep.shard import Shard, parse_shard
from bench.sweep.suite import read_suite
from bench.workshop import Workshop
from data.errors import UsageProblem
from data.paths import find_home
from zoo.architectures import Architecture, build

Folders = Callable[..., Path]


def _bench(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


def _values(home: Path) -> dict[str, list[float]]:
    """Scores by id: what has to be equal bit for bit."""
    return {r.id: [s["value"] for s in r.scores] for r in read_all([home / "results"])}


@pytest.fixture
def suite(folders: Folders, tmp_path: Path) -> Path:
    """Two data sets × three models, one of which comes in two trainings: eight cells."""
    for seed, name in enumerate(("one", "two")):
        folders(name, {"testA": 4, "testB": 4}, seed=seed)
    for seed in (1, 2):
        torch.manual_seed(seed)
        state = build(Architecture("resnet", {"blocks": 1, "width": 2})).state_dict()
        torch.save(state, tmp_path / f"net-{seed}.pth")
    ganilla = build(Architecture("ganilla", {"width": 4})).state_dict()
    torch.save(ganilla, tmp_path / "ganilla.pth")
    path = tmp_path / "suite.toml"
    path.write_text(
        'models = ["identity", "cyclegan@net-{seed}.pth", "ganilla@ganilla.pth"]\n'
        'datasets = ["./one", "./two"]\nmetrics = "kid-texture"\ntraining_seeds = [1, 2]\n'
    )
    return path


def test_a_suite_is_the_product_of_its_lists(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text(
        'models = ["identity", "pix2pix@w/net.pth", "adain:style=a.png+b.png"]\n'
        'datasets = ["photo2toon", "./mine"]\n'
        'directions = ["AtoB", "BtoA"]\nseeds = [1, 2, 3]\nsize = 64\n'
    )
    questions = read_suite(path)
    assert len(questions) == 2 * 2 * 3
    assert {("photo2toon", "AtoB", 1), (str(tmp_path / "mine"), "BtoA", 3)} <= {
        (q.dataset, q.direction, q.seed) for q in questions
    }
    styled = f"adain:style={tmp_path}/a.png+{tmp_path}/b.png"
    assert {("identity", f"pix2pix@{tmp_path}/w/net.pth", styled)} == {q.models for q in questions}
    assert {64} == {q.size for q in questions}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("models = [", "cannot be read as a suite"),
        ('models = ["a"]\ndatasets = []', "datasets names nothing"),
        ('models = ["a"]', "datasets names nothing"),
        ('model = ["a"]', "no suite says 'model'"),
        ('models = "a"\ndatasets = ["b"]', "models has to be a list of str"),
        ('models = ["a"]\ndatasets = ["b"]\nsize = "64"', "size has to be int"),
        ('models = ["a"]\ndatasets = ["b"]\nseeds = [true]', "seeds has to be a list of int"),
    ],
)
def test_a_wrong_suite_says_what_is_wrong(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "s.toml").write_text(text)
    with pytest.raises(UsageProblem, match=message):
        read_suite(tmp_path / "s.toml")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('directions = ["BA"]', "no direction is 'BA'"),
        ('precision = "float64"', "no precision is 'float64'"),
        ("size = -5", "size -5 cannot be"),
        ("size = 8", "size 8 cannot be"),
        ("limit = -3", "limit -3 cannot be"),
        ("seeds = [-1]", "seed -1 cannot be"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_any_work(
    suite: Path, own_home: Path, line: str, message: str
) -> None:
    suite.write_text(f"{suite.read_text()}{line}\n")
    result = _bench("run", suite)
    assert result.exit_code == 2
    assert message in result.stderr
    assert read_all([own_home / "results"]) == []


def test_a_cell_that_is_asked_twice_is_one(suite: Path, own_home: Path) -> None:
    suite.write_text(suite.read_text().replace('"./two"', '"./one"') + "seeds = [1, 1]\n")
    workshop = Workshop(find_home(str(own_home)).ready())
    found = plans(read_suite(suite), workshop)
    every = [job.cell.id for job in jobs(found, workshop.home, True, None)]
    assert len(every) == len(set(every)) == 4
    parts = [jobs(found, workshop.home, True, Shard(i, 2)) for i in (1, 2)]
    assert sorted(job.cell.id for part in parts for job in part) == sorted(every)


def test_only_missing_cells_are_measured(suite: Path, own_home: Path) -> None:
    first = _bench("run", suite)
    assert first.exit_code == 0, first.stderr
    assert "0 of 8 already recorded" in first.stderr
    before = _values(own_home)
    assert len(before) == 8
    suite.write_text(suite.read_text().replace('"identity",', '"identity", "pix2pix.photo2toon",'))
    again = _bench("run", suite)
    assert "8 of 10 already recorded" in again.stderr
    assert "10 of 10 models measured" in again.stderr
    after = _values(own_home)
    assert before.items() <= after.items()
    assert "pix2pix.photo2toon: 4/4" in again.stderr
    assert "identity: 4/4" not in again.stderr


def test_trainings_know_their_family_and_are_summed_up(suite: Path, own_home: Path) -> None:
    _bench("run", suite)
    trained = [r for r in read_all([own_home / "results"]) if r.card.get("family")]
    assert {("cyclegan@net-{seed}.pth", 1), ("cyclegan@net-{seed}.pth", 2)} == {
        (r.card["family"], r.card["training_seed"]) for r in trained
    }
    shown = _bench("leaderboard", "--dataset", "one")
    assert "over 2 training seeds" in shown.stderr


def test_a_dry_run_tells_states_and_costs_and_does_nothing(suite: Path, own_home: Path) -> None:
    _bench(
        "run", "--models", "identity", "--dataset", suite.parent / "one", "--metrics", "kid-texture"
    )
    before = sorted(own_home.rglob("*.json"))
    suite.write_text(suite.read_text().replace('"./two"', '"horse2zebra"'))
    result = _bench("run", suite, "--dry-run")
    assert result.exit_code == 0, result.stderr
    lines = result.stdout.splitlines()[1:]
    assert sum("recorded" in line for line in lines) == 1
    assert sum("  to do  " in line for line in lines) == 3
    assert "would download the data set horse2zebra" in result.stderr
    assert before == sorted(own_home.rglob("*.json"))


def test_a_cell_costs_what_earlier_ones_of_the_same_metrics_took_for_a_picture() -> None:
    spec: Any = {"metrics": [{"name": "fid"}]}
    cell: Any = SimpleNamespace(name="a", spec=spec)
    job: Any = SimpleNamespace(cell=cell, sources=30)

    def cost(metric: str, total: float, images: int, model: str = "a") -> dict[str, Any]:
        return {
            "model": model,
            "metrics": {metric},
            "images": images,
            "seconds": {"total": total},
        }

    other = [cost("psnr", 1.0, 10), cost("fid", 99.0, 1, model="b"), cost("fid", 9.0, 0)]
    assert estimate(job, other) == pytest.approx(3.0)
    assert estimate(job, [*other, cost("fid", 20.0, 10)]) == pytest.approx(60.0)
    assert estimate(job, other[1:]) is None


def test_parts_are_disjoint_and_merge_to_the_whole(suite: Path, tmp_path: Path) -> None:
    _bench("run", suite, "--home", tmp_path / "whole")
    for part in (1, 2, 3):
        _bench("run", suite, "--shard", f"{part}/3", "--home", tmp_path / f"part{part}")
    parts = [_values(tmp_path / f"part{part}") for part in (1, 2, 3)]
    assert sorted(len(part) for part in parts) == [2, 3, 3]
    merged = _bench(
        "merge", *(tmp_path / f"part{p}" for p in (1, 2, 3)), "--home", tmp_path / "all"
    )
    assert merged.exit_code == 0, merged.stderr
    assert _values(tmp_path / "whole") == _values(tmp_path / "all")


SLURM = {"SLURM_ARRAY_TASK_ID": "12", "SLURM_ARRAY_TASK_MIN": "10", "SLURM_ARRAY_TASK_COUNT": "4"}


@pytest.mark.parametrize(
    ("text", "environment", "expected"),
    [
        ("2/8", {}, Shard(2, 8)),
        ("auto", SLURM, Shard(3, 4)),
        ("auto", SLURM | {"SLURM_ARRAY_TASK_STEP": "2"}, Shard(2, 4)),
        ("auto/8", {"JOB_COMPLETION_INDEX": "0"}, Shard(1, 8)),
    ],
)
def test_the_part_is_what_the_scheduler_says(
    text: str, environment: Mapping[str, str], expected: Shard
) -> None:
    assert expected == parse_shard(text, environment)


@pytest.mark.parametrize("text", ["0/4", "5/4", "x", "1", "auto", "auto/3"])
def test_what_is_no_part_is_refused(text: str) -> None:
    with pytest.raises(UsageProblem, match="no part of a sweep"):
        parse_shard(text, {})


def test_parts_are_all_items_once() -> None:
    items = list(range(11))
    found = [x for i in range(1, 5) for x in Shard(i, 4).of(items)]
    assert items == sorted(found)


def test_parts_of_a_reference_set_fill_one_store(
    folders: Folders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, home = folders("large", {"testA": 3, "testB": 7}), tmp_path / "shared"
    asked = ("--dataset", root, "--metrics", "kid-texture", "--home", home)
    counts = [_bench("features", *asked, "--shard", f"{i}/3").stderr for i in (1, 2, 3)]
    assert ["of 3 ref" in counts[0], "of 2 ref" in counts[1], "of 2 ref" in counts[2]] == [True] * 3
    seen: list[int] = []
    original = importlib.import_module("bench.features.texture").TextureBank.__call__

    def counted(self: Any, pictures: torch.Tensor) -> Any:
        seen.append(len(pictures))
        return original(self, pictures)

    monkeypatch.setattr("bench.features.texture.TextureBank.__call__", counted)
    _bench("run", "--models", "identity", *asked)
    assert sum(seen) == 3  # the outputs; every reference was there
    _bench("run", "--models", "identity", *asked[:-1], tmp_path / "alone")
    assert _values(home) == _values(tmp_path / "alone")


def test_a_failed_cell_is_a_cell(suite: Path, own_home: Path) -> None:
    (suite.parent / "net-2.pth").write_bytes(b"no checkpoint")
    result = _bench("run", suite)
    assert result.exit_code == 3
    states = [r.status for r in read_all([own_home / "results"])]
    assert (states.count("done"), states.count("error")) == (6, 2)


def test_a_disk_that_fills_up_ends_the_sweep_and_keeps_what_was_done(
    suite: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import data.files

    original, written = data.files._flush, [0]

    def full(path: Path) -> None:
        if "/results/" in str(path):
            written[0] += 1
            if written[0] == 4:
                raise OSError(errno.ENOSPC, "No space left on device")
        original(path)

    monkeypatch.setattr("data.files._flush", full)
    result = _bench("run", suite)
    assert result.exit_code == 1
    assert "no space left" in result.stderr
    kept = _values(own_home)
    assert len(kept) == 3
    assert not list((own_home / "results").rglob(".*.json.*"))
    monkeypatch.undo()
    monkeypatch.setenv("ATLAS_HOME", str(own_home))
    assert "3 of 8 already recorded" in _bench("run", suite).stderr
    assert kept.items() <= _values(own_home).items()


def test_two_sweeps_over_one_home_share_the_work(suite: Path, own_home: Path) -> None:
    suite.write_text(suite.read_text().replace('"./one", "./two"', '"./one"'))
    command = [sys.executable, "-c", "from bench.cli import main; main()", "run", str(suite)]
    running = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    told = [process.communicate(timeout=120)[1] for process in running]
    assert [process.returncode for process in running] == [0, 0], told
    assert len(_values(own_home)) == 4
    made = [r.cost["images"] for r in read_all([own_home / "results"])]
    assert made == [4] * 4  # nobody made a picture twice


def test_several_processes_give_the_same_bits(
    suite: Path, tmp_path: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    suite.write_text(suite.read_text().replace('"./one", "./two"', '"./one"'))
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    _bench("run", suite)
    torch.set_num_threads(threads)
    result = _bench("run", suite, "--jobs", "2", "--home", tmp_path / "several")
    assert result.exit_code == 0, result.stderr
    assert _values(own_home) == _values(tmp_path / "several")


@pytest.mark.parametrize("always", [False, True])
def test_a_killed_worker_costs_its_cell_one_more_attempt(
    suite: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch, always: bool
) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parent)
    monkeypatch.setattr(local_engine, "work", importlib.import_module("deadly").work)
    own_home.mkdir(parents=True)
    if always:
        (own_home / "always").touch()
    found = plans(read_suite(suite), Workshop(find_home(own_home)))
    every = jobs(found, find_home(own_home), False, None)[:4]
    told: list[int] = []
    setting = Setting(home=str(own_home), machine=Machine(), workers=2)
    records = local_engine.run(every, setting, lambda: told.append(1))
    assert [job.cell.name.partition("@")[0] for job in every] == [
        record.model.partition("@")[0] for record in records
    ]
    assert len(told) == len(every)
    states = {record.model.partition("@")[0]: record for record in records}
    assert {"identity": "done", "cyclegan": "done", "ganilla": "error" if always else "done"} == {
        name: record.status for name, record in states.items()
    }
    if always:  # and whoever looks for it finds why
        assert [r.error and r.error["type"] for r in read_all([own_home / "results"])] == [
            "WorkerDied"
        ]


POOL = """
import multiprocessing, os, time
from concurrent.futures import ProcessPoolExecutor
from bench.engines.local import _own_share

context = multiprocessing.get_context("spawn")
given = (context.Value("i", 0), 1, [])
pool = ProcessPoolExecutor(1, context, _own_share, given)
print(pool.submit(os.getpid).result(), flush=True)
time.sleep(60)
"""


def test_no_worker_outlives_a_sweep_that_was_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", POOL], stdout=subprocess.PIPE, text=True) as sweep:
        assert sweep.stdout is not None
        worker = int(sweep.stdout.readline())
        sweep.kill()
        # The worker has the other end of this pipe too, which ends with the last who has it.
        ended, _, _ = select.select([sweep.stdout], [], [], 10)
        if not ended:
            os.kill(worker, signal.SIGKILL)
    assert ended, "the worker goes on"


def test_every_worker_sees_one_gpu_of_those_that_were_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "5,7")
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    counter, seen = multiprocessing.Value("i", 0), []
    for _ in range(3):
        local_engine._own_share(counter, 3, ["5", "7"])
        seen.append(os.environ["CUDA_VISIBLE_DEVICES"])
    assert seen == ["5", "7", "5"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "5,7")
    assert local_engine._gpus() == ["5", "7"]


def test_engines_that_are_not_installed_say_how_to_get_them(
    suite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    result = _bench("run", suite, "--engine", "ray")
    assert result.exit_code == 2
    assert "pip install 'i2i-atlas[ray]'" in result.stderr
    unknown = _bench("run", suite, "--engine", "rai")
    assert "did you mean 'ray'" in unknown.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "nothing says which models"),
        (("--models", "identity"), "nothing says which dataset"),
        (("--models", "cyclegan@net-{seed}.pth", "--dataset", "photo2toon"), "which seeds"),
        (("--models", "x", "--dataset", "y", "--training-seeds", "a"), "are no seeds"),
    ],
)
def test_a_run_that_says_too_little_is_told_what_is_missing(
    words: tuple[str, ...], message: str
) -> None:
    result = _bench("run", *words)
    assert result.exit_code == 2
    assert message in result.stderr


def test_nothing_is_decided_beside_a_suite(suite: Path) -> None:
    result = _bench("run", suite, "--models", "identity")
    assert result.exit_code == 2
    assert "the suite decides models" in result.stderr
    assert "the suite decides seed" in _bench("run", suite, "--seed", 0, "--dry-run").stderr
