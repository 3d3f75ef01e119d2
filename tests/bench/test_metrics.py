"""Every metric equals an independent implementation or a closed form, with a true spread."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from skimage.metrics import peak_signal_noise_ratio
from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric
from torch_fidelity.metric_isc import isc_features_to_metric
from torch_fidelity.metric_kid import kid_features_to_metric

from bench.metrics import fid, isc, kernel, kid, psnr, ssim
from bench.metrics.per_picture import mean_score
from bench.metrics.registry import metric_cards
from bench.metrics.score import Score
from data.errors import AtlasError

Floats = NDArray[np.float64]


def _features(n: int, d: int, seed: int, shift: float = 0.0) -> Floats:
    rng = np.random.default_rng(seed)
    mixing = np.random.default_rng(99).standard_normal((d, d)) / math.sqrt(d)
    return (rng.standard_normal((n, d)) @ mixing + shift).astype(np.float32).astype(np.float64)


def _theirs(x: Floats, y: Floats) -> float:
    statistics = [fid_features_to_statistics(torch.from_numpy(part)) for part in (x, y)]
    return float(fid_statistics_to_metric(*statistics, False)["frechet_inception_distance"])


@pytest.mark.parametrize(("n", "m", "d"), [(300, 280, 24), (60, 70, 128), (40, 500, 64)])
def test_fid_equals_torch_fidelity(n: int, m: int, d: int) -> None:
    x, y = _features(n, d, 1), _features(m, d, 2, shift=0.5)
    assert _theirs(x, y) == pytest.approx(fid.frechet_distance(x, y), rel=1e-4)


def test_fid_of_diagonal_gaussians_is_the_closed_form() -> None:
    rng = np.random.default_rng(0)
    white = rng.standard_normal((200, 6))
    white -= white.mean(axis=0)
    white = white @ np.linalg.inv(np.linalg.cholesky(np.cov(white, rowvar=False))).T
    s1, s2 = np.arange(1, 7.0), np.arange(7, 1.0, -1)
    m1, m2 = np.zeros(6), np.full(6, 0.3)
    expected = np.sum((m1 - m2) ** 2) + np.sum((s1 - s2) ** 2)
    assert expected == pytest.approx(fid.frechet_distance(white * s1 + m1, white * s2 + m2))


@pytest.mark.parametrize(("n", "d"), [(50, 200), (400, 20)])
def test_fid_of_a_set_with_itself_is_zero(n: int, d: int) -> None:
    x = _features(n, d, 0)
    assert abs(fid.frechet_distance(x, x[::-1])) < 1e-10 * np.sum(x.var(axis=0))


def test_fid_is_right_where_covariances_have_no_full_rank() -> None:
    rng = np.random.default_rng(0)
    line, other = np.zeros((30, 50)), np.zeros((30, 50))
    line[:, 0] = rng.standard_normal(30)
    other[:, 1] = rng.standard_normal(30)
    expected = line[:, 0].var(ddof=1) + other[:, 1].var(ddof=1)
    expected += line[:, 0].mean() ** 2 + other[:, 1].mean() ** 2
    assert expected == pytest.approx(fid.frechet_distance(line, other))


def test_both_forms_of_the_root_agree() -> None:
    x, y = _features(65, 64, 1), _features(90, 64, 2)
    many = fid.frechet_distance(x, y)
    assert many == pytest.approx(fid.frechet_distance(x[:64], y), rel=0.2)
    padded = [np.hstack([part, np.zeros((len(part), 40))]) for part in (x, y)]
    assert many == pytest.approx(fid.frechet_distance(*padded), rel=1e-9)


def test_fid_says_that_few_pictures_are_mostly_bias() -> None:
    score = fid.CARD.compute(_features(30, 36, 1), _features(40, 36, 2), 0)
    assert (score.n, score.n_reference) == (30, 40)
    assert score.low < score.value < score.high
    assert "rank by kid" in score.warnings[0]
    assert fid.TEXTURE.compute(_features(30, 16, 1), _features(40, 16, 2), 0).warnings == ()


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("card", [fid.CARD, kid.CARD], ids=lambda card: card.name)
def test_too_few_pictures_for_a_spread_are_an_error(card, count: int) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(AtlasError, match="at least 3 pictures"):
        card.compute(_features(count, 8, 1), _features(9, 8, 2), 0)


@pytest.mark.parametrize("card", [fid.CARD, kid.CARD], ids=lambda card: card.name)
def test_three_pictures_have_a_spread(card) -> None:  # type: ignore[no-untyped-def]
    score = card.compute(_features(3, 8, 1), _features(3, 8, 2), 0)
    assert score.low < score.value < score.high


def test_kid_equals_torch_fidelity_for_one_subset_of_all() -> None:
    x, y = _features(80, 32, 1), _features(80, 32, 2, shift=0.2)
    theirs = kid_features_to_metric(
        torch.from_numpy(x), torch.from_numpy(y), kid_subsets=1, kid_subset_size=80, verbose=False
    )["kernel_inception_distance_mean"]
    assert theirs == pytest.approx(kid.kernel_distance(x, y)[0], rel=1e-9)


def test_the_subset_figure_is_torch_fidelitys_for_the_same_seed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kid, "SUBSET_SIZE", 30)
    x, y = _features(80, 32, 1), _features(70, 32, 2, shift=0.2)
    theirs = kid_features_to_metric(
        torch.from_numpy(x.astype(np.float32)),
        torch.from_numpy(y.astype(np.float32)),
        kid_subsets=100,
        kid_subset_size=30,
        rng_seed=7,
        verbose=False,
    )
    extra = kid.subset_figure(x, y, 7)
    assert theirs["kernel_inception_distance_mean"] == extra["subset_mean"]
    assert theirs["kernel_inception_distance_std"] == extra["subset_deviation"]


def test_the_jackknife_of_kid_is_that_of_leaving_out_one_by_one() -> None:
    x, y = _features(12, 8, 1), _features(9, 8, 2, shift=0.3)

    def variance(estimates: list[float]) -> float:
        theta = np.array(estimates)
        return float((len(theta) - 1) / len(theta) * np.sum((theta - theta.mean()) ** 2))

    over_x = [kid.kernel_distance(np.delete(x, i, 0), y)[0] for i in range(len(x))]
    over_y = [kid.kernel_distance(x, np.delete(y, j, 0))[0] for j in range(len(y))]
    expected = math.sqrt(variance(over_x) + variance(over_y))
    assert expected == pytest.approx(kid.kernel_distance(x, y)[1], rel=1e-9)


def test_kid_of_halves_of_one_set_is_zero_on_average() -> None:
    x = _features(400, 16, 3)
    rng = np.random.default_rng(0)
    values = []
    for _ in range(40):
        order = rng.permutation(400)
        values.append(kid.kernel_distance(x[order[:200]], x[order[200:]])[0])
    assert abs(np.mean(values)) < 3 * np.std(values) / math.sqrt(40)


def test_blocks_do_not_change_kid(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = _features(50, 8, 1), _features(45, 8, 2)
    whole = kid.kernel_distance(x, y)
    monkeypatch.setattr(kernel, "BLOCK", 7)
    assert whole == pytest.approx(kid.kernel_distance(x, y))


def test_isc_equals_torch_fidelity() -> None:
    logits = _features(60, 30, 1) * 3
    theirs = isc_features_to_metric(torch.from_numpy(logits), splits=10, rng_seed=2020)
    score = isc.CARD.compute(logits, logits, 2020)
    assert theirs["inception_score_mean"] == pytest.approx(score.value, rel=1e-9)
    assert theirs["inception_score_std"] == pytest.approx(score.extra["split_deviation"], rel=1e-9)


def test_isc_of_fewer_pictures_than_splits_is_an_error_and_not_nan() -> None:
    with pytest.raises(AtlasError, match="at least 10 pictures"):
        isc.CARD.compute(_features(9, 30, 1), _features(9, 30, 1), 0)


def _picture(seed: int) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (24, 20, 3), dtype=np.uint8)


def test_psnr_equals_scikit_image() -> None:
    a, b = _picture(0), _picture(1)
    assert peak_signal_noise_ratio(a, b, data_range=255) == pytest.approx(psnr.psnr(a, b))


def test_equal_pictures_have_the_highest_psnr_and_not_infinity() -> None:
    assert psnr.psnr(_picture(0), _picture(0)) == psnr.HIGHEST
    assert round(psnr.HIGHEST) == 108


def test_ssim_of_equal_pictures_is_one_and_of_flat_ones_the_closed_form() -> None:
    assert pytest.approx(ssim.ssim(_picture(0), _picture(0))) == 1.0
    dark = np.full((16, 16, 3), 50, dtype=np.uint8)
    light = np.full((16, 16, 3), 100, dtype=np.uint8)
    c1 = (0.01 * 255) ** 2
    expected = (2 * 50 * 100 + c1) / (50**2 + 100**2 + c1)
    assert expected == pytest.approx(ssim.ssim(dark, light), abs=1e-4)


def test_ssim_of_tiny_pictures_is_an_error() -> None:
    with pytest.raises(AtlasError, match="11×11"):
        ssim.ssim(_picture(0)[:5], _picture(1)[:5])


def test_means_have_a_bootstrap_that_repeats() -> None:
    values = np.random.default_rng(0).normal(3, 1, 100)
    score = mean_score("psnr", "dB", "higher", values, 5)
    assert score == mean_score("psnr", "dB", "higher", values, 5)
    assert values.mean() == pytest.approx(score.value)
    error = values.std(ddof=1) / 10
    assert 2 * 1.96 * error == pytest.approx(score.high - score.low, rel=0.1)


def test_a_score_is_finite_or_does_not_exist() -> None:
    with pytest.raises(ValueError, match="not finite"):
        Score(metric="kid", value=float("nan"), low=0, high=1, n=3)


def test_cards_are_complete() -> None:
    assert {"fid", "kid", "isc", "lpips", "psnr", "ssim", "fid-texture", "kid-texture"} <= set(
        metric_cards()
    )
    for name, card in metric_cards().items():
        assert name == card.name
        assert card.reference
        assert card.title
