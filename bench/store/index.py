"""Listing thousands of records fast: what listings need of each file, kept in one file a data set.

An entry holds while its file's time, size and inode do, so nobody has to keep the index in step.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.records import Record, checked, read, safe_name
from bench.store.packing import pack, unpack
from data.console import warn
from data.errors import AtlasError, StorageProblem
from data.files import write_text
from data.paths import PUBLISHED

__all__ = ["INDEX", "State", "headers", "indexed", "keep"]

INDEX = ".index.json"
VERSION = 2  # of its layout
WITHOUT = ("pictures", "environment")  # what no listing needs
MANY = 50  # records that changed: fewer are read faster than an index is written
FRESH = 2 * 10**9  # ns: a folder that changed so lately may change again in the same tick

State = list[int]  # time in ns, size in bytes, inode


@dataclass(slots=True)
class _Part:
    """What is known of one data set's folder."""

    states: dict[str, State] = field(default_factory=dict)  # by model/file
    headers: dict[str, dict[str, Any]] = field(default_factory=dict)
    folders: dict[str, int] = field(default_factory=dict)  # model -> time of its folder


def headers(folders: Iterable[Path], dataset: str | None = None) -> list[Record]:
    """Every record but for pictures and environment, by id; later folders win.

    Unreadable files are warned of. With `dataset` only that one's.
    """
    found: dict[str, Record] = {}
    for folder in folders:
        for part in _parts(folder, None if dataset is None else safe_name(dataset)):
            for content in _contents(part):
                found[content["id"]] = _record(content)
    return list(found.values())


def indexed(part: Path, states: Mapping[str, State]) -> dict[str, Record]:
    """Of the files `model/name` of a data set's folder those that its index knows in just this
    state, as records without pictures and environment. Nothing is written.
    """
    known, found = _known(part), dict[str, Record]()
    for name, state in states.items():
        if known.states.get(name) != state:
            continue
        try:
            found[name] = checked({**known.headers[name], "pictures": ()})
        except (ValueError, KeyError, TypeError, AttributeError):  # somebody wrote into the index
            continue
    return found


def keep(folder: Path, datasets: Iterable[str]) -> None:
    """Bring the index of these data sets up to date, so that the next reader finds it so."""
    for dataset in datasets:
        headers([folder], dataset)


def _parts(folder: Path, dataset: str | None) -> list[Path]:
    if dataset is not None:
        return [folder / dataset] if (folder / dataset).is_dir() else []
    return sorted(p for p in folder.glob("*") if p.is_dir()) if folder.is_dir() else []


def _record(content: dict[str, Any]) -> Record:
    return Record(**{**content, "scores": tuple(content["scores"]), "pictures": ()})


def _contents(part: Path) -> Iterable[dict[str, Any]]:
    known = _known(part)
    now = _Part()
    now.states, now.folders = _states(part, known)
    for name, state in now.states.items():
        if known.states.get(name) == state:
            now.headers[name] = known.headers[name]
        elif (content := _header(part / name)) is not None:
            now.headers[name] = content
    now.states = {name: now.states[name] for name in now.headers}
    if max(_apart(known.states, now.states), _apart(known.folders, now.folders)) >= MANY:
        _save(part, now)
    return now.headers.values()


def _apart(before: Mapping[str, Any], after: Mapping[str, Any]) -> int:
    """How many entries differ: few are read anew faster than an index is written."""
    changed = [name for name, value in after.items() if before.get(name) != value]
    return len(changed) + len(before.keys() - after.keys())


def _states(part: Path, known: _Part) -> tuple[dict[str, State], dict[str, int]]:
    """The state of every record file, and the times of the folders that are settled."""
    by_model: dict[str, list[str]] = {}
    for name in known.states:
        by_model.setdefault(name.partition("/")[0], []).append(name)
    states: dict[str, State] = {}
    folders: dict[str, int] = {}
    settled = time.time_ns() - FRESH
    for model in sorted((e for e in os.scandir(part) if e.is_dir()), key=lambda e: e.name):
        changed = model.stat().st_mtime_ns
        if changed < settled:
            folders[model.name] = changed
        # A folder that did not change has the files that it had: they alone are looked at.
        same = known.folders.get(model.name) == changed
        for name in by_model.get(model.name, []) if same else _files(model):
            state = os.stat(f"{part}/{name}")  # noqa: PTH116 (a Path each takes longer)
            states[name] = [state.st_mtime_ns, state.st_size, state.st_ino]
    return states, folders


def _files(model: os.DirEntry[str]) -> list[str]:
    names = sorted(entry.name for entry in os.scandir(model.path))
    return [f"{model.name}/{n}" for n in names if n.endswith(".json") and not n.startswith(".")]


def _known(part: Path) -> _Part:
    try:
        content = json.loads((part / INDEX).read_bytes())
        if content["version"] != VERSION:
            return _Part()
        states = content["states"]
        found = dict(zip(states, unpack(content["packed"]), strict=True))
        return _Part(states=states, headers=found, folders=content["folders"])
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError):
        return _Part()


def _header(path: Path) -> dict[str, Any] | None:
    try:
        content = read(path).to_json()
    except AtlasError as problem:
        warn(problem.message)
        return None
    return {name: value for name, value in content.items() if name not in WITHOUT}


def _save(part: Path, now: _Part) -> None:
    if PUBLISHED in part.parents:
        return
    content: Mapping[str, Any] = {
        "version": VERSION,
        "states": now.states,
        "folders": now.folders,
        "packed": pack(list(now.headers.values())),
    }
    try:
        write_text(part / INDEX, json.dumps(content, separators=(",", ":"), ensure_ascii=False))
    except StorageProblem:
        return  # somebody else's folder, or a full disk: listing works without
