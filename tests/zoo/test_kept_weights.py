"""A download is checked, read once and kept as safetensors; records know it as the publisher's."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save, save_file

from data.errors import AtlasError
from data.paths import Home
from tests.zoo.serving import Served, moved, pickled, serving, some_weights
from zoo.architectures import ARCHITECTURES, Architecture, build
from zoo.checkpoints import load_module
from zoo.nested import flatten, restore
from zoo.places import place
from zoo.registry import card, cards
from zoo.states import read_nested
from zoo.weights import obtain


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A server of an empty folder."""
    with serving(tmp_path / "served") as found:
        yield found


def _state(kind: str = "transformer", **options: Any) -> dict[str, torch.Tensor]:
    torch.manual_seed(3)
    return build(Architecture(kind, {**options, "width": 2})).state_dict()


def _files(home: Home) -> list[str]:
    """What is in the folders of weights, less locks and notes of sha256."""
    found = (path for path in home.weights.rglob("*") if path.is_file())
    return sorted(path.name for path in found if path.suffix not in (".lock", ".sha256"))


def _told(path: Path) -> dict[str, Any]:
    with safe_open(str(path), "pt") as file:
        (only,) = file.metadata().values()
    return dict(json.loads(only))


@pytest.mark.parametrize("kind", sorted(ARCHITECTURES))
def test_the_network_in_a_kept_file_is_the_publishers(
    kind: str, served: Served, tmp_path: Path
) -> None:
    state = _state(kind, **ARCHITECTURES[kind].published[0])
    content = pickled(state)
    (tmp_path / "theirs.pth").write_bytes(content)
    home = Home(tmp_path / "home")
    path, sha256 = obtain("model", some_weights(served.put("some.pth", content)), home)
    assert hashlib.sha256(content).hexdigest() == sha256
    assert _files(home) == ["some.safetensors"]
    kept = load_file(path)
    assert set(state) == set(kept)
    assert all(torch.equal(value, kept[key]) for key, value in state.items())
    expected, ours = load_module(tmp_path / "theirs.pth"), load_module(path)
    assert expected[1:] == ours[1:]
    for key, value in expected[0].state_dict().items():
        assert torch.equal(value, ours[0].state_dict()[key]), key


def test_a_kept_file_says_what_it_was_made_of(served: Served, tmp_path: Path) -> None:
    content = pickled(_state())
    address = served.put("some.pth", content)
    path, sha256 = obtain("model", some_weights(address), Home(tmp_path / "home"))
    told = _told(path)
    assert told["address"] == address
    assert (told["file"], told["size"]) == ("some.pth", len(content))
    assert told["sha256"] == told["weights_sha256"] == sha256
    assert told["licence"] == "MIT (somebody)"
    assert told["member"] == told["keep"] == ""


def test_a_mirror_that_gave_the_file_is_the_one_that_is_named(
    served: Served, tmp_path: Path
) -> None:
    mirror = served.put("some.pth", pickled(_state()))
    weights = replace(some_weights(""), addresses=(f"{served.address}/gone.pth", mirror))
    assert _told(obtain("model", weights, Home(tmp_path / "home"))[0])["address"] == mirror


def test_number_formats_are_kept_and_shared_memory_is_parted(
    served: Served, tmp_path: Path
) -> None:
    long = torch.arange(8.0)
    saved = {
        "half": torch.ones(3, dtype=torch.float16),
        "brain": torch.ones(3, dtype=torch.bfloat16),
        "double": torch.ones(3, dtype=torch.float64),
        "count": torch.tensor(7),
        "view": long[::2],
        "again": long,
        "turned": long.reshape(2, 4).T,
        "parameter": torch.nn.Parameter(torch.ones(2)),
    }
    address = served.put("some.pth", pickled(saved))
    kept = load_file(obtain("model", some_weights(address), Home(tmp_path / "home"))[0])
    assert {key: value.dtype for key, value in saved.items()} == {
        key: value.dtype for key, value in kept.items()
    }
    assert all(torch.equal(value, kept[key]) for key, value in saved.items())


def test_what_is_nested_is_read_as_it_was_saved_and_settings_are_kept(
    served: Served, tmp_path: Path
) -> None:
    inner = {"a.lora_A.weight": torch.ones(2, 3), "with/slash~and~1": torch.zeros(1)}
    saved = {
        "rank": 8,
        "scale": 0.5,
        "on": True,
        "words": ["to_q", "to_v"],
        "empty": None,
        "unet": inner,
        "deep": {"more": {"w": torch.arange(3)}, "rank": 4},
        # Left out: what no network is built from.
        "config": "x" * 5000,
        "optimizer": {"state": {0: {"exp_avg": torch.ones(9)}}, "param_groups": [{"lr": 0.1}]},
    }
    address = served.put("some.pkl", pickled(saved))
    home = Home(tmp_path / "home")
    path, _ = obtain("model", some_weights(address, file="some.pkl"), home)
    found, header = read_nested(path)
    assert header == {}
    plain = ("rank", "scale", "on", "words", "empty")
    assert {key: saved[key] for key in plain} == {key: found[key] for key in plain}
    assert set(inner) == set(found["unet"])
    assert torch.equal(torch.ones(2, 3), found["unet"]["a.lora_A.weight"])
    assert found["deep"]["rank"] == 4
    assert torch.equal(torch.arange(3), found["deep"]["more"]["w"])
    assert not {"config", "optimizer"} & set(found)
    assert "exp_avg" not in "".join(load_file(path))


