"""The sections of a paper's page; each is made only when it is looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from bench.records import Record
from dashboard.load import picture_address, pictures_of
from dashboard.load.paper import Detail, measured, similar_papers
from dashboard.load.ranking import profile_names, why
from dashboard.load.results import board
from dashboard.navigation import link
from dashboard.parts.gallery import gallery
from dashboard.plain import plain
from dashboard.views.paper_parts import facts, title_link, web
from survey.profiles import DEFAULT
from survey.repositories import Repository

__all__ = ["cites", "code", "known", "rank", "run", "similar"]

SEEDS = {"arxiv:1703.10593": "CycleGAN", "arxiv:1611.07004": "pix2pix"}
SENTENCES = 30
PICTURES = 6
ARROWS = {"lower": "↓", "higher": "↑"}
STATES = {"alive": "maintained", "archived": "archived", "gone": "gone", "blocked": "blocked"}


def rank(found: Detail) -> None:
    """The score of a profile term by term."""
    names = profile_names()
    first = list(names).index(DEFAULT) if DEFAULT in names else 0
    chosen = st.selectbox("Profile", list(names), index=first, key="profile", bind="query-params")
    if not chosen:
        return
    st.caption(plain(names[chosen]))
    told = why(found.paper.id, chosen)
    place = f"{told.position:,} of {told.among:,}" if told.position else "not ranked: withdrawn"
    left, right = st.columns(2)
    left.metric("Rank", place, help="Among all papers of the catalogue that are not withdrawn.")
    right.metric("Points", f"{told.score} of 1,000")
    rows: list[dict[str, Any]] = [
        {
            "term": line.term,
            "points": line.contribution,
            "of": round(1000 * line.weight / told.total_weight),
            "what is known": line.raw,
        }
        for line in sorted(told.lines, key=lambda line: -line.contribution)
    ]
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        alt=f"Score of the profile {chosen}, term by term",
        column_config={
            "points": st.column_config.ProgressColumn(
                "points", format="%d", min_value=0, max_value=max(row["of"] for row in rows)
            ),
            "of": st.column_config.NumberColumn("of", help="Points of full marks in this term."),
            "what is known": st.column_config.TextColumn("what is known", width="large"),
        },
    )
    st.caption("What is unknown counts as the mean of the papers where it is known.")


def cites(found: Detail) -> None:
    """The sentences in which it cites CycleGAN or pix2pix, and what for."""
    if not found.cites:
        st.caption("It is not known to cite CycleGAN or pix2pix.")
    for one in found.cites:
        name = SEEDS.get(one.seed, one.seed)
        st.subheader(f"Cites {plain(name)}", anchor=False)
        told = [*one.intents, *["called influential by Semantic Scholar"] * one.influential]
        if told:
            st.caption(plain(", ".join(told)))
        if not one.contexts:
            st.caption("No source gives the sentences in which it does.")
        for sentence in one.contexts[:SENTENCES]:
            st.markdown(f"> {plain(sentence)}")


def code(found: Detail) -> None:
    """Its repositories and how they are."""
    if not found.code:
        st.caption("No source names any code.")
        return
    for repository in found.code:
        with st.container(border=True):
            target = web(repository.url)
            label = plain(repository.url)
            st.markdown(f"[{label}]({target})" if target else label)
            st.caption(plain(_health(repository)))
    if any(not repository.state for repository in found.code) and not found.sample:
        st.caption("Stars, licence and whether it is still there:")
        st.code("survey code --status kept", "bash")


def _health(code: Repository) -> str:
    if not code.state:
        return "not looked up"
    parts = [STATES.get(code.state, code.state)]
    if code.stars is not None:
        parts.append(f"{code.stars:,} star{'s' * (code.stars != 1)}")
    if code.state in ("alive", "archived"):
        parts.append(f"licence {code.licence}" if code.licence else "no licence")
    if code.pushed:
        parts.append(f"last commit {code.pushed}")
    if code.moved:
        parts.append(f"now at {code.moved}")
    return " · ".join([*parts, f"looked up {code.checked[:10]}"])


def similar(found: Detail) -> None:
    """The papers most like it, with what they share."""
    alike = similar_papers(found.paper.id)
    if not alike:
        st.caption("No other paper of the catalogue is like it.")
    for one in alike:
        why_alike = one.evidence
        parts = []
        if why_alike.references:
            parts.append(f"{why_alike.references} references shared")
        if why_alike.citing:
            parts.append(f"cited together {why_alike.citing} times")
        if why_alike.text:
            parts.append(f"text {why_alike.text:.2f}")
        with st.container(border=True):
            title_link(one.paper)
            st.caption(f"{facts(one.paper)} · {plain(', '.join(parts))}")


def run(found: Detail) -> None:
    """The zoo's models of it, scores as measured here and as reported, and pictures."""
    if not found.models:
        st.caption("No model in the zoo runs this paper.")
        return
    for model in found.models:
        link("models", f"{plain(model.name)} in the zoo", model=model.name)
        st.code(f"zoo translate --model {model.name} photo.jpg translated.png", "bash")
    records = measured(found.models)
    _measured(records)
    reported = [score for model in found.models for score in model.published]
    if reported:
        st.subheader("As reported by others", anchor=False)
        st.dataframe(
            pd.DataFrame(
                [
                    {
                        "metric": score.metric,
                        "value": score.value,
                        "data set": score.dataset,
                        "source": score.source,
                    }
                    for score in reported
                ]
            ),
            hide_index=True,
            alt="Scores as reported by others",
        )
        st.caption("Their protocols differ from ours: never compare these with measured ones.")
    _pictures(records)


