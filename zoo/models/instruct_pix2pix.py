"""InstructPix2Pix: a diffusion model that follows instructions (2211.09800)."""

from zoo.card import Card

__all__ = ["CARD"]

CARD = Card(
    name="instruct-pix2pix",
    title="InstructPix2Pix: Learning to Follow Image Editing Instructions",
    paper="2211.09800",
    task="unpaired",
    licence="MIT; weights: CreativeML Open RAIL-M",
    code="https://github.com/timothybrooks/instruct-pix2pix",
    stride=64,
    summary=(
        "A baseline without training: zoo translate --model instruct-pix2pix "
        "--set prompt='make it a watercolour' [--seed 1] IN OUT. --set image_guidance=1.5 (more "
        "keeps more of the picture), guidance=7.5, steps=50, model, revision, negative."
    ),
    weightless=True,
    loader="zoo.diffusion.pipelines:load_instruct",
)
