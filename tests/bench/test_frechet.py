"""The Fréchet distance and the kernel discrepancy are right by closed forms, at any rank."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric

from bench.metrics import frechet, kernel

Floats = NDArray[np.float64]


def _features(n: int, d: int, seed: int, shift: float = 0.0) -> Floats:
    rng = np.random.default_rng(seed)
    mixing = np.random.default_rng(99).standard_normal((d, d)) / math.sqrt(d)
    return rng.standard_normal((n, d)) @ mixing + shift


def _with_moments(n: int, mean: Floats, deviations: Floats, seed: int) -> Floats:
    """Rows whose mean and covariance are exactly these."""
    white = np.random.default_rng(seed).standard_normal((n, len(mean)))
    white -= white.mean(axis=0)
    white = white @ np.linalg.inv(np.linalg.cholesky(np.cov(white, rowvar=False))).T
    return white * deviations + mean


@pytest.mark.parametrize(("n", "m"), [(80, 90), (900, 700), (60, 700)])
def test_diagonal_gaussians_have_their_closed_form(n: int, m: int) -> None:
    d = 50
    s1, s2 = np.linspace(0.1, 2.0, d), np.linspace(3.0, 0.2, d)
    m1, m2 = np.zeros(d), np.linspace(-1, 1, d)
    expected = np.sum((m1 - m2) ** 2) + np.sum((s1 - s2) ** 2)
    found = frechet.frechet_distance(_with_moments(n, m1, s1, 0), _with_moments(m, m2, s2, 1))
    assert expected == pytest.approx(found, rel=1e-9)


@pytest.mark.parametrize(("n", "d"), [(40, 300), (300, 300), (301, 300), (900, 60)])
def test_identical_sets_have_distance_zero_to_the_tenth_digit(n: int, d: int) -> None:
    x = _features(n, d, 0, shift=0.4)
    assert abs(frechet.frechet_distance(x, x[::-1])) < 1e-10 * np.sum(x.var(axis=0))


def test_a_set_of_more_rows_than_columns_without_full_rank_is_exact() -> None:
    rng = np.random.default_rng(0)
    x, y = np.zeros((200, 30)), np.zeros((150, 30))
    x[:, :3] = rng.standard_normal((200, 3))
    y[:, 10:12] = rng.standard_normal((150, 2)) * 2 + 1
    # Covariances in subspaces at right angles: the root of their product is 0.
    expected = np.sum((x.mean(axis=0) - y.mean(axis=0)) ** 2)
    expected += np.sum(x.var(axis=0, ddof=1)) + np.sum(y.var(axis=0, ddof=1))
    assert expected == pytest.approx(frechet.frechet_distance(x, y), rel=1e-9)
    assert abs(frechet.frechet_distance(x, x[::-1])) < 1e-9


def test_well_conditioned_sets_equal_torch_fidelity() -> None:
    x, y = _features(600, 40, 1), _features(500, 40, 2, shift=0.3)
    statistics = [fid_features_to_statistics(torch.from_numpy(part)) for part in (x, y)]
    theirs = fid_statistics_to_metric(*statistics, False)["frechet_inception_distance"]
    assert float(theirs) == pytest.approx(frechet.frechet_distance(x, y), rel=1e-9)


def test_the_two_forms_meet_where_rows_and_columns_are_as_many() -> None:
    x, y = _features(65, 64, 1), _features(90, 64, 2)
    by_moments = frechet.distance_of_moments(frechet.moments([x]), frechet.moments([y]))
    wide = [np.hstack([part, np.zeros((len(part), 40))]) for part in (x, y)]
    assert by_moments == pytest.approx(frechet.frechet_distance(*wide), rel=1e-9)


@pytest.mark.parametrize("least", [1e-1, 1e-3, 1e-6, 0.0])
def test_the_fast_norm_is_exact_at_every_condition(least: float) -> None:
    rng = np.random.default_rng(0)
    left, right = (np.linalg.qr(rng.standard_normal((60, 60)))[0] for _ in range(2))
    values = np.geomspace(1.0, max(least, 1e-9), 60) * (np.arange(60) < 59 if least == 0 else 1)
    found = frechet._nuclear_fast((left * values) @ right)
    assert values.sum() == pytest.approx(found, rel=1e-11)


def test_moments_that_came_in_blocks_are_those_of_all_rows() -> None:
    x = _features(500, 8, 1, shift=1000.0)  # a mean that a sum of squares would drown in
    found = frechet.moments([x[:7], x[7:300], x[300:]])
    assert len(x) == found.n
    np.testing.assert_allclose(x.mean(axis=0), found.mean, rtol=1e-12)
    np.testing.assert_allclose(np.cov(x, rowvar=False), found.covariance, rtol=1e-9, atol=1e-11)
    with pytest.raises(ValueError, match="no rows"):
        frechet.moments([])
    with pytest.raises(ValueError, match="two rows"):
        frechet.distance_of_moments(frechet.moments([x[:1]]), found)


@pytest.mark.parametrize(("n", "m", "d"), [(23, 31, 40), (120, 140, 12), (3, 4, 9)])
def test_distances_with_a_group_left_out_are_those_of_the_rows_that_stay(
    n: int, m: int, d: int
) -> None:
    x, y = _features(n, d, 1), _features(m, d, 2, shift=0.3)
    groups = min(5, n, m)
    expected = [
        frechet.frechet_distance(x[np.arange(n) % groups != g], y[np.arange(m) % groups != g])
        for g in range(groups)
    ]
    np.testing.assert_allclose(expected, frechet.left_out(x, y, groups), rtol=1e-5)


def _by_pairs(x: Floats, y: Floats, k) -> tuple[float, float]:  # type: ignore[no-untyped-def]
    """The U-statistic and the V-statistic, pair by pair."""
    n, m = len(x), len(y)
    own_x = [[k(a, b) for b in x] for a in x]
    own_y = [[k(a, b) for b in y] for a in y]
    cross = sum(k(a, b) for a in x for b in y) / (n * m)
    off_x = sum(map(sum, own_x)) - sum(own_x[i][i] for i in range(n))
    off_y = sum(map(sum, own_y)) - sum(own_y[i][i] for i in range(m))
    unbiased = off_x / (n * (n - 1)) + off_y / (m * (m - 1)) - 2 * cross
    biased = sum(map(sum, own_x)) / n**2 + sum(map(sum, own_y)) / m**2 - 2 * cross
    return unbiased, biased


def test_the_gaussian_discrepancy_is_its_definition() -> None:
    x, y = _features(9, 5, 1), _features(7, 5, 2, shift=0.5)
    expected = _by_pairs(x, y, lambda a, b: math.exp(-np.sum((a - b) ** 2) / (2 * 3.0**2)))
    found = kernel.discrepancy(x, y, kernel.gaussian(3.0))
    assert expected == pytest.approx((found.value, found.biased), rel=1e-9)


def test_the_cubic_discrepancy_is_its_definition() -> None:
    x, y = _features(9, 5, 1), _features(7, 5, 2, shift=0.5)
    expected = _by_pairs(x, y, lambda a, b: (float(a @ b) / 5 + 1) ** 3)
    found = kernel.discrepancy(x, y, kernel.cubic(5))
    assert expected == pytest.approx((found.value, found.biased), rel=1e-9)


def test_what_is_left_out_one_by_one_is_the_discrepancy_of_the_rest() -> None:
    x, y = _features(6, 4, 1), _features(5, 4, 2)
    found = kernel.discrepancy(x, y, kernel.gaussian(2.0))
    for i in range(len(x)):
        rest = kernel.discrepancy(np.delete(x, i, 0), y, kernel.gaussian(2.0)).value
        assert rest == pytest.approx(found.without_x[i], rel=1e-9)
    for j in range(len(y)):
        rest = kernel.discrepancy(x, np.delete(y, j, 0), kernel.gaussian(2.0)).value
        assert rest == pytest.approx(found.without_y[j], rel=1e-9)
