"""CUT, FastCUT and SinCUT: heads, cards, official checkpoints and training on one picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image

import zoo
from zoo.architectures import Architecture, build
from zoo.cli import main
from zoo.nets.heads import PatchHeads, channels_of, encode
from zoo.nets.resnet import ResnetGenerator
from zoo.registry import card
from zoo.train.contrastive import Contrastive
from zoo.train.loop import rate_factor


def test_heads_are_there_from_the_start_with_the_published_keys() -> None:
    channels = channels_of(ResnetGenerator(antialias=True), (0, 4, 8, 12, 16))
    assert channels == [3, 128, 256, 256, 256]
    heads = PatchHeads(channels)
    assert sum(p.numel() for p in heads.parameters()) == 560_384
    assert [key for key in heads.state_dict() if key.startswith("mlp_0")] == [
        "mlp_0.0.weight",
        "mlp_0.0.bias",
        "mlp_0.2.weight",
        "mlp_0.2.bias",
    ]


def test_heads_give_unit_vectors_of_the_places_asked_for() -> None:
    heads = PatchHeads([4, 6], width=8)
    features = [torch.randn(2, 4, 5, 5), torch.randn(2, 6, 3, 3)]
    places = [torch.tensor([7, 0]), torch.tensor([8])]
    first, second = heads(features, places)
    assert (first.shape, second.shape) == ((2, 2, 8), (2, 1, 8))
    torch.testing.assert_close(torch.ones(2, 2), first.norm(dim=-1), atol=1e-5, rtol=0)
    alone = heads.mlp_0(features[0][1, :, 1, 2])  # place 7 of rows of 5
    torch.testing.assert_close(alone / alone.norm(), first[1, 0], atol=1e-5, rtol=0)


def test_the_encoder_stops_at_the_last_layer_wanted() -> None:
    net = ResnetGenerator(blocks=1, width=2)
    x = torch.randn(1, 3, 16, 16)
    layers = list(net.model.children())
    padded, whole = encode(layers, x, (0, len(layers) - 1))
    assert padded.shape == (1, 3, 22, 22)
    torch.testing.assert_close(net(x), whole)
    ran: list[int] = []
    layers[5].register_forward_hook(lambda *_: ran.append(1))
    encode(layers, x, (0, 4))
    assert ran == []


@pytest.mark.parametrize(
    ("name", "epochs", "nce", "rates"),
    # Rates of the first epoch, the last full one, the next and the last of all.
    [
        ("cut", 400, 1.0, (1.0, 1.0, 1 - 1 / 201, 1 / 201)),
        ("fastcut", 200, 10.0, (1.0, 1.0, 1 - 1 / 51, 1 / 51)),
    ],
)
def test_schedules_and_weights_are_the_papers(
    name: str, epochs: int, nce: float, rates: tuple[float, ...]
) -> None:
    recipe = card(name).recipe
    assert recipe is not None
    assert recipe.epochs + recipe.decay_epochs == epochs
    at = (0, recipe.epochs - 1, recipe.epochs, epochs - 1)
    assert rates == pytest.approx([rate_factor(recipe, epoch) for epoch in at])
    assert recipe.options["nce"] == nce
    assert (recipe.init, recipe.pool, recipe.learning_rate, recipe.batch) == ("xavier", 0, 2e-4, 1)
    method = Contrastive(
        replace(
            recipe,
            generator_options={**recipe.generator_options, "width": 4, "blocks": 5},
            discriminator_options={**recipe.discriminator_options, "width": 4},
        ),
        torch.device("cpu"),
    )
    assert method.optimizers.keys() == {"G", "D", "F"}
    assert (method.own.patches, method.own.temperature) == (256, 0.07)
    assert method.own.flip_equivariance == (name == "fastcut")


def test_an_official_checkpoint_is_loaded_by_its_name(tmp_path: Path) -> None:
    torch.manual_seed(0)
    net = build(Architecture("resnet", {"blocks": 9, "width": 4, "antialias": True}))
    torch.save(net.state_dict(), tmp_path / "latest_net_G.pth")
    translator = zoo.load(f"cut@{tmp_path / 'latest_net_G.pth'}", device="cpu")
    assert translator.architecture is not None
    assert translator.architecture.options["antialias"] is True
    assert translator.architecture.options["blocks"] == 9
    picture = torch.randint(0, 256, (1, 3, 32, 32)).to(torch.uint8)
    with torch.no_grad():
        expected = (net.eval()(picture.float() / 127.5 - 1) + 1) * 127.5
    assert (expected.round().int() - translator(picture).int()).abs().max() <= 1


def test_official_weights_say_where_they_are() -> None:
    for name in ("cut", "fastcut"):
        weights = card(name).weights
        assert [w.name for w in weights] == ["horse2zebra", "cat2dog", "cityscapes"]
        assert len({w.member for w in weights}) == 3
        for w in weights:
            assert all(address.startswith("http://") for address in w.addresses)
            assert w.member.startswith(f"{w.name}_{name}_pretrained/")


def test_sincut_learns_from_one_picture_of_each_domain(
    tmp_path: Path, pictures: Callable[..., Path]
) -> None:
    rng = np.random.default_rng(0)
    for domain, size in (("A", (40, 60)), ("B", (50, 32))):
        (tmp_path / f"train{domain}").mkdir()
        pixels = rng.integers(0, 256, (*size, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"train{domain}" / "one.png")
    (tmp_path / "tiny.toml").write_text(
        "epochs = 1\ndecay-epochs = 0\ncrop = 32\nwidth = 1\nblocks = 2\nbatch = 2\nlength = 4\n"
        "discriminator-width = 1\n[options]\nlayers = [0, 2, 3]\n"
    )
    words = ["train", "sincut", "--dataset", str(tmp_path), "--out", str(tmp_path / "out")]
    words += ["--home", str(tmp_path / "home"), "--device", "cpu"]
    done = CliRunner().invoke(main, [*words, "--config", str(tmp_path / "tiny.toml")])
    assert done.exit_code == 0, done.stderr
    assert "trained: 2 of 2 steps" in done.stderr
    assert "4 pictures" in done.stderr
    file = tmp_path / "out" / "latest_net_G.safetensors"
    translator = zoo.load(f"sincut@{file}", device="cpu")
    assert translator.architecture == Architecture("stylegan2", {"blocks": 2, "width": 1})
    assert translator(torch.zeros(1, 3, 41, 30, dtype=torch.uint8)).shape == (1, 3, 41, 30)


def test_sincut_is_trained_as_published() -> None:
    recipe = card("sincut").recipe
    assert recipe is not None
    assert (recipe.learning_rate, recipe.beta1, recipe.beta2) == (2e-3, 0.0, 0.99)
    assert (recipe.generator_options["width"], recipe.discriminator_options["width"]) == (10, 8)
    assert (recipe.batch, recipe.crop, recipe.zoom, recipe.resize) == (16, 64, 3.0, "none")
    assert (recipe.epochs, recipe.decay_epochs, recipe.length) == (8, 8, 100_000)
    assert (recipe.options["r1"], recipe.options["pixel_identity"]) == (1.0, 1.0)
