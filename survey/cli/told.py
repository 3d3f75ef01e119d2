"""What a fetch found, in a table and a few sentences."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection

from data.console import emit_json, fail, hint, say, table, warn
from data.errors import NetworkProblem, UsageProblem
from survey.http import Denied, Spent
from survey.report import Outcome, Report, overlap
from survey.settings import SERVICES

__all__ = ["tell"]


def tell(connection: Connection, report: Report, new: int, as_json: bool) -> None:
    """Say what was found, what is known to be missing, and why something failed."""
    together = overlap(connection, report.seeds)
    papers = sum(together.values())
    if as_json:
        emit_json(_summary(report, papers, new, together))
    elif report.outcomes:
        table(*_table(report))
    titles = {one.source: one.title for one in report.outcomes}
    if report.seeds:
        say(f"{papers:,} papers cite {' or '.join(report.seeds)}; {new:,} of them are new")
    if len(together) > 1:
        say("; ".join(_places(together, titles)))
    for outcome in report.outcomes:
        _tell_one(outcome)
    for seed in report.unknown:
        fail(_nobody_knows(seed))
    if papers and report.exit_code == 0:
        hint("next: survey triage, or survey rank --profile side-project")


def _summary(
    report: Report, papers: int, new: int, together: dict[tuple[str, ...], int]
) -> dict[str, Any]:
    return {
        "seeds": report.seeds,
        "papers": papers,
        "new": new,
        "overlap": {"+".join(names): count for names, count in sorted(together.items())},
        "missing": sum(one.missing for one in report.outcomes),
        "failed_pages": sum(one.failed for one in report.outcomes),
        "unknown": report.unknown,
        "sources": [one.to_json() for one in report.outcomes],
    }


def _table(report: Report) -> tuple[list[str], list[list[str]]]:
    columns = ["source", "papers", "new", "it counts", "missing", "not read yet", "failed pages"]
    rows = [
        [
            one.title,
            f"{one.papers:,}",
            f"{one.new:,}",
            "" if one.total is None else f"{one.total:,}",
            f"{one.missing:,}",
            f"{one.unread:,}",
            f"{one.failed:,}",
        ]
        for one in report.outcomes
    ]
    if len(report.seeds) > 1:
        columns.insert(1, "of those that cite")
        for row, one in zip(rows, report.outcomes, strict=True):
            row.insert(1, one.seed)
    return columns, rows


def _places(together: dict[tuple[str, ...], int], titles: dict[str, str]) -> Iterator[str]:
    """`in Semantic Scholar and OpenAlex 20,000`, `only in OpenAlex 900`, the most first."""
    for names, count in sorted(together.items(), key=lambda item: (-item[1], item[0])):
        named = " and ".join(titles.get(name, name) for name in names)
        yield f"{'only in' if len(names) == 1 else 'in'} {named} {count:,}"


def _tell_one(outcome: Outcome) -> None:
    title, about = outcome.title, f" of {outcome.seed}" if outcome.seed else ""
    if outcome.unknown:
        say(f"{title} does not know {outcome.seed}")
    if outcome.missing:
        say(
            f"{title} counts {outcome.missing:,} papers{about} that it does not give; they are "
            "known to be missing from it"
        )
    if outcome.unread and not outcome.limited:
        say(f"{title} counts at least {outcome.unread:,} more papers{about} that are not read yet")
    if outcome.dropped:
        say(f"{title} has {outcome.dropped:,} rows{about} that name no paper: left out")
    if outcome.limited:
        say(f"{title} was read up to --limit; without it the same command goes on")
    if outcome.problem is not None:
        warn(outcome.problem.message)
        for text in _advice(outcome.source, outcome.problem):
            hint(text.replace("the same command", _again(outcome)))


def _advice(source: str, problem: NetworkProblem) -> Iterator[str]:
    if problem.hint:
        yield problem.hint
    service = SERVICES.get(source)
    if service is None or not service.key or not isinstance(problem, Denied | Spent):
        return
    where = f" (free at {service.key_page})" if service.key_page else ""
    if not os.environ.get(service.key):
        yield f"a key helps{where}: export {service.key}=…"
    elif isinstance(problem, Denied):
        yield f"is {service.key} right{where}?"


def _again(outcome: Outcome) -> str:
    """The command that asks a source once more for what it did not give."""
    where = f"--cites {outcome.seed}" if outcome.seed else f"--source {outcome.source}"
    return f"survey fetch {where}"


def _nobody_knows(seed: str) -> UsageProblem:
    kind, _, name = seed.partition(":")
    address = {"arxiv": "https://arxiv.org/abs/", "doi": "https://doi.org/"}.get(kind, "")
    advice = f"look at {address}{name}" if address else "try its arXiv id or DOI"
    return UsageProblem(f"no source knows {seed}", hint=advice)
