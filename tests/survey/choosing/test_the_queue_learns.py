"""The queue follows the profile first, then the decisions, and always explores a little."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from data.errors import AtlasError
from survey.catalogue.catalogue import set_meta
from survey.catalogue.papers import Filter
from survey.catalogue.papers import papers as every
from survey.paper import Paper
from survey.standing import Standing
from survey.triage import words
from survey.triage.learner import Learner, text_of, weigh
from survey.triage.queue import Queue, scope_of
from survey.triage.words import words_of

ABOUT = ["anime faces drawn by hand", "road scenes at night", "medical scans of the brain"]
FILLER = ["network", "image", "loss", "training", "translation", "method", "quality", "model"]


def _paper(number: int, subject: int, chance: np.random.Generator, status: str = "new") -> Paper:
    words = " ".join(chance.choice(FILLER, 12))
    return Paper(
        id=f"arxiv:2001.{number:05d}",
        title=f"Paper {number}",
        abstract=f"{words} {ABOUT[subject]}",
        status=status,
    )


def _queue(papers: Sequence[Paper], **options: Any) -> Queue:
    among = Standing(
        terms=("code",),
        ids=tuple(paper.id for paper in papers),
        points=900 - np.arange(len(papers), dtype=np.int16)[:, None],
        means=np.zeros((1, 2)),
    )
    known = {paper.id: paper for paper in papers}
    decided = {paper.id: paper.status for paper in papers}
    options = {"passing": set(known), **options}
    queue = Queue(among, "side-project", read=known.__getitem__, decided=decided, **options)
    queue.learner = Learner(weigh([text_of(paper) for paper in papers]))
    return queue


@pytest.fixture
def papers() -> list[Paper]:
    """Every tenth is about anime, from the end of the profile's order on."""
    chance = np.random.default_rng(3)
    return [_paper(i, 0 if i % 10 == 9 else 1 + i % 2, chance) for i in range(400)]


def _wanted(paper: Paper) -> bool:
    return "anime" in paper.abstract


def test_before_both_classes_exist_papers_come_by_score(papers: list[Paper]) -> None:
    queue = _queue(papers)
    shown = []
    for _ in range(5):
        pick = queue.pick()
        assert pick is not None
        assert (pick.kind, pick.stamp) == ("profile", "")
        shown.append(pick.paper.id)
        queue.decide(pick.paper.id, "dropped")
    assert [paper.id for paper in papers[:5]] == shown


def test_after_one_of_each_it_finds_more_of_what_is_kept(papers: list[Paper]) -> None:
    queue = _queue(papers)
    found = 0
    for _ in range(60):
        pick = queue.pick()
        assert pick is not None
        found += _wanted(pick.paper)
        queue.decide(pick.paper.id, "kept" if _wanted(pick.paper) else "dropped")
    # By score alone it would be 6.
    assert found >= 25


def test_it_says_which_words_made_a_paper_next(papers: list[Paper]) -> None:
    queue = _queue(papers)
    for paper in papers[:20]:
        queue.decide(paper.id, "kept" if _wanted(paper) else "dropped")
    while (pick := queue.pick()) is not None and pick.kind != "best":
        queue.decide(pick.paper.id, "kept" if _wanted(pick.paper) else "dropped")
    assert pick is not None
    assert _wanted(pick.paper)
    assert "anime" in pick.why


def test_two_of_ten_are_random_draws_and_one_is_what_it_is_least_sure_of(
    papers: list[Paper],
) -> None:
    queue = _queue(papers)
    kinds: Counter[str] = Counter()
    for _ in range(60):
        pick = queue.pick()
        assert pick is not None
        assert (pick.kind == "random") == bool(pick.stamp)
        kinds[pick.kind] += 1
        queue.decide(pick.paper.id, "kept" if _wanted(pick.paper) else "dropped")
    # The first ten come by score: none of them is to be kept.
    assert kinds == {"profile": 10, "random": 10, "unsure": 5, "best": 35}


