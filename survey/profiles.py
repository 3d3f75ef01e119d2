"""What makes a paper worth looking at, as weights in a file that a person can change."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from data.errors import UsageProblem, unknown
from data.paths import Home

__all__ = ["DEFAULT", "TERMS", "Profile", "Scales", "profile", "profiles"]

BUNDLED = Path(__file__).with_name("profiles.toml")
DEFAULT = "side-project"
# The terms that a profile can weigh; survey.terms reads them.
TERMS = (
    *("momentum", "influence", "centrality", "citations", "recency", "venue", "overview"),
    *("code", "licence", "upkeep", "stars", "zoo", "coverage", "topics"),
)
_SECTIONS = ("profiles", "full", "half_life", "venue", "licence")
_PLAIN = {
    "full": ("citations", "citations_a_month", "influential", "stars"),
    "half_life": ("paper", "repository"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scales:
    """Where a term has full marks; the file profiles.toml says what each number means."""

    citations: float
    citations_a_month: float
    influential: float
    stars: float
    paper: float  # half-lives, in years
    repository: float
    venues: Mapping[str, float]  # by a part of the name, lower case
    other_venue: float
    preprint: float
    licences: Mapping[str, float]  # by SPDX name, lower case
    other_licence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A named set of weights; only those above 0."""

    name: str
    about: str
    weights: Mapping[str, float]
    scales: Scales
    topics: Mapping[str, float] = field(default_factory=dict)  # what each wanted topic is worth


def profiles(home: Home | None = None) -> dict[str, Profile]:
    """Every profile by name: the bundled ones, changed and added to by the home's profiles.toml.

    UsageProblem names the file and the entry that cannot be.
    """
    content = _read(BUNDLED)
    source = str(BUNDLED)
    own = home.root / "profiles.toml" if home else None
    if own is not None and own.is_file():
        source = str(own)
        content = _joined(content, _read(own))
    scales = _scales(content, source)
    made = {
        name: _profile(name, entry, scales, source)
        for name, entry in _table(content, "profiles", source).items()
    }
    _check_topics({topic for entry in made.values() for topic in entry.topics}, home)
    return made


def profile(name: str, home: Home | None = None) -> Profile:
    """One profile; UsageProblem with near matches for an unknown name."""
    known = profiles(home)
    if name not in known:
        raise unknown("profile", name, known, "survey rank --profiles")
    return known[name]


def _read(path: Path) -> dict[str, Any]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:  # also what is not UTF-8 and not TOML
        raise _wrong(str(path), str(problem)) from problem
    for section in content:
        if section not in _SECTIONS:
            raise unknown("section of profiles", section, _SECTIONS, f"cat {BUNDLED}")
    return content


def _joined(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Tables are joined, anything else of `over` takes the place of what was there."""
    made = dict(base)
    for name, value in over.items():
        both = isinstance(value, Mapping) and isinstance(made.get(name), Mapping)
        made[name] = _joined(made[name], value) if both else value
    return made


def _profile(name: str, entry: Any, scales: Scales, source: str) -> Profile:
    place = f"profiles.{name}"
    if not isinstance(entry, Mapping):
        raise _wrong(source, f"{place} is no table")
    weights = _numbers(entry, "weights", source, place)
    for term in weights:
        if term not in TERMS:
            raise _wrong(source, unknown(f"term of {place}", term, TERMS, "").message)
    weights = {term: weights[term] for term in TERMS if weights.get(term)}
    if not weights:
        raise _wrong(source, f"{place}.weights has no weight above 0")
    topics = _numbers(entry, "topics", source, place) if "topics" in entry else {}
    if "topics" in weights and not topics:
        raise _wrong(source, f"{place} weighs topics and names none in {place}.topics")
    return Profile(
        name=name, about=str(entry.get("about", "")), weights=weights, scales=scales, topics=topics
    )


def _check_topics(wanted: Collection[str], home: Home | None) -> None:
    if wanted:
        from survey.topics import rules

        known = rules(home).topics
        for topic in sorted(wanted):
            if topic not in known:
                raise unknown("topic", topic, known, "survey topics")


def _scales(content: Mapping[str, Any], source: str) -> Scales:
    plain = {part: _numbers(content, part, source) for part in _PLAIN}
    for part, names in _PLAIN.items():
        for name in names:
            if not plain[part].get(name):
                raise _wrong(source, f"{part}.{name} has to be above 0")
    venue, licence = _table(content, "venue", source), _table(content, "licence", source)
    return Scales(
        **{name: plain[part][name] for part, names in _PLAIN.items() for name in names},
        venues={k.lower(): v for k, v in _numbers(venue, "names", source, "venue").items()},
        other_venue=_number(venue.get("other"), source, "venue.other"),
        preprint=_number(venue.get("preprint"), source, "venue.preprint"),
        licences={k.lower(): v for k, v in _numbers(licence, "names", source, "licence").items()},
        other_licence=_number(licence.get("other"), source, "licence.other"),
    )


def _table(content: Mapping[str, Any], name: str, source: str) -> Mapping[str, Any]:
    value = content.get(name)
    if not isinstance(value, Mapping):
        raise _wrong(source, f"'{name}' is no table")
    return value


def _numbers(
    content: Mapping[str, Any], name: str, source: str, place: str = ""
) -> dict[str, float]:
    values = _table(content, name, source)
    where = f"{place}.{name}" if place else name
    return {key: _number(value, source, f"{where}.{key}") for key, value in values.items()}


def _number(value: Any, source: str, place: str) -> float:
    right = isinstance(value, int | float) and not isinstance(value, bool)
    if not right or not math.isfinite(value) or value < 0:
        raise _wrong(source, f"{place} is {value!r}, not a number from 0 up")
    return float(value)


def _wrong(source: str, reason: str) -> UsageProblem:
    return UsageProblem(
        f"{source}: {reason}", hint=f"the bundled file shows how it is written: cat {BUNDLED}"
    )
