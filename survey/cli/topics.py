"""`survey topics`: the taxonomy, what a paper was found to be about, and why."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import click

from data.console import echo, emit_json, hint, home_option, say, table
from data.errors import UsageProblem, unknown
from data.paths import Home, find_home

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from survey.topics import Hit, Rules

__all__ = ["topics"]


@click.command()
@click.argument("name", metavar="[TOPIC|PAPER]", default="")
@click.option("--text", default="", metavar="WORDS", help="Try the rules on a title of your own.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@home_option
def topics(name: str, text: str, as_json: bool, home: str | None) -> None:
    """List topics with the number of papers; of a paper those found, with the words that say so.

    A topic's name shows its rule. Rules of your own go into a file topics.toml in the home.

    \b
    survey topics
    survey topics 1703.10593
    survey topics dehaze
    survey topics --text "Unpaired translation of night photographs"
    """
    from survey.topics import rules

    where = find_home(home)
    known = rules(where)
    if name and text:
        raise UsageProblem("a topic or paper, or --text, not both", hint="survey topics --help")
    if text:
        _show_hits(known, "", known.topics_of(text, ""), as_json)
    elif name in known.topics:
        _show_rule(known, name, as_json)
    elif name:
        _show_paper(known, where, name, as_json)
    else:
        _show_all(known, where, as_json)


def _show_all(known: Rules, home: Home, as_json: bool) -> None:
    counts = _counts(home)
    if as_json:
        emit_json(_listed(known, counts))
        return
    rows = []
    for name, topic in known.topics.items():
        group = known.groups[topic.group]
        number = str(counts.get(name, 0)) if counts is not None else ""
        rows.append([f"  {name}" if topic.parent else name, number, topic.about, group])
    table(["topic", "papers", "about", "group"], rows)
    if counts is None:
        hint("there is no catalogue to count in yet: survey sample")


def _listed(known: Rules, counts: Mapping[str, int] | None) -> Iterable[dict[str, Any]]:
    for name, topic in known.topics.items():
        yield {
            "topic": name,
            "title": topic.title,
            "group": topic.group,
            "parent": topic.parent,
            "about": topic.about,
            "papers": None if counts is None else counts.get(name, 0),
        }


def _counts(home: Home) -> dict[str, int] | None:
    """Papers of each topic; None where there is no catalogue."""
    from sqlalchemy import func, select

    from survey.catalogue import tables as t
    from survey.derive import reading

    if not _has_catalogue(home):
        return None
    with reading(home) as connection:
        query = select(t.topic.c.topic, func.count()).group_by(t.topic.c.topic)
        return {str(name): int(number) for name, number in connection.execute(query)}


def _has_catalogue(home: Home) -> bool:
    """Whether there is anything to count in."""
    return home.catalogue.is_file() or bool(os.environ.get("ATLAS_CATALOGUE", "").strip())


def _show_rule(known: Rules, name: str, as_json: bool) -> None:
    from dataclasses import asdict

    rule = {key: value for key, value in asdict(known.topics[name]).items() if value}
    if as_json:
        emit_json(rule)
        return
    for key, value in rule.items():
        echo(f"{key}: {value}" if isinstance(value, str) else f"{key}:")
        for phrase in () if isinstance(value, str) else value:
            echo(f"  {phrase}")
    inner = [other for other, topic in known.topics.items() if topic.parent == name]
    if inner:
        say(f"and all papers of {', '.join(inner)}")


def _show_paper(known: Rules, home: Home, name: str, as_json: bool) -> None:
    from survey.catalogue.papers import resolve
    from survey.derive import reading

    if not _has_catalogue(home) and not any(c.isdigit() for c in name):
        raise unknown("topic", name, known.topics, "survey topics")
    with reading(home) as connection:
        try:
            paper = resolve(connection, name)
        except UsageProblem:
            if any(c.isdigit() for c in name):
                raise
            raise unknown("topic", name, known.topics, "survey topics") from None
        found = _stored(connection, paper)
    _show_hits(known, paper, found, as_json)


def _stored(connection: Connection, paper: str) -> list[Hit]:
    from sqlalchemy import select

    from survey.catalogue import tables as t
    from survey.topics import Hit

    query = select(t.topic.c.topic, t.topic.c.place, t.topic.c.evidence)
    rows = connection.execute(query.where(t.topic.c.paper == paper))
    return [Hit(str(topic), str(place), str(evidence)) for topic, place, evidence in rows]


def _show_hits(known: Rules, paper: str, found: Iterable[Hit], as_json: bool) -> None:
    place = {name: i for i, name in enumerate(known.topics)}
    hits = sorted(found, key=lambda hit: place.get(hit.topic, len(place)))
    if as_json:
        emit_json(
            {"paper": paper, "topic": h.topic, "place": h.place, "evidence": h.evidence}
            for h in hits
        )
    elif hits:
        table(["topic", "found in", "words"], [[h.topic, h.place, h.evidence] for h in hits])
    else:
        say("no topic: none of the rules' words were found")
        hint("what they look for: survey topics TOPIC")
