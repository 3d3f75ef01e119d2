"""A person's own rules are joined to the bundled ones, and `survey topics` shows why."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from data.errors import UsageProblem
from data.paths import Home
from survey.catalogue.catalogue import open_catalogue
from survey.catalogue.records import save
from survey.cli import main
from survey.found import Cites, Found, Row
from survey.topics import RULES_DIGEST, TOPICS, Rules, rules

PAGE = Path(__file__).parents[2] / "docs" / "survey-topics.md"
SEED = "arxiv:1703.10593"


def _own(folder: Path, text: str) -> Rules:
    (folder / "topics.toml").write_text(text, encoding="utf-8")
    return rules(Home(folder))


# ------------------------------------------------------------------ a person's own rules


def test_without_own_rules_the_bundled_ones_hold(tmp_path: Path) -> None:
    assert RULES_DIGEST == rules(Home(tmp_path)).digest == rules().digest


def test_own_rules_add_words_and_topics_and_leave_topics_out(tmp_path: Path) -> None:
    own = _own(
        tmp_path,
        """
        [groups]
        mine = "Mine"
        [topics.dehaze]
        words = ["smoke screen*"]
        [topics.horses]
        title = "Horses"
        group = "mine"
        words = ["horse*", "zebra*"]
        [topics.restoration]
        off = true
        """,
    )
    assert [h.topic for h in own.topics_of("Smoke screens, horses", "")] == ["dehaze", "horses"]
    assert "dehaze" in [h.topic for h in own.topics_of("Image dehazing", "")]
    assert own.digest != RULES_DIGEST
    assert "horses" not in rules().topics


def test_the_rules_that_the_page_shows_work(tmp_path: Path) -> None:
    (shown,) = re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    own = _own(tmp_path, shown)
    assert [h.topic for h in own.topics_of("Smoke removal", "")] == ["restoration", "dehaze"]
    assert "underwater" in [h.topic for h in own.topics_of("Images of coral: coral images", "")]
    assert "audio" not in own.topics


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[topics.dehaze", "Expected"),
        ("[topic.dehaze]", "'topic' is neither [groups] nor [topics.NAME]"),
        ("topics = 1", "topics is no table"),
        ("[topics]\ndehaze = 1", "topics.dehaze is no table"),
        ("[topics.dehaze]\nword = ['a']", "'word'"),
        ("[topics.dehaze]\nwords = 'a'", "topics.dehaze.words is no list of texts"),
        ("[topics.dehaze]\nwords = ['(a']", "brackets"),
        ("[topics.mine]\nwords = ['a']", "topics.mine needs a title and a group"),
        ("[topics.mine]\ntitle = 'M'\ngroup = 'feild'", "'feild'"),
        ("[topics.mine]\ntitle = 'M'\ngroup = 'field'\nparent = 'fases'", "'fases'"),
        ("[topics.dehaze]\nunless = ['reveiw']", "'reveiw'"),
    ],
)
def test_wrong_rules_are_refused_by_name(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match=re.escape(told)) as caught:
        _own(tmp_path, text)
    assert str(tmp_path / "topics.toml") in caught.value.message


def test_the_way_out_of_wrong_rules_works_while_they_are_wrong(tmp_path: Path) -> None:
    with pytest.raises(UsageProblem) as caught:
        _own(tmp_path, "[topics.mine]\nwords = ['a']")
    command = (caught.value.hint or "").partition(": ")[2].split()
    assert command[0] == "cat"  # `survey` itself reads the file, whatever is asked
    assert "[topics.dehaze]" in Path(command[1]).read_text(encoding="utf-8")


def test_rules_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "topics.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageProblem, match=r"topics\.toml"):
        rules(Home(tmp_path))


# -------------------------------------------------------------------------- the command


def _run(home: Path, *words: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, ["topics", *words, "--home", str(home)])
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def home(tmp_path: Path) -> Path:
    catalogue = open_catalogue(Home(tmp_path))
    paper = Found(source="arxiv", key="1805.05308", arxiv="1805.05308", year=2018)
    titled = Found.from_json({**paper.to_json(), "title": "Single \x1b[31mImage Dehazing"})
    with catalogue.write() as connection:
        save(connection, "arxiv", SEED, [Row(titled, Cites())])
    catalogue.close()
    return tmp_path


def test_topics_are_listed_without_a_catalogue(tmp_path: Path) -> None:
    code, out, _ = _run(tmp_path, "--json")
    rows = [json.loads(line) for line in out.splitlines()]
    assert (0, list(TOPICS)) == (code, [row["topic"] for row in rows])
    assert {None} == {row["papers"] for row in rows}
    assert "survey sample" in _run(tmp_path)[2]
    assert not (tmp_path / "catalogue.db").exists()


def test_topics_are_counted(home: Path) -> None:
    rows = [json.loads(line) for line in _run(home, "--json")[1].splitlines()]
    assert {r["topic"]: r["papers"] for r in rows if r["papers"]} == {"restoration": 1, "dehaze": 1}
    assert re.search(r"dehaze\s+1\s", _run(home)[1])


def test_a_papers_topics_are_shown_with_their_words(home: Path) -> None:
    code, out, _ = _run(home, "1805.05308", "--json")
    rows = [json.loads(line) for line in out.splitlines()]
    expected = {"paper": "arxiv:1805.05308", "place": "title", "evidence": "dehazing"}
    assert (0, [{**expected, "topic": t} for t in ("restoration", "dehaze")]) == (code, rows)


def test_own_rules_sort_the_papers_anew(home: Path) -> None:
    _run(home)
    (home / "topics.toml").write_text('[topics.makeup]\nwords = ["single"]\n', encoding="utf-8")
    assert '"makeup"' in _run(home, "1805.05308", "--json")[1]


def test_a_rule_can_be_read_and_tried(tmp_path: Path) -> None:
    assert "  dehaz*\n" in _run(tmp_path, "dehaze")[1]
    assert "dehaz*" in json.loads(_run(tmp_path, "dehaze", "--json")[1])["words"]
    assert "dehazing" in _run(tmp_path, "--text", "Single image dehazing")[1]
    assert "no topic" in _run(tmp_path, "--text", "Nothing of the kind")[2]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["dehaz"], "did you mean 'dehaze'"),
        (["9912.99999"], "no paper in the catalogue is called"),
        (["dehaze", "--text", "x"], "not both"),
    ],
)
def test_what_is_no_topic_and_no_paper_is_refused(words: list[str], told: str, home: Path) -> None:
    code, out, talk = _run(home, *words)
    assert (code, out) == (2, "")
    assert told in talk
    assert "hint:" in talk
