"""`bench run`: every model on one data set, one record each, whatever happens to the others."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.environment import environment
from bench.features.extractor import ExtractorCard, Found
from bench.pictures import PictureSet
from bench.plan import Ask, Cell
from bench.records import NewerRecord, Record, path_of, read, write
from data.console import progress, warn
from data.errors import AtlasError, StorageProblem
from data.files import lock
from data.paths import Home

if TYPE_CHECKING:
    from rich.progress import Progress

    from bench.measure import Result
    from bench.observe import Bench, Vectors
    from zoo.translator import Translator

__all__ = ["Machine", "recorded", "run"]

Extractors = dict[str, tuple[ExtractorCard, Found]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """How the work is done; none of it is part of the question."""

    device: str = "auto"
    batch: int = 8


def recorded(cell: Cell, home: Home) -> Record | None:
    """The finished record of a cell, if there is one; a failed one is tried again."""
    path = path_of(home.results, cell.spec["dataset"], cell.name, cell.id)
    if not path.is_file():
        return None
    try:
        record = read(path)
    except NewerRecord:
        raise
    except AtlasError as problem:
        warn(f"{problem.message}: measured again")
        return None
    return record if record.status == "done" else None


def run(
    cells: Sequence[Cell],
    pictures: PictureSet,
    ask: Ask,
    extractors: Extractors,
    home: Home,
    machine: Machine,
    force: bool = False,
) -> list[Record]:
    """Measure every cell and write its record; returns them all, failed ones included."""
    from bench.features.store import FeatureStore
    from bench.observe import reference_features

    with closing(FeatureStore(home.ready().features / "features.db")) as store, progress() as bars:
        bench = _bench(pictures, ask, extractors, home, machine, store)
        task = bars.add_task("references", total=len(pictures.references), unit="img")
        references = reference_features(bench, lambda n: bars.advance(task, n))
        return [_cell(cell, bench, references, ask, machine, force, bars) for cell in cells]


def _bench(
    pictures: PictureSet,
    ask: Ask,
    extractors: Extractors,
    home: Home,
    machine: Machine,
    store: Any,
) -> Bench:
    from bench.features.extractor import load
    from bench.observe import Bench
    from zoo.translator import pick_device

    device = pick_device(machine.device)
    loaded = {name: load(card, found, device) for name, (card, found) in extractors.items()}
    pairs = {name for name, (card, _) in extractors.items() if card.pairs}
    whole: dict[str, Any] = {name: e for name, e in loaded.items() if name not in pairs}
    of_pairs: dict[str, Any] = {name: e for name, e in loaded.items() if name in pairs}
    return Bench(
        home=home,
        pictures=pictures,
        metrics=ask.metrics,
        cards=extractors,
        extractors=whole,
        pair_extractors=of_pairs,
        store=store,
        batch=machine.batch,
        seed=ask.seed,
    )


def _cell(
    cell: Cell,
    bench: Bench,
    references: Vectors,
    ask: Ask,
    machine: Machine,
    force: bool,
    bars: Progress,
) -> Record:
    folder = bench.home.runs / cell.id
    # Two commands with one question: the second waits here, then finds the record.
    with lock(folder / "run"):
        done = recorded(cell, bench.home)
        if done is not None and not force:
            return done
        _clear(folder / "images", everything=force)
        started = _now()
        try:
            if cell.problem is not None:
                raise cell.problem
            translator = _load(cell, ask, machine, bench.home)
            result = _measure(cell, translator, bench, references, bars)
        except (KeyboardInterrupt, MemoryError, StorageProblem):
            raise
        except Exception as problem:  # a model may fail in any way; the others go on
            record = _failed(cell, started, problem)
        else:
            record = _finished(cell, started, result, bench.pictures)
        if done is None or record.status == "done":  # a failure never takes a score's place
            write(bench.home.results, record)
        return record


def _clear(images: Path, *, everything: bool) -> None:
    """Remove what a killed run was writing, or all outputs so that they are made again."""
    for path in images.glob("*" if everything else ".*"):
        path.unlink()


def _load(cell: Cell, ask: Ask, machine: Machine, home: Home) -> Translator:
    from zoo import load

    name = f"{cell.choice.card.name}@{cell.choice.file}" if cell.choice.file else cell.choice.name
    return load(name, device=machine.device, precision=ask.precision, home=home.root)


def _measure(
    cell: Cell, translator: Translator, bench: Bench, references: Vectors, bars: Progress
) -> Result:
    from bench.measure import measure

    task = bars.add_task(cell.name, total=len(bench.pictures.sources), unit="img")
    return measure(cell.id, translator, bench, references, lambda n: bars.advance(task, n))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _card(cell: Cell) -> dict[str, Any]:
    card, weights = cell.choice.card, cell.choice.weights
    return {
        "title": card.title,
        "paper": card.paper,
        "task": card.task,
        "licence": weights.licence if weights else card.licence,
        "code": card.code,
    }


def _finished(cell: Cell, started: str, result: Result, pictures: PictureSet) -> Record:
    skipped = [f"left out, unreadable: {what}" for what in pictures.skipped]
    return Record(
        id=cell.id,
        status="done",
        spec=cell.spec,
        card=_card(cell),
        scores=tuple(score.to_json() for score in result.scores),
        warnings=(*result.warnings, *skipped),
        cost=result.cost,
        environment=environment(),
        pictures=tuple(result.pictures),
        started=started,
        finished=_now(),
    )


def _failed(cell: Cell, started: str, problem: Exception) -> Record:
    expected = isinstance(problem, AtlasError)
    trace = "" if expected else "".join(traceback.format_exception(problem)[-3:])
    return Record(
        id=cell.id,
        status="error",
        spec=cell.spec,
        card=_card(cell),
        environment=environment(),
        started=started,
        finished=_now(),
        error={
            "type": type(problem).__name__,
            "message": str(problem),
            # The end of the trace, without this machine's folders.
            "trace": trace.replace(str(Path(__file__).resolve().parent.parent) + "/", ""),
        },
    )
