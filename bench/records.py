"""Records: one JSON file a run, named by what was asked, whole or not there."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bench.store.migrations import SCHEMA, NewerSchema, migrated
from bench.store.shape import check_shape, parsed
from data.console import warn
from data.errors import AtlasError, UsageProblem
from data.files import replacing, write_text

__all__ = [
    "SCHEMA",
    "NewerRecord",
    "Record",
    "checked",
    "find",
    "identity",
    "path_of",
    "read",
    "read_all",
    "record_id",
    "safe_name",
    "seal",
    "write",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What was asked, what came out, what it cost, and where it ran; docs/records.md has fields."""

    id: str
    status: str  # done | error
    spec: Mapping[str, Any]
    card: Mapping[str, Any]
    scores: tuple[Mapping[str, Any], ...] = ()
    warnings: tuple[str, ...] = ()
    cost: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, Any] = field(default_factory=dict)
    pictures: tuple[Mapping[str, Any], ...] = ()
    started: str = ""  # UTC, ISO 8601
    finished: str = ""
    error: Mapping[str, Any] | None = None
    schema: int = SCHEMA

    @property
    def model(self) -> str:
        """The model's full name."""
        return str(self.spec["model"])

    def to_json(self) -> dict[str, Any]:
        """The file's content."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


class NewerRecord(AtlasError):
    """A record of a later version: it can neither be read nor written over."""


def record_id(decides: Mapping[str, Any]) -> str:
    """16 hexadecimal digits of the sha256 of canonical JSON: the same question, the same id."""
    canonical = json.dumps(decides, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def identity(spec: Mapping[str, Any]) -> str:
    """The id that a spec must have.

    The data set's name, and what the model's file or weights are called, are for people: the
    content alone decides.
    """
    decides = {name: value for name, value in spec.items() if name != "dataset"}
    decides["model"] = re.split("[@.:]", str(spec["model"]))[0]
    return record_id(decides)


def seal(content: Mapping[str, Any]) -> str:
    """The sha256 of a record's content but for the seal: an edit by hand breaks it."""
    unsealed = {name: value for name, value in content.items() if name != "seal"}
    canonical = json.dumps(unsealed, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def path_of(results: Path, dataset: str, model: str, run: str) -> Path:
    """results/<dataset>/<model>/<id>.json; `@` and slashes in a model's name become `-`."""
    return results / safe_name(dataset) / safe_name(model) / f"{run}.json"


def safe_name(name: str) -> str:
    """A name as a folder: what is no letter, digit or `._+=,` becomes `-`."""
    return "".join(c if c.isalnum() or c in "._+=," else "-" for c in name).lstrip(".") or "-"


def write(results: Path, record: Record) -> Path:
    """Write a record in one piece, sealed.

    A finished record is never lost: one of the same id that says something else goes to
    `former/` beside it, named by when it was finished.
    """
    path = path_of(results, record.spec["dataset"], record.model, record.id)
    # A file's name may have bytes that are no character: each becomes a question mark.
    plain = json.dumps(record.to_json(), allow_nan=False, ensure_ascii=False)
    content = json.loads(plain.encode(errors="replace"))
    _keep_former(path, content)
    text = json.dumps({**content, "seal": seal(content)}, indent=1, ensure_ascii=False)
    write_text(path, text + "\n")
    return path


def _keep_former(path: Path, content: Mapping[str, Any]) -> None:
    try:
        former = json.loads(path.read_text(encoding="utf-8"))
        finished = former["status"] == "done" and former["finished"]
    except (OSError, ValueError, KeyError, TypeError):
        return  # none there, or nothing that could be read
    if finished and {k: v for k, v in former.items() if k != "seal"} != content:
        with replacing(path.parent / "former" / f"{path.stem}.{safe_name(finished)}.json") as kept:
            kept.write_bytes(path.read_bytes())


def read(path: Path) -> Record:
    """The record in a file, in the present schema; AtlasError when it is damaged or newer."""
    try:
        return checked(migrated(parsed(path.read_text(encoding="utf-8"))))
    except NewerSchema as problem:
        raise NewerRecord(
            f"{path} has schema {problem}, and this version knows up to {SCHEMA}",
            hint="install a newer i2i-atlas, or use another --home",
        ) from problem
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
        raise AtlasError(f"{path} is no record that can be read: {problem}") from problem


LISTS = ("scores", "warnings", "pictures")


def checked(content: Mapping[str, Any]) -> Record:
    """Content of the present schema as a Record; ValueError or KeyError with what is wrong."""
    known = {name: content[name] for name in Record.__dataclass_fields__ if name in content}
    record = Record(**known)
    if missing := [name for name in LISTS if name not in known]:
        raise ValueError(f"it has no {', '.join(missing)}")
    check_shape(record.to_json())
    if record.schema != SCHEMA or record.status not in ("done", "error"):
        raise ValueError(f"schema {record.schema} with status '{record.status}'")
    scores, warnings, pictures = (tuple(known[name]) for name in LISTS)
    return replace(record, scores=scores, warnings=warnings, pictures=pictures)


def read_all(folders: Iterable[Path], dataset: str | None = None) -> list[Record]:
    """Every record under `folders`, by id; later folders win; unreadable files are warned of."""
    found: dict[str, Record] = {}
    for folder in folders:
        pattern = f"{safe_name(dataset)}/*/*.json" if dataset else "*/*/*.json"
        for path in sorted(folder.glob(pattern)):
            try:
                record = read(path)
            except AtlasError as problem:
                warn(problem.message)
                continue
            found[record.id] = record
    return list(found.values())


def find(folders: Iterable[Path], prefix: str) -> Record:
    """The record whose id begins with `prefix`; UsageProblem for none or several."""
    matches = [record for record in read_all(folders) if record.id.startswith(prefix)]
    if len(matches) != 1:
        state = "no record has" if not matches else f"{len(matches)} records have"
        raise UsageProblem(f"{state} an id that begins with '{prefix}'", hint="bench ls")
    return matches[0]
