"""Training with compiled networks takes the same steps and the same checkpoints."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from lightning.fabric import Fabric
from torch import Tensor, nn

from data.errors import UsageProblem
from zoo.cli import main
from zoo.recipe import Recipe
from zoo.train.check import check_compiler
from zoo.train.checkpoint import Run, restore, save
from zoo.train.ema import Averages
from zoo.train.loop import _start
from zoo.train.paired import Paired
from zoo.train.unit import Unit

PIX2PIX = Recipe(
    method="paired",
    generator="unet",
    generator_options={"depth": 2, "width": 2, "norm": "instance", "dropout": False},
    discriminator_options={"width": 2, "layers": 1},
    pool=0,
    crop=16,
)
# torch's own, while it looks at tensors of a graph.
pytestmark = pytest.mark.filterwarnings("ignore:The .grad attribute:UserWarning")


def _step(method: Paired) -> dict[str, float]:
    rng = torch.Generator().manual_seed(1)
    a, b = torch.rand(2, 1, 3, 16, 16, generator=rng) * 2 - 1

    def backward(loss: Tensor, nets: Iterable[nn.Module]) -> None:
        loss.backward()

    return {name: float(loss) for name, loss in method.step(a, b, backward).items()}


def _method(backend: str = "") -> Paired:
    torch.manual_seed(0)
    method = Paired(PIX2PIX, torch.device("cpu"))
    if backend:
        method.compile(backend)
    return method


@pytest.mark.skipif(not shutil.which("g++"), reason="there is no C++ compiler")
def test_what_the_compiler_makes_takes_the_same_steps() -> None:
    plain, compiled = _method(), _method("inductor")
    for _ in range(2):  # the second sees what the first one learned
        assert _step(plain) == pytest.approx(_step(compiled), rel=1e-5)
    assert list(plain.g.state_dict()) == list(compiled.g.state_dict())


@pytest.mark.parametrize("wanted", [True, False])
def test_a_recipe_decides_whether_networks_are_compiled(
    wanted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled: list[Paired] = []
    monkeypatch.setattr(Paired, "compile", lambda self: compiled.append(self))
    fabric = Fabric(accelerator="cpu", devices=1)
    run = _start(replace(PIX2PIX, compile=wanted), tmp_path, fabric, {})
    assert compiled == ([run.method] if wanted else [])


def test_networks_that_are_only_kept_together_are_compiled_one_by_one() -> None:
    recipe = replace(
        PIX2PIX,
        method="unit",
        generator="unit",
        generator_options={"width": 2},
        discriminator_options={"width": 2, "layers": 2, "scales": 1},
    )
    unit = Unit(recipe, torch.device("cpu"))
    unit.compile("eager")
    called = [unit.e_a, unit.e_b, unit.g_a, unit.g_b, unit.d_a, unit.d_b]
    assert [net._compiled_call_impl is not None for net in called] == [True] * 6


@pytest.mark.parametrize("first", [True, False])
def test_a_training_goes_on_with_and_without_it(first: bool, tmp_path: Path) -> None:
    fabric = Fabric(accelerator="cpu", devices=1)
    states = []
    for compiled in (first, not first):
        method = _method("eager" if compiled else "")
        run = Run(method=method, averages=Averages(method, 0.0))
        question = {"recipe": replace(PIX2PIX, compile=compiled).to_json()}
        if states:
            restore(tmp_path / "checkpoint.pt", fabric, run, question)
        else:
            with torch.no_grad():
                next(method.g.parameters()).add_(1.0)
            save(tmp_path / "checkpoint.pt", fabric, run, question)
        states.append({k: v.clone() for k, v in method.g.state_dict().items()})
    for key, value in states[0].items():
        assert torch.equal(value, states[1][key])


def test_without_a_compiler_it_is_refused_before_training(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(UsageProblem, match="C\\+\\+ compiler"):
        check_compiler("cpu")


def test_the_command_has_the_switch() -> None:
    assert "--compile" in CliRunner().invoke(main, ["train", "--help"]).output
