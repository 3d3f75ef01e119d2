"""Protocols carried out: strict-1 on stand-ins, CycleGAN's scores, and what was reported."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result

from bench.cli import main
from bench.features import extractor
from bench.features.cards import INCEPTION_CLEAN
from bench.features.weights import features_digest, read_features
from bench.protocols.protocol import FOLDER, load_protocol
from bench.records import read_all
from zoo.architectures import Architecture, build

Folders = Callable[..., Path]


def _bench(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


def _run(dataset: Path | str, home: Path, *more: object) -> Result:
    return _bench("run", "--models", "identity", "--dataset", dataset, "--home", home, *more)


def test_strict_1_without_weights_says_where_they_belong_and_what_needs_none(
    folders: Folders, alexnet: Path, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setenv("ATLAS_LPIPS_ALEX", str(alexnet))
    assert INCEPTION_CLEAN.weights is not None
    nowhere = replace(INCEPTION_CLEAN.weights, addresses=("http://127.0.0.1:9/inception.pth",))
    card = replace(INCEPTION_CLEAN, weights=nowhere)
    monkeypatch.setitem(extractor.extractor_cards(), "inception-clean", card)
    root = folders("set", {"testA": 4, "testB": 4})
    result = _run(root, tmp_path / "home", "--protocol", "strict-1")
    assert result.exit_code == 4
    assert "protocol 'strict-1': inception-clean needs weights that are not here" in result.stderr
    assert "--protocol texture-1" in result.stderr


def _stand_in(folder: Path, inception: Path, alexnet: Path) -> Path:
    """strict-1 on other weights, under a name of its own."""
    text = (FOLDER / "strict-1.toml").read_text().replace('"strict-1"', '"stand-in"')
    content = tomllib.loads(text)["run"]["extractors"]
    text = text.replace(
        f'inception-clean = "{content["inception-clean"]}"',
        f'inception-clean = "{hashlib.sha256(inception.read_bytes()).hexdigest()}"',
    )
    digest = features_digest(read_features(alexnet))
    (folder / "stand-in.toml").write_text(text.replace(content["lpips-alex"], digest))
    return folder / "stand-in.toml"


def test_strict_1_on_other_weights_has_another_name_and_is_marked_and_ranks_by_kid(
    folders: Folders, inception: Path, alexnet: Path, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setenv("ATLAS_INCEPTION", str(inception))
    monkeypatch.setenv("ATLAS_LPIPS_ALEX", str(alexnet))
    folders("pairs", {"A": 4}, seed=1)
    root, home = folders("pairs", {"B": 4}, seed=2), tmp_path / "home"
    result = _run(root, home, "--protocol", _stand_in(tmp_path, inception, alexnet))
    assert result.exit_code == 0, result.stderr
    (record,) = read_all([home / "results"])
    assert record.spec["protocol"] == "stand-in"
    assert record.spec["protocol_sha256"] != load_protocol("strict-1").sha256
    scores = {score["metric"]: score for score in record.scores}
    assert set(scores) == {"kid-clean", "fid-clean", "lpips"}
    assert not any(score["comparable"] for score in scores.values())
    assert (
        "ranked by kid-clean" in _bench("leaderboard", "--dataset", "pairs", "--home", home).stderr
    )


def test_cyclegans_protocol_runs_with_a_segmentation_network_and_says_so_without(
    folders: Folders, tmp_path: Path, monkeypatch: Any
) -> None:
    root, home = folders("set", {"testA": 3, "testB": 3}), tmp_path / "home"
    result = _run(root, home, "--protocol", "classic/cyclegan")
    assert result.exit_code == 2
    assert "ATLAS_SEGMENTATION=FILE" in result.stderr
    (tmp_path / "card.toml").write_text("")
    monkeypatch.setenv("ATLAS_SEGMENTATION", str(tmp_path / "card.toml"))
    # Of two classes, and one pixel in four is named wrong.
    counts = np.array([[[2.0, 1.0], [0.0, 1.0]]]).repeat(3, 0)
    monkeypatch.setattr("bench.features.segmentation.load", lambda *_: _Counts(counts))
    assert _run(root, home, "--protocol", "classic/cyclegan").exit_code == 0
    (record,) = read_all([home / "results"])
    scores = {score["metric"]: score["value"] for score in record.scores}
    assert scores == pytest.approx({"seg-pixel": 3 / 4, "seg-class": 5 / 6, "seg-iou": 7 / 12})
    assert "classic/cyclegan: people are left out" in record.warnings


class _Counts:
    def __init__(self, counts: Any) -> None:
        self.counts = counts

    def __call__(self, first: Any, second: Any) -> Any:
        return self.counts[: len(first)]


def test_reproduce_shows_n_and_marks_weights_that_are_not_the_published_ones(
    folders: Folders, inception: Path, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setenv("ATLAS_INCEPTION", str(inception))
    root, home = folders("horse2zebra", {"testA": 4, "testB": 4}), tmp_path / "home"
    network = build(Architecture("resnet", {"blocks": 1, "width": 2}))
    torch.save(network.state_dict(), tmp_path / "net.pth")
    words = ("--dataset", root, "--home", home, "--protocol", "classic/dclgan")
    assert _bench("run", "--models", f"cut@{tmp_path / 'net.pth'}", *words).exit_code == 0
    shown = _bench("reproduce", "cut", "--home", home)
    assert shown.exit_code == 0
    assert "the extractor's weights are not the published ones" in shown.stderr
    rows = [
        json.loads(line)
        for line in _bench("reproduce", "--json", "--home", home).stdout.splitlines()
    ]
    (record,) = read_all([home / "results"])
    own = next(row for row in rows if row["reported"]["value"] == 45.5)
    assert (own["n"], own["comparable"], own["same_protocol"]) == (4, False, True)
    measured = record.scores[0]["value"]
    assert own["difference"] == pytest.approx(measured - 45.5)
    low, high = record.scores[0]["low"], record.scores[0]["high"]
    assert own["covered"] == (low <= 45.5 <= high)
