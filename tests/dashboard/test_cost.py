"""The front holds what nothing beats in both, and rank shares follow from how far models differ."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dashboard.charts.cost import Point, on_front
from dashboard.stability import rank_shares, shares_by_intervals, shares_by_pictures
from tests.dashboard.store import page, record, score


def test_the_front_holds_what_no_other_point_beats_in_both() -> None:
    places = [(3.0, 1.0), (1.0, 3.0), (2.0, 2.0), (2.5, 2.0), (3.0, 3.0), (1.0, 3.0)]
    points = [Point(model=str(k), x=x, y=y, half=0.1) for k, (x, y) in enumerate(places)]
    assert [p.model for p in on_front(points, (False, False))] == ["1", "5", "2", "0"]
    assert [p.model for p in on_front(points, (True, True))] == ["4"]
    assert on_front([], (False, True)) == []


def test_shares_of_ranks_are_counted_and_sum_to_one() -> None:
    draws = np.array([[1.0, 2.0, 3.0], [2.0, 1.0, 3.0], [1.0, 1.0, 3.0], [1.0, 3.0, 2.0]])
    expected = [[0.75, 0.25, 0.0], [0.5, 0.25, 0.25], [0.0, 0.25, 0.75]]
    assert np.array(expected) == pytest.approx(rank_shares(draws))


def test_paired_pictures_tell_apart_what_intervals_alone_cannot() -> None:
    generator = np.random.default_rng(1)
    hard = generator.normal(0.5, 0.2, size=60)
    first = {str(k): value + 0.01 for k, value in enumerate(hard)}
    second = {str(k): value for k, value in enumerate(hard)}
    count, shares = shares_by_pictures([first, second], higher=True)
    assert count == 60
    assert np.eye(2) == pytest.approx(shares)  # better on every picture: better in every draw
    half = 1.96 * hard.std() / 60**0.5
    apart = shares_by_intervals([hard.mean() + 0.01, hard.mean()], [half, half], higher=True)
    # Two independent normals: P(first better) = Phi(0.01 / (sd sqrt 2)).
    from statistics import NormalDist

    expected = NormalDist().cdf(0.01 / (2**0.5 * half / 1.96))
    assert expected == pytest.approx(apart[0, 0], abs=0.04)


def test_pictures_that_only_some_models_have_do_not_count() -> None:
    count, _ = shares_by_pictures([{"a": 1.0, "b": 2.0, "c": 9.0}, {"a": 1.5, "b": 2.5}], False)
    assert count == 2
    with pytest.raises(ValueError, match="1 pictures"):
        shares_by_pictures([{"a": 1.0, "b": 2.0}, {"a": 1.5}], False)
    with pytest.raises(ValueError, match="0 pictures"):
        shares_by_pictures([], False)


def test_the_page_says_in_words_what_the_figures_show(home: Path) -> None:
    higher = {"direction": "higher"}
    for name, kid, ssim, speed in (("slow", 0.01, 0.9, 1.0), ("fast", 0.02, 0.8, 50.0)):
        own = {f"{k}": ssim + 0.01 * k for k in range(5)}
        record(
            home,
            name,
            kid,
            own=own,
            metrics=(score("ssim", ssim, 0.01, **higher),),
            cost={"images_per_second": speed},
        )
    record(home, "free", 0.5, dataset="b-town", cost={"images_per_second": None})
    shown = page("cost")
    assert not shown.exception
    assert any("independent of each other" in caption.value for caption in shown.caption)
    paired = page("cost", metric="ssim")
    assert any("5 pictures drawn again" in caption.value for caption in paired.caption)
    lacking = page("cost", dataset="b-town")
    assert not lacking.exception
    assert any("No model has both" in info.value for info in lacking.info)


def test_models_that_cost_nothing_are_left_out_of_a_logarithm(home: Path) -> None:
    record(home, "identity", 0.5, cost={"parameters": 0})
    record(home, "net", 0.01)
    said = [caption.value for caption in page("cost", cost="parameters").caption]
    assert any("cost nothing are left out" in text for text in said)
    linear = page("cost", cost="parameters", scale="linear")
    assert not any("cost nothing" in caption.value for caption in linear.caption)


@pytest.mark.parametrize("query", [{"metric": "fid; DROP"}, {"cost": "<i>"}, {"sets": "nowhere"}])
def test_nonsense_gives_the_default(home: Path, query: dict[str, str]) -> None:
    record(home, "one", 0.01)
    record(home, "two", 0.02, dataset="b-town")
    shown = page("cost", **query)
    assert not shown.exception
    assert any("not known here" in info.value for info in shown.info)


def test_an_empty_store_names_the_command_that_fills_it(home: Path) -> None:
    assert "bench run --models" in page("cost").code[0].value
