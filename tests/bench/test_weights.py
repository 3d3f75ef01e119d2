"""Files of extractors are downloaded, checked, and where nobody can check them trusted once."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner, Result

from bench.cli import main
from bench.features import cards, extractor
from bench.features.extractor import Found, load
from bench.features.weights import expect, find
from bench.records import read_all
from data.errors import AtlasError, NetworkProblem
from data.paths import Home

CPU = torch.device("cpu")
WIDTH, HIDDEN = 64, 128  # one head


def _seeded(*shape: int) -> torch.Tensor:
    rng = torch.Generator().manual_seed(len(shape) * 1000 + shape[0])
    return torch.randn(shape, generator=rng) * 0.2


def _vit(patch: int, grid: int, *, scaled: bool) -> dict[str, torch.Tensor]:
    """A vision transformer of one block under the names of DINO, or of DINOv2."""
    state = {
        "cls_token": _seeded(1, 1, WIDTH),
        "pos_embed": _seeded(1, 1 + grid**2, WIDTH),
        "patch_embed.proj.weight": _seeded(WIDTH, 3, patch, patch),
        "patch_embed.proj.bias": _seeded(WIDTH),
        "norm.weight": _seeded(WIDTH),
        "norm.bias": _seeded(WIDTH),
    }
    layers = {"attn.qkv": (3 * WIDTH, WIDTH), "attn.proj": (WIDTH, WIDTH)}
    layers |= {"mlp.fc1": (HIDDEN, WIDTH), "mlp.fc2": (WIDTH, HIDDEN)}
    for name, shape in layers.items():
        state[f"blocks.0.{name}.weight"] = _seeded(*shape)
        state[f"blocks.0.{name}.bias"] = _seeded(shape[0])
    for norm in ("norm1", "norm2"):
        state |= {f"blocks.0.{norm}.{part}": _seeded(WIDTH) for part in ("weight", "bias")}
    if scaled:
        state |= {f"blocks.0.ls{i}.gamma": _seeded(WIDTH) for i in (1, 2)}
        state["mask_token"] = _seeded(1, WIDTH)
    return state


def _clip() -> dict[str, torch.Tensor]:
    from transformers import CLIPConfig, CLIPModel

    vision = {"hidden_size": 64, "num_hidden_layers": 1, "num_attention_heads": 1}
    vision |= {"intermediate_size": 128, "image_size": 336, "patch_size": 14}
    text = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1, "vocab_size": 9}
    torch.manual_seed(0)
    config = CLIPConfig(text_config=text, vision_config=vision, projection_dim=16)
    return dict(CLIPModel(config).state_dict())


def _art() -> dict[str, torch.Tensor]:
    """All keys and shapes, each tensor of one stored number, so that the file is small."""
    from torchvision.models.inception import Inception3

    with torch.device("meta"):
        shapes = Inception3(aux_logits=False, init_weights=False).state_dict()
    kinds = {key: value.dtype for key, value in shapes.items()}
    return {k: torch.full((), 0.01).to(kinds[k]).expand(v.shape) for k, v in shapes.items()}


STATES: dict[str, Callable[[], dict[str, torch.Tensor]]] = {
    "dino": partial(_vit, 8, 28, scaled=False),
    "dinov2": partial(_vit, 14, 16, scaled=True),
    "clip": _clip,
    "art-inception": _art,
}
CARDS = {card.name: card for card in (cards.DINO, cards.DINOV2, cards.CLIP, cards.ART)}


Server = Any  # of conftest.py


@pytest.mark.parametrize("name", STATES)
def test_a_first_download_is_kept_by_its_sha256_and_runs(
    name: str,
    tmp_path: Path,
    server: Server,
    sha256: Callable[[Path], str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = server.put(CARDS[name], STATES[name]())
    card, home = server.card(CARDS[name]), Home(tmp_path / "home")
    assert card.weights is not None
    found = find(card, home, None)
    assert (sha256(file), True, True) == (found.sha256, found.published, found.first_use)
    told = capsys.readouterr().err
    assert f"licence {card.weights.licence}" in told
    assert "nobody has checked yet" in told
    note = home.weights / f"{card.weights.file}.sha256"
    assert sha256(file) == note.read_text().strip()
    network: Any = load(card, found, CPU)
    pictures = torch.full((1, 3, 80, 80), 90, dtype=torch.uint8)
    made = network(pictures, pictures) if card.pairs else network(pictures)
    assert made is not None
    file.unlink()
    assert found == find(card, home, None)  # from the home: nothing is asked of the server
    assert "nobody has checked yet" not in capsys.readouterr().err


@pytest.mark.parametrize("name", STATES)
def test_with_a_known_sha256_another_file_never_arrives(
    name: str, tmp_path: Path, server: Server, sha256: Callable[[Path], str]
) -> None:
    file = server.put(CARDS[name], STATES[name]())
    home = Home(tmp_path / "home")
    right = find(server.card(CARDS[name], sha256=sha256(file)), home, None)
    assert (right.published, right.first_use) == (True, False)
    other = Home(tmp_path / "other")
    with pytest.raises(AtlasError, match="is another file"):
        find(server.card(CARDS[name], sha256="0" * 64), other, None)
    assert not any(path.suffix in (".pth", ".bin") for path in other.weights.rglob("*"))


def test_of_dino_dinov2_and_clip_the_file_is_known_and_of_artfid_nobody_says() -> None:
    known = {name: card.weights.verifiable for name, card in CARDS.items() if card.weights}
    assert known == {"dino": True, "dinov2": True, "clip": True, "art-inception": False}


def test_another_file_after_the_first_is_an_error_wherever_it_comes_from(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = server.put(cards.DINO, _vit(8, 28, scaled=False))
    first, home = file.read_bytes(), Home(tmp_path / "home")
    card = server.card(cards.DINO)
    found = find(card, home, None)
    assert found.path is not None
    found.path.unlink()
    server.put(cards.DINO, {**_vit(8, 28, scaled=False), "more": torch.zeros(1)})
    with pytest.raises(AtlasError, match="is another file"):
        find(card, home, None)
    folder = tmp_path / "given"
    folder.mkdir()
    (folder / file.name).write_bytes(file.read_bytes())
    with pytest.raises(AtlasError, match="is not the file of the first download") as problem:
        find(card, home, folder)
    assert "to trust it from now on: rm " in str(problem.value.hint)
    monkeypatch.setenv("ATLAS_DINO", str(folder / file.name))
    assert not find(card, home, None).published  # named: used, and its scores say so
    (folder / file.name).write_bytes(first)
    assert found.sha256 == find(card, home, None).sha256
    assert find(card, home, None).first_use


def test_a_page_in_place_of_the_file_is_not_trusted(tmp_path: Path, server: Server) -> None:
    (server.folder / "art_inception.pth").write_text("<html>log in first</html>")
    home = Home(tmp_path / "home")
    with pytest.raises(AtlasError, match="no weights file"):
        find(server.card(cards.ART), home, None)
    assert not [path for path in home.weights.iterdir() if path.suffix in (".pth", ".sha256")]


class Bomb:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


def test_no_code_in_a_file_runs(tmp_path: Path, server: Server) -> None:
    torch.save({"cls_token": Bomb(tmp_path / "ran")}, server.folder / "art_inception.pth")
    with pytest.raises(AtlasError, match="no weights file"):
        find(server.card(cards.ART), Home(tmp_path / "home"), None)
    assert not (tmp_path / "ran").exists()


def test_a_dry_run_downloads_nothing(
    tmp_path: Path, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    server.put(cards.ART, {"x": torch.zeros(1)})
    home = Home(tmp_path / "home")
    assert expect(server.card(cards.ART), home, None).path is None
    assert "would download art_inception.pth for art-inception" in capsys.readouterr().err
    assert not home.weights.exists()


def test_without_network_the_error_says_where_the_file_belongs(tmp_path: Path) -> None:
    assert cards.ART.weights is not None
    away = replace(cards.ART.weights, addresses=("http://127.0.0.1:9/art_inception.pth",))
    with pytest.raises(NetworkProblem) as problem:
        find(replace(cards.ART, weights=away), Home(tmp_path), None)
    assert f"put it into {tmp_path / 'weights'}" in str(problem.value.hint)


@pytest.mark.parametrize("right", [True, False])
def test_the_network_of_a_segmentation_card_is_downloaded_and_checked(
    right: bool, tmp_path: Path, server: Server, sha256: Callable[[Path], str]
) -> None:
    from torchvision.models.segmentation import lraspp_mobilenet_v3_large

    torch.manual_seed(0)
    network = lraspp_mobilenet_v3_large(weights=None, weights_backbone=None, num_classes=2)
    torch.save(network.state_dict(), server.folder / "net.pth")
    told = {"network": "lraspp_mobilenet_v3_large", "weights": "net.pth"}
    told["sha256"] = sha256(server.folder / "net.pth") if right else "0" * 64
    told["address"] = f"http://127.0.0.1:{server.http.server_port}/net.pth"
    lines = [f'{name} = "{value}"' for name, value in told.items()]
    lines += ['classes = ["sky", "wall"]', "colours = [[0, 0, 255], [200, 100, 0]]"]
    card = tmp_path / "card.toml"
    card.write_text("\n".join(lines))
    found = Found(path=card, sha256="", published=False)
    if not right:
        with pytest.raises(AtlasError, match="is another file"):
            load(cards.SEGMENTATION, found, CPU)
        assert not (tmp_path / "net.pth").exists()
        return
    made: Any = load(cards.SEGMENTATION, found, CPU)
    maps = torch.zeros(1, 3, 32, 32, dtype=torch.uint8)
    maps[:, 2] = 255
    assert made(maps, maps).sum() == 32 * 32
    assert sha256(tmp_path / "net.pth") == told["sha256"]


def _bench(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


def test_a_score_of_a_first_use_says_so_in_record_and_export(
    tmp_path: Path,
    server: Server,
    folders: Callable[..., Path],
    sha256: Callable[[Path], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = server.put(cards.DINO, _vit(8, 28, scaled=False))
    monkeypatch.setitem(extractor.extractor_cards(), "dino", server.card(cards.DINO))
    root, home = folders("set", {"testA": 2, "testB": 2}), tmp_path / "home"
    asked = ("--models", "identity", "--dataset", root, "--metrics", "dino-structure")
    result = _bench("run", *asked, "--home", home)
    assert result.exit_code == 0, result.stderr
    (record,) = read_all([home / "results"])
    (score,) = record.scores
    assert (sha256(file), "trusted on first use") == (
        score["extractor_sha256"],
        score["extractor_trust"],
    )
    (warning,) = [text for text in record.warnings if "first use" in text]
    assert sha256(file) in warning
    exported = _bench("export", "--format", "json", "--dataset", "set", "--home", home).stdout
    assert json.loads(exported.splitlines()[0])["extractor_trust"] == "trusted on first use"


def test_fetch_takes_metrics_and_extractors_and_weights_lists_what_is_here(
    tmp_path: Path, server: Server, sha256: Callable[[Path], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = server.put(cards.DINO, _vit(8, 28, scaled=False))
    monkeypatch.setitem(extractor.extractor_cards(), "dino", server.card(cards.DINO))
    fetched = _bench("fetch", "dino-structure", "psnr", "--home", tmp_path)
    kept = tmp_path / "weights" / file.name
    assert f"dino\t{sha256(file)}\t{kept}\n" == fetched.stdout
    assert "psnr needs no weights" in fetched.stderr
    listed = _bench("weights", "--json", "--home", tmp_path).stdout.splitlines()
    rows = {row["extractor"]: row for row in map(json.loads, listed)}
    assert str(kept) == rows["dino"]["here"]
    assert f"trusted on first use: {sha256(file)[:16]}…" == rows["dino"]["checked_by"]
    assert (rows["clip"]["here"], rows["clip"]["checked_by"]) == (None, "sha256")
    assert all(row["licence"] for row in rows.values() if row["checked_by"] != "its card")
    assert "did you mean 'dino'" in _bench("fetch", "dinno", "--home", tmp_path).stderr
