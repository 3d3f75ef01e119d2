"""A leaderboard and its pictures as HTML; whatever records say is text in it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from string import Template

from bench.leaderboard import Column, Row, Table, cell, footer
from dashboard.frame import cost, facts, label
from dashboard.load.shots import Shot
from dashboard.views.question import column_names, protocol

__all__ = ["gallery", "leaderboard", "page"]

HERE = Path(__file__).parent
COSTS = ("img/s", "parameters", "GMAC")


def page(title: str, lead: str, main: Iterable[str]) -> str:
    """A whole page; `lead` and `main` are HTML, `title` is text."""
    style, script = (_read(f"page.{kind}") for kind in ("css", "js"))
    return Template(_read("page.html")).substitute(
        title=escape(title),
        lead=lead,
        main="\n".join(main),
        date=datetime.now(UTC).strftime("%d %B %Y"),
        style=style,
        style_hash=_hash(style),
        script=script,
        script_hash=_hash(script),
    )


def _read(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def leaderboard(table: Table, link: str | None) -> str:
    """A table as a section; `link` leads to its pictures, where there are any."""
    named = column_names(table)
    asked = table.question
    name = f"{asked['dataset']}, {asked['direction']}"
    titles = [
        "rank",
        "group",
        "model",
        *(label(n, c) for n, c in named.items()),
        *COSTS,
        "licence",
        "paper",
    ]
    numbers = {0, *range(3, 3 + len(named) + len(COSTS))}
    head = "".join(
        f'<th scope="col"{_class(i in numbers)}>{escape(t)}</th>' for i, t in enumerate(titles)
    )
    body = "\n".join(_row(row, list(named.values())) for row in table.rows)
    notes = "".join(f"<li>{escape(note)}</li>" for note in footer(table))
    more = f'<p><a href="{escape(link)}">Pictures</a></p>' if link else ""
    return (
        f"<section><h2>{escape(name)}</h2><p>{escape(protocol(table))}</p>{more}"
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(name)}"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        f'<ul class="notes">{notes}</ul></section>'
    )


def _row(row: Row, columns: Sequence[Column]) -> str:
    about = facts(row)
    rank = f"{row.rank}–{row.last}" if row.last > row.rank else str(row.rank or "")
    cells = [
        _cell(rank, float(row.rank) if row.rank else None),
        f"<td>{escape(row.group)}</td>",
        f"<td>{escape(row.model)}</td>",
        *(_score(row, column) for column in columns),
        *(_cell(_cost(row, name), cost(row, name)) for name in COSTS),
        f"<td>{escape(about['licence'])}</td>",
        f"<td>{_paper(about['paper'])}</td>",
    ]
    return f"<tr>{''.join(cells)}</tr>"


def _cell(text: str, value: float | None) -> str:
    shown = "" if value is None else f"{value!r}"
    return f'<td class="number" data-value="{shown}">{escape(text)}</td>'


def _score(row: Row, column: Column) -> str:
    score = row.scores.get(column)
    value, _, half = cell(score, column).partition(" ")
    shown = "" if score is None else repr(float(score["value"]))
    return (
        f'<td class="number" data-value="{shown}">{escape(value)} '
        f'<span class="half">{escape(half)}</span></td>'
    )


def _cost(row: Row, name: str) -> str:
    value = cost(row, name)
    if value is None:
        return ""
    return f"{value:,.0f}" if name == "parameters" else f"{value:,.2f}"


def _paper(paper: str) -> str:
    plain = paper.replace(".", "").replace("/", "").replace("-", "").isalnum()
    if not paper or not plain:
        return escape(paper)
    return f'<a href="https://arxiv.org/abs/{escape(paper)}">{escape(paper)}</a>'


def _class(number: bool) -> str:
    return ' class="number"' if number else ""


def gallery(found: Iterable[tuple[Shot, Sequence[tuple[str, str, str]]]]) -> Iterable[str]:
    """Each source picture with (name, file beside the page, scores) of every model."""
    for shot, cells in found:
        figures = "".join(
            f'<figure><a href="{escape(file)}"><img loading="lazy" src="{escape(file)}" '
            f'alt="{escape(name)}, picture {escape(shot.id)}"></a>'
            f"<figcaption>{escape(name)}<br>{escape(scores)}</figcaption></figure>"
            for name, file, scores in cells
        )
        yield f'<section><h3>{escape(shot.id)}</h3><div class="row">{figures}</div></section>'
