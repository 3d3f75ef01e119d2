"""img2img-turbo: adapters and skips of a file laid out as the published ones, beside peft's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import zoo
from data.errors import AtlasError, UsageProblem
from tests.zoo.serving import moved, serving
from tests.zoo.tiny_diffusion import parts
from zoo.diffusion.lora import merge
from zoo.noise import seed_of
from zoo.registry import card, cards

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")

SKIPS = ["skip_conv_1", "skip_conv_2", "skip_conv_3", "skip_conv_4"]
UNET = ["to_q", "to_v", "conv1", "proj_in", "ff.net.0.proj"]
VAE = ["conv1", "conv_in", "to_k", *SKIPS]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SD-Turbo's folder, tiny."""
    from diffusers import DDPMScheduler

    folder = tmp_path_factory.mktemp("turbo")
    made = parts(tmp_path_factory.mktemp("words"), 4)
    made["scheduler"] = DDPMScheduler(
        clip_sample=False, timestep_spacing="trailing", beta_schedule="scaled_linear"
    )
    for name, part in made.items():
        part.save_pretrained(folder / name)
    return folder


def _adapted(base: Path, rank_unet: int, rank_vae: int) -> tuple[Any, Any]:
    """U-Net and autoencoder with peft's adapters, all of them random, in the published layout."""
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from peft import LoraConfig

    torch.manual_seed(5)
    unet = UNet2DConditionModel.from_pretrained(base / "unet")
    vae = AutoencoderKL.from_pretrained(base / "vae")
    for name in SKIPS:
        vae.decoder.add_module(name, nn.Conv2d(4, 4, 1, bias=False))
    vae.add_adapter(LoraConfig(r=rank_vae, target_modules=VAE), adapter_name="vae_skip")
    unet.add_adapter(LoraConfig(r=rank_unet, target_modules=UNET))
    with torch.no_grad():
        for module in (unet, vae):
            for key, value in module.named_parameters():
                if "lora" in key:
                    value.normal_(std=0.2)
    return unet.eval(), vae.eval()


def _paired(unet: Any, vae: Any, ranks: tuple[int, int]) -> dict[str, Any]:
    return {
        "rank_unet": ranks[0],
        "rank_vae": ranks[1],
        "unet_lora_target_modules": UNET,
        "vae_lora_target_modules": VAE,
        "state_dict_unet": {k: v for k, v in unet.state_dict().items() if "lora" in k},
        "state_dict_vae": {k: v for k, v in vae.state_dict().items() if "lora" in k or "skip" in k},
    }


def _by_hand(base: Path, unet: Any, vae: Any, x: Tensor, seed: int) -> Tensor:
    """The one step with adapters running beside the weights; x is in the range of the network."""
    from transformers import CLIPTextModel, CLIPTokenizer

    words = CLIPTokenizer.from_pretrained(base / "tokenizer")(
        "a boat", max_length=16, padding="max_length", return_tensors="pt"
    ).input_ids
    text = CLIPTextModel.from_pretrained(base / "text_encoder")(words)[0]
    kept: list[Tensor] = []
    for block in vae.encoder.down_blocks:
        block.register_forward_pre_hook(lambda _, inputs: kept.append(inputs[0]))
    levels = (x * 127).round().to(torch.int8).view(torch.uint8)
    generator = torch.Generator().manual_seed(seed_of(seed, levels))
    latent = vae.encode(x).latent_dist.sample(generator) * vae.config.scaling_factor
    noise = unet(latent, 999, encoder_hidden_states=text).sample
    # Scaled linear betas from 0.0001 to 0.02 (Stable Diffusion), 1,000 steps; DDPM, eq. 15.
    betas = torch.linspace(0.0001**0.5, 0.02**0.5, 1000, dtype=torch.float64) ** 2
    left = (1 - betas).cumprod(0)[-1]
    clean = ((latent.double() - (1 - left).sqrt() * noise.double()) / left.sqrt()).float()
    entering = list(reversed(kept))
    for number, block in enumerate(vae.decoder.up_blocks):
        skip = vae.decoder.get_submodule(SKIPS[number])

        def add(_: Any, inputs: tuple[Tensor, ...], skip: Any = skip, n: int = number) -> Any:
            return (inputs[0] + skip(entering[n]), *inputs[1:])

        block.register_forward_pre_hook(add)
    return vae.decode(clean / vae.config.scaling_factor).sample.clamp(-1, 1)


