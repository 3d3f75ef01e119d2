"""Checkpoint files are recognised by their keys, read safely, and explained when wrong."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from data.errors import AtlasError
from zoo.architectures import Architecture, build, stride_of
from zoo.checkpoints import load_module

State = dict[str, Tensor]

ARCHITECTURES = [
    Architecture("resnet", {"blocks": 9, "norm": "instance", "width": 4, "antialias": False}),
    Architecture("resnet", {"blocks": 6, "norm": "batch", "width": 6, "antialias": False}),
    Architecture("resnet", {"blocks": 2, "norm": "instance", "width": 4, "antialias": True}),
    Architecture("unet", {"depth": 5, "norm": "batch", "width": 4}),
    Architecture("unet", {"depth": 6, "norm": "instance", "width": 4}),
    Architecture("ganilla", {"width": 4}),
    Architecture("transformer", {"width": 16}),
    Architecture("transformer", {"width": 4}),
    Architecture("cartoongan", {"width": 4}),
    Architecture("animegan", {"width": 4}),
    Architecture("adain", {"width": 4}),
]


def _trained(architecture: Architecture) -> tuple[torch.nn.Module, State]:
    torch.manual_seed(1)
    module = build(architecture)
    for name, buffer in module.named_buffers():
        if name.endswith("running_var"):
            buffer.uniform_(0.5, 1.5)
    return module.eval(), dict(module.state_dict())


def _same(expected: torch.nn.Module, found: torch.nn.Module, stride: int) -> None:
    x = torch.randn(1, 3, 2 * stride, 2 * stride)
    with torch.no_grad():
        torch.testing.assert_close(expected(x), found(x), atol=1e-5, rtol=0)


@pytest.mark.parametrize("architecture", ARCHITECTURES, ids=str)
def test_an_architecture_is_read_off_the_keys(architecture: Architecture, tmp_path: Path) -> None:
    module, state = _trained(architecture)
    torch.save(state, tmp_path / "latest_net_G.pth")
    loaded, found, header = load_module(tmp_path / "latest_net_G.pth")
    assert architecture.kind == found.kind
    assert architecture.options == {k: found.options[k] for k in architecture.options}
    assert not loaded.training
    assert header == {}
    _same(module, loaded, stride_of(architecture))


def _data_parallel(state: State) -> Any:
    return {f"module.{key}": value for key, value in state.items()}


def _wrapped(state: State) -> Any:
    return {"epoch": 100, "state_dict": state, "optimizer": {"lr": 2e-4}}


def _wrapped_twice(state: State) -> Any:
    return {"model": {"netG": _data_parallel(state), "step": 3}}


def _half(state: State) -> Any:
    return {k: v.half() if v.is_floating_point() else v for k, v in state.items()}


@pytest.mark.parametrize("change", [_data_parallel, _wrapped, _wrapped_twice])
def test_prefixes_and_wrappers_are_taken_off(
    change: Callable[[State], Any], tmp_path: Path
) -> None:
    module, state = _trained(ARCHITECTURES[0])
    torch.save(change(state), tmp_path / "100_net_G.pth")
    _same(module, load_module(tmp_path / "100_net_G.pth")[0], 4)


def test_the_shift_that_dropout_makes_is_seen(tmp_path: Path) -> None:
    architecture = Architecture("resnet", {"blocks": 2, "width": 4, "dropout": True})
    module, state = _trained(architecture)
    assert "model.10.conv_block.6.weight" in state
    torch.save(state, tmp_path / "latest_net_G_A.pth")
    loaded, found, _ = load_module(tmp_path / "latest_net_G_A.pth")
    assert found.options["dropout"]
    _same(module, loaded, 4)


def test_running_statistics_of_an_old_instance_norm_are_dropped(tmp_path: Path) -> None:
    module, state = _trained(ARCHITECTURES[0])
    for index in (2, 5, 8):
        state[f"model.{index}.running_mean"] = torch.ones(4)
        state[f"model.{index}.running_var"] = torch.ones(4)
        state[f"model.{index}.num_batches_tracked"] = torch.tensor(3)
    torch.save(state, tmp_path / "x.pth")
    _same(module, load_module(tmp_path / "x.pth")[0], 4)


def test_sixteen_bit_safetensors_load_as_float32(tmp_path: Path) -> None:
    _, state = _trained(ARCHITECTURES[5])
    save_file(_half(state), tmp_path / "x.safetensors", metadata={"format": "i2i-atlas/1"})
    loaded, _, header = load_module(tmp_path / "x.safetensors")
    assert {torch.float32} == {p.dtype for p in loaded.parameters()}
    assert header["format"] == "i2i-atlas/1"


class _Bomb:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> Any:
        return Path.touch, (self.marker,)


@pytest.mark.parametrize("save", [torch.save, lambda x, p: p.write_bytes(pickle.dumps(x))])
def test_a_pickle_that_would_run_code_does_not_run(
    save: Callable[[Any, Path], None], tmp_path: Path
) -> None:
    save({"state_dict": _Bomb(tmp_path / "marker")}, tmp_path / "evil.pth")
    with pytest.raises(AtlasError, match=r"evil\.pth"):
        load_module(tmp_path / "evil.pth")
    assert not (tmp_path / "marker").exists()


@pytest.mark.parametrize("name", ["cut.pth", "cut.safetensors", "text.pth", "empty.pth"])
def test_a_damaged_file_is_named(name: str, tmp_path: Path) -> None:
    _, state = _trained(ARCHITECTURES[0])
    whole = tmp_path / f"whole{Path(name).suffix}"
    if whole.suffix == ".pth":
        torch.save(state, whole)
    else:
        save_file(state, whole)
    contents = {"cut": whole.read_bytes()[:-500], "text": b"<html>404</html>", "empty": b""}
    path = tmp_path / name
    path.write_bytes(contents[path.stem])
    with pytest.raises(AtlasError, match="is damaged or no checkpoint"):
        load_module(path)


def test_keys_that_do_not_fit_are_named_with_the_nearest_architectures(tmp_path: Path) -> None:
    _, state = _trained(ARCHITECTURES[0])
    state["model.4.wait"] = state.pop("model.4.weight")
    state["model.26.weight"] = torch.zeros(3, 9, 7, 7)
    torch.save(state, tmp_path / "x.pth")
    with pytest.raises(AtlasError) as problem:
        load_module(tmp_path / "x.pth")
    for part in (
        "missing model.4.weight",
        "unknown model.4.wait",
        "model.26.weight [3, 9, 7, 7] instead of [3, 4, 7, 7]",
        "resnet(blocks=9",
    ):
        assert part in problem.value.message
    assert "nearest: resnet(blocks=9, norm=instance, antialias=False) (9" in str(problem.value.hint)


def test_a_discriminator_is_told_from_a_generator(tmp_path: Path) -> None:
    from zoo.nets.patchgan import PatchDiscriminator

    torch.save(PatchDiscriminator(width=2).state_dict(), tmp_path / "latest_net_D.pth")
    with pytest.raises(AtlasError, match="looks like a discriminator"):
        load_module(tmp_path / "latest_net_D.pth")


def test_a_file_of_something_else_is_named(tmp_path: Path) -> None:
    torch.save({"weights": [1, 2]}, tmp_path / "x.pth")
    with pytest.raises(AtlasError, match="holds no state-dict but: weights"):
        load_module(tmp_path / "x.pth")
    torch.save({"strange.weight": torch.zeros(2, 2)}, tmp_path / "y.pth")
    with pytest.raises(AtlasError, match=r"no known architecture has keys such as strange\.weight"):
        load_module(tmp_path / "y.pth")
