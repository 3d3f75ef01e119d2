"""GitHub is asked slowly, once a month, and every answer, good or bad, is stored at once."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import update

from data.errors import NetworkProblem
from data.paths import Home
from survey.catalogue import tables as t
from survey.catalogue.catalogue import Catalogue, open_catalogue
from survey.catalogue.events import add
from survey.cli import main
from survey.found import Found
from survey.http import Budget, Denied, Spent
from survey.repositories import FRESH, Asked, Repository, address_at_github, look_up, repositories
from survey.settings import Settings

GitHub = Any  # of conftest.py
CYCLEGAN = "https://github.com/junyanz/CycleGAN"
SPADE = "https://github.com/NVlabs/SPADE"


@pytest.fixture
def catalogue(home: Home) -> Iterator[Catalogue]:
    made = open_catalogue(home)
    yield made
    made.close()


def _look_up(
    catalogue: Catalogue, *urls: str, seconds: float = 30.0, refresh: bool = False
) -> Asked:
    told = Asked()
    host = Settings(budget=Budget(seconds=seconds)).host("github")
    host.backoff = 0.001
    look_up(catalogue, host, urls, told, refresh=refresh)
    return told


def _known(catalogue: Catalogue) -> dict[str, Repository]:
    with catalogue.read() as connection:
        return repositories(connection)


def test_stars_licence_and_last_commit_are_stored(github: GitHub, catalogue: Catalogue) -> None:
    github.has("junyanz/CycleGAN")
    github.has("NVlabs/SPADE", license={"spdx_id": "MIT"}, archived=True, stargazers_count=7)
    told = _look_up(catalogue, CYCLEGAN, SPADE, "https://gitlab.com/a/b")
    known = _known(catalogue)
    assert (told.asked, told.elsewhere, told.failed) == (2, 1, 0)
    first, second = known[CYCLEGAN], known[SPADE]
    assert (first.state, first.stars, first.licence) == ("alive", 12000, "other")
    assert (first.pushed, first.moved) == ("2023-05-06", "")
    assert (second.state, second.stars, second.licence) == ("archived", 7, "MIT")


def test_the_token_is_sent(
    github: GitHub, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "ghp_x")
    github.has("junyanz/CycleGAN")
    _look_up(catalogue, CYCLEGAN)
    assert github.tokens == ["Bearer ghp_x"]


def test_a_renamed_repository_is_followed_and_marked(github: GitHub, catalogue: Catalogue) -> None:
    github.moved["/repos/old/name"] = "/repositories/42"
    github.has("New/Name", path="/repositories/42")
    _look_up(catalogue, "https://github.com/old/name")
    (found,) = _known(catalogue).values()
    assert (found.url, found.moved) == (
        "https://github.com/old/name",
        "https://github.com/New/Name",
    )


def test_another_spelling_of_the_same_name_is_no_move(github: GitHub, catalogue: Catalogue) -> None:
    github.has("junyanz/CycleGAN", path="/repos/JunYanZ/cyclegan")
    _look_up(catalogue, "https://github.com/JunYanZ/cyclegan")
    (found,) = _known(catalogue).values()
    assert found.moved == ""


@pytest.mark.parametrize(
    ("status", "message", "expected"),
    [
        (404, "Not Found", "gone"),
        (410, "Gone", "gone"),
        (451, "Repository access blocked", "blocked"),
        (403, "Repository access blocked", "blocked"),
    ],
)
def test_dead_links_are_marked(
    github: GitHub, catalogue: Catalogue, status: int, message: str, expected: str
) -> None:
    github.known["/repos/junyanz/CycleGAN"] = (status, {"message": message})
    assert _look_up(catalogue, CYCLEGAN).asked == 1
    (found,) = _known(catalogue).values()
    assert (found.state, found.stars, bool(found.checked)) == (expected, None, True)


def test_an_answer_is_not_asked_for_again_within_a_month(
    github: GitHub, catalogue: Catalogue
) -> None:
    github.has("junyanz/CycleGAN")
    _look_up(catalogue, CYCLEGAN)
    told = _look_up(catalogue, CYCLEGAN)
    assert (told.asked, told.fresh, len(github.asked)) == (0, 1, 1)
    assert _look_up(catalogue, CYCLEGAN, refresh=True).asked == 1
    far = FRESH + timedelta(minutes=1)
    for then in (datetime.now(UTC) - far, datetime.now(UTC) + far):  # the other by a wrong clock
        with catalogue.write() as connection:
            checked = then.isoformat(timespec="seconds")
            connection.execute(update(t.repository).values(checked=checked))
        assert _look_up(catalogue, CYCLEGAN).asked == 1


def test_a_used_up_allowance_is_waited_for(github: GitHub, catalogue: Catalogue) -> None:
    github.has("junyanz/CycleGAN")
    github.left, github.reset = 0, 1.0
    began = time.monotonic()
    assert _look_up(catalogue, CYCLEGAN).asked == 1
    assert 1.0 <= time.monotonic() - began < 10
    assert len(github.asked) == 2


def test_what_was_asked_before_the_allowance_ended_stays_and_the_rest_follows(
    github: GitHub, catalogue: Catalogue
) -> None:
    github.has("junyanz/CycleGAN")
    github.has("NVlabs/SPADE")
    github.left, github.reset = 1, 3600.0
    with pytest.raises(Spent, match="API rate limit exceeded"):
        _look_up(catalogue, CYCLEGAN, SPADE, seconds=5)
    assert set(_known(catalogue)) == {CYCLEGAN}
    github.left = None
    told = _look_up(catalogue, CYCLEGAN, SPADE)
    assert (told.fresh, told.asked, set(_known(catalogue))) == (1, 1, {CYCLEGAN, SPADE})


def test_a_bad_token_stops_with_what_github_says(github: GitHub, catalogue: Catalogue) -> None:
    github.known["/repos/junyanz/CycleGAN"] = (401, {"message": "Bad credentials"})
    with pytest.raises(Denied, match="Bad credentials"):
        _look_up(catalogue, CYCLEGAN, SPADE)
    assert _known(catalogue) == {}


def test_one_repository_that_fails_does_not_stop_the_others(
    github: GitHub, catalogue: Catalogue, capsys: pytest.CaptureFixture[str]
) -> None:
    github.known["/repos/junyanz/CycleGAN"] = (200, {"strange": True})
    github.has("NVlabs/SPADE")
    told = _look_up(catalogue, CYCLEGAN, SPADE)
    assert (told.failed, told.asked, set(_known(catalogue))) == (1, 1, {SPADE})
    assert CYCLEGAN in capsys.readouterr().err


def test_a_service_that_is_down_is_not_asked_for_every_repository(
    github: GitHub, catalogue: Catalogue
) -> None:
    urls = [f"https://github.com/a/{n}" for n in range(9)]
    github.known = {f"/repos/a/{n}": (500, {}) for n in range(9)}
    with pytest.raises(NetworkProblem):
        _look_up(catalogue, *urls)
    assert len(set(github.asked)) == 3


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (CYCLEGAN, ("junyanz", "CycleGAN")),
        ("https://github.com/a.b/c_d-e.git", ("a.b", "c_d-e")),
        ("https://github.com/owner", None),
        ("https://gitlab.com/a/b", None),
        ("https://evil.example/github.com/a/b", None),
    ],
)
def test_addresses_at_github_are_told_from_others(
    url: str, expected: tuple[str, str] | None
) -> None:
    assert address_at_github(url) == expected


def _papers_with_code(fetched: Any) -> None:
    fetched(
        Found(
            source="openalex",
            key="W1",
            title="Unpaired translation",
            abstract=f"Code: {CYCLEGAN}.",
            arxiv="1703.10593",
            citations=20000,
        ),
        Found(
            source="openalex",
            key="W2",
            title="Semantic synthesis",
            abstract=f"See {SPADE} for code.",
            arxiv="1903.07291",
            citations=3000,
        ),
        Found(source="openalex", key="W3", title="No code at all", arxiv="2001.00001"),
    )


def _code(home: Home, *options: str) -> Result:
    return CliRunner().invoke(main, ["code", "--home", str(home.root), *options])


def test_the_most_cited_papers_are_looked_up_and_then_the_kept_ones(
    github: GitHub, fetched: Any, home: Home
) -> None:
    _papers_with_code(fetched)
    github.has("junyanz/CycleGAN")
    result = _code(home, "--limit", "1", "--json")
    (row,) = [json.loads(line) for line in result.stdout.splitlines()]
    assert (row["url"], row["stars"], row["papers"]) == (CYCLEGAN, 12000, ["arxiv:1703.10593"])
    kept = open_catalogue(home)
    with kept.write() as connection:
        add(connection, "arxiv:1903.07291", "keep")
    kept.close()
    (row,) = [json.loads(line) for line in _code(home, "--json").stdout.splitlines()]
    assert (row["url"], row["state"]) == (SPADE, "gone")


def test_the_verb_shows_a_table_and_tells_dead_links(
    github: GitHub, fetched: Any, home: Home
) -> None:
    _papers_with_code(fetched)
    github.has("junyanz/CycleGAN", archived=True)
    result = _code(home)
    assert result.exit_code == 0
    assert "archived" in result.stdout
    assert "dead links: 1" in result.stderr


def test_a_spent_allowance_shows_what_came_and_ends_with_4(
    github: GitHub, fetched: Any, home: Home
) -> None:
    _papers_with_code(fetched)
    github.has("junyanz/CycleGAN")
    github.left, github.reset = 1, 3600.0
    result = _code(home, "--json", "--wait", "0")
    assert result.exit_code == 4
    assert [json.loads(line)["url"] for line in result.stdout.splitlines()] == [CYCLEGAN]
    assert "--wait" in result.stderr


def test_papers_without_code_are_no_fault(github: GitHub, fetched: Any, home: Home) -> None:
    fetched(Found(source="openalex", key="W3", title="No code at all", arxiv="2001.00001"))
    result = _code(home)
    assert (result.exit_code, github.asked) == (0, [])
