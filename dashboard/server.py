"""The server: the app, and the pictures that records name under addresses of their own.

Addresses let a browser load what it shows and keep it; Streamlit's own pictures are encoded again
at every run of a page and stay in memory for as long as somebody looks.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import lru_cache
from pathlib import Path

import streamlit as st
from PIL import Image
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from dashboard.head import Head
from dashboard.load import ROUTE, picture
from dashboard.mode import base_path
from dashboard.warming import begin
from data.errors import BadImage
from data.images import decode

__all__ = ["app", "lifespan", "send"]

SHOWN = {".bmp", ".gif", ".jpeg", ".jpg", ".png", ".webp"}  # by browsers
READY = 3.0  # s to read ahead before somebody is served; what takes longer goes on behind
WIDEST = 2048  # px of a smaller copy
HEADERS = {
    "Cache-Control": "private, max-age=31536000, immutable",  # an address names one version
    "Content-Security-Policy": "default-src 'none'",
    "X-Content-Type-Options": "nosniff",
}


def send(request: Request) -> Response:
    """A picture under the home's runs, or with `w` a copy at most that many pixels wide.

    404 for anything else, 415 for a file that is no picture.
    """
    path = picture(request.path_params["path"])
    if path is None:
        return Response("there is no such picture", status_code=404, media_type="text/plain")
    width = _width(request.query_params.get("w"))
    if not width and path.suffix.lower() in SHOWN:
        return FileResponse(path, headers=HEADERS)
    try:
        content = _copy(str(path), path.stat().st_mtime_ns, width or WIDEST)
    except (BadImage, OSError):
        return Response("the picture is damaged", status_code=415, media_type="text/plain")
    return Response(content, media_type="image/webp", headers=HEADERS)


def _width(asked: str | None) -> int:
    return min(max(int(asked), 16), WIDEST) if asked and asked.isdecimal() else 0


@lru_cache(maxsize=2000)  # about 10 kB each
def _copy(path: str, changed: int, width: int) -> bytes:
    shown = Image.fromarray(decode(Path(path)))
    shown.thumbnail((width, width * 4), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    shown.save(file, "WEBP", quality=88)
    return file.getvalue()


@asynccontextmanager
async def lifespan(_app: object) -> AsyncIterator[None]:
    """What pages read is read before the first is asked for, and no folder is left at the end."""
    await asyncio.to_thread(begin().wait, READY)
    try:
        yield
    finally:
        from dashboard.load.catalogue import remove_samples  # pages have it, the start needs it not

        remove_samples()


app = st.App(
    Path(__file__).with_name("app.py"),
    routes=[Route(f"{base_path()}{ROUTE}/{{path:path}}", send)],
    middleware=[Middleware(Head)],
    lifespan=lifespan,
)
