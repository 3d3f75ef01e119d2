"""OpenMMLab's checkpoints: their keys are read as ours, and their BGR networks take RGB."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from torch import Tensor

import zoo
from data.errors import AtlasError, NetworkProblem
from data.paths import Home
from tests.zoo.plain_openmmlab import State, judge, resnet, resnet_state, unet, unet_state
from tests.zoo.serving import serving
from zoo.card import Card
from zoo.checkpoints import load_module
from zoo.cli import main
from zoo.registry import card, cards
from zoo.weights import obtain


def _file(**generators: State) -> bytes:
    """As their runner saves a training: best scores are numbers of numpy."""
    state = {f"generators.{n}.{k}": v for n, s in generators.items() for k, v in s.items()}
    state |= {f"discriminators.{n}.{k}": v for n in generators for k, v in judge(9).items()}
    best = {"best_score_fid": np.float64(64.5), "best_score_is": np.float32(1.4)}
    meta = {"mmgen_version": "0.3.0+1234567", "config": "model = dict()", "hook_msgs": best}
    content = io.BytesIO()
    torch.save({"meta": {**meta, "epoch": 1, "iter": 8}, "state_dict": state}, content)
    return content.getvalue()


def _pixels(size: int) -> Tensor:
    """uint8 RGB [1,3,size,size], each channel of its own brightness."""
    rng = np.random.default_rng(3)
    picture = rng.integers(0, 80, (1, 3, size, size)) + np.array([0, 80, 170])[:, None, None]
    return torch.from_numpy(picture.astype(np.uint8))


def _as_they_would(run: Callable[[State, Tensor], Tensor], state: State, rgb: Tensor) -> Tensor:
    """RGB to RGB around a network that is given blue first."""
    blue_first = rgb.flip(1).double() / 127.5 - 1
    return ((run(state, blue_first).flip(1) + 1) * 127.5).round()


CASES: dict[str, tuple[State, Callable[[State, Tensor], Tensor], str]] = {
    "resnet": (resnet_state(0), resnet, "cyclegan"),
    "resnet with dropout": (resnet_state(0, dropout=True), resnet, "cyclegan"),
    "unet": (unet_state(0), unet, "pix2pix"),
}


@pytest.mark.parametrize("case", CASES)
def test_rgb_through_ours_is_bgr_through_theirs(case: str, tmp_path: Path) -> None:
    state, run, model = CASES[case]
    (tmp_path / "x.pth").write_bytes(_file(zebra=state))
    rgb = _pixels(64)
    expected = _as_they_would(run, state, rgb)
    found = zoo.load(f"{model}@{tmp_path / 'x.pth'}", "cpu", "float32")(rgb).double()
    assert (expected - found).abs().max() <= 1  # rounding: float64 beside float32
    assert expected.std() > 5
    assert (expected - found.flip(1)).abs().max() > 20  # the order of colours is seen


def test_of_two_generators_one_is_named(tmp_path: Path) -> None:
    horse, zebra = resnet_state(1), resnet_state(2)
    source, target = tmp_path / "both.pth", tmp_path / "zebra.safetensors"
    source.write_bytes(_file(horse=horse, zebra=zebra))
    several = CliRunner().invoke(main, ["convert", str(source)])
    assert several.exit_code == 1
    assert "generators.horse, state_dict.generators.zebra" in " ".join(several.stderr.split())
    assert "--only state_dict.generators.horse" in " ".join(several.stderr.split())
    words = ["convert", str(source), str(target), "--json", "--only"]
    other = CliRunner().invoke(main, [*words, "generators.cow"])
    assert other.exit_code == 1
    assert "holds no generator 'generators.cow'" in " ".join(other.stderr.split())
    done = CliRunner().invoke(main, [*words, "generators.zebra"])
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["layout"] == "OpenMMLab's layout, BGR turned to RGB"
    assert told["architecture"].startswith("resnet(blocks=2, norm=instance")
    assert told["left out"] == ""
    rgb = _pixels(32)
    expected = _as_they_would(resnet, zebra, rgb)
    found = zoo.load(f"cyclegan@{target}", "cpu", "float32")(rgb).double()
    assert (expected - found).abs().max() <= 1  # turned once, not again when ours is read


def test_half_a_checkpoint_of_theirs_is_told_by_what_is_missing(tmp_path: Path) -> None:
    state = resnet_state(0)
    half = {key: value for key, value in state.items() if not key.startswith("model.3.")}
    (tmp_path / "x.pth").write_bytes(_file(zebra=half))
    with pytest.raises(AtlasError, match=r"missing model\.10\.conv_block\.1\.weight"):
        load_module(tmp_path / "x.pth")


def test_numbers_of_numpy_are_passed_over_and_other_objects_are_not(tmp_path: Path) -> None:
    torch.save({"meta": np.float64(1.0), "state_dict": resnet_state(0)}, tmp_path / "a.pth")
    assert load_module(tmp_path / "a.pth")[1].kind == "resnet"
    torch.save({"meta": np.zeros(2), "state_dict": resnet_state(0)}, tmp_path / "b.pth")
    with pytest.raises(AtlasError, match="it could run code"):
        load_module(tmp_path / "b.pth")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder and the address under which its files are served."""
    with serving(tmp_path / "served") as found:
        yield found.folder, found.address


