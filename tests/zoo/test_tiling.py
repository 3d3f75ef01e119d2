"""Tiles give the whole picture's translation, and what does not fit says what to do."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from click.testing import CliRunner
from PIL import Image
from torch import Tensor

import zoo
from data.errors import AtlasError, UsageProblem
from data.images import decode, resize
from zoo.architectures import Architecture, build
from zoo.cli import main
from zoo.memory import available, is_shortage, needed
from zoo.nets.adain import AdainNet, statistics
from zoo.nets.animegan import Bilinear
from zoo.precision import prepare
from zoo.preprocessing import PREPROCESSING
from zoo.tiling import cut, run_tiles
from zoo.translator import Translator

PHOTO = Path(__file__).resolve().parents[2] / "data/photo2toon/testA/chelsea-000.png"


def _photo(height: int, width: int) -> Tensor:
    pixels = np.ascontiguousarray(resize(decode(PHOTO), (height, width)))
    return torch.from_numpy(pixels).permute(2, 0, 1)[None]


def test_tiles_cover_every_pixel_once_and_see_their_surroundings() -> None:
    tiles = cut(100, 70, 32, 10, 4)
    count = np.zeros((100, 70), int)
    for tile in tiles:
        count[slice(*tile.rows), slice(*tile.columns)] += 1
        assert tile.seen_rows[0] == max(0, tile.rows[0] - 12)  # 10, rounded up to the stride
        assert tile.seen_columns[1] == min(70, tile.columns[1] + 12)
    assert (count == 1).all()


SMALL = (
    Architecture("resnet", {"blocks": 3, "width": 4}),
    Architecture("resnet", {"blocks": 2, "width": 4, "antialias": True}),
    Architecture("resnet", {"blocks": 2, "width": 4, "norm": "batch"}),
    Architecture("ganilla", {"width": 4}),
    Architecture("animegan", {"width": 8, "align_corners": True}),
    Architecture("animegan", {"width": 8, "align_corners": False}),
    Architecture("unit", {"width": 4}),
    Architecture("unit-vae", {"width": 4}),
    Architecture("stylegan2", {"width": 1}),
    Architecture("munit", {"width": 4}),
)


@pytest.mark.parametrize("architecture", SMALL, ids=str)
def test_tiled_and_whole_are_one_picture(architecture: Architecture) -> None:
    _same_in_tiles(_small(architecture))


def _small(architecture: Architecture) -> Translator:
    """Drawn weights; those of norm layers are not 1 and 0, as new ones are."""
    torch.manual_seed(0)
    module = build(architecture)
    with torch.no_grad():
        for values in (p for p in module.parameters() if p.ndim == 1):
            values.uniform_(0.5, 1.5)
    small = {"architecture": architecture, "module": prepare(module)}
    return replace(zoo.load("cyclegan", device="cpu"), **small)


def _same_in_tiles(translator: Translator) -> None:
    picture = _photo(32, 432)  # long: no tile sees all of it
    whole = translator(picture)
    steps: list[tuple[int, int]] = []
    tiled = replace(translator, tile=144, report=lambda *step: steps.append(step))(picture)
    difference = (tiled.float() - whole.float()).abs()
    assert difference.max() <= 1
    assert difference.mean() < 0.02  # rounding, no seams
    assert whole.float().std() > 1
    assert steps[-1][0] == steps[-1][1]  # the total was foretold


@pytest.mark.parametrize("strength", [1.0, 0.4])
def test_adain_in_tiles_matches_the_statistics_of_the_whole_picture(strength: float) -> None:
    torch.manual_seed(0)
    net = AdainNet(8).eval()
    with torch.no_grad():
        for weight in (p for p in net.parameters() if p.ndim == 4):
            torch.nn.init.kaiming_normal_(weight)  # new ones let the features fade away
        net.style = statistics(net.encoder(_photo(96, 96).flip(1).float() / 255))
        net.strength = strength
        drawn, last = net(_photo(32, 432).float() / 255), net.decoder[-1]
        last.bias.copy_((last.bias - drawn.mean()) * 0.2 / drawn.std() + 0.5)  # all shades
        last.weight.mul_(0.2 / drawn.std())
    made = {"architecture": Architecture("adain", {"width": 8}), "module": net}
    translator = replace(zoo.load("cyclegan", device="cpu"), **made)
    _same_in_tiles(replace(translator, preprocessing=PREPROCESSING["adain"]))


class _Coarse(torch.nn.Module):
    """A quarter of the pixels and back."""

    def __init__(self) -> None:
        super().__init__()
        self.up = Bilinear(align_corners=True)

    def forward(self, x: Tensor) -> Tensor:
        made: Tensor = self.up(F.avg_pool2d(x, 4), x.shape[-2:])
        return made


def test_enlarged_pixels_of_a_tile_fall_where_they_do_in_the_whole_picture() -> None:
    coarse = _Coarse()
    noise = torch.randint(0, 256, (1, 3, 64, 160), dtype=torch.uint8)
    tiles = cut(64, 160, 48, 8, 4)
    tiled = run_tiles(coarse, lambda x: coarse(x.float()), noise, tiles, lambda: None)
    assert (tiled.float() - coarse(noise.float())).abs().max() <= 0.51  # rounded
    alone = tiles[1].core(coarse(tiles[1].of(noise).float()))
    assert (alone - tiles[1].core(tiles[1].of(coarse(noise.float())))).abs().max() > 4


def test_gatys_optimises_the_whole_picture_and_refuses_tiles() -> None:
    made = {"architecture": Architecture("gatys"), "module": torch.nn.Identity()}
    translator = replace(zoo.load("cyclegan", device="cpu"), **made, tile=64)
    with pytest.raises(UsageProblem, match="depends on the whole picture"):
        translator(_photo(128, 128))


def test_tiles_normalised_one_by_one_would_show() -> None:
    """The test above can fail: without the whole picture's statistics the parts differ."""
    translator = zoo.load("cyclegan", device="cpu")
    picture = _photo(192, 192)
    part = translator(picture[..., :96]).float()
    assert (part - translator(picture).float()[..., :96])[..., :60].abs().max() > 4


