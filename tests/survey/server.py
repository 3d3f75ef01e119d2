"""The scholarly services on loopback, with all faults that they have now and then."""

from __future__ import annotations

import email.utils
import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.survey.answers import Answers, Asked, Refusal
from tests.survey.world import World

HTML = b"<html><head><title>Sorry</title></head><body>Something went wrong</body></html>"


@dataclass
class Fault:
    """What happens to the next `times` requests whose path and query contain `match`."""

    kind: str
    match: str
    times: int
    passing: int = 0  # requests that go well before

    def hits(self, address: str) -> bool:
        if self.times <= 0 or self.match not in address:
            return False
        if self.passing > 0:
            self.passing -= 1
            return False
        self.times -= 1
        return True


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):  # a client that was killed
            super().handle_error(request, client_address)


class Services(Answers):
    """The services of one world behind one address."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.faults: list[Fault] = []
        self.log: list[Asked] = []
        self.before: Callable[[Asked], None] = lambda asked: None
        self.moved = ""  # another address where everything is now
        self._lock = threading.Lock()
        self.http = _Server(("127.0.0.1", 0), _handler(self))
        self.address = f"http://127.0.0.1:{self.http.server_port}"

    def fail(self, kind: str, match: str = "", times: int = 1, passing: int = 0) -> None:
        """Have requests fail: see `_spoil` for the kinds."""
        self.faults.append(Fault(kind, match, times, passing))

    def count(self, *parts: str) -> int:
        """Requests whose path contains one of some texts."""
        return sum(any(part in asked.path for part in parts or ("",)) for asked in self.log)

    def counts(self) -> Counter[str]:
        """Requests by service."""
        return Counter(asked.path.split("/")[1] for asked in self.log)

    def answer(self, request: BaseHTTPRequestHandler, body: Any = None) -> None:
        """Answer one request."""
        parts = urlsplit(request.path)
        query = {k: v[-1] for k, v in parse_qs(parts.query, keep_blank_values=True).items()}
        key = request.headers.get("x-api-key") or ""
        asked = Asked(unquote(parts.path), query, time.monotonic(), key)
        with self._lock:
            self.log.append(asked)
            self.before(asked)
            fault = next((f for f in self.faults if f.hits(unquote(request.path))), None)
        try:
            if self.moved:
                raise Refusal(301, {}, Location=self.moved + request.path)
            content = self.find(asked, body)
            status, headers = 200, {}
        except Refusal as refusal:
            content, status, headers = refusal.body, refusal.status, refusal.headers
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        _send(request, *(_spoil(fault.kind, raw) if fault else (status, raw, headers)))


def _spoil(kind: str, raw: bytes) -> tuple[int, bytes, dict[str, str]]:
    """What a fault makes of an answer; the length of a `cut` one is that of the whole."""
    busy = json.dumps({"message": "Too Many Requests.", "code": "429"}).encode()
    if kind == "429-date":
        when = email.utils.formatdate(time.time() + 1, usegmt=True)
        return 429, busy, {"Retry-After": when}
    if kind.startswith("429-"):
        return 429, busy, {"Retry-After": kind.removeprefix("429-")}
    if kind == "429":
        return 429, busy, {}
    if kind in ("500", "502", "504"):
        return int(kind), b'{"message": "Internal Server Error"}', {}
    if kind == "503":
        return 503, HTML, {}
    if kind == "html":
        return 200, HTML, {}
    if kind == "escape":
        return 401, json.dumps({"error": "\x1b[31m[red]no\x07"}).encode(), {}
    if kind == "400":
        return 400, HTML, {}
    if kind in ("401", "403"):
        return int(kind), b'{"message": "Forbidden"}', {}
    if kind == "short":
        return 200, raw[: len(raw) // 2], {}
    assert kind == "cut"
    return 200, raw[: len(raw) // 2], {"Content-Length": str(len(raw))}


def _send(
    request: BaseHTTPRequestHandler, status: int, raw: bytes, headers: dict[str, str]
) -> None:
    request.send_response(status)
    for name, value in {"Content-Length": str(len(raw)), **headers}.items():
        request.send_header(name, value)
    request.end_headers()
    request.wfile.write(raw)
    if int(headers.get("Content-Length", len(raw))) != len(raw):
        request.close_connection = True


def _handler(services: Services) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1  # one packet for head and body

        def do_GET(self) -> None:
            services.answer(self)

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            services.answer(self, json.loads(self.rfile.read(length)))

        def log_message(self, *arguments: object) -> None:
            pass

    return Handler
