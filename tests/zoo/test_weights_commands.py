"""Weights that were fetched: where they are, in which format, and that they run as before."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from PIL import Image
from safetensors import safe_open

import zoo
from data.errors import UsageProblem
from data.paths import Home
from tests.zoo.serving import Served, moved, pickled, serving
from zoo.architectures import Architecture, build
from zoo.cli import main
from zoo.models.vgg import VGG16
from zoo.nets.adain import AdainDecoder, AdainEncoder
from zoo.nets.vgg import VggFeatures
from zoo.registry import card, cards, resolve
from zoo.style.vgg import loss_network
from zoo.tileable import check_tiles
from zoo.weights import looking_in

PICTURE = torch.randint(
    0, 256, (1, 3, 24, 40), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)
)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A server of an empty folder."""
    with serving(tmp_path / "served") as found:
        yield found


def _run(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def _lines(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture
def candy(served: Served, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """Fast neural style's card with its weights on loopback; the file that is in the archive."""
    torch.manual_seed(1)
    content = pickled(build(Architecture("transformer", {"width": 2})).state_dict())
    with zipfile.ZipFile(served.folder / "saved_models.zip", "w") as archive:
        archive.writestr("saved_models/candy.pth", content)
    entry = moved(card("fast-neural-style"), served.address)
    monkeypatch.setitem(cards(), "fast-neural-style", entry)
    return content


def test_show_and_ls_tell_what_is_here_and_in_which_format(candy: bytes, tmp_path: Path) -> None:
    name, home = "fast-neural-style.candy", ("--home", tmp_path / "home")
    kept = tmp_path / "home" / "weights" / "fast-neural-style" / "candy.safetensors"
    assert f"not here: will be kept as safetensors at {kept}" in _run("show", name, *home).stdout
    assert [row["here"] for row in _lines(_run("ls", name, "--json", *home))] == [False]
    kept.parent.mkdir(parents=True)
    (kept.parent / "candy.pth").write_bytes(candy)  # as a version before kept it
    old = kept.with_suffix(".pth")
    assert f"here as published: {old}; kept as safetensors" in _run("show", name, *home).stdout
    assert [row["here"] for row in _lines(_run("ls", name, "--json", *home))] == [True]
    old.unlink()
    fetched = _run("fetch", name, *home)
    assert fetched.stdout == f"{name}\t{kept}\n"
    assert f"kept as safetensors: {kept}" in _run("show", name, *home).stdout
    (told,) = _lines(_run("show", name, "--json", *home))
    assert told["weights"][0]["path"] == str(kept)
    assert [row["here"] for row in _lines(_run("ls", name, "--json", *home))] == [True]
    assert "yes" in _run("ls", name, *home).stdout
    assert "comes with the package, as safetensors" in _run("show", "ganilla", *home).stdout


def test_a_model_without_weights_is_always_here(tmp_path: Path) -> None:
    rows = {row["name"]: row for row in _lines(_run("ls", "--json", "--home", tmp_path))}
    assert rows["identity"]["here"]
    assert rows["cyclegan.photo2toon"]["here"]
    assert not rows["sdedit"]["here"]  # a pipeline from the hub
    assert not rows["adain.published"]["here"]


def test_a_picture_through_kept_weights_is_that_through_the_publishers(
    candy: bytes, tmp_path: Path
) -> None:
    (tmp_path / "candy.pth").write_bytes(candy)
    ours = zoo.load("fast-neural-style.candy", device="cpu", home=tmp_path / "home")
    theirs = zoo.load(f"fast-neural-style@{tmp_path / 'candy.pth'}", device="cpu")
    assert hashlib.sha256(candy).hexdigest() == ours.sha256 == theirs.sha256
    assert torch.equal(theirs(PICTURE), ours(PICTURE))


def test_convert_of_a_kept_file_names_what_the_publisher_gave(candy: bytes, tmp_path: Path) -> None:
    assert _run("fetch", "fast-neural-style.candy", "--home", tmp_path / "home").exit_code == 0
    kept = tmp_path / "home" / "weights" / "fast-neural-style" / "candy.safetensors"
    target = tmp_path / "mine.safetensors"
    (told,) = _lines(_run("convert", kept, target, "--json"))
    sha256 = hashlib.sha256(candy).hexdigest()
    assert told["kept of"] == f"candy.pth, sha256 {sha256}"
    assert told["sha256"] == hashlib.sha256(kept.read_bytes()).hexdigest()
    with safe_open(str(target), "pt") as file:
        header = file.metadata()
    assert header["format"] == "i2i-atlas/1"
    assert json.loads(header["facts"]) == {"converted_from": "candy.pth", "sha256": sha256}
    (again,) = _lines(_run("convert", target, "--json"))
    assert again["kept of"] == ""
    assert again["architecture"] == told["architecture"] == "transformer(width=2)"


def test_a_damaged_kept_file_is_an_error_with_a_hint(candy: bytes, tmp_path: Path) -> None:
    home = ("--home", tmp_path / "home")
    _run("fetch", "fast-neural-style.candy", *home)
    kept = tmp_path / "home" / "weights" / "fast-neural-style" / "candy.safetensors"
    kept.write_bytes(kept.read_bytes()[:-1])
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(tmp_path / "a.png")
    words = ("translate", "--model", "fast-neural-style.candy", *home)
    result = _run(*words, tmp_path / "a.png", tmp_path / "b.png")
    assert result.exit_code == 1
    told = result.stderr.replace("\n", "")
    assert "is not as it was kept, but cut short or edited" in told
    assert f"rm {kept}" in told
    assert not (tmp_path / "b.png").exists()


def test_adain_of_two_files_that_were_fetched(
    served: Served, tmp_path: Path, tools: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, net in (("decoder", AdainDecoder(4)), ("vgg_normalised", AdainEncoder(4))):
        content = pickled(tools.seeded(net).state_dict())
        served.put(f"{name}.pth", content)
        (tmp_path / f"{name}.pth").write_bytes(content)
    entry = moved(card("adain"), served.address)
    monkeypatch.setitem(cards(), "adain", entry)
    monkeypatch.setattr("zoo.style.adain.ENCODER", entry.weights[0].parts[0])
    style = [np.full((24, 24, 3), 90, np.uint8)]
    home = tmp_path / "home"
    ours = zoo.load("adain", device="cpu", style=style, home=home)
    theirs = zoo.load(f"adain@{tmp_path / 'decoder.pth'}", device="cpu", style=style, home=home)
    assert torch.equal(theirs(PICTURE), ours(PICTURE))
    folder = home / "weights" / "adain"
    kept = sorted(p.name for p in folder.iterdir() if p.suffix in (".pth", ".safetensors"))
    assert kept == ["decoder.safetensors", "vgg_normalised.safetensors"]
    named = f"adain@{folder / 'decoder.safetensors'}"  # its encoder is beside it
    beside = zoo.load(named, device="cpu", style=style, home=tmp_path / "empty")
    assert torch.equal(theirs(PICTURE), beside(PICTURE))
    assert not (tmp_path / "empty").exists()


def test_a_training_looks_with_the_part_of_vgg_that_is_kept(
    served: Served, tmp_path: Path, tools: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = tools.seeded(VggFeatures("vgg16", last="relu5_3", width=2)).state_dict()
    content = pickled({**state, "classifier.0.weight": torch.ones(9)})
    address = served.put("vgg.pth", content)
    prefix = hashlib.sha256(content).hexdigest()[:8]
    monkeypatch.delenv("ATLAS_VGG16", raising=False)
    here = replace(VGG16, addresses=(address,), sha256_prefix=prefix)
    monkeypatch.setattr("zoo.style.vgg.VGG16", here)
    with looking_in(Home(tmp_path / "home")):
        for _ in range(2):
            found = loss_network("vgg16", "relu5_3").state_dict()
    assert all(torch.equal(state[key], value) for key, value in found.items() if key in state)
    assert len(served.asked) == 1


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("gatys", "--style", "a.png"), "every pixel of its output"),
        (("pix2pix.sat2map",), "every pixel of its output"),
        (("img2img-turbo.day2night",), "every pixel of its output"),
        (("sdedit", "--set", "prompt=a boat"), "every pixel of its output"),
        (("cyclegan.horse2zebra", "--stochastic"), "its noise"),
    ],
)
def test_tiles_are_refused_before_anything_is_downloaded(
    words: tuple[str, ...],
    reason: str,
    tmp_path: Path,
    served: Served,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Image.fromarray(np.zeros((80, 80, 3), np.uint8)).save("a.png")
    for name, entry in list(cards().items()):
        monkeypatch.setitem(cards(), name, moved(entry, served.address))
    monkeypatch.setenv("HF_ENDPOINT", served.address)
    home = ("--home", tmp_path / "home", "--tile", "64", "--accept-licence")
    result = _run("translate", "--model", *words, *home, "a.png", "b.png")
    assert result.exit_code == 2, result.stderr
    assert f"cannot work in tiles: {reason} depends on the whole picture" in " ".join(
        result.stderr.split()
    )
    assert served.asked == []
    assert not (tmp_path / "home").exists()


def test_models_that_can_work_in_tiles_are_not_refused(tmp_path: Path) -> None:
    for name in ("cyclegan.horse2zebra", "ganilla", "adain", "animeganv2", "identity"):
        check_tiles(resolve(name), stochastic=False)
    (tmp_path / "x.pth").touch()  # a file tells when it is read
    check_tiles(resolve(f"pix2pix@{tmp_path / 'x.pth'}"), stochastic=False)
    with pytest.raises(UsageProblem, match="cannot work in tiles"):
        check_tiles(resolve(f"gatys@{tmp_path / 'x.pth'}"), stochastic=False)
