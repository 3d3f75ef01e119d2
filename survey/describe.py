"""Ask a source about papers whose ids other sources named."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from data.errors import NetworkProblem
from survey.catalogue import crawls, records
from survey.catalogue.catalogue import Catalogue
from survey.found import Found, Row
from survey.http import BadRequest, Failing, NotStored
from survey.report import Outcome
from survey.sources.source import Describing, SourceCard
from survey.watch import Watch
from survey.wish import Wish

__all__ = ["describe"]

FAILURES = 3  # batches in a row that fail before the source is left alone
OFFENCES = 5  # ids of one batch that a service may refuse before it is taken to refuse them all


def describe(
    catalogue: Catalogue, card: SourceCard, reader: Describing, wish: Wish, watch: Watch
) -> Outcome | None:
    """Describe what is not described yet, the most cited first; None where there is nothing."""
    ids = _wanted(catalogue, card, reader, wish)
    if not ids:
        return None
    outcome = Outcome(source=card.name, title=card.title, total=len(ids))
    watch.begin(card.title, 0, len(ids))
    failures = 0
    for first in range(0, len(ids), reader.batch):
        batch = ids[first : first + reader.batch]
        try:
            found = _ask(card.title, reader, batch)
        except (Failing, NotStored) as problem:
            outcome.fail(problem, pages=1)
            failures += isinstance(problem, Failing)
            if failures >= FAILURES:
                break
            continue
        except NetworkProblem as problem:
            outcome.fail(problem)
            break
        failures = 0
        # What is not stored may be known all the same.
        _save(catalogue, card, batch if not wish.offline else (), found, outcome)
        watch.at(first + len(batch), len(ids))
    return outcome


def _wanted(catalogue: Catalogue, card: SourceCard, reader: Describing, wish: Wish) -> list[str]:
    with catalogue.read() as connection:
        known: Iterable[records.Known] = records.known_records(connection)
        if wish.refresh:
            known = (one for one in known if one.source != card.name)
        ids = reader.wanted(known)
        in_vain = set() if wish.refresh else crawls.asked_in_vain(connection, card.name)
    return [one for one in ids if one not in in_vain][: wish.limit]


def _ask(title: str, reader: Describing, ids: Sequence[str]) -> list[Found]:
    """What is known of some ids; one that the service takes offence at does not cost the others."""
    refused: list[str] = []
    found: list[Found] = []
    waiting = [list(ids)]
    while waiting:
        some = waiting.pop()
        try:
            found += reader.describe(some)
        except BadRequest as problem:
            if len(some) > 1:
                middle = len(some) // 2
                waiting += [some[middle:], some[:middle]]
                continue
            refused += some
            if len(refused) >= OFFENCES:
                raise Failing(f"{title} refuses one id after another: {problem}") from problem
    return found


def _save(
    catalogue: Catalogue,
    card: SourceCard,
    asked: Sequence[str],
    found: Sequence[Found],
    outcome: Outcome,
) -> None:
    with catalogue.write() as connection:
        for source in sorted({one.source for one in found}):
            rows = [Row(one) for one in found if one.source == source]
            outcome.new += records.save(connection, source, "", rows)[0]
        named = {name for one in found for name in (one.arxiv, one.doi)}
        crawls.mark_in_vain(connection, card.name, set(asked) - named)
    outcome.papers += len(found)
    outcome.pages += 1
