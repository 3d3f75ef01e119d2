"""What training offers besides the papers' steps: files of settings, averages, time and cost."""

from __future__ import annotations

import json
import sys
import types
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from lightning.fabric import Fabric
from safetensors import safe_open
from safetensors.torch import load_file

from data.datasets import Dataset, load_dataset
from data.errors import AtlasError, UsageProblem
from data.paths import Home
from zoo.ask import recipe_of
from zoo.cli import main
from zoo.recipe import Recipe
from zoo.registry import card
from zoo.train.check import check_recipe
from zoo.train.checkpoint import Run
from zoo.train.ema import Averages
from zoo.train.loop import Pace, train
from zoo.train.pictures import Pictures
from zoo.train.run import Place, train_model
from zoo.train.spent import Meter, Spent
from zoo.train.unpaired import Unpaired

TINY = Recipe(
    method="unpaired",
    generator="resnet",
    generator_options={"blocks": 1, "width": 2},
    discriminator_options={"width": 2, "layers": 1},
    epochs=2,
    decay_epochs=1,
    load=24,
    crop=16,
    pool=3,
)


@pytest.fixture
def dataset(tmp_path: Path, pictures: Callable[..., Path]) -> Dataset:
    """A small unpaired set with a test split."""
    counts = {"trainA": 3, "trainB": 3, "testA": 4, "testB": 4}
    return load_dataset(str(pictures("set", counts)), Home(tmp_path))


def _pictures(count: int = 6) -> Pictures:
    rng = torch.Generator().manual_seed(0)
    a, b = (torch.randint(0, 256, (count, 3, 24, 24), generator=rng).to(torch.uint8) for _ in "ab")
    return Pictures(a, b, False)


def _train(recipe: Recipe, out: Path, pace: Pace | None = None) -> Run:
    fabric = Fabric(accelerator="cpu", devices=1, precision=recipe.precision)
    out.mkdir(exist_ok=True)
    question = {"recipe": recipe.to_json()}
    return train(recipe, _pictures(), out, fabric, question, lambda *_: None, pace or Pace())


