"""Whatever a model, a data set or a plug-in does, scores are right or there is a reason."""

from __future__ import annotations

import math
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from PIL import Image

from bench.cli import main
from bench.metrics import psnr
from bench.metrics.registry import metric_cards
from bench.records import Record, read_all
from zoo.architectures import Architecture, build

Folders = Callable[..., Path]

FREE = "fid-texture,kid-texture,psnr,ssim,colour-source,edge-source"


def _run(dataset: Path, metrics: str = FREE, model: str = "identity", *more: str) -> Result:
    words = ["run", "--models", model, "--dataset", str(dataset), "--metrics", metrics, *more]
    return CliRunner().invoke(main, words)


def _record(home: Path) -> Record:
    (record,) = read_all([home / "results"])
    return record


def _values(record: Record) -> dict[str, float]:
    return {score["metric"]: score["value"] for score in record.scores}


@pytest.fixture
def pairs(folders: Folders) -> Path:
    """Eight pairs in two folders."""
    folders("pairs", {"A": 8}, seed=1)
    return folders("pairs", {"B": 8}, seed=2)


def _answering(monkeypatch: pytest.MonkeyPatch, answer: Callable[[Any], Any]) -> None:
    monkeypatch.setattr("zoo.translator.Translator.__call__", lambda self, given: answer(given))