def _measured(records: list[Record]) -> None:
    st.subheader("Measured here", anchor=False)
    if not records:
        st.caption("Nothing is measured yet.")
        return
    rows: list[Mapping[str, Any]] = [
        {
            "model": record.model,
            "data set": record.spec["dataset"],
            "metric": f"{score['metric']} {ARROWS.get(score['direction'], '')}",
            "value": score["value"],
            "low": score["low"],
            "high": score["high"],
            "n": score["n"],
        }
        for record in records
        for score in record.scores
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, alt=f"{len(rows)} measured scores")
    for dataset in dict.fromkeys(str(record.spec["dataset"]) for record in records):
        link("leaderboard", f"Leaderboard of {plain(dataset)}", dataset=dataset)


def _pictures(records: Sequence[Record]) -> None:
    """Of the newest record whose pictures are on this machine."""
    for record in records:
        if cells := _cells(record):
            dataset = plain(str(record.spec["dataset"]))
            st.subheader(f"Pictures of {plain(record.model)} on {dataset}", anchor=False)
            gallery(cells, key=f"pictures-{record.id}")
            return
    if records:
        st.caption("No pictures of it are on this machine.")


def _cells(record: Record) -> list[dict[str, Any]]:
    cells = []
    for entry in pictures_of(board(str(record.spec["dataset"])), record.id)[:PICTURES]:
        for role in ("source", "output"):
            if small := picture_address(entry.get(role), 256):
                full = picture_address(entry.get(role))
                label = f"{role} {entry.get('id', '')}"
                cells.append({"src": small, "full": full, "alt": label, "label": label})
    return cells


def known(found: Detail) -> None:
    """Which sources describe it under which names, and why its topics."""
    st.markdown("Names: " + ", ".join(f"`{name}`" for name in map(_coded, found.identifiers)))
    if found.records:
        columns = ["source", "key", "reason", "doubt"]
        table = pd.DataFrame([{c: r.get(c, "") for c in columns} for r in found.records])
        st.dataframe(table, hide_index=True, alt="Records of sources that are of this paper")
    if found.topics:
        table = pd.DataFrame(found.topics)
        st.dataframe(table, hide_index=True, alt="Topics, with the words that tell them")


def _coded(name: str) -> str:
    return name.replace("`", "")
