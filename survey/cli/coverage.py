"""`survey coverage`: papers that Two Minute Papers has made a video of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from data.console import emit_json, hint, home_option, say, table
from data.errors import UsageProblem
from data.paths import Home, find_home

if TYPE_CHECKING:
    from survey.coverage import Video

__all__ = ["coverage"]


@click.command()
@click.option("--refresh", is_flag=True, help="First add the newest videos of the public feed.")
@click.option("--json", "as_json", is_flag=True, help="One object a video on stdout.")
@home_option
def coverage(refresh: bool, as_json: bool, home: str | None) -> None:
    """List the known videos of Two Minute Papers and which papers of the catalogue they show.

    The feed has the 15 newest videos only; what was once seen stays in the list.

    \b
    survey coverage --refresh
    survey ls --covered
    """
    from survey.coverage import refresh as ask_feed
    from survey.coverage import videos
    from survey.settings import Settings

    place = find_home(home)
    if refresh:
        told = ask_feed(place, Settings())
        say(f"{told.new} new videos of {told.listed} in the feed, {told.known} known")
    known, found = videos(place), _found(place)
    if as_json:
        emit_json(_as_json(video, found.get(video.video, [])) for video in known)
        return
    table(
        ["published", "video", "about", "in the catalogue"],
        [_row(video, found.get(video.video, [])) for video in known],
    )
    if found:
        hint("survey ls --covered")


def _found(home: Home) -> dict[str, list[str]]:
    """Papers of the catalogue by video; none where there is no catalogue yet."""
    from sqlalchemy import select

    from survey.catalogue import tables as t
    from survey.derive import ready

    try:
        catalogue = ready(home)
    except UsageProblem:
        return {}
    found: dict[str, list[str]] = {}
    try:
        with catalogue.read() as connection:
            query = select(t.covered.c.video, t.covered.c.paper).order_by(t.covered.c.paper)
            for video, paper in connection.execute(query):
                found.setdefault(str(video), []).append(str(paper))
    finally:
        catalogue.close()
    return found


def _as_json(video: Video, papers: Iterable[str]) -> dict[str, Any]:
    return {
        "video": video.video,
        "title": video.title,
        "published": video.published,
        "url": video.url,
        "about": [{"title": named.title, "arxiv": named.arxiv} for named in video.papers],
        "papers": list(papers),
    }


def _row(video: Video, papers: Iterable[str]) -> list[str]:
    about = "; ".join(named.title for named in video.papers)
    return [video.published, video.title, about, " ".join(papers)]
