"""Style networks equal what their papers and published files say, derived here anew in float64.

Each forward pass below is written from the tables alone, with torch's plain functions and the
tensors of the state-dict: none of the zoo's own layers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from zoo.nets.adain import ENCODER_LAYERS, AdainDecoder, AdainEncoder, AdainNet, adain
from zoo.nets.animegan import AnimeGenerator
from zoo.nets.cartoongan import CartoonGenerator
from zoo.nets.transformer_net import TransformerNet
from zoo.nets.vgg import VggFeatures, layer_index

State = dict[str, Tensor]


def _conv(x: Tensor, s: State, key: str, reflect: int = 0, **how: Any) -> Tensor:
    if reflect:
        x = F.pad(x, (reflect,) * 4, mode="reflect")
    return F.conv2d(x, s[f"{key}.weight"], s.get(f"{key}.bias"), **how)


def _instance(x: Tensor, scale: Tensor, shift: Tensor, eps: float) -> Tensor:
    mean = x.mean((2, 3), keepdim=True)
    variance = (x - mean).square().mean((2, 3), keepdim=True)  # biased
    return (x - mean) / (variance + eps).sqrt() * scale[:, None, None] + shift[:, None, None]


def _transformer(x: Tensor, s: State) -> Tensor:
    def norm(y: Tensor, key: str) -> Tensor:
        return _instance(y, s[f"{key}.weight"], s[f"{key}.bias"], 1e-5)

    y = F.relu(norm(_conv(x, s, "conv1.conv2d", 4), "in1"))
    y = F.relu(norm(_conv(y, s, "conv2.conv2d", 1, stride=2), "in2"))
    y = F.relu(norm(_conv(y, s, "conv3.conv2d", 1, stride=2), "in3"))
    for i in range(1, 6):
        z = F.relu(norm(_conv(y, s, f"res{i}.conv1.conv2d", 1), f"res{i}.in1"))
        y = y + norm(_conv(z, s, f"res{i}.conv2.conv2d", 1), f"res{i}.in2")
    for i in (1, 2):
        doubled = F.interpolate(y, scale_factor=2, mode="nearest")
        y = F.relu(norm(_conv(doubled, s, f"deconv{i}.conv2d", 1), f"in{i + 3}"))
    return _conv(y, s, "deconv3.conv2d", 4)


def _cartoon(x: Tensor, s: State) -> Tensor:
    def norm(y: Tensor, key: str) -> Tensor:
        return _instance(y, s[f"{key}.scale"], s[f"{key}.shift"], 1e-9)

    y = F.relu(norm(_conv(x, s, "conv01_1", 3), "in01_1"))
    for i in ("02", "03"):
        y = _conv(y, s, f"conv{i}_1", stride=2, padding=1)
        y = F.relu(norm(_conv(y, s, f"conv{i}_2", padding=1), f"in{i}_1"))
    for i in range(4, 12):
        z = F.relu(norm(_conv(y, s, f"conv{i:02}_1", 1), f"in{i:02}_1"))
        y = y + norm(_conv(z, s, f"conv{i:02}_2", 1), f"in{i:02}_2")
    for i, after in (("01", "in12_1"), ("02", "in13_1")):
        weight, bias = s[f"deconv{i}_1.weight"], s[f"deconv{i}_1.bias"]
        y = F.conv_transpose2d(y, weight, bias, stride=2, padding=1, output_padding=1)
        y = F.relu(norm(_conv(y, s, f"deconv{i}_2", padding=1), after))
    return torch.tanh(_conv(y, s, "deconv03_1", 3))


def _anime(x: Tensor, s: State) -> Tensor:
    def layer(y: Tensor, key: str) -> Tensor:
        mean = y.mean((1, 2, 3), keepdim=True)
        variance = (y - mean).square().mean((1, 2, 3), keepdim=True)
        scale, shift = s[f"{key}.weight"], s[f"{key}.bias"]
        return (y - mean) / (variance + 1e-5).sqrt() * scale[:, None, None] + shift[:, None, None]

    def block(y: Tensor, key: str, stride: int = 1, groups: int = 1) -> Tensor:
        border = s[f"{key}.1.weight"].shape[-1] // 2
        sides = (0, 1, 0, 1) if stride == 2 else (border,) * 4
        y = F.pad(y, sides, mode="reflect") if any(sides) else y
        y = F.conv2d(y, s[f"{key}.1.weight"], s.get(f"{key}.1.bias"), stride=stride, groups=groups)
        return F.leaky_relu(layer(y, f"{key}.2"), 0.2)

    def inverted(y: Tensor, key: str) -> Tensor:
        z = block(y, f"{key}.layers.0")
        z = block(z, f"{key}.layers.1", groups=z.shape[1])
        z = layer(F.conv2d(z, s[f"{key}.layers.2.weight"]), f"{key}.layers.3")
        return z + y if z.shape == y.shape else z

    def up(y: Tensor, like: Tensor) -> Tensor:
        return F.interpolate(y, like.shape[-2:], mode="bilinear", align_corners=True)

    y = block(x, "block_a.0")
    half = y = block(block(y, "block_a.1", stride=2), "block_a.2")
    y = block(block(y, "block_b.0", stride=2), "block_b.1")
    y = block(y, "block_c.0")
    for i in range(1, 5):
        y = inverted(y, f"block_c.{i}")
    y = block(y, "block_c.5")
    y = block(block(up(y, half), "block_d.0"), "block_d.1")
    y = block(block(block(up(y, x), "block_e.0"), "block_e.1"), "block_e.2")
    return torch.tanh(F.conv2d(y, s["out_layer.0.weight"]))


NETWORKS: list[tuple[Callable[..., nn.Module], Callable[..., Tensor], int, int, int, float]] = [
    # network, derivation, its published width, parameters and tensors; white
    (TransformerNet, _transformer, 32, 1_679_235, 62, 255.0),
    (CartoonGenerator, _cartoon, 64, 11_129_667, 94, 1.0),
    (AnimeGenerator, _anime, 32, 2_143_552, 77, 1.0),
]


@pytest.mark.parametrize("row", NETWORKS, ids=lambda row: row[0].__name__)
def test_a_network_equals_its_derivation_and_has_the_published_tensors(
    row: tuple[Any, ...], tools: Any
) -> None:
    make, derived, width, parameters, tensors, white = row
    with torch.device("meta"):
        published = make(width=width)
    assert parameters == sum(p.numel() for p in published.parameters())
    assert tensors == len(published.state_dict())
    module = tools.seeded(make(width=8)).double()
    x = torch.rand(2, 3, 24, 32, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    x = x * white
    with torch.no_grad():
        torch.testing.assert_close(
            derived(x, dict(module.state_dict())), module(x), atol=1e-9 * white, rtol=0
        )


def test_the_published_sizes_of_cartoongan_come_out_without_padding() -> None:
    # 450 pixels give 452, as in the pictures that the project shows.
    with torch.no_grad():
        made = CartoonGenerator(width=2)(torch.zeros(1, 3, 21, 30))
    assert made.shape == (1, 3, 24, 32)


def test_align_corners_changes_the_upsampling_of_animegan_alone(tools: Any) -> None:
    x = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    one, other = (tools.seeded(AnimeGenerator(4, align_corners=a)) for a in (True, False))
    assert one.state_dict().keys() == other.state_dict().keys()
    with torch.no_grad():
        assert (one(x) - other(x)).abs().max() > 1e-4


def _encoded(x: Tensor, s: State) -> dict[str, Tensor]:
    """VGG-19 to relu4_1 in the published numbering: pads, convolutions, ReLUs and pools count."""
    found, index = {}, 1
    y = F.conv2d(x, s["0.weight"], s["0.bias"])
    for block, count in enumerate((2, 2, 4, 1), start=1):
        for i in range(1, count + 1):
            y = F.relu(_conv(y, s, str(index + 1), 1))
            if i == 1:
                assert ENCODER_LAYERS[f"relu{block}_1"] == index + 2
                found[f"relu{block}_1"] = y
            index += 3
        if block < 4:
            y = F.max_pool2d(y, 2, ceil_mode=True)
            index += 1
    return found


def _decoded(y: Tensor, s: State) -> Tensor:
    for key in (1, 5, 8, 11, 14, 18, 21, 25):
        y = F.relu(_conv(y, s, str(key), 1))
        if key in (1, 14, 21):
            y = F.interpolate(y, scale_factor=2, mode="nearest")
    return _conv(y, s, "28", 1)


def test_adain_equals_its_derivation(tools: Any) -> None:
    net = AdainNet(width=4)
    net.encoder, net.decoder = tools.seeded(AdainEncoder(4)), tools.seeded(AdainDecoder(4))
    net = net.double()
    generator = torch.Generator().manual_seed(1)
    x = torch.rand(2, 3, 24, 32, dtype=torch.float64, generator=generator)
    style = torch.rand(1, 3, 40, 24, dtype=torch.float64, generator=generator)
    encoder, decoder = dict(net.encoder.state_dict()), dict(net.decoder.state_dict())
    content, other = _encoded(x, encoder)["relu4_1"], _encoded(style, encoder)["relu4_1"]

    def moments(y: Tensor) -> tuple[Tensor, Tensor]:
        count, mean = y[0, 0].numel(), y.mean((2, 3), keepdim=True)
        variance = (y - mean).square().sum((2, 3), keepdim=True) / (count - 1)
        return mean, (variance + 1e-5).sqrt()

    (own_mean, own_std), (mean, std) = moments(content), moments(other)
    expected = _decoded(
        0.3 * content + 0.7 * ((content - own_mean) / own_std * std + mean), decoder
    )
    net.style, net.strength = moments(other), 0.7
    with torch.no_grad():
        torch.testing.assert_close(expected, net(x), atol=1e-9, rtol=0)
        found = net.encoder.at(x, ENCODER_LAYERS)
        for layer, value in _encoded(x, encoder).items():
            torch.testing.assert_close(value, found[layer], atol=1e-9, rtol=0)
        net.strength = 0.0
        torch.testing.assert_close(_decoded(content, decoder), net(x), atol=1e-9, rtol=0)
        plain = adain(content, *moments(content))
        torch.testing.assert_close(content, plain, atol=1e-9, rtol=0)


def test_the_published_files_of_adain_have_these_tensors() -> None:
    with torch.device("meta"):
        encoder, decoder = AdainEncoder(), AdainDecoder()
    assert sum(p.numel() for p in encoder.parameters()) == 3_505_740
    assert sum(p.numel() for p in decoder.parameters()) == 3_505_219
    numbers = {key.split(".")[0] for key in decoder.state_dict()}
    assert numbers == {"1", "5", "8", "11", "14", "18", "21", "25", "28"}


@pytest.mark.parametrize("plan", ["vgg16", "vgg19"])
def test_vgg_equals_torchvisions(plan: str) -> None:
    from torchvision import models

    torch.manual_seed(0)
    with torch.device("meta"):
        theirs_whole = getattr(models, plan)(weights=None)
    last = {"vgg16": "relu5_3", "vgg19": "relu5_4"}[plan]
    ours = VggFeatures(plan, last=last)
    state = {k: v for k, v in theirs_whole.state_dict().items() if k.startswith("features.")}
    assert {k: v.shape for k, v in state.items()} == {
        k: v.shape for k, v in ours.state_dict().items()
    }
    small = VggFeatures(plan, last=last, width=4)
    kinds = [type(layer) for layer in theirs_whole.features][: len(small.features)]
    assert kinds == [type(layer) for layer in small.features]
    x = torch.rand(1, 3, 32, 32)
    found = small(x, ["relu1_2", "conv4_2", "relu4_2"])
    mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    y = (x - torch.tensor(mean)[:, None, None]) / torch.tensor(std)[:, None, None]
    for layer in small.features[: layer_index(plan, "relu4_2") + 1]:
        y = layer(y)
    torch.testing.assert_close(y, found["relu4_2"])
    torch.testing.assert_close(found["conv4_2"].relu(), found["relu4_2"])


def test_a_layer_that_vgg_has_not_is_refused() -> None:
    for layer in ("relu6_1", "relu3_4", "pool1_1", "relu0_1", "relu1", ""):
        with pytest.raises(ValueError, match="has no layer"):
            layer_index("vgg16", layer)
    assert layer_index("vgg19", "relu3_4") == 17
