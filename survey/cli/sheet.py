"""All that is known of a paper, as text for a terminal."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

__all__ = ["sheet"]

AUTHORS = 12  # names shown; some papers have thousands
INDENT = "  "


def sheet(found: Mapping[str, Any]) -> Iterator[str]:
    """Lines that tell what survey.about.about found."""
    yield from _wrapped(found["title"] or found["id"], "")
    yield from _wrapped(_authors(found["authors"]), "")
    yield _first_line(found)
    if found["withdrawn"]:
        yield "withdrawn by its authors, or retracted"
    yield from _facts(found)
    if found["abstract"]:
        yield ""
        yield from _wrapped(found["abstract"], INDENT)
    for title, part in _PARTS.items():
        if lines := list(part(found)):
            yield f"\n{title}"
            yield from lines


def _first_line(found: Mapping[str, Any]) -> str:
    places = (
        found["date"] or str(found["year"] or "no date"),
        found["venue"],
        f"published {found['published']}" if found["published"] else "",
        found["kind"],
    )
    return " · ".join(place for place in places if place)


def _facts(found: Mapping[str, Any]) -> Iterator[str]:
    citations = "unknown" if found["citations"] is None else f"{found['citations']:,}"
    if found["influential"] is not None:
        citations += f", {found['influential']:,} influential"
    facts = {
        "id": found["id"],
        "also": ", ".join(name for name in found["identifiers"] if name != found["id"]),
        "citations": citations,
        "topics": ", ".join(found["topics"]),
        "status": ", ".join([found["status"], *found["tags"]]),
        "note": found["note"],
        "comment": found["comment"],
        "categories": ", ".join(found["categories"]),
        "venues": "; ".join(found["venues"]),
        "references": str(found["references"] or ""),
        "licence": found["licence"],
    }
    for name, value in facts.items():
        if value:
            yield from _wrapped(f"{name:<11} {value}", "", " " * 12)


def _authors(names: Sequence[str]) -> str:
    more = len(names) - AUTHORS
    return ", ".join(names[:AUTHORS]) + (f" and {more:,} more" if more > 0 else "")


def _wrapped(text: str, indent: str, following: str | None = None) -> list[str]:
    width = min(shutil.get_terminal_size((100, 24)).columns, 100)
    after = indent if following is None else following
    return textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=after)


def _records(found: Mapping[str, Any]) -> Iterator[str]:
    for record in found["records"]:
        reason = record["reason"] or "the only record" * (len(found["records"]) == 1)
        yield f"{INDENT}{record['source']}/{record['key']}  {reason}".rstrip()
        if record["found"].get("title", "") not in ("", found["title"]):
            yield from _wrapped(f"called: {record['found']['title']}", INDENT * 2)
        if record["doubt"]:
            yield from _wrapped(f"doubtful: {record['doubt']}", INDENT * 2)


def _cites(found: Mapping[str, Any]) -> Iterator[str]:
    for cite in found["cites"]:
        how = [*cite["intents"], *(["influential"] if cite["influential"] else [])]
        told = f": {', '.join(how)}" if how else ""
        yield f"{INDENT}{cite['seed']}, says {cite['source']}{told}"
        for sentence in cite["contexts"]:
            yield from _wrapped(f"“{sentence}”", INDENT * 2)


def _topics(found: Mapping[str, Any]) -> Iterator[str]:
    for hit in found["topic_evidence"]:
        yield from _wrapped(f"{hit['topic']}: {hit['evidence']} ({hit['place']})", INDENT)


def _code(found: Mapping[str, Any]) -> Iterator[str]:
    for code in found["code_evidence"]:
        stars = "" if code["stars"] is None else f"{code['stars']:,} stars"
        pushed = f"last commit {code['pushed']}" if code["pushed"] else ""
        told = ", ".join(filter(None, (code["state"], stars, code["licence"], pushed)))
        yield f"{INDENT}{code['url']} ({told or 'from the ' + code['place']})"


def _videos(found: Mapping[str, Any]) -> Iterator[str]:
    for video in found["covered"]:
        yield f"{INDENT}{video['title']}: {video['url']} ({video['evidence']})"


def _history(found: Mapping[str, Any]) -> Iterator[str]:
    for mend in found["mends"]:
        yield f"{INDENT}{mend['action']} {mend['first']} {mend['second']}"
    for event in found["events"]:
        yield f"{INDENT}{event['at']}  {event['action']} {event['value']}".rstrip()


_PARTS = {
    "records, and why they are of this paper": _records,
    "cites": _cites,
    "topics": _topics,
    "code": _code,
    "videos": _videos,
    "done by hand": _history,
}
