"""Differences have intervals that cover as often as they say; ranks claim no more than is sure."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.compare.contest import contest
from bench.compare.difference import independent, joint_jackknife, paired_means
from bench.compare.kept import Kept
from bench.compare.left_out import distance_difference, without_groups, without_one
from bench.compare.pareto import front
from bench.compare.ranks import by_intervals, groups, holm, letters, rank_intervals, sure
from bench.compare.seeds import across_seeds, between_methods
from bench.compare.student import quantile, two_sided
from bench.metrics.frechet import frechet_distance
from bench.records import read_all
from data.paths import PUBLISHED, Home

scipy_stats = pytest.importorskip("scipy.stats")


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 7, 30, 101])
def test_students_t_is_that_of_scipy(freedom: int) -> None:
    for t in (0.0, 0.3, 2.1, -5.0):
        expected = 2 * scipy_stats.t.sf(abs(t), freedom)
        assert two_sided(t, freedom) == pytest.approx(expected, abs=1e-12)
    assert quantile(freedom) == pytest.approx(scipy_stats.t.ppf(0.975, freedom), rel=1e-9)


def _within_chance(covered: int, trials: int) -> bool:
    """Whether 95 % could have given this count: three standard errors of a simulation."""
    return abs(covered / trials - 0.95) < 3 * math.sqrt(0.95 * 0.05 / trials)


@pytest.mark.parametrize("sources", [7, 15, 60])
def test_intervals_of_means_cover_the_truth_as_often_as_they_say(sources: int) -> None:
    rng, trials = np.random.default_rng(1), 1000
    shared = rng.normal(size=(sources, trials))  # what both models find hard
    first = 0.4 + shared + 0.5 * rng.normal(size=(sources, trials))
    second = shared + 0.5 * rng.normal(size=(sources, trials))
    found = paired_means(first - second, seed=0)
    assert _within_chance(sum(d.low <= 0.4 <= d.high for d in found), trials)


def test_skewed_numbers_are_covered_as_well() -> None:
    rng, trials = np.random.default_rng(2), 1000
    found = paired_means(rng.gamma(2.0, size=(40, trials)), seed=0)
    assert _within_chance(sum(d.low <= 2.0 <= d.high for d in found), trials)


def test_no_difference_is_found_as_seldom_as_the_level_says() -> None:
    rng, trials = np.random.default_rng(3), 1000
    found = paired_means(rng.normal(size=(30, trials)), seed=0)
    assert _within_chance(sum(d.p >= 0.05 for d in found), trials)


@pytest.mark.parametrize("models", [2, 33, 40])
def test_models_that_differ_on_every_picture_are_told_apart_however_many(
    models: int, own_home: Path
) -> None:
    (record, *_) = read_all([PUBLISHED], "photo2toon")
    rng, entries = np.random.default_rng(4), []
    for model in range(models):
        values = model + 0.01 * rng.normal(size=12)
        rows = [
            {"id": str(i), "source_sha256": str(i), "scores": {"psnr": float(v)}}
            for i, v in enumerate(values)
        ]
        score = {"metric": "psnr", "value": float(values.mean()), "low": 0.0, "high": 0.0}
        made = replace(record, id=f"{model:016d}", pictures=tuple(rows))
        entries.append((made, {**score, "direction": "higher"}))
    found = contest(entries, Kept([], Home(own_home)))
    assert found.ranks == [(place, place) for place in range(models, 0, -1)]
    assert max(Counter(found.letters).values()) == 1


def _embedding(mean: np.ndarray, deviation: float) -> np.ndarray:
    """Where independent Gaussian features lie under the kernel (x·y/d + 1)³, in closed form."""
    d, m, s = len(mean), mean, deviation
    moments = np.array([np.ones(d), m, m**2 + s**2, m**3 + 3 * m * s**2])
    found = []
    for powers in itertools.combinations_with_replacement(range(d + 1), 3):
        weight, value = float(math.factorial(3)), 1.0
        for axis, power in Counter(powers).items():
            weight /= math.factorial(power)
            if axis < d:  # the last one stands for the 1
                weight /= d**power
                value *= moments[power, axis]
        found.append(math.sqrt(weight) * value)
    return np.array(found)


def test_intervals_of_kernel_distances_cover_the_truth_as_often_as_they_say() -> None:
    rng, trials, n, d = np.random.default_rng(4), 400, 60, 16
    means = [0.4 + 0.3 * rng.normal(size=d), 0.5 + 0.1 * rng.normal(size=d), np.full(d, 0.3)]
    one, two, reference = (_embedding(m, 0.6) for m in means)
    truth = float(np.sum((one - reference) ** 2) - np.sum((two - reference) ** 2))
    covered = 0
    for _ in range(trials):
        source = rng.normal(size=(n, d))
        first, second = (
            m + 0.6 * (0.8 * source + 0.6 * rng.normal(size=(n, d))) for m in means[:2]
        )
        references = means[2] + 0.6 * rng.normal(size=(n + 10, d))
        found = distance_difference(without_one(first, references), without_one(second, references))
        covered += found.low <= truth <= found.high
    assert _within_chance(covered, trials)


def test_leaving_out_is_what_computing_again_without_a_row_gives() -> None:
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(9, 5)), rng.normal(size=(7, 5))
    found = without_one(x, y)
    assert [without_one(np.delete(x, i, 0), y).value for i in range(9)] == pytest.approx(
        list(found.sources)
    )
    assert [without_one(x, np.delete(y, j, 0)).value for j in range(7)] == pytest.approx(
        list(found.references)
    )
    parts = without_groups(x, y, 3)
    rows = [np.arange(9) % 3 != 1, np.arange(7) % 3 != 1]
    assert frechet_distance(x[rows[0]], y[rows[1]]) == pytest.approx(parts.sources[1], rel=1e-6)


def test_what_two_models_have_in_common_falls_out() -> None:
    rng = np.random.default_rng(6)
    x, y = rng.normal(size=(30, 8)), rng.normal(size=(30, 8)) + 0.2
    a, b = without_one(x + 0.1, y), without_one(x + 0.1 + 1e-3 * rng.normal(size=x.shape), y)
    joint = distance_difference(a, b)
    alone = joint_jackknife("", a.value, a.sources, a.references)
    assert (joint.high - joint.low) * 20 < alone.high - alone.low
    same = distance_difference(a, a)
    assert (same.value, same.low, same.high, same.p) == (0.0, 0.0, 0.0, 1.0)


def test_without_pairs_variances_add_up() -> None:
    found = independent(5.0, 0.3, 3.0, 0.4)
    assert [found.value, found.low, found.high] == pytest.approx([2.0, 1.02, 2.98])
    assert found.p == pytest.approx(2 * scipy_stats.norm.sf(4.0))


def test_equal_and_constant_differences_need_no_spread() -> None:
    nothing, always = paired_means(np.array([[0.0, 1.0]] * 12), seed=0)
    assert (nothing.value, nothing.low, nothing.high, nothing.p) == (0.0, 0.0, 0.0, 1.0)
    assert (always.value, always.low, always.high) == (1.0, 1.0, 1.0)
    assert always.p < 0.001
    with pytest.raises(ValueError, match="two sources"):
        paired_means(np.zeros((1, 1)), seed=0)


def test_holms_correction_is_that_of_the_worked_example() -> None:
    # Holm 1979: 4·0.005, 3·0.01, then never less than the one before.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []


def test_only_sure_wins_narrow_ranks() -> None:
    signed = {(0, 1): (-1.0, 1e-6), (0, 2): (-2.0, 1e-6), (1, 2): (-1.0, 0.3)}
    better = sure(signed)
    assert better == [(0, 1), (0, 2)]
    assert rank_intervals(3, better) == [(1, 1), (2, 3), (2, 3)]
    assert letters(3, groups(3, better)) == ["a", "b", "b"]


def test_a_model_between_two_may_be_like_both() -> None:
    found = groups(4, [(0, 2), (0, 3), (1, 3)])
    assert [{0, 1}, {1, 2}, {2, 3}] == [set(s) for s in found]
    assert letters(4, found) == ["a", "ab", "bc", "c"]
    assert groups(0, []) == []


def test_groups_are_the_cliques_of_what_cannot_be_told_apart() -> None:
    networkx = pytest.importorskip("networkx")
    rng = np.random.default_rng(7)
    for _ in range(20):
        every = list(itertools.combinations(range(8), 2))
        apart = [pair for pair in every if rng.random() < 0.4]
        graph = networkx.Graph([pair for pair in every if pair not in apart])
        graph.add_nodes_from(range(8))
        assert {frozenset(c) for c in networkx.find_cliques(graph)} == set(groups(8, apart))


def test_all_true_ranks_lie_in_their_intervals_together() -> None:
    rng, trials, wrong = np.random.default_rng(8), 1000, 0
    truth = np.array([0.0, 0.1, 0.1, 0.5, 0.5])
    for _ in range(trials):
        values = truth + 0.4 * rng.normal(size=(9, 5)) + rng.normal(size=(9, 1))
        pairs = list(itertools.combinations(range(5), 2))
        columns = np.stack([values[:, i] - values[:, j] for i, j in pairs], axis=1)
        found = dict(zip(pairs, paired_means(columns, 0), strict=True))
        ranks = rank_intervals(5, sure({p: (d.value, d.p) for p, d in found.items()}))
        least, most = (
            [int(np.sum(truth < t)) + 1 for t in truth],
            [int(np.sum(truth <= t)) for t in truth],
        )
        # Tied models may take any rank of their tie: an interval has to hold all of them.
        wrong += any(a > b or c < d for (a, c), b, d in zip(ranks, least, most, strict=True))
    assert wrong / trials < 0.05 + 3 * math.sqrt(0.05 * 0.95 / trials)


def test_very_many_models_are_ranked_by_whole_intervals() -> None:
    low, high = np.array([0.0, 1.0, 1.5, 9.0]), np.array([0.5, 2.0, 3.0, 9.5])
    assert by_intervals(low, high) == [(1, 1), (2, 3), (2, 3), (4, 4)]


def test_seeds_are_a_spread_of_their_own() -> None:
    found = across_seeds([61.0, 64.0, 68.0])
    expected = scipy_stats.t.interval(0.95, 2, 193 / 3, scipy_stats.sem([61.0, 64.0, 68.0]))
    assert expected == pytest.approx((found.low, found.high))
    difference = between_methods([1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 9.0])
    expected_p = scipy_stats.ttest_ind([1, 2, 3, 4], [5, 6, 7, 9], equal_var=False).pvalue
    assert expected_p <= difference.p < 1.5 * expected_p  # degrees are rounded down
    with pytest.raises(ValueError, match="two trainings"):
        across_seeds([1.0])


def test_the_front_is_what_nobody_beats_in_both() -> None:
    assert front([(1, 5), (2, 3), (2, 4), (3, 3), (4, 1), (1, 5)]) == [
        True,
        True,
        False,
        False,
        True,
        True,
    ]
