"""Papers as odd as they come are fetched over HTTP, and no verb stumbles over one of them."""

from __future__ import annotations

import csv
import io
import json
import re
import threading
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from bibtexparser.entrypoint import parse_string
from click.testing import CliRunner, Result

from survey.cli import main
from tests.survey.answers import Asked
from tests.survey.server import Services
from tests.survey.world import CYCLEGAN, World

Run = Callable[..., Result]
NULLS = ("title", "abstract", "year", "publicationDate", "venue", "authors", "externalIds")
LATEX = r"$\alpha^{2}$-{GAN}: \emph{Images} \& 100\% of_them~#1 \\ \input{/etc/passwd}"
HTML = "<i>Images</i> &amp; <script>alert(1)</script> for a <b and c> d"
HEBREW = "תרגום תמונה לתמונה"
MARKS = "E\u0301tude " + "a" + "\u0300\u0301" * 60
ESCAPES = "\x1b]0;owned\x07\x1b[2J\x9b31mRed\r\n title\x00 \u202eevil\u2066"
ODD: dict[int, dict[str, Any]] = {
    1: dict.fromkeys(NULLS) | {"citationCount": None, "influentialCitationCount": None},
    2: {"authors": [{"name": f"Author Number{n}"} for n in range(3000)]},
    4: {"title": LATEX},
    6: {"title": HTML, "abstract": HTML},
    8: {"title": f"{HEBREW} \u202e"},
    9: {"title": MARKS},
    10: {"title": ESCAPES, "abstract": ESCAPES, "venue": ESCAPES, "authors": [{"name": ESCAPES}]},
    13: {"title": "Very " * 20_000 + "long", "abstract": None},
    14: {"title": "", "publicationDate": "0000-00-00", "year": 99999},
    15: {"publicationDate": "soon", "year": "2019?", "citationCount": "many"},
    16: {"citationCount": -3, "authors": [None, {}, {"name": None}, {"name": "  "}, "x"]},
    17: {"externalIds": {"ArXiv": "not/an id", "DOI": "neither", "CorpusId": None}},
    18: {"paperId": None, "externalIds": None},
    19: {"publicationDate": "2999-12-31", "year": 2099},
    20: {"title": "=cmd|' /C calc'!A0", "venue": "@SUM(1+1)"},
}


