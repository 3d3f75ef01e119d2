"""Training pictures are read once, kept, and every fault in them is named."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from lightning.fabric import Fabric
from PIL import Image

from data.datasets import ImageRef, content_digest, load_dataset
from data.errors import AtlasError, UsageProblem
from data.images import decode, resize
from data.paths import Home
from zoo.recipe import Recipe
from zoo.registry import card
from zoo.train.cache import keep
from zoo.train.loader import batches
from zoo.train.pictures import Pictures, load_pictures
from zoo.train.run import Place, train_model

TINY = Recipe(
    method="unpaired",
    generator="resnet",
    generator_options={"blocks": 1, "width": 2},
    discriminator_options={"width": 2, "layers": 1},
    epochs=1,
    decay_epochs=0,
    load=24,
    crop=16,
    pool=3,
)


def _refs(folder: Path) -> list[ImageRef]:
    return [ImageRef(path.stem, path) for path in sorted(folder.iterdir())]


def _nothing() -> None:
    pass


def test_kept_pictures_are_those_of_pillow_and_are_not_read_again(
    tmp_path: Path, pictures: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    refs = _refs(pictures("set", {"trainA": 3}, size=40) / "trainA")
    seen: list[int] = []
    first = keep(refs, 24, True, tmp_path / "cache", lambda: seen.append(1))
    assert len(seen) == 3
    for ref, row in zip(refs, first.pixels, strict=True):
        assert np.array_equal(resize(decode(ref.path), (24, 24)), row)
    in_memory = keep(refs, 24, True, None, _nothing)
    assert np.array_equal(in_memory.pixels, first.pixels)
    assert in_memory.digests == first.digests

    def refuse(path: Path) -> None:
        raise AssertionError(f"{path} is read again")

    monkeypatch.setattr("data.folders.decode", refuse)
    again = keep(refs, 24, True, tmp_path / "cache", _nothing)
    assert np.array_equal(first.pixels, again.pixels)
    assert isinstance(again.pixels, np.memmap)


def test_a_changed_file_is_read_again(tmp_path: Path, pictures: Callable[..., Path]) -> None:
    refs = _refs(pictures("set", {"trainA": 2}) / "trainA")
    before = keep(refs, 24, True, tmp_path / "cache", _nothing)
    Image.new("RGB", (32, 32), "red").save(refs[0].path)
    after = keep(refs, 24, True, tmp_path / "cache", _nothing)
    assert before.digests[0] != after.digests[0]
    assert before.digests[1] == after.digests[1]
    assert after.pixels[0, 0, 0].tolist() == [255, 0, 0]


def test_shapes_are_kept_where_a_picture_is_alone(tmp_path: Path) -> None:
    Image.new("RGB", (60, 40)).save(tmp_path / "one.png")
    Image.new("RGB", (50, 40)).save(tmp_path / "two.png")
    one, two = _refs(tmp_path)
    assert keep([one], 20, False, None, _nothing).pixels.shape == (1, 20, 30, 3)
    with pytest.raises(UsageProblem, match="several shapes"):
        keep([one, two], 20, False, None, _nothing)


def test_an_unreadable_file_in_a_thousand_is_skipped_counted_and_named(
    tmp_path: Path, pictures: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    root = pictures("set", {"trainA": 1000, "trainB": 3}, size=8)
    (root / "trainA" / "77.png").write_bytes(b"\x89PNG\r\n\x1a\n half a file")
    a, b = _refs(root / "trainA"), _refs(root / "trainB")
    read = load_pictures(a, b, False, replace(TINY, load=16), _nothing)
    said = capsys.readouterr().err.replace("\n", "")
    assert f"skipped: {root / 'trainA' / '77.png'} cannot be read as a picture" in said
    assert "1 of 1000 training pictures" in said
    assert read.skipped == 1
    assert read.pictures.steps(1) == 999
    good = [ref for ref in a if ref.id != "77"]

    joined = hashlib.sha256("\n".join(sorted(read.digest)).encode()).hexdigest()
    assert content_digest([*good, *b]) == joined
    assert read.pictures.rows is not None
    bad = next(row for row, ref in enumerate(a) if ref.id == "77")
    assert bad not in read.pictures.rows[0]


def test_a_pair_with_an_unreadable_half_is_left_out_whole(
    tmp_path: Path, pictures: Callable[..., Path]
) -> None:
    root = pictures("set", {"a": 20, "b": 20})
    (root / "b" / "5.png").write_bytes(b"nothing")
    a, b = _refs(root / "a"), _refs(root / "b")
    read = load_pictures(a, b, True, TINY, _nothing)
    bad = next(row for row, ref in enumerate(b) if ref.id == "5")
    expected = [row for row in range(20) if row != bad]
    assert (expected, expected) == read.pictures.rows


def test_many_unreadable_files_are_an_error(tmp_path: Path, pictures: Callable[..., Path]) -> None:
    root = pictures("set", {"trainA": 10, "trainB": 2})
    for i in (1, 2):
        (root / "trainA" / f"{i}.png").write_bytes(b"nothing")
    a, b = _refs(root / "trainA"), _refs(root / "trainB")
    with pytest.raises(AtlasError, match="2 of 10 training pictures"):
        load_pictures(a, b, False, TINY, _nothing)


def test_pictures_that_changed_since_the_checkpoint_are_noticed(
    tmp_path: Path, pictures: Callable[..., Path]
) -> None:
    root = pictures("set", {"trainA": 2, "trainB": 2})
    data = load_dataset(str(root), Home(tmp_path))
    place = Place(out=tmp_path / "out", accelerator="cpu", cache=tmp_path / "cache")
    train_model(card("cyclegan"), TINY, data, "AtoB", place)
    Image.new("RGB", (32, 32), "red").save(root / "trainA" / "0.png")
    with pytest.raises(AtlasError, match="training pictures of 'set' have changed since"):
        train_model(card("cyclegan"), TINY, data, "AtoB", place)


def test_pictures_that_change_under_a_training_are_told(
    tmp_path: Path,
    pictures: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    root = pictures("set", {"trainA": 2, "trainB": 2})
    data = load_dataset(str(root), Home(tmp_path))
    batch = Pictures.batch

    def changing(self: Pictures, *rest: int, **more: int) -> tuple[torch.Tensor, ...]:
        Image.new("RGB", (32, 32), "red").save(root / "trainA" / "0.png")
        return batch(self, *rest, **more)

    monkeypatch.setattr(Pictures, "batch", changing)
    train_model(card("cyclegan"), TINY, data, "AtoB", Place(out=tmp_path / "out"))
    assert "the pictures of 'set' changed" in capsys.readouterr().err


def test_whole_pictures_are_seen_in_the_epochs_of_decay() -> None:
    large = torch.zeros(2, 3, 24, 24, dtype=torch.uint8)
    small = torch.full((2, 3, 16, 16), 255, dtype=torch.uint8)
    pictures = Pictures(large, large, False, whole=(small, small))
    recipe = replace(TINY, epochs=1, decay_epochs=1, whole_in_decay=True)
    assert [pictures.batch(step, recipe)[0].mean().item() for step in (1, 2)] == [-1.0, 1.0]


def test_an_epoch_of_one_picture_has_the_length_of_the_recipe() -> None:
    one = torch.randint(0, 256, (1, 3, 24, 40)).to(torch.uint8)
    pictures = Pictures(one, one, False)
    recipe = replace(TINY, length=10, batch=4)
    assert pictures.steps(4, recipe.length) == 3
    a, _ = pictures.batch(0, recipe)
    assert a.shape == (4, 3, 16, 16)
    assert not torch.equal(a[0], a[1])


def test_processes_see_what_one_would_see_in_the_joined_batch() -> None:
    rng = torch.Generator().manual_seed(0)
    a, b = (torch.randint(0, 256, (7, 3, 24, 24), generator=rng).to(torch.uint8) for _ in "ab")
    pictures = Pictures(a, b, False)
    for step in range(5):
        joined = pictures.batch(step, replace(TINY, batch=4))
        parts = [pictures.batch(step, replace(TINY, batch=2), rank, 2) for rank in (0, 1)]
        for domain in (0, 1):
            assert torch.equal(joined[domain], torch.cat([part[domain] for part in parts]))


def test_batches_made_ahead_are_those_asked_for_in_order() -> None:
    rng = torch.Generator().manual_seed(0)
    a, b = (torch.randint(0, 256, (6, 3, 24, 24), generator=rng).to(torch.uint8) for _ in "ab")
    pictures = Pictures(a, b, False)
    fabric = Fabric(accelerator="cpu", devices=1)
    with batches(pictures, TINY, fabric, 2, 7) as given:
        made = list(given)
    assert len(made) == 5
    for step, (found, _) in enumerate(made, start=2):
        assert torch.equal(pictures.batch(step, TINY)[0], found)
        assert found.is_contiguous(memory_format=torch.channels_last)


def test_a_kill_in_the_middle_of_a_checkpoint_leaves_the_one_before(tmp_path: Path) -> None:
    code = f"""
