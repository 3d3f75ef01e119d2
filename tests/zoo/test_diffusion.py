"""Diffusion baselines behind the one call, on a tiny pipeline with random weights made here."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from PIL import Image

import zoo
from data.errors import AtlasError, NetworkProblem, UsageProblem
from tests.zoo.tiny_diffusion import parts
from zoo.cli import main

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")

KINDS = {"sdedit": 4, "instruct-pix2pix": 8}  # channels of the U-Net's input: 8 see the picture


@pytest.fixture(scope="module")
def pipelines(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A folder a kind, as save_pretrained writes it."""
    import diffusers

    made = {}
    for name, channels in KINDS.items():
        kind = {
            "sdedit": diffusers.StableDiffusionImg2ImgPipeline,
            "instruct-pix2pix": diffusers.StableDiffusionInstructPix2PixPipeline,
        }[name]
        folder = tmp_path_factory.mktemp(name)
        pipeline = kind(
            **parts(tmp_path_factory.mktemp("words"), channels),
            safety_checker=None,
            feature_extractor=None,
            requires_safety_checker=False,
        )
        pipeline.save_pretrained(folder, safe_serialization=True)
        made[name] = folder
    return made


def _load(name: str, folder: Path, seed: int = 0, **options: object) -> zoo.translator.Translator:  # type: ignore[name-defined]
    settings = {"model": str(folder), "prompt": "a drawing", "steps": 2, "guidance": 2}
    return zoo.load(name, device="cpu", seed=seed, settings=settings, **options)  # type: ignore[arg-type]


def _pictures() -> torch.Tensor:
    generator = torch.Generator().manual_seed(3)
    return torch.randint(0, 256, (2, 3, 60, 50), dtype=torch.uint8, generator=generator)


@pytest.mark.parametrize("name", KINDS)
def test_any_size_comes_back_and_the_seed_decides(pipelines: dict[str, Path], name: str) -> None:
    translator, pictures = _load(name, pipelines[name]), _pictures()
    made = translator(pictures)
    assert made.shape == pictures.shape
    assert made.dtype == torch.uint8
    assert torch.equal(translator(pictures.flip(0)).flip(0), made)  # not the order
    assert torch.equal(translator(pictures[1:])[0], made[1])  # nor the batch
    assert not torch.equal(_load(name, pipelines[name], seed=1)(pictures), made)


def test_strength_says_how_much_of_the_picture_is_left(pipelines: dict[str, Path]) -> None:
    pictures = _pictures()
    none = _load("sdedit", pipelines["sdedit"], strength=0.0)(pictures)
    assert torch.equal(none, pictures)
    some = _load("sdedit", pipelines["sdedit"], strength=0.5)(pictures)
    every = _load("sdedit", pipelines["sdedit"], strength=1.0)(pictures)
    assert not torch.equal(some, every)


def test_the_files_of_the_folder_identify_the_model(pipelines: dict[str, Path]) -> None:
    first = _load("sdedit", pipelines["sdedit"]).sha256
    assert len(first) == 64
    config = pipelines["sdedit"] / "unet" / "config.json"
    before = config.read_text()
    config.write_text(before + "\n")
    assert first != _load("sdedit", pipelines["sdedit"]).sha256
    config.write_text(before)
    assert first == _load("sdedit", pipelines["sdedit"]).sha256


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("sdedit", {}, "needs words"),
        ("sdedit", {"prompt": "x", "steps": 0}, "steps=0"),
        ("sdedit", {"prompt": "x", "colour": "red"}, "no setting 'colour'"),
        ("sdedit", {"prompt": "x", "model": "no such/ model"}, "neither a folder nor a name"),
    ],
)
def test_bad_settings_are_usage_problems(
    tmp_path: Path, name: str, settings: dict[str, object], message: str
) -> None:
    with pytest.raises(UsageProblem, match=message):
        zoo.load(name, device="cpu", home=tmp_path, settings=settings)


def test_instructions_have_no_strength(pipelines: dict[str, Path]) -> None:
    with pytest.raises(UsageProblem, match="has no strength"):
        _load("instruct-pix2pix", pipelines["instruct-pix2pix"], strength=0.5)


def test_a_folder_that_is_no_pipeline_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(AtlasError, match="holds no StableDiffusionImg2ImgPipeline"):
        _load("sdedit", tmp_path)


def test_pickled_weights_are_not_read(pipelines: dict[str, Path], tmp_path: Path) -> None:
    import shutil

    folder = tmp_path / "copy"
    shutil.copytree(pipelines["sdedit"], folder)
    weights = folder / "unet" / "diffusion_pytorch_model.safetensors"
    weights.rename(weights.with_suffix(".bin"))
    with pytest.raises(AtlasError, match="in safetensors"):
        _load("sdedit", folder)


def test_without_the_hub_it_is_a_network_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    settings = {"prompt": "x", "model": "someone/something"}
    with pytest.raises(NetworkProblem, match="cannot be had from the hub"):
        zoo.load("sdedit", device="cpu", home=tmp_path, settings=settings)


def test_translate_takes_prompt_and_strength(pipelines: dict[str, Path], tmp_path: Path) -> None:
    Image.new("RGB", (70, 50), (9, 90, 200)).save(tmp_path / "in.png")
    words = ["translate", "--model", "sdedit", "--device", "cpu", "--strength", "0.5"]
    words += ["--set", f"model={pipelines['sdedit']}", "--set", "prompt=a drawing"]
    words += ["--set", "steps=4", str(tmp_path / "in.png"), str(tmp_path / "out.png")]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.stderr
    with Image.open(tmp_path / "out.png") as made:
        assert made.size == (70, 50)
