"""The leaderboard shows what records say, with empty, small, broken, failed and large stores."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.cli import SERVER
from tests.dashboard.store import page, record, score


def _models(shown: AppTest) -> list[str]:
    return [address.partition("#")[2] for address in shown.dataframe[0].value["model"]]


def test_an_empty_store_names_the_command_that_fills_it(home: Path) -> None:
    shown = page("leaderboard")
    assert not shown.exception
    assert shown.info[0].value.startswith("Nothing is measured yet")
    assert "bench run --models" in shown.code[0].value


def test_models_are_ranked_with_arrows_spreads_and_costs(home: Path) -> None:
    record(home, "worse", 0.05)
    record(home, "better", 0.01)
    shown = page("leaderboard")
    assert not shown.exception
    table = shown.dataframe[0].value
    assert _models(shown) == ["better", "worse"]
    assert list(table["rank"]) == [1, 2]
    assert pytest.approx(list(table["kid-texture ×10³ ↓"])) == [10.0, 50.0]
    assert pytest.approx(list(table["± kid-texture"])) == [1.0, 1.0]
    assert {49.55} == set(table["GMAC"])
    assert any("n = 12 against 11" in text.value for text in shown.text)


def test_models_that_cannot_be_told_apart_share_a_rank_and_a_letter(home: Path) -> None:
    record(home, "first", 0.010, half=0.004)
    record(home, "second", 0.011, half=0.004)
    record(home, "third", 0.9, half=0.004)
    table = page("leaderboard", columns="at worst").dataframe[0].value
    assert list(table["rank"]) == [1, 1, 3]
    assert list(table["at worst"]) == [2, 2, 3]
    first, second, third = table["group"]
    assert set(first) & set(second)
    assert not set(first) & set(third)


def test_an_address_gives_the_view_that_it_names(home: Path) -> None:
    record(home, "slow", 0.01, metrics=(score("ssim", 0.9, 0.01, direction="higher"),))
    record(home, "fast", 0.05, cost={"images_per_second": 90.0})
    shown = page("leaderboard", sort="img/s", metrics="kid-texture", columns="img/s")
    assert _models(shown) == ["fast", "slow"]
    columns = list(shown.dataframe[0].value.columns)
    assert columns[:5] == ["rank", "group", "model", "kid-texture ×10³ ↓", "img/s"]
    assert "ssim ↑" not in columns
    assert _models(page("leaderboard", sort="img/s", order="worst first")) == ["slow", "fast"]


def test_a_choice_gives_what_its_address_gives(home: Path) -> None:
    record(home, "b", 0.01)
    record(home, "a", 0.02)
    shown = page("leaderboard")
    assert _models(shown) == ["b", "a"]
    shown.selectbox(key="sort").select("model").run()
    assert ["a", "b"] == _models(shown) == _models(page("leaderboard", sort="model"))


@pytest.mark.parametrize(
    "query",
    [
        {"sort": "<script>alert(1)</script>"},
        {"dataset": "../../etc/passwd"},
        {"metrics": "' OR 1=1 --"},
        {"order": "\u0000", "pairs": "{{7*7}}", "weights": "maybe", "model": "%s%s"},
        {"unheard": "%zz"},
    ],
)
def test_nonsense_in_an_address_is_noted_and_the_default_shown(
    home: Path, query: dict[str, str]
) -> None:
    record(home, "worse", 0.05)
    record(home, "better", 0.01)
    shown = page("leaderboard", **query)
    assert not shown.exception
    assert any("not known here" in info.value for info in shown.info)
    assert not any(value in element.value for value in query.values() for element in shown.info)
    if "metrics" not in query:
        assert _models(shown) == ["better", "worse"]


def test_an_address_that_is_understood_is_not_noted(home: Path) -> None:
    record(home, "one", 0.01)
    assert not page("leaderboard", sort="rank", dataset="a-street", weights="false").info


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ({"task": "paired"}, ["pairs"]),
        ({"licence": "GPL-3.0"}, ["copyleft"]),
        ({"pairs": "needs none"}, ["cyclegan.photo2toon", "copyleft", "own"]),
        ({"weights": "true"}, ["cyclegan.photo2toon"]),
    ],
)
def test_filters_leave_what_they_name(home: Path, query: dict[str, str], left: list[str]) -> None:
    record(home, "cyclegan.photo2toon", 0.01)
    record(home, "pairs", 0.02, card={"task": "paired"})
    record(home, "copyleft", 0.03, card={"licence": "GPL-3.0"})
    record(home, "own", 0.04)
    assert left == _models(page("leaderboard", **query))


def test_no_model_left_by_the_filters_is_said(home: Path) -> None:
    record(home, "one", 0.01)
    shown = page("leaderboard", weights="true")
    assert [info.value for info in shown.info] == ["No model passes these filters."]


def test_rows_lead_to_model_paper_and_pictures(home: Path) -> None:
    record(home, "cyclegan@my net.pth", 0.01)
    row = page("leaderboard").dataframe[0].value.iloc[0]
    assert row["model"] == "/models?model=cyclegan#cyclegan@my net.pth"
    assert row["paper"] == "/paper?id=arxiv%3A1703.10593#1703.10593"
    assert "models=cyclegan%40my+net.pth" in row["pictures"]
    assert row["pictures"].startswith("/compare?dataset=a-street&direction=AtoB")


def test_questions_are_chosen_by_data_set_direction_and_protocol(home: Path) -> None:
    record(home, "a", 0.01)
    record(home, "b", 0.02, dataset="b-town", spec={"direction": "BtoA"})
    record(home, "c", 0.03, dataset="b-town", spec={"size": 64})
    assert _models(page("leaderboard", dataset="b-town", direction="BtoA")) == ["b"]
    shown = page("leaderboard", dataset="b-town", direction="AtoB")
    assert _models(shown) == ["c"]
    assert "64×64" in shown.selectbox(key="protocol").value


def test_reported_numbers_stand_beside_and_say_whose_they_are(home: Path) -> None:
    record(home, "cyclegan", 0.01, dataset="horse2zebra", metrics=(score("fid", 60.0, 2.0),))
    shown = page("leaderboard")
    beside = shown.dataframe[0].value["reported fid"].iloc[0]
    assert "66.8 (README of DCLGAN, table)" in beside
    elsewhere = shown.dataframe[1].value
    assert {"dclgan", "cut"} <= set(elsewhere["method"])
    assert any("decide no rank" in caption.value for caption in shown.caption)


def test_a_failed_model_is_shown_with_its_error_as_plain_text(home: Path) -> None:
    record(home, "good", 0.01)
    record(home, "bad", 0.01, status="error")
    shown = page("leaderboard")
    assert [error.value for error in shown.error] == ["A model failed"]
    assert any(text.value == "bad: OSError: <b>no</b> memory" for text in shown.text)


def test_only_failed_models_are_a_page_too(home: Path) -> None:
    record(home, "bad", 0.01, status="error")
    for name in ("leaderboard", "compare", "cost", "vote"):
        assert not page(name).exception


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"",
        b"[]",
        b"\xff\xfe\x00",
        json.dumps({"schema": 1, "id": "x", "status": "done", "spec": {}, "card": {}}).encode(),
        json.dumps({"schema": 999}).encode(),
    ],
)
def test_a_corrupt_record_is_named_and_breaks_no_page(home: Path, content: bytes) -> None:
    record(home, "good", 0.01)
    (home / "results" / "a-street" / "good" / "x.json").write_bytes(content)
    shown = page("leaderboard")
    assert not shown.exception
    assert _models(shown) == ["good"]
    assert "1 file left out" in shown.expander[0].label
    assert any(text.value.startswith("good/x.json: ") for text in shown.text)


def test_a_store_of_corrupt_records_alone_says_so(home: Path) -> None:
    (home / "results" / "a-street" / "m").mkdir(parents=True)
    (home / "results" / "a-street" / "m" / "x.json").write_text("{")
    for name in ("leaderboard", "compare", "cost", "vote"):
        shown = page(name)
        assert not shown.exception
        assert any("can be read" in info.value for info in shown.info)


def test_a_new_a_changed_and_a_removed_record_are_seen(home: Path) -> None:
    record(home, "first", 0.01)
    assert _models(page("leaderboard")) == ["first"]
    record(home, "second", 0.002)
    assert _models(page("leaderboard")) == ["second", "first"]
    record(home, "second", 0.0345)
    assert _models(page("leaderboard")) == ["first", "second"]
    shutil.rmtree(home / "results" / "a-street" / "first")
    assert _models(page("leaderboard")) == ["second"]


def test_a_model_in_an_address_that_is_gone_gives_another(home: Path) -> None:
    record(home, "here", 0.01)
    shown = page("leaderboard", model="gone")
    assert not shown.exception
    assert shown.selectbox(key="model").value == "here"


def test_pictures_that_are_elsewhere_name_the_command_that_makes_them(home: Path) -> None:
    record(home, "good", 0.01, dataset="photo2toon")
    shutil.rmtree(home / "runs")
    shown = page("leaderboard")
    command = "bench run --models good --dataset photo2toon --metrics kid-texture"
    assert any(code.value.startswith(command) for code in shown.code)


def test_a_hundred_models_fill_every_page(home: Path) -> None:
    for k in range(100):
        own = {"p": 0.5, "q": 0.001 * k} if k < 3 else {}
        record(home, f"m{k:02}", 0.001 * (k + 1), own=own)
    shown = page("leaderboard")
    assert len(shown.dataframe[0].value) == 100
    for name in ("compare", "cost", "vote"):
        shown = page(name)
        assert not shown.exception
        assert not shown.info or name == "vote"


def test_names_in_records_are_never_markdown(home: Path) -> None:
    evil = "![x](http://127.0.0.1:9/x.png)"
    for k in range(2):
        own = (score(f"m{evil}", 0.5, 0.1, direction=evil),)
        record(home, f"{evil}{k}", 0.01, metrics=own, card={"licence": evil, "task": evil})
    for name in ("leaderboard", "compare", "cost", "vote"):
        shown = page(name, metric=f"m{evil}", sort=f"m{evil}")
        assert not shown.exception
        words = (*shown.caption, *shown.markdown, *shown.info, *shown.header, *shown.error)
        assert not any("![" in element.value for element in words)


def test_the_page_is_offered_first_and_the_others_by_their_addresses(home: Path) -> None:
    record(home, "one", 0.01)
    shown = AppTest.from_file(str(SERVER.with_name("app.py")), default_timeout=60).run()
    assert not shown.exception
    assert [title.value for title in shown.title] == ["Leaderboard"]


def _narrow(shown: AppTest) -> list[list[str]]:
    """The cells of the table for phones, its titles first, as they are read."""
    lines = next(m.value for m in shown.markdown if m.value.startswith("|")).splitlines()
    cut = [re.split(r"(?<!\\)\|", line)[1:-1] for line in lines if "---" not in line]
    return [[re.sub(r"\\(.)", r"\1", cell.strip()) for cell in line] for line in cut]


def test_a_phone_has_rank_model_the_score_with_its_interval_and_n(home: Path) -> None:
    ssim = (score("ssim", 0.9, 0.01, direction="higher"),)
    record(home, "first", 0.010, half=0.004, metrics=ssim)
    record(home, "a|b", 0.011, half=0.004)
    record(home, "third", 0.9, half=0.004)
    titles, first, second, third = _narrow(page("leaderboard"))
    assert titles == ["rank", "model", "kid-texture ×10³ ↓", "n"]
    assert first == ["1–2 a", "[first](/models?model=first)", "10.00 ±4.00", "12"]
    assert second[:2] == ["1–2 a", "[a|b](/models?model=a%7Cb)"]
    assert third == ["3 b", "[third](/models?model=third)", "900.0 ±4.0", "12"]
    by_other = _narrow(page("leaderboard", sort="ssim"))
    assert [row[2:] for row in by_other[:3]] == [["ssim ↑", "n"], ["0.900 ±0.010", "12"], ["", ""]]
    by_cost = _narrow(page("leaderboard", sort="img/s"))
    assert [row[-1] for row in by_cost] == ["img/s", "2", "2", "2"]


def test_a_phone_says_how_many_models_it_leaves_out(home: Path) -> None:
    for k in range(30):
        record(home, f"model-{k:02}", 0.01 * (k + 1), own={})
    shown = page("leaderboard")
    assert len(_narrow(shown)) == 1 + 25
    assert "The first 25 of 30." in {caption.value for caption in shown.caption}
