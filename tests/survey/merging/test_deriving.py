"""Derived tables follow from records and mends alone, quickly, and readers never wait."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import event, select, text

from data.errors import UsageProblem
from data.paths import Home
from survey.about import about
from survey.catalogue import tables as t
from survey.catalogue.catalogue import open_catalogue, set_meta
from survey.catalogue.papers import Filter, find_paper, papers
from survey.cli import main
from survey.derive import derive, ready
from survey.derived import texts
from survey.derived.texts import Reader, Said, Text
from survey.doctor import examine
from survey.found import Cites, Found
from survey.mend import join, split
from survey.numbers import count
from tests.survey.merging.conftest import SEED, Record, Shelf

S2, OA = "semantic_scholar", "openalex"


def test_a_paper_has_all_that_its_records_say(shelf: Shelf, record: Record) -> None:
    shelf.put(
        record(
            S2,
            "a",
            arxiv="2001.00001",
            abstract="Unpaired image-to-image translation; code: https://github.com/quill/brushes",
            citations=3,
        ),
        cites=Cites(contexts=("We follow [1].",), intents=("background", "methodology")),
    )
    shelf.put(record(OA, "W1", openalex="W1", doi="10.5555/one", references=(5, 7)))
    shelf.put(
        record(OA, "W1", openalex="W1", doi="10.5555/one", references=(5, 7)),
        cites=Cites(contexts=("We follow [1].", "Unlike [1]."), influential=True),
        seed="arxiv:1611.07004",
    )
    assert derive(shelf.catalogue)
    with shelf.catalogue.read() as connection:
        paper = find_paper(connection, "10.5555/ONE")
    assert paper.id == "arxiv:2001.00001"
    assert paper.sources == (OA, S2)
    assert paper.seeds == ("arxiv:1611.07004", SEED)
    assert paper.intents == ("methodology", "background")
    assert (paper.contexts, paper.central, paper.citations) == (2, True, 3)
    assert "unpaired" in paper.topics
    assert paper.code == ("https://github.com/quill/brushes",)
    assert shelf.rows(select(t.reference.c.work)) == [(5,), (7,)]
    names = {name for (name,) in shelf.rows(select(t.alias.c.identifier))}
    assert names == {
        *("arxiv:2001.00001", "doi:10.5555/one", "openalex:W1"),
        *(f"{S2}/a", f"{OA}/W1"),
    }
    query = text("SELECT id FROM paper_text WHERE paper_text MATCH 'harbour AND inkwell'")
    assert shelf.rows(query) == [("arxiv:2001.00001",)]


def test_nothing_is_written_when_nothing_changed(shelf: Shelf, record: Record) -> None:
    shelf.put(record(S2, "a"))
    assert derive(shelf.catalogue)
    statements: list[str] = []
    event.listen(
        shelf.catalogue.engine,
        "before_cursor_execute",
        lambda connection, cursor, statement, *rest: statements.append(statement),
    )
    assert not derive(shelf.catalogue)
    assert [s for s in statements if not s.startswith(("SELECT", "BEGIN"))] == []
    shelf.put(record(S2, "a"))
    assert not derive(shelf.catalogue)


def test_only_papers_whose_text_changed_are_read_for_topics_again(
    shelf: Shelf, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.put(*(record(S2, str(n), title=f"{n} harbours, painted unpaired") for n in range(50)))
    derive(shelf.catalogue)
    asked: list[str] = []
    real = Reader.read

    def listening(self: Reader, text: Text) -> Said:
        asked.append(text.title)
        return real(self, text)

    monkeypatch.setattr(Reader, "read", listening)
    shelf.put(
        record(S2, "3", title="3 harbours, painted unpaired", citations=9),
        record(S2, "4", title="4 quays, painted unpaired"),
        record(S2, "new", title="One more harbour, painted unpaired"),
    )
    assert derive(shelf.catalogue)
    assert sorted(asked) == ["4 quays, painted unpaired", "One more harbour, painted unpaired"]
    with shelf.catalogue.read() as connection:
        found = {paper.title: paper for paper in papers(connection)}
    assert found["3 harbours, painted unpaired"].citations == 9
    assert all("unpaired" in paper.topics for paper in found.values())
    assert len(found) == 51


def test_other_rules_give_other_topics(home: Home, shelf: Shelf, record: Record) -> None:
    shelf.put(record(S2, "a"))
    derive(shelf.catalogue)
    own = '[topics.harbours]\ntitle = "Harbours"\ngroup = "task"\nwords = ["harbours"]\n'
    (home.root / "topics.toml").write_text(own, encoding="utf-8")
    assert derive(shelf.catalogue)
    assert ("harbours",) in shelf.rows(select(t.topic.c.topic))


def _story(chance: random.Random) -> list[tuple[str, Any]]:
    """Pages and mends as they may come over months."""
    titles = ["Painting Harbours with Two Brushes", "Fog over a Quay at Dawn", "Unpaired Boats"]
    people = ["Ada Quill", "Bo Inkwell", "Di Blotter"]
    keys = [(source, str(n)) for source in (S2, OA, "arxiv") for n in range(5)]
    story: list[tuple[str, Any]] = []
    for _ in range(14):
        if chance.random() < 0.25:
            pair = chance.sample(keys, 2)
            story.append((chance.choice(["join", "split"]), [f"{s}/{k}" for s, k in pair]))
            continue
        source, key = chance.choice(keys)
        found = Found(
            source=source,
            key=key,
            title=chance.choice(titles),
            abstract=chance.choice(["", "See https://github.com/quill/boats", "Unpaired."]),
            authors=tuple(chance.sample(people, chance.randint(1, 3))),
            year=chance.choice([None, 2019, 2020]),
            arxiv=chance.choice(["", "2001.00001", "2001.00002"]),
            doi=chance.choice(["", "10.5555/one"]),
            openalex=f"W{key}" if source == OA else "",
            citations=chance.randint(0, 9),
            references=tuple(chance.sample(range(20), 3)) if source == OA else (),
        )
        story.append(("put", found))
    return story


@pytest.mark.parametrize("seed", range(12))
def test_step_by_step_gives_what_all_at_once_gives(
    shelf: Shelf, new_shelf: Callable[[str], Shelf], seed: int
) -> None:
    chance = random.Random(seed)
    story = _story(chance)
    for what, value in story:
        if what == "put":
            shelf.put(value)
        else:
            _mend(shelf, what, value)
        derive(shelf.catalogue)
    other = new_shelf("other")
    for what, value in sorted(story, key=lambda step: step[0] != "put"):
        if what == "put":
            other.put(value)
    with shelf.catalogue.read() as connection, other.catalogue.write() as copy:
        rows = [dict(row) for row in connection.execute(select(t.mend)).mappings()]
        if rows:
            copy.execute(t.mend.insert(), rows)
    derive(other.catalogue)
    assert other.dump() == shelf.dump()


def _mend(shelf: Shelf, action: str, names: list[str]) -> None:
    change: Any = join if action == "join" else split
    with shelf.catalogue.write() as connection:
        try:
            change(connection, names[0], names[1] if action == "join" else names[1:])
        except UsageProblem:  # it names a record that has not come yet
            return


@pytest.mark.timeout(50)  # less than a writer waits for a lock
def test_a_reader_sees_the_old_state_until_the_new_one_is_whole(
    home: Home, shelf: Shelf, record: Record
) -> None:
    shelf.put(record(S2, "a"))
    derive(shelf.catalogue)
    shelf.put(*(record(S2, str(n), title=f"Harbour number {n} with boats") for n in range(700)))
    seen: list[int] = []
    reader = open_catalogue(home, create=False, read_only=True)

    def on_step(name: str, done: int, total: int) -> None:
        if name == "papers":
            with reader.read() as connection:
                seen.append(sum(1 for _ in papers(connection)))

    derive(shelf.catalogue, on_step)
    assert seen == [1, 1]
    with reader.read() as connection:
        assert sum(1 for _ in papers(connection)) == 701
    reader.close()


def test_one_reading_sees_one_state(home: Home, shelf: Shelf, record: Record) -> None:
    shelf.put(record(S2, "a"))
    reader = ready(home)
    with reader.read() as connection:
        assert len(list(papers(connection))) == 1
        shelf.put(record(S2, "b", title="Fog over a Quay at Dawn"))
        derive(shelf.catalogue)
        assert len(list(papers(connection))) == 1
    reader.close()


@pytest.mark.timeout(50)
def test_opening_a_catalogue_waits_for_no_writer(home: Home, shelf: Shelf, record: Record) -> None:
    shelf.put(record(S2, "a"))
    derive(shelf.catalogue)
    with shelf.catalogue.write() as connection:
        set_meta(connection, "anything", "1")
        catalogue = ready(home)
        with catalogue.read() as other:
            assert len(list(papers(other))) == 1
        catalogue.close()


def test_two_processes_that_find_it_stale_do_the_work_once(
    home: Home, shelf: Shelf, record: Record
) -> None:
    shelf.put(*(record(S2, str(n), title=f"Harbour number {n} with boats") for n in range(300)))
    changed: list[bool] = []

    def work() -> None:
        catalogue = open_catalogue(home)
        changed.append(derive(catalogue))
        catalogue.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(changed) == [False, False, True]
    assert len(shelf.papers()) == 300


def test_a_derivation_that_breaks_leaves_the_old_state(
    shelf: Shelf, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.put(record(S2, "a"))
    derive(shelf.catalogue)
    expected = shelf.dump()
    shelf.put(record(S2, "b", title="Fog over a Quay at Dawn"))

    def on_step(name: str, done: int, total: int) -> None:
        if name == "papers":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        derive(shelf.catalogue, on_step)
    assert shelf.dump() == expected
    assert derive(shelf.catalogue)
    assert len(shelf.papers()) == 2


def test_reading_only_never_derives(home: Home, shelf: Shelf, record: Record) -> None:
    shelf.put(record(S2, "a"))
    catalogue = ready(home, read_only=True)
    with catalogue.read() as connection:
        assert list(papers(connection)) == []
    catalogue.close()


def test_a_home_without_a_catalogue_says_how_to_get_one(home: Home) -> None:
    with pytest.raises(UsageProblem, match="there is no catalogue") as told:
        ready(home)
    assert "survey fetch" in (told.value.hint or "")


def test_a_folder_with_odd_letters_can_be_read_only(
    new_shelf: Callable[[str], Shelf], record: Record
) -> None:
    shelf = new_shelf("a b?c#d%20e'")
    shelf.put(record(S2, "a"))
    derive(shelf.catalogue)
    assert shelf.catalogue.path is not None
    catalogue = ready(Home(shelf.catalogue.path.parent), read_only=True)
    with catalogue.read() as connection:
        assert len(list(papers(connection))) == 1
    catalogue.close()


def test_more_ids_than_a_statement_takes_can_be_asked_for(shelf: Shelf, record: Record) -> None:
    shelf.put(record(S2, "a"), record(S2, "b", title="Fog over a Quay at Dawn"))
    derive(shelf.catalogue)
    ids = (f"{S2}/a", *(f"arxiv:{n}" for n in range(40_000)))
    with shelf.catalogue.read() as connection:
        assert [paper.id for paper in papers(connection, Filter(ids=ids))] == [f"{S2}/a"]


def test_strange_records_are_papers_too(shelf: Shelf, record: Record) -> None:
    crowd = tuple(f"Member{n} Family{n}" for n in range(3000))
    shelf.put(
        record(S2, "nothing", title="", authors=(), year=None),
        record(S2, "crowd", title="A collaboration of thousands", authors=crowd),
        record(S2, "letters", title="שלום עולם של תמונות", authors=("אדה",)),
        record(OA, "'; DROP TABLE paper; --", title="$\\alpha$-GAN {and} 100% \\% of it"),
    )
    derive(shelf.catalogue)
    with shelf.catalogue.read() as connection:
        found = {paper.id: paper for paper in papers(connection)}
    assert len(found) == 4
    assert found[f"{S2}/crowd"].authors == crowd
    assert json.dumps(found[f"{S2}/letters"].to_json())


def test_it_all_works_on_postgresql(
    home: Home,
    postgres: str,
    shelf: Shelf,
    record: Record,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ATLAS_CATALOGUE", postgres)
    other = Shelf(open_catalogue(home))
    assert not other.catalogue.sqlite
    try:
        for place in (shelf, other):
            place.put(
                record(S2, "a", arxiv="2001.00001", abstract="Unpaired\ttext, \\ and 100%"),
                record(OA, "W1", openalex="W1", references=(1, 2_600_000_001)),
                record(S2, "b", title="Fog over a Quay at Dawn"),
                cites=Cites(contexts=("As in [1].",), intents=("result",)),
            )
            assert derive(place.catalogue)
            assert not derive(place.catalogue)
            with place.catalogue.write() as connection:
                split(connection, "2001.00001", ["openalex:W1"])
            place.put(record(S2, "b", title="Fog over a Quay at Dawn", citations=4))
            assert derive(place.catalogue)
        expected = shelf.dump()
        del expected["paper_text"]
        assert other.dump() == expected
        with other.catalogue.read() as connection:
            assert find_paper(connection, "2001.00001").seeds == (SEED,)
            assert len(list(examine(connection))) == 0
            assert count(connection).papers == 3
            assert about(connection, "W1")["references"] == 2
        for words in (
            "ls --order date --year 2020",
            "show W1",
            "stats",
            "doctor",
            "join W1 2001.1",
        ):
            command = [*words.replace("2001.1", "2001.00001").split(), "--home", str(home.root)]
            result = CliRunner().invoke(main, command)
            assert result.exit_code == 0, result.stderr
        assert len(other.papers()) == 2
    finally:
        t.metadata.drop_all(other.catalogue.engine)
        other.catalogue.close()


def test_many_texts_are_read_in_other_processes_with_the_same_result(
    shelf: Shelf,
    new_shelf: Callable[[str], Shelf],
    record: Record,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = new_shelf("other")
    records = [
        record(S2, str(n), title=f"{n} harbours", abstract=f"Unpaired. https://github.com/q/b{n}")
        for n in range(40)
    ]
    for place in (shelf, other):
        place.put(*records)
    derive(shelf.catalogue)
    monkeypatch.setattr(texts, "MANY", 10)
    derive(other.catalogue)
    assert other.dump() == shelf.dump()
    assert len(other.rows(select(t.code))) == 40


def test_texts_are_read_here_when_the_other_processes_die(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(texts, "MANY", 1)
    monkeypatch.setattr("sys.executable", "/bin/false")
    text = Text(
        title="Unpaired image-to-image translation",
        abstract="",
        comment="",
        categories=(),
        contexts=(),
        links=(),
    )
    asked = [texts.Asked(n, [text]) for n in range(9)]
    found = list(texts.read_all(home, asked, 9))
    assert [batch for batch, _ in found] == list(range(9))
    assert all("unpaired" in {hit.topic for hit in said[0].topics} for _, said in found)
