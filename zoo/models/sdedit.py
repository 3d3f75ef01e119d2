"""SDEdit: noise the picture, and let a diffusion model take the noise away (2108.01073)."""

from zoo.card import Card

__all__ = ["CARD"]

CARD = Card(
    name="sdedit",
    title="SDEdit: Guided Image Synthesis and Editing with Stochastic Differential Equations",
    paper="2108.01073",
    task="unpaired",
    licence="weights of Stable Diffusion 1.5: CreativeML Open RAIL-M",
    code="https://github.com/ermongroup/SDEdit",
    stride=64,
    summary=(
        "A baseline without training: zoo translate --model sdedit --set prompt='a watercolour' "
        "[--strength 0.6] [--seed 1] IN OUT. --set model=FOLDER or a name on the Hugging Face "
        "hub, revision, negative, steps=50, guidance=7.5."
    ),
    weightless=True,
    loader="zoo.diffusion.pipelines:load_sdedit",
)
