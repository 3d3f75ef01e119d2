"""`survey fetch` and `survey sources` as a person uses them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from filelock import FileLock

from survey.cli import main
from tests.survey.crawling.conftest import Serve
from tests.survey.world import CYCLEGAN, PIX2PIX, World


def _run(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["fetch", *arguments, "--home", str(home)])


def _found(home: Path, *arguments: str) -> dict[str, Any]:
    result = _run(home, *arguments, "--json")
    assert result.exit_code == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_it_ends_with_what_it_found(serve: Serve, tmp_path: Path) -> None:
    serve(World(300))
    result = _run(tmp_path, "--cites", "https://arxiv.org/abs/1703.10593v7")
    assert result.exit_code == 0, result.stderr
    assert [line.split()[0] for line in result.stdout.splitlines()] == (
        ["source", "Semantic", "OpenAlex", "arXiv"]
    )
    talk = result.stderr
    assert "300 papers cite arxiv:1703.10593; 300 of them are new" in talk
    assert "in OpenAlex and Semantic Scholar 255" in talk
    assert "only in Semantic Scholar" in talk
    assert "next: survey triage" in talk
    again = _run(tmp_path)
    assert "300 papers cite arxiv:1703.10593; 0 of them are new" in again.stderr


def test_the_same_as_json(serve: Serve, tmp_path: Path) -> None:
    serve(World(300))
    found = _found(tmp_path, "--cites", CYCLEGAN)
    assert (found["papers"], found["new"], found["failed_pages"], found["missing"]) == (
        300,
        300,
        0,
        0,
    )
    assert sum(found["overlap"].values()) == 300
    assert [one["source"] for one in found["sources"]] == ["semantic_scholar", "openalex", "arxiv"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--cites", CYCLEGAN, "--cites", PIX2PIX),
        ("--cites", CYCLEGAN, PIX2PIX),
        ("--cites", f"{CYCLEGAN},{PIX2PIX}"),
        ("--cites", f"arXiv:{CYCLEGAN} https://doi.org/10.1109/CVPR.2017.632"),
    ],
)
def test_several_seeds_are_given_in_any_way(
    serve: Serve, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    serve(World(20))
    found = _found(tmp_path, *arguments, "--source", "s2")
    assert found["seeds"] == [f"arxiv:{CYCLEGAN}", f"arxiv:{PIX2PIX}"]


@pytest.mark.parametrize("name", ["s2", "semantic-scholar", "Semantic Scholar", "openalex"])
def test_a_source_is_chosen_by_name(serve: Serve, tmp_path: Path, name: str) -> None:
    serve(World(20))
    found = _found(tmp_path, "--cites", CYCLEGAN, "--source", name, "--limit", "7")
    assert [one["papers"] for one in found["sources"]] == [7]


def test_addresses_may_end_with_the_path_of_the_service(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = serve(World(20)).address
    monkeypatch.setenv("ATLAS_S2_URL", f"{address}/graph/v1")
    monkeypatch.setenv("ATLAS_OPENALEX_URL", f"{address}/works")
    monkeypatch.setenv("ATLAS_ARXIV_URL", f"{address}/api/query?")
    assert [bool(one["papers"]) for one in _found(tmp_path, "--cites", CYCLEGAN)["sources"]] == (
        [True] * 3
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--cites", "hello"), "'hello' is no identifier"),
        (("--cites", "1703.10593,hello"), "'hello' is no identifier"),
        (("--cites", CYCLEGAN, "--since", "yesterday"), "'yesterday' is no date"),
        (("--cites", CYCLEGAN, "--since", "2024-02-31"), "'2024-02-31' is no date"),
        (("--cites", CYCLEGAN, "--source", "openalexx"), "did you mean 'openalex'?"),
        (("--cites", CYCLEGAN, "--limit", "0"), "0 is not in the range"),
        ((), "there is no catalogue"),
    ],
)
def test_mistakes_are_told_before_anything_is_made(
    tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    result = _run(tmp_path / "home", *arguments)
    assert (result.exit_code, message in result.stderr) == (2, True), result.stderr
    assert not (tmp_path / "home").exists()


def test_an_id_that_no_service_knows_is_told(serve: Serve, tmp_path: Path) -> None:
    serve(World(20))
    result = _run(tmp_path, "--cites", "9912.99999")
    assert result.exit_code == 2
    assert "error: no source knows arxiv:9912.99999" in result.stderr
    assert "hint: look at https://arxiv.org/abs/9912.99999" in result.stderr


def test_some_sources_failed(serve: Serve, tmp_path: Path) -> None:
    services = serve(World(20))
    services.fail("401", "graph", times=1000)
    result = _run(tmp_path, "--cites", CYCLEGAN)
    assert result.exit_code == 3
    assert "warning: semantic_scholar refuses: HTTP 401: Forbidden" in result.stderr
    assert "export S2_API_KEY=" in result.stderr
    assert "18 papers cite" in result.stderr


def test_no_source_could_be_reached(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(World(20))
    for name in ("S2", "OPENALEX", "ARXIV"):
        monkeypatch.setenv(f"ATLAS_{name}_URL", "http://127.0.0.1:9")
    result = _run(tmp_path, "--cites", CYCLEGAN)
    assert result.exit_code == 4
    assert "openalex cannot be reached at http://127.0.0.1:9" in result.stderr
    assert result.stderr.endswith("to go on: survey fetch --cites arxiv:1703.10593\n")


def test_without_a_key_openalex_says_how_to_get_one(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(World(120))
    monkeypatch.delenv("OPENALEX_API_KEY")
    result = _run(tmp_path, "--cites", CYCLEGAN)
    assert result.exit_code == 0
    assert "https://openalex.org/settings/api" in result.stderr
    assert "120 papers cite" in result.stderr


def test_what_a_day_without_a_key_leaves_unread_is_counted(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = serve(World(700))
    monkeypatch.delenv("OPENALEX_API_KEY")
    services.keyless_pages = 3  # of a hundred papers
    result = _run(tmp_path, "--cites", CYCLEGAN, "--source", "openalex", "--json")
    listed = max(len(papers) for papers in services.works.values())
    alex = json.loads(result.stdout)["sources"][0]
    assert (result.exit_code, alex["papers"], alex["unread"]) == (3, 300, listed - 300)
    assert f"counts at least {listed - 300:,} more papers" in result.stderr
    services.keyless_pages = 100
    alex = _found(tmp_path, "--cites", CYCLEGAN, "--source", "openalex")["sources"][0]
    assert (alex["papers"], alex["unread"]) == (listed, 0)


def test_wrong_rules_of_topics_are_told_before_anything_is_asked(
    serve: Serve, tmp_path: Path
) -> None:
    services = serve(World(20))
    (tmp_path / "topics.toml").write_text("[topics.mine]\nwords = ['a']", encoding="utf-8")
    result = _run(tmp_path, "--cites", CYCLEGAN)
    assert (result.exit_code, services.log) == (2, [])
    assert "topics.mine needs a title and a group" in result.stderr


def test_what_is_waited_for_is_told(serve: Serve, tmp_path: Path) -> None:
    services = serve(World(20))
    services.fail("429-0.1", "citations")
    result = _run(tmp_path, "--cites", CYCLEGAN)
    assert (
        "semantic_scholar: waiting 0 s (HTTP 429: Too Many Requests.)" in result.stderr.splitlines()
    )


def test_offline_needs_no_service(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = serve(World(120))
    _found(tmp_path, "--cites", CYCLEGAN)
    (tmp_path / "catalogue.db").unlink()
    services.log.clear()
    for name in ("S2", "OPENALEX", "ARXIV"):
        monkeypatch.delenv(f"ATLAS_{name}_URL")
    assert _found(tmp_path, "--cites", CYCLEGAN, "--offline")["papers"] == 120
    assert services.log == []


def test_two_fetches_at_a_time_are_refused(serve: Serve, tmp_path: Path) -> None:
    serve(World(20))
    _found(tmp_path, "--cites", CYCLEGAN)
    with FileLock(tmp_path / "fetch.lock"):
        result = _run(tmp_path)
    assert (result.exit_code, "another survey fetch works" in result.stderr) == (1, True)


def test_control_characters_of_a_service_never_reach_the_terminal(
    serve: Serve, tmp_path: Path
) -> None:
    services = serve(World(20))
    services.fail("escape", "graph", times=1000)
    result = _run(tmp_path, "--cites", CYCLEGAN)
    assert result.exit_code == 3
    assert "\x1b" not in result.output
    assert "[red]" in result.stderr


def test_sources_are_listed_with_key_and_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("S2", "OPENALEX", "ARXIV", "HF", "OPENCITATIONS"):
        monkeypatch.delenv(f"ATLAS_{name}_URL", raising=False)
    monkeypatch.setenv("S2_API_KEY", "secret")
    result = CliRunner().invoke(main, ["sources", "--json"])
    rows = {row["name"]: row for row in map(json.loads, result.stdout.splitlines())}
    assert [name for name, row in rows.items() if row["usual"]] == (
        ["arxiv", "openalex", "semantic_scholar"]
    )
    assert rows["arxiv"]["delay"] == 3.0
    assert (rows["semantic_scholar"]["key_set"], "secret" in result.output) == (True, False)
    assert "https://export.arxiv.org" in CliRunner().invoke(main, ["sources"]).stdout
