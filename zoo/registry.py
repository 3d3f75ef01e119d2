"""Which models there are: cards behind entry points, and what a name means."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path

from data.console import warn
from data.errors import UsageProblem, unknown
from zoo.card import Card, Weights

__all__ = ["GROUP", "Choice", "card", "cards", "names", "resolve"]

GROUP = "i2i_atlas.models"
STYLE = ":style="  # between a name and the pictures whose style is wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a name stands for: a card with one of its weights, or with a local file."""

    name: str  # in full: `cyclegan.photo2toon`, `cyclegan@latest_net_G.pth`, `…:style=a.jpg`
    card: Card
    weights: Weights | None = None
    file: Path | None = None
    styles: tuple[Path, ...] = ()
    word: str = ""  # what to say to mean it again, with whole paths


@cache
def cards() -> dict[str, Card]:
    """Every card by name; a plug-in that cannot be imported is a warning, not an end."""
    found: dict[str, Card] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda p: p.name):
        try:
            found[point.name] = point.load()
        except Exception as problem:  # a plug-in may fail in any way
            warn(f"model plug-in '{point.name}' ({point.value}) failed to load: {problem}")
    return found


def card(name: str) -> Card:
    """The card called `name`; UsageProblem with near matches where there is none."""
    known = cards()
    if name not in known:
        raise unknown("model", name, known, "zoo ls")
    return known[name]


def names(pattern: str = "*") -> list[str]:
    """Full names that match a wildcard, one for each set of weights; none where nothing does."""
    found = []
    for name, entry in sorted(cards().items()):
        found += [f"{name}.{w.name}" for w in entry.weights] or [name]
    return [n for n in found if fnmatch.fnmatch(n, pattern) or n.split(".")[0] == pattern]


def resolve(name: str) -> Choice:
    """The meaning of `model`, `model.weights` or `model@FILE`, each also with styles.

    `adain:style=a.jpg+b.jpg` paints in two styles. Raises UsageProblem for an unknown model or
    weights, a missing file, or a model that has no weights of its own.
    """
    plain, marked, files = name.partition(STYLE)
    choice = _plain(plain)
    if not marked:
        return replace(choice, word=name)
    if not choice.card.styled:
        raise UsageProblem(f"{choice.card.name} takes no style picture", hint=f"use {plain}")
    styles = tuple(Path(file).expanduser() for file in files.split("+"))
    for style in styles:
        if not style.is_file():
            raise UsageProblem(f"style picture: {style} does not exist", hint=f"{plain}{STYLE}FILE")
    shown = f"{choice.name}{STYLE}{'+'.join(style.name for style in styles)}"
    return replace(choice, name=shown, styles=styles, word=name)


def _plain(name: str) -> Choice:
    if "@" in name:
        return _local(name)
    model, _, wanted = name.partition(".")
    entry = card(model)
    if entry.weightless:
        if wanted:
            raise _weightless(model)
        return Choice(name=model, card=entry)
    if wanted:
        return Choice(name=name, card=entry, weights=_named(entry, wanted))
    if entry.default is None:
        raise UsageProblem(
            f"'{model}' has no weights of its own",
            hint=f"name a checkpoint file: {model}@FILE, or train: zoo train {model} --dataset …",
        )
    return Choice(name=f"{model}.{entry.default.name}", card=entry, weights=entry.default)


def _named(entry: Card, wanted: str) -> Weights:
    for weights in entry.weights:
        if weights.name == wanted:
            return weights
    known = [weights.name for weights in entry.weights]
    raise unknown(f"set of '{entry.name}' weights", wanted, known, f"zoo ls {entry.name}")


def _weightless(model: str) -> UsageProblem:
    return UsageProblem(f"'{model}' takes no weights", hint=f"use the name alone: {model}")


def _local(name: str) -> Choice:
    model, _, where = name.partition("@")
    file = Path(where).expanduser()
    entry = card(model)
    if entry.weightless:
        raise _weightless(model)
    if not file.is_file():
        found = "a folder is" if file.is_dir() else "nothing is"
        kept = file.with_suffix(".safetensors") if file.name else file
        hint = f"name a .pth or .safetensors file: {model}@FILE"
        raise UsageProblem(
            f"no checkpoint file at '{where}': {found} there",
            hint=f"it is kept as safetensors: {model}@{kept}" if kept.is_file() else hint,
        )
    return Choice(name=f"{model}@{file.name}", card=entry, file=file)
