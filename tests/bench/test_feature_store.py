"""The feature store gives back what was put, and never what was damaged."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bench.features.store import FeatureStore, Layers
from data.errors import AtlasError

KEY = "inception/1/abc/float32/none"


def _row(start: float) -> Layers:
    return {
        "2048": np.arange(start, start + 4, dtype=np.float32),
        "logits": np.full(2, start, dtype=np.float32),
    }


def _table(folder: Path) -> Path:
    (index,) = folder.glob("*/index.bin")
    return index.parent


def test_the_store_gives_back_what_two_writers_put(tmp_path: Path) -> None:
    first, second = FeatureStore(tmp_path / "f"), FeatureStore(tmp_path / "f")
    first.put(KEY, {"a": _row(1), "b": _row(2)})
    second.put(KEY, {"b": _row(9), "c": _row(3)})
    found = first.get(KEY, ["a", "b", "c", "d"])
    assert {"a", "b", "c"} == set(found)
    np.testing.assert_array_equal(_row(3)["2048"], found["c"]["2048"])
    np.testing.assert_array_equal(_row(2)["logits"], found["b"]["logits"])  # the first stays
    assert first.get("inception/2/abc/float32/none", ["a"]) == {}
    first.close()
    assert set(FeatureStore(tmp_path / "f").get(KEY, ["c", "a"])) == {"a", "c"}


def test_rows_lie_as_float32_that_can_be_mapped(tmp_path: Path) -> None:
    FeatureStore(tmp_path / "f").put(KEY, {"a": _row(1), "b": _row(5)})
    mapped = np.memmap(_table(tmp_path / "f") / "2048.f32", "<f4", "r", shape=(2, 4))
    np.testing.assert_array_equal([_row(1)["2048"], _row(5)["2048"]], mapped)


@pytest.mark.parametrize("file", ["2048.f32", "logits.f32", "index.bin"])
def test_a_file_cut_short_is_made_again_and_said(
    file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = FeatureStore(tmp_path / "f")
    store.put(KEY, {name: _row(i) for i, name in enumerate("abcd")})
    path = _table(tmp_path / "f") / file
    path.write_bytes(path.read_bytes()[:-3])
    opened = FeatureStore(tmp_path / "f")
    assert {"a", "b", "c"} == set(opened.get(KEY, list("abcd")))
    if file != "index.bin":
        assert "cut short: 1 rows are made again" in " ".join(capsys.readouterr().err.split())
    opened.put(KEY, {"d": _row(3), "e": _row(4)})
    found = FeatureStore(tmp_path / "f").get(KEY, list("abcde"))
    assert set("abcde") == set(found)
    for i, name in enumerate("abcde"):
        np.testing.assert_array_equal(_row(i)["2048"], found[name]["2048"])


def test_a_damaged_row_is_made_again_and_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    FeatureStore(tmp_path / "f").put(KEY, {"a": _row(1), "b": _row(2)})
    path = _table(tmp_path / "f") / "2048.f32"
    content = bytearray(path.read_bytes())
    content[3] ^= 1
    path.write_bytes(bytes(content))
    store = FeatureStore(tmp_path / "f")
    assert set(store.get(KEY, ["a", "b"])) == {"b"}
    assert "is damaged: made again" in " ".join(capsys.readouterr().err.split())
    store.put(KEY, {"a": _row(1)})
    np.testing.assert_array_equal(_row(1)["2048"], store.get(KEY, ["a"])["a"]["2048"])
    assert set(FeatureStore(tmp_path / "f").get(KEY, ["a", "b"])) == {"a", "b"}


def test_features_of_another_version_are_not_used_and_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    FeatureStore(tmp_path / "f").put(KEY, {"a": _row(1)})
    about = _table(tmp_path / "f") / "about.json"
    other = {**json.loads(about.read_text()), "extractor": "inception/0/abc/float32/none"}
    about.write_text(json.dumps(other))
    store = FeatureStore(tmp_path / "f")
    assert store.get(KEY, ["a"]) == {}
    assert "those of inception/0/abc" in " ".join(capsys.readouterr().err.split())
    store.put(KEY, {"a": _row(7)})
    np.testing.assert_array_equal(
        _row(7)["2048"], FeatureStore(tmp_path / "f").get(KEY, ["a"])["a"]["2048"]
    )


def test_what_a_killed_writer_left_behind_is_not_read(tmp_path: Path) -> None:
    FeatureStore(tmp_path / "f").put(KEY, {"a": _row(1)})
    with (_table(tmp_path / "f") / "2048.f32").open("ab") as file:
        file.write(_row(8)["2048"].tobytes())  # data without its entry in the index
    store = FeatureStore(tmp_path / "f")
    store.put(KEY, {"b": _row(2)})
    np.testing.assert_array_equal(_row(2)["2048"], store.get(KEY, ["b"])["b"]["2048"])


def test_rows_of_other_layers_are_refused(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path / "f")
    store.put(KEY, {"a": _row(1)})
    with pytest.raises(ValueError, match="2048"):
        store.put(KEY, {"b": {"other": np.ones(3, dtype=np.float32)}})


def test_a_store_that_cannot_be_is_an_error_with_a_hint(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"a file")
    with pytest.raises(AtlasError, match="cannot write") as problem:
        FeatureStore(tmp_path / "f")
    assert "--home" in str(problem.value.hint)


def test_many_processes_may_write_at_once(tmp_path: Path) -> None:
    code = """
import sys, numpy as np
from pathlib import Path
from bench.features.store import FeatureStore
store, own = FeatureStore(Path(sys.argv[1])), sys.argv[2]
for i in range(20):
    store.put("key", {f"{own}-{i}": {"x": np.full(3, int(own) * 100 + i, dtype=np.float32)}})
"""
    command = [sys.executable, "-c", code, str(tmp_path / "f")]
    running = [
        subprocess.Popen([*command, str(own)], stderr=subprocess.PIPE, text=True)
        for own in range(4)
    ]
    talks = [process.communicate(timeout=60)[1] for process in running]
    assert [process.returncode for process in running] == [0] * 4, talks
    names = [f"{own}-{i}" for own in range(4) for i in range(20)]
    found = FeatureStore(tmp_path / "f").get("key", names)
    assert set(names) == set(found)
    for name, layers in found.items():
        own, _, i = name.partition("-")
        assert layers["x"].tolist() == [int(own) * 100 + int(i)] * 3
