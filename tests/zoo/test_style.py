"""Style models by name: files are recognised, styles asked for, mistakes explained."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from PIL import Image
from skimage import data as photographs
from torch import Tensor

import zoo
from data.errors import AtlasError, UsageProblem
from data.images import resize
from zoo.architectures import ARCHITECTURES, Architecture, build, preprocessing_of
from zoo.card import Preprocessing
from zoo.cli import main
from zoo.extras import styles_of
from zoo.nets.adain import AdainDecoder, AdainEncoder, adain, statistics
from zoo.registry import cards

SIZES = [(1, 1), (3, 70), (17, 33), (64, 64)]
RNG = np.random.default_rng(0)
ONE, OTHER = (RNG.integers(0, 256, (24, 40, 3), dtype=np.uint8) for _ in range(2))


def _run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


def _file(path: Path, kind: str, **options: object) -> Path:
    torch.manual_seed(0)
    torch.save(build(Architecture(kind, dict(options))).state_dict(), path)
    return path


@pytest.fixture
def decoder(tmp_path: Path, tools: Any) -> Path:
    """Both files of AdaIN in one folder, narrow, named as they are published."""
    torch.save(tools.seeded(AdainEncoder(4)).state_dict(), tmp_path / "vgg_normalised.pth")
    torch.save(tools.seeded(AdainDecoder(4)).state_dict(), tmp_path / "decoder.pth")
    return tmp_path / "decoder.pth"


@pytest.mark.parametrize(
    ("model", "kind", "takes"),
    [
        ("fast-neural-style", "transformer", Preprocessing(low=0, high=255)),
        ("cartoongan", "cartoongan", Preprocessing(order="bgr")),
        ("animeganv2", "animegan", Preprocessing()),
    ],
)
def test_a_published_file_is_run_on_what_it_was_trained_on(
    model: str, kind: str, takes: Preprocessing, tmp_path: Path
) -> None:
    translator = zoo.load(f"{model}@{_file(tmp_path / 'x.pth', kind, width=4)}", device="cpu")
    assert takes == translator.preprocessing
    seen: list[Tensor] = []
    translator.module.register_forward_pre_hook(lambda module, given: seen.append(given[0]))
    red = torch.zeros(1, 3, 16, 16, dtype=torch.uint8)
    red[:, 0] = 255
    translator(red)
    corner = [takes.high, takes.low, takes.low]
    assert (corner if takes.order == "rgb" else corner[::-1]) == seen[0][0, :, 0, 0].tolist()
    for height, width in SIZES:
        given = torch.randint(0, 256, (2, 3, height, width), dtype=torch.uint8)
        made = translator(given)
        assert (torch.uint8, given.shape) == (made.dtype, made.shape)


def test_cards_and_files_agree_on_the_preprocessing() -> None:
    seen: dict[str, Architecture] = {}
    for card in cards().values():
        for weights in card.weights:
            if weights.architecture["kind"] in ARCHITECTURES:
                architecture = Architecture(**weights.architecture)
                assert preprocessing_of(architecture) == weights.preprocessing, weights.name
                seen[str(architecture)] = architecture
    with torch.device("meta"):
        for architecture in seen.values():
            build(architecture)


@pytest.mark.parametrize("width", [16, 32])
def test_both_widths_of_fast_neural_style_are_recognised(width: int, tmp_path: Path) -> None:
    path = _file(tmp_path / "candy.model", "transformer", width=width)
    assert f"transformer(width={width})" in _run("show", f"fast-neural-style@{path}").stdout


def test_running_statistics_of_old_files_are_dropped(tmp_path: Path) -> None:
    state = build(Architecture("transformer", {"width": 4})).state_dict()
    for key in ("in1", "res3.in2"):
        channels = len(state[f"{key}.weight"])
        state[f"{key}.running_mean"] = torch.ones(channels)
        state[f"{key}.running_var"] = torch.ones(channels)
    torch.save(state, tmp_path / "candy.pth")
    assert zoo.load(f"fast-neural-style@{tmp_path / 'candy.pth'}", device="cpu").parameters > 0


def test_align_corners_can_be_set(tmp_path: Path) -> None:
    name = f"animeganv2@{_file(tmp_path / 'x.pt', 'animegan', width=4)}"
    given = torch.randint(0, 256, (1, 3, 32, 32), dtype=torch.uint8)
    default, hub, script = (
        zoo.load(name, device="cpu", settings=settings)(given)
        for settings in ({}, {"align_corners": True}, {"align_corners": "false"})
    )
    assert torch.equal(default, hub)
    assert not torch.equal(hub, script)
    with pytest.raises(UsageProblem, match="has no setting 'corners'"):
        zoo.load(name, device="cpu", settings={"corners": True})
    with pytest.raises(UsageProblem, match="align_corners=maybe of animeganv2 is no bool"):
        zoo.load(name, device="cpu", settings={"align_corners": "maybe"})


def test_adain_paints_any_size_in_a_style(decoder: Path) -> None:
    settings = {"style_size": 16}
    translator = zoo.load(f"adain@{decoder}", device="cpu", style=[ONE], settings=settings)
    for height, width in SIZES:
        given = torch.randint(0, 256, (2, 3, height, width), dtype=torch.uint8)
        made = translator(given)
        assert (torch.uint8, given.shape) == (made.dtype, made.shape)


def test_styles_are_mixed_as_features_are(decoder: Path, tools: Any) -> None:
    encoder, painter = tools.seeded(AdainEncoder(4)), tools.seeded(AdainDecoder(4))
    given = torch.randint(0, 256, (1, 3, 16, 24), dtype=torch.uint8)

    def features(picture: Tensor) -> Tensor:
        found: Tensor = encoder(picture)
        return found

    with torch.no_grad():
        content = features(given.float() / 255)
        mixed = torch.zeros(())
        for share, style in ((0.25, ONE), (0.75, OTHER)):
            small = torch.from_numpy(resize(style, (20, 33)).copy())
            picture = small.permute(2, 0, 1)[None].float() / 255
            mixed = mixed + share * adain(content, *statistics(features(picture)))
        expected = painter(0.4 * content + 0.6 * mixed) * 255
    translator = zoo.load(
        f"adain@{decoder}",
        device="cpu",
        style=[ONE, OTHER],
        style_weights=[1, 3],
        strength=0.6,
        settings={"style_size": 20},
    )
    difference = expected.round().clamp(0, 255) - translator(given).float()
    assert difference.abs().max() <= 1


def test_one_file_may_hold_both_networks_of_adain(tmp_path: Path) -> None:
    path = _file(tmp_path / "joined.pth", "adain", width=4)
    translator = zoo.load(f"adain@{path}", device="cpu", style=[ONE])
    assert translator(torch.zeros(1, 3, 9, 9, dtype=torch.uint8)).shape == (1, 3, 9, 9)


def test_wrong_files_of_adain_are_explained(tmp_path: Path, decoder: Path, tools: Any) -> None:
    torch.save(tools.seeded(AdainEncoder(8)).state_dict(), tmp_path / "vgg_normalised.pth")
    with pytest.raises(AtlasError, match="no encoder of AdaIN of this width"):
        zoo.load(f"adain@{decoder}", device="cpu", style=[ONE])
    other = _file(tmp_path / "other.pth", "resnet", blocks=1, width=2)
    with pytest.raises(AtlasError, match="not a decoder of AdaIN"):
        zoo.load(f"adain@{other}", device="cpu", style=[ONE])


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ([], "adain paints in the style of a picture, and none is named"),
        (["--style", "none.jpg"], "style picture: none.jpg does not exist"),
        (["--style", "bad.jpg"], "cannot be read as a picture"),
        (["--style", "a.png,a.png", "--style-weights", "1"], "2 style pictures but 1 weights"),
        (["--style", "a.png", "--style-weights", "0"], "0 is no weight"),
        (["--style", "a.png,a.png", "--style-weights", "2,-1"], "-1 is no weight"),
        (["--style", "a.png", "--style-weights", "x"], "--style-weights x: not numbers"),
        (["--style", "a.png", "--strength", "2"], "is not in the range"),
        (["--style", "a.png", "--set", "style_size"], "'style_size' sets nothing"),
        (["--style", "a.png", "--set", "style_size=0"], "style_size=0 is no size"),
        (["--style", "a.png", "--set", "size=1"], "adain has no setting 'size'"),
    ],
)
def test_a_style_that_is_not_there_or_not_right_is_a_usage_problem(
    flags: list[str],
    message: str,
    decoder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Image.fromarray(ONE).save("a.png")
    Path("bad.jpg").write_text("no picture")
    result = _run("translate", "--model", f"adain@{decoder}", *flags, "a.png", "out.png")
    assert result.exit_code == 2, result.stderr
    assert message in result.stderr
    assert not Path("out.png").exists()


def test_the_command_paints(decoder: Path, tmp_path: Path) -> None:
    Image.fromarray(ONE).save(tmp_path / "a.png")
    Image.fromarray(OTHER).save(tmp_path / "b.png")
    styles = f"{tmp_path / 'a.png'},{tmp_path / 'b.png'}"
    words = ["translate", "--model", f"adain@{decoder}", "--style", styles]
    words += ["--style-weights", "1,2", "--strength", "0.8", "--set", "style_size=16"]
    assert _run(*words, tmp_path / "a.png", tmp_path / "out.png").exit_code == 0
    with Image.open(tmp_path / "out.png") as made:
        assert made.size == (40, 24)


def test_models_without_styles_say_so(tmp_path: Path) -> None:
    Image.fromarray(ONE).save(tmp_path / "a.png")
    for flags in (["--style", tmp_path / "a.png"], ["--strength", 0.5], ["--set", "x=many"]):
        for model in ("identity", "cyclegan"):
            words = ["translate", "--model", model, *flags]
            result = _run(*words, tmp_path / "a.png", tmp_path / "out.png")
            assert result.exit_code == 2, (model, flags)
            assert f"error: {model} " in result.stderr


def test_weights_of_styles_sum_to_one() -> None:
    assert styles_of([ONE, OTHER])[1] == (0.5, 0.5)
    assert styles_of([ONE, OTHER], [1, 3])[1] == (0.25, 0.75)
    assert styles_of([]) == ((), ())


@pytest.mark.parametrize(
    ("model", "kind"), [("fast-neural-style", "transformer"), ("cartoongan", "cartoongan")]
)
def test_feed_forward_styles_work_in_tiles(
    model: str, kind: str, tmp_path: Path, tools: Any
) -> None:
    module = tools.seeded(build(Architecture(kind, {"width": 4})))
    if kind == "transformer":  # to the scale of grey levels
        module.deconv3.conv2d.weight.data.mul_(60)
        module.deconv3.conv2d.bias.data.fill_(128)
    torch.save(module.state_dict(), tmp_path / "x.pth")
    translator = zoo.load(f"{model}@{tmp_path / 'x.pth'}", device="cpu")
    pixels = resize(photographs.astronaut()[:64, :256], (32, 400))
    picture = torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None]
    whole = translator(picture).float()
    difference = (replace(translator, tile=96)(picture).float() - whole).abs()
    assert whole.std() > 10
    assert difference.max() <= 1