def test_a_network_that_sees_all_of_the_picture_refuses_tiles() -> None:
    translator = replace(zoo.load("pix2pix", device="cpu"), tile=64)
    with pytest.raises(UsageProblem, match="depends on the whole picture"):
        translator(_photo(128, 128))


def test_what_is_smaller_than_a_tile_is_done_at_once() -> None:
    translator = zoo.load("pix2pix", device="cpu")
    picture = _photo(64, 64)
    assert torch.equal(replace(translator, tile=64)(picture), translator(picture))


class _Small(torch.nn.Module):
    """A network on a device that holds `most` pictures at a time."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most, self.calls = most, [0]

    def forward(self, x: Tensor) -> Tensor:
        self.calls.append(len(x))
        if len(x) > self.most:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return x


def test_out_of_memory_halves_the_batch_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zoo.architectures.IN_CACHE", 10**9)
    small = _Small(2)
    translator = replace(zoo.load("cyclegan", device="cpu"), module=small)
    pictures = torch.randint(0, 256, (7, 3, 8, 8), dtype=torch.uint8)
    assert torch.equal(pictures, translator(pictures))
    assert small.calls[1:] == [7, 4, 2, 2, 3, 2, 1]


def test_out_of_memory_for_one_picture_names_the_way_out() -> None:
    translator = replace(zoo.load("cyclegan", device="cpu"), module=_Small(0))
    with pytest.raises(AtlasError, match="8×8 pixels takes about") as problem:
        translator(torch.zeros((1, 3, 8, 8), dtype=torch.uint8))
    assert "--tile 512" in str(problem.value.hint)


def test_out_of_memory_for_a_tile_names_a_smaller_one() -> None:
    translator = replace(zoo.load("cyclegan", device="cpu"), module=_Small(0), tile=256)
    with pytest.raises(AtlasError, match="a tile of 256 pixels a side") as problem:
        translator._tiled(torch.zeros((1, 3, 16, 512), dtype=torch.uint8))
    assert problem.value.hint == "--tile 128"


def test_shortage_is_told_from_other_failures() -> None:
    assert is_shortage(MemoryError())
    assert is_shortage(RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"))
    assert not is_shortage(RuntimeError("sizes do not match"))
    assert needed(64, 100, 50) == 5 * 4 * 64 * 100 * 50


def test_a_wide_picture_under_a_limit_of_memory(tmp_path: Path) -> None:
    """30,000 pixels wide in 150 MB: refused before anything is computed, and done in tiles."""
    Image.fromarray(np.tile(decode(PHOTO)[:16, :, :], (1, 320, 1))[:, :30_000]).save(
        tmp_path / "wide.png"
    )
    code = """
import resource, sys
import torch, zoo.translator  # what the libraries themselves map is not the picture's
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
limit = used + int(sys.argv[1]) * 1_000_000
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
torch.set_num_threads(1)
from zoo.cli import main
main(["translate", "--model", "cyclegan", "--device", "cpu", *sys.argv[2:]])
"""
    places = [str(tmp_path / "wide.png"), str(tmp_path / "out.png")]

    def run(limit: int, *options: str) -> subprocess.CompletedProcess[str]:
        words = [sys.executable, "-c", code, str(limit), *options, *places]
        arenas = {**os.environ, "MALLOC_ARENA_MAX": "1"}  # each would claim 64 MB
        return subprocess.run(words, capture_output=True, text=True, env=arenas)

    refused = run(150)
    assert refused.returncode == 1
    assert "30000×16 pixels takes about" in refused.stderr
    assert "hint: translate it in tiles: --tile 512" in refused.stderr
    assert "Traceback" not in refused.stderr
    tiled = run(150, "--tile", "4096")
    assert tiled.returncode == 0, tiled.stderr
    assert decode(tmp_path / "out.png").shape == (16, 30_000, 3)


def test_free_memory_is_known_here() -> None:
    free = available()
    assert free is not None
    assert 0 < free < 1 << 50
    assert resource.getrlimit(resource.RLIMIT_AS)[0] in (resource.RLIM_INFINITY, -1)


def test_tile_is_an_option_of_translate(tmp_path: Path) -> None:
    words = ["translate", "--model", "cyclegan", "--device", "cpu", "--tile", "64"]
    result = CliRunner().invoke(main, [*words, str(PHOTO), str(tmp_path / "out.png")])
    assert result.exit_code == 0, result.stderr
    assert decode(PHOTO).shape == decode(tmp_path / "out.png").shape
