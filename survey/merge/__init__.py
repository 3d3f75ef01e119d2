"""One paper of the records that are of it, with the evidence: pure, in any order of arrival.

Records that share an identifier are one paper, unless titles and authors are altogether
different. Then the same title, first author and year; never a title alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from survey.found import Found
from survey.merge.explain import Group, groups
from survey.merge.fields import combine
from survey.merge.merged import APART, Member, Mend, Merged
from survey.merge.trace import Trace, trace

__all__ = [
    "APART",
    "Group",
    "Member",
    "Mend",
    "Merged",
    "Trace",
    "combine",
    "groups",
    "merge",
    "trace",
]


def merge(records: Sequence[Found], mends: Iterable[Mend] = ()) -> list[Merged]:
    """All papers, in the order of their ids.

    A pure function of the records and of what was mended by hand, in whatever order they come.
    """
    by_name = {(found.source, found.key): found for found in sorted(records, key=repr)}
    made = groups((trace(found) for found in by_name.values()), mends)
    papers = (combine(g, (by_name[m.source, m.key] for m in g.members)) for g in made)
    return sorted(papers, key=lambda paper: paper.id)