def _served_card(address: str, prefix: str) -> Card:
    """CycleGAN's card with the two directions of horses at `address`."""
    names = ("openmmlab-horse2zebra", "openmmlab-zebra2horse")
    found = [w for name in names for w in card("cyclegan").weights if w.name == name]
    here = (f"{address}/gone.pth", f"{address}/both.pth")
    moved = [replace(w, addresses=here, sha256_prefix=prefix, file="both.pth") for w in found]
    return replace(card("cyclegan"), weights=tuple(moved))


def test_both_directions_come_from_one_download_that_its_name_vouches_for(
    served: tuple[Path, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder, address = served
    horse, zebra = resnet_state(1), resnet_state(2)
    content = _file(horse=horse, zebra=zebra)
    (folder / "both.pth").write_bytes(content)
    whole = hashlib.sha256(content).hexdigest()
    entry = _served_card(address, whole[:8])
    monkeypatch.setitem(cards(), "cyclegan", entry)
    home = Home(tmp_path / "home")
    to_zebra, _ = obtain("cyclegan", entry.weights[0], home)
    said = capsys.readouterr().err.replace("\n", "")
    assert f"sha256 {whole}, of which the publisher gives {whole[:8]}; kept" in said
    (folder / "both.pth").unlink()
    to_horse, _ = obtain("cyclegan", entry.weights[1], home)
    rgb = _pixels(32)
    for path, state in ((to_zebra, zebra), (to_horse, horse)):
        found = zoo.load(f"cyclegan@{path}", "cpu", "float32")(rgb).double()
        assert (_as_they_would(resnet, state, rgb) - found).abs().max() <= 1
    to_zebra.unlink()
    (folder / "both.pth").write_bytes(_file(horse=horse, zebra=horse))
    other = replace(entry.weights[0], sha256_prefix="")  # the whole hash was kept
    with pytest.raises(AtlasError, match="is another file"):
        obtain("cyclegan", other, home)


def test_a_file_that_its_name_does_not_vouch_for_is_refused(
    served: tuple[Path, str], tmp_path: Path
) -> None:
    folder, address = served
    (folder / "both.pth").write_bytes(_file(horse=resnet_state(1), zebra=resnet_state(2)))
    weights = _served_card(address, "a32c733a").weights[0]
    with pytest.raises(AtlasError, match="is another file"):
        obtain("cyclegan", weights, Home(tmp_path / "home"))
    assert not list((tmp_path / "home").rglob("*.safetensors"))


def test_where_a_server_is_away_the_other_training_is_named(
    served: tuple[Path, str], tmp_path: Path
) -> None:
    weights = next(w for w in card("cyclegan").weights if w.name == "horse2zebra")
    gone = replace(weights, addresses=(f"{served[1]}/horse2zebra.pth",))
    with pytest.raises(NetworkProblem) as problem:
        obtain("cyclegan", gone, Home(tmp_path / "home"))
    assert "zoo fetch cyclegan.openmmlab-horse2zebra" in str(problem.value.hint)


def test_every_one_is_told_apart_from_the_authors_and_checked_by_its_name() -> None:
    found: dict[str, Any] = {
        f"{model}.{w.name}": w
        for model in ("cyclegan", "pix2pix")
        for w in card(model).weights
        if w.name.startswith("openmmlab-")
    }
    assert len(found) == 2 * 6 + 4
    for weights in found.values():
        assert weights.file.endswith(f"-{weights.sha256_prefix}.pth")
        assert len(bytes.fromhex(weights.sha256_prefix)) == 4
        assert [a.rpartition("/")[2] for a in weights.addresses] == [weights.file] * 2
        assert weights.licence == "Apache-2.0"
        assert "not by the authors" in weights.note
    shown = CliRunner().invoke(main, ["show", "cyclegan.openmmlab-horse2zebra"]).stdout
    assert "sha256 begins with a32c733a" in shown
    assert "of which generators.zebra is kept" in shown
