"""The flags of `zoo translate` beside the model: styles, strength, settings, a licence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from data.errors import UsageProblem
from zoo.extras import settings_of

__all__ = ["style_options"]


def _files(context: click.Context, option: click.Parameter, given: tuple[str, ...]) -> list[str]:
    return [file for word in given for file in word.split(",") if file]


def _numbers(context: click.Context, option: click.Parameter, given: str | None) -> list[float]:
    try:
        return [float(word) for word in given.split(",")] if given else []
    except ValueError as problem:
        raise UsageProblem(
            f"--style-weights {given}: not numbers", hint="--style-weights 1,2"
        ) from problem


def _settings(
    context: click.Context, option: click.Parameter, given: tuple[str, ...]
) -> dict[str, str]:
    return settings_of(given)


def style_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds `style`, `style_weights`, `strength`, `settings` and `accept_licence`, as zoo.load."""
    options = (
        click.option(
            "--style",
            multiple=True,
            callback=_files,
            metavar="FILE[,FILE…]",
            help="Pictures whose style is wanted, for models that take one.",
        ),
        click.option(
            "--style-weights",
            callback=_numbers,
            metavar="N[,N…]",
            help="Shares of the styles. [default: equal]",
        ),
        click.option(
            "--strength", type=click.FloatRange(0, 1), help="Of the style. [default: the model's]"
        ),
        click.option(
            "--set",
            "settings",
            multiple=True,
            callback=_settings,
            metavar="NAME=VALUE",
            help="A setting of the model's own; zoo show NAME has them.",
        ),
        click.option(
            "--accept-licence",
            is_flag=True,
            help="Accept that the weights are for non-commercial use; asked and kept once.",
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command
