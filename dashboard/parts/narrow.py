"""Tables for phones: the few columns that somebody needs, and all of them on request.

The server does not know how wide a window is. Both forms are sent, and dashboard/style.css shows
the one that fits, so turning a phone needs no answer from the server.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

__all__ = ["MOST", "either"]

MOST = 25  # rows of the narrow form


def either(
    key: str, titles: Sequence[str], rows: Sequence[Sequence[str]], wide: Callable[[], None]
) -> None:
    """What `wide` draws, and on a narrow screen `rows` below `titles`, cells of Markdown.

    Escape what comes from outside (`dashboard.plain`).
    """
    with st.container(key=f"narrow-{key}"):
        lines = [titles, ["---"] * len(titles), *rows[:MOST]]
        st.markdown("\n".join(f"| {' | '.join(line)} |" for line in lines))
        if len(rows) > MOST:
            st.caption(f"The first {MOST} of {len(rows):,}.")
        asked = st.toggle("All columns and rows", key=f"columns-{key}")
    with st.container(key=f"{'asked' if asked else 'wide'}-{key}"):
        wide()
