"""How the papers' repositories at GitHub are: stars, licence, last commit, archived or gone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, delete, insert, select

from data.console import warn
from data.errors import NetworkProblem
from survey.catalogue import tables as t
from survey.catalogue.bulk import chunks
from survey.catalogue.catalogue import Catalogue
from survey.catalogue.events import now
from survey.found import clean, iso_date
from survey.http import BadRequest, Denied, Host, NotFound, Spent, Unreachable, as_json

__all__ = ["FRESH", "Asked", "Repository", "address_at_github", "look_up", "repositories"]

FRESH = timedelta(days=30)  # for so long an answer is not asked for again
_GITHUB = re.compile(r"https?://(?:www\.)?github\.com/([\w.-]+)/([\w.-]+)", re.IGNORECASE)
_PATIENCE = 3  # faults in a row after which the service is taken to be down


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """What GitHub said of one address; `moved` is where it is now, when that is elsewhere."""

    url: str
    state: str  # alive | archived | gone | blocked
    stars: int | None = None
    licence: str = ""  # SPDX; `other` for one that GitHub does not know
    pushed: str = ""  # day of the last commit
    moved: str = ""
    checked: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return asdict(self)


@dataclass(slots=True, kw_only=True)
class Asked:
    """What one run did."""

    asked: int = 0
    fresh: int = 0  # known well enough already
    elsewhere: int = 0  # not at GitHub
    failed: int = 0


def address_at_github(url: str) -> tuple[str, str] | None:
    """Owner and name, or None for an address that is no repository at GitHub."""
    found = _GITHUB.match(url)
    if found is None:
        return None
    owner, name = found.groups()
    return owner, name.removesuffix(".git")


def repositories(
    connection: Connection, urls: Iterable[str] | None = None
) -> dict[str, Repository]:
    """What is known of these addresses, or of all, by address."""
    every = select(t.repository).order_by(t.repository.c.url)
    queries = [every]
    if urls is not None:
        queries = [every.where(t.repository.c.url.in_(some)) for some in chunks(sorted(set(urls)))]
    rows = (row for query in queries for row in connection.execute(query).mappings())
    return {str(row["url"]): Repository(**row) for row in rows}


def look_up(
    catalogue: Catalogue,
    host: Host,
    urls: Sequence[str],
    told: Asked,
    *,
    refresh: bool = False,
    on_step: Callable[[int, int], None] = lambda *_: None,
) -> None:
    """Ask for each address that is not fresh, store each answer at once, and count in `told`.

    After a kill the same call goes on from there. Raises Spent when GitHub's allowance is used
    up, Denied when it refuses the token, another NetworkProblem when it seems to be down.
    """
    with catalogue.read() as connection:
        known = repositories(connection)
    places = {url: place for url in urls if (place := address_at_github(url))}
    due = [u for u in places if refresh or not _is_fresh(known.get(u))]
    told.fresh, told.elsewhere = len(places) - len(due), len(set(urls)) - len(places)
    in_a_row = 0
    for done, url in enumerate(due):
        on_step(done, len(due))
        try:
            _store(catalogue, _ask(host, url, *places[url]))
        except (Spent, Denied, Unreachable):
            raise
        except (NetworkProblem, BadRequest) as problem:
            told.failed, in_a_row = told.failed + 1, in_a_row + 1
            if in_a_row == _PATIENCE and isinstance(problem, NetworkProblem):
                raise
            warn(f"{url}: {problem}")
        else:
            told.asked, in_a_row = told.asked + 1, 0
    on_step(len(due), len(due))


def _is_fresh(known: Repository | None) -> bool:
    try:
        if known is None:
            return False
        # A clock that ran ahead once must not make an answer good until then.
        return abs(datetime.now(UTC) - datetime.fromisoformat(known.checked)) < FRESH
    except (ValueError, TypeError):
        return False


def _ask(host: Host, url: str, owner: str, name: str) -> Repository:
    try:
        return host.get(f"/repos/{quote(owner)}/{quote(name)}", {}, lambda body: parse(url, body))
    except NotFound:
        return Repository(url=url, state="gone", checked=now())
    except (BadRequest, Denied) as problem:
        # 451 for legal reasons, 403 with these words for breaking the terms of use.
        if "HTTP 451" in str(problem) or "access blocked" in str(problem):
            return Repository(url=url, state="blocked", checked=now())
        raise


def parse(url: str, body: bytes) -> Repository:
    """GitHub's answer; ValueError for what is cut or no JSON, BadRequest for another object."""
    content = as_json(body)
    if not isinstance(content, Mapping) or not isinstance(content.get("stargazers_count"), int):
        raise BadRequest("the answer describes no repository")
    here = clean(content.get("html_url"))
    place = address_at_github(here)
    return Repository(
        url=url,
        state="archived" if content.get("archived") is True else "alive",
        stars=content["stargazers_count"],
        licence=_licence(content.get("license")),
        pushed=iso_date(content.get("pushed_at")),
        moved=here if place and not _same(place, address_at_github(url)) else "",
        checked=now(),
    )


def _licence(content: Any) -> str:
    if not isinstance(content, Mapping):
        return ""
    name = clean(content.get("spdx_id"))
    return "other" if name in ("", "NOASSERTION") else name


def _same(one: tuple[str, str], other: tuple[str, str] | None) -> bool:
    return other is not None and [p.casefold() for p in one] == [p.casefold() for p in other]


def _store(catalogue: Catalogue, answer: Repository) -> None:
    with catalogue.write() as connection:
        connection.execute(delete(t.repository).where(t.repository.c.url == answer.url))
        connection.execute(insert(t.repository).values(**answer.to_json()))
