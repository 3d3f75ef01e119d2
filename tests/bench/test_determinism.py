"""The same question on the same machine has the same answer to the last bit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner

from bench.cli import main
from bench.records import read_all
from zoo.architectures import Architecture, build

METRICS = (
    "fid-texture,kid-texture,copies-texture,psnr,ssim,colour-source,edge-source,"
    "lpips,lpips-source,lpips-diversity"
)


def _scores(dataset: Path, model: str, home: Path, *more: str) -> list[dict[str, Any]]:
    words = ["run", "--models", model, "--dataset", str(dataset), "--metrics", METRICS]
    done = CliRunner().invoke(main, [*words, "--home", str(home), *more])
    assert done.exit_code == 0, done.stderr
    (record,) = read_all([home / "results"])
    return [dict(score) for score in record.scores]


@pytest.fixture
def model(tmp_path: Path) -> str:
    """A small pix2pix, whose noise is drawn by seed and picture."""
    torch.manual_seed(0)
    network = build(Architecture("unet", {"depth": 6, "width": 4, "norm": "batch"}))
    torch.save(network.state_dict(), tmp_path / "net.pth")
    return f"pix2pix@{tmp_path / 'net.pth'}"


@pytest.fixture
def pairs(folders: Callable[..., Path]) -> Path:
    """Nine pairs."""
    folders("pairs", {"A": 9}, seed=1)
    return folders("pairs", {"B": 9}, seed=2)


def test_every_score_is_the_same_to_the_last_bit(
    pairs: Path, model: str, alexnet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATLAS_LPIPS_ALEX", str(alexnet))
    first = _scores(pairs, model, tmp_path / "one")
    assert len(first) >= 9
    assert first == _scores(pairs, model, tmp_path / "two")


def test_another_batch_moves_no_score_by_a_ten_thousandth(
    pairs: Path, model: str, alexnet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATLAS_LPIPS_ALEX", str(alexnet))
    first = {s["metric"]: s["value"] for s in _scores(pairs, model, tmp_path / "one")}
    other = _scores(pairs, model, tmp_path / "two", "--batch", "2")
    assert first == pytest.approx({s["metric"]: s["value"] for s in other}, rel=1e-4)


def test_known_features_are_not_made_from_their_pictures_again(
    pairs: Path, model: str, alexnet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bench.features.texture import TextureBank

    monkeypatch.setenv("ATLAS_LPIPS_ALEX", str(alexnet))
    first = _scores(pairs, model, tmp_path / "home")

    def refuse(*_: Any) -> Any:
        raise AssertionError("looked at a picture again")

    monkeypatch.setattr(TextureBank, "__call__", refuse)
    assert first == _scores(pairs, model, tmp_path / "home", "--force")


def test_a_metric_of_two_extractors_takes_both_from_one_pass(
    pairs: Path, alexnet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bench.metrics import artfid
    from bench.metrics.registry import metric_cards

    monkeypatch.setenv("ATLAS_LPIPS_ALEX", str(alexnet))
    small = replace(artfid.CARD, extractor="texture", layer="texture")
    monkeypatch.setitem(metric_cards(), "artfid", small)
    words = ["run", "--models", "identity", "--dataset", str(pairs), "--direction", "AtoB"]
    words += ["--metrics", "artfid,fid-texture,lpips-source", "--home", str(tmp_path / "home")]
    assert CliRunner().invoke(main, words).exit_code == 0
    (record,) = read_all([tmp_path / "home" / "results"])
    found = {score["metric"]: score for score in record.scores}
    expected = (1 + found["lpips-source"]["value"]) * (1 + found["fid-texture"]["value"])
    assert expected == pytest.approx(found["artfid"]["value"])
    assert found["artfid"]["extractor"] == "texture/1 and lpips-alex/1"
    asked = {entry["name"]: entry["extractor"] for entry in record.spec["metrics"]}
    assert asked["artfid"] == f"{asked['fid-texture']} and {asked['lpips-source']}"
