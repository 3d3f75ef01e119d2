"""One pass over the sources: outputs kept as PNG, features and per-picture scores on the way."""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter

import numpy as np
import torch
from torch import Tensor, nn

from bench.cost import Meter
from bench.features.extractor import Extractor
from bench.features.halved import halved
from bench.features.store import FeatureStore, Layers
from bench.pictures import Array, Picture, Reader
from data.errors import AtlasError, BadImage
from data.images import decode, encode
from zoo.batches import batches
from zoo.nets.noise import Noise
from zoo.noise import awaken
from zoo.translate import apply
from zoo.translator import Translator

__all__ = ["Batch", "Clock", "draws", "extract", "output_path", "outputs", "tensor"]

LONGEST = 160  # bytes of a source's name in that of its output; file systems take 255


@dataclass(slots=True)
class Clock:
    """Seconds by stage, and of each batch that was translated."""

    seconds: dict[str, float] = field(default_factory=dict)
    laps: list[tuple[int, float]] = field(default_factory=list)  # pictures, seconds

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the time of the block to `name`."""
        start = perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + perf_counter() - start

    @contextmanager
    def translating(self, images: int) -> Iterator[None]:
        """The stage `translate`, of one batch."""
        before = self.seconds.get("translate", 0.0)
        with self.stage("translate"):
            yield
        self.laps.append((images, self.seconds["translate"] - before))


def tensor(pictures: Sequence[Array]) -> Tensor:
    """Pictures uint8 [H,W,3] of one size as uint8 [N,3,H,W]."""
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).contiguous()


@dataclass(frozen=True, slots=True)
class Batch:
    """Some sources, their pictures and the outputs, row by row."""

    rows: list[int]  # places in the list of sources
    sources: list[Array]
    outputs: list[Array]
    new: bool  # made now, not read from an interrupted run


def outputs(
    translator: Translator,
    sources: Sequence[Picture],
    read: Reader,
    folder: Path,
    batch: int,
    clock: Clock,
    meter: Meter,
) -> Iterator[Batch]:
    """All sources with their outputs, batch by batch.

    Every output is in `folder` when the iterator ends. One that is there from an interrupted
    run is read instead of made again: PNG keeps every bit.
    """
    paths = [output_path(folder, source) for source in sources]
    done = {row for row, path in enumerate(paths) if _whole(path)}
    todo = [row for row in range(len(sources)) if row not in done]

    def source(row: int) -> Array:
        return read(sources[row].ref)

    with ThreadPoolExecutor(2) as writers:
        futures = []
        for group, pictures in batches(todo, source, batch, _unreadable):
            with clock.translating(len(group)), meter.running():
                translated = list(apply(translator, pictures))
            for row, output in zip(group, translated, strict=True):
                futures.append(writers.submit(encode, paths[row], output))
            yield Batch(group, pictures, translated, True)
        for future in futures:
            future.result()
    for group, pictures in batches(sorted(done), source, batch, _unreadable):
        yield Batch(group, pictures, [decode(paths[row]) for row in group], False)


def _whole(path: Path) -> bool:
    """Whether an earlier run left a picture here that can be read."""
    try:
        decode(path)
    except BadImage:
        return False
    return True


def output_path(folder: Path, picture: Picture) -> Path:
    """Where the output for a source is kept: its name, for people, and its content.

    By name alone another data set with the same pictures would find the outputs of this one.
    A long name is cut, since what is added to it has to fit as well.
    """
    name = os.fsencode(picture.ref.id)[:LONGEST].decode(errors="ignore")
    return folder / f"{name}.{picture.digest[:16]}.png"


def _unreadable(row: int, problem: BadImage) -> None:
    raise AtlasError(f"a source changed while it was measured: {problem.message}") from problem


def draws(translator: Translator, count: int) -> list[Translator]:
    """The translator with `count` seeds, each of which answers in its own way.

    Dropout and noise are awake in them, and batch norm uses what it sees. Of a translator in
    which nothing is random, itself alone: all its answers are the same.
    """
    if not _is_random(translator):
        return [translator]
    if not translator.stochastic:
        awake = awaken(copy.deepcopy(translator.module))
        translator = replace(translator, module=awake, stochastic=True)
    return [replace(translator, seed=translator.seed + i) for i in range(count)]


def _is_random(translator: Translator) -> bool:
    """Whether a seed changes anything: batch norm's statistics of one picture are not drawn."""
    if translator.architecture is None:
        return translator.stochastic
    return any(
        isinstance(layer, Noise) or (isinstance(layer, nn.Dropout) and layer.p > 0)
        for layer in translator.module.modules()
    )


def extract(
    pictures: Sequence[Array],
    digests: Sequence[str],
    extractors: Mapping[str, Extractor],
    keys: Mapping[str, str],
    store: FeatureStore,
) -> dict[str, list[Layers]]:
    """Features of pictures of one size, from the store where it has them; one row a picture."""
    return {
        name: _through(store, keys[name], name, extractor, pictures, digests)
        for name, extractor in extractors.items()
    }


def _through(
    store: FeatureStore,
    key: str,
    name: str,
    extractor: Extractor,
    pictures: Sequence[Array],
    digests: Sequence[str],
) -> list[Layers]:
    known = store.get(key, digests)
    missing = {d: p for d, p in zip(digests, pictures, strict=True) if d not in known}
    if missing:
        found = halved(name, extractor, tensor(list(missing.values())))
        rows = {d: {k: v[i] for k, v in found.items()} for i, d in enumerate(missing)}
        _check_finite(name, rows)
        store.put(key, rows)
        known |= rows
    return [known[d] for d in digests]


def _check_finite(name: str, rows: Mapping[str, Layers]) -> None:
    for layers in rows.values():
        if not all(np.isfinite(values).all() for values in layers.values()):
            raise AtlasError(
                f"{name} gives NaN or infinity",
                hint="its weights are damaged, or its precision does not suffice",
            )