@pytest.fixture(scope="module")
def services() -> Iterator[Services]:
    """Semantic Scholar with all the odd papers among others."""
    services = Services(World(30))
    odd = {services.world.papers[n].s2: change for n, change in ODD.items()}
    real = services._s2_citations

    def changed(asked: Asked, body: Any, name: str) -> Any:
        answer = real(asked, body, name)
        for row in answer["data"]:
            row["citingPaper"] |= odd.get(row["citingPaper"]["paperId"], {})
        answer["data"] += [None, 7, {}, {"citingPaper": None}, {"citingPaper": {"paperId": None}}]
        return answer

    services._s2_citations = changed  # type: ignore[method-assign]
    thread = threading.Thread(target=services.http.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield services
    services.http.shutdown()
    services.http.server_close()
    thread.join()


@pytest.fixture(scope="module")
def run(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The verbs on a catalogue of the odd papers: run("ls", "--json")."""
    home = tmp_path_factory.mktemp("odd")
    variables = {"ATLAS_S2_URL": services.address, "ATLAS_DELAY": None, "S2_API_KEY": None}

    def verb(*words: str, typed: str | None = None) -> Result:
        command = [*words, "--home", str(home)]
        return CliRunner().invoke(main, command, input=typed, env=variables)

    fetched = verb("fetch", "--cites", CYCLEGAN, "--source", "s2", "--json")
    assert fetched.exit_code == 0, fetched.stderr
    listed = len(services.s2[CYCLEGAN])
    assert json.loads(fetched.stdout)["sources"][0]["papers"] == listed
    return verb


def _by_key(run: Run, services: Services) -> dict[int, dict[str, Any]]:
    """The catalogue's papers by number in the world."""
    number = {paper.s2: paper.n for paper in services.world.papers}
    rows = map(json.loads, run("ls", "--json").stdout.splitlines())
    return {number[row["s2"]]: row for row in rows if row["s2"] in number}


def _harmful(text: str) -> set[str]:
    overrides = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    control = {c for c in text if unicodedata.category(c) in ("Cc", "Cs")} - {"\n", "\t", "\r"}
    return control | (set(text) & overrides)


def test_what_is_null_is_empty_and_what_cannot_be_is_unknown(run: Run, services: Services) -> None:
    found = _by_key(run, services)
    nothing = found[1]
    assert (nothing["title"], nothing["year"], nothing["date"], nothing["authors"]) == (
        ("", None, "", [])
    )
    assert (nothing["citations"], nothing["arxiv"], nothing["doi"]) == (None, "", "")
    assert (found[14]["date"], found[15]["date"]) == ("", "")
    assert found[14]["year"] == 2000 + int(found[14]["arxiv"][:2])  # all that is left to tell it
    assert (found[15]["citations"], found[16]["citations"]) == (None, None)
    assert (found[17]["arxiv"], found[17]["doi"]) == ("", "")


def test_titles_are_plain_text_and_say_what_they_said(run: Run, services: Services) -> None:
    found = {n: paper["title"] for n, paper in _by_key(run, services).items()}
    assert found[4] == LATEX
    assert found[6] == "Images & <script>alert(1)</script> for a <b and c> d"
    assert found[8] == HEBREW
    assert found[9].startswith("Étude à")
    assert found[10] == "]0;owned[2J31mRed title evil"


def test_three_thousand_authors_are_kept_and_a_few_are_shown(run: Run, services: Services) -> None:
    paper = _by_key(run, services)[2]
    assert len(paper["authors"]) == 3000
    assert "and 2,988 more" in " ".join(run("show", paper["id"]).stdout.split())


def test_a_paper_without_an_id_is_there_by_its_title(run: Run, services: Services) -> None:
    titles = [json.loads(line)["title"] for line in run("ls", "--json").stdout.splitlines()]
    assert services.world.papers[18].title in titles
    assert services.world.papers[5].title in titles


@pytest.mark.parametrize(
    "words",
    [
        *(["ls"], ["ls", "--limit", "100"], ["ls", "--json"], ["ls", "-q"], ["stats"]),
        *(["ls", "--order", "title"], ["ls", "--order", "date"], ["ls", "--year", "2019"]),
        *(["stats", "--json"], ["doctor"], ["doctor", "--json"], ["rank", "--limit", "99"]),
        *(["rank", "--json"], ["search", "images"], ["search", HEBREW, "--json"], ["topics"]),
        *(["search", "étude"], ["shortlist"], ["new"], ["coverage"], ["graph"], ["decisions"]),
        *(["export", "--format", name] for name in ("bibtex", "csv", "json", "markdown", "ris")),
    ],
    ids=" ".join,
)
def test_every_listing_shows_them_and_no_control_character(run: Run, words: list[str]) -> None:
    result = run(*words)
    assert result.exit_code == 0, result.output
    assert _harmful(result.stdout + result.stderr) == set()


@pytest.mark.parametrize("number", sorted(set(ODD) - {18}))
def test_every_odd_paper_can_be_looked_at(run: Run, services: Services, number: int) -> None:
    name = services.world.papers[number].s2
    for words in (["show"], ["show", "--json"], ["why"], ["similar"], ["topics"]):
        result = run(words[0], name, *words[1:])
        assert result.exit_code == 0, result.output
        assert _harmful(result.output) == set()


def test_every_one_passes_through_triage_and_comes_out(run: Run, services: Services) -> None:
    total = len(run("ls", "-q").stdout.splitlines())
    done = run("triage", typed="k" * total + "q")
    assert done.exit_code == 0, done.output
    assert len(run("ls", "-q", "--status", "kept").stdout.splitlines()) == total
    for words in (["shortlist"], ["shortlist", "--json"], ["graph"], ["decisions"]):
        shown = run(*words)
        assert (shown.exit_code, _harmful(shown.output)) == (0, set()), shown.output


def test_every_export_can_be_read_again(run: Run, tmp_path: Path) -> None:
    total = len(run("ls", "-q").stdout.splitlines())
    rows = list(csv.DictReader(io.StringIO(run("export", "--format", "csv").stdout)))
    assert len(rows) == total
    assert not [row for row in rows if row["title"][:1] in ("=", "@", "+")]
    assert len(run("export", "--format", "json").stdout.splitlines()) == total
    table = run("export", "--format", "markdown").stdout
    assert re.search(r"(?<!\\)<", table) is None  # no tag that is not escaped
    assert len([line for line in table.splitlines() if line.startswith("|")]) == total + 2
    library = parse_string(run("export", "--format", "bibtex").stdout)
    assert (len(library.entries), library.failed_blocks) == (total, [])
    assert len({entry.key for entry in library.entries}) == total
    out = tmp_path / "kept.bib"
    assert run("export", "--format", "bibtex", "--out", str(out)).exit_code == 0
    taken = CliRunner().invoke(main, ["import", str(out), "--home", str(tmp_path / "other")])
    assert taken.exit_code in (0, 3), taken.output
    assert "Traceback" not in taken.output
