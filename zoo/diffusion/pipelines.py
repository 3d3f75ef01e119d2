"""SDEdit and InstructPix2Pix behind the one call that every model has, run by diffusers."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from data.console import say
from data.errors import AtlasError, NetworkProblem, UsageProblem
from data.paths import Home
from zoo.architectures import Architecture
from zoo.diffusion.files import digest_of
from zoo.extras import Extras, Loaded, check_extras, parsed
from zoo.noise import seed_of
from zoo.preprocessing import PREPROCESSING
from zoo.registry import Choice

__all__ = ["Edit", "Settings", "hub_folder", "load_instruct", "load_sdedit"]


HUB = {
    "sdedit": "stable-diffusion-v1-5/stable-diffusion-v1-5",
    "instruct-pix2pix": "timbrooks/instruct-pix2pix",
}
"""Card -> what is taken from the hub where no model is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What `--set` can change. `model` is a folder, or a name on the Hugging Face hub."""

    model: str = ""
    revision: str = ""  # commit on the hub; empty: the newest, which is told
    prompt: str = ""
    negative: str = ""
    steps: int = 50
    guidance: float = 7.5
    image_guidance: float = 1.5  # of InstructPix2Pix (2211.09800, eq. 3: s_I)


def load_sdedit(choice: Choice, extras: Extras, device: torch.device, home: Home) -> Loaded:
    """SDEdit (2108.01073): noise is added up to `strength` of the way and taken away again."""
    return _load("StableDiffusionImg2ImgPipeline", choice, extras, device, home)


def load_instruct(choice: Choice, extras: Extras, device: torch.device, home: Home) -> Loaded:
    """InstructPix2Pix (2211.09800): the prompt is an instruction; strength does not apply."""
    if extras.strength is not None:
        raise UsageProblem(
            "instruct-pix2pix has no strength",
            hint="keep more of the picture: --set image_guidance=2",
        )
    return _load("StableDiffusionInstructPix2PixPipeline", choice, extras, device, home)


def _load(kind: str, choice: Choice, extras: Extras, device: torch.device, home: Home) -> Loaded:
    card = choice.card
    check_extras(card, extras, [field.name for field in fields(Settings)])
    settings = Settings(**parsed(card, Settings(), extras.settings))
    if not settings.prompt.strip():
        raise UsageProblem(
            f"{card.name} needs words that say what to make of the picture",
            hint=f"zoo translate --model {card.name} --set prompt='a watercolour' IN OUT",
        )
    if settings.steps < 1:
        raise UsageProblem(f"steps={settings.steps} is not at least 1", hint="--set steps=50")
    name = settings.model or HUB[card.name]
    pipeline, sha256 = _pipeline(kind, name, settings.revision, home)
    if device.type == "cuda":
        pipeline = pipeline.to(torch_dtype=torch.bfloat16)
    return Loaded(
        module=Edit(pipeline.to(device), settings, extras, takes_strength="Img2Img" in kind),
        architecture=Architecture("diffusion"),
        sha256=sha256,
        preprocessing=PREPROCESSING["diffusion"],
    )


def _pipeline(kind: str, name: str, revision: str, home: Home) -> tuple[Any, str]:
    """The pipeline of a folder or of the hub, safetensors only, and the sha256 over its files."""
    try:
        import diffusers
        import transformers
    except ModuleNotFoundError as problem:
        raise AtlasError(
            f"{problem.name} is not installed", hint="pip install 'i2i-atlas[diffusion]'"
        ) from problem
    folder = hub_folder(name, revision, home)
    diffusers.utils.logging.disable_progress_bar()
    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pipeline = getattr(diffusers, kind).from_pretrained(
                str(folder), use_safetensors=True, local_files_only=True, safety_checker=None
            )
    except (OSError, TypeError, ValueError, KeyError) as problem:
        first = str(problem).strip().splitlines()[0] if str(problem).strip() else problem
        raise AtlasError(
            f"{folder} holds no {kind} in safetensors: {first}",
            hint="a folder as diffusers' save_pretrained writes it: --set model=FOLDER",
        ) from problem
    pipeline.set_progress_bar_config(disable=True)
    return pipeline, digest_of(folder)


def hub_folder(name: str, revision: str, home: Home) -> Path:
    """The folder called `name`, or that of a model on the hub; as `_download` where not here."""
    folder = Path(name).expanduser()
    return folder if folder.is_dir() else _download(name, revision, home)


def _download(name: str, revision: str, home: Home) -> Path:
    """All safetensors and settings of a model on the hub, under the home; resumed if cut."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    say(f"looking for {name} on the Hugging Face hub: several gigabytes where it is not here")
    try:
        return Path(
            snapshot_download(
                name,
                revision=revision or None,
                cache_dir=str(home.weights / "huggingface"),
                allow_patterns=["*.json", "*.txt", "*.safetensors", "*.model"],
                ignore_patterns=["*.fp16.safetensors", "safety_checker/*", "*/non_ema*"],
            )
        )
    except HFValidationError as problem:
        raise UsageProblem(
            f"'{name}' is neither a folder nor a name on the hub", hint="--set model=FOLDER"
        ) from problem
    except (LocalEntryNotFoundError, HfHubHTTPError, OSError) as problem:
        raise NetworkProblem(
            f"{name} cannot be had from the hub: {str(problem).splitlines()[0]}",
            "put its folder here by other means: --set model=FOLDER",
        ) from problem


class Edit(nn.Module):
    """A diffusers pipeline as a network: RGB [N,3,H,W] in 0..1 to the same, sides multiples of 8.

    The seed and the picture decide the noise, so neither the batch nor the order matters.
    """

    def __init__(
        self, pipeline: Any, settings: Settings, extras: Extras, *, takes_strength: bool
    ) -> None:
        super().__init__()
        self.pipeline = pipeline
        self.unet, self.vae = pipeline.unet, pipeline.vae  # so that their parameters are counted
        self.settings, self.seed = settings, extras.seed
        self.own = (
            {"strength": 0.8 if extras.strength is None else extras.strength}
            if takes_strength
            else {"image_guidance_scale": settings.image_guidance}
        )

    def forward(self, x: Tensor) -> Tensor:
        """Picture by picture, as noise is drawn for each."""
        return torch.cat([self._one(picture) for picture in x.split(1)])

    def _one(self, picture: Tensor) -> Tensor:
        levels = (picture * 255).round().to(torch.uint8)
        generator = torch.Generator("cpu").manual_seed(seed_of(self.seed, levels))
        if self.own.get("strength") == 0:
            return picture  # no noise, no change: diffusers refuses to take no step
        made = self.pipeline(
            prompt=self.settings.prompt,
            negative_prompt=self.settings.negative or None,
            image=picture.contiguous(),
            num_inference_steps=self.settings.steps,
            guidance_scale=self.settings.guidance,
            generator=generator,
            output_type="pt",
            **self.own,
        ).images
        result: Tensor = made.to(picture.dtype)
        return result
