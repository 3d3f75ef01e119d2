"""StarGAN v2's protocol: ten outputs a source, on torchvision's Inception."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torchvision
from click.testing import CliRunner, Result

from bench.cli import main
from bench.features import cards
from bench.features.extractor import Found, load
from bench.metrics.fid import score as fid
from bench.metrics.fid_several import score
from bench.protocols.protocol import load_protocol
from bench.records import Record, read_all
from data.errors import AtlasError
from zoo.architectures import Architecture, build

Folders = Callable[..., Path]

MEAN = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
DEVIATION = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)


@pytest.fixture(scope="module")
def network() -> Any:
    """torchvision's network with seeded weights, its auxiliary classifier included."""
    torch.manual_seed(0)
    return torchvision.models.inception_v3(weights=None, init_weights=False).eval()


@pytest.fixture(scope="module")
def weights(network: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its file, as torchvision publishes one."""
    path = tmp_path_factory.mktemp("weights") / "inception_v3.pth"
    torch.save(network.state_dict(), path)
    return path


def _extractor(path: Path) -> Any:
    found = Found(path=path, sha256="", published=False)
    return load(cards.INCEPTION_TORCHVISION, found, torch.device("cpu"))


def test_features_are_what_torchvisions_own_network_pools(network: Any, weights: Path) -> None:
    pictures = torch.randint(0, 256, (2, 3, 299, 299), dtype=torch.uint8)
    kept: list[torch.Tensor] = []
    hook = network.avgpool.register_forward_hook(lambda module, given, made: kept.append(made))
    with torch.inference_mode():
        network((pictures / 255 - MEAN) / DEVIATION)
    hook.remove()
    np.testing.assert_allclose(
        kept[0].flatten(1).numpy(), _extractor(weights)(pictures)["2048"], rtol=1e-4, atol=1e-5
    )


def test_a_file_of_another_network_is_refused(tmp_path: Path) -> None:
    torch.save({"features.0.weight": torch.zeros(1)}, tmp_path / "other.pth")
    with pytest.raises(AtlasError, match="does not hold Inception-v3 of torchvision"):
        _extractor(tmp_path / "other.pth")


def test_the_distance_is_fid_of_all_outputs_and_equal_outputs_narrow_no_interval() -> None:
    rng = np.random.default_rng(0)
    one, references = rng.normal(size=(30, 1, 4)), rng.normal(0.5, size=(40, 4))
    many = rng.normal(size=(30, 5, 4))
    found = score(many, references, 0)
    assert found.value == pytest.approx(fid("fid", "", many.reshape(-1, 4), references, 0).value)
    assert (found.n, found.n_reference, found.extra["outputs_per_source"]) == (150, 40, 5)
    # Ten equal outputs a source are no ten sources: nearly the same distance, the same spread.
    repeated, alone = score(one.repeat(10, 1), references, 0), score(one, references, 0)
    expected = alone.high - alone.low
    assert expected == pytest.approx(repeated.high - repeated.low, rel=0.1)


def _colours(pictures: torch.Tensor) -> dict[str, Any]:
    return {"2048": pictures.float().mean((2, 3)).numpy()}


def _apart(first: torch.Tensor, second: torch.Tensor) -> Any:
    return (first.double() - second.double()).abs().mean((1, 2, 3)).numpy()


def _run(dataset: Path, *models: str) -> Result:
    words = ["run", "--models", ",".join(models), "--dataset", str(dataset)]
    return CliRunner().invoke(main, [*words, "--protocol", "classic/stargan-v2"])


def test_the_protocol_runs_for_a_model_of_several_answers_and_for_no_other(
    folders: Folders,
    weights: Path,
    alexnet: Path,
    tmp_path: Path,
    own_home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ATLAS_INCEPTION_TORCHVISION", str(weights))
    monkeypatch.setenv("ATLAS_LPIPS_ALEX", str(alexnet))
    # Hundreds of pictures through whole networks would take long: these are tested elsewhere.
    monkeypatch.setattr("bench.features.lpips.load", lambda *_: _apart)
    monkeypatch.setattr("bench.features.inception_torchvision.load", lambda *_: _colours)
    root = folders("set", {"valA": 3, "valB": 3, "trainA": 3, "trainB": 4})
    torch.manual_seed(0)
    noisy = build(Architecture("unet", {"depth": 6, "width": 2, "norm": "batch"}))
    torch.save(noisy.state_dict(), tmp_path / "noisy.pth")
    result = _run(root, f"pix2pix@{tmp_path / 'noisy.pth'}", "identity")
    assert result.exit_code == 0, result.stderr
    found: dict[str, Record] = {r.spec["model"]: r for r in read_all([own_home / "results"])}
    scores = {score["metric"]: score for score in found["pix2pix@noisy.pth"].scores}
    distance, diversity = scores["fid-torchvision-10"], scores["lpips-diversity-10"]
    assert (distance["n"], distance["n_reference"]) == (30, 4)  # against the training pictures
    assert distance["resize"].endswith("then Pillow bilinear to 299×299")
    assert diversity["value"] > 0
    alone = found["identity"]
    assert alone.scores == ()
    for metric in load_protocol("classic/stargan-v2").recipe.metrics:  # type: ignore[union-attr]
        assert any(f"no {metric}: it does not apply" in w for w in alone.warnings)
