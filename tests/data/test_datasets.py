"""Data sets by name or folder; the bundled one is what its card and its script say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from data.datasets import content_digest, list_datasets, load_dataset
from data.errors import UsageProblem
from data.images import decode
from data.make_photo2toon import FOLDERS, PHOTOGRAPHS, crops
from data.paths import Home


def test_an_unknown_name_offers_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match="did you mean 'photo2toon'") as problem:
        load_dataset("photo2ton", Home(tmp_path))
    assert problem.value.exit_code == 2


def test_names_and_order_do_not_change_the_digest(tmp_path: Path, paint) -> None:  # type: ignore[no-untyped-def]
    for seed in range(3):
        paint(f"one/testA/{seed}.png", seed)
        paint(f"two/testA/renamed-{9 - seed}.png", seed)
        paint(f"one/testB/{seed}.png", seed)
        paint(f"two/testB/{seed}.png", seed)
    sources = [
        load_dataset(str(tmp_path / name), Home(tmp_path)).sources("test")
        for name in ("one", "two")
    ]
    assert content_digest(sources[0]) == content_digest(sources[1])
    assert content_digest(sources[0]) != content_digest(sources[0][:2])


def test_an_unknown_split_lists_those_there(tmp_path: Path, paint) -> None:  # type: ignore[no-untyped-def]
    paint("testA/1.png")
    paint("testB/1.png")
    with pytest.raises(UsageProblem, match="no split 'val'") as problem:
        load_dataset(str(tmp_path), Home(tmp_path)).sources("val")
    assert problem.value.hint == "it has: test"


def test_a_set_without_true_answers_has_no_pairs(tmp_path: Path, paint) -> None:  # type: ignore[no-untyped-def]
    paint("trainA/1.png")
    paint("trainB/2.png")
    data = load_dataset(str(tmp_path), Home(tmp_path))
    assert data.truths("train") is None
    with pytest.raises(UsageProblem, match="has no pairs"):
        data.pairs("train")


def test_the_directions_swap_the_domains(tmp_path: Path, paint) -> None:  # type: ignore[no-untyped-def]
    paint("test/1.png", size=(4, 8))
    data = load_dataset(str(tmp_path), Home(tmp_path))
    assert data.sources("test", "AtoB") == data.references("test", "BtoA")
    assert data.truths("test", "BtoA") == data.sources("test", "AtoB")


def test_the_bundled_pictures_are_those_of_the_card(tmp_path: Path) -> None:
    data = load_dataset("photo2toon", Home(tmp_path))
    refs = []
    for split in data.splits:
        truths = data.truths(split)
        assert truths is not None
        refs += [*data.sources(split), *data.references(split), *truths]
    assert list_datasets()["photo2toon"].digest == content_digest(refs)


def test_no_photograph_is_in_two_folders_of_photo2toon(tmp_path: Path) -> None:
    data = load_dataset("photo2toon", Home(tmp_path))
    parts = [data.sources("train"), data.references("train")]
    parts += [data.sources("test"), data.references("test")]
    photographs = [{ref.id.rsplit("-", 1)[0] for ref in part} for part in parts]
    assert sum(map(len, photographs)) == len(set.union(*photographs))
    assert set.union(*photographs) <= set(PHOTOGRAPHS)


def test_the_script_makes_the_bundled_pictures(tmp_path: Path) -> None:
    root = load_dataset("photo2toon", Home(tmp_path)).root
    (name, _), *_ = FOLDERS["testA"]
    for stem, photograph, drawing in crops(name, 2, train=False):
        np.testing.assert_array_equal(decode(root / "testA" / f"{stem}.png"), photograph)
        stored = decode(root / "testT" / f"{stem}.png").astype(int)
        # Other processors round the last bit of the colour conversion otherwise.
        assert np.mean(np.abs(stored - drawing) <= 1) > 0.999


def test_every_source_has_its_licence() -> None:
    used = {name for sources in FOLDERS.values() for name, _ in sources}
    assert used == set(PHOTOGRAPHS)
