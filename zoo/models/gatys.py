"""Neural style transfer by optimising the picture itself (1508.06576)."""

from zoo.card import Card
from zoo.models.vgg import VGG19

__all__ = ["CARD"]

CARD = Card(
    name="gatys",
    title="A Neural Algorithm of Artistic Style",
    paper="1508.06576",
    task="style",
    licence="MIT",
    code="https://github.com/leongatys/PytorchNeuralStyleTransfer",
    stride=1,
    summary=(
        "Optimises the picture until its VGG-19 features match: zoo translate --model gatys "
        "--style FILE[,FILE] [--style-weights 1,2] [--strength 0.8] IN OUT."
    ),
    settings=(
        "steps=500, finer_steps=200: evaluations of the loss at the first scale, at each other",
        "longest=512: the longer side of the first scale, in pixels; each next one doubles",
        "content=1.0, style=1000000.0, tv=0.0: weights of the losses",
        "optimizer=lbfgs or adam, with learning_rate=0.02",
        "start=content or noise; pool=max or avg",
        "style_scale=1.0: size of the styles to that of the picture",
        "progress=FOLDER, every=50: a picture there after so many steps",
    ),
    styled=True,
    loader="zoo.style.painter:load",
    weights=(VGG19,),
)
