"""The baseline that leaves pictures as they are: what every model has to beat."""

from zoo.card import Card

__all__ = ["CARD"]

CARD = Card(
    name="identity",
    title="Untranslated source pictures",
    paper="",
    task="baseline",
    licence="MIT",
    code="",
    stride=1,
    summary="Returns its input. Its scores are the distance between the two domains.",
    weightless=True,
)
