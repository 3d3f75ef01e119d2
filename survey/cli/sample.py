"""`survey sample`: the bundled sample."""

from __future__ import annotations

import click

from data.console import emit_json, hint, home_option, say
from data.paths import find_home

__all__ = ["sample"]


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Only the counts, as one JSON object.")
@home_option
def sample(as_json: bool, home: str | None) -> None:
    """Load the bundled sample: about a hundred well-known papers, with no network.

    They are real papers with their identifiers, code and which of the two seeds they cite; what
    stands in place of an abstract is ours. Loading it again changes nothing, and a later fetch
    joins its records to them.

    \b
    survey sample
    survey topics
    """
    from survey.catalogue.catalogue import open_catalogue
    from survey.derive import ready
    from survey.sample.load import entries, load

    where = find_home(home)
    catalogue = open_catalogue(where)
    try:
        new, changed = load(catalogue)
    finally:
        catalogue.close()
    ready(where).close()
    total = sum(1 for _ in entries())
    if as_json:
        emit_json({"papers": total, "new": new, "changed": changed})
        return
    say(f"{total} papers in the sample: {new} new, {changed} changed")
    hint("see them: survey ls")
