"""The three folder layouts of this field, found by looking."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from data.errors import BadImage, UsageProblem
from data.images import decode, find_images

__all__ = ["ImageRef", "Layout", "Split", "find_layout"]

Part = Literal["whole", "left", "right"]
LAYOUTS = (
    "trainA/ trainB/ testA/ testB/",
    "train/ val/ test/ of A|B pairs side by side",
    "two folders of pictures, one for each domain",
)
SPLITS = ("train", "val", "test")


@dataclass(frozen=True, slots=True)
class ImageRef:
    """A picture, or one half of a file that holds a pair."""

    id: str
    path: Path
    part: Part = "whole"

    def read(self) -> NDArray[np.uint8]:
        """The picture as uint8 RGB [H,W,3]; BadImage when it cannot be read."""
        picture = decode(self.path)
        if self.part == "whole":
            return picture
        height, width = picture.shape[:2]
        if width % 2 or width <= height:
            raise BadImage(f"{self.path} is {width}×{height}: no A|B pair side by side")
        return picture[:, : width // 2] if self.part == "left" else picture[:, width // 2 :]


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """The pictures of one split: both domains, and the true answers for A where they are known."""

    a: tuple[ImageRef, ...]
    b: tuple[ImageRef, ...]
    truths: tuple[ImageRef, ...] | None = None  # for A, row by row


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What was found in a folder."""

    kind: Literal["unpaired", "side-by-side", "two-folders"]
    paired: bool
    domains: tuple[str, str]
    splits: dict[str, Split]


def find_layout(root: Path) -> Layout:
    """Look which layout `root` has.

    Raises UsageProblem for an empty folder, one in no known layout, and pairs that do not match.
    """
    folders = {p.name: p for p in sorted(root.iterdir()) if p.is_dir() and p.name[0] != "."}
    lower = {name.lower(): p for name, p in folders.items()}
    if any(f"{split}{domain}" in lower for split in SPLITS for domain in "ab"):
        return _unpaired(root, lower)
    if any(split in folders and find_images(folders[split]) for split in SPLITS):
        return _side_by_side(root, folders)
    filled = {name: images for name, p in folders.items() if (images := find_images(p))}
    if len(filled) == 2:
        return _two_folders(root, filled)
    raise _unrecognised(root, folders, filled)


def _unrecognised(
    root: Path, folders: dict[str, Path], filled: dict[str, list[Path]]
) -> UsageProblem:
    loose = len(find_images(root))
    if not folders and not loose:
        seen = "it is empty"
    else:
        names = ", ".join(f"{n}/ ({len(filled.get(n, []))})" for n in list(folders)[:6])
        seen = f"found {names or 'no folders'} and {loose} loose pictures"
    return UsageProblem(
        f"{root} is in no layout that is known: {seen}", hint="known are: " + "; ".join(LAYOUTS)
    )


def _refs(paths: Sequence[Path], part: Part = "whole") -> tuple[ImageRef, ...]:
    return tuple(ImageRef(path.stem, path, part) for path in paths)


def _unpaired(root: Path, folders: dict[str, Path]) -> Layout:
    splits = {}
    for name in SPLITS:
        a, b = folders.get(f"{name}a"), folders.get(f"{name}b")
        if not any(find_images(folder) for folder in (a, b) if folder is not None):
            continue
        if a is None or b is None:
            raise UsageProblem(
                f"{root} has {name}A or {name}B but not both", hint="known are: " + LAYOUTS[0]
            )
        split = Split(
            a=_refs(_filled(a)),
            b=_refs(_filled(b)),
            truths=None,
        )
        truths = folders.get(f"{name}t")
        if truths is not None:
            split = Split(a=split.a, b=split.b, truths=_match(split.a, _refs(_filled(truths))))
        splits[name] = split
    if not splits:
        raise UsageProblem(f"no pictures in {root}", hint="known are: " + LAYOUTS[0])
    return Layout(kind="unpaired", paired=False, domains=("A", "B"), splits=splits)


def _filled(folder: Path) -> list[Path]:
    found = find_images(folder)
    if not found:
        raise UsageProblem(f"no pictures in {folder}")
    return found


def _match(a: tuple[ImageRef, ...], b: tuple[ImageRef, ...]) -> tuple[ImageRef, ...]:
    """`b` in the order of `a`, by id."""
    by_id = {ref.id: ref for ref in b}
    _check_names(a)
    _check_names(b)
    odd = sorted(by_id.keys() ^ {ref.id for ref in a})
    if odd or len(a) != len(by_id):
        folders = f"{a[0].path.parent} ({len(a)}) and {b[0].path.parent} ({len(b)})"
        raise UsageProblem(
            f"pairs do not match in {folders}: {', '.join(odd[:3])}"
            + (f" and {len(odd) - 3} more" if len(odd) > 3 else "")
            + " have no partner",
            hint="a pair is two files with the same name but for the suffix; domains that are no "
            "pairs go into testA/ and testB/",
        )
    return tuple(by_id[ref.id] for ref in a)


def _check_names(refs: tuple[ImageRef, ...]) -> None:
    first: dict[str, Path] = {}
    for ref in refs:
        other = first.setdefault(ref.id, ref.path)
        if other != ref.path:
            raise UsageProblem(
                f"{other} and {ref.path.name} have one name but for the suffix, so it is not "
                "clear which of them makes the pair",
                hint=f"mv {ref.path} elsewhere",
            )


def _side_by_side(root: Path, folders: dict[str, Path]) -> Layout:
    splits = {}
    for name in SPLITS:
        if name not in folders:
            continue
        files = _filled(folders[name])
        _check_halves(files[0])
        left, right = _refs(files, "left"), _refs(files, "right")
        splits[name] = Split(a=left, b=right, truths=right)
    return Layout(kind="side-by-side", paired=True, domains=("left", "right"), splits=splits)


def _check_halves(path: Path) -> None:
    try:
        with Image.open(path) as image:
            width, height = image.size
    except OSError:
        return  # said when it is read, with the reason
    if width <= height:
        raise UsageProblem(
            f"{path} is {width}×{height}: too narrow to be an A|B pair side by side",
            hint="known are: " + "; ".join(LAYOUTS),
        )


def _two_folders(root: Path, filled: dict[str, list[Path]]) -> Layout:
    (name_a, files_a), (name_b, files_b) = sorted(filled.items(), key=_source_first)
    a, b = _refs(files_a), _refs(files_b)
    paired = {ref.id for ref in a} == {ref.id for ref in b}
    shared = len({ref.id for ref in a} & {ref.id for ref in b})
    if not paired and shared * 2 > min(len(a), len(b)):
        _match(a, b)  # most are pairs, so a missing partner is a mistake: says which
    split = Split(a=a, b=b, truths=_match(a, b) if paired else None)
    # No split was made by whoever made the folder: the same pictures stand for both.
    splits = {"test": split, "train": split}
    return Layout(kind="two-folders", paired=paired, domains=(name_a, name_b), splits=splits)


def _source_first(item: tuple[str, list[Path]]) -> tuple[bool, str]:
    return item[0].lower() in ("b", "target", "targets", "output", "outputs", "real_b"), item[0]
