"""img2img-turbo: a one-step diffusion model, adapted to pairs or to two domains (2403.12036)."""

from zoo.card import Card, Weights
from zoo.preprocessing import PREPROCESSING

__all__ = ["CARD"]

SERVER = "https://www.cs.cmu.edu/~img2img-turbo/models"
FILES = {  # name -> file, kind, source, target
    "edge_to_image": ("edge_to_image_loras.pkl", "turbo-paired", "edges", "photograph"),
    "day2night": ("day2night.pkl", "turbo-unpaired", "day", "night"),
    "night2day": ("night2day.pkl", "turbo-unpaired", "night", "day"),
    "clear2rainy": ("clear2rainy.pkl", "turbo-unpaired", "clear", "rain"),
    "rainy2clear": ("rainy2clear.pkl", "turbo-unpaired", "rain", "clear"),
}


def _weights(name: str) -> Weights:
    file, kind, source, target = FILES[name]
    return Weights(
        name=name,
        file=file,
        sha256="",
        size=0,  # nobody here has seen the files
        licence="MIT; SD-Turbo under Stability AI's licence for non-commercial use",
        source=source,
        target=target,
        architecture={"kind": kind, "options": {}},
        preprocessing=PREPROCESSING[kind],
        addresses=(f"{SERVER}/{file}",),
        noncommercial=True,
        note="adapters of SD-Turbo, which is taken from the hub besides",
    )


CARD = Card(
    name="img2img-turbo",
    title="One-Step Image Translation with Text-to-Image Models",
    paper="2403.12036",
    task="unpaired",
    licence="MIT",
    code="https://github.com/GaParmar/img2img-turbo",
    stride=64,
    summary=(
        "SD-Turbo in one step with trained adapters: zoo translate --model "
        "img2img-turbo.day2night IN OUT. --set prompt='…' (needed but for day2night), "
        "model=FOLDER of SD-Turbo, revision. The reader follows the authors' program; no "
        "published file was at hand to try it on."
    ),
    loader="zoo.diffusion.turbo:load",
    weights=tuple(_weights(name) for name in FILES),
)
