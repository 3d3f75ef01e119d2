"""Five answers end in three candidates; a time is told only where something was measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.choosing import DATA, KINDS, WAYS, Answers, Score, candidates
from dashboard.estimating import Speed, bundled_speeds, estimate
from dashboard.load.zoo import Model, Stored, commercial
from tests.dashboard.catalogues import texts
from tests.dashboard.store import page, record
from zoo.card import Card, Weights
from zoo.recipe import Recipe

PAIRS, COLLECTIONS, NONE = DATA
AS_IS, TUNE, SCRATCH = WAYS


def _weights(name: str, target: str, licence: str = "MIT", closed: bool = False) -> Weights:
    return Weights(
        name=name,
        file=f"{name}.pth",
        sha256="",
        size=10,
        licence=licence,
        source="photo",
        target=target,
        architecture={"kind": "resnet", "options": {}},
        noncommercial=closed,
    )


def _model(
    name: str, task: str, *weights: Weights, method: str = "", licence: str = "MIT"
) -> Model:
    recipe = Recipe(method=method, generator="resnet") if method else None  # type: ignore[arg-type]
    card = Card(
        name=name,
        title=name,
        paper="",
        task=task,  # type: ignore[arg-type]
        licence=licence,
        code="",
        stride=4,
        summary="Does it.",
        weights=weights,
        recipe=recipe,
    )
    stored = tuple(Stored(weights=w, here=w.name == "here", bytes=0) for w in weights)
    return Model(card=card, stored=stored)


ZOO = (
    _model("anime", "unpaired", _weights("closed", "anime", "research only", closed=True)),
    _model("cycle", "unpaired", _weights("here", "illustration"), method="unpaired"),
    _model("pix", "paired", _weights("here", "illustration"), method="paired"),
    _model("paint", "style", _weights("far", "any style")),
    _model("same", "baseline"),
    _model("none", "unpaired", method="unpaired", licence="GPL-3.0"),
)


def _answers(**values: object) -> Answers:
    plain: dict[str, object] = {"kind": KINDS[0], "data": NONE, "gpu": False, "hours": 8.0}
    plain |= {"commercial": False, "way": AS_IS, "pictures": 100}
    return Answers(**(plain | values))  # type: ignore[arg-type]


def _names(**values: object) -> list[str]:
    return [one.model.card.name for one in candidates(_answers(**values), ZOO, {})]


def test_there_are_three_and_never_the_baseline() -> None:
    assert len(_names()) == 3
    for kind in KINDS:
        assert "same" not in _names(kind=kind)


def test_what_is_ruled_out_comes_last_and_says_why() -> None:
    found = candidates(_answers(commercial=True), ZOO, {})
    by_name = {one.model.card.name: one for one in candidates(_answers(commercial=True), ZOO, {})}
    assert not found[0].against
    assert "anime" not in by_name or by_name["anime"].against == ("licence: research only",)


def test_a_better_measured_model_comes_first() -> None:
    scores = {"pix": Score(told="best", rank=1), "cycle": Score(told="second", rank=2)}
    found = candidates(_answers(), ZOO, scores)
    assert [one.model.card.name for one in found][:2] == ["pix", "cycle"]
    assert "measured here: best" in found[0].reasons
    scores = {"pix": Score(told="second", rank=2), "cycle": Score(told="best", rank=1)}
    assert candidates(_answers(), ZOO, scores)[0].model.card.name == "cycle"


def test_pairs_bring_the_model_that_learns_from_them_to_the_top() -> None:
    assert _names(way=SCRATCH, data=PAIRS)[0] == "pix"
    without = candidates(_answers(way=SCRATCH, data=COLLECTIONS), ZOO, {})
    assert without[0].model.card.name == "cycle"
    told = {one.model.card.name: one.against for one in without}
    assert told.get("pix", ("training needs pairs",)) == ("training needs pairs",)


def test_weights_for_another_kind_of_pictures_are_said_to_be_so() -> None:
    photographs = candidates(_answers(kind=KINDS[2]), ZOO, {})
    told = [text for one in photographs for text in one.against]
    assert "its weights turn photo into illustration" in told
    assert not any(
        "its weights turn" in text for text in candidates(_answers(), ZOO, {})[0].against
    )


def test_of_many_weights_those_that_fit_are_named() -> None:
    zebra, label = _weights("far", "zebra"), _weights("here", "label map")
    model = _model("many", "unpaired", label, _weights("toon", "illustration"), zebra)
    for kind, name in ((KINDS[0], "toon"), (KINDS[2], "far")):
        found = candidates(_answers(kind=kind), [model], {})[0]
        assert found.stored is not None
        assert found.stored.weights.name == name
        assert f"zoo translate --model many.{name} PHOTOS OUT" in found.commands


def test_fine_tuning_is_said_to_be_missing() -> None:
    found = candidates(_answers(way=TUNE, data=COLLECTIONS), ZOO, {})
    assert all(one.against for one in found)


def test_one_picture_asks_for_a_style_model() -> None:
    assert _names(kind=KINDS[1]) == ["paint"]


@pytest.mark.parametrize(
    ("licence", "free"),
    [
        ("MIT", True),
        ("BSD-2-Clause", True),
        ("Apache-2.0", True),
        ("MIT (port); academic weights", False),
        ("AnimeGANv2 (non-commercial)", False),
        ("CC-BY-NC-4.0", False),
        ("GPL-3.0", False),
        ("", False),
    ],
)
def test_only_licences_that_surely_allow_it_are_commercial(licence: str, free: bool) -> None:
    assert free is commercial(licence)


SPEED = Speed(
    model="cycle",
    seconds_per_step=0.5,
    batch=4,
    crop=96,
    epochs=10,
    options={"width": 16},
    where="a test",
    low=0.25,
    high=1.0,
)


def test_the_time_is_steps_times_seconds_a_step() -> None:
    found = estimate("cycle", 101, 2.0, [SPEED])
    assert found is not None
    assert found.steps == 26 * 10  # 101 pictures are 26 batches of 4
    assert found.hours == pytest.approx(260 * 0.5 / 3600)
    assert found.low == pytest.approx(found.hours / 2)
    assert found.high == pytest.approx(found.hours * 2)
    assert found.epochs_in_time == pytest.approx(7200 / (26 * 0.5))


def test_what_was_not_measured_has_no_time() -> None:
    assert estimate("pix", 100, 8.0, [SPEED]) is None
    assert estimate("cycle", 100, 8.0, []) is None


def test_the_speeds_that_come_along_are_of_models_of_the_zoo() -> None:
    from zoo.registry import cards

    speeds = bundled_speeds()
    assert {s.model for s in speeds} <= set(cards())
    assert all(s.low is not None and s.high is not None for s in speeds)
    assert all(s.low <= s.seconds_per_step <= s.high for s in speeds)  # type: ignore[operator]


# --- the page


def test_the_page_ends_in_candidates_with_commands_that_exist(home: Path) -> None:
    record(home, "cyclegan.photo2toon", 0.01, dataset="photo2toon")
    made = page("choose", way=SCRATCH, data=COLLECTIONS)
    assert not made.exception
    told = texts(made)
    assert "1 · " in made.subheader[0].value
    assert "zoo train" in told
    assert "Measured\\: " not in told
    assert "s a step in" in told  # what a time stands on


@pytest.mark.parametrize("kind", [kind.name for kind in KINDS])
def test_every_kind_is_answered_for_every_way(home: Path, kind: str) -> None:
    for way in WAYS:
        made = page("choose", kind=kind, way=way, licence="commercial use")
        assert not made.exception
        assert len(made.subheader) <= 3
        assert made.subheader or made.info


def test_with_a_gpu_the_page_says_that_nothing_was_measured_on_one(home: Path) -> None:
    assert "Training time on a GPU: not measured" in texts(page("choose", way=SCRATCH, gpu="true"))


@pytest.mark.parametrize("name", ["kind", "way", "data", "hours", "pictures", "licence", "gpu"])
@pytest.mark.parametrize("value", ["<script>", "1e999", "NaN", ""])
def test_nonsense_in_the_address_leaves_the_defaults(home: Path, name: str, value: str) -> None:
    made = page("choose", **{name: value})
    assert not made.exception
    assert made.subheader
