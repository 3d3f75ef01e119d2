"""One optimisation step of each method equals the papers' arithmetic, written out in float64.

Nothing of zoo.nets or zoo.train is used for what is expected: plain functions of torch on the
weights of the start, gradients by autograd, and Adam's formula.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.zoo.plain_networks import (
    State,
    patchgan,
    resnet,
    smooth_patchgan,
    smooth_resnet,
    unet,
)
from zoo.recipe import Recipe
from zoo.train.contrastive import Contrastive
from zoo.train.losses import gan_loss, patch_nce
from zoo.train.method import Method
from zoo.train.paired import Paired
from zoo.train.unpaired import Unpaired

RATE, BETA1, BETA2, EPS = 2e-4, 0.5, 0.999, 1e-8

CYCLEGAN = Recipe(
    method="unpaired",
    generator="resnet",
    generator_options={"blocks": 1, "width": 2},
    discriminator_options={"width": 2, "layers": 1},
    crop=16,
)
PIX2PIX = Recipe(
    method="paired",
    generator="unet",
    generator_options={"depth": 3, "width": 2, "dropout": False},
    discriminator_options={"width": 2, "layers": 1, "norm": "batch"},
    gan="vanilla",
    pool=0,
    crop=16,
)
CUT = Recipe(
    method="contrastive",
    generator="resnet",
    generator_options={"blocks": 1, "width": 2, "antialias": True},
    discriminator_options={"width": 2, "layers": 1, "antialias": True},
    init="xavier",
    pool=0,
    crop=16,
    # All places of every layer, so that it does not matter in which order they are drawn.
    options={"layers": (0, 4, 8, 12), "patches": 10_000},
)


def _squared(verdict: Tensor, aim: float) -> Tensor:
    return ((verdict - aim) ** 2).mean()


def _entropy(verdict: Tensor, real: bool) -> Tensor:
    """-log σ(v) or -log(1 - σ(v))."""
    return torch.log1p(torch.exp(-verdict if real else verdict)).mean()


def _after_adam(p: State, loss: Tensor) -> State:
    """The first step: moments start at zero, and both are corrected for that."""
    names = [key for key, value in p.items() if value.requires_grad]
    gradients = torch.autograd.grad(loss, [p[key] for key in names], retain_graph=True)
    new = dict(p)
    for key, g in zip(names, gradients, strict=True):
        m, v = (1 - BETA1) * g, (1 - BETA2) * g**2
        m, v = m / (1 - BETA1), v / (1 - BETA2)
        new[key] = (p[key] - RATE * m / (v.sqrt() + EPS)).detach()
    return new


def _method(kind: type[Method], recipe: Recipe) -> tuple[Any, dict[str, State]]:
    """A method in float64, and copies of its weights."""
    torch.manual_seed(0)
    method = kind(recipe, torch.device("cpu"))
    for net in method.nets.values():
        net.double().train()
        for parameter in net.parameters():  # larger than at the start, so that all is seen
            parameter.data += 0.2 * torch.randn_like(parameter)
    return method, {name: _leaves(net) for name, net in method.nets.items()}


def _leaves(net: nn.Module) -> State:
    parameters = {name for name, _ in net.named_parameters()}
    state = {k: v.detach().clone() for k, v in net.state_dict().items()}
    return {k: v.requires_grad_(k in parameters) for k, v in state.items()}


def _pictures(count: int = 1) -> tuple[Tensor, Tensor]:
    rng = torch.Generator().manual_seed(3)
    a, b = torch.rand(2, count, 3, 16, 16, generator=rng, dtype=torch.float64) * 2 - 1
    return a, b


def _backward(loss: Tensor, nets: Iterable[nn.Module]) -> None:
    loss.backward()


def _same(expected: State, net: nn.Module) -> None:
    found = dict(net.named_parameters())
    for key, value in expected.items():
        if key in found:
            # A step moves a weight by up to RATE: what is allowed is a thousandth of that.
            torch.testing.assert_close(value, found[key].data, atol=1e-3 * RATE, rtol=0)


def test_cyclegan_generators_step_first_and_then_the_discriminators() -> None:
    method, p = _method(Unpaired, CYCLEGAN)
    a, b = _pictures()
    g_a, g_b, d_a, d_b = (p[name] for name in ("G_A", "G_B", "D_A", "D_B"))  # D_A judges B
    fake_b, fake_a = resnet(g_a, a), resnet(g_b, b)
    gan = _squared(patchgan(d_a, fake_b), 1.0) + _squared(patchgan(d_b, fake_a), 1.0)
    cycle = (resnet(g_b, fake_b) - a).abs().mean() + (resnet(g_a, fake_a) - b).abs().mean()
    same = (resnet(g_a, b) - b).abs().mean() + (resnet(g_b, a) - a).abs().mean()
    total = gan + 10.0 * cycle + 5.0 * same
    judged_b = _squared(patchgan(d_a, b), 1.0) + _squared(patchgan(d_a, fake_b.detach()), 0.0)
    judged_a = _squared(patchgan(d_b, a), 1.0) + _squared(patchgan(d_b, fake_a.detach()), 0.0)
    expected = {
        "G_A": _after_adam(g_a, total),
        "G_B": _after_adam(g_b, total),
        "D_A": _after_adam(d_a, 0.5 * judged_b),
        "D_B": _after_adam(d_b, 0.5 * judged_a),
    }
    losses = method.step(a, b, _backward)
    told = {"G": total, "gan": gan, "cycle": cycle, "identity": same}
    told["D"] = 0.5 * (judged_a + judged_b)
    for name, value in told.items():
        torch.testing.assert_close(value.detach(), losses[name], atol=1e-10, rtol=0)
    for name, state in expected.items():
        _same(state, method.nets[name])


def test_pix2pix_discriminator_steps_first_and_sees_input_and_output() -> None:
    method, p = _method(Paired, PIX2PIX)
    a, b = _pictures(count=2)
    fake = unet(p["G"], a)
    bad = _entropy(patchgan(p["D"], torch.cat([a, fake.detach()], 1)), False)
    good = _entropy(patchgan(p["D"], torch.cat([a, b], 1)), True)
    d = _after_adam(p["D"], 0.5 * (bad + good))
    gan = _entropy(patchgan(d, torch.cat([a, fake], 1)), True)
    l1 = (fake - b).abs().mean()
    g = _after_adam(p["G"], gan + 100.0 * l1)
    losses = method.step(a, b, _backward)
    for name, value in {"D": 0.5 * (bad + good), "gan": gan, "l1": l1}.items():
        torch.testing.assert_close(value.detach(), losses[name], atol=1e-10, rtol=0)
    _same(d, method.d)
    _same(g, method.g)


def _contrast(query: Tensor, key: Tensor, temperature: float = 0.07) -> Tensor:
    """-log of the share of its own place among all places of one picture [P,C], place by place."""
    similar = query @ key.T / temperature
    losses = []
    for i in range(len(query)):
        # The authors put -10 in the place of a patch among its own negatives.
        others = similar[i].clone()
        others[i] = -10.0 / temperature
        everything = torch.cat([similar[i, i][None], others])
        losses.append(torch.logsumexp(everything, 0) - similar[i, i])
    return torch.stack(losses).mean()


def _projected(p: State, layer: int, x: Tensor) -> Tensor:
    """[1,C,H,W] to unit vectors [P,256]."""
    patches = x[0].flatten(1).T
    key = f"mlp_{layer}"
    hidden = F.relu(patches @ p[f"{key}.0.weight"].T + p[f"{key}.0.bias"])
    y = hidden @ p[f"{key}.2.weight"].T + p[f"{key}.2.bias"]
    return y / (y.square().sum(1, keepdim=True).sqrt() + 1e-7)


def _nce(p: dict[str, State], source: Tensor, made: Tensor, turn: Callable[..., Tensor]) -> Tensor:
    keys, queries = smooth_resnet(p["G"], source)[1], smooth_resnet(p["G"], made)[1]
    layers = []
    for i, (k, q) in enumerate(zip(keys, queries, strict=True)):
        known, asked = _projected(p["F"], i, k).detach(), _projected(p["F"], i, turn(q))
        layers.append(_contrast(asked, known))
    return torch.stack(layers).mean()


def test_cut_compares_patches_of_source_and_target_alike() -> None:
    method, p = _method(Contrastive, CUT)
    a, b = _pictures()
    fake, same = smooth_resnet(p["G"], a)[0], smooth_resnet(p["G"], b)[0]
    bad = _squared(smooth_patchgan(p["D"], fake.detach()), 0.0)
    good = _squared(smooth_patchgan(p["D"], b), 1.0)
    d = _after_adam(p["D"], 0.5 * (bad + good))
    gan = _squared(smooth_patchgan(d, fake), 1.0)
    nce = 0.5 * (_nce(p, a, fake, lambda x: x) + _nce(p, b, same, lambda x: x))
    total = gan + nce
    g, f = _after_adam(p["G"], total), _after_adam(p["F"], total)
    losses = method.step(a, b, _backward)
    for name, value in {"G": total, "gan": gan, "nce": nce, "D": 0.5 * (bad + good)}.items():
        torch.testing.assert_close(value.detach(), losses[name], atol=1e-10, rtol=0)
    for expected, net in ((d, method.d), (g, method.g), (f, method.heads)):
        _same(expected, net)


@pytest.mark.parametrize("mirrored", [True, False])
def test_fastcut_turns_features_of_mirrored_pictures_back(mirrored: bool) -> None:
    own = {**CUT.options, "nce": 10.0, "nce_identity": False, "flip_equivariance": True}

    method, p = _method(Contrastive, replace(CUT, options=own))
    method.draws.coin = lambda: mirrored
    a, b = _pictures()

    def turn(x: Tensor) -> Tensor:
        return x.flip(3) if mirrored else x

    fake = smooth_resnet(p["G"], turn(a))[0]
    bad = _squared(smooth_patchgan(p["D"], fake.detach()), 0.0)
    d = _after_adam(p["D"], 0.5 * (bad + _squared(smooth_patchgan(p["D"], b), 1.0)))
    total = _squared(smooth_patchgan(d, fake), 1.0) + 10.0 * _nce(p, a, fake, turn)
    g = _after_adam(p["G"], total)
    losses = method.step(a, b, _backward)
    torch.testing.assert_close(total.detach(), losses["G"], atol=1e-10, rtol=0)
    _same(g, method.g)


def test_losses_equal_values_by_hand() -> None:
    verdict = torch.tensor([0.0, 2.0])
    assert gan_loss("lsgan", verdict, True) == 1.0  # (1 + 1) / 2
    assert gan_loss("lsgan", verdict, False) == 2.0  # (0 + 4) / 2
    # (ln 2 + ln(1 + e^-2)) / 2 and (ln 2 + ln(1 + e^2)) / 2
    assert float(gan_loss("vanilla", verdict, True)) == pytest.approx(0.4100375, abs=1e-6)
    assert float(gan_loss("vanilla", verdict, False)) == pytest.approx(1.4100375, abs=1e-6)
    # Two places, orthogonal: its own against the other (0) and itself (-10), at τ = 1:
    # ln(e + 1 + e^-10) - 1.
    found = patch_nce(torch.eye(2)[None], torch.eye(2)[None], 1.0)
    assert float(found) == pytest.approx(0.3132739, abs=1e-6)


def test_no_gradient_reaches_the_keys() -> None:
    queries, keys = (torch.randn(1, 4, 3, requires_grad=True) for _ in range(2))
    patch_nce(queries, keys, 0.07).backward()
    assert queries.grad is not None
    assert keys.grad is None
