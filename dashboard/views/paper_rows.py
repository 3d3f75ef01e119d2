"""One paper in a list: title, facts, the words that were found, and the decision."""

from __future__ import annotations

import re
from collections.abc import Iterator

import streamlit as st

from dashboard.plain import plain
from dashboard.views.paper_parts import facts, status_control, title_link
from survey.paper import Paper
from survey.query import parse
from survey.zoo_models import zoo_models

__all__ = ["excerpt", "marks", "row"]

AROUND = 110  # characters on either side of a word that was found
STEM = 3  # letters at the end of a word that may differ: `translating` is found as `translation`


def row(paper: Paper, text: str, sample: bool) -> None:
    """Draw the paper; `text` is what was searched for."""
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        with st.container(gap="xxsmall", width="stretch"):
            title_link(paper)
            st.caption(facts(paper))
            if found := excerpt(paper.abstract, text):
                st.markdown(found)
            if badges := " ".join(marks(paper)):
                st.markdown(badges)
        with st.container(width="content"):
            status_control(paper, sample, "row")


def marks(paper: Paper) -> Iterator[str]:
    """What there is to build on, and topics, as badges with words in them."""
    for model in zoo_models().get(paper.arxiv, ()) if paper.arxiv else ():
        yield f":green-badge[:material/play_circle: zoo {plain(model)}]"
    if paper.code:
        yield ":blue-badge[:material/code: code]"
    if paper.withdrawn:
        yield ":red-badge[:material/block: withdrawn]"
    for tag in paper.tags:
        yield f":orange-badge[{plain('#' + tag)}]"
    for topic in paper.topics[:6]:
        yield f":gray-badge[{plain(topic)}]"


def excerpt(abstract: str, text: str) -> str:
    """The piece of an abstract around the first word of `text` that is in it, as Markdown."""
    wanted = _pattern(text)
    found = wanted.search(abstract) if wanted else None
    if found is None or wanted is None:
        return ""
    first, last = max(0, found.start() - AROUND), min(len(abstract), found.end() + AROUND)
    piece = abstract[first:last]
    parts, at = ["…" if first else ""], 0
    for hit in wanted.finditer(piece):
        parts += [_kept(piece[at : hit.start()]), f"**{plain(hit[0])}**"]
        at = hit.end()
    return "".join([*parts, _kept(piece[at:]), "…" if last < len(abstract) else ""])


def _kept(text: str) -> str:
    """Escaped, with a blank at either end where there was one."""
    made = plain(text)
    return " " * text[:1].isspace() + made + " " * (bool(made) and text[-1:].isspace())


def _pattern(text: str) -> re.Pattern[str] | None:
    words = [word for term in parse(text).terms for word in re.findall(r"\w+", term.text)]
    stems = {re.escape(word[: max(4, len(word) - STEM)]) for word in words if len(word) > 1}
    if not stems:
        return None
    return re.compile(rf"\b(?:{'|'.join(sorted(stems, key=len, reverse=True))})\w*", re.IGNORECASE)
