"""Models of any style are measured with the style in their name; its pixels are in the id."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from PIL import Image

from bench.plan import parse_models
from data.errors import UsageProblem
from zoo.nets.adain import AdainDecoder, AdainEncoder


@pytest.fixture
def decoder(tmp_path: Path) -> Path:
    """AdaIN's two files, narrow, and two style pictures of one content beside them."""
    torch.manual_seed(0)
    for net, file in ((AdainEncoder(4), "vgg_normalised.pth"), (AdainDecoder(4), "decoder.pth")):
        for value in net.parameters():  # torch's own first weights make every picture black
            if value.ndim == 4:
                torch.nn.init.kaiming_normal_(value, nonlinearity="relu")
            else:
                torch.nn.init.constant_(value, 0.3)
        torch.save(net.state_dict(), tmp_path / file)
    pixels = np.random.default_rng(0).integers(0, 256, (20, 20, 3), dtype=np.uint8)
    for name in ("a.png", "same.bmp"):
        Image.fromarray(pixels).save(tmp_path / name)
    Image.fromarray(255 - pixels).save(tmp_path / "b.png")
    return tmp_path / "decoder.pth"


def _run(home: Path, models: str) -> Result:
    from bench.cli import main

    words = ["run", "--models", models, "--dataset", "photo2toon", "--metrics", "psnr"]
    words += ["--limit", "2", "--device", "cpu", "--home", str(home)]
    return CliRunner().invoke(main, words)


def _records(home: Path) -> dict[str, tuple[str, float]]:
    found = [json.loads(path.read_text()) for path in (home / "results").rglob("*.json")]
    return {r["spec"]["model"]: (r["id"], r["scores"][0]["value"]) for r in found}


def test_another_style_is_another_question(decoder: Path, tmp_path: Path) -> None:
    folder = decoder.parent
    both = f"{folder / 'a.png'}+{folder / 'b.png'}"
    names = [f"adain@{decoder}:style={styles}" for styles in (folder / "a.png", both)]
    result = _run(tmp_path / "home", ",".join(names))
    assert result.exit_code == 0, result.stderr
    found = _records(tmp_path / "home")
    assert sorted(found) == [
        "adain@decoder.pth:style=a.png",
        "adain@decoder.pth:style=a.png+b.png",
    ]
    assert len({record for record, _ in found.values()}) == 2
    assert len({score for _, score in found.values()}) == 2


def test_the_same_pixels_in_another_file_are_the_same_question(
    decoder: Path, tmp_path: Path
) -> None:
    for style in ("a.png", "same.bmp"):
        name = f"adain@{decoder}:style={decoder.parent / style}"
        assert _run(tmp_path / f"home of {style}", name).exit_code == 0
    (one,), (other,) = (_records(tmp_path / f"home of {s}").values() for s in ("a.png", "same.bmp"))
    assert one == other


def test_a_style_that_is_not_named_is_asked_for(decoder: Path) -> None:
    with pytest.raises(UsageProblem, match="paints in the style of a picture") as problem:
        parse_models("adain")
    assert "adain:style=FILE" in str(problem.value.hint)
    with pytest.raises(UsageProblem, match=r"none\.png does not exist"):
        parse_models("adain:style=none.png")
    with pytest.raises(UsageProblem, match="cyclegan takes no style"):
        parse_models(f"cyclegan:style={decoder.parent / 'a.png'}")
    families = {trained.choice.card.name for trained in parse_models("*")}
    assert "fast-neural-style" in families
    assert not families & {"adain", "gatys"}