import os, signal, torch
from pathlib import Path
from lightning.fabric import Fabric
import zoo.train.checkpoint as checkpoint
from zoo.recipe import Recipe
from zoo.train.checkpoint import Run, save
from zoo.train.ema import Averages
from zoo.train.unpaired import Unpaired
recipe = Recipe(method="unpaired", generator="resnet",
                generator_options={{"blocks": 1, "width": 2}},
                discriminator_options={{"width": 2, "layers": 1}})
fabric = Fabric(accelerator="cpu", devices=1)
method = Unpaired(recipe, fabric.device)
run = Run(method=method, averages=Averages(method, 0.0), step=6)
path = Path({str(tmp_path / "checkpoint.pt")!r})
save(path, fabric, run, {{}})
write = checkpoint._write
def half(state, where):
    write(state, where)
    os.truncate(where, where.stat().st_size // 2)
    os.kill(os.getpid(), signal.SIGKILL)
checkpoint._write = half
run.step = 12
save(path, fabric, run, {{}})
"""
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert torch.load(tmp_path / "checkpoint.pt", weights_only=True)["step"] == 6
    assert len(list(tmp_path.iterdir())) == 2  # and what the kill left
    from zoo.train.checkpoint import sweep

    sweep(tmp_path / "checkpoint.pt")
    assert [tmp_path / "checkpoint.pt"] == list(tmp_path.iterdir())


def test_a_cache_that_a_kill_cut_short_is_made_again(
    tmp_path: Path, pictures: Callable[..., Path]
) -> None:
    refs = _refs(pictures("set", {"trainA": 2}) / "trainA")
    expected = keep(refs, 24, True, tmp_path / "cache", _nothing)
    told = next((tmp_path / "cache").glob("*.json"))
    told.unlink()  # written last
    found = keep(refs, 24, True, tmp_path / "cache", _nothing)
    assert np.array_equal(expected.pixels, found.pixels)
