"""A protocol is what its hash says; reported numbers stay apart from measured ones."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bench.cli import main
from bench.metrics.registry import metric_cards
from bench.protocols.protocol import (
    FIELDS,
    FOLDER,
    FROZEN,
    load_protocol,
    protocol_digest,
    protocol_names,
)
from bench.protocols.reported import reported, reproductions
from bench.records import Record, read_all
from data.errors import AtlasError, UsageProblem

Folders = Callable[..., Path]

CLASSIC = {"cyclegan", "cut", "dclgan", "stargan-v2", "stegogan", "uvcgan", "img2img-turbo"}


def _bench(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


def _run(dataset: Path | str, home: Path, *more: object) -> Result:
    return _bench("run", "--models", "identity", "--dataset", dataset, "--home", home, *more)


def test_the_publications_protocols_are_there() -> None:
    expected = {f"classic/{name}" for name in (*CLASSIC, "ganilla")} | {"strict-1"}
    assert expected <= set(protocol_names())


@pytest.mark.parametrize("name", protocol_names())
def test_every_protocol_says_everything_and_is_frozen(name: str) -> None:
    protocol = load_protocol(name)
    assert name == protocol.name
    assert set(FIELDS) <= set(protocol.facts)
    assert set(protocol.sources) <= set(protocol.facts)
    assert json.loads(FROZEN.read_text())[name] == protocol.sha256
    # What is said of a publication names where that was read.
    known = {field for field, fact in protocol.facts.items() if fact != "unknown"}
    if name.startswith("classic/"):
        assert known == set(protocol.sources)
    assert (protocol.recipe is None) == bool(protocol.missing)
    if protocol.recipe:
        assert set(protocol.recipe.metrics) <= set(metric_cards())


def test_the_hash_is_of_the_content_not_of_the_layout(tmp_path: Path) -> None:
    text = (FOLDER / "strict-1.toml").read_text()
    content = tomllib.loads(text)
    assert protocol_digest(content) == protocol_digest(tomllib.loads("# a comment\n" + text))
    changed = tomllib.loads(text.replace("seed = 2020", "seed = 2021"))
    assert protocol_digest(content) != protocol_digest(changed)


def test_a_protocol_of_ours_that_was_edited_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edited = (FOLDER / "strict-1.toml").read_text().replace("seed = 2020", "seed = 2021")
    (tmp_path / "strict-1.toml").write_text(edited)
    monkeypatch.setattr("bench.protocols.protocol.FOLDER", tmp_path)
    with pytest.raises(AtlasError, match="was changed"):
        load_protocol("strict-1")
    monkeypatch.undo()
    # As a file of one's own it cannot have that name, and under another it has its hash.
    with pytest.raises(UsageProblem, match="calls itself 'strict-1', which is another protocol"):
        load_protocol(str(tmp_path / "strict-1.toml"))
    (tmp_path / "mine.toml").write_text(edited.replace('"strict-1"', '"mine"'))
    own = load_protocol(str(tmp_path / "mine.toml"))
    assert own.sha256 != load_protocol("strict-1").sha256


def test_a_protocol_that_is_silent_on_something_is_refused(tmp_path: Path) -> None:
    text = (FOLDER / "texture-1.toml").read_text()
    (tmp_path / "mine.toml").write_text(
        "\n".join(line for line in text.splitlines() if not line.startswith("colour"))
    )
    with pytest.raises(UsageProblem, match="does not say: colour"):
        load_protocol(str(tmp_path / "mine.toml"))
    (tmp_path / "broken.toml").write_text("name = ")
    with pytest.raises(AtlasError, match="no protocol that can be read"):
        load_protocol(str(tmp_path / "broken.toml"))
    with pytest.raises(UsageProblem, match="did you mean 'strict-1'"):
        load_protocol("strict1")


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ('["kid-texture", "fid-texture"]', '"kid-texture"', "metrics has to be a list of str"),
        ('["kid-texture", "fid-texture"]', "[]", "metrics names nothing"),
        ("seed = 2020", "seed = true", "seed has to be int"),
        ("seed = 2020", 'size = "64"', "size has to be int"),
        ("seed = 2020", "split = 1979-05-27", "split has to be str"),
        ("seed = 2020", "colour = 3", "unexpected keyword argument 'colour'"),
        ("seed = 2020", 'deviates = "one"', "deviates has to be a list of str"),
        ("[run.extractors]", "[run]\nextractors = 1\n[x]", "no protocol that can be read"),
        ("texture = ", "texture = 1 #", "texture has to be str"),
        ("[data.photo2toon]", "[data]", "direction has to be a table"),
        ("[facts]", "sources = 3\n[facts]", "sources has to be a table"),
        ("[facts]", 'missing = "x"\n[facts]', "missing has to be a list of str"),
        ("resize = ", "resize = 1 #", "facts: resize has to be str"),
    ],
)
def test_a_protocol_with_a_wrong_word_is_told_which(
    tmp_path: Path, before: str, after: str, message: str
) -> None:
    text = (FOLDER / "texture-1.toml").read_text().replace('"texture-1"', '"mine"', 1)
    path = tmp_path / "mine.toml"
    path.write_text(text.replace(before, after, 1))
    for words in (("protocols", path), ("run", "--protocol", path)):
        more = (
            () if words[0] == "protocols" else ("--models", "identity", "--dataset", "photo2toon")
        )
        result = _bench(*words, *more)
        assert message in result.stderr
        assert result.exit_code in (1, 2)
        assert isinstance(result.exception, SystemExit)


def test_a_protocol_asks_for_nothing_that_cannot_be(tmp_path: Path) -> None:
    text = (FOLDER / "texture-1.toml").read_text().replace('"texture-1"', '"mine"', 1)
    path = tmp_path / "mine.toml"
    path.write_text(text.replace("seed = 2020", "size = -64", 1))
    result = _bench(
        "run", "--protocol", path, "--models", "identity", "--dataset", "photo2toon", "--dry-run"
    )
    assert (result.exit_code, "size -64 cannot be" in result.stderr) == (2, True)


def test_a_run_by_protocol_carries_its_hash_and_stands_in_a_table_of_its_own(
    folders: Folders, tmp_path: Path
) -> None:
    home, root = tmp_path / "home", folders("set", {"testA": 4, "testB": 4})
    assert _run(root, home, "--protocol", "texture-1").exit_code == 0
    assert _run(root, home, "--metrics", "kid-texture", "--precision", "float32").exit_code == 0
    by_protocol = {r.spec.get("protocol"): r for r in read_all([home / "results"])}
    assert {"texture-1", None} == set(by_protocol)
    record = by_protocol["texture-1"]
    assert record.spec["protocol_sha256"] == load_protocol("texture-1").sha256
    assert {"kid-texture", "fid-texture"} == {s["metric"] for s in record.scores}
    shown = _bench("leaderboard", "--dataset", "set", "--home", home)
    assert shown.stdout.count("identity") == 2
    assert shown.stdout.count("rank") == 2
    assert "protocol texture-1" in shown.stderr


@pytest.mark.parametrize("flag", [("--limit", "3"), ("--metrics", "psnr"), ("--skip-bad",)])
def test_nobody_decides_beside_a_protocol(
    folders: Folders, tmp_path: Path, flag: tuple[str, ...]
) -> None:
    root = folders("set", {"testA": 4, "testB": 4})
    result = _run(root, tmp_path / "home", "--protocol", "texture-1", *flag)
    assert result.exit_code == 2
    assert "protocol 'texture-1' decides" in result.stderr


def test_a_protocol_that_needs_what_is_not_here_says_what(folders: Folders, tmp_path: Path) -> None:
    text = (FOLDER / "texture-1.toml").read_text().replace('"texture-1"', '"mine"')
    facts, _, _ = text.partition("[run]")
    (tmp_path / "mine.toml").write_text('missing = ["people who judge pictures"]\n' + facts)
    root = folders("set", {"testA": 4, "testB": 4})
    result = _run(root, tmp_path / "home", "--protocol", tmp_path / "mine.toml")
    assert result.exit_code == 2
    assert "'mine' cannot be run here: it needs people who judge pictures" in result.stderr


def test_a_protocol_refuses_other_weights_than_it_names(
    folders: Folders, inception: Path, alexnet: Path, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setenv("ATLAS_INCEPTION", str(inception))
    monkeypatch.setenv("ATLAS_LPIPS_ALEX", str(alexnet))
    root = folders("set", {"testA": 4, "testB": 4})
    result = _run(root, tmp_path / "home", "--protocol", "strict-1")
    assert result.exit_code == 1
    assert "needs inception-clean with sha256 6726825d0af5…" in result.stderr


def test_a_protocol_refuses_other_pictures_than_it_names(folders: Folders, tmp_path: Path) -> None:
    text = (FOLDER / "texture-1.toml").read_text()
    text = text.replace('"texture-1"', '"mine"').replace("[data.photo2toon]", "[data.set]")
    (tmp_path / "mine.toml").write_text(text)
    root = folders("set", {"testA": 4, "testB": 4})
    result = _run(root, tmp_path / "home", "--protocol", tmp_path / "mine.toml")
    assert result.exit_code == 1
    assert "are not those of protocol" in result.stderr


def test_references_may_come_from_another_split(folders: Folders, tmp_path: Path) -> None:
    text = (FOLDER / "texture-1.toml").read_text().replace("texture-1", "mine")
    text = text.replace("[run]", '[run]\nreference_split = "train"')
    (tmp_path / "mine.toml").write_text(text)
    root = folders("set", {"testA": 4, "testB": 4, "trainA": 5, "trainB": 6})
    assert _run(root, tmp_path / "home", "--protocol", tmp_path / "mine.toml").exit_code == 0
    (record,) = read_all([tmp_path / "home" / "results"])
    assert {6} == {score["n_reference"] for score in record.scores}


def _record(model: str, metric: str, value: float, half: float, **spec: Any) -> Record:
    asked = {"model": model, "dataset": "horse2zebra", "direction": "AtoB", **spec}
    score = {"metric": metric, "value": value, "low": value - half, "high": value + half, "n": 120}
    return Record(id="1" * 16, status="done", spec=asked, card={}, scores=(score,))


def test_published_numbers_have_sources_and_none_is_of_ganilla() -> None:
    assert {"read"} == {entry.mark for entry in reported()}
    assert all(entry.source and entry.value > 0 for entry in reported())
    assert "ganilla" not in {entry.method for entry in reported()}
    # Kept raw: the table says 0.541, times 100.
    (cut,) = [
        e for e in reported() if (e.method, e.metric, e.dataset) == ("cut", "kid", "horse2zebra")
    ]
    assert cut.value == pytest.approx(0.00541)


@pytest.mark.parametrize(("half", "covered"), [(3.0, True), (1.0, False)])
def test_measured_and_reported_are_set_side_by_side(half: float, covered: bool) -> None:
    record = _record("cut.horse2zebra", "fid", 47.5, half, protocol="classic/dclgan")
    (found,) = reproductions([record])
    assert found.reported.value == 45.5
    assert found.difference == pytest.approx(2.0)
    assert covered == found.covered
    assert found.same_protocol
    other = reproductions([_record("cut@net.pth", "fid", 47.5, half)])[0]
    assert not other.same_protocol


def test_another_metric_direction_or_data_set_reproduces_nothing() -> None:
    assert reproductions([_record("cut", "fid-texture", 45.5, 1)]) == []
    assert reproductions([_record("cut", "fid", 45.5, 1, direction="BtoA")]) == []
    assert reproductions([_record("cut", "fid", 45.5, 1, dataset="x")]) == []


def test_listings_of_protocols() -> None:
    rows = [json.loads(line) for line in _bench("protocols", "--json").stdout.splitlines()]
    assert set(protocol_names()) == {row["name"] for row in rows}
    shown = _bench("protocols", "classic/cut").stdout
    assert "CUT issue 65 (read)" in shown
    result = _bench("reproduce")
    assert result.exit_code == 2
    assert "nothing that was measured here" in result.stderr
