"""The flags that narrow a listing, the same for every verb."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

import click

from data.errors import UsageProblem, unknown
from data.paths import find_home
from survey.ids import parse_id

if TYPE_CHECKING:
    from survey.catalogue.papers import Filter

__all__ = ["filter_options", "make_filter"]

STATUS = ("new", "kept", "dropped", "later")
_YEARS = re.compile(r"(?P<first>\d{4})?(?P<to>\s*(?:-|–|:|\.\.)\s*(?P<last>\d{4})?)?")

_OPTIONS = (
    click.option("--year", default="", metavar="YEARS", help="2020, 2020-2023, 2020- or -2023."),
    click.option("--topic", multiple=True, metavar="NAME", help="A topic; several times."),
    click.option("--code/--no-code", default=None, help="With, or without, a code repository."),
    click.option("--venue", default="", metavar="TEXT", help="A part of a venue's name."),
    click.option(
        "--min-citations", default=0, type=click.IntRange(0, 10**9), help="At least so many."
    ),
    click.option(
        "--status",
        multiple=True,
        type=click.Choice([*STATUS, "any"]),
        help="What triage says; several times.",
    ),
    click.option("--tag", multiple=True, metavar="TAG", help="One of these tags of yours."),
    click.option(
        "--source",
        multiple=True,
        metavar="NAME",
        help="Known to one of these sources; also sample and import.",
    ),
    click.option("--cites", multiple=True, metavar="ID", help="Cites one of these seeds."),
    click.option(
        "--covered/--not-covered", default=None, help="Shown in a Two Minute Papers video, or not."
    ),
    click.option("--in-zoo", is_flag=True, help="A model in the zoo runs it."),
)
_NAMES = (
    *("year", "topic", "code", "venue", "min_citations", "status", "tag", "source", "cites"),
    *("covered", "in_zoo"),
)


def filter_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the flags; the command gets what they say as `wanted`, a Filter.

    Without `--status` the filter's `status` is empty, which a verb may read as its own default;
    `--status any` names them all.
    """

    @functools.wraps(command)
    def narrowed(*args: Any, **options: Any) -> Any:
        given = {name: options.pop(name) for name in _NAMES}
        return command(*args, wanted=make_filter(home=options.get("home"), **given), **options)

    for option in reversed(_OPTIONS):
        option(narrowed)
    return narrowed


def make_filter(
    *,
    year: str = "",
    topic: Sequence[str] = (),
    code: bool | None = None,
    venue: str = "",
    min_citations: int = 0,
    status: Sequence[str] = (),
    tag: Sequence[str] = (),
    source: Sequence[str] = (),
    cites: Sequence[str] = (),
    covered: bool | None = None,
    in_zoo: bool = False,
    home: str | None = None,
) -> Filter:
    """The filter that the flags' values ask for; UsageProblem for what cannot be.

    Topics are those of the home, where a person may have some of their own.
    """
    from survey.catalogue.papers import Filter

    return Filter(
        years=_years(year),
        topics=_topics(topic, home),
        code=code,
        venue=venue.strip(),
        citations=min_citations,
        status=STATUS if "any" in status else tuple(status),
        tags=tuple(tag),
        sources=_sources(source),
        seeds=tuple(str(parse_id(text)) for text in cites),
        covered=covered,
        arxiv=_in_zoo() if in_zoo else None,
    )


def _years(text: str) -> tuple[int | None, int | None]:
    text = text.strip()
    found = _YEARS.fullmatch(text)
    if not text:
        return None, None
    if found is None or not (found["first"] or found["last"]):
        raise UsageProblem(f"'{text}' is neither a year nor years", hint="--year 2020-2023")
    first = int(found["first"]) if found["first"] else None
    last = int(found["last"]) if found["last"] else None
    if not found["to"]:
        last = first
    if first is not None and last is not None and first > last:
        raise UsageProblem(f"the years '{text}' end before they start", f"--year {last}-{first}")
    return first, last


def _topics(names: Sequence[str], home: str | None) -> tuple[str, ...]:
    if not names:
        return ()
    from survey.topics import rules

    topics = rules(find_home(home)).topics
    for name in names:
        if name not in topics:
            raise unknown("topic", name, topics, "survey topics")
    return tuple(dict.fromkeys(names))


def _sources(names: Sequence[str]) -> tuple[str, ...]:
    if not names:
        return ()
    from survey import importing
    from survey.sample import load
    from survey.sources.source import SHORT

    known = {importing.SOURCE, load.SOURCE}
    known |= {point.name for point in entry_points(group="i2i_atlas.sources")}
    wanted = [name.strip().lower().replace("-", "_").replace(" ", "_") for name in names]
    wanted = [SHORT.get(name, name) for name in wanted]
    for name in wanted:
        if name not in known:
            raise unknown("source", name, known, "survey sources")
    return tuple(dict.fromkeys(wanted))


def _in_zoo() -> tuple[str, ...]:
    from survey.zoo_models import zoo_models

    return tuple(sorted(zoo_models()))
