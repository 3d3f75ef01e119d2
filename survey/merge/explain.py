"""Names each paper and says of each of its records why it is one and what makes that doubtful."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from survey.merge.clusters import Clusters
from survey.merge.evidence import Evidence, by_id, by_title
from survey.merge.group import Pairs, partition
from survey.merge.merged import APART, Member, Mend
from survey.merge.trace import KINDS, Trace, order

__all__ = ["Group", "groups"]

BY_HAND = Evidence(reason="by hand")
# A paper is called by its arXiv id, else by its DOI, else as Semantic Scholar or OpenAlex do.
RANK: dict[str, int] = {kind: rank for rank, kind in enumerate(KINDS)}
CROWD = 40  # records of one paper, from which on not every pair is looked at


@dataclass(frozen=True, slots=True)
class Group:
    """A paper as its records, whose word counts first before the others."""

    id: str
    members: tuple[Member, ...]
    identifiers: tuple[str, ...]
    content: bytes = b""  # of all records
    citations: int = -1  # the highest count, -1 where no record has one


def groups(traces: Iterable[Trace], mends: Iterable[Mend]) -> Iterator[Group]:
    """All papers, one after the other."""
    sorted_traces = _sorted(traces)
    clusters, joined, split = partition(sorted_traces, mends)
    parts = [clusters.members(name) for name in clusters.names()]
    owners = _owners(sorted_traces, parts)
    for number, part in enumerate(parts):
        said = _said(sorted_traces, part, joined)
        apart = _apart(sorted_traces, clusters, parts, number, owners, split)
        yield _group(sorted_traces, part, number, owners, said, apart)


def _sorted(traces: Iterable[Trace]) -> list[Trace]:
    """In the order of survey.merge.trace.order."""
    # By one part after the other: a tuple of all for each record would take a lot of room.
    found = sorted(traces, key=lambda one: one.key)
    found.sort(key=lambda one: one.source)
    found.sort(key=lambda one: order(one.source, "")[0])
    return found


def _group(
    traces: Sequence[Trace],
    part: Sequence[int],
    number: int,
    owners: dict[str, int],
    said: dict[int, tuple[str, str]],
    apart: dict[int, str],
) -> Group:
    members = tuple(
        Member(
            source=traces[i].source,
            key=traces[i].key,
            reason=said[i][0],
            doubt="; ".join(text for text in (said[i][1], apart.get(i, "")) if text),
        )
        for i in part
    )
    own = {
        name for i in part for name in traces[i].identifiers if owners.get(name, number) == number
    }
    identifiers = tuple(sorted(own, key=_strongest))
    name = _best(traces, part, own) or traces[part[0]].name
    content = b"".join(traces[i].content for i in part)
    return Group(name, members, identifiers, content, max(traces[i].citations for i in part))


def _strongest(identifier: str) -> tuple[int, tuple[int, str], str]:
    kind, _, value = identifier.partition(":")
    return RANK[kind], _age(kind, value), value


def _age(kind: str, value: str) -> tuple[int, str]:
    """Older arXiv ids before newer ones: those with an archive's name are the oldest."""
    if kind != "arxiv":
        return 0, ""
    archive, _, number = value.rpartition("/")
    month = number[:4]
    return int(not archive), ("19" if month > "90" else "20") + month


def _best(traces: Sequence[Trace], part: Sequence[int], own: set[str]) -> str:
    """The identifier to call a paper by: of several DOIs a publication's, held by most records."""
    held: dict[str, list[int]] = defaultdict(list)
    for i in part:
        for name in traces[i].identifiers:
            if name in own:
                held[name].append(i)

    def merit(name: str) -> tuple[int, bool, tuple[int, str], int, int, str]:
        kind, _, value = name.partition(":")
        preprint = kind == "doi" and not traces[held[name][0]].published_doi
        return RANK[kind], preprint, _age(kind, value), -len(held[name]), held[name][0], value

    return min(held, key=merit, default="")


def _owners(traces: Sequence[Trace], parts: Sequence[Sequence[int]]) -> dict[str, int]:
    """Of each identifier that several papers have, the one that it is of.

    arXiv's own word comes first, then most records.
    """
    disputed = {f"{kind}:{value}" for kind in KINDS for value in _disputed(traces, parts, kind)}
    holders: dict[str, dict[int, list[int]]] = {name: defaultdict(list) for name in disputed}
    for number, part in enumerate(parts) if disputed else ():
        for i in part:
            for name in disputed.intersection(traces[i].identifiers):
                holders[name][number].append(i)

    def claim(item: tuple[int, list[int]]) -> tuple[bool, int, int]:
        records = item[1]
        return not any(traces[i].source == "arxiv" for i in records), -len(records), records[0]

    return {name: min(found.items(), key=claim)[0] for name, found in holders.items()}


