"""Intervals of shares cover the truth as often as they say, at none and at all too."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest

from bench.classifiers.score import compared
from bench.columns import cell, column_of
from bench.metrics import copies, prc
from bench.metrics.proportion import mean_share, share

interval = cache(share)


@pytest.mark.parametrize(("count", "of"), [(0, 5), (5, 5), (3, 20), (50, 100), (999, 1000), (0, 1)])
def test_the_interval_is_scipys(count: int, of: int) -> None:
    stats = pytest.importorskip("scipy.stats")
    expected = stats.binomtest(count, of).proportion_ci(0.95, "exact")
    assert (expected.low, expected.high) == pytest.approx(share(count, of), abs=1e-9)


def test_at_all_it_ends_where_all_happens_in_one_sample_of_forty() -> None:
    assert share(20, 20) == (pytest.approx(0.025 ** (1 / 20)), 1.0)
    assert share(0, 20) == (0.0, pytest.approx(1 - 0.025 ** (1 / 20)))


@pytest.mark.parametrize("of", [1, 5, 20, 100])
def test_it_covers_every_truth_in_95_of_100_samples(of: int) -> None:
    """Counted over all outcomes, with no simulation."""
    for truth in (0.0005, 0.005, 0.01, 0.05, 0.2, 0.5, 0.77, 0.95, 0.99, 0.9995):
        covers = sum(
            math.comb(of, k) * truth**k * (1 - truth) ** (of - k)
            for k in range(of + 1)
            if interval(k, of)[0] <= truth <= interval(k, of)[1]
        )
        assert covers >= 0.95 - 1e-12, (truth, covers)


CLASSES = [
    ([0.99] * 2, [20] * 2),
    ([0.98] * 11, [10] * 11),
    ([0.995] * 11, [10] * 11),
    ([0.5] * 5, [20] * 5),
    ([0.03] * 2, [30] * 2),
    ([0.5, 1.0], [5, 100]),
    ([0.9, 0.2, 1.0], [5, 50, 20]),
    ([0.02, 0.5], [3, 200]),
]


@pytest.mark.parametrize(("truths", "ofs"), CLASSES)
def test_means_over_classes_cover_the_truth_as_often_as_they_say(
    truths: list[float], ofs: list[int]
) -> None:
    rng, joined, draws = np.random.default_rng(0), cache(mean_share), 1000
    covered = 0
    for _ in range(draws):
        low, high = joined(tuple(rng.binomial(ofs, truths).tolist()), tuple(ofs))
        covered += low - 1e-12 <= np.mean(truths) <= high + 1e-12
    noise = 2 * math.sqrt(0.95 * 0.05 / draws)
    assert covered / draws >= 0.95 - noise


def test_the_mean_of_one_share_is_that_share() -> None:
    assert mean_share([3], [20]) == pytest.approx(share(3, 20))


@pytest.mark.parametrize("named", [0, 1])
def test_a_classifier_that_is_always_right_or_wrong_is_not_certain(named: int) -> None:
    told = compared(("a", "b"), np.array([[0, named]] * 12))
    assert told.accuracy == 1.0 - named
    assert (told.low, told.high) == pytest.approx(share(12 * (1 - named), 12))
    assert told.high - told.low > 0.2


def test_no_copy_among_ten_outputs_leaves_room_for_some() -> None:
    rng = np.random.default_rng(0)
    score = copies.CARD.compute(rng.normal(5, 1, (10, 4)), rng.normal(-5, 0.1, (30, 4)), 0)
    assert (score.value, score.low, score.high) == (0.0, 0.0, pytest.approx(0.3085, abs=1e-4))


@pytest.mark.parametrize(("card", "of"), [(prc.PRECISION, 12), (prc.RECALL, 15)])
def test_precision_and_recall_of_all_and_of_none_are_not_certain(card, of: int) -> None:  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(0)
    wide, narrow = rng.normal(0, 1.0, (15, 3)), rng.normal(0, 0.01, (12, 3))
    apart = card.compute(narrow + 100, wide, 0)
    assert (apart.value, apart.low, apart.high) == pytest.approx((0.0, *share(0, of)))
    same = card.compute(wide[:12], wide, 0) if of == 12 else card.compute(wide, wide, 0)
    assert (same.value, same.low, same.high) == pytest.approx((1.0, *share(of, of)))


def test_tables_show_both_ends_where_one_side_is_short() -> None:
    shown = {"metric": "copies", "value": 0.0, "low": 0.0, "high": 0.369, "n": 8}
    column = column_of(shown)
    assert cell(shown, column) == "0.000 [0.000, 0.369]"
    assert cell({**shown, "value": 0.2, "low": 0.1, "high": 0.32}, column) == "0.200 ±0.110"
    assert cell({**shown, "high": 0.0}, column) == "0.000 ±0.000"


@pytest.mark.parametrize(("count", "of"), [(-1, 3), (4, 3), (0, 0)])
def test_what_is_no_share_is_an_error(count: int, of: int) -> None:
    with pytest.raises(ValueError, match="is no share"):
        share(count, of)
