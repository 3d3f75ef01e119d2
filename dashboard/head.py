"""What the dashboard puts into the head of Streamlit's page: where the server is.

Without it a page below the root (`/compare`) first asks for the server below itself, gets two 404s
and then asks at the root.
"""

from __future__ import annotations

import json

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.mode import base_path

__all__ = ["Head"]

_MARK = b"</title>"
_SCRIPT = "</title><script>window.__streamlit={BACKEND_BASE_URL:location.origin+%s}</script>"


class Head:
    """ASGI middleware that adds one script to pages of HTML and leaves all else as it is."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; of an answer that is a page, hold the start until its body is here."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        if _is_page(scope["path"]):  # a packed one could not be looked into; it is small
            plain = [(k, v) for k, v in scope["headers"] if k != b"accept-encoding"]
            scope = {**scope, "headers": plain}
        await self.app(scope, receive, _Page(send).take)


def _is_page(path: str) -> bool:
    return "." not in path.rsplit("/", 1)[-1] and "/_stcore" not in path


class _Page:
    """An answer on its way: HTML is collected and changed, anything else goes through."""

    def __init__(self, send: Send) -> None:
        self.send = send
        self.start: Message | None = None
        self.body = b""

    async def take(self, message: Message) -> None:
        """One message of the answer."""
        if message["type"] == "http.response.start" and _is_html(message):
            self.start = message
        elif self.start is None:
            await self.send(message)
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")
            if not message.get("more_body"):
                await self._finish()

    async def _finish(self) -> None:
        assert self.start is not None
        body = self.body.replace(_MARK, (_SCRIPT % json.dumps(base_path())).encode(), 1)
        headers = [(k, v) for k, v in self.start["headers"] if k.lower() != b"content-length"]
        headers.append((b"content-length", str(len(body)).encode()))
        await self.send({**self.start, "headers": headers})
        await self.send({"type": "http.response.body", "body": body})


def _is_html(message: Message) -> bool:
    found = {k.lower(): v for k, v in message["headers"]}
    return (
        message["status"] == 200
        and found.get(b"content-type", b"").startswith(b"text/html")
        and b"content-encoding" not in found
    )
