"""What a service says with an answer that is none: how long to wait, and why."""

from __future__ import annotations

import email.utils

import requests

from survey.found import clean

__all__ = ["retry_after", "told"]


def retry_after(response: requests.Response) -> float | None:
    """Seconds to wait, of a number or of an HTTP date (RFC 9110, section 10.2.3).

    Without either, of GitHub's headers, which say when a used-up allowance is full again.
    """
    text = response.headers.get("Retry-After", "").strip()
    if not text:
        return _allowance_after(response)
    if text.replace(".", "", 1).isdecimal():
        return float(text)
    try:
        when = email.utils.parsedate_to_datetime(text)
        # Against the server's own clock: ours may be wrong.
        now = email.utils.parsedate_to_datetime(response.headers["Date"])
        return max(0.0, (when - now).total_seconds())
    except (ValueError, TypeError, KeyError):
        return None


def _allowance_after(response: requests.Response) -> float | None:
    if response.headers.get("x-ratelimit-remaining") != "0":
        return None
    try:
        now = email.utils.parsedate_to_datetime(response.headers["Date"]).timestamp()
        return max(1.0, float(response.headers["x-ratelimit-reset"]) - now + 1.0)
    except (ValueError, TypeError, KeyError):
        return None


def told(response: requests.Response) -> str:
    """What the service says of its refusal, in one short line."""
    try:
        content = response.json()
        parts = (content.get("error"), content.get("message"))
        text = clean(": ".join(str(part) for part in parts if part))
    except (ValueError, AttributeError):
        text = ""
    return f"HTTP {response.status_code}{f': {text[:200]}' if text else ''}"
