"""One call for every model: any size, the same size out, and clear errors."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import zoo
from data.errors import AtlasError, UsageProblem
from zoo.architectures import Architecture, at_once, build
from zoo.precision import choose_precision
from zoo.registry import cards, resolve

SIZES = [(1, 1), (3, 70), (17, 33), (64, 64)]
BUNDLED = [f"{name}.{w.name}" for name, card in cards().items() for w in card.weights if w.bundled]


@pytest.fixture
def checkpoints(tmp_path: Path) -> dict[str, Path]:
    """A tiny checkpoint for every trainable model."""
    torch.manual_seed(0)
    made = {
        "cyclegan": Architecture("resnet", {"blocks": 2, "width": 4}),
        "pix2pix": Architecture("unet", {"depth": 5, "width": 4}),
        "ganilla": Architecture("ganilla", {"width": 4}),
    }
    for name, architecture in made.items():
        torch.save(build(architecture).state_dict(), tmp_path / f"{name}.pth")
    return {name: tmp_path / f"{name}.pth" for name in made}


@pytest.mark.parametrize("model", ["cyclegan", "pix2pix", "ganilla"])
def test_any_size_comes_back_in_its_size(model: str, checkpoints: dict[str, Path]) -> None:
    translator = zoo.load(f"{model}@{checkpoints[model]}", device="cpu")
    for height, width in SIZES:
        given = torch.randint(0, 256, (2, 3, height, width), dtype=torch.uint8)
        made = translator(given)
        assert (torch.uint8, given.shape) == (made.dtype, made.shape)


@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_weights_load_by_model_and_by_full_name(name: str) -> None:
    full = zoo.load(name, device="cpu")
    assert full.name == zoo.load(name.split(".")[0], device="cpu").name
    assert full.weights is not None
    assert full.weights.sha256 == full.sha256
    assert full.weights.size < 2_000_000
    given = torch.randint(0, 256, (1, 3, 64, 64), dtype=torch.uint8)
    assert (full(given) != given).any()


def test_identity_changes_nothing() -> None:
    given = torch.randint(0, 256, (1, 3, 5, 7), dtype=torch.uint8)
    assert torch.equal(given, zoo.load("identity", device="cpu")(given))


def test_a_picture_alone_equals_itself_in_a_batch(checkpoints: dict[str, Path]) -> None:
    translator = zoo.load(f"cyclegan@{checkpoints['cyclegan']}", device="cpu")
    given = torch.randint(0, 256, (3, 3, 32, 32), dtype=torch.uint8)
    alone = torch.cat([translator(one[None]) for one in given]).int()
    assert (translator(given).int() - alone).abs().max() <= 1


def test_nan_is_not_turned_into_a_picture(tmp_path: Path) -> None:
    state = build(Architecture("resnet", {"blocks": 1, "width": 2})).state_dict()
    state["model.1.weight"].fill_(float("nan"))
    torch.save(state, tmp_path / "nan.pth")
    translator = zoo.load(f"cyclegan@{tmp_path / 'nan.pth'}", device="cpu")
    with pytest.raises(FloatingPointError, match="NaN"):
        translator(torch.zeros(1, 3, 16, 16, dtype=torch.uint8))


def test_floats_are_refused() -> None:
    with pytest.raises(ValueError, match="expected uint8"):
        zoo.load("identity", device="cpu")(torch.zeros(1, 3, 4, 4))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("cyclegann", "did you mean 'cyclegan'"),
        ("pix2pix.photo2ton", "did you mean 'photo2toon'"),
        ("cyclegan@none.pth", "no checkpoint file"),
        ("identity@none.pth", "takes no weights"),
    ],
)
def test_a_wrong_name_is_a_usage_problem(name: str, message: str) -> None:
    with pytest.raises(UsageProblem, match=message):
        zoo.load(name)


def test_a_device_that_is_not_here_is_a_usage_problem() -> None:
    with pytest.raises(UsageProblem, match="device 'cuda:99'"):
        zoo.load("identity", device="cuda:99")


def test_changed_bundled_weights_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = BUNDLED[0]
    weights = resolve(name).weights
    assert weights is not None
    (tmp_path / weights.file).write_bytes(b"other")
    monkeypatch.setattr("zoo.places.FOLDER", tmp_path)
    with pytest.raises(AtlasError, match="is not the published file"):
        zoo.load(name)


def test_every_card_says_what_a_person_needs() -> None:
    for name, card in cards().items():
        assert name == card.name
        assert card.title
        assert card.licence
        assert card.paper or card.venue or card.task == "baseline"
        assert [w.name for w in card.weights if not w.bundled and not w.addresses] == []


def test_a_picture_is_translated_in_float32_unless_another_precision_is_asked() -> None:
    assert choose_precision("auto") == "float32"
    assert choose_precision("bfloat16") == "bfloat16"
    with pytest.raises(UsageProblem):
        choose_precision("float8")


@pytest.mark.parametrize(
    ("kind", "width", "size", "expected"),
    [
        ("resnet", 64, 256, 1),
        ("resnet", 64, 128, 4),
        ("resnet", 64, 1024, 1),  # at least one
        ("unet", 64, 256, 4),  # its widest layer has half the side
        ("unet", 32, 256, 8),
    ],
)
def test_on_a_cpu_as_many_pictures_go_together_as_stay_in_its_cache(
    kind: str, width: int, size: int, expected: int
) -> None:
    assert expected == at_once(Architecture(kind, {"width": width}), size, size)
