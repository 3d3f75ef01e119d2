"""A data frame as files to take along: CSV, LaTeX, Parquet."""

from __future__ import annotations

import io

import pandas as pd

from dashboard.plain import safe_cell

__all__ = ["as_csv", "as_latex", "as_parquet"]

_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "±": r"$\pm$",
    "×": r"$\times$",
    "↓": r"$\downarrow$",
    "↑": r"$\uparrow$",
    "³": r"$^3$",
    "⁹": r"$^9$",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
}


def as_csv(table: pd.DataFrame) -> bytes:
    """UTF-8 with a mark that spreadsheets look for; no cell is a formula."""
    texts = table.select_dtypes(exclude="number").columns
    safe = table.assign(**{name: table[name].map(_cell) for name in texts})
    return safe.to_csv(index=False).encode("utf-8-sig")


def _cell(value: object) -> object:
    return safe_cell(value) if isinstance(value, str) else value


def as_parquet(table: pd.DataFrame) -> bytes:
    """Parquet, with numbers at full precision."""
    file = io.BytesIO()
    table.to_parquet(file, index=False)
    return file.getvalue()


def as_latex(table: pd.DataFrame, caption: str) -> bytes:
    """A `tabular` with booktabs' rules; needs \\usepackage{booktabs}."""
    numbers = set(table.select_dtypes(include="number").columns)
    form = "".join("r" if name in numbers else "l" for name in table.columns)
    head = " & ".join(_escape(str(name)) for name in table.columns)
    body = [" & ".join(_number(v) for v in row) + r" \\" for row in table.itertuples(index=False)]
    lines = [
        "% " + " ".join(caption.split()),
        rf"\begin{{tabular}}{{{form}}}",
        r"\toprule",
        head + r" \\",
        r"\midrule",
        *body,
        r"\bottomrule",
        r"\end{tabular}",
    ]
    return ("\n".join(lines) + "\n").encode()


def _number(value: object) -> str:
    if value is None or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, float) and not value.is_integer():
        return f"{value:.4g}"
    return f"{value:.0f}" if isinstance(value, float) else _escape(str(value))


def _escape(text: str) -> str:
    return "".join(_LATEX.get(sign, sign) for sign in text)
