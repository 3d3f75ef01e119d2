"""Files of MUNIT's and UNIT's authors hold two domains, and give two translators."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from torch import Tensor

import zoo
from data.errors import AtlasError, UsageProblem
from data.paths import Home
from tests.zoo.plain_munit import State, domain, munit, unit
from zoo.architectures import Architecture
from zoo.checkpoints import load_module
from zoo.cli import main
from zoo.licence import agree
from zoo.nets.munit import MunitTranslator, PictureNorm
from zoo.registry import card

Translate = Callable[[State, State, Tensor], Tensor]


def _mean_style(source: State, target: State, x: Tensor) -> Tensor:
    return munit(source, target, x, torch.zeros(8, dtype=torch.float64))


CASES: dict[str, tuple[str, Translate]] = {
    "munit": ("munit", _mean_style),
    "unit": ("unit-vae", unit),
}


def _save(path: Path, kind: str, statistics: bool = False) -> tuple[State, State]:
    a, b = (domain(seed, kind, statistics=statistics) for seed in (1, 2))
    rounded = [{key: value.float() for key, value in state.items()} for state in (a, b)]
    torch.save(dict(zip("ab", rounded, strict=True)), path)
    return tuple({k: v.double() for k, v in state.items()} for state in rounded)  # type: ignore[return-value]


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("statistics", [False, True], ids=["", "torch 0.3"])
def test_both_directions_equal_the_published_formulas(
    name: str, statistics: bool, tmp_path: Path
) -> None:
    file, (kind, run) = tmp_path / "gen_01000000.pt", CASES[name]
    a, b = _save(file, name, statistics)
    x = torch.rand(2, 3, 32, 40, dtype=torch.float64) * 2 - 1
    for only, (source, target) in {"": (a, b), "AtoB": (a, b), "BtoA": (b, a)}.items():
        module, architecture, header = load_module(file, only=only)
        assert architecture == Architecture(kind, {"width": 4})
        told = f"MUNIT's authors' layout of two directions: {only or 'AtoB'}"
        assert told == header["origin_layout"]
        with torch.no_grad():
            found = module.double()(x)
        expected = run(source, target, x)
        assert expected.std() > 0.1
        torch.testing.assert_close(expected, found, rtol=1e-6, atol=1e-6)


def test_a_style_moves_the_norms_as_published(tmp_path: Path) -> None:
    file = tmp_path / "gen.pt"
    a, b = _save(file, "munit")
    module = load_module(file)[0].double()
    assert isinstance(module, MunitTranslator)
    x, style = torch.rand(1, 3, 16, 16).double(), torch.randn(8).double()
    with torch.no_grad():
        found = module(x, style[None])
    torch.testing.assert_close(munit(a, b, x, style), found, rtol=1e-6, atol=1e-6)
    assert not torch.allclose(found, _mean_style(a, b, x), atol=1e-2)


def test_the_norm_after_doubling_divides_by_the_unbiased_deviation() -> None:
    norm = PictureNorm(1).double()
    assert 0 <= norm.weight.item() < 1
    torch.nn.init.constant_(norm.weight, 2.0)
    # 1, 3, 5: mean 3, squares of distances 4 + 0 + 4 over 2 is 4, deviation 2.
    x = torch.tensor([1.0, 3.0, 5.0]).double().view(1, 1, 1, 3)
    expected = 2 * torch.tensor([-2.0, 0.0, 2.0]).double().view_as(x) / 2.00001
    torch.testing.assert_close(expected, norm(x), rtol=1e-9, atol=0)
    assert torch.equal(torch.zeros(1, 1, 2, 2), PictureNorm(1)(torch.full((1, 1, 2, 2), 7.0)))


def test_that_norm_is_learned_through_as_its_formula_is() -> None:
    torch.manual_seed(0)
    norm = PictureNorm(3).double()
    x, away = torch.randn(2, 2, 3, 8, 8).double()
    x.requires_grad_()

    def formula() -> Tensor:
        deviation, mean = torch.std_mean(x, (1, 2, 3), keepdim=True)
        y = (x - mean) / (deviation + 1e-5)
        return y * norm.weight[:, None, None] + norm.bias[:, None, None]

    wanted = [x, norm.weight, norm.bias]
    expected = torch.autograd.grad((formula() * away).sum(), wanted)
    found = torch.autograd.grad((norm(x) * away).sum(), wanted)
    torch.testing.assert_close(expected, found, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("suffix", [".pt", ".onnx"])
def test_they_are_exported(name: str, suffix: str, tmp_path: Path) -> None:
    if suffix == ".onnx":
        pytest.importorskip("onnxscript")
    _save(tmp_path / "gen.pth", name)
    words = ["export", f"{name}@{tmp_path / 'gen.pth'}", str(tmp_path / f"x{suffix}")]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 0, done.stderr


@pytest.mark.parametrize("name", CASES)
def test_it_is_run_by_its_name_and_converted_in_either_direction(name: str, tmp_path: Path) -> None:
    file, (kind, run) = tmp_path / "gen.pt", CASES[name]
    a, b = _save(file, name)
    picture = torch.randint(0, 256, (1, 3, 24, 36), dtype=torch.uint8)
    scaled = picture.double() / 127.5 - 1
    for only, pair in (("", (a, b)), ("BtoA", (b, a))):
        source = file
        if only:
            source = tmp_path / "back.safetensors"
            words = ["convert", str(file), str(source), "--only", only]
            done = CliRunner().invoke(main, words)
            assert done.exit_code == 0, done.stderr
            assert f"{kind}(width=4)" in done.stdout
        found = zoo.load(f"{name}@{source}", "cpu", "float32")(picture).double()
        expected = (run(*pair, scaled) + 1) * 127.5
        assert (expected - found).abs().max() <= 1


def test_a_file_with_another_key_is_refused_by_its_name(tmp_path: Path) -> None:
    state = {domain_: domain(1, "munit") for domain_ in "ab"}
    for inside in state.values():
        inside["dec.model.7.conv.weight"] = inside.pop("dec.model.5.conv.weight")
    torch.save(state, tmp_path / "gen.pt")
    with pytest.raises(AtlasError, match=r"unknown dec\.model\.7\.conv\.weight"):
        load_module(tmp_path / "gen.pt")
    with pytest.raises(AtlasError, match="holds no generator 'CtoD' but: AtoB, BtoA"):
        load_module(tmp_path / "gen.pt", only="CtoD")


def test_two_other_states_called_a_and_b_stay_what_they_are(tmp_path: Path) -> None:
    from zoo.architectures import build

    nets = {name: build(Architecture("resnet", {"width": 2})).state_dict() for name in "ab"}
    torch.save(nets, tmp_path / "both.pt")
    with pytest.raises(AtlasError, match="holds 2 generators: a, b"):
        load_module(tmp_path / "both.pt")


def test_the_licence_is_told_and_asked_about(tmp_path: Path) -> None:
    weights = card("munit").default
    assert weights is not None
    assert (weights.noncommercial, weights.licence) == (True, "CC BY-NC-SA 4.0")
    with pytest.raises(UsageProblem, match="non-commercial use only: CC BY-NC-SA"):
        agree("munit", weights, Home(tmp_path))
    shown = " ".join(CliRunner().invoke(main, ["show", "munit"]).stdout.split())
    assert "for non-commercial use only: asked about before the download" in shown
    assert "then zoo convert FILE, or --model munit@FILE" in shown
    shown = " ".join(CliRunner().invoke(main, ["show", "unit"]).stdout.split())
    assert "gta2city, in MUNIT's layers, licence CC BY-NC-SA 4.0" in shown
