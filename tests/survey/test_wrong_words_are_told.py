"""Whatever is typed after `survey`, there is an answer, or an error with a hint: no traceback."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from survey.cli import VERBS, main


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample, and files that are none of what they seem."""
    home = tmp_path_factory.mktemp("home")
    assert _run(home, "sample").exit_code == 0
    (home / "random.bib").write_bytes(bytes(range(256)) * 20)
    (home / "broken.bib").write_text('@article{a, title={unclosed\n@book{b, title="x"}\n@x{,}\n')
    (home / "wrong.jsonl").write_text('{"at": 5}\n[]\nnull\n')
    return home


def _run(home: Path, *words: str) -> Result:
    return CliRunner().invoke(main, [*words, "--home", str(home)], input="")


def _answered(result: Result) -> None:
    """An exit code of ours, and for a mistake what it is and what to do."""
    assert isinstance(result.exception, SystemExit | None), repr(result.exception)
    assert result.exit_code in (0, 1, 2, 3, 4)
    if result.exit_code == 2:
        lines = result.stderr.splitlines()
        assert [line for line in lines if line.startswith("error: ")], result.stderr
        assert [line for line in lines if line.startswith("hint: ")], result.stderr


ODD = r"""
show ''                                 |2| is called ''
show '%'                                |2| is called '%'
show "'; DROP TABLE paper; --"          |2| hint: survey search
show 1703.1059                          |2| did you mean '1703.10593'
show arxiv:1703.10593v99                |0| why arxiv:1703.10593
show sample/nope                        |2| is called 'sample/nope'
why 9999.99999                          |2| is called '9999.99999'
similar ''                              |2| is called ''
search '"'                              |0| can be searched for
search '((('                            |0| can be searched for
search 'AND OR NOT'                     |0| can be searched for
search '"unclosed'                      |0| nothing has
search title:x                          |0| nothing has
search --limit 0 gan                    |2| 0 is not in the range
search --limit 99999999999999999999 gan |2| is not in the range
ls --limit 99999999999999999999         |2| is not in the range
ls --limit -1                           |2| -1 is not in the range
ls --min-citations 99999999999999999999 |2| is not in the range
ls --year 99999                         |2| is neither a year nor years
ls --topic ''                           |2| no topic is called ''
ls --cites ''                           |2| is no identifier
ls --status nope                        |2| is not one of
ls --order nope                         |2| is not one of
rank --profile nope                     |2| no profile is called 'nope'
new --since yesterday                   |2| neither a day nor a time ago
new --since 99999y                      |2| neither a day nor a time ago
new --since 0001-01-01                  |0| new papers since
new --since 2999-01-01                  |1| no new papers
export                                  |2| which format?
export --format nope                    |2| no format is called 'nope'
export --out x.xyz                      |2| does not tell its format
export --out {home}                     |2| is a directory
import {home}                           |2| Is a directory
import {home}/none.bib                  |2| No such file
import {home}/random.bib                |2| names no paper
import {home}/broken.bib                |3| broken entry
import -                                |2| names no paper
decisions --import {home}/wrong.jsonl   |2| line 1 is no decision
decisions --import {home}/random.bib    |2| is not UTF-8 text
keep 1703.10593 nope                    |2| is called 'nope'
tag '' 1703.10593                       |2| the tag is empty
undo nope                               |2| is called 'nope'
split 1703.10593 nope                   |2| is no identifier
split 1703.10593 1703.10593             |2| that is all there is of
join nope nope                          |2| is no identifier
doctor --kind nope                      |2| is not one of
graph --out x.nope                      |2| ends neither in
topics nope                             |2| no topic is called 'nope'
topics unpaired --text x                |2| not both
fetch --cites ''                        |2| is no identifier
fetch --cites '1703.10593 nope'         |2| 'nope' is no identifier
fetch --cites 1703.10593 --source ''    |2| no source is called ''
fetch --cites 1703.10593 --since 0000   |2| is no date
triage --profile nope                   |2| no profile is called 'nope'
serach gan                              |2| did you mean 'search'
"""


@pytest.mark.parametrize("line", ODD.strip().splitlines(), ids=lambda line: line.split("|")[0])
def test_odd_words(home: Path, line: str) -> None:
    words, code, said = line.split("|")
    result = _run(home, *shlex.split(words.format(home=home)))
    _answered(result)
    assert (result.exit_code, said.strip() in result.stderr) == (int(code), True), result.stderr


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_without_and_with_too_many_words(home: Path, tmp_path: Path, verb: str) -> None:
    offline = {"fetch", "code"}  # with nothing to ask about, they ask nobody
    for place in (tmp_path / "empty", home):
        if verb not in offline or place != home:
            _answered(_run(place, verb))
        _answered(_run(place, verb, "--bogus"))
        _answered(_run(place, verb, "nonsense", "--limit", "x", "--bogus"))


def test_an_id_as_long_as_a_page_is_not_shown_whole(home: Path) -> None:
    result = _run(home, "fetch", "--cites", "x" * 5000)
    assert result.exit_code == 2
    assert len(result.stderr) < 400
