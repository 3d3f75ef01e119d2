"""GitHub and YouTube on loopback, and catalogues that were fetched from nowhere."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from data.paths import Home
from survey.catalogue.catalogue import open_catalogue
from survey.catalogue.records import save
from survey.derive import derive
from survey.found import Found, Row

Fetched = Callable[..., None]


def about(name: str, **more: Any) -> dict[str, Any]:
    """What GitHub answers, trimmed to what matters."""
    return {
        "full_name": name,
        "html_url": f"https://github.com/{name}",
        "stargazers_count": 12000,
        "pushed_at": "2023-05-06T10:11:12Z",
        "archived": False,
        "license": {"key": "other", "spdx_id": "NOASSERTION"},
        **more,
    }


class GitHub:
    """Loopback GitHub: repositories, renames by 301, limits told in headers."""

    def __init__(self) -> None:
        self.known: dict[str, tuple[int, dict[str, Any]]] = {}
        self.moved: dict[str, str] = {}
        self.left: int | None = None  # answers until the allowance is used up
        self.reset = 1.0  # seconds until it is full again
        self.asked: list[str] = []
        self.tokens: list[str | None] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.answer(self)

            def log_message(self, *arguments: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.http.server_port}"

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        self.asked.append(request.path)
        self.tokens.append(request.headers.get("Authorization"))
        if self.left == 0:
            self.left = None
            headers = {
                "x-ratelimit-remaining": "0",
                "x-ratelimit-reset": str(int(time.time() + self.reset)),
            }
            self.send(request, 403, {"message": "API rate limit exceeded for 127.0.0.1."}, headers)
            return
        self.left = None if self.left is None else self.left - 1
        if request.path in self.moved:
            place = self.address + self.moved[request.path]
            self.send(request, 301, {"message": "Moved Permanently"}, {"Location": place})
            return
        status, body = self.known.get(request.path, (404, {"message": "Not Found"}))
        self.send(request, status, body, {})

    def send(
        self,
        request: BaseHTTPRequestHandler,
        status: int,
        content: dict[str, Any],
        headers: dict[str, str],
    ) -> None:
        body = json.dumps(content).encode()
        request.send_response_only(status)
        headers = {"Date": formatdate(usegmt=True), "Content-Length": str(len(body)), **headers}
        for name, value in headers.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)

    def has(self, name: str, path: str = "", **more: Any) -> None:
        """There is a repository, asked for by its name or at another path."""
        self.known[path or f"/repos/{name}"] = (200, about(name, **more))


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHub]:
    served = GitHub()
    thread = threading.Thread(target=served.http.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    monkeypatch.setenv("ATLAS_GITHUB_URL", served.address)
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    yield served
    served.http.shutdown()
    served.http.server_close()
    thread.join()


class Channel:
    """YouTube's feed on loopback."""

    def __init__(self) -> None:
        self.body, self.status = b'<feed xmlns="http://www.w3.org/2005/Atom"/>', 200
        self.asked: list[dict[str, list[str]]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                assert urlsplit(self.path).path == "/feeds/videos.xml"
                outer.asked.append(parse_qs(urlsplit(self.path).query))
                self.send_response(outer.status)
                self.send_header("Content-Length", str(len(outer.body)))
                self.end_headers()
                self.wfile.write(outer.body)

            def log_message(self, *arguments: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)


@pytest.fixture
def channel(monkeypatch: pytest.MonkeyPatch) -> Iterator[Channel]:
    served = Channel()
    thread = threading.Thread(target=served.http.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    monkeypatch.setenv("ATLAS_YOUTUBE_URL", f"http://127.0.0.1:{served.http.server_port}")
    yield served
    served.http.shutdown()
    served.http.server_close()
    thread.join()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home without a catalogue."""
    return Home(tmp_path)


@pytest.fixture
def fetched(home: Home) -> Fetched:
    """Saves what sources found, as a crawl of CycleGAN does: fetched(Found(…), …)."""

    def save_all(*found: Found) -> None:
        catalogue = open_catalogue(home)
        with catalogue.write() as connection:
            for paper in found:
                save(connection, paper.source, "arxiv:1703.10593", [Row(paper)])
        derive(catalogue)
        catalogue.close()

    return save_all
