"""Killed at any moment, or without room on the disk: nothing is lost, and no half file is used."""

from __future__ import annotations

import hashlib
import json
import resource
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from data.errors import StorageProblem
from data.paths import Home
from tests.zoo.serving import Served, pickled, serving, some_weights
from zoo.weights import obtain

# Each case is a child that ends itself with SIGKILL at the named step, and then a look at what
# it left, and what the next process makes of that without another word of it.
KILLED = """
import json, os, signal, sys, warnings
from pathlib import Path
import data.files, zoo.keeping, zoo.obtaining, zoo.weights
from data.paths import Home
from tests.zoo.serving import some_weights
from safetensors.torch import load_file

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

def after(function):
    def run(*given, **named):
        function(*given, **named)
        die()
    return run

def at_rename(suffix):
    original = Path.replace
    def replace(self, target):
        return die() if str(target).endswith(suffix) else original(self, target)
    Path.replace = replace

STEPS = {
    "read": lambda: setattr(zoo.keeping, "pack", die),
    "written, not renamed": lambda: at_rename(".safetensors"),
    "renamed": lambda: setattr(zoo.keeping, "record", die),
    "noted, not renamed": lambda: at_rename(".safetensors.sha256"),
    "noted": lambda: setattr(zoo.keeping, "record", after(zoo.keeping.record)),
    "removed": lambda: setattr(zoo.weights, "_remove", after(zoo.weights._remove)),
    "unpacked": lambda: setattr(zoo.obtaining, "_take_out", die),
    "taken out": lambda: setattr(zoo.obtaining, "_take_out", after(zoo.obtaining._take_out)),
}
root, address, archive = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
warnings.simplefilter("ignore")  # of forking
for step in sys.argv[4:]:
    home, packed = Home(root / step), step.startswith("archive: ")
    weights = some_weights(address)
    if packed:
        weights = some_weights(archive, file="all.zip", member="some.pth")
    child = os.fork()
    if not child:
        STEPS[step.removeprefix("archive: ")]()
        zoo.weights.obtain("model", weights, home)
        os._exit(0)
    killed = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    folder = home.weights / "model"
    left = folder / "some.safetensors"
    torn = left.exists() and len(load_file(left)["w"]) != 4000
    path, sha256 = zoo.weights.obtain("model", weights, home)
    names = sorted(p.name for p in folder.iterdir() if p.suffix not in (".lock", ".sha256"))
    print(json.dumps([step, killed, torn, sha256, names, len(load_file(path)["w"])]))
"""
WHOLE = ["read", "written, not renamed", "renamed", "noted, not renamed", "noted", "removed"]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A server of an empty folder."""
    with serving(tmp_path / "served") as found:
        yield found


def _content() -> bytes:
    return pickled({"w": torch.arange(4000.0)})


def test_killed_at_any_step_the_next_use_goes_on_without_another_download(
    served: Served, tmp_path: Path
) -> None:
    content = _content()
    address = served.put("some.pth", content)
    with zipfile.ZipFile(served.folder / "all.zip", "w") as archive:
        archive.writestr("some.pth", content)
    steps = [*WHOLE, *(f"archive: {step}" for step in ("unpacked", "taken out", *WHOLE))]
    words = [str(tmp_path / "homes"), address, f"{served.address}/all.zip", *steps]
    done = subprocess.run(
        [sys.executable, "-c", KILLED, *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    lines: list[Any] = [json.loads(line) for line in done.stdout.splitlines()]
    assert steps == [line[0] for line in lines]
    for step, killed, torn, sha256, names, length in lines:
        assert killed, step
        assert not torn, step
        assert length == 4000
        assert hashlib.sha256(content).hexdigest() == sha256
        assert names == ["some.safetensors"], step
    assert len(served.asked) == len(steps)  # one download each, in the process that was killed


def test_without_room_the_error_is_clear_and_what_is_there_stays(tmp_path: Path) -> None:
    folder = tmp_path / "weights" / "model"
    folder.mkdir(parents=True)
    (folder / "some.pth").write_bytes(_content())
    weights, home = some_weights("http://127.0.0.1:9/some.pth"), Home(tmp_path)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    # In place of a full disk: the system refuses the write just so.
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(StorageProblem) as problem:
            obtain("model", weights, home)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert problem.value.message == f"no space left to write {folder / 'some.safetensors'}"
    left = [p.name for p in folder.iterdir() if p.suffix not in (".lock", ".sha256")]
    assert left == ["some.pth"]
    assert obtain("model", weights, home)[0].name == "some.safetensors"
