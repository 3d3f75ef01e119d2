"""The estimate of what is left to keep holds the truth where counting decisions would mislead."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.random import Generator, default_rng

from survey.catalogue.events import Event
from survey.triage.queue import RANDOM
from survey.triage.unseen import FEWEST, Draw, Estimate, draws, estimate, interval, stamp

RUNS = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """One person's triage: the estimate, the truth, and what counting all decisions would say."""

    made: Estimate
    truth: int
    naive: float


def _triage(papers: int, keepers: int, steps: int, skill: float, chance: Generator) -> Simulated:
    """Decisions in the order of a model that tells keepers apart by `skill` deviations."""
    wanted = np.arange(papers) < keepers
    order = list(np.argsort(-(chance.normal(size=papers) + skill * wanted)))
    undecided = np.ones(papers, dtype=bool)
    made: list[Event] = []
    for step in range(steps):
        left = np.flatnonzero(undecided)
        value = ""
        if step % 10 in RANDOM:
            paper, value = int(chance.choice(left)), stamp(len(left), "all")
        else:
            while not undecided[order[0]]:
                order.pop(0)
            paper = int(order[0])
        undecided[paper] = False
        action = "keep" if wanted[paper] else "drop"
        made.append(Event(n=step + 1, at="", paper=str(paper), action=action, value=value))
    members = {str(paper) for paper in range(papers)}
    found = estimate(draws(made, {}, "all", members), int(undecided.sum()))
    assert found is not None
    share = sum(event.action == "keep" for event in made) / steps
    return Simulated(
        made=found, truth=int((wanted & undecided).sum()), naive=share * undecided.sum()
    )


@pytest.mark.parametrize(
    ("papers", "keepers", "steps", "skill"),
    [
        (2000, 100, 150, 0.0),  # a model that knows nothing
        (2000, 100, 150, 2.0),
        (2000, 10, 150, 2.0),  # few to find
        (20000, 600, 200, 1.5),
        (300, 60, 200, 1.0),  # most of it is decided
    ],
)
def test_its_interval_holds_the_truth_in_19_of_20_cases(
    papers: int, keepers: int, steps: int, skill: float
) -> None:
    chance = default_rng(papers + keepers)
    made = [_triage(papers, keepers, steps, skill, chance) for _ in range(RUNS)]
    held = [run.made.low <= run.truth <= run.made.high for run in made]
    assert np.mean(held) >= 0.95
    # And says something: it rules out that all of them are worth keeping.
    assert np.mean([run.made.high for run in made]) < 0.5 * papers


def test_its_middle_is_right_on_average_where_counting_decisions_is_wrong_by_far() -> None:
    chance = default_rng(7)
    made = [_triage(5000, 500, 200, 1.5, chance) for _ in range(RUNS)]
    truth = np.mean([run.truth for run in made])
    likely = np.array([run.made.likely for run in made])
    assert truth == pytest.approx(likely.mean(), abs=3 * likely.std() / RUNS**0.5)
    # Papers that a model chose are kept far more often than the rest.
    assert np.mean([run.naive for run in made]) > 3 * truth


def test_the_interval_narrows_with_draws() -> None:
    few = _triage(2000, 200, 100, 1.0, default_rng(1)).made
    many = _triage(2000, 200, 1500, 1.0, default_rng(1)).made
    assert (few.draws, many.draws) == (20, 300)
    assert (many.high - many.low) / many.undecided < (few.high - few.low) / few.undecided / 2


@pytest.mark.parametrize(("hits", "tries"), [(0, 1), (0, 30), (1, 30), (17, 40), (30, 30)])
def test_the_interval_is_that_of_clopper_and_pearson(hits: int, tries: int) -> None:
    from scipy.stats import binomtest

    expected = binomtest(hits, tries).proportion_ci(0.95, method="exact")
    assert (expected.low, expected.high) == pytest.approx(interval(hits, tries), abs=1e-9)


def _event(n: int, paper: str, action: str, value: str = "") -> Event:
    return Event(n=n, at="", paper=paper, action=action, value=value)


MEMBERS = frozenset("abcdefgh")


def test_too_few_draws_give_no_estimate() -> None:
    draw = Draw(population=100, kept=False, seen=1, found=0)
    assert estimate([draw] * (FEWEST - 1), 90) is None
    assert estimate([draw] * FEWEST, 90) is not None


def test_nothing_left_to_decide_leaves_nothing_to_find() -> None:
    made = [Draw(population=20 - i, kept=True, seen=20 - i, found=20 - i) for i in range(20)]
    found = estimate(made, 0)
    assert found is not None
    assert (found.likely, found.low, found.high) == (0, 0, 0)


def test_papers_found_after_a_draw_are_taken_off() -> None:
    made = [
        _event(1, "a", "keep", stamp(8, "all")),
        _event(2, "b", "keep"),
        _event(3, "c", "drop"),
        _event(4, "d", "keep", stamp(5, "all")),
    ]
    assert [
        Draw(population=8, kept=True, seen=4, found=3),
        Draw(population=5, kept=True, seen=1, found=1),
    ] == draws(made, {}, "all", MEMBERS)


def test_what_was_taken_back_set_aside_or_of_another_filter_is_no_draw() -> None:
    made = [
        _event(1, "a", "keep", stamp(8, "all")),
        _event(2, "a", "undo", "1"),
        _event(3, "b", "later", stamp(8, "all")),
        _event(4, "c", "drop", stamp(3, "0123abcd")),
        _event(5, "d", "keep"),
    ]
    assert draws(made, {}, "all", MEMBERS) == []
    # Decided after all, it counts; a change of mind counts as what it is now.
    made += [_event(6, "b", "keep"), _event(7, "b", "drop")]
    (draw,) = draws(made, {}, "all", MEMBERS)
    assert (draw.population, draw.kept) == (8, False)


def test_papers_of_other_filters_do_not_count_as_found() -> None:
    made = [_event(1, "a", "keep", stamp(8, "all")), _event(2, "x", "keep")]
    (draw,) = draws(made, {}, "all", MEMBERS)
    assert (draw.seen, draw.found) == (1, 1)


def test_a_paper_that_was_merged_since_is_the_same_draw() -> None:
    made = [_event(1, "s2:old", "keep", stamp(8, "all"))]
    assert len(draws(made, {"s2:old": "a"}, "all", MEMBERS)) == 1
