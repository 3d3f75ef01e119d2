"""Data sets by name or folder; the bundled one is what its card and its script say."""

from __future__ import annotations

import hashlib
import io
import shutil
import tarfile
from pathlib import Path

import numpy as np
import pytest

from data.datasets import DatasetCard, content_digest, list_datasets, load_dataset
from data.errors import AtlasError, UsageProblem
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


def _archive(folder: Path) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        tar.add(folder, arcname="street")
    return stream.getvalue()


def test_a_data_set_without_a_published_hash_is_trusted_once(
    tmp_path: Path,
    paint,  # type: ignore[no-untyped-def]
    server,  # type: ignore[no-untyped-def]
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("street/testA/1.png", "street/testB/2.png"):
        paint(name)
    server.content = _archive(tmp_path / "street")
    card = DatasetCard(
        name="street",
        title="Street",
        domains=("day", "night"),
        paired=False,
        licence="CC0",
        addresses=(server.address,),
    )
    monkeypatch.setattr("data.datasets.list_datasets", lambda: {"street": card})
    home = Home(tmp_path / "home")
    assert load_dataset("street", home).splits == ("test",)
    assert "trusted on first use" in capsys.readouterr().err
    noted = (home.datasets / "street.sha256").read_text().strip()
    assert hashlib.sha256(server.content).hexdigest() == noted
    assert not (home.datasets / "file.bin").exists()
    load_dataset("street", home)
    assert len(server.asked) == 1
    shutil.rmtree(home.datasets / "street")
    paint("street/testA/3.png")
    server.content = _archive(tmp_path / "street")
    with pytest.raises(AtlasError, match="is another file"):
        load_dataset("street", home)
    assert not (home.datasets / "street").exists()


def test_every_card_says_where_its_pictures_come_from_and_what_they_may_be_used_for() -> None:
    for card in list_datasets().values():
        assert card.folder or card.addresses
        assert card.licence
        assert card.citation
        assert len(set(card.domains)) == 2
