"""A protocol: everything that decides a number besides the model, in a frozen and hashed file."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from data.errors import AtlasError, UsageProblem, unknown

__all__ = ["FIELDS", "Protocol", "Recipe", "load_protocol", "protocol_digest", "protocol_names"]

FOLDER = Path(__file__).resolve().parent
FROZEN = FOLDER / "frozen.json"  # the digest of every protocol that was published with the project

# What a protocol has to say of itself; "unknown" is an answer, silence is none.
FIELDS = (
    "split",
    "reference",
    "count",
    "outputs",
    "decode",
    "colour",
    "resize",
    "extractor",
    "statistic",
    "checkpoint",
    "seeds",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """The part of a protocol that this bench carries out."""

    metrics: tuple[str, ...]
    split: str = "test"
    reference_split: str = ""  # empty: the same split
    size: int | None = None
    precision: str = "float32"
    seed: int = 2020
    extractors: Mapping[str, str] = field(default_factory=dict)  # name -> sha256 of its weights
    deviates: tuple[str, ...] = ()  # where our way differs from the publication's


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """One file: facts for people, each with its source, and the recipe if it can be run here."""

    name: str
    title: str
    paper: str  # arXiv id, empty for ours
    facts: Mapping[str, str]
    sources: Mapping[str, str]  # of each fact: where it was read, or that it was recalled
    sha256: str
    recipe: Recipe | None
    missing: tuple[str, ...] = ()  # why it cannot be run here
    provide: tuple[str, ...] = ()  # what a person has to bring
    data: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # digests by data set
    classifiers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # how to train them


def protocol_digest(content: Mapping[str, Any]) -> str:
    """The sha256 of a protocol's content; comments and layout of its file do not matter."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()


@cache
def protocol_names() -> tuple[str, ...]:
    """The protocols that come with the project."""
    files = [*FOLDER.glob("*.toml"), *FOLDER.glob("classic/*.toml")]
    return tuple(sorted(str(path.relative_to(FOLDER).with_suffix("")) for path in files))


def load_protocol(name: str) -> Protocol:
    """The protocol called `name`, or that of a file ending in .toml.

    UsageProblem for an unknown name, a file that says too little or has the name of one of ours;
    AtlasError for one of ours that was edited: a changed protocol is another protocol.
    """
    own = name in protocol_names()
    path = FOLDER / f"{name}.toml" if own else Path(name).expanduser()
    if not own and not (path.suffix == ".toml" and path.is_file()):
        raise unknown("protocol", name, protocol_names(), "bench protocols")
    content = _content(path)
    digest = protocol_digest(content)
    if own and frozen().get(name) != digest:
        raise AtlasError(
            f"protocol '{name}' was changed: {digest[:12]}…, not {frozen().get(name, '')[:12]}…",
            hint="restore the file, or give the change a name of its own",
        )
    protocol = _protocol(content, digest, path)
    if frozen().get(protocol.name, digest) != digest:
        raise UsageProblem(
            f"{path} calls itself '{protocol.name}', which is another protocol",
            hint=f'give it a name of its own: name = "my-{protocol.name.replace("/", "-")}"',
        )
    return protocol


@cache
def frozen() -> dict[str, str]:
    """The digest that each published protocol must have."""
    digests: dict[str, str] = json.loads(FROZEN.read_text(encoding="utf-8"))
    return digests


def _content(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise AtlasError(f"{path} is no protocol that can be read: {problem}") from problem


def _protocol(content: dict[str, Any], digest: str, path: Path) -> Protocol:
    facts = _texts(path, content, "facts")
    silent = [name for name in FIELDS if name not in facts]
    if silent or not isinstance(content.get("name"), str):
        raise UsageProblem(
            f"{path} does not say: {', '.join(silent or ['name'])}",
            hint='every field under [facts] needs a text; "unknown" is one',
        )
    data = _table(path, content, "data")
    return Protocol(
        name=content["name"],
        title=str(content.get("title", "")),
        paper=str(content.get("paper", "")),
        facts=facts,
        sources=_texts(path, content, "sources"),
        sha256=digest,
        recipe=_recipe(path, content) if "run" in content else None,
        missing=_list(path, content, "missing"),
        provide=_list(path, content, "provide"),
        data={name: _texts(path, data, name) for name in data},
        classifiers=_table(path, content, "classifiers"),
    )


RUN = {"split": str, "reference_split": str, "size": int, "precision": str, "seed": int}


def _recipe(path: Path, content: Mapping[str, Any]) -> Recipe:
    fields = _table(path, content, "run")
    for name, value in fields.items():
        if name in RUN and type(value) is not RUN[name]:
            raise _wrong(path, f"{name} has to be {RUN[name].__name__}")
    lists = {name: _list(path, fields, name) for name in ("metrics", "deviates")}
    if not lists["metrics"]:
        raise _wrong(path, "metrics names nothing")
    extractors = _texts(path, fields, "extractors")
    try:
        return Recipe(**{**fields, **lists, "extractors": extractors})
    except TypeError as problem:  # a field that no recipe has
        raise _wrong(path, str(problem).removeprefix("Recipe.__init__() ")) from problem


def _table(path: Path, content: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = content.get(name, {})
    if not isinstance(found, dict):
        raise _wrong(path, f"{name} has to be a table")
    return found


def _texts(path: Path, content: Mapping[str, Any], name: str) -> dict[str, str]:
    found = _table(path, content, name)
    if other := [key for key, value in found.items() if not isinstance(value, str)]:
        raise _wrong(path, f"{name}: {', '.join(other)} has to be str")
    return found


def _list(path: Path, content: Mapping[str, Any], name: str) -> tuple[str, ...]:
    found = content.get(name, [])
    if not isinstance(found, list) or not all(isinstance(value, str) for value in found):
        raise _wrong(path, f"{name} has to be a list of str")
    return tuple(found)


def _wrong(path: Path, what: str) -> UsageProblem:
    return UsageProblem(f"{path}: {what}", hint="bench protocols strict-1 shows one that is whole")
