"""UNIT: two autoencoders with a latent space in common (1703.00848).

Rate, momentum, batch, the λ of the losses and the count of layers are those of §4. Six layers of
the discriminator, weights drawn from N(0, 0.02) and decayed by 1e-4, and 200 epochs are those of
taki0112/UNIT-Tensorflow (MIT licence), as §4 does not say them.
"""

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
        "Written from the paper, as the authors' code is for non-commercial use only. Weights that "
        "they published after May 2018 are of other layers, MUNIT's, and are run as these: as "
        "unit@FILE it is a to b, and zoo convert FILE OUT --only BtoA takes out the other. "
        "--stochastic draws the code instead of taking its mean."
    ),
    by_hand=(
        ByHand(
            address="https://drive.google.com/drive/folders/0BwpOatrZwxK6STdZcXNNcXpFSHM",
            licence="CC BY-NC-ND 4.0",
            note="trained by the authors on attributes of CelebA's faces",
            readable=False,
        ),
        ByHand(
            address="https://drive.google.com/open?id=1R9MH_p8tDmUsIAjKCu-jgoilWgANfObx",
            licence="CC BY-NC-SA 4.0",
            note="trained by the authors on gta2city, in MUNIT's layers",
        ),
    ),
    recipe=Recipe(
        method="unit",
        generator="unit",
        discriminator_options={"layers": 6, "scales": 1, "kernel": 3, "slope": 0.01},
        gan="vanilla",
        init="normal",
        epochs=200,
        decay_epochs=0,
        learning_rate=1e-4,
        weight_decay=1e-4,
        pool=0,
        options={"gan": 10.0, "kl": 0.1, "reconstruction": 100.0},
    ),
)
