"""Read the rules of topics from TOML files: the bundled one, and one of a person's own."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from data.errors import UsageProblem, unknown
from survey.phrases import expand

__all__ = ["Topic", "read_rules"]

_SECTIONS = ("groups", "topics")
_PHRASES = (
    *("words", "often", "never", "hints"),
    *("in_title", "in_abstract", "in_comment", "in_contexts"),
)
_BUNDLED = Path(__file__).with_name("topics.toml")
# A command that works while a person's own file is wrong: every one of `survey` reads it.
_HINT = f"the bundled file shows how it is written: cat {_BUNDLED}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A topic and the phrases (survey.phrases) by which it is found."""

    name: str
    title: str
    group: str
    about: str = ""  # what belongs here, in a line
    parent: str = ""  # the topic that a paper of this one belongs to as well
    words: tuple[str, ...] = ()  # enough anywhere: title, abstract, comment
    often: tuple[str, ...] = ()  # enough in the title; in the abstract only when found twice
    never: tuple[str, ...] = ()  # what looks like a word of the topic and is none
    in_title: tuple[str, ...] = ()
    in_abstract: tuple[str, ...] = ()
    in_comment: tuple[str, ...] = ()
    in_contexts: tuple[str, ...] = ()  # in the sentences in which a paper cites the seed
    in_categories: tuple[str, ...] = ()  # arXiv's, `cs.SD`
    unless: tuple[str, ...] = ()  # topics beside which this one says nothing
    hints: tuple[str, ...] = ()  # enough beside one of `hints_with` and none of `hints_without`
    hints_with: tuple[str, ...] = ()  # empty: any or none
    hints_without: tuple[str, ...] = ()

    @property
    def others(self) -> tuple[str, ...]:
        """Every topic that its rules name."""
        named = (self.parent, *self.unless, *self.hints_with, *self.hints_without)
        return tuple(name for name in named if name)

    def hints_hold(self, beside: Set[str]) -> bool:
        """Whether hints are enough for a paper of these topics."""
        needed = not self.hints_with or not beside.isdisjoint(self.hints_with)
        return needed and beside.isdisjoint(self.hints_without)


_KEYS = tuple(f.name for f in fields(Topic) if f.name != "name")
_LISTS = (*_PHRASES, "in_categories", "unless", "hints_with", "hints_without")


def read_rules(*paths: Path) -> tuple[dict[str, Topic], dict[str, str]]:
    """Topics and group titles of the files; later files add to the lists of earlier ones.

    Of a topic that is there already, a title, group, parent or about takes the old one's place;
    `off = true` leaves the topic out. UsageProblem names the file and the entry that cannot be.
    """
    entries: dict[str, dict[str, Any]] = {}
    groups: dict[str, str] = {}
    named: set[str] = set()  # also those that were left out
    for path in paths:
        content = _read(path)
        groups |= {name: str(title) for name, title in content.get("groups", {}).items()}
        for name, entry in content.get("topics", {}).items():
            # What comes with the program is checked by a test, not at every start.
            _add(entries, name, entry, path, check=path != paths[0])
            named.add(name)
    topics = {name: _topic(name, entry, groups, paths[-1]) for name, entry in entries.items()}
    for topic in topics.values():
        for other in topic.others:
            if other not in named:
                raise _unknown(f"topic beside {topic.name}", other, named, paths[-1])
    return topics, groups


def _read(path: Path) -> dict[str, Any]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:  # also what is not UTF-8 and not TOML
        raise _wrong(path, str(problem)) from problem
    for section, entries in content.items():
        if section not in _SECTIONS:
            raise _wrong(path, f"'{section}' is neither [groups] nor [topics.NAME]")
        if not isinstance(entries, Mapping):
            raise _wrong(path, f"{section} is no table")
    return content


def _add(
    entries: dict[str, dict[str, Any]], name: str, entry: Any, path: Path, *, check: bool
) -> None:
    if not isinstance(entry, Mapping):
        raise _wrong(path, f"topics.{name} is no table")
    if entry.get("off"):
        entries.pop(name, None)
        return
    known = entries.setdefault(name, {})
    for key, value in entry.items():
        if key not in (*_KEYS, "off"):
            raise _unknown(f"key of topics.{name}", key, _KEYS, path)
        if key in _LISTS:
            values = _texts(value, f"topics.{name}.{key}", path)
            if check and key in _PHRASES:
                _check(values, f"topics.{name}.{key}", path)
            known[key] = (*known.get(key, ()), *values)
        elif key != "off":
            known[key] = str(value)


def _texts(value: Any, place: str, path: Path) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _wrong(path, f"{place} is no list of texts")
    return tuple(value)


def _check(phrases: Sequence[str], place: str, path: Path) -> None:
    for phrase in phrases:
        try:
            expand(phrase)
        except ValueError as problem:
            raise _wrong(path, f"{place}: {problem}") from problem


def _topic(name: str, entry: Mapping[str, Any], groups: Mapping[str, str], path: Path) -> Topic:
    if not entry.get("title") or not entry.get("group"):
        raise _wrong(path, f"topics.{name} needs a title and a group")
    if entry["group"] not in groups:
        raise _unknown(f"group of topics.{name}", entry["group"], groups, path)
    return Topic(name=name, **entry)


def _unknown(kind: str, name: str, known: Iterable[str], path: Path) -> UsageProblem:
    """With near matches; all of them are in the bundled file."""
    return _wrong(path, unknown(kind, name, known, "").message)


def _wrong(path: Path, what: str) -> UsageProblem:
    return UsageProblem(f"{path}: {what}", hint=_HINT)
