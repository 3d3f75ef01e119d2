"""Imports read what people have, tell what they cannot read, and keep papers once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from data.paths import Home
from survey.catalogue.events import events
from survey.catalogue.papers import Filter, papers
from survey.cli import main
from survey.cli.exporting import export, import_papers
from survey.derive import ready
from survey.export import FORMATS
from survey.found import Found
from survey.importing import read
from survey.paper import Paper

BIBTEX = r"""
@string{iccv = "ICCV"}
@comment{made by hand}

@inproceedings{zhu2017,
  title     = {Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks},
  author    = {Zhu, Jun-Yan and Park, Taesung and Isola, Phillip and Efros, Alexei A.},
  booktitle = iccv,
  year      = 2017,
  doi       = {10.1109/ICCV.2017.244},
}

@article{isola2016,
  title   = {Image-to-Image Translation with Conditional Adversarial Networks},
  author  = {Phillip Isola and others},
  journal = {arXiv preprint arXiv:1611.07004},
  year    = {2016}
}

@article{broken2018,
  title = {This brace {is never closed},
  year = 2018

@misc{dblp, title={H{\"o}lder and {GAN}s}, author={{The Art and Science Group}}, journal={CoRR},
  volume={abs/2002.05638}, year={2020}}
@misc{dblp, title={The key of this one is taken}, eprint={1703.00848}, archiveprefix={arXiv}}
@misc{empty, note={nothing here}}
"""


def _take(home: Path, content: str | bytes, *options: str) -> Result:
    raw = content.encode() if isinstance(content, str) else content
    return CliRunner().invoke(
        import_papers, ["-", "--home", str(home), *options], input=raw, standalone_mode=False
    )


def _papers(home: Path, wanted: Filter | None = None) -> list[Paper]:
    catalogue = ready(Home(home))
    try:
        with catalogue.read() as connection:
            return list(papers(connection, wanted))
    finally:
        catalogue.close()


def _kept(home: Path) -> set[str]:
    return {paper.id for paper in _papers(home, Filter(status=("kept",)))}


def test_bibtex_entries_become_papers() -> None:
    first, second, third, fourth = (wanted.found for wanted in read(BIBTEX.encode()).wanted)
    assert first.authors == ("Jun-Yan Zhu", "Taesung Park", "Phillip Isola", "Alexei A. Efros")
    assert (first.doi, first.year, first.venue) == ("10.1109/iccv.2017.244", 2017, "ICCV")
    assert (second.arxiv, second.venue, second.authors) == ("1611.07004", "", ("Phillip Isola",))
    assert (third.title, third.arxiv) == ("Hölder and GANs", "2002.05638")
    assert third.authors == ("The Art and Science Group",)
    assert fourth.arxiv == "1703.00848"


def test_broken_entries_are_told_by_their_line_and_the_rest_is_read() -> None:
    problems = read(BIBTEX.encode()).problems
    lines = BIBTEX.splitlines()
    assert [lines[problem.line - 1].split(",")[0] for problem in problems] == [
        "@article{broken2018",
        "@misc{empty",
    ]
    assert "closing" in problems[0].message
    assert "neither a title nor an identifier" in problems[1].message


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_files_of_any_editor_are_read(coding: str) -> None:
    (wanted,) = read("@misc{x, title={Über Bilder}, year=2020}".encode(coding)).wanted
    assert wanted.found.title == "Über Bilder"


def test_a_file_that_is_something_else_is_told_in_a_few_lines(tmp_path: Path) -> None:
    lines = "\n".join(f"line {n} of a novel" for n in range(500))
    result = CliRunner().invoke(main, ["import", "-", "--home", str(tmp_path)], input=lines)
    assert result.exit_code == 2
    told = result.stderr.splitlines()
    assert len(told) < 30
    assert "480 more lines" in result.stderr


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("van Gogh, Vincent", ("Vincent van Gogh",)),
        ("King, Jr, Martin", ("Martin King Jr",)),
        ("A B AND C D", ("A B", "C D")),
        ("{Barnes and Noble, Inc.} and A B", ("Barnes and Noble, Inc.", "A B")),
        (r"M{\"u}ller, J{\'o}zef", ("Józef Müller",)),
        ("others", ()),
    ],
)
def test_authors_are_read_as_bibtex_reads_them(names: str, expected: tuple[str, ...]) -> None:
    (wanted,) = read(f"@misc{{x, title={{A title}}, author={{{names}}}}}".encode()).wanted
    assert wanted.found.authors == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("1703.10593", "arxiv:1703.10593"),
        ("  arXiv:1703.10593v7  # the seed", "arxiv:1703.10593"),
        ("https://arxiv.org/pdf/1703.10593v2.pdf#page=3", "arxiv:1703.10593"),
        ("https://doi.org/10.1109/ICCV.2017.244", "doi:10.1109/iccv.2017.244"),
        ("10.48550/arXiv.1703.10593", "arxiv:1703.10593"),
        ("cs/0703110", "arxiv:cs/0703110"),
        ("https://openalex.org/W2962793481", "openalex:W2962793481"),
    ],
)
def test_any_form_of_an_identifier_is_read(line: str, expected: str) -> None:
    reading = read(f"# my list\n\n{line}\n".encode())
    assert [(wanted.line, wanted.name) for wanted in reading.wanted] == [(3, expected)]
    assert reading.problems == ()


def test_a_line_that_is_no_identifier_is_told_by_its_number() -> None:
    reading = read(b"1703.10593\nnonsense\n1611.07004\n9999.99999\n")
    assert [problem.line for problem in reading.problems] == [2, 4]
    assert [wanted.line for wanted in reading.wanted] == [1, 3]


def test_files_with_a_mark_or_in_latin_1_are_read() -> None:
    entry = "@misc{x, title={Über alles}, author={José Ångström}}"
    for content in (entry.encode("utf-8-sig"), entry.encode("latin-1")):
        (wanted,) = read(content).wanted
        assert (wanted.found.title, wanted.found.authors) == ("Über alles", ("José Ångström",))


def test_our_own_bibtex_is_read_back() -> None:
    paper = Paper(
        id="arxiv:1703.10593",
        title="50% of U-Nets & {CycleGAN}s: a_b in São Paulo",
        authors=("Jun-Yan Zhu", "Łukasz Żak"),
        year=2017,
        venue="ICCV",
        arxiv="1703.10593",
        doi="10.1109/iccv.2017.244",
    )
    (wanted,) = read(b"".join(FORMATS["bibtex"].chunks([paper]))).wanted
    found = wanted.found
    assert found.title == "50% of U-Nets & CycleGANs: a_b in São Paulo"
    assert (found.authors, found.year, found.venue) == (paper.authors, 2017, "ICCV")
    assert (found.arxiv, found.doi) == (paper.arxiv, paper.doi)


def test_known_papers_are_kept_and_unknown_ones_added(tmp_path: Path, fetched: Any) -> None:
    fetched(Found(source="openalex", key="W1", title="Pix", arxiv="1611.07004"))
    result = _take(tmp_path, BIBTEX, "--json")
    assert result.return_value == 3
    rows = {row["id"]: row["outcome"] for row in map(json.loads, result.stdout.splitlines())}
    assert rows == {
        "doi:10.1109/iccv.2017.244": "added",
        "arxiv:1611.07004": "kept",
        "arxiv:2002.05638": "added",
        "arxiv:1703.00848": "added",
    }
    line = 1 + BIBTEX.splitlines().index("@article{broken2018,")
    assert f"stdin, line {line}: broken entry" in result.stderr
    assert _kept(tmp_path) == set(rows)
    (paper,) = _papers(tmp_path, Filter(ids=("doi:10.1109/iccv.2017.244",)))
    assert (paper.title[:8], paper.sources) == ("Unpaired", ("import",))


def test_a_second_import_decides_nothing_again(tmp_path: Path) -> None:
    _take(tmp_path, BIBTEX)
    before = len(_events(tmp_path))
    assert "4 kept already" in _take(tmp_path, BIBTEX).stderr
    assert len(_events(tmp_path)) == before == 4


def _events(home: Path) -> list[object]:
    catalogue = ready(Home(home))
    try:
        with catalogue.read() as connection:
            return list(events(connection))
    finally:
        catalogue.close()


def test_an_identifier_alone_is_a_paper_and_survives_merging(tmp_path: Path, fetched: Any) -> None:
    result = _take(tmp_path, "1703.10593\n10.1109/ICCV.2017.244\n1703.10593v3\n")
    assert result.return_value == 0
    assert _kept(tmp_path) == {"arxiv:1703.10593", "doi:10.1109/iccv.2017.244"}
    both = Found(
        source="openalex", key="W1", title="Both", arxiv="1703.10593", doi="10.1109/iccv.2017.244"
    )
    fetched(both)
    assert _kept(tmp_path) == {"arxiv:1703.10593"}


def test_a_paper_known_by_its_title_alone_stays_kept_when_it_is_found(
    tmp_path: Path, fetched: Any
) -> None:
    entry = "@misc{x, title={Learning to Paint by Numbers}, author={Doe, Jane}, year={2021}}"
    _take(tmp_path, entry)
    assert len(_kept(tmp_path)) == 1
    found = Found(
        source="openalex",
        key="W1",
        title="Learning to paint by numbers",
        authors=("Jane Doe",),
        year=2021,
        doi="10.1000/numbers",
    )
    fetched(found)
    assert _kept(tmp_path) == {"doi:10.1000/numbers"}


def test_a_file_that_names_no_paper_is_refused(tmp_path: Path) -> None:
    result = _take(tmp_path, "nonsense\n")
    assert "names no paper" in str(result.exception)
    assert "line 1" in result.stderr
    assert not (tmp_path / "catalogue.db").exists()


def test_what_was_imported_is_exported(tmp_path: Path) -> None:
    _take(tmp_path, BIBTEX)
    out = tmp_path / "kept.bib"
    arguments = ["--shortlist", "--out", str(out), "--home", str(tmp_path)]
    assert CliRunner().invoke(export, arguments, standalone_mode=False).exception is None
    assert len(read(out.read_bytes()).wanted) == 4
    shown = CliRunner().invoke(export, ["--format", "csv", "--home", str(tmp_path)])
    assert (shown.exit_code, len(shown.stdout.splitlines())) == (0, 5)
