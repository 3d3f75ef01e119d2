"""Metrics of two pictures equal other implementations, or a closed form."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image

from bench.metrics.fidelity import colour_distance, edge_correlation
from bench.metrics.ms_ssim import ms_ssim
from bench.metrics.registry import MetricCard, metric_cards
from data.errors import AtlasError

Picture = NDArray[np.uint8]


def _picture(seed: int, height: int = 176, width: int = 180) -> Picture:
    coarse = np.random.default_rng(seed).integers(0, 256, (9, 9, 3), dtype=np.uint8)
    return np.array(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))


def _noisy(picture: Picture, seed: int) -> Picture:
    noise = np.random.default_rng(seed).normal(0, 12, picture.shape)
    return np.clip(picture + noise, 0, 255).round().astype(np.uint8)


def _window() -> torch.Tensor:
    places = torch.arange(11, dtype=torch.float64) - 5
    weights = torch.exp(-(places**2) / (2 * 1.5**2))
    return torch.outer(weights, weights) / weights.sum() ** 2


def _by_hand(a: Picture, b: Picture) -> float:
    """Wang's definition, by two-dimensional convolutions."""
    x, y = (torch.from_numpy(p).permute(2, 0, 1)[:, None].double() for p in (a, b))
    product = 1.0
    for i, exponent in enumerate((0.0448, 0.2856, 0.3001, 0.2363, 0.1333)):
        mean_x, mean_y, square_x, square_y, both = (
            F.conv2d(p, _window()[None, None]) for p in (x, y, x * x, y * y, x * y)
        )
        contrast = (2 * (both - mean_x * mean_y) + 58.5225) / (
            square_x - mean_x**2 + square_y - mean_y**2 + 58.5225
        )
        light = (2 * mean_x * mean_y + 6.5025) / (mean_x**2 + mean_y**2 + 6.5025)
        product *= float((contrast * light if i == 4 else contrast).mean()) ** exponent
        x, y = F.avg_pool2d(x, 2), F.avg_pool2d(y, 2)
    return product


def test_ms_ssim_is_its_definition() -> None:
    a = _picture(0)
    for b in (_noisy(a, 1), np.roll(a, 2, axis=0)):
        assert _by_hand(b, a) == pytest.approx(ms_ssim(b, a), rel=1e-9)


def test_ms_ssim_equals_torchmetrics_but_for_the_edges() -> None:
    from torchmetrics.functional.image import multiscale_structural_similarity_index_measure

    # torchmetrics counts reflected edges at the last scale; of a large picture they are few.
    a = _picture(0, 640, 640)
    b = _noisy(a, 1)
    given = [torch.from_numpy(p).permute(2, 0, 1)[None].float() for p in (b, a)]
    theirs = multiscale_structural_similarity_index_measure(*given, data_range=255.0)
    assert float(theirs) == pytest.approx(ms_ssim(b, a), abs=1e-3)


def test_ms_ssim_of_equal_pictures_is_one() -> None:
    assert ms_ssim(_picture(0), _picture(0)) == pytest.approx(1.0)
    with pytest.raises(AtlasError, match="176×176"):
        ms_ssim(_picture(0)[:175], _picture(0)[:175])


def test_colour_distance_of_greys_is_a_third_of_the_difference_in_lightness() -> None:
    def grey(level: int) -> Picture:
        return np.full((8, 8, 3), level, dtype=np.uint8)

    def lightness(level: int) -> float:
        linear = ((level / 255 + 0.055) / 1.055) ** 2.4
        return 116 * linear ** (1 / 3) - 16

    expected = (lightness(180) - lightness(90)) / 3
    assert expected == pytest.approx(colour_distance(grey(180), grey(90)), abs=0.02)


def test_colour_distance_does_not_see_where_colours_are() -> None:
    a = _picture(0)
    assert colour_distance(a[::-1, ::-1], a) == pytest.approx(0.0, abs=1e-9)
    assert colour_distance(_picture(1), a) > 1


def test_edge_correlation_does_not_see_colours() -> None:
    a = _picture(0)
    grey = np.repeat((a @ [0.299, 0.587, 0.114]).round().astype(np.uint8)[..., None], 3, axis=2)
    assert edge_correlation(grey, a) > 0.97
    assert edge_correlation(a, a) == pytest.approx(1.0)
    assert abs(edge_correlation(_picture(1), a)) < 0.5


def test_edge_correlation_is_pearsons_of_sobel_gradients() -> None:
    from scipy.ndimage import sobel

    def edges(picture: Picture) -> NDArray[np.float64]:
        grey = picture @ np.array([0.299, 0.587, 0.114])
        return np.hypot(sobel(grey, axis=0, mode="reflect"), sobel(grey, axis=1, mode="reflect"))

    a, b = _picture(0), _noisy(_picture(0), 1)
    expected = np.corrcoef(edges(a).ravel(), edges(b).ravel())[0, 1]
    assert expected == pytest.approx(edge_correlation(b, a), abs=1e-6)


PAIRS = [card for card in metric_cards().values() if card.pair is not None]


@pytest.mark.parametrize("card", PAIRS, ids=lambda card: card.name)
def test_flat_black_and_equal_pictures_give_finite_numbers(card: MetricCard) -> None:
    flat = np.zeros((176, 176, 3), dtype=np.uint8)
    a = _picture(0, 176, 176)
    assert card.pair is not None
    numbers = [card.pair(a, a), card.pair(flat, a), card.pair(flat, flat), card.pair(a, flat)]
    assert all(map(math.isfinite, numbers))
    best = min(numbers) if card.direction == "lower" else max(numbers)
    assert best == pytest.approx(numbers[0])
    assert best == pytest.approx(numbers[2])


def test_diversity_is_the_mean_over_pairs_of_outputs_of_one_source() -> None:
    from types import SimpleNamespace
    from typing import Any

    from bench.metrics.lpips import DIVERSITY
    from bench.observe import _diversity

    def apart(first: torch.Tensor, second: torch.Tensor) -> NDArray[np.float64]:
        found = (first.double() - second.double()).abs().flatten(1).mean(1)
        return np.asarray(found.numpy())

    bench: Any = SimpleNamespace(pair_extractors={"lpips-alex": apart})
    # Three outputs for each of two sources, flat at these levels.
    levels = np.array([[10, 100], [20, 100], [60, 130]])
    made = [[np.full((4, 4, 3), level, dtype=np.uint8) for level in row] for row in levels]
    expected = [(10 + 50 + 40) / 3, (0 + 30 + 30) / 3]
    assert expected == pytest.approx(list(_diversity(DIVERSITY, bench, made)))
