"""Results leave as they are: nothing rounded away, nothing runs, nothing is fetched."""

from __future__ import annotations

import csv
import html.parser
import io
import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bench.cli import main
from bench.columns import column_of
from bench.compare.kept import Kept
from bench.export.formats import exported
from bench.export.latex import best_of, escaped
from bench.export.modelcard import model_card
from bench.leaderboard import tables
from bench.records import Record, read_all, write
from bench.report.page import write_report
from data.errors import UsageProblem
from data.paths import PUBLISHED, Home


def _bench(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


@pytest.fixture
def published() -> list[Record]:
    """The project's own records."""
    return read_all([PUBLISHED], "photo2toon")


@pytest.fixture
def kept(own_home: Path) -> Kept:
    """What an empty home keeps, which is the records alone."""
    return Kept([PUBLISHED], Home(own_home))


@pytest.mark.parametrize("form", ["csv", "json", "parquet"])
def test_every_score_comes_back_from_the_file(
    form: str, published: list[Record], kept: Kept
) -> None:
    content = exported(form, published, kept)
    if form == "csv":
        rows = list(csv.DictReader(io.StringIO(content.decode())))
    elif form == "json":
        rows = [json.loads(line) for line in content.decode().splitlines()]
    else:
        parquet = pytest.importorskip("pyarrow.parquet")
        rows = parquet.read_table(io.BytesIO(content)).to_pylist()
    found = {(r["record"], r["metric"]): float(r["value"]) for r in rows}
    assert {(r.id, s["metric"]): s["value"] for r in published for s in r.scores} == found
    assert {"AtoB"} == {row["direction"] for row in rows}
    assert {"lower", "higher"} == {row["better"] for row in rows}


def test_a_failure_is_a_row_too(published: list[Record], kept: Kept) -> None:
    failed = Record(
        id="0" * 16,
        status="error",
        spec=published[0].spec,
        card={},
        error={"type": "OSError", "message": "=cmd|' /C calc'!A0"},
    )
    (row,) = csv.DictReader(io.StringIO(exported("csv", [failed], kept).decode()))
    assert row["status"] == "error"
    assert row["error"].startswith("'=")  # no spreadsheet runs it


def test_latex_makes_the_best_and_its_ties_bold(kept: Kept, published: list[Record]) -> None:
    text = exported("latex", published, kept).decode()
    (line,) = [line for line in text.splitlines() if line.startswith("pix2pix")]
    assert line.count(r"\textbf") == 5  # best by far in all five
    assert "identity & 23.05 $\\pm$4.67" in text
    (best,) = [record for record in published if record.model.startswith("pix2pix")]
    twin = replace(best, spec={**best.spec, "model": "twin", "weights_sha256": "f" * 64})
    (table,) = tables([*published, twin])
    (column,) = [c for c in table.columns if c.metric == "kid-texture"]
    assert {row.model for row in best_of(table, column, None)} == {"pix2pix.photo2toon", "twin"}


def test_latex_shows_what_it_would_otherwise_run() -> None:
    assert escaped(r"a_b\input{/etc}%$") == r"a\_b\textbackslash{}input\{/etc\}\%\$"


def test_latex_knows_the_letters_of_every_unit(kept: Kept, published: list[Record]) -> None:
    from bench.metrics.registry import metric_cards

    (record,) = [record for record in published if record.model == "identity"]
    scores = [
        {**record.scores[0], "metric": c.name, "unit": c.unit} for c in metric_cards().values()
    ]
    text = exported("latex", [replace(record, scores=tuple(scores))], kept).decode()
    told = "".join(line for line in text.splitlines() if not line.startswith("%"))
    assert told.isascii()
    assert r"colour-source $\Delta$Lab $\downarrow$" in told


@pytest.mark.parametrize("form", ["latex", "markdown"])
def test_a_warning_of_several_lines_stays_one_note(
    form: str, kept: Kept, published: list[Record]
) -> None:
    (record,) = [record for record in published if record.model == "identity"]
    told = "no mine: it raised RuntimeError: first\n\\input{/etc/passwd}\n\nlast"
    text = exported(form, [replace(record, warnings=(told,))], kept).decode()
    (note,) = [line for line in text.splitlines() if "no mine" in line]
    assert note[2:] == r"no mine: it raised RuntimeError: first \input{/etc/passwd} last"


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no LaTeX")
def test_latex_compiles(tmp_path: Path, kept: Kept, published: list[Record]) -> None:
    body = exported("latex", published, kept).decode()
    text = (
        r"\documentclass{article}\usepackage{booktabs}\begin{document}" + body + r"\end{document}"
    )
    (tmp_path / "t.tex").write_text(text)
    command = ["pdflatex", "-interaction=nonstopmode", "t.tex"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)


def test_a_model_card_is_one_that_the_hub_reads(published: list[Record]) -> None:
    hub = pytest.importorskip("huggingface_hub")
    text = model_card("cyclegan.photo2toon", published)
    data = hub.ModelCard(text).data
    (record,) = [r for r in published if r.model == "cyclegan.photo2toon"]
    found = {result.metric_type: result.metric_value for result in data.eval_results}
    assert {s["metric"]: s["value"] for s in record.scores} == found
    assert data.pipeline_tag == "image-to-image"
    with pytest.raises(UsageProblem, match="nothing is recorded of 'x'"):
        model_card("x", published)
    assert model_card("cyclegan", published) == text
    other = replace(next(r for r in published if r.model == "cyclegan.photo2toon"))
    other = replace(other, spec={**other.spec, "model": "cyclegan@mine.pth"})
    with pytest.raises(UsageProblem, match="'cyclegan' means 2 models"):
        model_card("cyclegan", [*published, other])


class _Page(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with two models measured on the bundled pictures."""
    home = tmp_path_factory.mktemp("report") / "home"
    models = "identity,pix2pix"
    asked = ["--models", models, "--dataset", "photo2toon", "--metrics", "kid-texture,psnr"]
    assert _bench("run", *asked, "--limit", 8, "--home", home).exit_code == 0
    return home


def _report(home: Path, path: Path) -> str:
    folders = [home / "results"]
    write_report(path, folders, "photo2toon", Kept(folders, Home(home)))
    return path.read_text(encoding="utf-8")


def test_a_report_is_whole_and_fetches_nothing(measured: Path, tmp_path: Path) -> None:
    text = _report(measured, tmp_path / "r.html")
    page = _Page()
    page.feed(text)
    names = [tag for tag, _ in page.tags]
    assert "script" not in names
    assert "link" not in names
    for tag, attributes in page.tags:
        assert not any(name.startswith("on") for name in attributes)
        if tag == "img":
            assert (attributes["src"] or "").startswith("data:image/jpeg;base64,")
            assert attributes["alt"]
    assert not re.search(r"(?:src|href)=\"(?!data:)|url\(|@import", text)
    assert (
        "meta",
        {"name": "viewport", "content": "width=device-width, initial-scale=1"},
    ) in page.tags
    assert names.count("svg") == 2  # intervals, and quality beside speed
    assert names.count("img") >= 4 * 4 + 6  # samples with three answers, best and worst
    for part in ("pix2pix.photo2toon", "kid-texture ×10³ ↓", "worst: ", "Environment", "torch"):
        assert part in text


def test_a_report_of_hostile_records_is_harmless(measured: Path, tmp_path: Path) -> None:
    home = Path(shutil.copytree(measured, tmp_path / "home"))
    (record,) = [r for r in read_all([home / "results"]) if r.model == "identity"]
    spec = {**record.spec, "model": "<script>alert(1)</script>"}
    pictures = tuple({**row, "output": "../../../etc/passwd"} for row in record.pictures)
    evil = {**record.to_json(), "id": "e" * 16, "spec": spec, "pictures": pictures}
    write(home / "results", Record(**evil))
    text = _report(home, tmp_path / "r.html")
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)" in text


def test_a_report_without_pictures_says_so_and_stands(tmp_path: Path, own_home: Path) -> None:
    path = tmp_path / "r.html"
    write_report(path, [PUBLISHED], "photo2toon", Kept([PUBLISHED], Home(own_home)))
    text = path.read_text(encoding="utf-8")
    assert "<img" not in text
    assert "ganilla.photo2toon" in text


def test_a_folder_stands_for_the_data_set_that_it_was_measured_as(
    measured: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "of" / "photo2toon").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    result = _bench("report", "--dataset", tmp_path / "of" / "photo2toon", "--home", measured)
    assert result.stdout.strip() == "photo2toon.html"
    assert "pix2pix.photo2toon" in Path("photo2toon.html").read_text(encoding="utf-8")


def test_the_command_prints_the_file_and_refuses_unknown_data(tmp_path: Path) -> None:
    result = _bench("report", "--dataset", "photo2toon", "--out", tmp_path / "r.html")
    assert str(tmp_path / "r.html") in result.stdout
    wrong = _bench("report", "--dataset", "photo2ton", "--out", tmp_path / "x.html")
    assert wrong.exit_code == 2
    assert not (tmp_path / "x.html").exists()


def test_a_report_reads_the_same_on_a_phone(measured: Path, tmp_path: Path) -> None:
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no browser")
    from selenium import webdriver

    _report(measured, tmp_path / "r.html")
    options = webdriver.ChromeOptions()
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(flag)
    options.binary_location = browser
    driver = webdriver.Chrome(options=options)
    try:
        metrics = {"width": 320, "height": 640, "deviceScaleFactor": 1, "mobile": True}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        driver.get((tmp_path / "r.html").as_uri())
        assert driver.execute_script("return document.documentElement.scrollWidth") <= 320
        assert not driver.execute_script(
            "return [...document.images].filter(i => i.complete && !i.naturalWidth).length"
        )
    finally:
        driver.quit()


def test_columns_of_two_versions_never_mix(published: list[Record]) -> None:
    score = published[0].scores[0]
    assert column_of(score) != column_of({**score, "version": 99})
