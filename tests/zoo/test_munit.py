"""UNIT and MUNIT follow their papers and give as many answers to a picture as are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from torch import Tensor, nn

import zoo
from data.datasets import load_dataset
from data.images import decode
from data.paths import Home
from zoo.architectures import Architecture, build
from zoo.cli import main
from zoo.nets.multiscale import MultiscaleDiscriminator
from zoo.nets.munit import ContentEncoder, MunitDecoder, MunitTranslator, StyleEncoder
from zoo.nets.unit import UnitTranslator
from zoo.recipe import Recipe
from zoo.registry import card
from zoo.train.munit import Munit
from zoo.train.run import Place, train_model
from zoo.train.unit import Unit, _kl


def _tiny(name: str) -> Recipe:
    recipe = card(name).recipe
    assert recipe is not None
    return replace(
        recipe,
        generator_options={"width": 2},
        discriminator_options={**recipe.discriminator_options, "width": 2, "layers": 4},
        epochs=1,
        init="kaiming",  # so narrow, weights of 0.02 give next to nothing
        load=72,
        crop=64,
    )


def _backward(loss: Tensor, nets: Iterable[nn.Module]) -> None:
    loss.backward()


def test_the_networks_have_the_size_of_the_paper() -> None:
    parts = [ContentEncoder(), StyleEncoder(), MunitDecoder()]
    # By hand, k²·in·out + out: 9,472 + 131,200 + 524,544 + 8·590,080; 9,472 + 131,200 + 524,544 +
    # 2·1,048,832 + 2,056; a perceptron of 1,120,768 and 8·590,080 + 819,328 + 256 + 204,864 + 128
    # + 9,411. The paper's generator of one domain has 15.03 million.
    expected = [5_385_856, 2_764_936, 1_120_768 + 5_754_627]
    assert expected == [sum(p.numel() for p in part.parameters()) for part in parts]
    assert round(sum(expected) / 1e6, 2) == 15.03


@pytest.mark.parametrize("kind", ["unit", "munit"])
def test_answers_repeat_in_eval_mode_and_differ_in_training_mode(kind: str) -> None:
    torch.manual_seed(0)
    net = build(Architecture(kind, {"width": 4}))
    x = torch.rand(1, 3, 16, 20) * 2 - 1
    with torch.no_grad():
        assert not torch.equal(net(x), net(x))
        net.eval()
        first = net(x)
        assert torch.equal(first, net(x))
    assert first.shape == x.shape
    assert first.abs().max() <= 1


def test_a_style_decides_mean_and_deviation_of_the_blocks() -> None:
    net = MunitTranslator(width=4).eval()
    x = torch.rand(1, 3, 16, 16)
    with torch.no_grad():
        assert torch.equal(net(x), net(x, torch.zeros(1, 8)))
        assert not torch.allclose(net(x, torch.ones(1, 8)), net(x, torch.zeros(1, 8)))


def test_verdicts_are_one_a_scale() -> None:
    verdicts = MultiscaleDiscriminator(layers=2, scales=3, width=2)(torch.zeros(1, 3, 32, 32))
    assert [tuple(v.shape) for v in verdicts] == [(1, 1, 8, 8), (1, 1, 4, 4), (1, 1, 2, 2)]


def test_the_divergence_is_the_closed_form_of_gaussians() -> None:
    mean = torch.tensor([[0.0, 2.0]])
    p, q = torch.distributions.Normal(mean, 1.0), torch.distributions.Normal(0.0, 1.0)
    expected = torch.distributions.kl_divergence(p, q).mean()
    torch.testing.assert_close(expected, _kl(mean))


def test_unit_shares_the_blocks_around_the_code() -> None:
    method = Unit(_tiny("unit"), torch.device("cpu"))
    assert method.e_a.layers[-1] is method.e_b.layers[-1]
    assert method.g_a.layers[0] is method.g_b.layers[0]
    assert method.e_a.layers[1] is not method.e_b.layers[1]
    translator = method.translator("G_A")
    assert isinstance(translator, UnitTranslator)
    assert translator.encode is method.e_a
    assert translator.decode is method.g_b


def test_munit_losses_are_equation_five(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    method = Munit(_tiny("munit"), torch.device("cpu"))
    a, b = torch.rand(2, 1, 3, 64, 64) * 2 - 1
    styles = torch.randn(2, 1, 8)
    monkeypatch.setattr(torch, "randn", lambda *_, **__: styles)
    with torch.no_grad():
        content_a, content_b = method.c_a(a), method.c_b(b)
        fake_b, fake_a = method.g_b(content_a, styles[1]), method.g_a(content_b, styles[0])
        expected = {
            "picture": (method.g_a(content_a, method.s_a(a)) - a).abs().mean()
            + (method.g_b(content_b, method.s_b(b)) - b).abs().mean(),
            "content": (method.c_b(fake_b) - content_a).abs().mean()
            + (method.c_a(fake_a) - content_b).abs().mean(),
            "style": (method.s_b(fake_b) - styles[1]).abs().mean()
            + (method.s_a(fake_a) - styles[0]).abs().mean(),
            "D": sum(
                (v_real - 1).square().mean() + v_fake.square().mean()
                for net, real, fake in ((method.d_a, a, fake_a), (method.d_b, b, fake_b))
                for v_real, v_fake in zip(net(real), net(fake), strict=True)
            ),
        }
    losses = method.step(a, b, _backward)
    for name, value in expected.items():
        torch.testing.assert_close(torch.as_tensor(value), losses[name], atol=1e-5, rtol=1e-5)
    total = losses["gan"] + 10 * losses["picture"] + losses["content"] + losses["style"]
    torch.testing.assert_close(total, losses["G"])


def test_unit_losses_are_weighed_as_in_the_paper() -> None:
    torch.manual_seed(0)
    method = Unit(_tiny("unit"), torch.device("cpu"))
    a, b = torch.rand(2, 1, 3, 64, 64) * 2 - 1
    losses = method.step(a, b, _backward)
    total = 10 * losses["gan"] + 0.1 * losses["kl"] + 100 * losses["reconstruction"]
    torch.testing.assert_close(total, losses["G"])
    for net in method.nets.values():
        assert all(p.grad is not None for p in net.parameters())


@pytest.mark.parametrize("name", ["unit", "munit"])
def test_trained_translators_give_several_answers(
    name: str, tmp_path: Path, pictures: Callable[..., Path]
) -> None:
    root = pictures("set", {"trainA": 2, "trainB": 2}, size=64)
    data = load_dataset(str(root), Home(tmp_path))
    place = Place(out=tmp_path / "out", accelerator="cpu")
    files = train_model(card(name), _tiny(name), data, "AtoB", place).files
    assert list(files) == ["AtoB", "BtoA"]
    model = f"{name}@{files['AtoB']}"
    translator = zoo.load(model, device="cpu")
    assert translator.architecture == Architecture(name, {"width": 2})
    words = ["translate", "--model", model, "--device", "cpu", "--outputs", "3", "--seed", "5"]
    done = CliRunner().invoke(main, [*words, str(root / "trainA"), str(tmp_path / "made")])
    assert done.exit_code == 0, done.stderr
    assert "6 of 6 pictures" in done.stderr
    made = [decode(tmp_path / "made" / f"seed-{seed}" / "0.png") for seed in (5, 6, 7)]
    assert len({picture.tobytes() for picture in made}) == 3
    one = CliRunner().invoke(
        main, [*words, str(root / "trainA" / "0.png"), str(tmp_path / "toon.png")]
    )
    assert one.exit_code == 0, one.stderr
    assert (decode(tmp_path / "toon-seed-6.png") == made[1]).all()


def test_outputs_of_a_model_without_noise_are_refused(tmp_path: Path) -> None:
    words = ["translate", "--model", "ganilla", "--outputs", "2", "--device", "cpu"]
    (tmp_path / "in").mkdir()
    from PIL import Image

    Image.new("RGB", (32, 32)).save(tmp_path / "in" / "a.png")
    done = CliRunner().invoke(main, [*words, str(tmp_path / "in"), str(tmp_path / "out")])
    assert done.exit_code == 2
    assert "nothing in it is random" in done.stderr


def test_a_crop_too_small_for_three_scales_is_refused() -> None:
    from data.errors import UsageProblem
    from zoo.train.check import check_recipe

    with pytest.raises(UsageProblem, match="4 layers at 3 scales") as problem:
        check_recipe("munit", replace(_tiny("munit"), crop=32))
    assert "--crop 64" in str(problem.value.hint)
