"""Crops for SinCUT: of pictures shrunk anew at each step, from places that differ."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from zoo.recipe import Recipe
from zoo.registry import card
from zoo.train.pictures import Pictures
from zoo.train.zoom import zoomed


def _recipe(batch: int) -> Recipe:
    recipe = card("sincut").recipe
    assert recipe is not None
    return replace(recipe, batch=batch, crop=32, flip=False)


RAMP = np.linspace(0, 255, 300, dtype=np.float32)  # brightness grows to the right


def _ramp() -> Tensor:
    picture = np.broadcast_to(RAMP, (3, 200, 300)).astype(np.uint8)
    return torch.from_numpy(picture.copy())[None]


def test_crops_of_a_step_are_of_one_shrunk_picture_and_of_other_places() -> None:
    recipe = _recipe(batch=4)
    slopes = set()
    for step in range(6):
        crops = zoomed(_ramp(), [0] * 4, slice(0, 4), recipe, (0, 3, step, 0))
        assert crops.shape == (4, 3, 32, 32)
        each = (crops[:, 0, 16, 31] - crops[:, 0, 16, 0]) * 127.5 / 31  # grey levels a pixel
        assert (each - each[0]).abs().max() < 0.1
        slopes.add(round(each[0].item() / (255 / 299), 2))  # by how much it was shrunk
    assert len(slopes) == 6
    assert min(slopes) > 0.9
    assert max(slopes) < 3.1


def test_crops_do_not_share_places_where_there_are_enough() -> None:
    places = torch.arange(128 * 128).view(1, 1, 128, 128) % 251
    recipe = replace(_recipe(batch=16), zoom=1.0)
    crops = zoomed(places.expand(1, 3, -1, -1).to(torch.uint8), [0] * 16, slice(None), recipe, (1,))
    assert len({crop.numpy().tobytes() for crop in crops}) == 16


def test_pictures_smaller_than_a_crop_are_enlarged_to_it() -> None:
    recipe = _recipe(batch=2)
    small = torch.full((1, 3, 20, 200), 51, dtype=torch.uint8)
    crops = zoomed(small, [0, 0], slice(0, 2), recipe, (0,))
    torch.testing.assert_close(torch.full((2, 3, 32, 32), 51 / 127.5 - 1), crops)


def test_two_processes_see_what_one_sees_of_the_joined_batch() -> None:
    recipe = replace(_recipe(batch=2), length=40, flip=True)
    pictures = Pictures(_ramp(), _ramp().flip(-1), paired=False)
    joined = pictures.batch(3, replace(recipe, batch=4))
    parts = [pictures.batch(3, recipe, rank, 2) for rank in (0, 1)]
    for side in (0, 1):
        assert torch.equal(joined[side], torch.cat([part[side] for part in parts]))
    assert torch.equal(joined[0], pictures.batch(3, replace(recipe, batch=4))[0])
    assert not torch.equal(joined[0], joined[1])
