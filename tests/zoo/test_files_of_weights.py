"""`zoo fetch`, `convert` and `export`: what is written is the network that was asked for."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from click.testing import CliRunner, Result
from safetensors import safe_open
from torch import nn

from zoo.architectures import Architecture, build
from zoo.checkpoints import load_module
from zoo.cli import main

SMALL = {
    "cyclegan": Architecture("resnet", {"blocks": 2, "width": 4}),
    "ganilla": Architecture("ganilla", {"width": 4}),
    "pix2pix": Architecture("unet", {"depth": 5, "width": 4}),
}


def _run(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def _checkpoint(folder: Path, model: str) -> Path:
    torch.manual_seed(1)
    path = folder / f"{model}.pth"
    torch.save(build(SMALL[model]).state_dict(), path)
    return path


def _example(height: int, width: int, count: int = 1) -> torch.Tensor:
    return torch.rand((count, 3, height, width), generator=torch.Generator().manual_seed(0)) * 2 - 1


@pytest.mark.parametrize("model", SMALL)
def test_onnx_gives_what_the_module_gives_at_other_sizes(tmp_path: Path, model: str) -> None:
    source, target = _checkpoint(tmp_path, model), tmp_path / "net.onnx"
    result = _run("export", f"{model}@{source}", target)
    assert result.exit_code == 0, result.stderr
    assert "onnx, float32 [N,3,H,W]" in result.stderr
    x = _example(96, 160, 2)
    with torch.inference_mode():
        expected = load_module(source)[0](x).numpy()
    session = onnxruntime.InferenceSession(str(target), providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"picture": x.numpy()})
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.filterwarnings("ignore:.torch.jit:FutureWarning")  # the format is old and wanted
def test_torchscript_runs_without_our_code(tmp_path: Path) -> None:
    source, target = _checkpoint(tmp_path, "ganilla"), tmp_path / "net.pt"
    assert _run("export", f"ganilla@{source}", target).exit_code == 0
    x = _example(64, 112)
    with torch.inference_mode():
        expected = load_module(source)[0](x)
        torch.testing.assert_close(torch.jit.load(str(target))(x), expected, atol=1e-5, rtol=0)


class _Other(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return -x


def test_a_file_that_gives_another_picture_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = _checkpoint(tmp_path, "cyclegan"), tmp_path / "net.pt"
    monkeypatch.setattr("torch.jit.load", lambda _: _Other())
    result = _run("export", f"cyclegan@{source}", target)
    assert result.exit_code == 1
    assert "torchscript gives another picture" in result.stderr
    assert not target.exists()


def test_what_is_no_network_is_not_exported(tmp_path: Path) -> None:
    result = _run("export", "identity", tmp_path / "net.onnx")
    assert result.exit_code == 2
    assert "no single network" in result.stderr


def test_convert_tells_what_a_file_is_and_writes_ours(tmp_path: Path) -> None:
    torch.manual_seed(2)
    state = build(SMALL["cyclegan"]).state_dict()
    # As old versions of the reference wrote it: statistics that nothing uses.
    old = {**state, "model.2.running_mean": torch.zeros(4), "model.2.running_var": torch.ones(4)}
    source, target = tmp_path / "latest_net_G_A.pth", tmp_path / "ours.safetensors"
    torch.save(old, source)
    result = _run("convert", source, target, "--json")
    assert result.exit_code == 0, result.stderr
    told = json.loads(result.stdout)
    assert told["architecture"].startswith("resnet(blocks=2")
    assert told["left out"] == "model.2.running_mean, model.2.running_var"
    assert told["parameters"] == sum(v.numel() for v in state.values())
    module, architecture, header = load_module(target)
    assert (architecture.kind, architecture.options["width"]) == ("resnet", 4)
    assert json.loads(header["facts"])["converted_from"] == "latest_net_G_A.pth"
    for name, value in module.state_dict().items():
        assert torch.equal(state[name], value)
    with safe_open(str(target), "pt") as file:
        assert file.metadata()["format"] == "i2i-atlas/1"


def test_convert_tells_of_weights_that_are_no_numbers(tmp_path: Path) -> None:
    source = _checkpoint(tmp_path, "cyclegan")
    assert json.loads(_run("convert", source, "--json").stdout)["not finite"] == ""
    state = torch.load(source, weights_only=True)
    state["model.4.weight"][0, 0, 0, 0] = float("nan")
    torch.save(state, source)
    assert json.loads(_run("convert", source, "--json").stdout)["not finite"] == "model.4.weight"


def test_converting_ours_keeps_what_its_header_says(tmp_path: Path) -> None:
    bundled = Path(__file__).resolve().parents[2] / "zoo/bundled/ganilla-photo2toon.safetensors"
    target = tmp_path / "copy.safetensors"
    assert _run("convert", bundled, target).exit_code == 0
    before, after = load_module(bundled)[2], load_module(target)[2]
    assert before["recipe"] == after["recipe"]
    assert json.loads(before["facts"]) == json.loads(after["facts"])


@pytest.mark.parametrize(
    ("content", "target", "code", "message"),
    [
        (b"nothing", "out.safetensors", 1, "in.pth"),
        (None, "out.pth", 2, "is no .safetensors file"),
    ],
)
def test_convert_says_what_is_wrong(
    tmp_path: Path, content: bytes | None, target: str, code: int, message: str
) -> None:
    source = tmp_path / "in.pth"
    if content is None:
        _checkpoint(tmp_path, "ganilla").rename(source)
    else:
        source.write_bytes(content)
    result = _run("convert", source, tmp_path / target)
    assert result.exit_code == code
    assert message in result.stderr
    assert not (tmp_path / target).exists()


def test_fetch_prints_name_and_file_and_knows_wildcards(tmp_path: Path) -> None:
    result = _run("fetch", "ganilla", "cyclegan.photo*", "identity", "--home", tmp_path)
    assert result.exit_code == 0, result.stderr
    lines = dict(line.split("\t") for line in result.stdout.splitlines())
    assert sorted(lines) == ["cyclegan.photo2toon", "ganilla.photo2toon"]
    assert all(Path(file).is_file() for file in lines.values())
    assert "identity has no weights" in result.stderr


def test_fetch_of_an_unknown_name_offers_near_ones() -> None:
    result = _run("fetch", "ganila")
    assert result.exit_code == 2
    assert "ganilla" in result.stderr
