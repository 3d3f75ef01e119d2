"""What one process keeps from cell to cell, so that nothing is read, checked or loaded twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.features.extractor import ExtractorCard, Found, load
from bench.features.weights import expect, find
from bench.pictures import PictureSet, collect
from bench.store.sets import keep_set
from data.console import say
from data.datasets import Dataset, load_dataset
from data.files import lock
from data.paths import Home
from zoo.places import here
from zoo.registry import Choice
from zoo.weights import locate

if TYPE_CHECKING:
    from bench.observe import Bench, Vectors

__all__ = ["Workshop"]


class Workshop:
    """Data sets, pictures, weights, extractors and reference features under one home.

    With `dry_run` nothing is downloaded: what would be is said.
    """

    def __init__(self, home: Home, weights_dir: Path | None = None, dry_run: bool = False) -> None:
        self.home, self.weights_dir, self.dry_run = home, weights_dir, dry_run
        self._kept: dict[Any, Any] = {}

    def _once(self, key: tuple[Any, ...], make: Callable[[], Any]) -> Any:
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]

    def dataset(self, name: str) -> Dataset:
        """The data set of a name or folder."""
        found: Dataset = self._once(("data", name), lambda: load_dataset(name, self.home))
        return found

    def pictures(self, dataset: str, **how: Any) -> PictureSet:
        """The pictures of a data set, read as `how` says (see bench.pictures.collect)."""
        key = ("pictures", dataset, *sorted(how.items()))
        found: PictureSet = self._once(key, lambda: collect(self.dataset(dataset), **how))
        return found

    def found(self, card: ExtractorCard) -> Found:
        """The verified weights of an extractor."""
        look = expect if self.dry_run else find
        found: Found = self._once(
            ("found", card.name), lambda: look(card, self.home, self.weights_dir)
        )
        return found

    def weights(self, choice: Choice) -> str:
        """The sha256 of a model's weights, which are here afterwards (but see `dry_run`)."""
        key = ("weights", choice.card.name, choice.name, choice.file)
        sha256: str = self._once(key, lambda: self._sha256(choice))
        return sha256

    def _sha256(self, choice: Choice) -> str:
        weights = choice.weights
        files = (weights, *weights.parts) if weights is not None else ()
        away = [f for f in files if not f.bundled and not here(choice.card.name, f, self.home)]
        if self.dry_run and weights is not None and away:
            for one in away:
                say(f"would download {one.file} ({one.size / 1e6:.1f} MB) for {choice.name}")
            return weights.sha256
        return locate(choice, self.home)[1]

    def extractor(self, card: ExtractorCard, found: Found, device: Any) -> Any:
        """A loaded extractor: it stays loaded."""
        return self._once(("extractor", found.key(card), device), lambda: load(card, found, device))

    def references(self, bench: Bench, advance: Callable[[int], None]) -> Vectors:
        """Features of the references, made by one process while others wait for it."""
        from bench.observe import reference_features

        digests = [picture.digest for picture in bench.pictures.references]
        digest = keep_set(self.home, digests)
        key = ("references", digest, *sorted(bench.keys().items()))

        def make() -> Vectors:
            with lock(self.home.features / f"references-{digest[:16]}"):
                return reference_features(bench, advance)

        if key in self._kept:
            advance(len(digests))
        found: Vectors = self._once(key, make)
        return found
