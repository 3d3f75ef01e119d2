"""Seeded weights in the published formats, and small folders of pictures."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from bench.features.extractor import ExtractorCard

Folders = Callable[..., Path]

WEIGHTS = (
    "ATLAS_ART_INCEPTION",
    "ATLAS_CLIP",
    "ATLAS_CONTENT_CLASSIFIER",
    "ATLAS_DINO",
    "ATLAS_DINOV2",
    "ATLAS_INCEPTION",
    "ATLAS_INCEPTION_TORCHVISION",
    "ATLAS_LPIPS_ALEX",
    "ATLAS_LPIPS_SQUEEZE",
    "ATLAS_SEGMENTATION",
    "ATLAS_STYLE_CLASSIFIER",
    "ATLAS_VGG16",
)


def _inception_state() -> dict[str, torch.Tensor]:
    """Weights for torch-fidelity's network that keep activations of the order of one."""
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

    def refuse(*_: Any, **__: Any) -> dict[str, torch.Tensor]:
        raise LookupError

    class Shell(FeatureExtractorInceptionV3):  # type: ignore[misc]
        def load_state_dict(self, state: Any, *_: Any, **__: Any) -> None:
            pass

    empty = Path(torch.__file__)  # any file: nothing of it is used
    original, torch.load = torch.load, lambda *_, **__: {}
    try:
        network = Shell("inception-v3-compat", ["2048"], feature_extractor_weights_path=str(empty))
    finally:
        torch.load = original
    rng = torch.Generator().manual_seed(0)
    state = {}
    for key, value in network.state_dict().items():
        if value.ndim > 1:
            scale = (2.0 / value[0].numel()) ** 0.5
            state[key] = torch.randn(value.shape, generator=rng) * scale
        elif key.endswith(("running_var", "weight")):
            state[key] = torch.ones_like(value)
        elif value.is_floating_point():
            state[key] = torch.randn(value.shape, generator=rng) * 0.05
        else:
            state[key] = value
    return state


@pytest.fixture(scope="session")
def inception(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file in the format of the published Inception, with seeded weights."""
    path = tmp_path_factory.mktemp("weights") / "inception.pth"
    torch.save(_inception_state(), path)
    return path


@pytest.fixture(scope="session")
def alexnet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with torchvision's keys for AlexNet, with seeded weights and a small classifier."""
    import torchvision

    torch.manual_seed(0)
    state = torchvision.models.alexnet(weights=None).features.state_dict()
    full = {f"features.{key}": value for key, value in state.items()}
    path = tmp_path_factory.mktemp("weights") / "alexnet.pth"
    torch.save({**full, "classifier.6.bias": torch.zeros(10)}, path)
    return path


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """Writes smooth random pictures: folders("set", {"testA": 12, "testB": 12}, seed=0)."""

    def make(name: str, counts: dict[str, int], seed: int = 0, size: int = 40) -> Path:
        rng = np.random.default_rng(seed)
        for folder, count in counts.items():
            (tmp_path / name / folder).mkdir(parents=True, exist_ok=True)
            for i in range(count):
                coarse = rng.integers(0, 256, (5, 5, 3), dtype=np.uint8)
                picture = Image.fromarray(coarse).resize((size, size), Image.Resampling.BICUBIC)
                picture.save(tmp_path / name / folder / f"{i:03d}.png")
        return tmp_path / name

    return make


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test sees this machine's weights or results."""
    monkeypatch.setenv("ATLAS_HOME", str(tmp_path / "home"))
    for variable in WEIGHTS:
        monkeypatch.delenv(variable, raising=False)
    return tmp_path / "home"


@pytest.fixture
def sha256() -> Callable[[Path], str]:
    """The sha256 of a file."""
    return lambda path: hashlib.sha256(path.read_bytes()).hexdigest()


class Server:
    """A folder that is served on loopback."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

        class Quiet(SimpleHTTPRequestHandler):
            def __init__(self, *arguments: Any) -> None:
                super().__init__(*arguments, directory=str(folder))

            def log_message(self, *arguments: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Quiet)

    def card(self, of: ExtractorCard, **fields: Any) -> ExtractorCard:
        """The card with its file here, and no hash unless `fields` name one."""
        assert of.weights is not None
        name = Path(of.weights.file).name
        addresses = (f"http://127.0.0.1:{self.http.server_port}/{name}",)
        none = {"size": 0, "sha256": "", "sha256_prefix": "", "digest": ""}
        return replace(of, weights=replace(of.weights, addresses=addresses, **{**none, **fields}))

    def put(self, of: ExtractorCard, state: dict[str, torch.Tensor]) -> Path:
        assert of.weights is not None
        path = self.folder / Path(of.weights.file).name
        torch.save(state, path)
        return path


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """An empty folder on loopback."""
    (tmp_path / "served").mkdir()
    made = Server(tmp_path / "served")
    thread = threading.Thread(target=made.http.serve_forever)
    thread.start()
    yield made
    made.http.shutdown()
    made.http.server_close()
    thread.join()
