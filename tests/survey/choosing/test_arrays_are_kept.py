"""Arrays on disk are read as they were written, or not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from survey.arrays_file import pack, read, unpack, write

ARRAYS = {
    "points": np.arange(12, dtype=np.int16).reshape(4, 3),
    "means": np.array([0.5, np.nan]),
    "none": np.zeros((0, 2), dtype=np.int32),
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "kept.npz"
    write(path, "a key", **ARRAYS)
    return path


def test_what_is_read_is_what_was_written_and_numpy_reads_it_too(file: Path) -> None:
    found = read(file, "a key")
    assert found is not None
    assert list(ARRAYS) == list(found)
    with np.load(file) as other:
        for name, expected in ARRAYS.items():
            for kept in (found[name], other[name]):
                assert (expected.dtype, expected.shape) == (kept.dtype, kept.shape)
                assert expected.tobytes() == kept.tobytes()


def test_another_key_is_another_state(file: Path) -> None:
    assert read(file, "b key") is None
    assert read(file.with_name("missing.npz"), "a key") is None


def test_wherever_a_file_is_damaged_it_gives_what_was_written_or_nothing(file: Path) -> None:
    whole = file.read_bytes()
    read_anyway = 0
    for place in range(0, len(whole), 7):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        found = read(file, "a key")
        if found is not None and found.keys() == ARRAYS.keys():
            read_anyway += 1
            assert all(found[n].tobytes() == ARRAYS[n].tobytes() for n in ARRAYS)
    assert read_anyway < len(whole) / 14  # dates and the like, which say nothing of the content
    file.write_bytes(whole[: len(whole) // 2])
    assert read(file, "a key") is None


def test_a_packed_file_and_one_of_objects_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "other.npz"
    np.savez_compressed(path, key=np.array("a key"), points=ARRAYS["points"])
    assert read(path, "a key") is None
    np.savez(path, key=np.array("a key"), points=np.array([{}], dtype=object))
    assert read(path, "a key") is None


def test_where_nothing_can_be_written_nothing_happens(tmp_path: Path) -> None:
    (tmp_path / "triage").write_text("a file in the way")
    write(tmp_path / "triage" / "kept.npz", "a key", **ARRAYS)
    assert (tmp_path / "triage").read_text() == "a file in the way"


def test_texts_are_packed_whatever_is_in_them() -> None:
    texts = ("arxiv:2001.00001", "", "doi:10.1/ä图")
    assert texts == unpack(pack(texts))
