"""Addresses of code repositories, found in what a paper and its sources say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

__all__ = ["Link", "links_of"]

# Hosts whose addresses are `host/owner/name`; a GitLab of an institute is `gitlab.` and so on.
_HOST = (
    r"(?:www\.)?(?:github\.com|bitbucket\.org|codeberg\.org|gitee\.com|huggingface\.co|hf\.co"
    r"|gitlab(?:\.[a-z0-9-]+)+)"
)
# Lines break in long addresses: after `https://…/` one space is read over.
_ADDRESS = re.compile(
    rf"(?<![\w./-])(?:(?:(?:ssh://)?git@|(?P<scheme>https?\s?:\s?//))?(?P<host>{_HOST})[/:])"
    r"(?(scheme)\s?)(?P<path>[\w.%~+-]+(?:/[\w.%~+-]+)*)",
    re.IGNORECASE | re.ASCII,
)
_ESCAPE = re.compile(r"\\([_%#&~-])|\\url|\\href|[{}]")  # LaTeX around an address
_OWNER = re.compile(r"[A-Za-z0-9](?:[\w.-]{0,98}\w)?")
_NAME = re.compile(r"[\w.-]{1,100}", re.ASCII)
_TAIL = ".,;:-"
# First parts of a path that are no owner.
_NO_OWNER = {
    *("about", "apps", "blog", "collections", "contact", "customer-stories", "docs", "enterprise"),
    *("explore", "features", "issues", "join", "login", "marketplace", "models", "new"),
    *("notifications", "orgs", "papers", "posts", "pricing", "pulls", "search", "security"),
    *("settings", "site", "sponsors", "tasks", "topics", "trending", "users"),
}
# At Hugging Face: what is no code, and what has one more part before the owner.
_NO_CODE = {"datasets", "papers", "blog", "docs", "collections", "posts", "learn"}


@dataclass(frozen=True, slots=True)
class Link:
    """A repository, as `https://host/owner/name`, and where it was named."""

    url: str
    place: str  # abstract | comment | links


def links_of(abstract: str, comment: str, links: Iterable[str]) -> list[Link]:
    """The repositories that the abstract, the authors' comment and a source's links name.

    Each once, in the order in which they are found; capitals of owner and name are kept, but do
    not make two repositories of one.
    """
    found: dict[str, Link] = {}
    for place, text in (("abstract", abstract), ("comment", comment), ("links", "\n".join(links))):
        for url in _urls(text):
            found.setdefault(url.lower(), Link(url, place))
    return list(found.values())


def _urls(text: str) -> Iterator[str]:
    if "/" not in text and ":" not in text:
        return
    plain = _ESCAPE.sub(lambda escape: escape.group(1) or " ", text)
    for address in _ADDRESS.finditer(plain):
        host = address["host"].lower().removeprefix("www.")
        parts = address["path"].split("/")
        path = _hub(parts) if host in ("huggingface.co", "hf.co") else _forge(host, parts)
        if path:
            yield f"https://{'huggingface.co' if host == 'hf.co' else host}/{path}"


def _forge(host: str, parts: list[str]) -> str | None:
    """`owner/name`, at GitLab with all groups; None for an owner alone or a page of the host."""
    if host.startswith("gitlab."):
        end = next((i for i, part in enumerate(parts) if part in ("-", "tree", "blob")), len(parts))
        parts = parts[:end]
    else:
        parts = parts[:2]
    if len(parts) < 2 or parts[0].lower() in _NO_OWNER:
        return None
    return _joined(parts)


def _hub(parts: list[str]) -> str | None:
    """A model or a space of Hugging Face: `owner/name`, `spaces/owner/name`."""
    first = parts[0].lower()
    if first == "spaces":
        name = _joined(parts[1:3]) if len(parts) > 2 else None
        return f"spaces/{name}" if name else None
    if first in _NO_CODE or first in _NO_OWNER or first == "api" or len(parts) < 2:
        return None
    return _joined(parts[:2])


def _joined(parts: list[str]) -> str | None:
    *owners, name = parts
    name = re.sub(r"\.git$", "", name.rstrip(_TAIL), flags=re.IGNORECASE).rstrip(_TAIL)
    if not name or not _NAME.fullmatch(name) or not all(map(_OWNER.fullmatch, owners)):
        return None
    return "/".join([*owners, name])
