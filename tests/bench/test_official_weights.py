"""Records know official weights by the publisher's sha256, in whichever format they are kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from PIL import Image

from bench.cli import main
from tests.zoo.serving import Served, moved, pickled, serving
from zoo.architectures import Architecture, build
from zoo.card import Card
from zoo.registry import card, cards

MODEL = "cartoongan.hayao"
FILE = "Hayao_net_G_float.pth"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A server of an empty folder."""
    with serving(tmp_path / "served") as found:
        yield found


@pytest.fixture
def content(served: Served, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """CartoonGAN's card with its weights on loopback, and the file that is there."""
    torch.manual_seed(1)
    made = pickled(build(Architecture("cartoongan", {"width": 2})).state_dict())
    served.put(FILE, made)
    monkeypatch.setitem(cards(), "cartoongan", moved(card("cartoongan"), served.address))
    return made


def _bench(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def _run(root: Path, home: Path, *more: object) -> Result:
    rng = np.random.default_rng(0)
    for part in "AB":
        (root / "pairs" / part).mkdir(parents=True, exist_ok=True)
        for i in range(2):
            pixels = rng.integers(0, 256, (24, 24, 3), dtype=np.uint8)
            if not (root / "pairs" / part / f"{i}.png").exists():
                Image.fromarray(pixels).save(root / "pairs" / part / f"{i}.png")
    asked = ["--models", MODEL, "--dataset", root / "pairs", "--metrics", "psnr"]
    return _bench("run", *asked, "--home", home, *more)


def _record(home: Path) -> dict[str, Any]:
    (path,) = (home / "results" / "pairs").rglob("*.json")
    return dict(json.loads(path.read_text()))


def _weights(home: Path) -> dict[str, str]:
    shown = _bench("verify", _record(home)["id"], "--home", home, "--json").stdout
    found = [json.loads(line) for line in shown.splitlines()]
    return next(row for row in found if row["what"] == "weights")


def test_a_record_has_one_id_with_kept_weights_and_with_those_of_an_older_home(
    content: bytes, tmp_path: Path
) -> None:
    new, old = tmp_path / "new", tmp_path / "old"
    folder = old / "weights" / "cartoongan"
    folder.mkdir(parents=True)
    (folder / FILE).write_bytes(content)
    sha256 = hashlib.sha256(content).hexdigest()
    (folder / f"{FILE}.sha256").write_text(sha256)
    for home in (new, old):
        result = _run(tmp_path, home)
        assert result.exit_code == 0, result.stderr
        assert _record(home)["spec"]["weights_sha256"] == sha256
        assert _weights(home)["state"] == "holds"
    assert _record(new)["id"] == _record(old)["id"]
    assert _record(new)["pictures"] == _record(old)["pictures"]
    kept = [p.name for p in folder.iterdir() if p.suffix in (".pth", ".safetensors")]
    assert kept == ["Hayao_net_G_float.safetensors"]


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


def _renoted(file: Path) -> None:
    """Edited, and noted as if it had been kept so: the tensors are of another file."""
    content = file.read_bytes()
    at = content.index(b"weights_sha256") + len(b'weights_sha256\\": \\"')
    content = content[:at] + b"0" * 64 + content[at + 64 :]
    file.write_bytes(content)
    note = hashlib.sha256(content).hexdigest()
    file.with_name(f"{file.name}.sha256").write_text(note)


def _unnoted(file: Path) -> None:
    file.with_name(f"{file.name}.sha256").unlink()


@pytest.mark.parametrize(
    ("damage", "state", "told"),
    [
        (_cut, "broken", "cut short or edited"),
        (_renoted, "broken", "is made of another file"),
        (_unnoted, "broken", "is missing, which says whether"),
        (Path.unlink, "absent", "not downloaded here"),
    ],
)
def test_verify_tells_of_kept_weights_that_are_not_those_of_the_record(
    damage: Callable[[Path], None], state: str, told: str, content: bytes, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    assert _run(tmp_path, home).exit_code == 0
    damage(home / "weights" / "cartoongan" / "Hayao_net_G_float.safetensors")
    found = _weights(home)
    assert (found["state"], told in found["detail"]) == (state, True), found


def test_weights_that_were_not_converted_yet_are_verified_as_they_are(
    content: bytes, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    assert _run(tmp_path, home).exit_code == 0
    folder = home / "weights" / "cartoongan"
    (folder / "Hayao_net_G_float.safetensors").unlink()
    (folder / FILE).write_bytes(content)
    assert _weights(home)["state"] == "holds"
    (folder / FILE).write_bytes(content[:-1])
    assert _weights(home) == {
        **_weights(home),
        "state": "broken",
        "detail": f"{folder / FILE} is another file",
    }


def test_a_dry_run_tells_what_would_be_downloaded_and_downloads_nothing(
    content: bytes, served: Served, tmp_path: Path
) -> None:
    result = _run(tmp_path, tmp_path / "home", "--dry-run")
    assert result.exit_code == 0, result.stderr
    assert f"would download {FILE}" in result.stderr
    assert served.asked == []
    assert _run(tmp_path, tmp_path / "home").exit_code == 0
    again = _run(tmp_path, tmp_path / "home", "--dry-run", "--force")
    assert "would download" not in again.stderr
    assert len(served.asked) == 1


def test_a_part_that_is_missing_is_not_downloaded_by_a_dry_run(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry: Card = moved(card("adain"), served.address)
    monkeypatch.setitem(cards(), "adain", entry)
    Image.new("RGB", (8, 8)).save(tmp_path / "style.png")
    folder = tmp_path / "home" / "weights" / "adain"
    folder.mkdir(parents=True)
    (folder / "decoder.pth").write_bytes(b"")  # not looked at: its encoder is not here
    _run(tmp_path, tmp_path / "home", "--dry-run")  # makes the pictures
    asked = ["--models", f"adain:style={tmp_path / 'style.png'}", "--metrics", "psnr"]
    home = ("--home", tmp_path / "home", "--dry-run")
    result = _bench("run", *asked, "--dataset", tmp_path / "pairs", *home)
    assert result.exit_code == 0, result.stderr
    assert "would download vgg_normalised.pth" in result.stderr
    assert "decoder.pth" not in result.stderr
    assert served.asked == []
