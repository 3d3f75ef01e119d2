"""Cards of models and data sets say what is here, how big it is, and its licence."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dashboard.load.zoo import data_sets, models
from dashboard.views.models import size
from data.datasets import list_datasets
from data.images import encode
from tests.dashboard.catalogues import texts
from tests.dashboard.store import page
from zoo.registry import cards


def test_every_model_has_a_card(home: Path) -> None:
    made = page("models")
    assert not made.exception
    assert sorted(cards()) == [element.value.replace("\\", "") for element in made.subheader]


@pytest.mark.parametrize("name", sorted(cards()))
def test_every_card_is_drawn_in_full(home: Path, name: str) -> None:
    made = page("models", model=name)
    assert not made.exception
    assert any(f"zoo show {name}" in code.value for code in made.code)


def test_an_unknown_model_shows_them_all(home: Path) -> None:
    made = page("models", model="<script>alert(1)</script>")
    assert not made.exception
    assert len(cards()) == len(made.subheader)
    assert made.info


def test_bundled_weights_are_here_and_others_only_once_downloaded(home: Path) -> None:
    found = {m.card.name: m for m in models()}
    assert found["cyclegan"].runs_now
    assert found["identity"].runs_now
    assert found["cyclegan"].stored[0].bytes == found["cyclegan"].stored[0].weights.size
    far = next(
        m
        for m in found.values()
        for s in m.stored
        if not (s.weights.bundled or s.weights.member or s.weights.keep or s.weights.parts)
    )
    assert not far.stored[0].here
    file = home / "weights" / far.card.name / far.stored[0].weights.file
    file.parent.mkdir(parents=True)
    file.write_bytes(b"1234")
    again = next(m for m in models() if m.card.name == far.card.name)
    assert again.stored[0].here
    assert again.stored[0].bytes == 4
    file.unlink()
    file.with_suffix(".safetensors").write_bytes(b"12345")  # as it is kept
    kept = next(m for m in models() if m.card.name == far.card.name)
    assert (kept.stored[0].here, kept.stored[0].bytes) == (True, 5)


def test_every_data_set_has_a_card(home: Path) -> None:
    made = page("models", shown="data sets")
    assert not made.exception
    assert sorted(list_datasets()) == [e.value.replace("\\", "") for e in made.subheader]
    assert "1 of" in made.caption[0].value  # photo2toon comes along


def test_a_downloaded_data_set_is_counted(home: Path) -> None:
    for n in range(3):
        encode(home / "datasets" / "facades" / "train" / f"{n}.png", np.zeros((2, 2, 3), np.uint8))
    found = next(one for one in data_sets() if one.card.name == "facades")
    assert found.pictures == 3
    assert found.folder == home / "datasets" / "facades"
    assert found.bytes > 0


def test_the_page_says_what_is_not_here(home: Path) -> None:
    told = texts(page("models", shown="data sets"))
    assert "not here" in told
    assert "here, " in told


@pytest.mark.parametrize(
    ("count", "told"),
    [(0, "0 bytes"), (999, "999 bytes"), (1_600_000, "1.6 MB"), (2_345_000_000_000, "2,345.0 GB")],
)
def test_sizes_are_for_people(count: int, told: str) -> None:
    assert told == size(count)


def test_pages_of_papers_and_models_import_no_torch() -> None:
    names = ["papers", "paper", "triage", "shortlist", "choose", "models", "runs", "try_it"]
    code = f"import sys, {', '.join(f'dashboard.views.{name}' for name in names)}"
    command = [sys.executable, "-c", f"{code}; print('torch' in sys.modules)"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"
