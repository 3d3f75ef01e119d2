"""`survey sources`: which services are asked, and with which key and pace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from data.console import emit_json, hint, table

if TYPE_CHECKING:
    from survey.sources.source import SourceCard

__all__ = ["sources"]


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One object a source on stdout.")
def sources(as_json: bool) -> None:
    """List the services that `survey fetch` can ask; those marked usual are asked by default.

    \b
    survey sources
    survey sources --json
    """
    from survey.sources.source import known_sources

    rows = [_row(card) for card in known_sources().values()]
    if as_json:
        emit_json(rows)
        return
    columns = ("name", "gives", "usual", "key", "seconds apart", "address")
    table(columns, [_cells(row) for row in rows])
    for row in rows:
        if row["usual"] and row["key"] and not row["key_set"]:
            hint(f"{row['title']}: a free key from {row['key_page']}, then export {row['key']}=…")


def _row(card: SourceCard) -> dict[str, Any]:
    from survey.settings import SERVICES, Settings

    row = {"name": card.name, "title": card.title, "gives": card.gives, "usual": card.usual}
    service, settings = SERVICES.get(card.name), Settings()
    if service is None:  # of another package
        return {**row, "address": "", "delay": 0.0, "key": "", "key_set": False, "key_page": ""}
    host = settings.host(card.name)
    return {
        **row,
        "address": host.base,
        "delay": host.delay,
        "key": service.key,
        "key_set": bool(settings.key(card.name)),
        "key_page": service.key_page,
    }


def _cells(row: dict[str, Any]) -> list[str]:
    usual, pace = "usual" if row["usual"] else "", f"{row['delay']:g}"
    return [row["name"], row["gives"], usual, _key(row), pace, row["address"]]


def _key(row: dict[str, Any]) -> str:
    if not row["key"]:
        return "none needed"
    return f"{row['key']} {'is set' if row['key_set'] else 'is not set'}"
