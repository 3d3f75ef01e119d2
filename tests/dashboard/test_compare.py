"""Pictures are joined by their ids, ordered by what was asked, and missing ones are said."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from dashboard.load.shots import Shot
from dashboard.order import ordered
from tests.dashboard.store import page, record, score

HIGHER = {"ssim": True, "lpips": False}


def _two(home: Path) -> None:
    metrics = (score("ssim", 0.5, 0.1, direction="higher"),)
    record(home, "alpha", 0.01, own={"p": 0.9, "q": 0.2, "r": 0.5}, metrics=metrics)
    record(home, "beta", 0.02, own={"p": 0.8, "q": 0.6, "r": 0.5}, metrics=metrics)


def test_an_empty_store_names_the_command_that_fills_it(home: Path) -> None:
    shown = page("compare")
    assert not shown.exception
    assert "bench run --models" in shown.code[0].value


def test_pictures_are_in_the_order_that_the_address_names(home: Path) -> None:
    _two(home)
    picture = {"key": "picture"}
    assert page("compare").selectbox(**picture).options == ["p", "q", "r"]
    worst = page("compare", order="worst first", by="ssim")
    assert worst.selectbox(**picture).options == ["q", "r", "p"]
    assert page("compare", order="best first").selectbox(**picture).options == ["p", "r", "q"]
    of_beta = page("compare", order="worst first", of="beta").selectbox(**picture)
    assert of_beta.options == ["r", "q", "p"]
    apart = page("compare", order="models disagree most").selectbox(**picture)
    assert apart.options == ["q", "p", "r"]


def test_an_address_names_a_picture_and_a_view(home: Path) -> None:
    _two(home)
    shown = page("compare", picture="r", mode="wipe", left="alpha", right="beta", models="alpha")
    assert not shown.exception
    assert shown.selectbox(key="picture").value == "r"
    assert shown.multiselect(key="models").value == ["alpha"]
    assert shown.selectbox(key="left").value == "alpha"
    assert shown.selectbox(key="right").value == "source" or shown.info  # beta is not shown


def test_nonsense_gives_the_default_and_a_note(home: Path) -> None:
    _two(home)
    shown = page("compare", picture="../../x", mode="<b>", models="nobody", order="drop table")
    assert not shown.exception
    assert any("not known here" in info.value for info in shown.info)


def test_models_without_pictures_here_name_the_command(home: Path) -> None:
    _two(home)
    shutil.rmtree(home / "runs")
    shown = page("compare")
    assert not shown.exception
    assert any("bench run --models alpha,beta" in code.value for code in shown.code)


def test_a_missing_output_leaves_the_others(home: Path) -> None:
    _two(home)
    (home / "runs" / "beta" / "images" / "q.png").unlink()
    shown = page("compare", picture="q")
    assert not shown.exception
    assert shown.selectbox(key="picture").options == ["p", "q", "r"]


def _add_pictures(home: Path, model: str, *rows: object) -> None:
    (file,) = (home / "results" / "a-street" / model).glob("*.json")
    content = json.loads(file.read_text())
    content["pictures"] += rows
    content.pop("seal", None)
    file.write_text(json.dumps(content))


def test_records_that_say_odd_things_of_pictures_break_nothing(home: Path) -> None:
    record(home, "alpha", 0.01, own={"p": 0.9})
    outside = {"id": "<img onerror=alert(1)>", "source": "/etc/passwd"}
    _add_pictures(home, "alpha", outside, {"id": "nul", "output": None, "target": "\0"})
    for name in ("compare", "cost", "vote", "leaderboard"):
        assert not page(name).exception
    assert page("compare").selectbox(key="picture").options == ["p"]


@pytest.mark.parametrize("odd", [{}, {"id": 7}, {"id": "a", "source": 3}, {"id": "a", "scores": 1}])
def test_a_record_whose_pictures_are_none_is_left_out_alone(home: Path, odd: object) -> None:
    record(home, "alpha", 0.01, own={"p": 0.9})
    record(home, "beta", 0.02, own={"p": 0.8})
    _add_pictures(home, "beta", odd)
    for name in ("compare", "cost", "vote", "leaderboard"):
        assert not page(name).exception
    assert page("compare").multiselect(key="models").options == ["alpha"]


def test_without_a_score_the_last_place() -> None:
    shots = [
        Shot("none", "x"),
        Shot("low", "x", scores={"a": {"lpips": 0.1}}),
        Shot("high", "x", scores={"a": {"lpips": 0.7}, "b": {"lpips": 0.9}}),
    ]

    def names(order: str) -> list[str]:
        return [shot.id for shot in ordered(shots, order, "lpips", None, HIGHER)]

    assert names("worst first") == ["high", "low", "none"]
    assert names("best first") == ["low", "high", "none"]
    assert names("as listed") == ["none", "low", "high"]


@pytest.mark.parametrize("count", [1, 25])
def test_a_page_of_the_gallery_has_two_dozen(home: Path, count: int) -> None:
    record(home, "alpha", 0.01, own={f"{k:02}": 0.5 for k in range(count)})
    shown = page("compare")
    assert not shown.exception
    assert count == len(shown.selectbox(key="picture").options)
