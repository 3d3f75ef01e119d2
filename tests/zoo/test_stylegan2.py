"""SinCUT's networks are StyleGAN2's layers in the published order, and its steps the paper's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from torch import Tensor, nn

import zoo
from data.errors import UsageProblem
from tests.zoo.plain_stylegan2 import generator_state, judge, judge_state, translate
from zoo.architectures import Architecture, build
from zoo.cli import main
from zoo.nets.heads import encode, layers_of
from zoo.nets.stylegan2 import EqualConv, EqualLinear, StyleDiscriminator, StyleGenerator
from zoo.recipe import Recipe
from zoo.registry import card
from zoo.train.contrastive import Contrastive
from zoo.train.losses import r1_penalty


def _tensors(state: dict[str, Any]) -> dict[str, Tensor]:
    return {key: torch.from_numpy(np.asarray(value)) for key, value in state.items()}


def _published(width: int, blocks: int) -> tuple[dict[str, Any], StyleGenerator]:
    """A state in the layout of the published files, and our network with its numbers."""
    state = generator_state(0, width, blocks)
    net = StyleGenerator(width, blocks).double().eval()
    ours = {k: v[0] if v.ndim == 5 else v for k, v in _tensors(state).items()}
    net.load_state_dict(ours)
    return state, net


def test_equalised_layers_scale_weights_of_variance_one_by_their_fan_in() -> None:
    torch.manual_seed(0)
    conv, linear = EqualConv(3, 5, 3, 1, 1).double(), EqualLinear(6, 4, active=False).double()
    x, y = torch.randn(2, 3, 6, 7).double(), torch.randn(2, 6).double()
    expected = torch.nn.functional.conv2d(x, conv.weight / np.sqrt(27), padding=1)
    torch.testing.assert_close(expected, conv(x))
    torch.testing.assert_close(y @ linear.weight.T / np.sqrt(6) + linear.bias, linear(y))
    wide = EqualConv(64, 64, 3, 1, 1)
    assert wide.weight.std().item() == pytest.approx(1, abs=0.02)
    assert wide(torch.randn(4, 64, 16, 16)).std().item() == pytest.approx(1, abs=0.1)


def test_the_generator_equals_its_formulas_in_float64() -> None:
    state, net = _published(width=1, blocks=4)
    x = np.random.default_rng(1).uniform(-1, 1, (2, 3, 12, 18))
    expected = translate(state, x, 4)
    with torch.no_grad():
        found = net(torch.from_numpy(x)).numpy()
    assert expected.shape == x.shape
    assert expected.std() > 0.1
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-8)


def test_the_discriminator_equals_its_formulas_in_float64() -> None:
    net = StyleDiscriminator(size=16, width=1).double()
    state = judge_state(2, [16, 32, 64])  # 256·width over 16, 8 and 4 pixels
    net.load_state_dict(_tensors(state))
    x = np.random.default_rng(3).uniform(-1, 1, (3, 3, 16, 16))
    with torch.no_grad():
        found = net(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(found, judge(state, x, 2), rtol=1e-6, atol=1e-9)


def test_keys_and_sizes_are_the_published_ones() -> None:
    assert generator_state(0, 10, 6).keys() == StyleGenerator().state_dict().keys()
    # By hand: 320 + 57,680 + 115,360 + 12,800 to half the size, six blocks of 461,120, 115,281 to
    # the whole size and 243.
    assert sum(p.numel() for p in StyleGenerator().parameters()) == 3_068_404
    judged = StyleDiscriminator().state_dict()
    assert judge_state(0, [32, 64, 128, 256, 384]).keys() == judged.keys()
    assert [judged[f"convs.{i}.conv2.1.weight"].shape[0] for i in (1, 2, 3, 4)] == [
        64,
        128,
        256,
        384,
    ]


def test_layers_are_numbered_as_in_the_recipe() -> None:
    net = StyleGenerator(width=1)
    x = torch.rand(1, 3, 16, 16)
    picture, half, block = encode(layers_of(net), x, (0, 2, 4))
    assert torch.equal(x, picture)
    assert (half.shape, block.shape) == ((1, 16, 8, 8), (1, 16, 8, 8))
    whole = encode(layers_of(net.eval()), x, (len(layers_of(net)) - 1,))[0]
    torch.testing.assert_close(net(x), whole)


def test_noise_is_drawn_in_training_mode_alone() -> None:
    _, net = _published(width=1, blocks=2)
    x = torch.rand(1, 3, 8, 8).double()
    with torch.no_grad():
        assert torch.equal(net(x), net(x))
        net.train()
        assert not torch.equal(net(x), net(x))


def test_a_published_file_is_read_and_translates_any_size(tmp_path: Path) -> None:
    state, net = _published(width=1, blocks=6)
    torch.save({k: v.float() for k, v in _tensors(state).items()}, tmp_path / "latest_net_G.pth")
    translator = zoo.load(f"sincut@{tmp_path / 'latest_net_G.pth'}", device="cpu")
    assert translator.architecture == Architecture("stylegan2", {"blocks": 6, "width": 1})
    picture = torch.randint(0, 256, (1, 3, 21, 34), dtype=torch.uint8)
    made = translator(picture)
    assert made.shape == picture.shape
    even = picture[..., :20, :]
    with torch.no_grad():
        expected = ((net(even.double() / 127.5 - 1) + 1) * 127.5).clamp(0, 255)
    assert (expected - translator(even).double()).abs().max() <= 1
    told = CliRunner().invoke(main, ["convert", str(tmp_path / "latest_net_G.pth")])
    assert "the layout of CUT's authors" in told.stdout, told.stderr


@pytest.mark.parametrize("suffix", [".pt", ".onnx"])
def test_it_is_exported(suffix: str, tmp_path: Path) -> None:
    if suffix == ".onnx":
        pytest.importorskip("onnxscript")
    torch.save(build(Architecture("stylegan2", {"width": 1})).state_dict(), tmp_path / "g.pth")
    target = tmp_path / f"g{suffix}"
    done = CliRunner().invoke(main, ["export", f"sincut@{tmp_path / 'g.pth'}", str(target)])
    assert done.exit_code == 0, done.stderr
    assert "multiples of 2" in done.stderr


def test_tiles_give_the_whole_picture(tmp_path: Path) -> None:
    torch.save(build(Architecture("stylegan2", {"width": 1})).state_dict(), tmp_path / "g.pth")
    translator = zoo.load(f"sincut@{tmp_path / 'g.pth'}", device="cpu")
    picture = torch.randint(0, 256, (1, 3, 20, 230), dtype=torch.uint8)
    tiled = replace(translator, tile=64)(picture)
    assert (tiled.int() - translator(picture).int()).abs().max() <= 1


def test_the_penalty_of_a_linear_discriminator_is_half_its_squared_length() -> None:
    weight = torch.tensor([3.0, 4.0, 12.0]).view(1, 3, 1, 1) / 2
    real = torch.randn(5, 3, 2, 2, requires_grad=True)
    verdict = (real * weight).sum((1, 2, 3))
    # Each picture's gradient is the weight at 4 places: 4 · (9 + 16 + 144) / 4.
    assert r1_penalty(verdict, real).item() == pytest.approx(0.5 * 169)


def test_the_penalty_is_learned_from() -> None:
    scale = torch.tensor(2.0, requires_grad=True)
    real = torch.ones(1, 1, 1, 1, requires_grad=True)
    # d(s x²)/dx = 2 s x, half its square 2 s² x², whose derivative by s is 4 s x².
    r1_penalty((scale * real.square()).sum((1, 2, 3)), real).backward()
    assert scale.grad is not None
    assert scale.grad.item() == pytest.approx(8)


def _recipe(**changes: Any) -> Recipe:
    recipe = card("sincut").recipe
    assert recipe is not None
    return replace(
        recipe,
        generator_options={"width": 1, "blocks": 2},
        discriminator_options={"width": 1},
        batch=3,
        crop=16,
        **changes,
    )


def _step(recipe: Recipe) -> tuple[dict[str, float], dict[str, float]]:
    """Losses of one step of the method, and the same by hand, all before any update."""
    torch.manual_seed(0)
    method = Contrastive(recipe, torch.device("cpu"))
    a, b = torch.rand(2, 3, 3, 16, 16) * 2 - 1
    for optimizer in method.optimizers.values():
        optimizer.param_groups[0]["lr"] = 0.0
    method.g.eval()  # no noise
    with torch.no_grad():
        fake, same = method.g(a), method.g(b)
        expected = {
            "identity": (same - b).abs().mean().item(),
            "gan": torch.nn.functional.softplus(-method.d(fake)).mean().item(),
            "nce": 0.5 * sum(_nce(method, *pair) for pair in ((a, fake), (b, same))),
        }
    real = b.clone().requires_grad_(True)
    verdict = method.d(real)
    (slope,) = torch.autograd.grad(verdict.sum(), real)
    plus = torch.nn.functional.softplus
    judged = plus(-verdict).mean() + plus(method.d(fake)).mean()
    penalty = slope.square().sum((1, 2, 3)).mean()
    expected["D"] = (0.5 * judged + 0.5 * recipe.options["r1"] * penalty).item()
    expected["G"] = expected["gan"] + 4 * expected["nce"] + expected["identity"]
    found = method.step(a, b, _backward)
    return {k: v.item() for k, v in found.items()}, expected


def _nce(method: Contrastive, source: Tensor, made: Tensor) -> float:
    """Each crop's patch told from those of the other crops, at one place a layer."""
    state = method.draws.state_dict()["rng"]
    rng = torch.Generator()
    rng.set_state(state)
    losses = []
    for number, layer in enumerate(method.own.layers):
        known, asked = (encode(method.layers, x, (layer,))[0].flatten(2) for x in (source, made))
        place = torch.randperm(known.shape[2], generator=rng)[0]
        head = list(method.heads.children())[number]
        heads = [head(x[:, :, place]) for x in (known, asked)]
        # As in zoo.nets.heads: fresh heads give vectors so short that 1e-7 counts.
        keys, queries = (x / (x.norm(dim=1, keepdim=True) + 1e-7) for x in heads)
        right = (queries * keys).sum(1, keepdim=True)
        wrong = (queries @ keys.T).masked_fill(torch.eye(3, dtype=torch.bool), -10.0)
        logits = torch.cat([right, wrong], 1) / 0.07
        losses.append(torch.nn.functional.cross_entropy(logits, torch.zeros(3, dtype=torch.long)))
    method.draws.load_state_dict({"rng": rng.get_state()}, torch.device("cpu"))
    return torch.stack(losses).mean().item()


