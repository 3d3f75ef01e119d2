"""Ray and Slurm give what this machine gives, bit for bit, also when a node dies on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from bench.engines.engine import Setting, engine
from bench.question import Question
from bench.records import read_all
from bench.run import Machine
from bench.sweep.plan import Job, jobs, plans
from bench.workshop import Workshop
from data.paths import find_home
from zoo.architectures import Architecture, build

Folders = Callable[..., Path]


@pytest.fixture
def models(tmp_path: Path) -> tuple[str, ...]:
    """Four small models."""
    for seed in range(3):
        torch.manual_seed(seed)
        state = build(Architecture("resnet", {"blocks": 1, "width": 2})).state_dict()
        torch.save(state, tmp_path / f"net-{seed}.pth")
    return ("identity", *(f"cyclegan@{tmp_path}/net-{seed}.pth" for seed in range(3)))


@pytest.fixture
def local(
    models: tuple[str, ...], folders: Folders, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[list[Job], dict[str, list[float]]]]:
    """The jobs, and what one process makes of them."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    root = folders("set", {"testA": 4, "testB": 4})
    question = Question(models=models, dataset=str(root), metrics="kid-texture,psnr")
    home = find_home(own_home).ready()
    every = jobs(plans([question], Workshop(home)), home, False, None)
    engine("local")(every, Setting(home=str(own_home), machine=Machine()), lambda: None)
    yield every, _values(own_home)
    torch.set_num_threads(threads)


def _values(home: Path) -> dict[str, list[float]]:
    return {r.id: [s["value"] for s in r.scores] for r in read_all([home / "results"])}


# Ray leaves sockets and subprocesses to the garbage collector.
@pytest.mark.filterwarnings("ignore")
def test_a_ray_cluster_loses_a_node_and_gives_the_same_bits(
    local: tuple[list[Job], dict[str, list[float]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ray = pytest.importorskip("ray")
    from ray.cluster_utils import Cluster

    every, expected = local
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    monkeypatch.setenv("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    head = {"num_cpus": 1, "include_dashboard": False, "object_store_memory": 100 * 2**20}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    second = cluster.add_node(num_cpus=1, object_store_memory=100 * 2**20)
    monkeypatch.setenv("RAY_ADDRESS", cluster.address)
    finished: list[int] = []

    def lose_a_node() -> None:
        finished.append(1)
        if len(finished) == 1:
            cluster.remove_node(second, allow_graceful=False)

    setting = Setting(home=str(tmp_path / "ray"), machine=Machine(), workers=2)
    try:
        records = engine("ray")(every, setting, lose_a_node)
    finally:
        ray.shutdown()
        cluster.shutdown()
    assert len(finished) == len(every) == 4
    assert [record.status for record in records] == ["done"] * 4
    assert [job.cell.id for job in every] == [record.id for record in records]
    assert expected == _values(tmp_path / "ray")


@pytest.mark.filterwarnings("ignore")
def test_slurm_through_submitit_gives_the_same_bits(
    local: tuple[list[Job], dict[str, list[float]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    submitit = pytest.importorskip("submitit")
    every, expected = local
    monkeypatch.setattr(submitit.AutoExecutor, "which", lambda *_: "local", raising=False)
    setting = Setting(home=str(tmp_path / "slurm"), machine=Machine(), workers=2)
    records = engine("submitit")(every, setting, lambda: None)
    assert [job.cell.id for job in every] == [record.id for record in records]
    assert expected == _values(tmp_path / "slurm")


@pytest.mark.filterwarnings("ignore")
def test_a_job_that_slurm_lost_is_a_failed_cell(
    local: tuple[list[Job], dict[str, list[float]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    submitit = pytest.importorskip("submitit")
    from submitit.core.utils import UncompletedJobError

    every, _ = local

    class Lost:
        def result(self) -> Any:
            raise UncompletedJobError("Job 1 was cancelled\nand more")

    monkeypatch.setattr(
        submitit.AutoExecutor, "map_array", lambda self, work, parts, *more: [Lost() for _ in parts]
    )
    setting = Setting(home=str(tmp_path / "slurm"), machine=Machine(), workers=2)
    records = engine("submitit")(every, setting, lambda: None)
    assert {"error"} == {record.status for record in records}
    assert {record.error and record.error["type"] for record in records} == {"WorkerDied"}
    assert {"Job 1 was cancelled" in str(record.error) for record in records} == {True}
