"""A state-dict is found in whatever wraps it, and a file that lies is refused, never run."""

from __future__ import annotations

import json
import os
import pickle
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save, save_file
from torch import Tensor

from data.errors import AtlasError
from zoo.architectures import Architecture, build
from zoo.checkpoints import load_module
from zoo.nets.patchgan import PatchDiscriminator
from zoo.states import read_state, read_tensors

State = dict[str, Tensor]
RESNET = Architecture("resnet", {"blocks": 2, "width": 4})
UNET = Architecture("unet", {"depth": 5, "width": 4})


def _state(architecture: Architecture, seed: int = 0) -> State:
    torch.manual_seed(seed)
    return dict(build(architecture).state_dict())


def _judge() -> State:
    return dict(PatchDiscriminator(width=2).state_dict())


def _under(prefix: str, state: State) -> State:
    return {f"{prefix}{key}": value for key, value in state.items()}


def _training(state: State) -> Any:
    optimizer = torch.optim.Adam([torch.nn.Parameter(torch.zeros(2))])
    optimizer.param_groups[0]["params"][0].grad = torch.ones(2)
    optimizer.step()
    own = {"netG": state, "netD": _judge(), "optG": optimizer.state_dict()}
    return {"epoch": 7, "nested": {"deeper": own}, "rng": torch.get_rng_state()}


WRAPPED: dict[str, Callable[[State], Any]] = {
    "a name of nobody's": lambda s: {"my_best_net": s},
    "a discriminator and optimizers beside it": _training,
    "plain values beside the tensors": lambda s: {**s, "epoch": 3, "note": "x", "lr": [1.0]},
    "module": lambda s: _under("module.", s),
    "module twice": lambda s: _under("module.module.", s),
    "compiled": lambda s: _under("_orig_mod.", s),
    "netG, wrapped": lambda s: {"state_dict": _under("netG.", s)},
    "generator and discriminator in one": lambda s: {
        **_under("generator.module.", s),
        **_under("discriminator.", _judge()),
    },
    "the averaged weights are meant": lambda s: {
        "params": {k: v + 1 for k, v in s.items()},
        "params_ema": s,
    },
}


@pytest.mark.parametrize("architecture", [RESNET, UNET], ids=["resnet", "unet"])
@pytest.mark.parametrize("name", WRAPPED)
def test_the_one_generator_in_a_file_is_found(
    name: str, architecture: Architecture, tmp_path: Path
) -> None:
    expected = _state(architecture)
    torch.save(WRAPPED[name](expected), tmp_path / "x.pth")
    found = load_module(tmp_path / "x.pth")[0].state_dict()
    assert expected.keys() == found.keys()
    assert all(torch.equal(value, found[key]) for key, value in expected.items())


@pytest.mark.parametrize("flat", [False, True])
def test_several_generators_are_named(flat: bool, tmp_path: Path) -> None:
    nets = {"G_A": _state(RESNET), "G_B": _state(RESNET, 1), "D_A": _judge()}
    held: Any = {"nets": nets, "step": 4}
    if flat:
        held = {f"{name}.{key}": v for name, state in nets.items() for key, v in state.items()}
    torch.save(held, tmp_path / "x.pth")
    with pytest.raises(AtlasError, match="holds 2 generators: ") as problem:
        load_module(tmp_path / "x.pth")
    prefix = "" if flat else "nets."
    assert f"{prefix}G_A, {prefix}G_B" in problem.value.message


class _Call:
    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> Any:
        return self.call


SAVES: dict[str, Callable[[Any, Path], Any]] = {
    "torch": torch.save,
    "torch, before 1.6": lambda x, p: torch.save(x, p, _use_new_zipfile_serialization=False),
    "pickle": lambda x, p: p.write_bytes(pickle.dumps(x)),
    "pickle 0": lambda x, p: p.write_bytes(pickle.dumps(x, protocol=0)),
    "pickle 2": lambda x, p: p.write_bytes(pickle.dumps(x, protocol=2)),
}


@pytest.mark.parametrize("name", SAVES)
@pytest.mark.parametrize("function", ["system", "eval", "touch"])
def test_a_pickle_that_would_run_code_is_said_to_and_does_not(
    name: str, function: str, tmp_path: Path
) -> None:
    marker = tmp_path / "marker"
    calls = {
        "system": _Call(os.system, f"touch {marker}"),
        "eval": _Call(eval, f"open({str(marker)!r}, 'w')"),
        "touch": _Call(Path.touch, marker),
    }
    SAVES[name]({"state_dict": calls[function]}, tmp_path / "evil.pth")
    with pytest.raises(AtlasError, match="it could run code, so it was not loaded"):
        load_module(tmp_path / "evil.pth")
    assert not marker.exists()


def test_the_content_and_not_the_suffix_says_what_a_file_is(tmp_path: Path) -> None:
    state = _state(RESNET)
    save_file(state, tmp_path / "a.pth")
    torch.save(state, tmp_path / "b.safetensors")
    for name in ("a.pth", "b.safetensors"):
        found, _ = read_state(tmp_path / name)
        assert all(torch.equal(value, found[key]) for key, value in state.items())


