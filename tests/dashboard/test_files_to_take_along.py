"""Downloads hold the numbers of the table, and no text in them does anything."""

from __future__ import annotations

import io

import pandas as pd

from dashboard.plain import plain, safe_cell
from dashboard.table_files import as_csv, as_latex, as_parquet

TABLE = pd.DataFrame(
    {
        "rank": [1, None],
        "model": ["a_b & 50%", '=HYPERLINK("x")'],
        "kid ×10³ ↓": [0.123456789, None],
        "n": [48, 48],
    }
)


def test_csv_has_every_digit_and_no_formula() -> None:
    back = pd.read_csv(io.BytesIO(as_csv(TABLE)))
    assert back["kid ×10³ ↓"][0] == 0.123456789
    assert back["model"][1] == '\'=HYPERLINK("x")'
    assert [safe_cell(text) for text in ("+1", "-1", "@x", "\tx", "1-1")] == [
        "'+1",
        "'-1",
        "'@x",
        "'\tx",
        "1-1",
    ]


def test_parquet_gives_back_the_table() -> None:
    pd.testing.assert_frame_equal(TABLE, pd.read_parquet(io.BytesIO(as_parquet(TABLE))))


def test_latex_is_a_table_whose_text_is_text() -> None:
    text = as_latex(TABLE, "of today\n\\input{x}").decode()
    lines = text.splitlines()
    assert lines[0] == "% of today \\input{x}"
    assert lines[1] == r"\begin{tabular}{rlrr}"
    assert lines[3] == r"rank & model & kid $\times$10$^3$ $\downarrow$ & n \\"
    assert lines[5] == r"1 & a\_b \& 50\% & 0.1235 & 48 \\"
    assert r" & =HYPERLINK(\"x\") &  & 48 \\".replace('\\"', '"') == lines[6]
    assert r"\textbackslash{}" in as_latex(pd.DataFrame({"a": ["\\"]}), "").decode()


def test_plain_words_are_no_markdown() -> None:
    assert plain("*a* [b](c) $d$ :red[e] <i>") == r"\*a\* \[b\]\(c\) \$d\$ \:red\[e\] \<i\>"
    assert plain("two\n lines") == "two lines"
