"""A leaderboard as a LaTeX table: the best of each column bold, and all that tie with it."""

from __future__ import annotations

from bench.compare.kept import Kept
from bench.leaderboard import Column, Row, Table, cell, compared, footer

__all__ = ["best_of", "latex"]

SPECIAL = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "±": r"$\pm$",
    "×": r"$\times$",
    "³": "$^3$",
    "²": "$^2$",
    "↓": r"$\downarrow$",
    "↑": r"$\uparrow$",
    "–": "--",
    "−": "$-$",
    "…": r"\ldots{}",
    "Δ": r"$\Delta$",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
}


def escaped(text: str) -> str:
    """Text from anywhere as LaTeX that shows it."""
    return "".join(SPECIAL.get(letter, letter) for letter in text if letter.isprintable())


def best_of(table: Table, column: Column, kept: Kept | None) -> list[Row]:
    """The best model by a column and those that cannot be told apart from it."""
    rows = [row for row in table.rows if column in row.scores]
    if not rows:
        return []
    sign = 1.0 if column.direction == "lower" else -1.0
    rows.sort(key=lambda row: sign * row.scores[column]["value"])
    found = compared(rows, column, kept)
    same = set(found.letters[0])
    if not same:  # very many models: those that may have the first rank
        return [r for r, (first, _) in zip(rows, found.ranks, strict=True) if first == 1]
    return [r for r, own in zip(rows, found.letters, strict=True) if same & set(own)]


def latex(table: Table, title: str, kept: Kept | None) -> str:
    """A tabular with booktabs' rules, its footer as comments."""
    best = {column: best_of(table, column, kept) for column in table.columns}
    notes = [title, "bold: best, or not to be told apart from it", *footer(table)]
    lines = [f"% {' '.join(note.split())}" for note in notes]  # a second line would be no comment
    lines += [r"\begin{tabular}{l" + "r" * len(table.columns) + "}", r"\toprule"]
    lines += [_row(["model", *(column.label for column in table.columns)]), r"\midrule"]
    for row in table.rows:
        cells = [(cell(row.scores.get(c), c), row in best[c]) for c in table.columns]
        shown = [rf"\textbf{{{escaped(text)}}}" if bold else escaped(text) for text, bold in cells]
        lines.append(" & ".join([escaped(row.model), *shown]) + r" \\")
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", ""])


def _row(cells: list[str]) -> str:
    return " & ".join(escaped(cell) for cell in cells) + r" \\"
