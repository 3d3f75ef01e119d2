"""Weights of older homes are used again; what is damaged, edited or another file never is."""

from __future__ import annotations

import hashlib
import json
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from data.errors import AtlasError, UsageProblem
from data.paths import Home
from tests.zoo.serving import Served, moved, pickled, serving, some_weights
from zoo.architectures import Architecture, build
from zoo.checkpoints import load_module
from zoo.registry import card, cards, resolve
from zoo.style.vgg import loss_network
from zoo.weights import locate, obtain


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A server of an empty folder."""
    with serving(tmp_path / "served") as found:
        yield found


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """An empty one."""
    return Home(tmp_path / "home")


def _content(seed: int = 0) -> bytes:
    torch.manual_seed(seed)
    return pickled(build(Architecture("transformer", {"width": 2})).state_dict())


def _older(home: Home, name: str, content: bytes, model: str = "model", noted: str = "") -> str:
    """A file as a version before kept it, and its sha256 beside it."""
    folder = home.weights / model
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    sha256 = hashlib.sha256(content).hexdigest()
    (folder / f"{name}.sha256").write_text((noted or sha256) + "\n")
    return sha256


def _files(home: Home, model: str = "model") -> list[str]:
    found = (home.weights / model).iterdir()
    return sorted(path.name for path in found if path.suffix not in (".lock", ".sha256"))


def test_a_file_of_the_version_before_is_converted_without_a_download(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    sha256 = _older(home, "some.pth", _content())
    weights = some_weights("http://127.0.0.1:9/some.pth")  # nobody is there
    path, found = obtain("model", weights, home)
    assert sha256 == found
    said = capsys.readouterr().err.replace("\n", "")
    assert "some.pth is kept as some.safetensors from now on" in " ".join(said.split())
    assert _files(home) == ["some.safetensors"]
    assert load_module(path)[1].kind == "transformer"
    assert (path, found) == obtain("model", weights, home)


def test_in_a_home_that_cannot_be_written_it_is_read_as_it_is(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha256 = _older(home, "some.pth", _content())
    monkeypatch.setattr("zoo.weights.os.access", lambda *_: False)
    path, found = obtain("model", some_weights("http://127.0.0.1:9/some.pth"), home)
    assert (path.name, found) == ("some.pth", sha256)
    assert _files(home) == ["some.pth"]
    (path.parent / "some.pth.sha256").write_text("0" * 64)
    with pytest.raises(AtlasError, match="is not the file of the first download"):
        obtain("model", some_weights("http://127.0.0.1:9/some.pth"), home)


def test_part_of_a_file_in_a_home_that_cannot_be_written_is_never_the_whole_file(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    _older(home, "both.pth", pickled({"a.w": torch.ones(1), "b.w": torch.zeros(1)}))
    monkeypatch.setattr("zoo.weights.os.access", lambda *_: False)
    path, _ = obtain("model", some_weights("", file="both.pth", keep="a."), home)
    assert list(load_file(path)) == ["a.w"]  # root may write everywhere


def test_a_name_of_a_file_that_was_converted_says_what_it_is_called_now(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    _older(home, "some.pth", _content())
    path, _ = obtain("model", some_weights(""), home)
    old = path.with_suffix(".pth")
    with pytest.raises(UsageProblem) as problem:
        resolve(f"fast-neural-style@{old}")
    assert problem.value.hint == f"it is kept as safetensors: fast-neural-style@{path}"
    monkeypatch.setenv("ATLAS_VGG16", str(old))
    with pytest.raises(UsageProblem) as problem:
        loss_network("vgg16", "relu5_3")
    assert problem.value.hint == f"it is kept as safetensors now: ATLAS_VGG16={path}"


def test_members_and_archive_of_the_version_before_need_no_download(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = "fast-neural-style"
    entry = moved(card(model), "http://127.0.0.1:9")
    monkeypatch.setitem(cards(), model, entry)
    content = {name: _content(seed) for seed, name in enumerate(("candy", "udnie"))}
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for name, packed in content.items():
            archive.writestr(f"{name}.pth", packed)
    _older(home, "saved_models.zip", (tmp_path / "all.zip").read_bytes(), model)
    candy = _older(home, "candy.pth", content["candy"], model)
    by_style = {w.name: w for w in entry.weights}
    assert obtain(model, by_style["candy"], home)[1] == candy
    assert _files(home, model) == ["candy.safetensors", "saved_models.zip"]
    udnie = hashlib.sha256(content["udnie"]).hexdigest()
    assert obtain(model, by_style["udnie"], home)[1] == udnie
    assert _files(home, model) == ["candy.safetensors", "udnie.safetensors"]


def test_an_older_file_that_is_not_the_first_download_is_refused_and_stays(home: Home) -> None:
    _older(home, "some.pth", _content(), noted="0" * 64)
    with pytest.raises(AtlasError, match="is not the file of the first download") as problem:
        obtain("model", some_weights(""), home)
    assert f"rm {home.weights / 'model' / 'some.pth'}" in str(problem.value.hint)
    assert _files(home) == ["some.pth"]


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-7])


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)


def _retell(path: Path) -> None:
    """Another origin in the header, the tensors as they were."""
    with safe_open(str(path), "pt") as file:
        ((key, told),) = file.metadata().items()
    other = {**json.loads(told), "weights_sha256": "0" * 64}
    save_file(load_file(path), path, metadata={key: json.dumps(other)})


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _strip(path: Path) -> None:
    """The same tensors without an origin, and noted as if they had been kept so."""
    save_file(load_file(path), path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    (path.parent / f"{path.name}.sha256").write_text(digest)


@pytest.mark.parametrize("damage", [_cut, _flip, _retell, _empty, _strip])
def test_a_kept_file_that_is_damaged_is_told_and_fetched_again_once_it_is_removed(
    damage: Callable[[Path], None], served: Served, home: Home
) -> None:
    weights = some_weights(served.put("some.pth", _content()))
    path, sha256 = obtain("model", weights, home)
    whole = path.read_bytes()
    damage(path)
    with pytest.raises(AtlasError, match=r"cut short or edited|does not say") as problem:
        obtain("model", weights, home)
    assert problem.value.hint == f"to have it fetched again: rm {path}"
    path.unlink()
    assert (path, sha256) == obtain("model", weights, home)
    assert path.read_bytes() == whole


def test_a_kept_file_that_nothing_vouches_for_is_fetched_again(served: Served, home: Home) -> None:
    weights = some_weights(served.put("some.pth", _content()))
    path, sha256 = obtain("model", weights, home)
    whole = path.read_bytes()
    (path.parent / f"{path.name}.sha256").unlink()
    _flip(path)
    assert (path, sha256) == obtain("model", weights, home)
    assert path.read_bytes() == whole
    assert len(served.asked) == 2


def test_kept_weights_of_another_file_than_the_cards_are_refused(
    served: Served, home: Home
) -> None:
    weights = some_weights(served.put("some.pth", _content()))
    _, sha256 = obtain("model", weights, home)
    assert obtain("model", replace(weights, sha256=sha256), home)[1] == sha256
    for fields in ({"sha256": "1" * 64}, {"sha256_prefix": "1" * 8}):
        with pytest.raises(AtlasError, match="is not the published file"):
            obtain("model", replace(weights, **fields), home)


def test_after_the_first_download_another_one_is_refused(served: Served, home: Home) -> None:
    weights = some_weights(served.put("some.pth", _content()))
    path, _ = obtain("model", weights, home)
    path.unlink()
    served.put("some.pth", _content(1))
    with pytest.raises(AtlasError, match="is another file"):
        obtain("model", weights, home)


def test_the_beginning_of_a_sha256_is_demanded_of_a_file_put_there_by_hand(home: Home) -> None:
    sha256 = _older(home, "some.pth", _content())
    (home.weights / "model" / "some.pth.sha256").unlink()
    weights = some_weights("", sha256_prefix="00000000")
    with pytest.raises(AtlasError, match="is not the published file"):
        obtain("model", weights, home)
    assert obtain("model", some_weights("", sha256_prefix=sha256[:8]), home)[1] == sha256


class _Evil:
    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> Any:
        return (Path(self.mark).touch, ())


def test_a_download_with_code_is_neither_run_nor_kept_nor_trusted(
    served: Served, home: Home, tmp_path: Path
) -> None:
    content = pickled({"w": torch.ones(1), "x": _Evil(tmp_path / "ran")})
    weights = some_weights(served.put("some.pth", content))
    with pytest.raises(AtlasError, match="it could run code") as problem:
        obtain("model", weights, home)
    assert not (tmp_path / "ran").exists()
    assert _files(home) == ["some.pth"]
    assert f"rm {home.weights / 'model' / 'some.pth'}" in str(problem.value.hint)
    # What was no checkpoint is not held against the right file: a page of a portal, say.
    (home.weights / "model" / "some.pth").unlink()
    served.put("some.pth", _content())
    assert obtain("model", weights, home)[0].name == "some.safetensors"


@pytest.mark.parametrize(
    "content",
    [
        pickled({"w": torch.zeros(1).expand(1 << 40)}),
        pickled({"w": torch.ones(2, 2).to_sparse()}),
        pickled({"w": torch.ones(2, dtype=torch.complex128)}),
        pickled({"epoch": 3}),
        pickled([torch.ones(1)]),
        b"<html>please log in</html>",
        b"",
    ],
    ids=["no values", "sparse", "complex", "no tensors", "a list", "a page", "nothing"],
)
def test_what_is_no_checkpoint_is_told(content: bytes, home: Home) -> None:
    _older(home, "some.pth", content)
    with pytest.raises(AtlasError) as problem:
        obtain("model", some_weights(""), home)
    assert "some.pth" in problem.value.message
    assert _files(home) == ["some.pth"]


def test_several_at_once_make_one_download(served: Served, home: Home) -> None:
    weights = some_weights(served.put("some.pth", _content()))
    found: list[tuple[Path, str]] = []
    threads = [
        threading.Thread(target=lambda: found.append(obtain("model", weights, home)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1
    assert len(served.asked) == 1


def test_local_files_stay_where_they_are(tmp_path: Path, home: Home) -> None:
    file = tmp_path / "latest_net_G.pth"
    file.write_bytes(_content())
    sha256 = hashlib.sha256(_content()).hexdigest()
    assert (file, sha256) == locate(resolve(f"cyclegan@{file}"), home)
    assert file.read_bytes() == _content()
    assert not home.root.exists()
