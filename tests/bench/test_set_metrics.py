"""Metrics of sets equal other implementations, or what a small case gives by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch_fidelity.metric_prc import prc_features_to_metric

from bench.metrics import artfid, cmmd, copies, fid, fid_inf, kid, prc, segmentation
from bench.metrics.frechet import frechet_distance
from bench.metrics.registry import MetricCard, metric_cards
from data.errors import AtlasError

Floats = NDArray[np.float64]


def _features(n: int, d: int, seed: int, shift: float = 0.0) -> Floats:
    made = np.random.default_rng(seed).standard_normal((n, d)) + shift
    return made.astype(np.float32).astype(np.float64)


@pytest.mark.parametrize(("n", "m", "d"), [(60, 50, 4), (40, 90, 16)])
def test_precision_and_recall_equal_torch_fidelity(n: int, m: int, d: int) -> None:
    x, y = _features(n, d, 1), _features(m, d, 2, shift=0.6)
    theirs = prc_features_to_metric(
        torch.from_numpy(x), torch.from_numpy(y), prc_neighborhood=3, verbose=False
    )
    found = prc.precision_recall(x, y)
    assert theirs["precision"] == pytest.approx(found[0], abs=1e-6)
    assert theirs["recall"] == pytest.approx(found[1], abs=1e-6)
    assert theirs["f_score"] == pytest.approx(found[2], abs=1e-6)
    assert 0.1 < found[0] < 1.0


def test_precision_recall_and_their_score_are_three_columns_of_one_thing() -> None:
    x, y = _features(40, 4, 1), _features(30, 4, 2, shift=0.6)
    one, two, three = (card.compute(x, y, 0) for card in (prc.PRECISION, prc.RECALL, prc.CARD))
    for score in (one, two, three):
        assert one.value == score.extra["precision"]
        assert two.value == score.extra["recall"]
        assert three.value == score.extra["f_score"]
        assert score.low < score.value < score.high


def test_a_set_far_away_has_neither_precision_nor_recall() -> None:
    x, y = _features(12, 3, 1), _features(12, 3, 2, shift=100.0)
    assert prc.precision_recall(x, y) == (0.0, 0.0, 0.0)
    assert prc.precision_recall(x, x)[:2] == (1.0, 1.0)


def test_cmmd_is_a_thousand_times_the_discrepancy_of_clips_code() -> None:
    x = _features(20, 8, 1)
    y = _features(15, 8, 2, shift=0.5)
    x, y = (part / np.linalg.norm(part, axis=1, keepdims=True) for part in (x, y))

    def mean_kernel(a: Floats, b: Floats) -> float:
        return float(np.mean([math.exp(-np.sum((p - q) ** 2) / 200.0) for p in a for q in b]))

    expected = 1000 * (mean_kernel(x, x) + mean_kernel(y, y) - 2 * mean_kernel(x, y))
    score = cmmd.CARD.compute(x, y, 0)
    assert expected == pytest.approx(score.extra["biased"], rel=1e-6)
    assert score.value < score.extra["biased"]
    assert score.low < score.value < score.high


def test_fid_inf_takes_the_bias_of_few_pictures_away() -> None:
    x, y = _features(600, 8, 1), _features(600, 8, 2)
    whole = fid.CARD.compute(x, y, 0).value
    score = fid_inf.CARD.compute(x, y, 0)
    # Both sets are drawn from one distribution: the truth is 0, and FID is above it.
    assert abs(score.value) < whole / 2
    assert score.low < 0 < score.high
    assert score.warnings == ()


def test_fid_inf_of_a_bias_in_one_over_n_is_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fid_inf, "frechet_distance", lambda x, y: 7.0 + 30.0 / len(x))
    assert fid_inf.extrapolated(np.zeros((100, 2)), np.zeros((100, 2))) == pytest.approx(7.0)


def test_fid_inf_of_few_pictures_says_that_its_line_does_not_hold() -> None:
    score = fid_inf.CARD.compute(_features(20, 16, 1), _features(20, 16, 2), 0)
    assert "keeps bias" in score.warnings[0]


def test_artfid_is_the_product_of_its_two_factors() -> None:
    x, y = _features(30, 6, 1), _features(25, 6, 2, shift=0.5)
    content = np.random.default_rng(0).uniform(0.2, 0.6, 30)
    score = artfid.CARD.compute(x, y, content, 0)
    expected = (1 + content.mean()) * (1 + frechet_distance(x, y))
    assert expected == pytest.approx(score.value)
    assert score.low < score.value < score.high


def test_copies_are_found_and_the_rest_is_not() -> None:
    training = _features(50, 6, 1)
    outputs = np.vstack([training[:3] + 1e-4, training[7], _features(6, 6, 2, shift=20.0)])
    rows, ratio = copies.nearest(outputs, training)
    assert rows[:4].tolist() == [0, 1, 2, 7]
    assert ratio[3] == 0
    assert ratio[:3].max() < 0.01
    assert ratio[4:].min() > 1
    score = copies.CARD.compute(outputs, training, 0)
    assert score.value == pytest.approx(0.4)
    assert (score.extra["copies"], score.n, score.n_reference) == (4, 10, 50)


def test_a_picture_that_training_has_twice_is_copied_only_by_itself() -> None:
    training = np.array([[0.0, 0.0], [0.0, 0.0], [5.0, 5.0]])
    rows, ratio = copies.nearest(np.array([[0.0, 0.0], [0.5, 0.0]]), training)
    assert ratio[0] == 0
    assert ratio[1] == np.inf
    assert set(rows.tolist()) <= {0, 1}


def test_the_nearest_of_many_is_that_of_all_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copies, "BLOCK", 4)
    outputs, training = _features(11, 5, 1), _features(20, 5, 2)
    rows, ratio = copies.nearest(outputs, training)
    for i, output in enumerate(outputs):
        apart = np.linalg.norm(training - output, axis=1)
        own = np.linalg.norm(training - training[apart.argmin()], axis=1)
        assert apart.argmin() == rows[i]
        assert apart.min() / np.sort(own)[1] == pytest.approx(ratio[i])


def test_segmentation_scores_are_their_definitions() -> None:
    # Rows are true classes; the third never occurs, yet one pixel is taken for it.
    first = np.array([[6.0, 2.0, 0.0], [1.0, 3.0, 1.0], [0.0, 0.0, 0.0]])
    assert segmentation.pixel_accuracy(first) == pytest.approx(9 / 13)
    assert segmentation.class_accuracy(first) == pytest.approx((6 / 8 + 3 / 5) / 2)
    assert segmentation.mean_iou(first) == pytest.approx((6 / 9 + 3 / 7 + 0) / 3)


def test_segmentation_scores_are_of_all_pixels_together() -> None:
    good, bad = np.diag([90.0, 10.0]), np.array([[0.0, 1.0], [1.0, 0.0]])
    score = segmentation.PIXEL.compute(np.stack([good, bad, good]), 0)
    assert score.value == pytest.approx(200 / 202)
    assert score.n == 3
    assert score.low < score.value


SETS = [card for card in metric_cards().values() if card.needs == "features"]


@pytest.mark.parametrize("card", SETS, ids=lambda card: card.name)
@pytest.mark.parametrize("n", [1, 2, 7])
def test_few_pictures_give_a_score_or_a_reason(card: MetricCard, n: int) -> None:
    x, y = _features(n, 20, 1), _features(n, 20, 2)
    try:
        score = card.compute(x, y, 0)
    except AtlasError as problem:
        assert f"{card.name} " in problem.message  # noqa: PT017
        assert "at least" in problem.message  # noqa: PT017
    else:
        assert score.low <= score.value <= score.high
        assert score.n == n


@pytest.mark.parametrize("card", SETS, ids=lambda card: card.name)
def test_constant_outputs_give_a_finite_score(card: MetricCard) -> None:
    same, other = np.full((12, 20), 0.25), _features(12, 20, 2)
    score = card.compute(same, other, 0)
    assert math.isfinite(score.value)


@pytest.mark.parametrize("card", SETS, ids=lambda card: card.name)
def test_duplicated_pictures_give_a_finite_score(card: MetricCard) -> None:
    twice = np.repeat(_features(6, 20, 1), 2, axis=0)
    assert math.isfinite(card.compute(twice, twice, 0).value)


@pytest.mark.parametrize("card", [fid.CARD, kid.CARD, prc.CARD], ids=lambda card: card.name)
def test_the_order_of_rows_changes_no_value(card: MetricCard) -> None:
    x, y = _features(40, 12, 1), _features(30, 12, 2, shift=0.3)
    order = np.random.default_rng(0).permutation(40)
    expected = card.compute(x, y, 0).value
    assert expected == pytest.approx(card.compute(x[order], y, 0).value, rel=1e-9)


def test_every_card_says_what_it_is() -> None:
    for card in metric_cards().values():
        assert card.title
        assert card.reference
        assert card.version >= 1
        assert card.direction in ("lower", "higher")
        if card.needs in ("features", "both"):
            assert card.extractor
            assert card.layer
        assert card.pair is not None or card.extractors
