"""Every fault of a service is waited out or told, and no service is asked too fast."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from data.errors import NetworkProblem, UsageProblem
from survey.http import (
    BadRequest,
    Budget,
    Denied,
    Failing,
    Host,
    NotFound,
    NotStored,
    Spent,
    Unreachable,
    as_json,
)
from survey.settings import Settings
from survey.stored import Stored
from tests.survey.crawling.conftest import Serve
from tests.survey.server import Services
from tests.survey.world import World

PAPER = "/graph/v1/paper/ARXIV:1703.10593"
NAME = "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks"


@pytest.fixture
def services(serve: Serve) -> Services:
    return serve(World(3))


def _host(services: Services, **more: object) -> Host:
    settings: dict[str, object] = {"backoff": 0.002, "budget": Budget(seconds=5), **more}
    return Host(name="s2", base=services.address, **settings)  # type: ignore[arg-type]


def _ask(host: Host, path: str = PAPER) -> str:
    try:
        return str(host.get(path, {"fields": "title"}, as_json)["title"])
    finally:
        host.close()


@pytest.mark.parametrize(
    "kind", ["429", "429-0", "429-0.01", "500", "502", "503", "504", "html", "cut", "short", "403"]
)
def test_a_passing_fault_is_waited_out(services: Services, kind: str) -> None:
    services.fail(kind, times=2)
    waits: list[str] = []
    assert _ask(_host(services, on_wait=waits.append)) == NAME
    assert len(services.log) == 3
    assert [bool(reason) for reason in waits] == [True, False] * 2
    assert waits[0].startswith("s2: waiting 0 s (")


def test_the_service_says_how_long_to_wait(services: Services) -> None:
    services.fail("429-0.3")
    _ask(_host(services))
    first, second = services.log
    assert 0.3 <= second.at - first.at < 2


def test_a_date_to_wait_for_is_measured_by_the_clock_of_the_service(services: Services) -> None:
    services.fail("429-date")
    _ask(_host(services))
    first, second = services.log
    assert second.at - first.at < 2.5  # seconds are all that such a date has


@pytest.mark.parametrize(
    ("kind", "problem"),
    [("500", Failing), ("html", Failing), ("cut", Failing), ("429", Spent), ("403", Denied)],
)
def test_a_lasting_fault_ends_with_its_reason(
    services: Services, kind: str, problem: type[NetworkProblem]
) -> None:
    services.fail(kind, times=100)
    with pytest.raises(problem, match="s2") as ended:
        _ask(_host(services))
    assert len(services.log) <= 12
    assert ended.value.exit_code == 4


def test_a_key_that_is_refused_is_told_at_once(services: Services) -> None:
    services.fail("401", times=100)
    with pytest.raises(Denied, match=r"refuses: HTTP 401: Forbidden"):
        _ask(_host(services))
    assert len(services.log) == 1


def test_what_a_service_does_not_know_or_refuses_is_not_asked_again(services: Services) -> None:
    with pytest.raises(NotFound, match=r"Paper with id ARXIV:9999\.99999 not found"):
        _ask(_host(services), "/graph/v1/paper/ARXIV:9999.99999")
    host = _host(services)
    with pytest.raises(BadRequest, match="Unrecognized"):
        host.get(PAPER, {"fields": "colour"}, as_json)
    host.close()
    assert len(services.log) == 2


def test_patience_has_an_end(services: Services) -> None:
    services.fail("429-3600", times=100)
    with pytest.raises(Spent, match="asks to wait 3600 s"):
        _ask(_host(services, budget=Budget(seconds=1)))
    assert len(services.log) == 1


def test_time_lost_to_many_small_waits_is_added_up(services: Services) -> None:
    services.fail("429-0.05", times=100)
    budget = Budget(seconds=0.2)
    with pytest.raises(Spent):
        _ask(_host(services, budget=budget))
    assert 0.1 < budget.spent <= 0.2


def test_a_host_that_is_not_there_is_given_up_soon() -> None:
    host = Host(name="s2", base="http://127.0.0.1:9", backoff=0.001)
    with pytest.raises(Unreachable, match=r"s2 cannot be reached at http://127\.0\.0\.1:9"):
        _ask(host)
    assert host.requests_made == 3


def test_the_address_of_a_proxy_that_is_none_is_told_at_once(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://nonsense:99999")
    monkeypatch.setenv("NO_PROXY", "")
    host = _host(services)
    with pytest.raises(Unreachable, match="a proxy's address is wrong") as refused:
        _ask(host)
    assert (host.requests_made, services.log) == (1, [])
    assert "env | grep" in str(refused.value.hint)


def test_a_service_without_encryption_is_not_spoken_to(services: Services) -> None:
    base = services.address.replace("http://", "https://")
    with pytest.raises(Unreachable, match="no secure connection"):
        _ask(Host(name="s2", base=base, backoff=0.001))
    assert services.log == []


def test_two_requests_are_no_closer_than_the_delay(services: Services) -> None:
    host = _host(services, delay=0.1)
    for _ in range(3):
        _ask(host)
    times = [asked.at for asked in services.log]
    assert min(b - a for a, b in pairwise(times)) >= 0.1


def test_a_fault_does_not_shorten_the_delay(services: Services) -> None:
    services.fail("500", times=1)
    _ask(_host(services, delay=0.1))
    first, second = services.log
    assert second.at - first.at >= 0.1


def test_answers_are_stored_and_replayed_without_a_request(
    services: Services, tmp_path: Path
) -> None:
    key = {"x-api-key": "secret"}
    _ask(_host(services, stored=Stored(tmp_path), headers=key, params={"api_key": "secret"}))
    # Keys are no part of what is stored, so another one or none will do.
    assert _ask(_host(services, stored=Stored(tmp_path), offline=True)) == NAME
    assert len(services.log) == 1
    with pytest.raises(NotStored, match="not stored"):
        _ask(_host(services, stored=Stored(tmp_path), offline=True), PAPER + "x")


def test_a_bad_answer_is_never_stored(services: Services, tmp_path: Path) -> None:
    services.fail("html", times=100)
    with pytest.raises(Failing):
        _ask(_host(services, stored=Stored(tmp_path)))
    assert not list(tmp_path.rglob("*.gz"))


def test_a_key_goes_to_no_other_host(services: Services, serve: Serve) -> None:
    other = serve(World(3))
    services.moved = other.address
    assert _ask(_host(services, headers={"x-api-key": "secret"})) == NAME
    assert [asked.key for asked in services.log] == ["secret"]
    assert [asked.key for asked in other.log] == [""]


@pytest.mark.parametrize("tail", ["", "/", "/graph/v1", "/graph/v1/"])
def test_an_address_may_end_with_our_path(
    services: Services, monkeypatch: pytest.MonkeyPatch, tail: str
) -> None:
    monkeypatch.setenv("ATLAS_S2_URL", services.address + tail)
    settings = Settings()
    assert _ask(settings.host("semantic_scholar")) == NAME


def test_an_address_of_ones_own_has_no_delay_unless_asked_for(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Settings().host("arxiv").delay == 0
    monkeypatch.setenv("ATLAS_DELAY", "1.5")
    assert Settings().host("arxiv").delay == 1.5
    monkeypatch.delenv("ATLAS_ARXIV_URL")
    assert Settings().host("arxiv").delay == 3.0


@pytest.mark.parametrize(
    ("name", "value"),
    [("ATLAS_DELAY", "soon"), ("ATLAS_DELAY", "-1"), ("ATLAS_S2_URL", "localhost:80")],
)
def test_a_setting_that_cannot_be_is_told_with_an_example(
    services: Services, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(UsageProblem, match=name) as refused:
        Settings().host("semantic_scholar")
    assert f"export {name}=" in str(refused.value.hint)


def test_everybody_who_asks_a_service_shares_its_pace() -> None:
    settings = Settings()
    assert settings.host("semantic_scholar") is settings.host("semantic_scholar")
    settings.close()


def test_keys_and_address_are_sent_where_they_belong(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("S2_API_KEY", "s2-key")
    monkeypatch.setenv("ATLAS_EMAIL", "me@example.org")
    settings = Settings()
    settings.host("semantic_scholar").get(PAPER, {}, as_json)
    settings.host("openalex").get("/works/W2000900001", {}, as_json)
    settings.close()
    first, second = services.log
    assert (first.key, first.query) == ("s2-key", {})
    assert (second.key, second.query) == (
        "",
        {"api_key": "open-sesame", "mailto": "me@example.org"},
    )


def test_json_that_is_none_by_the_letter_is_read() -> None:
    assert as_json(b'{"title": "half \\ud800 a pair", "year": -Infinity}') == {
        "title": "half \ud800 a pair",
        "year": float("-inf"),
    }
