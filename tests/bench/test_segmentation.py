"""Segmentation scores: through a person's network, of label maps alone."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from PIL import Image

from bench.cli import main
from bench.features import cards
from bench.features.extractor import Found, load
from bench.features.segmentation import SegmentationCard
from bench.records import Record, read_all
from data.errors import AtlasError

Folders = Callable[..., Path]


def _run(dataset: Path, metrics: str) -> Result:
    words = ["run", "--models", "identity", "--dataset", str(dataset), "--metrics", metrics]
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


@pytest.fixture(scope="module")
def segmenter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A card of a small network with seeded weights and three classes."""
    from torchvision.models.segmentation import lraspp_mobilenet_v3_large

    folder = tmp_path_factory.mktemp("segmenter")
    torch.manual_seed(0)
    network = lraspp_mobilenet_v3_large(weights=None, weights_backbone=None, num_classes=3)
    torch.save(network.state_dict(), folder / "weights.pth")
    sha256 = hashlib.sha256((folder / "weights.pth").read_bytes()).hexdigest()
    (folder / "card.toml").write_text(
        'network = "lraspp_mobilenet_v3_large"\n'
        'weights = "weights.pth"\n'
        f'sha256 = "{sha256}"\n'
        'classes = ["sky", "wall", "door"]\n'
        "colours = [[0, 0, 255], [200, 100, 0], [0, 200, 0]]\n"
    )
    return folder / "card.toml"


def test_a_segmentation_network_is_held_against_the_label_map(segmenter: Path) -> None:
    from torchvision.models.segmentation import lraspp_mobilenet_v3_large

    made: Any = load(
        cards.SEGMENTATION, Found(path=segmenter, sha256="", published=False), torch.device("cpu")
    )
    outputs = torch.randint(0, 256, (2, 3, 32, 32)).to(torch.uint8)
    maps = torch.zeros(2, 3, 32, 32, dtype=torch.uint8)
    maps[:, 2] = 250  # nearly the sky's blue
    maps[:, :, 16:] = torch.tensor([190, 110, 5], dtype=torch.uint8).view(1, 3, 1, 1)
    theirs = lraspp_mobilenet_v3_large(weights=None, weights_backbone=None, num_classes=3)
    theirs.load_state_dict(torch.load(segmenter.parent / "weights.pth", weights_only=True))
    mean = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
    deviation = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)
    with torch.no_grad():
        found = theirs.eval()((outputs / 255 - mean) / deviation)["out"].argmax(1)
    expected = np.zeros((2, 3, 3))
    for i in range(2):
        for y in range(32):
            for x in range(32):
                expected[i, int(y >= 16), int(found[i, y, x])] += 1
    np.testing.assert_array_equal(expected, made(outputs, maps))


@pytest.fixture
def maps(pairs: Path) -> Path:
    """Eight label maps in the colours of the segmenter's card, beside eight pictures."""
    rng = np.random.default_rng(0)
    for path in (pairs / "A").glob("*.png"):
        colours = np.array([[0, 0, 255], [200, 100, 0], [0, 200, 0]], dtype=np.uint8)
        Image.fromarray(colours[rng.integers(0, 3, (5, 5))].repeat(8, 0).repeat(8, 1)).save(path)
    return pairs


def test_segmentation_scores_of_sources_that_are_no_label_maps_do_not_apply(
    pairs: Path, segmenter: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATLAS_SEGMENTATION", str(segmenter))
    assert _run(pairs, "seg-pixel,psnr").exit_code == 0
    record = _record(own_home)
    assert set(_values(record)) == {"psnr"}
    assert any("no seg-pixel: it does not apply: the sources are no" in w for w in record.warnings)


def test_without_a_card_segmentation_is_refused_with_what_to_do(pairs: Path) -> None:
    result = _run(pairs, "seg-iou")
    assert result.exit_code == 2
    assert "needs a card of a segmentation network (TOML) of your own" in result.stderr
    assert "ATLAS_SEGMENTATION=FILE" in result.stderr


def test_segmentation_scores_through_bench_run(
    maps: Path, segmenter: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATLAS_SEGMENTATION", str(segmenter))
    assert _run(maps, "seg-pixel,seg-class,seg-iou").exit_code == 0
    record = _record(own_home)
    found = _values(record)
    assert set(found) == {"seg-pixel", "seg-class", "seg-iou"}
    assert all(0 <= value <= 1 for value in found.values())
    assert not any(score["comparable"] for score in record.scores)


def test_a_segmentation_card_that_is_none_is_an_error(tmp_path: Path, segmenter: Path) -> None:
    (tmp_path / "card.toml").write_text('network = "fcn"\n')
    with pytest.raises(AtlasError, match="is no card of a segmentation network"):
        SegmentationCard.from_toml(tmp_path / "card.toml")
    text = segmenter.read_text().replace('sha256 = "', 'sha256 = "0')
    (tmp_path / "card.toml").write_text(text)
    with pytest.raises(AtlasError, match="is not the file that"):
        load(
            cards.SEGMENTATION,
            Found(path=tmp_path / "card.toml", sha256="", published=False),
            torch.device("cpu"),
        )