def test_a_mapping_that_holds_itself_comes_to_an_end() -> None:
    loop: dict[str, Any] = {"w": torch.ones(1)}
    loop["self"] = loop
    tensors, _ = flatten({"a": loop})
    assert list(tensors) == ["a/w"]
    with pytest.raises(ValueError, match="inside of a value"):
        restore({"a": torch.ones(1), "a/b": torch.ones(1)}, {})


def test_a_wrapped_checkpoint_is_recognised_as_before(served: Served, tmp_path: Path) -> None:
    saved = {"epoch": 3, "state_dict": {f"module.{k}": v for k, v in _state("ganilla").items()}}
    address = served.put("some.pth", pickled(saved))
    path, _ = obtain("model", some_weights(address), Home(tmp_path / "home"))
    assert load_module(path)[1].kind == "ganilla"


def test_members_of_an_archive_come_from_one_download(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = {
        name: pickled({**_state(), "extra": torch.full((1,), float(i))})
        for i, name in enumerate(("candy", "mosaic", "rain_princess", "udnie"))
    }
    with zipfile.ZipFile(served.folder / "saved_models.zip", "w") as archive:
        for name, content in states.items():
            archive.writestr(f"saved_models/{name}.pth", content)
    entry = moved(card("fast-neural-style"), served.address)
    monkeypatch.setitem(cards(), "fast-neural-style", entry)
    home = Home(tmp_path / "home")
    by_style = {w.name: w for w in entry.weights if w.member}
    whole = hashlib.sha256((served.folder / "saved_models.zip").read_bytes()).hexdigest()
    for style, weights in by_style.items():
        path, sha256 = obtain("fast-neural-style", weights, home)
        member = style.replace("-", "_")
        assert hashlib.sha256(states[member]).hexdigest() == sha256  # as version 0.4 had it
        told = _told(path)
        assert (told["member"], told["sha256"]) == (f"{member}.pth", whole)
        assert told["weights_sha256"] == sha256
    assert len(served.asked) == 1
    assert _files(home) == sorted(f"{name}.safetensors" for name in states)


def test_a_bad_member_is_told_and_the_others_are_kept(
    served: Served,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with zipfile.ZipFile(served.folder / "saved_models.zip", "w") as archive:
        archive.writestr("saved_models/candy.pth", pickled(_state()))
        archive.writestr("saved_models/udnie.pth", b"no checkpoint")
    entry = moved(card("fast-neural-style"), served.address)
    monkeypatch.setitem(cards(), "fast-neural-style", entry)
    home, by_style = Home(tmp_path / "home"), {w.name: w for w in entry.weights}
    path, _ = obtain("fast-neural-style", by_style["candy"], home)
    assert load_module(path)[1].kind == "transformer"
    assert "udnie, out of the same file" in " ".join(capsys.readouterr().err.split())
    with pytest.raises(AtlasError, match=r"udnie\.pth is damaged or no checkpoint"):
        obtain("fast-neural-style", by_style["udnie"], home)
    assert obtain("fast-neural-style", by_style["candy"], home)[0] == path
    assert len(served.asked) == 1


def _part(served: Served) -> tuple[Any, dict[str, torch.Tensor], str]:
    """Weights that are part of a file, that part, and what version 0.4 called it."""
    part = {"features.0.weight": torch.ones(2, 3), "features.0.bias": torch.zeros(2)}
    content = pickled({**part, "classifier.weight": torch.ones(50)})
    weights = some_weights(served.put("net.pth", content), file="net.pth", keep="features.")
    old = save(part, metadata={"source": "net.pth"})
    return weights, part, hashlib.sha256(old).hexdigest()


def test_part_of_a_file_is_called_what_the_version_before_called_it(
    served: Served, tmp_path: Path
) -> None:
    weights, part, before = _part(served)
    path, found = obtain("model", weights, Home(tmp_path / "home"))
    assert before == found
    assert set(part) == set(load_file(path))
    told = _told(path)
    assert told["keep"] == "features."
    whole = hashlib.sha256((served.folder / "net.pth").read_bytes()).hexdigest()
    assert whole == told["sha256"]


def test_parts_that_the_version_before_kept_are_used_as_they_are(
    served: Served, tmp_path: Path
) -> None:
    weights, part, before = _part(served)
    home = Home(tmp_path / "home")
    path = place("model", weights, home)
    path.parent.mkdir(parents=True)
    save_file(part, path, metadata={"source": "net.pth"})
    (path.parent / f"{path.name}.sha256").write_text(before + "\n")
    assert (path, before) == obtain("model", weights, home)
    assert served.asked == []


def test_a_file_that_is_published_as_safetensors_stays_as_it_is(
    served: Served, tmp_path: Path
) -> None:
    content = save(_state(), metadata={"format": "i2i-atlas/1"})
    weights = some_weights(served.put("net.safetensors", content), file="net.safetensors")
    home = Home(tmp_path / "home")
    for _ in range(2):
        path, found = obtain("model", weights, home)
        assert path.read_bytes() == content
        assert hashlib.sha256(content).hexdigest() == found
    assert len(served.asked) == 1
    other = some_weights(served.put("net.bin", content), file="net.bin", name="other")
    path, found = obtain("other", other, home)  # safetensors by another name: kept as well
    assert hashlib.sha256(content).hexdigest() == found
    assert load_module(path)[2] == {"format": "i2i-atlas/1"}


def test_no_two_weights_of_the_zoo_are_kept_in_one_place(tmp_path: Path) -> None:
    every = [
        place(name, weights, Home(tmp_path))
        for name, entry in cards().items()
        for listed in entry.weights
        for weights in (listed, *listed.parts)
    ]
    assert len(every) == len(set(every))
    assert {path.suffix for path in every} == {".safetensors"}