def _load(file: Path, base: Path, seed: int = 3) -> Any:
    settings = {"model": str(base), "prompt": "a boat"}
    return zoo.load(f"img2img-turbo@{file}", device="cpu", seed=seed, settings=settings)


@pytest.mark.parametrize("ranks", [(8, 4), (2, 3)])
def test_pairs_give_what_the_adapters_give(
    base: Path, tmp_path: Path, ranks: tuple[int, int]
) -> None:
    unet, vae = _adapted(base, *ranks)
    torch.save(_paired(unet, vae, ranks), tmp_path / "learned.pkl")
    translator = _load(tmp_path / "learned.pkl", base)
    x = torch.rand((1, 3, 64, 128), generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        expected = (_by_hand(base, unet, vae, x, 3) + 1) / 2
        found = translator.module(x)
        torch.testing.assert_close(found, expected, atol=1e-4, rtol=0)
    assert expected.std() > 0.01
    assert translator.architecture.kind == "turbo-paired"


def _unpaired(unet: Any, vae: Any, rank: int) -> dict[str, Any]:
    keys = {k: v for k, v in unet.state_dict().items() if "lora" in k}
    plain = {k.replace(".default.weight", ".weight"): v for k, v in keys.items()}
    sides = {
        "sd_encoder": {k: v for k, v in plain.items() if "down_blocks" in k},
        "sd_decoder": {k: v for k, v in plain.items() if "up_blocks" in k},
    }
    others = {k: v for k, v in plain.items() if "down_blocks" not in k and "up_blocks" not in k}
    both = {f"{side}.{k}": v for side in ("vae", "vae_b2a") for k, v in vae.state_dict().items()}
    return {**sides, "sd_other": others, "rank_unet": rank, "sd_vae_enc": both, "sd_vae_dec": both}


def test_two_domains_scale_the_adapters_by_their_own_rank(base: Path, tmp_path: Path) -> None:
    unet, vae = _adapted(base, 8, 4)  # alpha 8 with rank 8 is a scale of 1
    torch.save(_unpaired(unet, vae, 8), tmp_path / "day2night.pkl")
    translator = _load(tmp_path / "day2night.pkl", base)
    x = torch.rand((1, 3, 64, 64), generator=torch.Generator().manual_seed(2)) * 2 - 1
    with torch.inference_mode():
        expected = _by_hand(base, unet, vae, x, 3)
        torch.testing.assert_close(translator.module(x), expected, atol=1e-4, rtol=0)
    assert translator.architecture.kind == "turbo-unpaired"


@pytest.mark.parametrize("paired", [True, False])
def test_a_fetched_file_gives_what_the_pickle_gives(
    paired: bool, base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unet, vae = _adapted(base, 2, 3)
    name = "edge_to_image" if paired else "day2night"
    saved = _paired(unet, vae, (2, 3)) if paired else {**_unpaired(unet, vae, 2), "rank_vae": 3}
    torch.save(saved, tmp_path / "theirs.pkl")
    settings = {"model": str(base), "prompt": "a boat"}
    picture = torch.randint(0, 256, (1, 3, 64, 64), dtype=torch.uint8)
    theirs = _load(tmp_path / "theirs.pkl", base)
    with serving(tmp_path / "served") as served:
        entry = moved(card("img2img-turbo"), served.address)
        monkeypatch.setitem(cards(), "img2img-turbo", entry)
        file = next(w.file for w in entry.weights if w.name == name)
        served.put(file, (tmp_path / "theirs.pkl").read_bytes())
        ours = zoo.load(
            f"img2img-turbo.{name}",
            device="cpu",
            seed=3,
            settings=settings,
            home=tmp_path / "home",
            accept_licence=True,
        )
    assert torch.equal(theirs(picture), ours(picture))
    assert (theirs.sha256, theirs.architecture) == (ours.sha256, ours.architecture)
    folder = tmp_path / "home" / "weights" / "img2img-turbo"
    left = [p.suffix for p in folder.iterdir() if p.suffix not in (".lock", ".sha256")]
    assert left == [".safetensors"]


def test_any_size_and_any_batch(base: Path, tmp_path: Path) -> None:
    unet, vae = _adapted(base, 8, 4)
    torch.save(_paired(unet, vae, (8, 4)), tmp_path / "learned.pkl")
    translator = _load(tmp_path / "learned.pkl", base)
    pictures = torch.randint(0, 256, (2, 3, 70, 50), dtype=torch.uint8)
    made = translator(pictures)
    assert pictures.shape == made.shape
    assert torch.equal(translator(pictures[1:])[0], made[1])
    assert not torch.equal(_load(tmp_path / "learned.pkl", base, seed=4)(pictures), made)


def test_merging_is_the_sum_of_both(monkeypatch: pytest.MonkeyPatch) -> None:
    conv, linear = nn.Conv2d(2, 3, 3), nn.Linear(4, 5)
    module = nn.ModuleDict({"conv": conv, "linear": linear})
    before = {k: v.clone() for k, v in module.state_dict().items()}
    torch.manual_seed(0)
    state = {
        "conv.lora_A.weight": torch.randn(2, 2, 3, 3),
        "conv.lora_B.weight": torch.randn(3, 2, 1, 1),
        "linear.lora_A.default.weight": torch.randn(2, 4),
        "linear.lora_B.default.weight": torch.randn(5, 2),
        "linear.base_layer.bias": torch.arange(5.0),
    }
    x, y = torch.randn(1, 2, 6, 6), torch.randn(1, 4)
    side = nn.functional.conv2d(x, state["conv.lora_A.weight"])
    side = nn.functional.conv2d(side, state["conv.lora_B.weight"])
    expected = nn.functional.conv2d(x, before["conv.weight"], before["conv.bias"]) + 0.5 * side
    path = y @ state["linear.lora_A.default.weight"].T @ state["linear.lora_B.default.weight"].T
    straight = y @ before["linear.weight"].T + torch.arange(5.0)
    merge(module, state, 0.5)
    torch.testing.assert_close(conv(x), expected, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(linear(y), straight + 0.5 * path, atol=1e-5, rtol=1e-5)
    with pytest.raises(KeyError):
        merge(module, {"nowhere.weight": torch.zeros(1)}, 1.0)


def _cut(found: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in found.items() if k != "rank_vae"}


def _without_skips(found: dict[str, Any]) -> dict[str, Any]:
    vae = {k: v for k, v in found["state_dict_vae"].items() if "skip" not in k}
    return {**found, "state_dict_vae": vae}


def _another(found: dict[str, Any]) -> dict[str, Any]:
    return {"params": torch.zeros(3)}


@pytest.mark.parametrize("damage", [_cut, _without_skips, _another])
def test_another_file_is_told(
    base: Path, tmp_path: Path, damage: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    unet, vae = _adapted(base, 8, 4)
    torch.save(damage(_paired(unet, vae, (8, 4))), tmp_path / "odd.pkl")
    with pytest.raises(AtlasError, match="does not fit SD-Turbo"):
        _load(tmp_path / "odd.pkl", base)


def test_a_pickle_with_code_is_not_run(base: Path, tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> Any:
            return (Path(tmp_path / "ran").touch, ())

    torch.save({"state_dict_unet": Evil()}, tmp_path / "evil.pkl")
    with pytest.raises(AtlasError, match="holds more than tensors"):
        _load(tmp_path / "evil.pkl", base)
    assert not (tmp_path / "ran").exists()


def test_words_are_needed(base: Path, tmp_path: Path) -> None:
    torch.save({}, tmp_path / "x.pkl")
    with pytest.raises(UsageProblem, match="needs words"):
        zoo.load(f"img2img-turbo@{tmp_path / 'x.pkl'}", settings={"model": str(base)})


def test_the_base_must_be_there_in_safetensors(tmp_path: Path) -> None:
    torch.save({}, tmp_path / "x.pkl")
    (tmp_path / "base").mkdir()
    with pytest.raises(AtlasError, match="does not hold SD-Turbo"):
        _load(tmp_path / "x.pkl", tmp_path / "base")