def test_random_draws_are_spread_evenly_and_count_the_undecided(papers: list[Paper]) -> None:
    drawn: list[int] = []
    queue = _queue(papers[:100])
    for start in range(300):
        pick = queue._at_random(np.arange(start % 50, 100), start)
        assert f"random 1/{100 - start % 50} all" == pick.stamp
        drawn.append((pick.row - start % 50) * 4 // (100 - start % 50))
    counts = Counter(drawn)
    # 75 expected in each quarter; five deviations either way.
    assert all(38 <= counts[quarter] <= 112 for quarter in range(4))


def test_a_paper_stays_next_until_something_is_decided(papers: list[Paper]) -> None:
    queue = _queue(papers)
    for paper in papers[:14]:  # the next one is drawn at random
        queue.decide(paper.id, "kept" if _wanted(paper) else "dropped")
    again = _queue(papers)
    for paper in papers[:14]:
        again.decide(paper.id, "kept" if _wanted(paper) else "dropped")
    first = queue.pick()
    assert first is not None
    assert first.kind == "random"
    assert first == queue.pick() == again.pick()


def test_nothing_is_shown_twice_and_the_end_is_none(papers: list[Paper]) -> None:
    queue = _queue(papers[:60])
    shown = []
    while (pick := queue.pick()) is not None:
        shown.append(pick.paper.id)
        queue.decide(pick.paper.id, ["kept", "dropped", "later"][len(shown) % 3])
    assert sorted(paper.id for paper in papers[:60]) == sorted(shown)
    assert (queue.left, queue.count("later")) == (0, 20)


def test_decisions_outside_a_filter_teach_but_are_not_shown(papers: list[Paper]) -> None:
    inside = frozenset(paper.id for paper in papers[200:])
    queue = _queue(papers, passing=inside, scope="0123abcd")
    for paper in papers[:20]:
        queue.decide(paper.id, "kept" if _wanted(paper) else "dropped")
    assert queue.left == 200
    for _ in range(15):
        pick = queue.pick()
        assert pick is not None
        assert pick.paper.id in inside
        assert pick.kind == "random" or _wanted(pick.paper) or pick.kind == "unsure"
        queue.decide(pick.paper.id, "kept")


def test_those_set_aside_come_again_when_asked_for() -> None:
    chance = np.random.default_rng(5)
    papers = [_paper(i, i % 3, chance, status) for i, status in enumerate(["later", "new"] * 3)]
    queue = _queue(papers, status=("later",))
    shown = []
    while (pick := queue.pick()) is not None:
        shown.append(pick.paper.status)
        queue.decide(pick.paper.id, "later")
    assert shown == ["later"] * 3


def test_a_decision_taken_back_reopens_the_paper(papers: list[Paper]) -> None:
    queue = _queue(papers[:2])
    first = queue.pick()
    assert first is not None
    queue.decide(first.paper.id, "kept")
    queue.reopen(first.paper.id, "new")
    assert (first, 2, 0) == (queue.pick(), queue.left, queue.count("kept"))


def test_without_any_word_papers_still_come_by_score() -> None:
    papers = [Paper(id=f"arxiv:2001.0000{i}") for i in range(4)]
    queue = _queue(papers)
    queue.decide(papers[0].id, "kept")
    queue.decide(papers[1].id, "dropped")
    pick = queue.pick()
    assert pick is not None
    assert (papers[2].id, "profile") == (pick.paper.id, pick.kind)


def test_decided_papers_without_words_teach_nothing_and_stop_nothing() -> None:
    chance = np.random.default_rng(5)
    bare = [Paper(id="arxiv:2001.90000"), Paper(id="arxiv:2001.90001")]
    queue = _queue([*bare, *(_paper(i, i % 3, chance) for i in range(5))])
    queue.decide(bare[0].id, "kept")
    queue.decide(bare[1].id, "dropped")
    pick = queue.pick()
    assert pick is not None
    assert pick.kind == "best"
    assert pick.paper.id == "arxiv:2001.00000"


def test_without_scikit_learn_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "sklearn.feature_extraction.text", None)
    with pytest.raises(AtlasError) as problem:
        weigh(["a text"])
    assert problem.value.hint == "pip install 'i2i-atlas[survey]'"


def test_a_filter_has_the_same_name_whatever_was_decided() -> None:
    assert "all" == scope_of(Filter()) == scope_of(Filter(status=("new",)))
    some = scope_of(Filter(topics=("unpaired",)))
    assert some == scope_of(Filter(topics=("unpaired",), status=("later",)))
    assert some != scope_of(Filter(topics=("paired",)))


def _seen(shelf: Any) -> Any:
    with shelf.catalogue.read() as connection:
        found = list(every(connection))
    weighed = [words_of(shelf.catalogue, [p.id for p in some]) for some in (found, found[::-1])]
    return [each.matrix.toarray()[each.rows] for each in weighed]


def test_words_that_were_weighed_once_are_kept_for_the_next_sitting(
    shelf: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n, title in enumerate(["Horses into zebras", "Zebras of glass", "Maps of glass"]):
        shelf.put(f"2001.0000{n}", title)
    monkeypatch.setattr(words, "MANY", 1)
    weighed: list[int] = []
    real = words.weigh
    monkeypatch.setattr(words, "weigh", lambda texts: weighed.append(len(texts)) or real(texts))
    forth, back = _seen(shelf)
    assert weighed == [3]
    assert (forth == back[::-1]).all()
    assert (forth.sum(axis=1) > 0).all()
    # Another paper, a damaged file: the words are read again.
    shelf.put("2001.00009", "Horses of glass")
    assert [len(rows) for rows in _seen(shelf)] == [4, 4]
    assert weighed == [3, 4]
    file = shelf.home.root / "triage" / words.NAME
    file.write_bytes(file.read_bytes()[:200])
    assert (_seen(shelf)[0] == _seen(shelf)[1][::-1]).all()
    assert weighed == [3, 4, 4]
    with shelf.catalogue.write() as connection:
        set_meta(connection, "derived", "of other records")
    _seen(shelf)
    assert weighed == [3, 4, 4, 4]
