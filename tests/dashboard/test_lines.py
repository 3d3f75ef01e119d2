"""Many lines of the map are one picture, which lies where the lines would."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dashboard.charts import papers as charts
from dashboard.charts.lines import GREY, HEIGHT, LAYERS, SEEN, WIDTH, painted
from dashboard.load.charted import cite_map
from tests.dashboard.catalogues import make, some


def _pixels(lines: list[list[list[float]]]) -> np.ndarray:
    ends = np.array(lines, dtype=np.float64)
    source = painted(ends[..., 0], ends[..., 1])["source"]
    file = io.BytesIO(base64.b64decode(source.removeprefix("data:image/png;base64,")))
    return np.asarray(Image.open(file).convert("RGBA"))


def test_a_picture_lies_between_the_ends_of_its_lines() -> None:
    ends = np.array([[[10.0, 1.0], [30.0, 2.0]], [[20.0, 0.5], [25.0, 4.5]]])
    made = painted(ends[..., 0], ends[..., 1])
    assert tuple(made[name] for name in ("x", "y", "sizex", "sizey")) == (10.0, 4.5, 20.0, 4.0)
    assert (made["xref"], made["yref"], made["layer"]) == ("x", "y", "below")


def test_a_line_is_where_its_ends_are_and_seen_through() -> None:
    pixels = _pixels([[[0, 0], [1, 1]]])  # from the lower left to the upper right
    assert pixels.shape == (HEIGHT, WIDTH, 4)
    one = round(255 * SEEN)
    assert pixels[HEIGHT - 1, 0].tolist() == pixels[0, WIDTH - 1].tolist() == [GREY] * 3 + [one]
    assert pixels[HEIGHT // 2, WIDTH // 2 - 2 : WIDTH // 2 + 2, 3].max() == one
    assert pixels[0, 0, 3] == pixels[HEIGHT - 1, WIDTH - 1, 3] == 0


def test_lines_over_each_other_are_darker() -> None:
    for lines in range(1, LAYERS + 1):
        pixels = _pixels([[[0, 0], [1, 1]]] * lines)
        assert pixels[0, WIDTH - 1, 3] == round(255 * (1 - (1 - SEEN) ** lines))


@pytest.mark.parametrize(("few", "pictures"), [(1, 0), (0, 1)])
def test_the_map_has_a_picture_from_some_number_of_lines_on(
    home: Path, monkeypatch: pytest.MonkeyPatch, few: int, pictures: int
) -> None:
    seed = {"title": "Cycle-Consistent Networks", "arxiv": "1703.10593", "year": 2017}
    make(home, [seed, *some()])
    monkeypatch.setattr(charts, "FEW", few)
    figure = charts.citations_map(cite_map(("arxiv:2001.00001", "arxiv:1703.10593")))
    assert pictures == len(figure.layout.images)
    drawn = [trace.name for trace in figure.data if trace.mode == "lines"]
    assert drawn == ["cites"] * (1 - pictures)
    places = {tuple(xy) for trace in figure.data for xy in zip(trace.x, trace.y, strict=True)}
    if pictures:
        made = figure.layout.images[0]
        assert (made.x, made.y) in {(x, y) for x, _ in places for _, y in places}
