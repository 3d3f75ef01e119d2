"""Pages as Streamlit knows them, and links from one page to another."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from urllib.parse import urlencode

import streamlit as st

from dashboard.mode import base_path
from dashboard.views import PageCard, present

__all__ = ["address", "link", "navigation"]


def navigation() -> dict[str, list[st.Page]]:
    """Every page that is present, under its section; the first one is the default."""
    sections: dict[str, list[st.Page]] = {}
    for place, card in enumerate(present()):
        sections.setdefault(card.section, []).append(_page(card, default=place == 0))
    return sections


def _page(card: PageCard, default: bool) -> st.Page:
    return st.Page(
        _shown(card),
        title=card.title,
        icon=card.icon,
        url_path=card.url_path,
        default=default,
        visibility="hidden" if card.hidden else "visible",
    )


def _shown(card: PageCard) -> Callable[[], None]:
    def show() -> None:
        import_module(f"dashboard.views.{card.module}").show()

    return show


def address(url_path: str, **query: str | None) -> str:
    """The address of a page with its state, relative to the server: for links in tables."""
    asked = urlencode({name: value for name, value in query.items() if value})
    if url_path == present()[0].url_path:  # Streamlit serves the default page at the root only
        url_path = ""
    return f"{base_path()}/{url_path}" + (f"?{asked}" if asked else "")


def link(url_path: str, label: str, icon: str | None = None, **query: str | None) -> None:
    """A link to a page with its state; nothing where the page is not installed.

    `label` is shown as Markdown: escape what comes from outside (`dashboard.plain`).
    """
    for place, card in enumerate(present()):
        if card.url_path == url_path:
            asked = {name: value for name, value in query.items() if value}
            page = _page(card, default=place == 0)
            st.page_link(page, label=label, icon=icon or card.icon, query_params=asked)