def _disputed(traces: Sequence[Trace], parts: Sequence[Sequence[int]], kind: str) -> set[str]:
    """Identifiers of a kind that several papers have."""
    first: dict[str, int] = {}
    found: set[str] = set()
    for number, part in enumerate(parts):
        for i in part:
            value = getattr(traces[i], kind)
            if value and first.setdefault(value, number) != number:
                found.add(value)
    return found


def _said(
    traces: Sequence[Trace], part: Sequence[int], joined: Pairs
) -> dict[int, tuple[str, str]]:
    """Reason and doubt of each record."""
    if len(part) == 1:
        return {part[0]: ("", "")}
    links = dict(_links(traces, part, joined))
    reasons = _reasons(part, links)
    doubts = _doubts(part, links)
    return {i: (reasons[i], doubts.get(i, "")) for i in part}


def _links(
    traces: Sequence[Trace], part: Sequence[int], joined: Pairs
) -> Iterator[tuple[tuple[int, int], Evidence]]:
    pairs: Iterable[tuple[int, int]] = combinations(part, 2)
    if len(part) > CROWD:
        pairs = ((i, j) for i in part[:CROWD] for j in part if i < j)
    for i, j in pairs:
        if (i, j) in joined:
            yield (i, j), BY_HAND
        elif evidence := by_id(traces[i], traces[j]) or by_title(traces[i], traces[j]):
            yield (i, j), evidence


def _reasons(part: Sequence[int], links: dict[tuple[int, int], Evidence]) -> dict[int, str]:
    """The strongest evidence of each record; what holds its whole set of ids comes second."""
    best: dict[int, Evidence] = {}
    for pair, evidence in links.items():
        for i in pair:
            if i not in best or evidence.strength < best[i].strength:
                best[i] = evidence
    reasons = {i: best[i].reason if i in best else "" for i in part}
    by_ids = {p: e for p, e in links.items() if 0 < e.strength <= len(KINDS)}
    sets = _sets(part, by_ids)
    for smaller in sets[1:]:
        others = [e for (i, j), e in links.items() if (i in smaller) != (j in smaller)]
        weaker = min(others, key=lambda e: e.strength, default=None)
        for i in smaller if weaker else ():
            if weaker and weaker.reason != reasons[i]:
                reasons[i] = "; ".join(text for text in (reasons[i], weaker.reason) if text)
    return reasons


def _doubts(part: Sequence[int], links: dict[tuple[int, int], Evidence]) -> dict[int, str]:
    """Doubts of what only doubtful evidence ties to the main part of the records."""
    sets = _sets(part, {pair: e for pair, e in links.items() if not e.doubt})
    doubts: dict[int, str] = {}
    for smaller in sets[1:]:
        leading = [(e, p) for p, e in links.items() if (p[0] in smaller) != (p[1] in smaller)]
        if leading:
            evidence, _ = min(leading, key=lambda found: (found[0].strength, found[1]))
            doubts |= dict.fromkeys(smaller, evidence.doubt)
    return doubts


def _sets(part: Sequence[int], links: Iterable[tuple[int, int]]) -> list[list[int]]:
    """What links hold together: the largest first, of equal ones the one whose word counts."""
    place = {i: at for at, i in enumerate(part)}
    sets = Clusters(len(part))
    for i, j in links:
        sets.unite(place[i], place[j])
    found = [[part[at] for at in sets.members(name)] for name in sets.names()]
    return sorted(found, key=lambda members: (-len(members), members[0]))


def _apart(
    traces: Sequence[Trace],
    clusters: Clusters,
    parts: Sequence[Sequence[int]],
    number: int,
    owners: dict[str, int],
    split: Pairs,
) -> dict[int, str]:
    """Records with an identifier that another paper has; none where a person said that it is so."""
    found: dict[int, str] = {}
    for i in parts[number]:
        for name in traces[i].identifiers:
            owner = owners.get(name, number)
            if owner == number or _by_hand(parts[number], parts[owner], split):
                continue
            found.setdefault(i, f"{APART} that has {name} as well")
    return found


def _by_hand(some: Sequence[int], others: Sequence[int], split: Pairs) -> bool:
    return any((min(i, j), max(i, j)) in split for i in some for j in others)
