"""Services on loopback, and fetches from them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from data.paths import Home
from survey.catalogue import tables as t
from survey.catalogue.catalogue import open_catalogue
from survey.crawl import crawl
from survey.http import Budget
from survey.ids import parse_id
from survey.report import Report
from survey.settings import SERVICES, Settings
from survey.sources.source import sources
from survey.watch import Watch
from survey.wish import Wish
from tests.survey.server import Services
from tests.survey.world import World

VARIABLES = ("S2", "OPENALEX", "ARXIV", "HF", "OPENCITATIONS")
Serve = Callable[[World], Services]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Puts the services of a world where the environment says; OpenAlex with a key."""
    running: list[tuple[Services, threading.Thread]] = []

    def start(world: World) -> Services:
        services = Services(world)
        thread = threading.Thread(target=services.http.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        running.append((services, thread))
        for name in VARIABLES:
            monkeypatch.setenv(f"ATLAS_{name}_URL", services.address)
        for name in ("S2_API_KEY", "ATLAS_EMAIL", "ATLAS_DELAY", "OPENCITATIONS_TOKEN"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("OPENALEX_API_KEY", "open-sesame")
        return services

    yield start
    for services, thread in running:
        services.http.shutdown()
        services.http.server_close()
        thread.join()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


Fetch = Callable[..., Report]


@pytest.fixture
def fetch(home: Home) -> Fetch:
    """Crawls into the catalogue of `home`: fetch("1703.10593", sources=["openalex"])."""

    def run(
        *seeds: str,
        names: tuple[str, ...] = ("s2", "openalex"),
        since: str = "",
        limit: int | None = None,
        refresh: bool = False,
        offline: bool = False,
        patience: float | None = None,
        watch: Watch | None = None,
        place: Home | None = None,
        stored: bool = True,
    ) -> Report:
        place = place or home
        wish = Wish(
            cards=sources(names), since=since, limit=limit, refresh=refresh, offline=offline
        )
        watch = watch or Watch()
        settings = Settings(
            stored=place.http if stored else None,
            offline=offline,
            budget=Budget(seconds=(patience or 60.0) * len(wish.cards)),
            on_wait=watch.wait,
        )
        for name in SERVICES if patience is None else ():
            settings.host(name).backoff = 0.001  # a fault need not cost a test its time
        catalogue = open_catalogue(place)
        try:
            return crawl(catalogue, settings, [parse_id(seed) for seed in seeds], wish, watch)
        finally:
            settings.close()
            catalogue.close()

    return run


Rows = set[tuple[str, ...]]


@pytest.fixture
def dump(home: Home) -> Callable[..., tuple[Rows, Rows]]:
    """All that sources said, without the times at which they said it."""

    def read(place: Home | None = None) -> tuple[Rows, Rows]:
        catalogue = open_catalogue(place or home)
        found, cited = (t.record.c.source, t.record.c.key, t.record.c.found), t.cite.c
        try:
            with catalogue.read() as connection:
                records = {tuple(row) for row in connection.execute(select(*found))}
                cites = {tuple(row) for row in connection.execute(select(*cited))}
        finally:
            catalogue.close()
        return records, cites

    return read
