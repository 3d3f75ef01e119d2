"""Whether a record still says what its weights, pictures and features say."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from bench.compare.kept import Kept
from bench.records import Record, checked, identity, seal
from bench.store.migrations import migrated
from bench.store.shape import parsed
from bench.store.verify_extractors import extractors
from data.errors import AtlasError, BadImage
from data.files import sha256_file
from data.images import decode, digest

__all__ = ["Finding", "State", "verify"]

State = Literal["holds", "broken", "absent"]

AGREE = 1e-9  # relative: features are kept bit by bit, sums may be made in another order
TEXT = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    record: str
    what: str
    state: State
    detail: str = ""

    def to_json(self) -> dict[str, str]:
        """Plain JSON."""
        return {name: getattr(self, name) for name in ("record", "what", "state", "detail")}


def verify(path: Path, kept: Kept) -> list[Finding]:
    """Everything that can be checked of the record in a file; never raises for what it finds.

    Its id, its seal, its means, the weights of the model and of every extractor, the data set,
    the pictures, and its scores made again from the kept features. What is not on this machine is
    `absent`.
    """
    try:
        content = parsed(path.read_text(encoding="utf-8"))
        record = checked(migrated(content))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
        return [Finding(record=path.stem, what="file", state="broken", detail=str(problem))]
    found = [_identity(record, path), _seal(content)]
    if record.status == "done":
        found += [*_means(record), _weights(record, kept), *extractors(record, kept.home)]
        found += [_data(record, kept), *_pictures(record, kept), *_scores(record, kept)]
    return [Finding(record=record.id, what=w, state=s, detail=d) for w, s, d in found]


Result = tuple[str, State, str]


def _identity(record: Record, path: Path) -> Result:
    right = identity(record.spec)
    if record.id != right or path.stem != record.id:
        return "id", "broken", f"what was asked has the id {right}"
    return "id", "holds", ""


def _seal(content: Mapping[str, Any]) -> Result:
    noted = content.get("seal")
    if noted is None:
        old = content.get("schema") == 1
        state: State = "absent" if old else "broken"
        return "seal", state, "written before records had one" if old else "it was taken away"
    broken = noted != seal(content)
    return "seal", "broken" if broken else "holds", "edited after it was written" if broken else ""


def _means(record: Record) -> Iterator[Result]:
    """Scores that are means of numbers by picture."""
    for score in record.scores:
        name = str(score["metric"])
        values = [(row.get("scores") or {}).get(name) for row in record.pictures]
        numbers = [v for v in values if isinstance(v, int | float)]
        if not numbers or len(numbers) < len(values):
            continue
        mean = sum(numbers) / len(numbers)
        right = math.isclose(mean, score["value"], rel_tol=AGREE, abs_tol=TEXT)
        detail = "" if right else f"{score['value']:.6g}, the pictures say {mean:.6g}"
        yield f"mean {name}", "holds" if right else "broken", detail


def _weights(record: Record, kept: Kept) -> Result:
    from zoo.registry import resolve

    wanted = str(record.spec["weights_sha256"])
    if not wanted:
        return "weights", "holds", "needs none"
    if "@" in record.model:
        return "weights", "absent", "a local file, whose place no record knows"
    try:
        choice = resolve(record.model)
    except AtlasError as problem:
        return "weights", "absent", problem.message
    weights = choice.weights
    assert weights is not None
    # Of a part of a file, and of what nobody could check yet, the card has no sha256.
    if weights.sha256 not in ("", wanted) and not weights.member and not weights.keep:
        return "weights", "broken", f"the card of {record.model} now has other weights"
    from zoo.places import here, place

    path = here(choice.card.name, weights, kept.home)
    if path is None:
        return "weights", "absent", "not downloaded here"
    tensors = path == place(choice.card.name, weights, kept.home) and not weights.bundled
    return "weights", *_same_weights(path, wanted, tensors)


def _same_weights(path: Path, wanted: str, tensors: bool) -> tuple[State, str]:
    """Whether a kept file of `tensors` is undamaged and was made of the wanted file, or is it."""
    from zoo.origin import verified

    try:
        found = verified(path)[0] if tensors else sha256_file(path)
    except AtlasError as problem:
        return "broken", problem.message
    if found == wanted:
        return "holds", ""
    return "broken", f"{path} is {'made of ' if tensors else ''}another file"


def _data(record: Record, kept: Kept) -> Result:
    """The data set, if it has a name and is here: no download."""
    from bench.pictures import collect
    from data.datasets import list_datasets, load_dataset

    spec = record.spec
    card = list_datasets().get(str(spec["dataset"]))
    here = card is not None and (card.folder or (kept.home.datasets / card.name).is_dir())
    if not here:
        return "data", "absent", "not on this machine by that name"
    fields = {name: spec.get(name) for name in ("split", "direction", "size", "limit", "seed")}
    try:
        pictures = collect(
            load_dataset(str(spec["dataset"]), kept.home),
            **fields,  # type: ignore[arg-type]
            skip_bad=True,
            reference_split=str(spec.get("reference_split", "")),
        )
    except AtlasError as problem:
        return "data", "broken", problem.message
    other = [name for name, value in pictures.digests().items() if spec.get(name) != value]
    return "data", "broken" if other else "holds", ", ".join(other)


def _pictures(record: Record, kept: Kept) -> Iterator[Result]:
    """Outputs by the sha256 of their pixels, and the copies of sources and true answers."""
    states: dict[str, list[str]] = {"holds": [], "broken": [], "absent": []}
    for row in record.pictures:
        for role, name in (
            ("output", row.get("output_sha256")),
            ("source", None),
            ("target", None),
        ):
            if row.get(role):
                states[_picture(kept.home.root / row[role], name, role)].append(str(row[role]))
    state: State = "broken" if states["broken"] else "holds" if states["holds"] else "absent"
    shown = [f"{len(names)} {state}" for state, names in states.items() if names]
    yield "pictures", state, ", ".join([*shown, *states["broken"][:3]])


def _picture(path: Path, wanted: str | None, role: str) -> State:
    if not path.is_file():
        return "absent"
    try:
        found = digest(decode(path))
    except BadImage:
        return "broken"
    # Copies of sources and true answers are named by their content.
    known = path.stem if role != "output" else wanted
    return "holds" if known is None or found.startswith(known) else "broken"


def _scores(record: Record, kept: Kept) -> Iterator[Result]:
    """Scores of two sets made again from the features that are kept."""
    from bench.metrics.registry import metric_cards

    for score in record.scores:
        card = metric_cards().get(str(score["metric"]))
        if card is None or card.needs != "features" or card.compared != "references":
            continue
        name = f"score {card.name}"
        features = kept.features(record, card.name)
        if features is None:
            yield name, "absent", "its features are not kept here"
        elif card.version != score["version"]:
            yield name, "absent", f"version {score['version']} of the metric is not in this program"
        else:
            yield name, *_made_again(card, features, record.spec.get("seed"), score)


def _made_again(
    card: Any, features: tuple[Any, Any], seed: Any, score: Mapping[str, Any]
) -> tuple[State, str]:
    try:
        return _same(score, card.compute(*features, seed))
    except AtlasError as problem:
        return "broken", f"it cannot be made of these features: {problem.message}"


def _same(score: Mapping[str, Any], again: Any) -> tuple[State, str]:
    other = [
        f"{name} {score[name]:.6g}, made again {getattr(again, name):.6g}"
        for name in ("value", "low", "high")
        if not math.isclose(score[name], getattr(again, name), rel_tol=1e-6, abs_tol=TEXT)
    ]
    return ("broken", "; ".join(other)) if other else ("holds", "")
