"""UNIT: two autoencoders with a latent space in common (1703.00848)."""

from zoo.card import ByHand, Card
from zoo.recipe import Recipe

__all__ = ["CARD"]

CARD = Card(
    name="unit",
    title="Unsupervised Image-to-Image Translation Networks",
    paper="1703.00848",
    task="unpaired",
    licence="MIT",
    code="https://github.com/mingyuliutw/UNIT",
    stride=4,
    summary=(
        "Variational autoencoders of both domains that share the blocks around their code. "
        "Written from the paper, as the authors' code is for non-commercial use only; its weights "
        "do not load here; layer widths and the shares of the losses could not be checked against "
        "the paper's tables. --stochastic draws the code instead of taking its mean."
    ),
    by_hand=(
        ByHand(
            address="https://drive.google.com/drive/folders/0BwpOatrZwxK6STdZcXNNcXpFSHM",
            licence="CC BY-NC-ND 4.0",
            note="trained by the authors on attributes of CelebA's faces",
            readable=False,
        ),
    ),
    recipe=Recipe(
        method="unit",
        generator="unit",
        discriminator_options={"layers": 4, "scales": 1, "kernel": 3},
        gan="vanilla",
        init="kaiming",
        epochs=200,
        decay_epochs=0,
        learning_rate=1e-4,
        pool=0,
        options={"gan": 10.0, "kl": 0.1, "reconstruction": 100.0},
    ),
)
