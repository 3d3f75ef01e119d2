"""AnimeGANv2: a small generator for anime pictures; weights for non-commercial use only."""

from zoo.card import Card, Weights

__all__ = ["CARD"]

HOST = "https://github.com/bryandlee/animegan2-pytorch/raw/main/weights"
NAMES = {
    "face-paint-512-v2": ("face_paint_512_v2", "portrait"),
    "face-paint-512-v1": ("face_paint_512_v1", "portrait"),
    "celeba-distill": ("celeba_distill", "portrait"),
    "paprika": ("paprika", "photo"),
}


def _weights(name: str, stem: str, source: str) -> Weights:
    return Weights(
        name=name,
        file=f"{stem}.pt",
        sha256="",
        size=8_600_000,
        licence="AnimeGANv2 (non-commercial)",
        source=source,
        target="anime",
        architecture={"kind": "animegan", "options": {"width": 32, "align_corners": True}},
        addresses=(f"{HOST}/{stem}.pt",),
        noncommercial=True,
    )


CARD = Card(
    name="animeganv2",
    title="AnimeGANv2, the improved AnimeGAN",
    paper="",
    venue="ISICA 2019 (AnimeGAN), doi 10.1007/978-981-15-5577-0_18",
    task="unpaired",
    licence="AnimeGANv2 (non-commercial)",
    code="https://github.com/TachibanaYoshino/AnimeGANv2",
    stride=4,
    summary="Inverted residual blocks, layer norm, 2.1 million parameters; inference only here.",
    settings=("align_corners=true: of the upsampling; the project's own test script has false",),
    weights=tuple(_weights(name, *rest) for name, rest in NAMES.items()),
)
