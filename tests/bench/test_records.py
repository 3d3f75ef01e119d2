"""Records are whole or absent; leaderboards never mix what cannot be compared."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.compare.kept import Kept
from bench.leaderboard import footer, headers, line, markdown, tables
from bench.records import Record, find, identity, read, read_all, record_id, write
from bench.store.verify import verify
from data.errors import AtlasError, UsageProblem
from data.paths import Home


def _score(metric: str, value: float, half: float = 0.1, **more: Any) -> dict[str, Any]:
    return {
        "metric": metric,
        "value": value,
        "low": value - half,
        "high": value + half,
        "n": 40,
        "n_reference": 50,
        "spread": "jackknife, 95 %",
        "unit": "",
        "direction": "lower",
        "version": 1,
        "extractor": "inception/1",
        "extractor_sha256": "aa" * 32,
        "comparable": True,
        "resize": "299",
        **more,
    }


def _record(model: str, *scores: dict[str, Any], id_: str = "", **spec: Any) -> Record:
    asked = {
        "model": model,
        "weights_sha256": "ff",
        "dataset": "facades",
        "split": "test",
        "direction": "AtoB",
        "size": None,
        "limit": None,
        "precision": "auto",
        "dataset_digest": "d1",
        "reference_digest": "r1",
        "pairs_digest": None,
        **spec,
    }
    return Record(
        id=id_ or record_id({"m": model, **spec, "s": [s["metric"] for s in scores]}),
        status="done",
        spec=asked,
        card={"paper": "1703.10593"},
        scores=scores,
        cost={"images_per_second": 3.14, "parameters": 7},
        finished="2026-11-23T10:00:00+00:00",
    )


def test_an_id_is_the_hash_of_the_question_in_any_order() -> None:
    assert record_id({"a": 1, "b": [2]}) == record_id({"b": [2], "a": 1})
    assert record_id({"a": 1}) != record_id({"a": 2})


def test_what_a_file_is_called_decides_no_id() -> None:
    names = ("cyclegan", "cyclegan.horse2zebra", "cyclegan@net.pth", "cyclegan@a.pth:style=b.png")
    assert len({identity({"model": n, "dataset": n, "weights_sha256": "f"}) for n in names}) == 1
    assert identity({"model": "cut"}) != identity({"model": "cyclegan"})


def test_a_record_comes_back_as_it_was_written(tmp_path: Path) -> None:
    record = _record("cyclegan@latest net/G.pth", _score("kid", 1.0))
    path = write(tmp_path, record)
    assert str(path.parent.relative_to(tmp_path)) == "facades/cyclegan-latest-net-G.pth"
    assert record == read(path)
    assert [record] == read_all([tmp_path], "facades")
    assert read_all([tmp_path], "maps") == []


def test_nan_never_enters_a_record(tmp_path: Path) -> None:
    record = replace(_record("x"), cost={"seconds": float("nan")})
    with pytest.raises(ValueError, match="JSON"):
        write(tmp_path, record)
    assert not list(tmp_path.rglob("*.json"))


@pytest.mark.parametrize("content", ["", "{", "[]", '{"schema": 99}', '{"schema": 1, "id": "x"}'])
def test_broken_files_are_warned_of_and_passed_over(
    tmp_path: Path, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, _record("good"))
    bad = tmp_path / "facades" / "bad" / "x.json"
    bad.parent.mkdir(parents=True)
    bad.write_text(content)
    assert [r.model for r in read_all([tmp_path])] == ["good"]
    assert "bad/x.json" in capsys.readouterr().err
    with pytest.raises(AtlasError):
        read(bad)


def test_the_beginning_of_an_id_is_enough(tmp_path: Path) -> None:
    write(tmp_path, _record("a", id_="abc1"))
    write(tmp_path, _record("b", id_="abd2"))
    assert find([tmp_path], "abc").model == "a"
    with pytest.raises(UsageProblem, match="2 records have"):
        find([tmp_path], "ab")
    with pytest.raises(UsageProblem, match="no record has"):
        find([tmp_path], "x")


def test_a_later_folder_wins(tmp_path: Path) -> None:
    write(tmp_path / "1", _record("a", id_="x"))
    write(tmp_path / "2", _record("b", id_="x"))
    assert [r.model for r in read_all([tmp_path / "1", tmp_path / "2"])] == ["b"]


def test_other_pictures_are_another_table() -> None:
    records = [_record("a", _score("kid", 1)), _record("b", _score("kid", 2), dataset_digest="d2")]
    assert [[row.model for row in table.rows] for table in tables(records)] == [["a"], ["b"]]


@pytest.mark.parametrize("change", [{"extractor_sha256": "bb"}, {"version": 2}, {"resize": "x"}])
def test_another_extractor_version_or_policy_is_another_column(change: dict[str, Any]) -> None:
    (table,) = tables([_record("a", _score("kid", 1)), _record("b", _score("kid", 2, **change))])
    assert len(table.columns) == 2
    assert all(len(row.scores) == 1 for row in table.rows)


def test_the_newest_score_of_a_metric_stays() -> None:
    old = _record("a", _score("kid", 1), _score("fid", 9), id_="1")
    new = replace(_record("a", _score("kid", 5), id_="2"), finished="2026-11-24")
    (table,) = tables([new, old])
    (row,) = table.rows
    assert {c.metric: s["value"] for c, s in row.scores.items()} == {"kid": 5, "fid": 9}


def test_models_that_cannot_be_told_apart_share_a_rank_and_a_letter() -> None:
    values = {"a": (1.0, 0.1), "b": (1.1, 0.1), "c": (2.0, 0.1), "d": (0.5, 0.01)}
    records = [_record(m, _score("kid", v, h)) for m, (v, h) in values.items()]
    (table,) = tables([*records, _record("none", _score("fid", 1))])
    assert [(row.model, row.rank) for row in table.rows] == [
        ("d", 1),
        ("a", 2),
        ("b", 2),
        ("c", 4),
        ("none", 0),
    ]
    assert [(row.last, row.group) for row in table.rows[:4]] == [
        (1, "a"),
        (3, "b"),
        (3, "b"),
        (4, "c"),
    ]


def test_higher_is_better_where_the_metric_says_so() -> None:
    records = [
        _record("low", _score("ssim", 0.2, 0.01, direction="higher")),
        _record("high", _score("ssim", 0.9, 0.01, direction="higher")),
    ]
    (table,) = tables(records)
    assert [row.model for row in table.rows] == ["high", "low"]


@pytest.mark.parametrize("metric", ["fid", "fid-clean", "fd-dinov2", "artfid"])
def test_fid_of_other_counts_is_another_column(metric: str) -> None:
    (table,) = tables([_record("a", _score(metric, 90)), _record("b", _score(metric, 80, n=120))])
    assert len(table.columns) == 2
    assert [row.rank for row in table.rows].count(0) == 1
    (table,) = tables([_record("a", _score("kid", 9)), _record("b", _score("kid", 8, n=120))])
    assert len(table.columns) == 1


def test_two_protocols_never_share_a_table() -> None:
    hashes = (None, "aa", "bb")
    records = [_record("m", _score("kid", 1), protocol_sha256=h, protocol="p") for h in hashes]
    found = tables(records)
    assert dict.fromkeys(hashes, 1) == {t.question["protocol_sha256"]: len(t.rows) for t in found}


def test_trainings_of_one_method_are_summed_up_over_their_seeds() -> None:
    def trained(seed: int, value: float) -> Record:
        card = {"family": "cyclegan@net-{seed}.pth", "training_seed": seed}
        return replace(_record(f"cyclegan@net-{seed}.pth", _score("kid", value)), card=card)

    (table,) = tables([trained(seed, value) for seed, value in ((1, 0.01), (2, 0.02), (3, 0.03))])
    # Mean 20, deviation 10; t of 2 degrees is 4.303, over the root of 3.
    assert any("net-{seed}.pth: 20.00 ±24.84 over 3 training seeds" in n for n in footer(table))


def test_what_nobody_beats_in_speed_and_quality_is_marked() -> None:
    speeds = {"good": (1.0, 1.0), "fast": (3.0, 9.0), "neither": (3.5, 5.0)}
    records = [
        replace(_record(m, _score("kid", v)), cost={"images_per_second": speed})
        for m, (v, speed) in speeds.items()
    ]
    (table,) = tables(records)
    assert {r.model: r.pareto for r in table.rows} == {"good": True, "fast": True, "neither": False}


def test_tables_for_people_say_direction_scale_spread_and_n() -> None:
    (table,) = tables([_record("a", _score("kid", 0.0123, 0.001), _score("fid", 100.0, 2.0))])
    assert headers(table) == [
        "rank",
        "group",
        "model",
        "kid ×10³ ↓",
        "fid (n = 40 against 50) ↓",
        "img/s",
    ]
    assert line(table, table.rows[0]) == ["1", "a", "a", "12.30 ±1.00", "100.0 ±2.0", "3.1"]
    notes = "\n".join(footer(table))
    for part in (
        "n = 40 against 50",
        "jackknife",
        "inception/1 (sha256 aaaaaaaa…)",
        "ranked by kid",
    ):
        assert part in notes
    assert "| 1 | a | a | 12.30 ±1.00 | 100.0 ±2.0 | 3.1 |" in markdown(table)


def test_a_score_on_other_weights_has_an_asterisk_and_a_note() -> None:
    (table,) = tables([_record("a", _score("fid", 1, comparable=False))])
    assert "fid* (n = 40 against 50) ↓" in headers(table)
    assert any(note.startswith("* not comparable") for note in footer(table))


def test_failures_are_listed_until_the_model_succeeds() -> None:
    failed = replace(_record("a", id_="1"), status="error", error={"message": "boom"})
    (table,) = tables([failed, _record("b", _score("kid", 1))])
    assert [failed] == table.failed
    (table,) = tables([failed, _record("a", _score("kid", 1), id_="2")])
    assert table.failed == []


def test_published_results_can_be_read() -> None:
    from data.paths import PUBLISHED

    records = read_all([PUBLISHED])
    assert {"done"} == {record.status for record in records}
    for record in records:
        assert record.scores
        for score in record.scores:
            assert score["low"] <= score["value"] <= score["high"]
            assert score["n"] >= 2
        assert "/home/" not in json.dumps(record.to_json())


@pytest.mark.parametrize(
    ("field", "damaged"),
    [
        ("spec", {}),
        ("finished", None),
        ("scores", ["x"]),
        ("scores", [{"metric": "kid"}]),
        ("error", "boom"),
        ("pictures", ["x"]),
        ("status", "started"),
        ("card", None),
        ("card", {"licence": ["x"]}),
        ("card", {"title": math.nan}),
        ("card", {"title": "\ud800"}),
        ("warnings", [None]),
        ("warnings", "x"),
        ("cost", {"images_per_second": "x"}),
        ("cost", {"seconds": {"total": "x"}}),
        ("environment", {"packages": [1]}),
        ("pictures", [{}]),
        ("pictures", [{"id": "a", "scores": [1]}]),
        ("pictures", [{"id": "a", "scores": {"kid": None}}]),
        ("pictures", [{"id": "a", "output": 5}]),
        ("pictures", [{"id": "a", "output_sha256": 5}]),
    ],
)
def test_a_record_with_a_damaged_field_is_refused(tmp_path: Path, field: str, damaged: Any) -> None:
    path = write(tmp_path / "results", _record("x", _score("kid", 1.0)))
    content = json.loads(path.read_text())
    path.write_text(json.dumps({**content, field: damaged}))
    _nobody_stumbles(path, tmp_path)


@pytest.mark.parametrize(
    ("part", "field", "damaged"),
    [
        ("spec", "limit", [1]),
        ("spec", "metrics", None),
        ("spec", "metrics", "x"),
        ("spec", "metrics", [1]),
        ("spec", "seed", math.nan),
        ("scores", "extractor", [1]),
        ("scores", "extractor_sha256", 5),
        ("scores", "n_reference", [1]),
        ("scores", "value", 10**400),
        ("scores", "comparable", {}),
        ("scores", "comparable", "x"),
        ("spec", "seed", "x"),
        ("spec", "dataset_digest", 5),
    ],
)
def test_a_record_with_a_damaged_part_is_refused(
    tmp_path: Path, part: str, field: str, damaged: Any
) -> None:
    path = write(tmp_path / "results", _record("x", _score("kid", 1.0)))
    content = json.loads(path.read_text())
    (content[part][0] if part == "scores" else content[part])[field] = damaged
    path.write_text(json.dumps(content))
    _nobody_stumbles(path, tmp_path)


def _nobody_stumbles(path: Path, home: Path) -> None:
    with pytest.raises(AtlasError, match="no record that can be read"):
        read(path)
    folders = [home / "results"]
    assert read_all(folders) == []
    (finding,) = verify(path, Kept(folders, Home(home)))
    assert (finding.what, finding.state) == ("file", "broken")


def test_a_name_with_bytes_that_are_no_character_is_written_and_read(tmp_path: Path) -> None:
    record = replace(_record("x", _score("kid", 1.0)), warnings=("bad\udcff.jpg is lossy",))
    assert read(write(tmp_path, record)).warnings == ("bad?.jpg is lossy",)


def test_the_metric_that_most_models_have_ranks_them() -> None:
    both = [_record(name, _score("kid", 1.0), _score("kid-texture", 1.0)) for name in "ab"]
    (table,) = tables([*both, _record("c", _score("kid-texture", 0.1))])
    assert [row.model for row in table.rows] == ["c", "a", "b"]
    (table,) = tables([*both, _record("c", _score("ssim", 0.1))])
    assert table.ranked_by is not None
    assert table.ranked_by.metric == "kid"
    assert any("no rank without kid: c" in note for note in footer(table))


def test_two_files_of_one_name_are_told_apart() -> None:
    one = _record("cyclegan@x.pth", _score("kid", 1.0), weights_sha256="aaaaaaaa")
    two = _record("cyclegan@x.pth", _score("kid", 2.0), weights_sha256="bbbbbbbb")
    (table,) = tables([one, two])
    assert [row.model for row in table.rows] == [
        "cyclegan@x.pth aaaaaa auto",
        "cyclegan@x.pth bbbbbb auto",
    ]


def test_a_row_as_json_says_which_question_it_answers() -> None:
    (table,) = tables([_record("a", _score("kid", 1.0), size=64, limit=3, seed=5)])
    row = table.rows[0].to_json()
    expected = {"size": 64, "limit": 3, "seed": 5, "status": "done", "precision": "auto"}
    assert expected.items() <= row.items()
    assert row["dataset_digest"] == "d1"
