"""A record knows its extractors' weights, and `verify` looks whether they are still here."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from bench.features.extractor import extractor_card, extractor_cards
from bench.records import read_all
from bench.store.verify_extractors import extractors
from data.paths import PUBLISHED, Home, find_home

RIGHT, WRONG = b"weights", b"weight"


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Home:
    """An empty home, and an Inception of which the publisher's file is RIGHT."""
    card = extractor_card("inception")
    assert card.weights is not None
    small = replace(card, weights=replace(card.weights, sha256=_sha256(RIGHT), size=0))
    monkeypatch.setitem(extractor_cards(), "inception", small)
    return find_home().ready()


def _seen(home: Home, named: str, sha256: str) -> list[tuple[str, str, str]]:
    score = {"metric": "fid", "extractor": named, "extractor_sha256": sha256}
    record = replace(next(iter(read_all([PUBLISHED]))), scores=(score, score))
    return list(extractors(record, home))


def _put(home: Home, content: bytes) -> Path:
    card = extractor_card("inception")
    assert card.weights is not None
    path = home.weights / card.weights.file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_the_published_file_holds_and_a_damaged_one_is_told(home: Home) -> None:
    what, sha256 = "extractor inception", _sha256(RIGHT)
    assert _seen(home, "inception/1", sha256) == [
        (what, "absent", "its weights are not on this machine")
    ]
    _put(home, RIGHT)
    assert _seen(home, "inception/1", sha256) == [(what, "holds", "")]
    path = _put(home, WRONG)
    told = f"{path} is not the published file, with which it was made"
    assert _seen(home, "inception/1", sha256) == [(what, "broken", told)]


def test_a_file_of_ones_own_is_looked_at_only_where_it_is_named(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, what = tmp_path / "own.pth", "extractor inception"
    own.write_bytes(WRONG)
    published = _put(home, RIGHT)
    told = f"made with another file than {published}"
    assert _seen(home, "inception/1", _sha256(WRONG)) == [(what, "absent", told)]
    monkeypatch.setenv("ATLAS_INCEPTION", str(own))
    assert _seen(home, "inception/1", _sha256(WRONG)) == [(what, "holds", "")]


@pytest.mark.parametrize("named", ["inception/0", "of-a-plug-in/1"])
def test_an_extractor_of_another_program_cannot_be_checked(home: Home, named: str) -> None:
    _put(home, RIGHT)
    ((_, state, told),) = _seen(home, named, _sha256(RIGHT))
    assert (state, told) == ("absent", f"{named} is not in this program")


def test_filters_that_changed_without_a_new_version_are_told(home: Home) -> None:
    constant = extractor_card("texture").constant
    assert _seen(home, "texture/1", constant) == [("extractor texture", "holds", "")]
    ((_, state, _told),) = _seen(home, "texture/1", _sha256(RIGHT))
    assert state == "broken"


def test_two_extractors_of_one_score_are_both_looked_at(home: Home) -> None:
    _put(home, RIGHT)
    constant = extractor_card("texture").constant
    found = _seen(home, "inception/1 and texture/1", f"{_sha256(RIGHT)} and {constant}")
    assert [state for _, state, _ in found] == ["holds", "holds"]


def test_a_file_that_cannot_be_read_is_told(home: Home, tmp_path: Path) -> None:
    card = extractor_card("lpips-squeeze")
    assert card.weights is not None
    path = home.weights / card.weights.file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"no weights")
    ((_, state, told),) = _seen(home, "lpips-squeeze/1", card.weights.digest)
    assert state == "broken"
    assert "is damaged or no weights file" in told
