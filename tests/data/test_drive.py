"""Google Drive through gdown: the right call, and a verified file as from everywhere else."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gdown
import pytest
import requests

from data.download import fetch
from data.drive import is_drive
from data.errors import AtlasError, NetworkProblem

CONTENT = b"weights" * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
FILE = "https://drive.google.com/uc?id=abc"
FOLDER = "https://drive.google.com/drive/folders/xyz#style%20AS/100_net_G.pth"


@dataclass
class _Listed:
    id: str
    path: str


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What gdown was asked for; it answers as its own functions do."""
    asked: list[dict[str, Any]] = []

    def download(**given: Any) -> str:
        asked.append(given)
        Path(given["output"]).write_bytes(CONTENT)
        given["progress"](len(CONTENT), len(CONTENT))
        return str(given["output"])

    def download_folder(**given: Any) -> list[_Listed]:
        asked.append(given)
        return [_Listed("1", "readme.txt"), _Listed("2", "style AS/100_net_G.pth")]

    monkeypatch.setattr(gdown, "download", download)
    monkeypatch.setattr(gdown, "download_folder", download_folder)
    return asked


def test_the_calls_that_are_faked_here_are_gdowns_own() -> None:
    import inspect

    taken = set(inspect.signature(gdown.download).parameters)
    assert {"url", "id", "output", "quiet", "resume", "use_cookies", "progress"} <= taken
    listed = set(inspect.signature(gdown.download_folder).parameters)
    assert {"url", "quiet", "use_cookies", "skip_download"} <= listed


def test_a_file_is_verified_like_any_other(tmp_path: Path, calls: list[dict[str, Any]]) -> None:
    steps: list[tuple[int, int | None]] = []
    target = tmp_path / "deep" / "net.pth"
    fetch([FILE], target, sha256=SHA256, report=lambda *step: steps.append(step))
    assert target.read_bytes() == CONTENT
    assert calls[0]["url"] == FILE
    assert steps == [(7000, 7000)]
    with pytest.raises(AtlasError, match="is another file"):
        fetch([FILE], tmp_path / "other.pth", sha256="0" * 64, report=lambda *_: None)
    assert not (tmp_path / "other.pth").exists()


def test_a_file_in_a_folder_is_found_by_its_path(
    tmp_path: Path, calls: list[dict[str, Any]]
) -> None:
    fetch([FOLDER], tmp_path / "net.pth", sha256=SHA256, report=lambda *_: None)
    assert calls[0]["url"] == "https://drive.google.com/drive/folders/xyz"
    assert calls[1]["id"] == "2"
    with pytest.raises(NetworkProblem, match=r"no 'gone'; it has readme\.txt"):
        fetch([FOLDER.partition("#")[0] + "#gone"], tmp_path / "x", sha256=SHA256)


def test_a_refusal_goes_on_to_the_mirror_and_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: Any) -> None:
        raise gdown.exceptions.FileURLRetrievalError("\n  Too many users have viewed it.\n")

    monkeypatch.setattr(gdown, "download", refuse)
    with pytest.raises(NetworkProblem, match="Too many users") as problem:
        fetch([FILE, "http://127.0.0.1:9/net.pth"], tmp_path / "net.pth", sha256=SHA256)
    assert "cannot connect" in str(problem.value)


def test_no_network_and_no_gdown_are_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: Any) -> None:
        raise requests.ConnectionError("no route")

    monkeypatch.setattr(gdown, "download", fail)
    with pytest.raises(NetworkProblem, match="cannot connect"):
        fetch([FILE], tmp_path / "net.pth", sha256=SHA256)
    monkeypatch.setitem(sys.modules, "gdown", None)
    with pytest.raises(AtlasError, match="need gdown") as problem:
        fetch([FILE], tmp_path / "net.pth", sha256=SHA256)
    assert problem.value.hint == "pip install 'i2i-atlas[drive]'"


def test_only_drive_goes_that_way() -> None:
    assert is_drive(FILE)
    assert not is_drive("https://example.org/drive.google.com")
