"""The only reader of stores: everything is opened for reading, and cached by what changed."""

from dashboard.load.pictures import ROUTE, picture, picture_address
from dashboard.load.results import Board, Unreadable, board, datasets, kept_records, pictures_of

__all__ = [
    "ROUTE",
    "Board",
    "Unreadable",
    "board",
    "datasets",
    "kept_records",
    "picture",
    "picture_address",
    "pictures_of",
]
