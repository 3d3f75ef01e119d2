"""Gatys' optimisation: the losses are those of the paper, they fall, and seeds decide."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

import zoo
from data.errors import AtlasError, UsageProblem
from zoo.nets.vgg import VggFeatures
from zoo.registry import card
from zoo.style.gatys import STYLE, Painting, Step, paint, sizes
from zoo.style.losses import content_loss, gram, statistics_loss, style_loss, total_variation

QUICK = Painting(steps=12, finer_steps=4, longest=32)


@pytest.fixture
def vgg(tools: Any) -> VggFeatures:
    """A seeded VGG-19, narrow and in float64."""
    made: VggFeatures = tools.seeded(VggFeatures(width=4)).double()
    return made


def _picture(seed: int, height: int = 24, width: int = 32) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(1, 3, height, width, dtype=torch.float64, generator=generator)


def _losses(content: Tensor, style: Tensor, vgg: VggFeatures, how: Painting) -> list[float]:
    seen: list[Step] = []
    paint(content, lambda longer: [(1.0, style)], vgg, how, report=seen.append)
    return [step.loss for step in seen]


def test_gram_and_losses_equal_sums_by_hand() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 3, 4, 5)), rng.normal(size=(2, 3, 4, 5))

    def grams(features: Any) -> Any:
        made = np.zeros((2, 3, 3))
        for n, i, j, y, x in np.ndindex(2, 3, 3, 4, 5):
            made[n, i, j] += features[n, i, y, x] * features[n, j, y, x] / 20
        return made

    x, y = torch.from_numpy(a), torch.from_numpy(b)
    np.testing.assert_allclose(grams(a), gram(x).numpy(), rtol=1e-12)
    # E of equation 4 is a quarter of the mean square, with both divided by their 20 pixels.
    energy = ((20 * grams(a)[0] - 20 * grams(b)[0]) ** 2).sum() / (4 * 3**2 * 20**2)
    assert 4 * energy == pytest.approx(float(style_loss(gram(x)[:1], gram(y)[:1])))
    assert ((a - b) ** 2).mean() == pytest.approx(float(content_loss(x, y)))
    own = [(a[n, c].mean(), np.sqrt(a[n, c].var(ddof=1) + 1e-5)) for n in (0, 1) for c in range(3)]
    distances = [(m - 0.5) ** 2 for m, _ in own], [(s - 2.0) ** 2 for _, s in own]
    wanted = torch.full((2, 3, 1, 1), 0.5, dtype=torch.float64)
    found = statistics_loss(x, wanted, wanted + 1.5)
    assert np.mean(distances[0]) + np.mean(distances[1]) == pytest.approx(float(found))
    steps = [np.diff(a, axis=2) ** 2, np.diff(a, axis=3) ** 2]
    assert sum(s.mean() for s in steps) == pytest.approx(float(total_variation(x)))


def test_the_first_loss_is_the_papers(vgg: VggFeatures) -> None:
    content, style = _picture(0), _picture(1, 40, 24)
    how = replace(QUICK, steps=1, content=3.0, style=1e4, tv=2.0, start="noise")
    start = torch.rand(content.shape, generator=torch.Generator().manual_seed(5)).double()
    expected = 2.0 * float(total_variation(start))

    def features(picture: Tensor, layer: str) -> Any:
        return vgg(picture, [layer])[layer][0].flatten(1).numpy()

    expected += 3.0 * ((features(start, "relu4_2") - features(content, "relu4_2")) ** 2).mean()
    for layer in STYLE:
        f, s = features(start, layer), features(style, layer)
        difference = f @ f.T / f.shape[1] - s @ s.T / s.shape[1]
        expected += 1e4 * (difference**2).mean() / len(f) ** 2
    seen: list[Step] = []
    paint(content, lambda longer: [(1.0, style)], vgg, how, seed=5, report=seen.append)
    assert expected == pytest.approx(seen[0].loss, rel=1e-9)


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
def test_the_loss_falls(optimizer: Any, vgg: VggFeatures) -> None:
    losses = _losses(_picture(0), _picture(1), vgg, replace(QUICK, optimizer=optimizer))
    assert len(losses) == 12
    assert losses[-1] < 0.7 * losses[0]


def test_the_layout_of_a_picture_in_memory_does_not_matter(vgg: VggFeatures) -> None:
    picture, how = _picture(0), replace(QUICK, steps=3)
    made = [
        paint(given, lambda longer: [(1.0, _picture(1))], vgg, how)
        for given in (picture, picture.contiguous(memory_format=torch.channels_last))
    ]
    torch.testing.assert_close(made[0], made[1])


def test_a_picture_has_its_own_style_already(vgg: VggFeatures) -> None:
    picture = _picture(0)
    assert _losses(picture, picture, vgg, replace(QUICK, steps=3)) == [0.0] * 3
    made = paint(picture, lambda longer: [(1.0, picture)], vgg, QUICK)
    assert torch.equal(picture, made)


def test_without_strength_the_content_stays(vgg: VggFeatures) -> None:
    picture = _picture(0)
    made = paint(picture, lambda longer: [(1.0, _picture(1))], vgg, QUICK, strength=0.0)
    assert torch.equal(picture, made)


def test_styles_are_mixed_by_their_shares(vgg: VggFeatures) -> None:
    content, one, other = _picture(0), _picture(1), _picture(2)

    def first(styles: list[tuple[float, Tensor]]) -> float:
        seen: list[Step] = []
        how = replace(QUICK, steps=1, content=0.0)
        paint(content, lambda longer: styles, vgg, how, report=seen.append)
        return seen[0].loss

    assert first([(1.0, one)]) == pytest.approx(first([(0.25, one), (0.75, one)]), rel=1e-9)
    assert first([(1.0, one), (0.0, other)]) == pytest.approx(first([(1.0, one)]), rel=1e-9)
    assert first([(0.5, one), (0.5, other)]) != pytest.approx(first([(1.0, one)]), rel=1e-3)


def test_scales_go_from_coarse_to_fine(vgg: VggFeatures) -> None:
    assert sizes(64, 40, 64) == [(64, 40)]
    assert sizes(200, 300, 75) == [(50, 75), (100, 150), (200, 300)]
    assert sizes(16, 500, 64) == [(16, 500)]  # VGG needs 16 pixels
    seen: list[Step] = []
    asked: list[int] = []

    def styles(longer: int) -> list[tuple[float, Tensor]]:
        asked.append(longer)
        return [(1.0, _picture(1))]

    how = replace(QUICK, steps=3, finer_steps=2)
    made = paint(_picture(0, 40, 64), styles, vgg, how, report=seen.append)
    assert [step.size for step in seen] == [(20, 32)] * 3 + [(40, 64)] * 2
    assert asked == [32, 64]
    assert made.shape == (1, 3, 40, 64)
    assert 0 <= float(made.min()) <= float(made.max()) <= 1


def test_a_seed_decides_what_noise_becomes(vgg: VggFeatures) -> None:
    how = replace(QUICK, start="noise", steps=3)

    def made(seed: int) -> Tensor:
        return paint(_picture(0), lambda longer: [(1.0, _picture(1))], vgg, how, seed=seed)

    assert torch.equal(made(1), made(1))
    assert (made(1) - made(2)).abs().max() > 0.1


def test_a_loss_that_is_no_number_ends_the_painting(vgg: VggFeatures) -> None:
    with pytest.raises(FloatingPointError, match="became nan"):
        _losses(_picture(0) * float("nan"), _picture(1), vgg, QUICK)


@pytest.fixture
def file(tmp_path: Path, tools: Any) -> Path:
    """A narrow VGG-19 as torchvision stores it, with a classifier that nobody needs."""
    state = tools.seeded(VggFeatures(width=4, last="relu5_4")).state_dict()
    torch.save({**state, "classifier.0.weight": torch.zeros(2, 2)}, tmp_path / "vgg19.pth")
    return tmp_path / "vgg19.pth"


STYLE_PICTURE = np.random.default_rng(3).integers(0, 256, (20, 30, 3), dtype=np.uint8)


@pytest.mark.parametrize("size", [(1, 1), (3, 40), (33, 17)])
def test_any_size_is_painted_by_the_one_call(file: Path, size: tuple[int, int]) -> None:
    settings = {"steps": 2, "optimizer": "adam"}
    painter = zoo.load(f"gatys@{file}", device="cpu", style=[STYLE_PICTURE], settings=settings)
    given = torch.randint(0, 256, (2, 3, *size), dtype=torch.uint8)
    made = painter(given)
    assert (torch.uint8, given.shape) == (made.dtype, made.shape)
    assert torch.equal(made, painter(given))


def test_progress_is_a_picture_every_so_often(file: Path, tmp_path: Path) -> None:
    settings = {"steps": 5, "every": 2, "progress": str(tmp_path / "seen")}
    painter = zoo.load(f"gatys@{file}", device="cpu", style=[STYLE_PICTURE], settings=settings)
    made = painter(torch.randint(0, 256, (1, 3, 16, 24), dtype=torch.uint8))
    files = sorted((tmp_path / "seen").iterdir())
    assert [f.name for f in files] == ["0000-0001.png", "0000-0002.png", "0000-0003.png"]
    with Image.open(files[-1]) as last:
        assert np.array_equal(made[0].permute(1, 2, 0).numpy(), np.array(last))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"steps": "many"}, "steps=many of gatys is no int"),
        ({"steps": 0}, "steps=0 of gatys is not at least 1"),
        ({"style": -1}, "style=-1.0 of gatys is not at least 0"),
        ({"style": "nan"}, "style=nan of gatys is not at least 0"),
        ({"optimizer": "sgd"}, "optimizer=sgd of gatys is unknown"),
        ({"stepz": 1}, "gatys has no setting 'stepz'"),
    ],
)
def test_settings_that_cannot_be_painted_with_are_usage_problems(
    file: Path, settings: dict[str, object], message: str
) -> None:
    with pytest.raises(UsageProblem, match=message):
        zoo.load(f"gatys@{file}", device="cpu", style=[STYLE_PICTURE], settings=settings)


def test_a_picture_that_memory_cannot_hold_is_an_error_before_it_is_tried(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    painter = zoo.load(f"gatys@{file}", device="cpu", style=[STYLE_PICTURE])
    monkeypatch.setattr("zoo.translator.available", lambda: 1_000_000)
    with pytest.raises(AtlasError, match="more than the free memory"):
        painter(torch.zeros(1, 3, 64, 64, dtype=torch.uint8))


def test_the_card_has_every_setting_with_its_default() -> None:
    told = " ".join(card("gatys").settings)
    for field in fields(Painting):
        default = getattr(Painting(), field.name)
        assert f"{field.name}={default if field.name != 'progress' else 'FOLDER'}" in told


def test_another_network_is_no_vgg(tmp_path: Path) -> None:
    torch.save({"features.0.weight": torch.zeros(4, 3, 3, 3)}, tmp_path / "half.pth")
    with pytest.raises(AtlasError, match=r"no VGG-19 of torchvision: features\.0\.bias is missing"):
        zoo.load(f"gatys@{tmp_path / 'half.pth'}", device="cpu", style=[STYLE_PICTURE])
    torch.save({"x.weight": torch.zeros(4)}, tmp_path / "other.pth")
    with pytest.raises(AtlasError, match="no VGG-19"):
        zoo.load(f"gatys@{tmp_path / 'other.pth'}", device="cpu", style=[STYLE_PICTURE])
