"""A paper and where triage stands, as plain lines of text for any width."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from rich.console import Console
from rich.text import Text

from survey.momentum import citations_a_month
from survey.paper import Paper
from survey.repositories import Repository
from survey.triage.queue import Pick
from survey.triage.unseen import Estimate

__all__ = ["code_line", "expected", "paper_lines", "plain", "shortened", "standing"]

AUTHORS = 6  # shown by name
REPOSITORIES = 3


def plain(text: str) -> str:
    """Text that cannot move the cursor, change colours or turn the direction of a line."""
    return "".join(c if c.isprintable() else " " for c in text)


def standing(counts: dict[str, int], left: int) -> str:
    """How many were decided, and how many are left to look at."""
    parts = [f"{counts[name]:,} {told}" for name, told in _COUNTED if counts.get(name)]
    return " · ".join([*parts, f"{left:,} to go"])


def expected(likely: Estimate | None) -> str:
    """The estimate in a sentence; empty before there is one."""
    if likely is None:
        return ""
    return (
        f"about {likely.likely:,} more worth keeping "
        f"({likely.low:,} to {likely.high:,}; {likely.kept} of {likely.draws} random draws kept)"
    )


def paper_lines(paper: Paper, pick: Pick, code: Sequence[Repository]) -> list[Text]:
    """Everything about a paper but its abstract."""
    lines = [Text(plain(paper.title) or "(no title)", style="bold")]
    lines += [Text(line) for line in (_authors(paper), _published(paper)) if line]
    lines += [Text(_cited(paper))]
    if paper.topics:
        lines.append(_labelled("topics", ", ".join(paper.topics)))
    lines += [_labelled("code", code_line(entry)) for entry in code[:REPOSITORIES]]
    if paper.tags:
        lines.append(_labelled("tags", ", ".join(paper.tags)))
    if paper.note:
        lines.append(_labelled("note", paper.note))
    lines.append(_labelled("next", pick.why))
    return lines


def shortened(text: Text, console: Console, lines: int) -> Text:
    """As much of a text as fits into so many lines, and a sign that there is more."""
    wrapped = text.wrap(console, console.width)
    if len(wrapped) <= lines:
        return text
    return Text("\n").join([*wrapped[: max(1, lines - 1)], Text("… space shows all", style="dim")])


def code_line(code: Repository) -> str:
    """An address with what is known of it."""
    known = [code.state or "not looked up"]
    if code.stars is not None:
        known.append(f"{code.stars:,} star{'s' * (code.stars != 1)}")
    if code.state in ("alive", "archived"):
        known.append(code.licence or "no licence")
    return f"{code.url} ({', '.join(known)})"


_COUNTED = (("kept", "kept"), ("dropped", "dropped"), ("later", "set aside"))


def _labelled(label: str, text: str) -> Text:
    return Text.assemble((f"{label:<7}", "dim"), plain(text))


def _authors(paper: Paper) -> str:
    names = [plain(name) for name in paper.authors[:AUTHORS]]
    more = len(paper.authors) - AUTHORS
    return ", ".join(names) + (f" and {more:,} more" if more > 0 else "")


def _published(paper: Paper) -> str:
    where = paper.venue or ("preprint" if paper.arxiv else "")
    parts = [paper.date or str(paper.year or ""), where, paper.id]
    return plain(" · ".join(part for part in parts if part))


def _cited(paper: Paper) -> str:
    return " · ".join(_citations(paper))


def _citations(paper: Paper) -> Iterator[str]:
    if paper.citations is None:
        yield "citations unknown"
        return
    yield f"{paper.citations:,} citation{'s' * (paper.citations != 1)}"
    monthly = citations_a_month(paper, datetime.now(UTC).date())
    if monthly is not None:
        yield f"{monthly:.1f} a month"
    if paper.influential is not None:
        yield f"{paper.influential:,} influential"
