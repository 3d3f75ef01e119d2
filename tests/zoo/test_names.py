"""A name is one of ours or an error with near matches; what is shown is that of the weights."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner, Result

import zoo
from data.errors import AtlasError
from zoo.architectures import ARCHITECTURES, Architecture, build
from zoo.card import Preprocessing
from zoo.cli import main
from zoo.registry import card, resolve
from zoo.strides import STRIDES


def _run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


def _save(path: Path, kind: str, **options: object) -> Path:
    torch.save(build(Architecture(kind, dict(options))).state_dict(), path)
    return path


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["show", "cyclegan.nosuch"], "no set of 'cyclegan' weights is called 'nosuch'"),
        (["show", "cyclegan.photo2tune"], "did you mean 'photo2toon'"),
        (["show", "cyclegan@nothing/here.pth"], "no checkpoint file at 'nothing/here.pth'"),
        (["show", "cyclegan@"], "no checkpoint file at ''"),
        (["show", "identity.foo"], "'identity' takes no weights"),
        (["show", "cyclgan@x.pth"], "did you mean 'cyclegan'"),
        (["ls", "nosuch"], "no model is called 'nosuch'"),
        (["ls", "ganila"], "did you mean 'ganilla'"),
        (["ls", "cyclegan.photo2tune", "--json"], "did you mean 'cyclegan.photo2toon'"),
        (["ls", "x*"], "no model is called 'x*'"),
    ],
)
def test_a_name_of_nothing_is_a_usage_problem(words: list[str], message: str) -> None:
    result = _run(*words)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stdout == ""


def test_a_model_without_weights_is_shown_all_the_same() -> None:
    assert "takes no weights" not in _run("show", "identity").stdout
    assert _run("show", "identity").exit_code == 0


def test_weights_that_no_name_fetches_are_shown_with_what_to_do() -> None:
    shown = " ".join(CliRunner().invoke(main, ["show", "ganilla"]).stdout.split())
    assert "https://drive.google.com/drive/folders/1HT9JxGMk7L94OmIeV5fqrPBy-bVn1u9L" in shown
    assert "then zoo convert FILE, or --model ganilla@FILE" in shown
    assert "they do not load here" in CliRunner().invoke(main, ["show", "unit"]).stdout
    assert "by hand" not in CliRunner().invoke(main, ["show", "ganilla.photo2toon"]).stdout


def test_weights_are_shown_alone_with_their_own_stride() -> None:
    entry = card("pix2pix")
    assert entry.default is not None
    depth = entry.default.architecture["options"]["depth"]
    for name in ("pix2pix", f"pix2pix.{entry.default.name}"):
        lines = dict(line.split(maxsplit=1) for line in _run("show", name).stdout.splitlines())
        assert f"{2**depth} px" == lines["stride"]
        assert 2**depth == json.loads(_run("show", name, "--json").stdout)["stride"]
    assert "rgb, -1 to 1" in _run("show", "pix2pix").stdout


def test_every_kind_of_network_has_a_stride() -> None:
    assert ARCHITECTURES.keys() <= STRIDES.keys()


def test_a_checkpoint_file_is_shown_as_what_it_holds(tmp_path: Path) -> None:
    path = _save(tmp_path / "x.pth", "unet", depth=5, width=4)
    shown = _run("show", f"pix2pix@{path}")
    assert "unet(depth=5, norm=batch, width=4)" in shown.stdout
    assert shown.stderr == ""
    assert json.loads(_run("show", f"pix2pix@{path}", "--json").stdout)["stride"] == 32
    path.write_bytes(b"nothing")
    assert _run("show", f"pix2pix@{path}").exit_code == 1


def test_another_network_than_the_name_says_is_run_with_a_warning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = _save(tmp_path / "latest_net_G.pth", "resnet", blocks=2, width=4)
    assert zoo.load(f"ganilla@{path}", device="cpu").parameters > 0
    said = capsys.readouterr().err
    assert "warning: " in said
    assert "holds a resnet(blocks=2, " in said
    assert "not the ganilla generator of ganilla" in said
    zoo.load(f"cyclegan@{path}", device="cpu")
    assert capsys.readouterr().err == ""


def test_bundled_weights_that_are_missing_are_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zoo.places.FOLDER", tmp_path)
    with pytest.raises(AtlasError, match="are missing") as problem:
        zoo.load("cyclegan.photo2toon", device="cpu")
    assert "git checkout zoo/bundled" in str(problem.value.hint)


def test_the_preprocessing_of_the_weights_is_what_the_network_sees() -> None:
    translator = zoo.load("cyclegan.photo2toon", device="cpu")
    weights = resolve(translator.name).weights
    assert weights is not None
    assert Preprocessing() == weights.preprocessing
    seen: list[torch.Tensor] = []

    def spy(module: torch.nn.Module, given: tuple[torch.Tensor]) -> None:
        seen.append(given[0])

    translator.module.register_forward_pre_hook(spy)
    given = torch.zeros(1, 3, 32, 32, dtype=torch.uint8)
    given[:, 0] = 255
    translator(given)
    other = Preprocessing(order="bgr", low=0.0, high=1.0)
    replace(translator, preprocessing=other)(given)
    corners = [[float(v) for v in x[0, :, 0, 0]] for x in seen]
    assert corners == [[1.0, -1.0, -1.0], [0.0, 0.0, 1.0]]
