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
from bench.plan import Ask, Cell
from bench.records import NewerRecord, Record, path_of, read, write
from data.console import progress, warn
from data.errors import AtlasError, StorageProblem
from data.files import lock
from data.images import decode, digest
from data.paths import Home

if TYPE_CHECKING:
    from rich.progress import Progress

    from bench.ask import Plan
    from bench.measure import Result
    from bench.observe import Bench, Vectors
    from bench.workshop import Workshop
    from zoo.translator import Translator

__all__ = ["Machine", "bench_of", "lost", "recorded", "run"]


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


def run(plan: Plan, workshop: Workshop, machine: Machine, force: bool = False) -> list[Record]:
    """Measure every cell and write its record; returns them all, failed ones included."""
    from bench.features.store import FeatureStore

    features = workshop.home.ready().features
    with closing(FeatureStore(features)) as store, progress() as bars:
        bench = bench_of(plan, workshop, machine, store)
        task = bars.add_task("references", total=len(plan.pictures.references), unit="img")
        references = workshop.references(bench, lambda n: bars.advance(task, n))
        return [
            _cell(cell, bench, references, plan.ask, machine, force, bars) for cell in plan.cells
        ]


def bench_of(plan: Plan, workshop: Workshop, machine: Machine, store: Any) -> Bench:
    """What all models of a plan share, with the extractors loaded."""
    from bench.observe import Bench
    from zoo.translator import pick_device

    device = pick_device(machine.device)
    loaded = {
        name: workshop.extractor(card, found, device)
        for name, (card, found) in plan.extractors.items()
    }
    pairs = {name for name, (card, _) in plan.extractors.items() if card.pairs}
    whole: dict[str, Any] = {name: e for name, e in loaded.items() if name not in pairs}
    of_pairs: dict[str, Any] = {name: e for name, e in loaded.items() if name in pairs}
    return Bench(
        home=workshop.home,
        pictures=plan.pictures,
        metrics=plan.ask.metrics,
        cards=plan.extractors,
        extractors=whole,
        pair_extractors=of_pairs,
        store=store,
        batch=machine.batch,
        seed=plan.ask.seed,
    )


def lost(cell: Cell, home: Home, problem: Exception) -> Record:
    """Note that a cell was given up: its worker died more than once."""
    with lock(home.runs / cell.id / "run"):
        done = recorded(cell, home)
        record = done or _failed(cell, _now(), problem)
        if done is None:
            write(home.results, record)
        return record


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
            record = _finished(cell, started, result, bench, ask)
        if done is None or record.status == "done":  # a failure never takes a score's place
            write(bench.home.results, record)
        return record


def _clear(images: Path, *, everything: bool) -> None:
    """Remove what a killed run was writing, or all outputs so that they are made again."""
    for path in images.glob("*" if everything else ".*"):
        path.unlink()


def _load(cell: Cell, ask: Ask, machine: Machine, home: Home) -> Translator:
    from zoo import load

    return load(cell.model.word, device=machine.device, precision=ask.precision, home=home.root)


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
        **({"family": cell.model.family} if cell.model.family else {}),
        **({"training_seed": cell.model.training_seed} if cell.model.family else {}),
    }


def _finished(cell: Cell, started: str, result: Result, bench: Bench, ask: Ask) -> Record:
    notes = [f"left out, unreadable: {what}" for what in bench.pictures.skipped]
    notes += ask.left_out
    if ask.protocol is not None and ask.protocol.recipe is not None:
        notes += [f"{ask.protocol.name}: {what}" for what in ask.protocol.recipe.deviates]
    return Record(
        id=cell.id,
        status="done",
        spec=cell.spec,
        card=_card(cell),
        scores=tuple(score.to_json() for score in result.scores),
        warnings=(*result.warnings, *notes),
        cost=result.cost,
        environment=environment(),
        pictures=_with_content(result.pictures, bench),
        started=started,
        finished=_now(),
    )


def _with_content(rows: Sequence[dict[str, Any]], bench: Bench) -> tuple[dict[str, Any], ...]:
    """Rows of pictures with the sha256 of the pixels of source and output."""
    from bench.translate import output_path

    sources = {output_path(Path(), s).name: s.digest for s in bench.pictures.sources}
    return tuple(
        {
            **row,
            "source_sha256": sources[Path(row["output"]).name],
            "output_sha256": row.get("output_sha256") or _digest(bench.home.root / row["output"]),
        }
        for row in rows
    )


def _digest(path: Path) -> str:
    return digest(decode(path))


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
