"""img2img-turbo (2403.12036): SD-Turbo in one step, with adapters and skips that were trained.

The picture itself is the input of the U-Net, not noise; the encoder's activations go over to the
decoder by 1×1 convolutions; low-rank adapters on U-Net and autoencoder hold what was learned
(§3.1). Adapters are merged into the weights when a file is read: the sum is the same, and no
adapter has to run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from data.errors import AtlasError, UsageProblem
from data.paths import Home
from zoo.architectures import Architecture
from zoo.diffusion.lora import merge
from zoo.diffusion.pipelines import hub_folder
from zoo.extras import Extras, Loaded, check_extras, parsed
from zoo.noise import seed_of
from zoo.preprocessing import PREPROCESSING
from zoo.registry import Choice
from zoo.states import read_nested
from zoo.weights import locate

__all__ = ["Settings", "Turbo", "load"]

STEP = 999  # the one timestep that SD-Turbo is asked for
ALPHA = 8  # of the adapters, where the rank is not: the default of the library they were made with


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What `--set` can change. `model` is SD-Turbo: a folder, or a name on the hub."""

    model: str = "stabilityai/sd-turbo"
    revision: str = ""
    prompt: str = ""


PROMPTS = {"day2night": "driving in the night"}
"""Weights -> the words that they were trained with, where the authors' program has them fixed."""


def load(choice: Choice, extras: Extras, device: torch.device, home: Home) -> Loaded:
    """SD-Turbo with the adapters of a file, as zoo.extras.Loader; by its keys paired or not."""
    card = choice.card
    if extras.strength is not None:
        raise UsageProblem(f"{card.name} has no strength", hint="leave --strength out")
    check_extras(card, extras, [field.name for field in fields(Settings)])
    settings = Settings(**parsed(card, Settings(), extras.settings))
    known = PROMPTS.get(choice.weights.name if choice.weights else "", "")
    prompt = settings.prompt or known
    if not prompt:
        raise UsageProblem(
            f"{choice.name} needs words that say what the picture is to become",
            hint=f"zoo translate --model {choice.name} --set prompt='a photo of a shoe' IN OUT",
        )
    file, sha256 = locate(choice, home)
    parts = _parts(hub_folder(settings.model, settings.revision, home))
    paired = _fill(parts, read_nested(file)[0], file)
    kind = "turbo-paired" if paired else "turbo-unpaired"
    return Loaded(
        module=Turbo(parts, prompt, extras.seed, unit=paired).to(device),
        architecture=Architecture(kind),
        sha256=sha256,
        preprocessing=PREPROCESSING[kind],
    )


def _parts(folder: Path) -> dict[str, Any]:
    """Tokenizer, text encoder, U-Net, autoencoder and scheduler of SD-Turbo, in safetensors."""
    from diffusers import AutoencoderKL, DDPMScheduler, UNet2DConditionModel
    from transformers import CLIPTextModel, CLIPTokenizer

    classes: dict[str, Any] = {
        "tokenizer": CLIPTokenizer,
        "text_encoder": CLIPTextModel,
        "unet": UNet2DConditionModel,
        "vae": AutoencoderKL,
        "scheduler": DDPMScheduler,
    }
    weighted = {"text_encoder", "unet", "vae"}
    try:
        return {
            name: kind.from_pretrained(
                str(folder),
                subfolder=name,
                local_files_only=True,
                **({"use_safetensors": True} if name in weighted else {}),
            )
            for name, kind in classes.items()
        }
    except (OSError, TypeError, ValueError, KeyError) as problem:
        raise AtlasError(
            f"{folder} does not hold SD-Turbo in safetensors: {str(problem).splitlines()[0]}",
            hint="a folder as diffusers' save_pretrained writes it: --set model=FOLDER",
        ) from problem