def test_a_file_of_settings_is_read_and_flags_go_before_it(tmp_path: Path) -> None:
    path = tmp_path / "small.toml"
    path.write_text(
        'epochs = 3\ndecay-epochs = 4\nwidth = 8\npool = 7\nprecision = "bf16-mixed"\n'
        "[generator]\nblocks = 6\n[options]\npatches = 32\n"
    )
    recipe = recipe_of(card("cut"), {"epochs": 5, "depth": None}, path)
    assert (recipe.epochs, recipe.decay_epochs, recipe.pool) == (5, 4, 7)
    assert recipe.precision == "bf16-mixed"
    assert recipe.generator_options == {"blocks": 6, "antialias": True, "width": 8}
    assert recipe.options == {"nce": 1.0, "nce_identity": True, "patches": 32}
    assert recipe.init == "xavier"  # the paper's, where the file says nothing


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("epcohs = 3", "did you mean 'epochs'"),
        ('epochs = "many"', "epochs in"),
        ("epochs = true", "epochs in"),
        ("epochs = -1", "is not in the range"),
        ("generator = 3", "generator in"),
        ("method = 'paired'", "'method'"),
        ("epochs = ", "cannot be read as TOML"),
    ],
)
def test_a_file_with_other_settings_is_refused(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(text)
    with pytest.raises(UsageProblem, match=message):
        recipe_of(card("cyclegan"), {}, path)


def test_an_option_that_a_method_does_not_have_is_refused() -> None:
    recipe = card("cut").recipe
    assert recipe is not None
    check_recipe("cut", recipe)
    with pytest.raises(UsageProblem, match=r"'temprature'.*did you mean 'temperature'"):
        check_recipe("cut", replace(recipe, options={"temprature": 0.1}))
    with pytest.raises(UsageProblem, match="no option of cyclegan"):
        check_recipe("cyclegan", replace(TINY, options={"nce": 1.0}))


def test_bfloat16_keeps_weights_in_float32_and_needs_no_scaler(tmp_path: Path) -> None:
    seen: dict[str, dict[str, float]] = {}

    def losses(recipe: Recipe) -> Run:
        def tell(step: int, numbers: dict[str, float]) -> None:
            seen.setdefault(recipe.precision, {}).update(
                {f"{step} {k}": v for k, v in numbers.items()}
            )

        return _train(recipe, tmp_path / recipe.precision, Pace(tell=tell))

    exact = losses(TINY)
    reduced = losses(replace(TINY, precision="bf16-mixed"))
    for run in (exact, reduced):
        for net in run.method.nets.values():
            assert {p.dtype for p in net.parameters()} == {torch.float32}
    fabric = Fabric(accelerator="cpu", devices=1, precision="bf16-mixed")
    assert getattr(fabric._precision, "scaler", None) is None
    assert seen["32-true"].keys() == seen["bf16-mixed"].keys()
    for name, value in seen["32-true"].items():
        assert seen["bf16-mixed"][name] == pytest.approx(value, rel=0.05)
    # Not the same numbers: the switch does something.
    assert seen["32-true"] != seen["bf16-mixed"]


def test_an_average_moves_by_what_its_decay_leaves() -> None:
    method = Unpaired(TINY, torch.device("cpu"))
    averages = Averages(method, 0.5)
    weight = next(method.g_ab.parameters())
    expected = weight.detach().double()
    for step in (1, 2, 3):
        with torch.no_grad():
            weight.add_(1.0)
        averages.update()
        share = 1 - min(0.5, (1 + step) / (10 + step))
        expected = expected + share * (weight.detach().double() - expected)
    found = next(averages.net("G_A").parameters())
    torch.testing.assert_close(expected, found.double(), atol=1e-6, rtol=0)
    assert averages.net("G_A") is not method.g_ab
    assert Averages(method, 0.0).net("G_A") is method.g_ab


def test_the_average_is_exported_and_resumed_to_the_same_bits(
    dataset: Dataset, tmp_path: Path
) -> None:
    recipe = replace(TINY, ema=0.9)
    whole = Place(out=tmp_path / "whole", accelerator="cpu")
    file = train_model(card("cyclegan"), recipe, dataset, "AtoB", whole).files["AtoB"]
    parts = Place(out=tmp_path / "parts", accelerator="cpu", seconds=1e-6)
    while not (done := train_model(card("cyclegan"), recipe, dataset, "AtoB", parts)).complete:
        pass
    expected, found = load_file(file), load_file(done.files["AtoB"])
    assert all(torch.equal(value, found[key]) for key, value in expected.items())
    plain = train_model(
        card("cyclegan"), TINY, dataset, "AtoB", Place(out=tmp_path / "plain", accelerator="cpu")
    )
    trained = load_file(plain.files["AtoB"])
    assert any(not torch.equal(value, trained[key]) for key, value in expected.items())
    with safe_open(file, framework="pt") as opened:
        facts = json.loads(opened.metadata()["facts"])
    assert facts["averaged"] == "over the steps, decay 0.9"


def test_a_training_stops_when_its_time_is_up_and_goes_on(dataset: Dataset, tmp_path: Path) -> None:
    place = Place(out=tmp_path / "out", accelerator="cpu", seconds=1e-6)
    first = train_model(card("cyclegan"), TINY, dataset, "AtoB", place)
    assert not first.complete
    told = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert (told["step"], told["total"], told["images"]) == (1, 9, 1)
    train_model(card("cyclegan"), TINY, dataset, "AtoB", place)
    told = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert (told["step"], told["images"]) == (2, 2)


def test_numbers_are_written_for_tensorboard(tmp_path: Path) -> None:
    from zoo.train.board import board

    tell = board(tmp_path)
    tell(20, {"G": 1.5, "fid-texture AtoB": 2.5})
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    assert [(e.step, e.value) for e in events.Scalars("G")] == [(20, 1.5)]
    assert [e.value for e in events.Scalars("fid-texture/AtoB")] == [2.5]


def test_a_missing_tensorboard_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from zoo.train.board import board

    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(AtlasError, match="tensorboard is not installed"):
        board(tmp_path)


def test_energy_is_the_difference_of_the_gpus_own_counter(monkeypatch: pytest.MonkeyPatch) -> None:
    millijoules = iter([0, 5_000, 47_000])  # asked whether it counts, at the start, at the end
    fake = types.SimpleNamespace(
        nvmlInit=lambda: None,
        nvmlDeviceGetHandleByPciBusId=lambda bus: bus,
        nvmlDeviceGetTotalEnergyConsumption=lambda handle: next(millijoules),
    )
    monkeypatch.setitem(sys.modules, "pynvml", fake)
    where = types.SimpleNamespace(pci_domain_id=0, pci_bus_id=3, pci_device_id=0)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: where)
    meter = Meter(torch.device("cuda"), Spent(seconds=3600.0, images=10, joules=100.0))
    spent = meter.spent()
    assert spent.joules == pytest.approx(142.0)
    assert "kWh of the GPU" in str(spent)
    assert Meter(torch.device("cpu"), Spent()).spent().joules is None
    assert "kWh" not in str(Spent(seconds=10.0, images=20))
    assert str(Spent(seconds=10.0, images=20)) == "10 s, 20 pictures, 2.0 a second"


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90.0), ("45m", 2700.0), ("1.5h", 5400.0), ("2", 120.0)]
)
def test_lengths_of_time_are_read(text: str, seconds: float) -> None:
    from zoo.ask import Duration

    assert Duration().convert(text, None, None) == seconds


def test_the_command_takes_all_of_it(dataset: Dataset, tmp_path: Path) -> None:
    (tmp_path / "tiny.toml").write_text(
        "epochs = 1\ndecay-epochs = 0\nload = 24\ncrop = 16\nwidth = 2\nblocks = 1\n"
        "discriminator-width = 2\ndiscriminator-layers = 1\n"
    )
    words = ["train", "cyclegan", "--dataset", str(dataset.root), "--out", str(tmp_path / "out")]
    words += ["--home", str(tmp_path / "home"), "--device", "cpu", "--tensorboard"]
    words += ["--config", str(tmp_path / "tiny.toml"), "--ema", "0.9", "--validate-every", "2"]
    stopped = CliRunner().invoke(main, [*words, "--max-time", "0.001s"])
    assert stopped.exit_code == 3, stopped.stderr
    assert "stopped, to go on by the same command: 1 of 3 steps" in stopped.stderr
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.stderr
    assert "trained: 3 of 3 steps" in done.stderr
    assert "best AtoB: fid-texture" in done.stderr
    assert done.stdout.splitlines()[0] == f"AtoB\t{tmp_path / 'out' / 'latest_net_G_A.safetensors'}"
    assert (tmp_path / "out" / "tensorboard").is_dir()
    assert any((tmp_path / "home" / "training" / "pictures").glob("*.npy"))
