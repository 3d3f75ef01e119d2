"""Extractors give what their references give; their weights are checked at every load."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from dataclasses import replace
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from bench.features.cards import INCEPTION, LPIPS_ALEX, TEXTURE
from bench.features.extractor import Found, extractor_card, load
from bench.features.weights import features_digest, find, read_features
from data.errors import AtlasError, NetworkProblem, UsageProblem
from data.paths import Home

CPU = torch.device("cpu")
REFUSED = "http://127.0.0.1:9/"


def _pictures(n: int, size: int = 24) -> torch.Tensor:
    return torch.randint(0, 256, (n, 3, size, size), generator=torch.Generator().manual_seed(1)).to(
        torch.uint8
    )


def test_texture_is_the_same_in_any_batch_and_order() -> None:
    bank: Any = load(TEXTURE, find(TEXTURE, Home(Path("none")), None), CPU)
    whole = bank(_pictures(5))["texture"]
    assert whole.shape == (5, 54)
    assert np.float32 == whole.dtype
    single = np.concatenate([bank(p[None])["texture"] for p in _pictures(5)])
    np.testing.assert_allclose(whole, single, rtol=1e-5)
    np.testing.assert_allclose(whole[::-1], bank(_pictures(5).flip(0))["texture"], rtol=1e-5)


def test_texture_tells_edges_from_flat_colour_at_any_size() -> None:
    bank: Any = load(TEXTURE, find(TEXTURE, Home(Path("none")), None), CPU)
    for size in (1, 16, 33):
        flat = torch.full((1, 3, size, size), 90, dtype=torch.uint8)
        assert np.abs(bank(flat)["texture"][0, 6:]).max() < 0.01
    assert bank(_pictures(1))["texture"][0, 6:].min() > 0.05


def test_inception_gives_torch_fidelitys_features(inception: Path) -> None:
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

    theirs = FeatureExtractorInceptionV3(
        "x", ["2048", "logits_unbiased"], feature_extractor_weights_path=str(inception)
    )
    ours: Any = load(INCEPTION, Found(path=inception, sha256="", published=False), CPU)
    with torch.inference_mode():
        expected = theirs(_pictures(2))
    found = ours(_pictures(2))
    for layer, reference in zip(("2048", "logits_unbiased"), expected, strict=True):
        scale = float(reference.abs().mean())
        np.testing.assert_allclose(found[layer] / scale, reference.numpy() / scale, atol=1e-4)


def test_lpips_equals_the_package_on_the_same_backbone(alexnet: Path) -> None:
    import lpips
    import torchvision

    ours: Any = load(LPIPS_ALEX, Found(path=alexnet, sha256="", published=False), CPU)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = lpips.LPIPS(net="alex", pnet_rand=True, verbose=False)
    backbone = torchvision.models.alexnet(weights=None).features
    state = {k: torch.from_numpy(v) for k, v in read_features(alexnet).items()}
    backbone.load_state_dict({k.removeprefix("features."): v for k, v in state.items()})
    slices = [backbone[:2], backbone[2:5], backbone[5:8], backbone[8:10], backbone[10:12]]
    for i, part in enumerate(slices):
        setattr(theirs.net, f"slice{i + 1}", part)
    a, b = _pictures(3, 64), _pictures(6, 64)[3:]
    with torch.no_grad():
        expected = theirs(a.float() / 127.5 - 1, b.float() / 127.5 - 1).flatten().numpy()
    np.testing.assert_allclose(expected, ours(a, b), rtol=1e-5)
    np.testing.assert_allclose(np.zeros(3), ours(a, a), atol=1e-9)
    with pytest.raises(AtlasError, match="32×32"):
        ours(_pictures(1, 16), _pictures(1, 16))


def test_a_wrong_file_under_the_home_is_refused(tmp_path: Path, inception: Path) -> None:
    home = Home(tmp_path)
    home.weights.mkdir()
    assert INCEPTION.weights is not None
    (home.weights / INCEPTION.weights.file).write_bytes(inception.read_bytes())
    with pytest.raises(AtlasError, match=r"is not the published .* not 6726825d0af5f729"):
        find(INCEPTION, home, None)


def test_a_wrong_backbone_in_the_given_folder_is_refused(tmp_path: Path, alexnet: Path) -> None:
    assert LPIPS_ALEX.weights is not None
    (tmp_path / LPIPS_ALEX.weights.file).write_bytes(alexnet.read_bytes())
    with pytest.raises(AtlasError, match="is not the published alexnet"):
        find(LPIPS_ALEX, Home(tmp_path / "home"), tmp_path)


def test_a_named_file_is_used_and_marked(
    inception: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sha256: Callable[[Path], str]
) -> None:
    monkeypatch.setenv("ATLAS_INCEPTION", str(inception))
    found = find(INCEPTION, Home(tmp_path), None)
    assert (inception, sha256(inception), False) == (found.path, found.sha256, found.published)
    monkeypatch.setenv("ATLAS_INCEPTION", str(tmp_path / "none.pth"))
    with pytest.raises(UsageProblem, match="ATLAS_INCEPTION names"):
        find(INCEPTION, Home(tmp_path), None)


def test_a_named_file_with_the_published_content_is_the_published_one(
    alexnet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert LPIPS_ALEX.weights is not None
    digest = features_digest(read_features(alexnet))
    card = replace(LPIPS_ALEX, weights=replace(LPIPS_ALEX.weights, digest=digest))
    monkeypatch.setenv("ATLAS_LPIPS_ALEX", str(alexnet))
    assert find(card, Home(tmp_path), None).published


@pytest.mark.parametrize("card", [INCEPTION, LPIPS_ALEX], ids=lambda card: card.name)
def test_a_damaged_file_is_an_error(card, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "x.pth").write_bytes(b"no weights")
    monkeypatch.setenv(card.weights.variable, str(tmp_path / "x.pth"))
    with pytest.raises(AtlasError, match=r"x\.pth"):
        load(card, find(card, Home(tmp_path), None), CPU)


def test_without_weights_and_network_the_error_says_all(tmp_path: Path) -> None:
    assert INCEPTION.weights is not None
    card = replace(INCEPTION, weights=replace(INCEPTION.weights, addresses=(REFUSED,)))
    with pytest.raises(NetworkProblem) as problem:
        find(card, Home(tmp_path), None)
    for part in ("weights-inception-2015-12-05-6726825d.pth", "95.6 MB", REFUSED):
        assert part in problem.value.message
    assert "--metrics fid-texture,kid-texture" in str(problem.value.hint)
    assert "--weights-dir" in str(problem.value.hint)
    assert problem.value.exit_code == 4


def test_of_a_downloaded_backbone_only_the_features_are_kept(
    tmp_path: Path, alexnet: Path, sha256: Callable[[Path], str]
) -> None:
    class Quiet(SimpleHTTPRequestHandler):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments, directory=str(alexnet.parent))

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    assert LPIPS_ALEX.weights is not None
    weights = replace(
        LPIPS_ALEX.weights,
        addresses=(f"http://127.0.0.1:{server.server_port}/alexnet.pth",),
        size=alexnet.stat().st_size,
        sha256_prefix=sha256(alexnet)[:8],
        digest=features_digest(read_features(alexnet)),
    )
    card, home = replace(LPIPS_ALEX, weights=weights), Home(tmp_path)
    found = find(card, home, None)
    server.shutdown()
    server.server_close()
    thread.join()
    assert [p.name for p in home.weights.iterdir() if p.suffix != ".lock"] == [
        "alexnet-owt-7be5be79.features.safetensors"
    ]
    assert found.published
    assert found.path is not None
    assert all(key.startswith("features.") for key in read_features(found.path))
    assert found == find(card, home, None)  # without the server


def test_an_unknown_extractor_offers_the_nearest() -> None:
    with pytest.raises(UsageProblem, match="did you mean 'inception'"):
        extractor_card("incption")
