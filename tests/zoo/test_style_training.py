"""Style models train: losses are the papers', one step is Adam's, and a resume is exact."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from lightning.fabric import Fabric
from safetensors.torch import save_file
from torch import Tensor, nn

import zoo
from data.errors import UsageProblem
from data.paths import Home
from zoo.cli import main
from zoo.nets.adain import AdainEncoder
from zoo.nets.vgg import VggFeatures
from zoo.recipe import Recipe
from zoo.registry import card
from zoo.train.adain import AdaptiveNorm
from zoo.train.cartoon import Cartoon
from zoo.train.check import check_recipe
from zoo.train.edges import smooth_edges
from zoo.train.loop import Pace, train
from zoo.train.perceptual import Perceptual
from zoo.train.pictures import Pictures
from zoo.weights import looking_in

METHODS = {"fast-neural-style": Perceptual, "adain": AdaptiveNorm, "cartoongan": Cartoon}
MODELS = tuple(METHODS)
TINY: dict[str, Any] = {"epochs": 2, "decay_epochs": 0, "length": 0, "batch": 2}
TINY |= {"load": 24, "crop": 16, "seed": 3}


def _recipe(model: str) -> Recipe:
    recipe = card(model).recipe
    assert recipe is not None
    options = dict(recipe.options) | ({"initial_steps": 2} if model == "cartoongan" else {})
    judge = {"width": 2} if model == "cartoongan" else {}
    return replace(
        recipe,
        **TINY,
        options=options,
        generator_options={"width": 2},
        discriminator_options=judge,
    )


@pytest.fixture(autouse=True)
def looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tools: Any) -> dict[str, nn.Module]:
    """Narrow loss networks in place of the published ones, as files that the variables name."""
    made = {
        "ATLAS_VGG16": VggFeatures("vgg16", last="relu5_3", width=2),
        "ATLAS_VGG19": VggFeatures("vgg19", last="relu5_4", width=2),
        "ATLAS_ADAIN_ENCODER": AdainEncoder(2),
    }
    for variable, net in made.items():
        torch.save(tools.seeded(net).state_dict(), tmp_path / f"{variable}.pth")
        monkeypatch.setenv(variable, str(tmp_path / f"{variable}.pth"))
    return dict(made)


def _batch(seed: int) -> Tensor:
    return torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def _backward(loss: Tensor, nets: Any) -> None:
    loss.backward()


def _grams(features: Tensor) -> Any:
    flat = features.detach().double().flatten(2).numpy()
    return flat @ flat.transpose(0, 2, 1) / flat.shape[2]


def test_the_losses_of_fast_neural_style(looks: dict[str, Any]) -> None:
    torch.manual_seed(0)
    method = Perceptual(_recipe("fast-neural-style"), torch.device("cpu"))
    a, b, vgg = _batch(0), _batch(1), looks["ATLAS_VGG16"]
    made = (method.g(a).detach() + 1) / 2
    layers = ("relu1_2", "relu2_2", "relu3_3", "relu4_3")
    found, photo, style = (vgg(x, layers) for x in (made, (a + 1) / 2, (b + 1) / 2))
    content = ((found["relu2_2"] - photo["relu2_2"]).double() ** 2).mean()
    styled = sum(
        ((_grams(found[k]) - _grams(style[k]).mean(0)) ** 2).mean() / found[k].shape[1] ** 2
        for k in layers
    )
    losses = method.step(a, b, _backward)
    assert float(content) == pytest.approx(float(losses["content"]), rel=1e-4)
    assert styled == pytest.approx(float(losses["style"]), rel=1e-4)
    total = 1e5 * float(content) + 1e10 * styled
    assert total == pytest.approx(float(losses["G"]), rel=1e-4)


def test_the_losses_of_adain(looks: dict[str, Any]) -> None:
    torch.manual_seed(0)
    method = AdaptiveNorm(_recipe("adain"), torch.device("cpu"))
    a, b, encoder = _batch(0), _batch(1), looks["ATLAS_ADAIN_ENCODER"]
    layers = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")

    def moments(x: Tensor) -> tuple[Any, Any]:
        values = x.detach().double().flatten(2).numpy()
        spread = np.sqrt(values.var(2, ddof=1) + 1e-5)
        return values.mean(2)[..., None, None], spread[..., None, None]

    style, content = encoder.at((b + 1) / 2, layers), encoder((a + 1) / 2).detach().double().numpy()
    own, wanted = moments(torch.from_numpy(content)), moments(style["relu4_1"])
    aim = (content - own[0]) / own[1] * wanted[1] + wanted[0]
    made = method.g.decode(torch.from_numpy(aim).float())
    found = encoder.at(made, layers)
    near = ((found["relu4_1"].detach().double().numpy() - aim) ** 2).mean()
    styled = 0.0
    for layer in layers:
        (m, s), (mean, std) = moments(found[layer]), moments(style[layer])
        styled += ((m - mean) ** 2).mean() + ((s - std) ** 2).mean()
    losses = method.step(a, b, _backward)
    assert near == pytest.approx(float(losses["content"]), rel=1e-4)
    assert styled == pytest.approx(float(losses["style"]), rel=1e-4)
    assert near + 10 * styled == pytest.approx(float(losses["G"]), rel=1e-4)


def test_adains_rate_falls_as_published() -> None:
    method = AdaptiveNorm(_recipe("adain"), torch.device("cpu"))
    group = method.optimizers["G"].param_groups[0]
    method.steps.load_state_dict({"done": 20_000}, torch.device("cpu"))
    group["lr"] = 1e-4  # as the loop sets it before each step
    method.step(_batch(0), _batch(1), _backward)
    assert group["lr"] == pytest.approx(1e-4 / (1 + 20_000 * 5e-5))
    assert method.steps.state_dict() == {"done": 20_001}


def test_the_losses_of_cartoongan_and_its_initialisation(looks: dict[str, Any]) -> None:
    torch.manual_seed(0)
    method = Cartoon(_recipe("cartoongan"), torch.device("cpu"))
    a, b, vgg = _batch(0), _batch(1), looks["ATLAS_VGG19"]

    def content() -> float:
        seen = [vgg((x + 1) / 2, ["conv4_4"])["conv4_4"] for x in (method.g(a), a)]
        return float((seen[0] - seen[1]).detach().double().abs().mean())

    for _ in range(2):
        expected = content()
        losses = method.step(a, b, _backward)
        assert losses.keys() == {"G", "content"}
        assert expected == pytest.approx(float(losses["content"]), rel=1e-4)
        assert 10 * expected == pytest.approx(float(losses["G"]), rel=1e-4)
    verdicts = {
        name: method.d(x).detach().double()
        for name, x in (("cartoon", b), ("smooth", smooth_edges(b)), ("fake", method.g(a)))
    }
    right = -torch.log(torch.sigmoid(verdicts["cartoon"])).mean()
    wrong = [-torch.log(1 - torch.sigmoid(verdicts[k])).mean() for k in ("smooth", "fake")]
    losses = method.step(a, b, _backward)
    assert losses.keys() == {"G", "content", "D", "gan"}
    assert float(right + sum(wrong)) == pytest.approx(float(losses["D"]), rel=1e-4)


@pytest.mark.parametrize("model", MODELS)
def test_the_first_step_is_adams_and_the_loss_networks_stay(
    model: str, looks: dict[str, Any]
) -> None:
    torch.manual_seed(0)
    recipe = _recipe(model)
    method: Any = METHODS[model](recipe, torch.device("cpu"))
    before = {k: v.detach().clone() for k, v in method.g.named_parameters()}
    method.step(_batch(0), _batch(1), _backward)
    for name, value in method.g.named_parameters():
        assert value.grad is not None, name
        # Adam's first step: both averages, corrected for their start, are the gradient's own.
        moved = recipe.learning_rate * value.grad / (value.grad.abs() + 1e-8)
        torch.testing.assert_close(before[name] - moved, value.detach(), atol=1e-6, rtol=1e-5)
    frozen = method.vgg if model != "adain" else method.g.encoder
    assert not [p for p in frozen.parameters() if p.requires_grad or p.grad is not None]


@pytest.mark.parametrize(("model", "make"), METHODS.items())
def test_the_loss_falls_on_one_batch(model: str, make: Any) -> None:
    torch.manual_seed(0)
    method = make(replace(_recipe(model), learning_rate=1e-2), torch.device("cpu"))
    method.own = replace(method.own, **({"initial_steps": 99} if model == "cartoongan" else {}))
    losses = [float(method.step(_batch(0), _batch(1), _backward)["G"]) for _ in range(30)]
    assert max(losses[-3:]) < 0.95 * losses[0]


def _train(recipe: Recipe, out: Path, stop_at: int = 0) -> dict[str, Tensor]:
    class Stop(Exception):
        pass

    class Stopping(Pictures):
        def batch(self, step: int, *rest: Any, **more: Any) -> tuple[Tensor, ...]:
            if stop_at and step == stop_at:
                raise Stop
            return super().batch(step, *rest, **more)

    rng = torch.Generator().manual_seed(0)
    a, b = (torch.randint(0, 256, (6, 3, 24, 24), generator=rng).to(torch.uint8) for _ in "ab")
    fabric = Fabric(accelerator="cpu", devices=1, precision=recipe.precision)
    out.mkdir(exist_ok=True)
    pace = Pace(save_every=2)
    try:
        question = {"recipe": recipe.to_json()}
        run = train(recipe, Stopping(a, b, False), out, fabric, question, lambda *_: None, pace)
    except Stop:
        return {}
    return {k: v.clone() for net in run.method.nets.values() for k, v in net.state_dict().items()}


@pytest.mark.parametrize("model", MODELS)
def test_a_resumed_training_has_the_same_bits(model: str, tmp_path: Path) -> None:
    recipe = _recipe(model)
    whole = _train(recipe, tmp_path / "whole")
    assert _train(recipe, tmp_path / "cut", stop_at=5) == {}
    resumed = _train(recipe, tmp_path / "cut")
    assert whole.keys() == resumed.keys()
    assert all(torch.equal(whole[key], resumed[key]) for key in whole)


@pytest.mark.parametrize("model", MODELS)
def test_bfloat16_trains_too(model: str, tmp_path: Path) -> None:
    made = _train(replace(_recipe(model), precision="bf16-mixed"), tmp_path / "out")
    assert all(bool(torch.isfinite(value).all()) for value in made.values())


@pytest.mark.parametrize("model", MODELS)
def test_what_the_command_trains_the_command_runs(
    model: str, tmp_path: Path, pictures: Callable[..., Path]
) -> None:
    root = pictures("set", {"trainA": 3, "trainB": 1})
    config = tmp_path / "small.toml"
    judge = "discriminator = {width = 2}\n" if model == "cartoongan" else ""
    config.write_text(
        "epochs = 1\ndecay_epochs = 0\nlength = 0\nbatch = 2\nload = 24\ncrop = 16\n"
        f"generator = {{width = 2}}\n{judge}"
    )
    words = ["train", model, "--dataset", str(root), "--out", str(tmp_path / "out")]
    words += ["--device", "cpu", "--config", str(config)]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.stderr
    file = next((tmp_path / "out").glob("latest_net_G*.safetensors"))
    style: dict[str, Any] = {}
    if model == "adain":
        torch.save(AdainEncoder(2).state_dict(), file.with_name("vgg_normalised.pth"))
        style = {"style": [np.zeros((16, 16, 3), np.uint8)], "settings": {"style_size": 16}}
    given = torch.randint(0, 256, (1, 3, 20, 20), dtype=torch.uint8)
    assert zoo.load(f"{model}@{file}", device="cpu", **style)(given).shape == given.shape


def test_recipes_of_the_cards_can_be_trained_with() -> None:
    for model in MODELS:
        recipe = card(model).recipe
        assert recipe is not None
        check_recipe(model, recipe)


def test_what_the_discriminator_of_cartoongan_has_not_is_refused() -> None:
    recipe = replace(_recipe("cartoongan"), discriminator_options={"layers": 2})
    with pytest.raises(UsageProblem, match="has no layers"):
        Cartoon(recipe, torch.device("cpu"))


def test_loss_networks_are_looked_for_in_the_home_of_the_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ATLAS_VGG16")
    kept = tmp_path / "home" / "weights" / "gatys" / "vgg16-397923af.features.safetensors"
    kept.parent.mkdir(parents=True)
    save_file(VggFeatures("vgg16", last="relu5_3", width=3).state_dict(), kept)
    with looking_in(Home(tmp_path / "home")):
        method = Perceptual(_recipe("fast-neural-style"), torch.device("cpu"))
    assert len(method.vgg.state_dict()["features.0.weight"]) == 3


def test_a_variable_that_names_nothing_is_a_usage_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATLAS_VGG16", "/nothing/here.pth")
    with pytest.raises(UsageProblem, match="ATLAS_VGG16 names"):
        Perceptual(_recipe("fast-neural-style"), torch.device("cpu"))