def test_constant_outputs_have_finite_scores(
    pairs: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _answering(monkeypatch, lambda given: torch.full_like(given, 77))
    assert _run(pairs).exit_code == 0
    found = _values(_record(own_home))
    assert set(FREE.split(",")) == set(found)
    assert all(map(math.isfinite, found.values()))
    assert found["edge-source"] == 0


def test_outputs_that_are_their_sources_change_nothing(pairs: Path, own_home: Path) -> None:
    assert _run(pairs).exit_code == 0
    found = _values(_record(own_home))
    assert found["edge-source"] == pytest.approx(1.0)
    assert found["colour-source"] == pytest.approx(0.0)
    shutil.rmtree(pairs / "B")
    shutil.copytree(pairs / "A", pairs / "B")
    assert _run(pairs).exit_code == 0
    same = next(r for r in read_all([own_home / "results"]) if _values(r)["psnr"] == psnr.HIGHEST)
    assert _values(same)["ssim"] == pytest.approx(1.0)
    assert abs(_values(same)["fid-texture"]) < 1e-9


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_network_that_gives_no_numbers_fails_and_says_so(
    value: float, pairs: Path, tmp_path: Path, own_home: Path
) -> None:
    state = build(Architecture("resnet", {"blocks": 1, "width": 2})).state_dict()
    state["model.1.weight"].fill_(value)
    torch.save(state, tmp_path / "broken.pth")
    assert _run(pairs, FREE, f"cyclegan@{tmp_path / 'broken.pth'}").exit_code == 3
    record = _record(own_home)
    assert record.error is not None
    assert "NaN or infinity" in record.error["message"]
    assert record.scores == ()


def test_an_answer_of_another_size_than_the_truth_costs_only_metrics_of_pairs(
    folders: Folders, own_home: Path
) -> None:
    folders("pairs", {"A": 8}, seed=1, size=40)
    root = folders("pairs", {"B": 8}, seed=2, size=48)
    assert _run(root).exit_code == 0
    record = _record(own_home)
    expected = {"fid-texture", "kid-texture", "colour-source", "edge-source"}
    assert expected == set(_values(record))
    for name in ("psnr", "ssim"):
        assert any(f"no {name}: " in w and "of one size" in w for w in record.warnings)


def test_two_pictures_have_what_two_pictures_can_have(folders: Folders, own_home: Path) -> None:
    folders("pairs", {"A": 2}, seed=1)
    root = folders("pairs", {"B": 2}, seed=2)
    assert _run(root).exit_code == 0
    record = _record(own_home)
    assert {"psnr", "ssim", "colour-source", "edge-source"} == set(_values(record))
    assert any("no fid-texture: fid-texture and its spread need" in w for w in record.warnings)


def test_seven_pictures_have_every_score_and_a_warning(folders: Folders, own_home: Path) -> None:
    folders("pairs", {"A": 7}, seed=1)
    root = folders("pairs", {"B": 7}, seed=2)
    assert _run(root).exit_code == 0
    record = _record(own_home)
    assert set(FREE.split(",")) == set(_values(record))
    assert any("fid-texture of 7 pictures (under 54) is mostly bias" in w for w in record.warnings)


def test_one_picture_is_refused(folders: Folders) -> None:
    folders("pairs", {"A": 1}, seed=1)
    result = _run(folders("pairs", {"B": 1}, seed=2))
    assert result.exit_code == 2
    assert "has 1 source picture(s)" in result.stderr


@pytest.mark.skipif(sys.platform == "darwin", reason="names have to be UTF-8 there")
def test_names_that_are_long_or_no_text_are_measured(folders: Folders, own_home: Path) -> None:
    data = folders("odd", {"testA": 4, "testB": 4})
    names = ["x" * 250, "日" * 80, "😀" * 60, os.fsdecode(b"bad\xff")]
    for path, name in zip(sorted((data / "testA").iterdir()), names, strict=True):
        path.rename(path.with_name(f"{name}.png"))
    result = _run(data)
    assert result.exit_code == 0, result.stderr
    record = _record(own_home)
    assert all((own_home / row["output"]).is_file() for row in record.pictures)
    assert CliRunner().invoke(main, ["verify", record.id]).exit_code == 0
    assert "1 of 1 already recorded" in _run(data).stderr


def test_duplicates_and_leaks_stand_in_the_record(folders: Folders, own_home: Path) -> None:
    root = folders("set", {"trainA": 4, "trainB": 4, "testA": 6, "testB": 6}, seed=1)
    shutil.copy(root / "testA" / "000.png", root / "testA" / "again.png")
    shutil.copy(root / "trainB" / "003.png", root / "testB" / "leak.png")
    assert _run(root, "kid-texture").exit_code == 0
    warnings = _record(own_home).warnings
    assert "1 of 7 source pictures repeat another: 000.png = again.png" in warnings
    assert "1 of 7 reference pictures are among the training's: leak.png = 003.png" in warnings


def test_outputs_that_copy_training_pictures_are_named(
    folders: Folders, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = folders("set", {"trainA": 6, "trainB": 12, "testA": 6, "testB": 6}, seed=1)
    with Image.open(root / "trainB" / "005.png") as picture:
        remembered = torch.from_numpy(np.array(picture)).permute(2, 0, 1)
    _answering(monkeypatch, lambda given: remembered.expand_as(given).clone())
    assert _run(root, "copies-texture").exit_code == 0
    record = _record(own_home)
    assert _values(record) == {"copies-texture": 1.0}
    assert record.scores[0]["n_reference"] == 12
    assert any("copies training picture 005.png" in w for w in record.warnings)


def test_without_training_pictures_copies_are_not_looked_for(pairs: Path, own_home: Path) -> None:
    assert _run(pairs, "copies-texture,psnr").exit_code == 0
    record = _record(own_home)
    assert set(_values(record)) == {"psnr"}
    assert any("no copies-texture: the data set has no training" in w for w in record.warnings)


@pytest.mark.parametrize("where", ["pair", "compute"])
def test_a_plug_in_that_throws_costs_its_own_score_alone(
    where: str, pairs: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def throw(*_: Any) -> Any:
        raise ZeroDivisionError("by nobody")

    broken = replace(psnr.CARD, name="broken", **{where: throw})
    monkeypatch.setitem(metric_cards(), "broken", broken)
    assert _run(pairs, "broken,psnr").exit_code == 0
    record = _record(own_home)
    assert set(_values(record)) == {"psnr"}
    assert "no broken: it raised ZeroDivisionError: by nobody" in record.warnings


def test_a_metric_that_gives_nan_has_no_score(
    pairs: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(
        metric_cards(), "broken", replace(psnr.CARD, name="broken", pair=lambda a, b: math.nan)
    )
    assert _run(pairs, "broken,psnr").exit_code == 0
    record = _record(own_home)
    assert set(_values(record)) == {"psnr"}
    assert "no broken: broken gives NaN or infinity" in record.warnings


def test_an_extractor_that_gives_nan_leaves_no_feature(
    pairs: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bench.features.store import FeatureStore
    from bench.features.texture import TextureBank

    def broken(self: TextureBank, pictures: torch.Tensor) -> dict[str, Any]:
        return {"texture": np.full((len(pictures), 54), np.nan, dtype=np.float32)}

    with monkeypatch.context() as patch:
        patch.setattr(TextureBank, "__call__", broken)
        result = _run(pairs, "kid-texture")
    assert result.exit_code != 0
    assert "texture gives NaN or infinity" in result.stderr
    assert list(own_home.glob("features/*/index.bin")) == []
    assert FeatureStore(own_home / "features").get("texture", ["x"]) == {}
    assert _run(pairs, "kid-texture").exit_code == 0


def test_features_cut_short_are_made_again_with_the_same_score(pairs: Path, own_home: Path) -> None:
    assert _run(pairs, "kid-texture").exit_code == 0
    before = _values(_record(own_home))
    (path,) = own_home.glob("features/*/texture.f32")
    path.write_bytes(path.read_bytes()[:1000])
    result = _run(pairs, "kid-texture", "identity", "--force")
    assert result.exit_code == 0
    assert "cut short" in result.stderr
    assert before == _values(_record(own_home))


def test_a_gpu_without_memory_for_a_batch_goes_on_with_halves(
    pairs: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bench.features.texture import TextureBank

    assert _run(pairs, "kid-texture").exit_code == 0
    before = _values(_record(own_home))
    original, sizes = TextureBank.__call__, []

    def crowded(self: TextureBank, pictures: torch.Tensor) -> Any:
        sizes.append(len(pictures))
        if len(pictures) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return original(self, pictures)

    monkeypatch.setattr(TextureBank, "__call__", crowded)
    shutil.rmtree(own_home)
    assert _run(pairs, "kid-texture").exit_code == 0
    assert max(sizes) == 8
    assert before == pytest.approx(_values(_record(own_home)), rel=1e-4)


def test_a_model_of_several_answers_has_a_diversity_and_another_has_none(
    pairs: Path, alexnet: Path, tmp_path: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATLAS_LPIPS_ALEX", str(alexnet))
    torch.manual_seed(0)
    network = build(Architecture("unet", {"depth": 6, "width": 4, "norm": "batch"}))
    torch.save(network.state_dict(), tmp_path / "noisy.pth")
    models = f"pix2pix@{tmp_path / 'noisy.pth'},identity"
    assert _run(pairs, "lpips-diversity", models).exit_code == 0
    found = {record.spec["model"]: record for record in read_all([own_home / "results"])}
    alone, noisy = found["identity"], found["pix2pix@noisy.pth"]
    assert _values(alone) == {}
    assert any("no lpips-diversity: it does not apply: nothing" in w for w in alone.warnings)
    assert _values(noisy)["lpips-diversity"] > 0
    again = tmp_path / "again"
    assert _run(pairs, "lpips-diversity", models, "--home", str(again)).exit_code == 0
    repeated = {r.spec["model"]: _values(r) for r in read_all([again / "results"])}
    assert _values(noisy) == pytest.approx(repeated["pix2pix@noisy.pth"])


def test_metrics_that_need_true_answers_are_named_in_the_record(
    folders: Folders, own_home: Path
) -> None:
    assert _run(folders("set", {"testA": 4, "testB": 5}), "kid-texture,psnr").exit_code == 0
    record = _record(own_home)
    assert set(_values(record)) == {"kid-texture"}
    assert "no psnr: it does not apply: the data set has no true answers" in record.warnings


def test_batch_norm_alone_is_no_chance(
    pairs: Path, alexnet: Path, tmp_path: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATLAS_LPIPS_ALEX", str(alexnet))
    options = {"depth": 5, "width": 4, "norm": "batch", "dropout": False}
    torch.save(build(Architecture("unet", options)).state_dict(), tmp_path / "quiet.pth")
    assert _run(pairs, "lpips-diversity", f"pix2pix@{tmp_path / 'quiet.pth'}").exit_code == 0
    record = _record(own_home)
    assert _values(record) == {}
    assert any("no lpips-diversity: it does not apply" in w for w in record.warnings)