def _backward(loss: Tensor, nets: Iterable[nn.Module]) -> None:
    loss.backward()


def test_a_step_is_that_of_the_paper() -> None:
    torch.manual_seed(0)
    recipe = _recipe()
    options = recipe.options
    assert (options["nce"], options["layers"], options["patches"]) == (4.0, [0, 2, 4], 1)
    recipe = replace(recipe, options={**options, "layers": [0, 2, 3]})  # there are fewer blocks
    before = torch.Generator().manual_seed(recipe.seed + 1).get_state()
    found, expected = _step_from(recipe, before)
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, rel=1e-4, abs=1e-5), name


def _step_from(recipe: Recipe, rng: Tensor) -> tuple[dict[str, float], dict[str, float]]:
    """`_step` whose drawn places start anew for the method, after they were drawn by hand."""
    step = Contrastive.step

    def again(method: Contrastive, *given: Any) -> dict[str, Tensor]:
        method.draws.load_state_dict({"rng": rng}, torch.device("cpu"))
        return step(method, *given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Contrastive, "step", again)
        return _step(recipe)


def test_every_weight_learns() -> None:
    torch.manual_seed(0)
    recipe = _recipe()
    recipe = replace(recipe, options={**recipe.options, "layers": [0, 2, 3]})
    method = Contrastive(recipe, torch.device("cpu"))
    a, b = torch.rand(2, 3, 3, 16, 16) * 2 - 1
    before = {name: [p.clone() for p in net.parameters()] for name, net in method.nets.items()}
    method.step(a, b, _backward)
    for name, net in method.nets.items():
        moved = [not torch.equal(p, q) for p, q in zip(net.parameters(), before[name], strict=True)]
        assert all(moved), name


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"discriminator_options": {"layers": 3}}, "cannot be built: .*layers"),
        ({"crop": 24}, "8, 16, 32"),
        ({"options": {"r1": 1.0}}, "r1 needs the StyleGAN2 discriminator"),
    ],
)
def test_what_the_discriminator_is_not_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageProblem, match=message) as problem:
        Contrastive(replace(_recipe(), **changes), torch.device("cpu"))
    assert problem.value.hint
