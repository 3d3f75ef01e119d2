"""Data sets by name or folder, and the pictures that a run takes from them."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Literal

from data.console import progress, warn
from data.download import fetch, unpack
from data.errors import UsageProblem, unknown
from data.files import sha256_file, write_text
from data.folders import ImageRef, Layout, Split, find_layout
from data.images import digest
from data.paths import Home

__all__ = [
    "Dataset",
    "DatasetCard",
    "Direction",
    "ImageRef",
    "content_digest",
    "list_datasets",
    "load_dataset",
]

Direction = Literal["AtoB", "BtoA"]
GROUP = "i2i_atlas.datasets"


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetCard:
    """What is known of a data set before it is here; one TOML file each."""

    name: str
    title: str
    domains: tuple[str, str]
    paired: bool
    licence: str
    citation: str = ""
    direction: Direction = "AtoB"
    folder: Path | None = None  # of a bundled data set
    addresses: tuple[str, ...] = ()
    sha256: str = ""  # of the archive; empty where nobody could check it yet
    size: int = 0  # bytes of the archive
    digest: str = ""  # of the pictures, where they are bundled
    note: str = ""

    @classmethod
    def from_toml(cls, path: Path) -> DatasetCard:
        """Read a card; `folder` in it is relative to the file."""
        fields: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        fields["domains"] = tuple(fields["domains"])
        fields["addresses"] = tuple(fields.get("addresses", ()))
        if "folder" in fields:
            fields["folder"] = path.parent / fields["folder"]
        return cls(**fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """A data set on disk."""

    name: str
    root: Path
    layout: Layout
    domains: tuple[str, str]
    licence: str = ""
    default_direction: Direction = "AtoB"

    @property
    def paired(self) -> bool:
        """Whether the two domains show the same things picture by picture."""
        return self.layout.paired

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits that are there."""
        return tuple(self.layout.splits)

    def sources(self, split: str, direction: str = "AtoB") -> list[ImageRef]:
        """The pictures to translate."""
        found = self._split(split)
        return list(found.a if direction == "AtoB" else found.b)

    def references(self, split: str, direction: str = "AtoB") -> list[ImageRef]:
        """All pictures of the target domain: what FID and KID compare with."""
        found = self._split(split)
        return list(found.b if direction == "AtoB" else found.a)

    def truths(self, split: str, direction: str = "AtoB") -> list[ImageRef] | None:
        """The true answer for every source, row by row; None where there is none."""
        found = self._split(split)
        if found.truths is None:
            return None
        if direction == "AtoB":
            return list(found.truths)
        return list(found.a) if self.paired else None

    def pairs(self, split: str, direction: str = "AtoB") -> list[tuple[ImageRef, ImageRef]]:
        """Sources with their true answers; UsageProblem where there are none."""
        truths = self.truths(split, direction)
        if truths is None:
            raise UsageProblem(
                f"'{self.name}' has no pairs {direction} in split '{split}'",
                hint="train an unpaired model on it: zoo ls",
            )
        return list(zip(self.sources(split, direction), truths, strict=True))

    def _split(self, split: str) -> Split:
        if split not in self.layout.splits:
            raise UsageProblem(
                f"'{self.name}' has no split '{split}'", hint=f"it has: {', '.join(self.splits)}"
            )
        return self.layout.splits[split]


def content_digest(refs: Sequence[ImageRef]) -> str:
    """sha256 over the sorted digests of the pictures: names, order and paths do not matter."""
    return hashlib.sha256("\n".join(sorted(digest(r.read()) for r in refs)).encode()).hexdigest()


@cache
def list_datasets() -> dict[str, DatasetCard]:
    """Every card by name, from the entry-point group `i2i_atlas.datasets`."""
    found: dict[str, DatasetCard] = {}
    for point in entry_points(group=GROUP):
        try:
            found |= {card.name: card for card in point.load()()}
        except Exception as problem:  # a plug-in may fail in any way
            warn(f"data set plug-in '{point.name}' ({point.value}) failed to load: {problem}")
    return dict(sorted(found.items()))


def load_dataset(name_or_folder: str, home: Home) -> Dataset:
    """The data set of a card (downloaded on first use) or a folder in a known layout.

    Raises UsageProblem with near matches for a name that is neither.
    """
    card = list_datasets().get(name_or_folder)
    if card is not None:
        root = card.folder or _downloaded(card, home)
        return Dataset(
            name=card.name,
            root=root,
            layout=find_layout(root),
            domains=card.domains,
            licence=card.licence,
            default_direction=card.direction,
        )
    root = Path(name_or_folder).expanduser()
    if not root.is_dir():
        raise unknown("data set or folder", name_or_folder, list_datasets(), "bench datasets")
    layout = find_layout(root)
    return Dataset(name=root.resolve().name, root=root, layout=layout, domains=layout.domains)


def _downloaded(card: DatasetCard, home: Home) -> Path:
    root = home.datasets / card.name
    if root.is_dir():
        return root
    archive = home.datasets / Path(card.addresses[0]).name
    seen = home.datasets / f"{card.name}.sha256"
    expected = card.sha256 or (seen.read_text(encoding="utf-8").strip() if seen.is_file() else "")
    with progress() as bars:
        task = bars.add_task(f"download {card.name}", total=card.size or None, unit="B")
        fetch(
            card.addresses,
            archive,
            sha256=expected or None,
            size=card.size or None,
            report=lambda done, total: bars.update(task, completed=done, total=total),
        )
    if not expected:
        _trust(card, archive, seen)
    unpacked = unpack(archive, root)
    archive.unlink()
    return unpacked


def _trust(card: DatasetCard, archive: Path, seen: Path) -> None:
    """Note the sha256 of an archive that nobody has checked: the next one has to be the same."""
    digest = sha256_file(archive)
    write_text(seen, digest + "\n")
    warn(f"{card.name}: no sha256 is published; trusted on first use and noted: {digest}")
