"""CartoonGAN's discriminator is shown cartoons whose edges, and nothing else, are smoothed."""

from __future__ import annotations

import pytest
import torch
from skimage import data as photographs

from zoo.train.edges import edges, smooth_edges


def test_a_step_in_brightness_is_one_thin_edge_and_is_smoothed() -> None:
    picture = torch.full((1, 3, 24, 24), -1.0)
    picture[..., 12:] = 1.0
    found = edges(picture)[0, 0]
    columns = found.any(0).nonzero().flatten().tolist()
    assert len(columns) == 1
    assert columns[0] in (11, 12)
    assert bool(found[:, columns[0]].all())
    smooth, edge = smooth_edges(picture), columns[0]
    changed = (smooth != picture).any(1)[0].any(0).nonzero().flatten().tolist()
    # A binomial of five taps reaches two pixels; the step itself is between 11 and 12.
    assert changed == [c for c in range(edge - 2, edge + 3) if 10 <= c <= 13]
    row = [-1 + 2 * s / 16 for s in (1, 5, 11, 15)]
    for column, value in zip(range(10, 14), row, strict=True):
        if column in changed:
            assert value == pytest.approx(float(smooth[0, 0, 5, column]), abs=1e-6)


def test_flat_pictures_have_no_edges() -> None:
    flat = torch.full((2, 3, 16, 16), 0.3)
    assert not edges(flat).any()
    assert torch.equal(flat, smooth_edges(flat))


def test_edges_lie_where_another_library_finds_them() -> None:
    from scipy import ndimage
    from skimage import color, feature

    photo = photographs.coffee()[100:260, 150:350]
    given = torch.from_numpy(photo.copy()).permute(2, 0, 1)[None].float() / 127.5 - 1
    found = edges(given)[0, 0].numpy()
    # Its thresholds are of a gradient that is 4 times smaller, and of the root of squares.
    theirs = feature.canny(
        color.rgb2gray(photo), sigma=0.5, low_threshold=0.14, high_threshold=0.28
    )
    assert 0.5 < found.sum() / theirs.sum() < 2
    near = ndimage.binary_dilation(theirs, iterations=2)
    assert (found & near).sum() > 0.85 * found.sum()
