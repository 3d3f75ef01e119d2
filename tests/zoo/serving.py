"""A real server on loopback that gives the files of a folder and remembers what was asked for."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import torch

from zoo.card import Card, Weights

__all__ = ["Served", "moved", "pickled", "serving", "some_weights"]


@dataclass
class Served:
    """A folder, the address under which its files are served, and the paths asked for."""

    folder: Path
    address: str = ""
    asked: list[str] = field(default_factory=list)

    def put(self, name: str, content: bytes) -> str:
        """Serve a file; returns its address."""
        (self.folder / name).write_bytes(content)
        return f"{self.address}/{name}"


@contextmanager
def serving(folder: Path) -> Iterator[Served]:
    """Serve a folder, which is made."""
    folder.mkdir(parents=True)
    served = Served(folder)

    class Noting(SimpleHTTPRequestHandler):
        def log_request(self, *_: object) -> None:
            served.asked.append(self.path)

        def log_message(self, *_: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), partial(Noting, directory=str(folder)))
    served.address = f"http://127.0.0.1:{http.server_port}"
    thread = threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield served
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


def pickled(content: Any) -> bytes:
    """As torch saves it."""
    file = io.BytesIO()
    torch.save(content, file)
    return file.getvalue()


def some_weights(address: str, **fields: Any) -> Weights:
    """Weights of a made-up card, whose sha256 nobody knows."""
    given: dict[str, Any] = {
        "name": "some",
        "file": "some.pth",
        "sha256": "",
        "size": 1,
        "licence": "MIT (somebody)",
        "source": "a",
        "target": "b",
        "architecture": {"kind": "transformer", "options": {}},
        "addresses": (address,),
    }
    return Weights(**{**given, **fields})


def moved(card: Card, address: str, **fields: Any) -> Card:
    """A card whose weights, and what they need besides, are at `address`/FILE."""

    def one(weights: Weights) -> Weights:
        parts = tuple(one(part) for part in weights.parts)
        where = (f"{address}/{weights.file}",)
        return replace(weights, addresses=where, parts=parts, **fields)

    return replace(card, weights=tuple(one(w) for w in card.weights))
