"""The architecture is the one that fits best, also where the telling keys are missing."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
import torch
from torch import Tensor

from data.errors import AtlasError
from zoo.architectures import Architecture, build
from zoo.checkpoints import load_module
from zoo.nets.resnet import ResnetGenerator

State = dict[str, Tensor]
KINDS = [
    Architecture("resnet", {"blocks": 6, "norm": "instance", "width": 4}),
    Architecture("resnet", {"blocks": 6, "norm": "batch", "width": 4, "dropout": True}),
    Architecture("resnet", {"blocks": 6, "norm": "instance", "width": 4, "antialias": True}),
    Architecture("unet", {"depth": 5, "norm": "batch", "width": 4}),
    Architecture("unet", {"depth": 6, "norm": "instance", "width": 4}),
    Architecture("ganilla", {"width": 4}),
    Architecture("transformer", {"width": 4}),
    Architecture("cartoongan", {"width": 4}),
    Architecture("animegan", {"width": 4}),
    Architecture("adain", {"width": 4}),
    Architecture("adain-decoder", {"width": 4}),
]


def _state(architecture: Architecture) -> State:
    torch.manual_seed(0)
    return dict(build(architecture).state_dict())


@pytest.mark.parametrize("architecture", KINDS, ids=str)
def test_whichever_key_is_missing_it_is_named_and_the_architecture_is_right(
    architecture: Architecture, tmp_path: Path
) -> None:
    whole = _state(architecture)
    for key in [k for k in whole if not k.endswith((".filt", "num_batches_tracked"))]:
        torch.save({k: v for k, v in whole.items() if k != key}, tmp_path / "x.pth")
        with pytest.raises(AtlasError) as problem:
            load_module(tmp_path / "x.pth")
        message = problem.value.message
        assert f"missing {key}" in message, key
        assert "unknown" not in message, key
        assert f"does not fit {architecture.kind}(" in message, key
        for name, value in architecture.options.items():
            assert f"{name}={value}" in message, key


def test_one_layer_of_another_width_is_misshapen_and_the_others_decide(tmp_path: Path) -> None:
    state = _state(KINDS[0])
    state["model.1.weight"] = torch.zeros(9, 3, 7, 7)
    torch.save(state, tmp_path / "x.pth")
    with pytest.raises(AtlasError, match=r"misshapen model\.1\.weight \[9, 3, 7, 7\] instead of"):
        load_module(tmp_path / "x.pth")


def test_keys_of_nobody_get_the_nearest_architecture_and_its_first_keys(tmp_path: Path) -> None:
    torch.save({"strange.weight": torch.zeros(2, 2)}, tmp_path / "x.pth")
    with pytest.raises(AtlasError) as problem:
        load_module(tmp_path / "x.pth")
    assert "keys such as strange.weight" in problem.value.message
    assert " has " in problem.value.message
    assert "nearest: " in str(problem.value.hint)
    for kind in ("resnet(", "unet(", "ganilla("):
        assert kind in str(problem.value.hint)
    without = {k: v for k, v in _state(KINDS[0]).items() if "conv_block" not in k}
    torch.save(without, tmp_path / "y.pth")
    with pytest.raises(AtlasError, match=r"model\.10\.conv_block\.1\.weight") as problem:
        load_module(tmp_path / "y.pth")
    assert "nearest: resnet(blocks=6, norm=instance, antialias=False) (" in str(problem.value.hint)


@pytest.mark.parametrize(
    ("architecture", "nearest"),
    [
        (KINDS[1], "resnet(blocks=6, norm=batch, antialias=False)"),
        (KINDS[2], "resnet(blocks=6, norm=instance, antialias=True)"),
        (Architecture("unet", {"depth": 7, "width": 2}), "unet(depth=7, norm=batch)"),
        (Architecture("unet", {"depth": 8, "width": 2}), "unet(depth=8, norm=batch)"),
        (KINDS[5], "ganilla()"),
    ],
)
def test_the_nearest_are_ranked_over_the_published_options(
    architecture: Architecture, nearest: str, tmp_path: Path
) -> None:
    state = _state(architecture)
    torch.save({**state, "extra": torch.zeros(1)}, tmp_path / "x.pth")
    with pytest.raises(AtlasError) as problem:
        load_module(tmp_path / "x.pth")
    assert str(problem.value.hint).startswith(f"nearest: {nearest} (")


@pytest.mark.parametrize("filters", [True, False], ids=["with filt", "without filt"])
@pytest.mark.parametrize("dropout", [False, True])
@pytest.mark.parametrize(("down", "up"), [*product((False, True), repeat=2)])
def test_each_half_of_cut_is_antialiased_or_not(
    down: bool, up: bool, dropout: bool, filters: bool, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    module = ResnetGenerator(3, width=4, antialias=down, antialias_up=up, dropout=dropout).eval()
    state = {k: v for k, v in module.state_dict().items() if filters or not k.endswith(".filt")}
    torch.save(state, tmp_path / "x.pth")
    loaded, found, _ = load_module(tmp_path / "x.pth")
    assert (down, up) == (found.options["antialias"], found.options.get("antialias_up", down))
    assert (3, dropout) == (found.options["blocks"], found.options["dropout"])
    x = torch.randn(1, 3, 16, 16)
    with torch.no_grad():
        torch.testing.assert_close(module(x), loaded(x))


def test_antialias_alone_says_it_of_both_halves() -> None:
    alone = ResnetGenerator(blocks=1, norm="instance", width=2, antialias=True)
    both = ResnetGenerator(blocks=1, width=2, antialias=True, antialias_up=True)
    assert both.state_dict().keys() == alone.state_dict().keys()
