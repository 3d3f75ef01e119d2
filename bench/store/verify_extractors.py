"""Whether the extractors that made the scores of a record are the ones on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from bench.features.extractor import ExtractorCard, extractor_cards
from bench.features.weights import content, in_use, published
from bench.records import Record
from data.errors import AtlasError
from data.paths import Home

__all__ = ["extractors"]

Result = tuple[str, Literal["holds", "broken", "absent"], str]


def extractors(record: Record, home: Home) -> Iterator[Result]:
    """One result for each extractor that a score names, with its version and its weights."""
    named: dict[tuple[str, str], None] = {}
    for score in record.scores:
        names = str(score.get("extractor") or "").split(" and ")
        hashes = str(score.get("extractor_sha256") or "").split(" and ")
        named |= dict.fromkeys(pair for pair in zip(names, hashes, strict=False) if pair[0])
    for used, sha256 in named:
        yield _extractor(used, sha256, home)


def _extractor(used: str, sha256: str, home: Home) -> Result:
    name, _, version = used.partition("/")
    what, card = f"extractor {name}", extractor_cards().get(name)
    if card is None or str(card.version) != version:
        return what, "absent", f"{used} is not in this program"
    if card.weights is None:
        same = sha256 == card.constant
        return what, "holds" if same else "broken", "" if same else "its filters are others now"
    path = in_use(card.weights, home)
    if path is None:
        return what, "absent", "its weights are not on this machine"
    return _of_file(what, card, path, sha256)


def _of_file(what: str, card: ExtractorCard, path: Path, wanted: str) -> Result:
    assert card.weights is not None
    stamp = path.stat()
    try:
        found = _content(card.weights, path, stamp.st_mtime_ns, stamp.st_size)
    except AtlasError as problem:
        return what, "broken", problem.message
    if found == wanted:
        return what, "holds", ""
    if published(card.weights, wanted) and not published(card.weights, found):
        return what, "broken", f"{path} is not the published file, with which it was made"
    return what, "absent", f"made with another file than {path}"


@lru_cache(maxsize=64)
def _content(weights: Any, path: Path, changed: int, size: int) -> str:
    """Read once for many records: these files have up to 1.7 GB."""
    return content(weights, path)
