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
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
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
    facts = content.get("facts", {})
    silent = [name for name in FIELDS if not isinstance(facts.get(name), str)]
    if silent or not isinstance(content.get("name"), str):
        raise UsageProblem(
            f"{path} does not say: {', '.join(silent or ['name'])}",
            hint='every field under [facts] needs a text; "unknown" is one',
        )
    try:
        recipe = _recipe(content["run"]) if "run" in content else None
        return Protocol(
            name=content["name"],
            title=content.get("title", ""),
            paper=content.get("paper", ""),
            facts=facts,
            sources=content.get("sources", {}),
            sha256=digest,
            recipe=recipe,
            missing=tuple(content.get("missing", ())),
            provide=tuple(content.get("provide", ())),
            data=content.get("data", {}),
            classifiers=content.get("classifiers", {}),
        )
    except TypeError as problem:
        raise UsageProblem(f"{path}: {problem}", hint="bench protocols strict-1") from problem


def _recipe(fields: Mapping[str, Any]) -> Recipe:
    lists = {name: tuple(fields[name]) for name in ("metrics", "deviates") if name in fields}
    return Recipe(**{**fields, **lists})
