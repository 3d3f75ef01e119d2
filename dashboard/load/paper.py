"""One paper with everything that is known of it: rank, contexts, code, likenesses, scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st
from sqlalchemy import Connection

from bench.records import Record
from dashboard.load.catalogue import Stamp, reading, stamp
from dashboard.load.results import kept_records
from survey.about import about
from survey.catalogue.papers import find_paper
from survey.paper import Paper
from survey.repositories import Repository, repositories
from survey.similar import Similar, similar
from survey.zoo_models import ZooModel, zoo_cards

__all__ = [
    "Citing",
    "Detail",
    "detail",
    "measured",
    "similar_papers",
]

ALIKE = 10  # papers shown as similar


@dataclass(frozen=True, slots=True, kw_only=True)
class Citing:
    """How the paper cites a seed, all sources together."""

    seed: str  # `arxiv:1703.10593`
    contexts: tuple[str, ...]  # sentences, each once
    intents: tuple[str, ...]
    influential: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """A paper's page."""

    paper: Paper
    cites: tuple[Citing, ...]
    code: tuple[Repository, ...]  # state empty until looked up
    topics: tuple[Mapping[str, Any], ...]  # topic, place, evidence
    covered: tuple[Mapping[str, Any], ...]  # videos
    identifiers: tuple[str, ...]
    records: tuple[Mapping[str, Any], ...]  # of sources: source, key, reason, doubt
    models: tuple[ZooModel, ...]
    sample: bool


def detail(name: str) -> Detail:
    """The paper that any of its identifiers names; UsageProblem when there is none."""
    with reading() as (connection, where):
        paper = find_paper(connection, name)
        told = about(connection, paper.id)
        known = repositories(connection, paper.code)
    return Detail(
        paper=paper,
        cites=tuple(_citing(told["cites"])),
        code=tuple(known.get(url) or Repository(url=url, state="") for url in paper.code),
        topics=tuple(told["topic_evidence"]),
        covered=tuple(told["covered"]),
        identifiers=tuple(told["identifiers"]),
        records=tuple(told["records"]),
        models=zoo_cards().get(paper.arxiv, ()) if paper.arxiv else (),
        sample=where.sample,
    )


def _citing(rows: Sequence[Mapping[str, Any]]) -> list[Citing]:
    made = []
    for seed in dict.fromkeys(str(row["seed"]) for row in rows):
        own = [row for row in rows if row["seed"] == seed]
        made.append(
            Citing(
                seed=seed,
                contexts=tuple(dict.fromkeys(text for row in own for text in row["contexts"])),
                intents=tuple(dict.fromkeys(text for row in own for text in row["intents"])),
                influential=any(row["influential"] for row in own),
            )
        )
    return made


def similar_papers(paper: str) -> list[Similar]:
    """The papers most like one, by shared references and citing papers, then by text."""
    with reading() as (connection, _):
        return _similar(stamp(connection), paper, connection)


@st.cache_data(show_spinner="Comparing with the other papers", max_entries=64)
def _similar(seen: Stamp, paper: str, _connection: Connection) -> list[Similar]:
    return similar(_connection, paper, limit=ALIKE)


def measured(models: Sequence[ZooModel]) -> list[Record]:
    """Finished records of these models, the newest first."""
    found = [record for model in models for record in kept_records(model.name)]
    done = {record.id: record for record in found if record.status == "done"}
    return sorted(done.values(), key=lambda record: record.finished, reverse=True)
