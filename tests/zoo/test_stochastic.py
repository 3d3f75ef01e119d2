"""pix2pix translates as its paper does on request, and never by chance."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from PIL import Image

import zoo
from data.errors import UsageProblem
from zoo.architectures import Architecture, build
from zoo.cli import main
from zoo.registry import card


@pytest.fixture
def model(tmp_path: Path) -> str:
    """A small U-Net whose running statistics are far from those of any picture."""
    torch.manual_seed(0)
    module = build(Architecture("unet", {"depth": 6, "width": 4}))
    for name, buffer in module.named_buffers():
        if name.endswith("running_mean"):
            buffer.fill_(3.0)
    torch.save(module.state_dict(), tmp_path / "net.pth")
    return f"pix2pix@{tmp_path / 'net.pth'}"


def _pictures(count: int = 3) -> torch.Tensor:
    rng = torch.Generator().manual_seed(1)
    return torch.randint(0, 256, (count, 3, 64, 70), generator=rng).to(torch.uint8)


def test_the_default_is_the_same_answer_every_time(model: str) -> None:
    translator = zoo.load(model, device="cpu")
    assert torch.equal(translator(_pictures()), translator(_pictures()))


def test_the_seed_and_the_picture_decide_and_nothing_else(model: str) -> None:
    given = _pictures()
    translator = zoo.load(model, device="cpu", stochastic=True, seed=1)
    whole = translator(given)
    alone = torch.cat([translator(picture[None]) for picture in given.flip(0)]).flip(0)
    assert torch.equal(whole, alone)
    other = zoo.load(model, device="cpu", stochastic=True, seed=2)
    assert not torch.equal(whole, other(given))
    assert not torch.equal(whole, zoo.load(model, device="cpu")(given))


def test_it_equals_the_network_in_training_mode_on_one_picture(model: str) -> None:
    translator = zoo.load(model, device="cpu", stochastic=True, seed=5)
    module = zoo.load(model, device="cpu").module
    module.train()
    given = _pictures(1)[..., :64]
    from zoo.noise import seeded

    with seeded(5, given), torch.no_grad():
        expected = (module(given.float() / 127.5 - 1.0) + 1.0) * 127.5
    assert (expected.round().int() - translator(given).int()).abs().max() <= 1


def test_other_random_numbers_are_left_alone(model: str) -> None:
    translator = zoo.load(model, device="cpu", stochastic=True)
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    translator(_pictures(1))
    assert torch.equal(expected, torch.rand(3))


@pytest.mark.parametrize("name", ["identity", "ganilla"])
def test_a_network_without_noise_refuses(name: str) -> None:
    with pytest.raises(UsageProblem, match="nothing in it is random"):
        zoo.load(name, device="cpu", stochastic=True)


def test_the_command_has_a_switch_and_a_seed(model: str, tmp_path: Path) -> None:
    Image.effect_noise((64, 64), 90).convert("RGB").save(tmp_path / "in.png")

    def run(name: str, *flags: str) -> bytes:
        words = ["translate", "--model", model, "--device", "cpu", *flags]
        result = CliRunner().invoke(main, [*words, str(tmp_path / "in.png"), str(tmp_path / name)])
        assert result.exit_code == 0, result.stderr
        return (tmp_path / name).read_bytes()

    first = run("a.png", "--stochastic", "--seed", "3")
    assert first == run("b.png", "--stochastic", "--seed", "3")
    assert first != run("c.png", "--stochastic", "--seed", "4")
    assert first != run("d.png")
    words = ["translate", "--model", model, "--seed", "3", str(tmp_path / "in.png"), "x.png"]
    assert CliRunner().invoke(main, words).exit_code == 2
    assert "--stochastic" in card("pix2pix").summary
