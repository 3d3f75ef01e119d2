"""What readers rely on in a record's file: an edit by hand is told, wherever it is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

__all__ = ["check_shape", "parsed"]

SPEC = ("model", "dataset", "split", "direction", "weights_sha256", "precision")
SCORE = ("metric", "spread", "unit", "direction", "resize")
DIGESTS = ("dataset_digest", "reference_digest", "pairs_digest", "protocol_sha256")  # or null
TITLES = ("title", "paper", "task", "licence", "code", "family")  # of a card, or null
NUMBERS = ("value", "low", "high", "n", "version")
NAMES = ("source", "output", "target", "source_sha256", "output_sha256")  # of a picture, or null
FIGURES = ("images", "images_per_second", "parameters", "macs", "peak_memory_bytes")  # or null
LARGEST = 1e300

Test = Callable[[Any], bool]


def parsed(text: str) -> Any:
    """Strict JSON: ValueError for NaN, halves of characters and what is nested beyond reason."""
    try:
        content = json.loads(text, parse_constant=_refused)
        if "\\u" in text:  # half of a character can be written as nothing else
            json.dumps(content, ensure_ascii=False).encode()
    except RecursionError as problem:
        raise ValueError("nested too deeply") from problem
    return content


def _refused(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def check_shape(record: Mapping[str, Any]) -> None:
    """ValueError or KeyError with what is wrong in a record's fields of the present schema."""
    _have("record", record, ("id", "finished", "started"), _text)
    _check_spec(record["spec"])
    for name in ("scores", "pictures", "warnings"):
        _list(name, record[name])
    for score in record["scores"]:
        _check_score(score)
    for picture in record["pictures"]:
        _check_picture(picture)
    if not all(map(_text, record["warnings"])):
        raise ValueError("a warning is no text")
    for name in ("card", "cost", "environment"):
        _object(name, record[name])
    _have("card", record["card"], record["card"], _plain)
    _may("card", record["card"], TITLES, _text)
    _may("cost", record["cost"], FIGURES, _number)
    for name, value in (record["cost"].get("seconds") or {}).items():
        _have("cost", {name: value}, (name,), _number)
    _object("packages", record["environment"].get("packages") or {})
    _object("error", record["error"] or {})


def _check_spec(spec: Any) -> None:
    _object("spec", spec)
    _have("spec", spec, SPEC, _text)
    _have("spec", spec, spec.keys() - {"metrics", "style"}, _plain)
    _may("spec", spec, DIGESTS, _text)
    _may("spec", spec, ("size", "limit", "seed"), _number)
    _list("metrics", spec.get("metrics", ()))
    for metric in spec.get("metrics", ()):
        _object("metric", metric)
        _have("metric", metric, metric, _plain)


def _check_score(score: Any) -> None:
    _object("score", score)
    _have("score", score, SCORE, _text)
    _have(str(score["metric"]), score, NUMBERS, _number)
    _have("score", score, score.keys() - {"extra", "warnings"}, _plain)
    _may("score", score, ("n_reference",), _number)
    _may("score", score, ("extractor", "extractor_sha256", "extractor_trust"), _text)
    _may("score", score, ("comparable",), lambda value: isinstance(value, bool))
    _object("extra", score.get("extra") or {})


def _check_picture(picture: Any) -> None:
    _object("picture", picture)
    _have("picture", picture, ("id",), _text)
    if not all(isinstance(picture.get(name), str | None) for name in NAMES):  # there are many
        raise ValueError(f"picture {picture['id']:.60}: one of {', '.join(NAMES)} is no text")
    scores = picture.get("scores") or {}
    _object("scores of a picture", scores)
    if not all(map(_number, scores.values())):
        raise ValueError(f"picture {picture['id']:.60}: a score is no number")


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and abs(value) < LARGEST


def _plain(value: Any) -> bool:
    return value is None or isinstance(value, str | bool) or _number(value)


def _object(what: str, found: Any) -> None:
    if not isinstance(found, Mapping):
        raise ValueError(f"{what} is no object")


def _list(what: str, found: Any) -> None:
    if not isinstance(found, list | tuple):
        raise ValueError(f"{what} is no list")


def _have(what: str, found: Mapping[str, Any], names: Iterable[str], right: Test) -> None:
    for name in names:
        if name not in found:
            raise ValueError(f"{what} has no '{name}'")
        if not right(found[name]):
            raise ValueError(f"{what}: {name} is {found[name]!r:.60}")


def _may(what: str, found: Mapping[str, Any], names: Iterable[str], right: Test) -> None:
    _have(what, found, (name for name in names if found.get(name) is not None), right)