@pytest.mark.parametrize(
    "held", [{0: torch.zeros(2)}, {0: {1: torch.zeros(2)}}, [torch.zeros(2)], torch.zeros(2), {}]
)
def test_what_is_no_state_dict_is_said_to_be_none(held: Any, tmp_path: Path) -> None:
    torch.save(held, tmp_path / "x.pth")
    with pytest.raises(AtlasError, match="holds no state-dict but: "):
        load_module(tmp_path / "x.pth")


def _typed(kind: torch.dtype) -> Callable[[State], State]:
    return lambda state: {k: v.to(kind) for k, v in state.items()}


@pytest.mark.parametrize("kind", [torch.int8, torch.uint8, torch.bool, torch.complex64])
def test_weights_that_are_no_floating_point_numbers_are_refused(
    kind: torch.dtype, tmp_path: Path
) -> None:
    torch.save(_typed(kind)(_state(RESNET)), tmp_path / "x.pth")
    with pytest.raises(AtlasError, match=r"no floating-point numbers in model\.1\.weight \("):
        load_module(tmp_path / "x.pth")


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float64])
def test_other_floating_point_numbers_are_taken(kind: torch.dtype, tmp_path: Path) -> None:
    torch.save(_typed(kind)(_state(RESNET)), tmp_path / "x.pth")
    module = load_module(tmp_path / "x.pth")[0]
    assert {torch.float32} == {p.dtype for p in module.parameters()}


def test_tensors_that_hold_fewer_values_than_they_claim_are_refused(tmp_path: Path) -> None:
    state = {k: torch.zeros(1).expand(v.shape) for k, v in _state(RESNET).items()}
    torch.save(state, tmp_path / "x.pth")
    with pytest.raises(AtlasError, match="holds no plain values"):
        load_module(tmp_path / "x.pth")
    torch.save({k: v.to_sparse() for k, v in _state(RESNET).items()}, tmp_path / "y.pth")
    with pytest.raises(AtlasError, match="holds no plain values"):
        load_module(tmp_path / "y.pth")


def test_a_size_that_a_damaged_file_claims_is_never_built(tmp_path: Path) -> None:
    first = torch.zeros(8192, 3, 7, 7)
    state = {"model.1.weight": first, "model.10.conv_block.1.bias": torch.zeros(4)}
    state["model.99999.conv_block.1.bias"] = torch.zeros(4)
    torch.save(state, tmp_path / "x.pth")
    deep = ".".join(["model.model.1", *["model.3"] * 400, "model.1.weight"])
    torch.save({deep: torch.zeros(4, 4, 4, 4)}, tmp_path / "y.pth")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for name in ("x.pth", "y.pth"):
        with pytest.raises(AtlasError, match="does not fit"):
            load_module(tmp_path / name)
    unit = 1 if sys.platform == "darwin" else 1024
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * unit < 500e6


@pytest.mark.parametrize("told", ["{", "[1]", "null", '{"options": [1, 2]}', "[" * 100_000])
def test_a_header_of_ours_that_is_broken_is_an_error(told: str, tmp_path: Path) -> None:
    header = {"format": "i2i-atlas/1", "architecture": told}
    save_file(_state(UNET), tmp_path / "x.safetensors", metadata=header)
    with pytest.raises(AtlasError, match="the architecture in its header cannot be read"):
        load_module(tmp_path / "x.safetensors")


def test_the_header_of_another_project_decides_nothing(tmp_path: Path) -> None:
    save_file(_state(UNET), tmp_path / "x.safetensors", metadata={"architecture": "unet_256"})
    assert load_module(tmp_path / "x.safetensors")[1].kind == "unet"


def test_dropout_that_leaves_no_key_is_read_off_a_header_of_ours(tmp_path: Path) -> None:
    told = {"kind": "unet", "options": {"dropout": False, "width": 9, "nonsense": 1}}
    header = {"format": "i2i-atlas/1", "architecture": json.dumps(told)}
    save_file(_state(UNET), tmp_path / "x.safetensors", metadata=header)
    module, architecture, _ = load_module(tmp_path / "x.safetensors")
    assert architecture.options == {"dropout": False, "depth": 5, "norm": "batch", "width": 4}
    assert not any(isinstance(layer, torch.nn.Dropout) for layer in module.modules())


@pytest.mark.parametrize("begins", [b"\x80", b"PK"])
def test_a_safetensors_file_that_begins_as_a_pickle_or_a_zip_is_read(
    begins: bytes, tmp_path: Path
) -> None:
    state = {"w": torch.ones(3000)}  # the length of the header is the beginning of the file
    made = (save(state, metadata={"x": "x" * n}) for n in range(0, 0x4B50, 8))
    (tmp_path / "x.safetensors").write_bytes(next(c for c in made if c.startswith(begins)))
    assert torch.equal(torch.ones(3000), read_tensors(tmp_path / "x.safetensors")["w"])