def _fill(parts: Mapping[str, Any], found: Mapping[str, Any], file: Path) -> bool:
    """Put what was learned into SD-Turbo's weights; True where it was learned from pairs."""
    unet, vae = parts["unet"], parts["vae"]
    try:
        if "state_dict_unet" in found:
            merge(unet, found["state_dict_unet"], ALPHA / found["rank_unet"])
            _with_skips(vae, found["state_dict_vae"], ALPHA / found["rank_vae"])
            return True
        for key in ("sd_encoder", "sd_decoder", "sd_other"):
            merge(unet, found[key], 1.0)
        own = found["sd_vae_dec"]  # read last by the authors' program, so it counts
        state = {k.removeprefix("vae."): v for k, v in own.items() if k.startswith("vae.")}
        _with_skips(vae, state, ALPHA / found.get("rank_vae", 4))
    except (KeyError, RuntimeError, TypeError, AttributeError) as problem:
        raise AtlasError(
            f"{file} does not fit SD-Turbo: {str(problem).splitlines()[0]}",
            hint="published ones: zoo show img2img-turbo",
        ) from problem
    return False


def _with_skips(vae: Any, state: Mapping[str, Tensor], scale: float) -> None:
    """Skips of the sizes that the file has, as children of the decoder, then all weights."""
    for number in range(1, len(vae.decoder.up_blocks) + 1):
        name = f"decoder.skip_conv_{number}"
        found = state.get(f"{name}.base_layer.weight", state.get(f"{name}.weight"))
        if found is None:
            raise KeyError(f"no {name}")
        skip = nn.Conv2d(found.shape[1], found.shape[0], 1, bias=False)
        vae.decoder.add_module(f"skip_conv_{number}", skip)
    merge(vae, state, scale)
    _connect(vae)


def _connect(vae: Any) -> None:
    """What enters each block of the encoder is added to what enters its mirror in the decoder."""
    kept: dict[int, Tensor] = {}
    blocks = list(vae.encoder.down_blocks)

    def keep(index: int) -> Any:
        return lambda _, inputs: kept.__setitem__(index, inputs[0])

    def add(skip: nn.Module, index: int) -> Any:
        return lambda _, inputs: (inputs[0] + skip(kept.pop(index)), *inputs[1:])

    for index, block in enumerate(blocks):
        block.register_forward_pre_hook(keep(index))
    for number, block in enumerate(vae.decoder.up_blocks, start=1):
        skip = vae.decoder.get_submodule(f"skip_conv_{number}")
        block.register_forward_pre_hook(add(skip, len(blocks) - number))


class Turbo(nn.Module):
    """One step: float [N,3,H,W] to the same, sides multiples of 64; from 0 to 1 with `unit`
    (what was learned from pairs takes that and gives -1 to 1, here brought back), else -1 to 1.

    The autoencoder draws; the seed and the picture decide what, whatever the batch.
    """

    def __init__(self, parts: Mapping[str, Any], prompt: str, seed: int, *, unit: bool) -> None:
        super().__init__()
        self.unet, self.vae, self.seed, self.unit = parts["unet"], parts["vae"], seed, unit
        scheduler = parts["scheduler"]
        scheduler.set_timesteps(1)
        self.scheduler = scheduler
        words = parts["tokenizer"](
            prompt,
            max_length=parts["tokenizer"].model_max_length,
            padding="max_length",
            truncation=True,
            return_tensors="pt",
        ).input_ids
        with torch.no_grad():
            self.register_buffer("words", parts["text_encoder"](words)[0])

    def forward(self, x: Tensor) -> Tensor:
        """Picture by picture, as the autoencoder draws for each."""
        return torch.cat([self._one(picture) for picture in x.split(1)])

    def _one(self, picture: Tensor) -> Tensor:
        levels = (picture * 127).round().to(torch.int8).view(torch.uint8)
        generator = torch.Generator("cpu").manual_seed(seed_of(self.seed, levels))
        scale = self.vae.config.scaling_factor
        latent = self.vae.encode(picture).latent_dist.sample(generator) * scale
        noise = self.unet(latent, STEP, encoder_hidden_states=self.words).sample
        clean = self.scheduler.step(noise, STEP, latent, generator=generator).prev_sample
        output: Tensor = self.vae.decode(clean.to(latent.dtype) / scale).sample
        output = output.clamp(-1, 1)
        return (output + 1) / 2 if self.unit else output
