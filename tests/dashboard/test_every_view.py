"""Every page that is offered, on an empty, a small, a broken and a large home: what it promises.

A page of the registry without a promise for each of the four fails.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner
from streamlit.testing.v1 import AppTest

from dashboard.views import present
from survey.cli import main
from tests.dashboard.catalogues import make, some, texts
from tests.dashboard.large import DATASETS, MODELS, PAPERS, large, name
from tests.dashboard.store import page, record
from tests.dashboard.test_broken_stores import damage

STORES = ("empty", "small", "broken", "large")
CARDS = {card.url_path: card for card in present()}
PAPER = "2001.00001"

RUN = "bench run --models ganilla,cyclegan,pix2pix,identity --dataset photo2toon"
FETCH = "survey fetch --cites 1703.10593 --cites 1611.07004"
BAD = "whole/x.json is no record that can be read"
MOVE = "is damaged"
HERE = "cyclegan.photo2toon"
# By page: words that it has to say on each of STORES, in that order. `{n} rows` is a table's size,
# and `title of N` how many options a choice has.
PROMISED: dict[str, tuple[tuple[str, ...], ...]] = {
    "leaderboard": (
        (RUN,),
        ("2 rows", "[one](", "[two](", "Models that share a letter", "record: one-a-street-id"),
        ("3 rows", BAD, "[whole]("),
        (f"{MODELS} rows", f"The first 25 of {MODELS}", f"Data set of {DATASETS}", "Bonferroni"),
    ),
    "compare": (
        (RUN,),
        ("All pictures", "Models of 2", "Picture of 2"),
        ("All pictures", BAD, "Models of 3"),
        ("All pictures", f"Models of {MODELS}", "Picture of 6"),
    ),
    "cost": (
        (RUN,),
        ("A picture from those that no model beats in both", "How sure the ranks are"),
        ("How sure the ranks are", BAD),
        ("among the best 25 by", "Other data sets", f"Data sets of {DATASETS}"),
    ),
    "vote": (
        (RUN,),
        ("Left is better", "Nobody has voted"),
        ("Left is better", BAD, "1 damaged lines of the votes' file are left out"),
        ("Left is better", f"Data set of {DATASETS}"),
    ),
    "papers": (
        ("bundled papers", FETCH),
        ("6 papers", "300 citations"),
        (MOVE, "mv "),
        (f"{PAPERS:,} papers", f"{PAPERS - 1:,} citations"),
    ),
    "triage": (
        (FETCH, "decisions need a catalogue of your own"),
        ("5 to go", "Keep", "Drop"),
        (MOVE, "mv "),
        (f"{PAPERS - 1:,} to go", "Keep", "Drop"),
    ),
    "shortlist": (
        (FETCH,),
        ("1 kept paper", "We propose unpaired translation"),
        (MOVE, "mv "),
        ("1 kept paper", "Year: 2017"),
    ),
    "paper": (
        (f"is called '{PAPER}'", f"survey search {PAPER}"),
        ("Unpaired Translation of Maps into Photographs", "Ada Lovelace"),
        (MOVE, "mv "),
        ("Translation of pictures, part 0",),
    ),
    "choose": (
        ("1 · ", "3 · ", "not measured here yet"),
        ("1 · ", "3 · ", "not measured here yet"),
        ("1 · ", "3 · ", "not measured here yet"),
        ("1 · ", "3 · ", f"measured here: {HERE} has kid-texture", f"rank 1 of {MODELS}"),
    ),
    "models": (("cyclegan", "ganilla", ":material/check_circle: here, "),) * 4,
    "runs": (
        (RUN, "zoo train cyclegan"),
        ("2 rows", "a-street"),
        ("3 rows", "Training", BAD),
        ("50 rows", "The first 25 of 50"),
    ),
    "try": (("Translate", "Models that are on this machine of "),) * 4,
}
QUERIES = {"paper": {"id": PAPER}}


def _small(home: Path) -> Path:
    """Two models with two pictures each; six papers, of which one is kept."""
    record(home, "one", own={"p": 0.5, "q": 0.6})
    record(home, "two", 0.02, own={"p": 0.4, "q": 0.3})
    make(home, some())
    return _kept(home)


def _kept(home: Path) -> Path:
    done = CliRunner().invoke(main, ["keep", PAPER, "--home", str(home)])
    assert done.exit_code == 0
    return home


def _broken(home: Path) -> Path:
    damage(home)
    return home


FILL: dict[str, Callable[[Path], Path]] = {
    "empty": lambda home: home,
    "small": _small,
    "broken": _broken,
    "large": lambda home: _kept(large(home)),
}


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A home of a kind, made when it is first asked for: looking at pages writes nothing there."""

    @cache
    def made(kind: str) -> Path:
        root = tmp_path_factory.mktemp(kind) / "home"
        root.mkdir()
        with pytest.MonkeyPatch.context() as patched:
            patched.setenv("ATLAS_HOME", str(root))
            return FILL[kind](root)

    return made


@pytest.fixture
def store(
    kind: str, homes: Callable[[str], Path], home: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """The home of the test's kind, in place of the empty one of other tests."""
    monkeypatch.setenv("ATLAS_HOME", str(homes(kind)))
    return homes(kind)


def _told(made: AppTest) -> str:
    """All that a page says, with the sizes of its tables and the options of its choices."""
    kinds = (made.header, made.subheader, made.warning, made.error)
    said = [texts(made), *(str(element.value) for kind in kinds for element in kind)]
    said += [button.label for button in made.button]
    said += [f"{len(table.value)} rows" for table in made.dataframe]
    choices = (*made.selectbox, *made.multiselect)
    said += [f"{choice.label} of {len(choice.options)}" for choice in choices]
    return "\n".join(said).replace("\\", "").replace("**", "")


@pytest.mark.parametrize("path", CARDS)
@pytest.mark.parametrize("kind", STORES)
def test_a_page_keeps_its_promise(store: Path, kind: str, path: str) -> None:
    made = page(CARDS[path].module, **QUERIES.get(path, {}))
    assert not made.exception
    told = _told(made)
    promised = PROMISED[path][STORES.index(kind)]
    assert [words for words in promised if words not in told] == [], told[:3000]


@pytest.mark.parametrize("kind", STORES)
def test_looking_writes_no_record_and_no_index(store: Path, kind: str) -> None:
    def seen() -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in (store / "results").rglob("*")}

    before = seen()
    for path in ("leaderboard", "choose", "runs"):
        page(CARDS[path].module)
    assert before == seen()


def test_the_large_home_is_large_and_the_others_are_not_it() -> None:
    assert (DATASETS * MODELS, PAPERS, name(0)) == (2_000, 3_000, HERE)
