"""Exports are valid in their own formats, escaped, typed, and come back as what went in."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import date
from pathlib import Path

import pyarrow.parquet
import pytest
import rispy

from data.errors import AtlasError, UsageProblem
from survey.export import (
    FORMATS,
    cite_keys,
    format_named,
    format_of,
    write_file,
)
from survey.export.columns import COLUMNS
from survey.frames import frame_of
from survey.paper import Paper

CYCLEGAN = Paper(
    id="arxiv:1703.10593",
    title="Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks",
    authors=("Jun-Yan Zhu", "Taesung Park", "Phillip Isola", "Alexei A. Efros"),
    year=2017,
    date="2017-03-30",
    published="2017-10-01",
    venue="IEEE International Conference on Computer Vision",
    abstract="Image-to-image translation is a class of vision and graphics problems.",
    arxiv="1703.10593",
    doi="10.1109/iccv.2017.244",
    citations=21000,
    categories=("cs.CV",),
    code=("https://github.com/junyanz/CycleGAN",),
    topics=("unpaired",),
    status="kept",
)
PIX2PIX = Paper(
    id="arxiv:1611.07004",
    title="Image-to-Image Translation with Conditional Adversarial Networks",
    authors=("Phillip Isola", "Jun-Yan Zhu", "Tinghui Zhou", "Alexei A. Efros"),
    year=2016,
    arxiv="1611.07004",
)
BARE = Paper(id="s2:0123456789012345678901234567890123456789")


def _text(name: str, papers: list[Paper]) -> str:
    return b"".join(FORMATS[name].chunks(papers)).decode()


def test_csv_guards_formulas_and_keeps_its_rows() -> None:
    evil = Paper(
        id="doi:10.1/x",
        title='=HYPERLINK("http://x")',
        authors=("@SUM(A1)", "B"),
        note="-1+1",
        venue="+x",
        comment='say "hi", then\tgo',
    )
    rows = list(csv.DictReader(io.StringIO(_text("csv", [CYCLEGAN, evil, BARE]))))
    assert len(rows) == 3
    assert list(COLUMNS) == list(rows[0])
    assert rows[0]["authors"] == "Jun-Yan Zhu; Taesung Park; Phillip Isola; Alexei A. Efros"
    assert (rows[0]["citations"], rows[0]["withdrawn"], rows[0]["note"]) == ("21000", "false", "")
    assert rows[1]["title"] == '\'=HYPERLINK("http://x")'
    assert (
        rows[1]["authors"],
        rows[1]["note"],
        rows[1]["venue"],
    ) == ("'@SUM(A1); B", "'-1+1", "'+x")
    assert evil.comment == rows[1]["comment"]
    assert rows[2]["year"] == ""


def test_json_lines_are_the_papers() -> None:
    lines = _text("json", [CYCLEGAN, BARE]).splitlines()
    assert [json.loads(json.dumps(p.to_json())) for p in (CYCLEGAN, BARE)] == [
        json.loads(line) for line in lines
    ]


def test_json_survives_half_a_surrogate_pair() -> None:
    assert "?" in _text("json", [Paper(id="doi:10.1/x", title="half \ud83c of it")])


def test_parquet_has_types_and_lists() -> None:
    content = b"".join(FORMATS["parquet"].chunks([CYCLEGAN, BARE]))
    table = pyarrow.parquet.read_table(io.BytesIO(content))
    first, second = table.to_pylist()
    assert (date(2017, 3, 30), 21000, ["unpaired"]) == (
        first["date"],
        first["citations"],
        first["topics"],
    )
    assert (
        second["date"],
        second["citations"],
        second["authors"],
        second["withdrawn"],
    ) == (None, None, [], False)


def test_parquet_of_no_paper_has_the_same_columns() -> None:
    content = b"".join(FORMATS["parquet"].chunks([]))
    table = pyarrow.parquet.read_table(io.BytesIO(content))
    assert (0, list(COLUMNS)) == (table.num_rows, table.column_names)


def test_a_day_that_no_calendar_has_is_missing() -> None:
    odd = Paper(id="doi:10.1/x", date="2019-02-31")
    content = b"".join(FORMATS["parquet"].chunks([odd]))
    assert pyarrow.parquet.read_table(io.BytesIO(content))["date"].to_pylist() == [None]
    assert frame_of([odd])["date"].isna().all()


def test_markdown_escapes_markup_and_links_only_the_web() -> None:
    evil = Paper(
        id="doi:10.1/x",
        doi="10.1/a|b)c<d>",
        title="<img src=x> | [click](javascript:alert) *bold* `code`",
        code=("javascript:alert(1)", "https://github.com/a/b", "http://[bad"),
        year=2020,
    )
    head, rule, *rows = _text("markdown", [CYCLEGAN, evil]).splitlines()
    assert [len(re.split(r"(?<!\\)\|", r)) - 2 for r in (head, rule, *rows)] == [7, 7, 7, 7]
    assert "](https://arxiv.org/abs/1703.10593)" in rows[0]
    assert "Jun-Yan Zhu et al." in rows[0]
    assert r"\<img src=x\> \| \[click\](javascript:alert) \*bold\* \`code\`" in rows[1]
    assert re.findall(r"(?<!\\)\]\((.*?)\)", rows[1]) == [
        "https://doi.org/10.1/a%7Cb%29c%3Cd%3E",
        "https://github.com/a/b",
    ]


def test_ris_is_read_back() -> None:
    papers = [CYCLEGAN, Paper(id="doi:10.1/x", title="Two\nlines", authors=("Plato",), year=2020)]
    first, second = rispy.loads(_text("ris", papers))
    assert ("CPAPER", CYCLEGAN.title) == (first["type_of_reference"], first["title"])
    assert first["authors"] == [
        "Zhu, Jun-Yan",
        "Park, Taesung",
        "Isola, Phillip",
        "Efros, Alexei A.",
    ]
    assert (CYCLEGAN.doi, CYCLEGAN.abstract) == (first["doi"], first["abstract"])
    assert (
        second["type_of_reference"],
        second["title"],
        second["authors"],
    ) == ("UNPB", "Two lines", ["Plato"])
    assert cite_keys(papers)[CYCLEGAN.id] == first["id"]


def test_the_frame_has_one_row_a_paper_and_proper_types() -> None:
    frame = frame_of([CYCLEGAN, BARE])
    assert list(COLUMNS) == list(frame.columns)
    assert [CYCLEGAN.id, BARE.id] == list(frame["id"])
    assert (
        str(frame["date"].dtype),
        str(frame["citations"].dtype),
        str(frame["withdrawn"].dtype),
    ) == ("datetime64[s]", "Int64", "bool")
    assert frame["topics"][0] == ["unpaired"]
    assert frame["citations"].sum() == 21000
    assert frame_of([]).dtypes.equals(frame.dtypes)


def test_a_format_is_found_by_name_and_by_file() -> None:
    assert tuple(format_named(name).name for name in ("jsonl", "JSON", "bib")) == (
        "json",
        "json",
        "bibtex",
    )
    assert tuple(format_of(Path(name)).name for name in ("a.BIB", "a.parquet", "a.md")) == (
        "bibtex",
        "parquet",
        "markdown",
    )
    with pytest.raises(UsageProblem, match="did you mean 'bibtex'"):
        format_named("bibtx")
    with pytest.raises(UsageProblem, match="does not tell its format"):
        format_of(Path("papers"))


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "papers.csv"
    assert write_file([CYCLEGAN], FORMATS["csv"], path) == 1
    before = path.read_bytes()

    def broken() -> list[Paper]:
        raise AtlasError("the catalogue went away")

    with pytest.raises(AtlasError, match="went away"):
        write_file((broken()[0] for _ in range(2)), FORMATS["csv"], path)
    assert before == path.read_bytes()
    assert [path] == list(tmp_path.iterdir())
