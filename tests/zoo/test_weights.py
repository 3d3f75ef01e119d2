"""Weights are asked about, fetched, checked and kept; what nobody could check is told."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner
from PIL import Image

import zoo
from data.errors import AtlasError, UsageProblem
from data.paths import Home
from tests.zoo.serving import pickled, serving, some_weights
from zoo.architectures import Architecture, build
from zoo.checkpoints import load_module
from zoo.cli import main
from zoo.licence import accept, agree
from zoo.nets.vgg import VggFeatures
from zoo.registry import card, cards
from zoo.weights import obtain


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder and the address under which its files are served."""
    with serving(tmp_path / "served") as served:
        yield served.folder, served.address


def _content(kind: str = "transformer") -> bytes:
    torch.manual_seed(0)
    return pickled(build(Architecture(kind, {"width": 2})).state_dict())


def test_a_file_that_nobody_checked_is_told_recorded_and_then_held_to(
    server: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, address = server
    content = _content()
    (folder / "some.pth").write_bytes(content)
    home, weights = Home(tmp_path / "home"), some_weights(f"{address}/some.pth")
    path, sha256 = obtain("model", weights, home)
    assert hashlib.sha256(content).hexdigest() == sha256
    said = capsys.readouterr().err.replace("\n", "")
    assert f"sha256 {sha256}, which nobody has checked yet" in said
    assert (path, sha256) == obtain("model", weights, home)
    assert "checked yet" not in capsys.readouterr().err
    path.unlink()
    (folder / "some.pth").write_bytes(b"changed")
    with pytest.raises(AtlasError, match="is another file"):
        obtain("model", weights, home)


def test_a_known_sha256_is_demanded(server: tuple[Path, str], tmp_path: Path) -> None:
    folder, address = server
    (folder / "some.pth").write_bytes(b"wrong")
    weights = some_weights(f"{address}/some.pth", sha256="0" * 64, size=5)
    with pytest.raises(AtlasError, match="is another file"):
        obtain("model", weights, Home(tmp_path))
    assert not (tmp_path / "weights" / "model" / "some.pth").exists()


def test_a_member_is_taken_out_of_an_archive(server: tuple[Path, str], tmp_path: Path) -> None:
    folder, address = server
    with zipfile.ZipFile(folder / "all.zip", "w") as archive:
        archive.writestr("saved_models/candy.pth", _content())
        archive.writestr("saved_models/udnie.pth", b"other")
    home = Home(tmp_path / "home")
    weights = some_weights(f"{address}/all.zip?dl=1", file="all.zip", member="candy.pth")
    path, sha256 = obtain("model", weights, home)
    assert path == home.weights / "model" / "candy.safetensors"
    assert hashlib.sha256(_content()).hexdigest() == sha256
    assert load_module(path)[1] == Architecture("transformer", {"width": 2})
    missing = some_weights(f"{address}/all.zip", file="all.zip", member="mosaic.pth")
    with pytest.raises(AtlasError, match=r"holds no mosaic\.pth"):
        obtain("model", missing, home)


def test_an_archive_that_would_leave_its_folder_is_refused(
    server: tuple[Path, str], tmp_path: Path
) -> None:
    folder, address = server
    with zipfile.ZipFile(folder / "all.zip", "w") as archive:
        archive.writestr("../candy.pth", _content())
    weights = some_weights(f"{address}/all.zip", file="all.zip", member="candy.pth")
    with pytest.raises(AtlasError, match="cannot be unpacked safely"):
        obtain("model", weights, Home(tmp_path / "home"))
    assert not list((tmp_path / "home").rglob("candy.pth"))


def test_of_a_large_file_only_what_is_needed_is_kept(
    server: tuple[Path, str], tmp_path: Path, tools: Any
) -> None:
    folder, address = server
    state = tools.seeded(VggFeatures(width=2, last="relu5_4")).state_dict()
    content = pickled({**state, "classifier.0.weight": torch.zeros(99)})
    (folder / "vgg.pth").write_bytes(content)
    prefix = hashlib.sha256(content).hexdigest()[:8]
    home = Home(tmp_path / "home")
    given: dict[str, Any] = {"file": "vgg.pth", "keep": "features.", "size": len(content)}
    path, _ = obtain(
        "gatys", some_weights(f"{address}/vgg.pth", sha256_prefix=prefix, **given), home
    )
    assert [f.name for f in path.parent.iterdir() if f.suffix in (".pth", ".safetensors")] == [
        "vgg.features.safetensors"
    ]
    style = [torch.zeros(16, 16, 3, dtype=torch.uint8).numpy()]
    settings = {"steps": 1}
    painter = zoo.load(f"gatys@{path}", device="cpu", style=style, settings=settings)
    assert painter.parameters == sum(v.numel() for k, v in state.items()) - _after_relu5_1(state)
    wrong = some_weights(f"{address}/vgg.pth", sha256_prefix="00000000", **given)
    with pytest.raises(AtlasError, match="is another file"):
        obtain("other", wrong, home)


def _after_relu5_1(state: dict[str, torch.Tensor]) -> int:
    return sum(v.numel() for k, v in state.items() if int(k.split(".")[1]) > 28)


def test_non_commercial_weights_are_asked_about_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home, weights = Home(tmp_path), some_weights("", licence="research only", noncommercial=True)
    with pytest.raises(UsageProblem, match="nobody has accepted") as problem:
        agree("model", weights, home)  # no terminal here
    assert "--accept-licence" in str(problem.value.hint)
    answers: list[str] = []

    def confirm(text: str, **how: Any) -> bool:
        answers.append(text)
        return len(answers) > 1

    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setattr("click.confirm", confirm)
    with pytest.raises(UsageProblem, match="research only"):
        agree("model", weights, home)
    for _ in range(3):
        agree("model", weights, home)
    assert len(answers) == 2  # no, yes, and never again
    assert "for non-commercial use only: research only" in capsys.readouterr().err
    assert list(json.loads((tmp_path / "licences.json").read_text())) == ["model: research only"]


def test_licences_of_other_models_and_free_weights_are_their_own(tmp_path: Path) -> None:
    home = Home(tmp_path)
    accept("free", some_weights(""), home)
    assert not (tmp_path / "licences.json").exists()
    agree("free", some_weights(""), home)
    restricted = some_weights("", noncommercial=True)
    accept("one", restricted, home)
    accept("two", restricted, home)
    agree("one", restricted, home)
    agree("two", restricted, home)
    with pytest.raises(UsageProblem):
        agree("three", restricted, home)


def test_the_flag_answers_for_scripts(tmp_path: Path) -> None:
    weights = card("animeganv2").default
    assert weights is not None
    place = tmp_path / "home" / "weights" / "animeganv2"
    Image.new("RGB", (9, 9)).save(tmp_path / "a.png")
    words = ["translate", "--model", "animeganv2", "--home", str(tmp_path / "home")]
    where = [str(tmp_path / "a.png"), str(tmp_path / "b.png")]
    refused = CliRunner().invoke(main, [*words, *where])
    assert refused.exit_code == 2
    assert "non-commercial" in refused.stderr
    assert not place.exists()
    place.mkdir(parents=True)
    (place / weights.file).write_bytes(_content("animegan"))  # as if it had been downloaded
    assert CliRunner().invoke(main, [*words, "--accept-licence", *where]).exit_code == 0
    assert "AnimeGANv2" in (tmp_path / "home" / "licences.json").read_text()


def test_what_nobody_could_check_is_shown_as_that() -> None:
    shown = CliRunner().invoke(main, ["show", "animeganv2"]).stdout
    assert "sha256 not yet checked" in shown
    assert "for non-commercial use only" in shown
    assert "sha256 begins with dcbb9e9d" in CliRunner().invoke(main, ["show", "gatys"]).stdout


def test_every_set_of_weights_says_where_it_is_and_what_is_known_of_it() -> None:
    for entry in cards().values():
        for weights in (w for one in entry.weights for w in (one, *one.parts)):
            assert weights.bundled or weights.addresses, weights.name
            assert weights.licence
            assert weights.size > 0 or not weights.sha256
            assert len(weights.sha256) in (0, 64)
            assert all(address.startswith("http") for address in weights.addresses)
