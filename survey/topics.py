"""What papers are about: topics by rules that a person can read and extend."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path

from data.paths import Home
from survey.phrases import Phrases, Spot
from survey.topic_rules import Topic, read_rules

__all__ = ["RULES_DIGEST", "TOPICS", "Hit", "Rules", "rules", "topics_of"]

BUNDLED = Path(__file__).with_name("topics.toml")
OWN = "topics.toml"  # in the home
VERSION = "1"  # changes with how rules are read
MOST_WORDS = 5  # of evidence
LONGEST = 20_000  # characters that are read; abstracts are a tenth of it

# Which lists of a topic count at a place, and how often a word of `often` has to stand there.
_PLACES: dict[str, tuple[tuple[str, ...], int]] = {
    "title": (("words", "often", "in_title", "hints"), 1),
    "abstract": (("words", "often", "in_abstract", "hints"), 2),
    "comment": (("words", "in_comment"), 1),
    "context": (("in_contexts",), 1),
}


@dataclass(frozen=True, slots=True)
class Hit:
    """A topic of a paper; `evidence` is the words that were found at `place`, with `; ` between.

    `place` is title, abstract, comment, categories or context: the first in this order that says
    enough.
    """

    topic: str
    place: str
    evidence: str


@dataclass(frozen=True)
class Rules:
    """Topics by name, in the order of the taxonomy, and the titles of their groups."""

    topics: Mapping[str, Topic]
    groups: Mapping[str, str]
    _phrases: dict[str, Phrases] = field(default_factory=dict, repr=False)

    @cached_property
    def digest(self) -> str:
        """Changes whenever `topics_of` may say something else."""
        content = {name: asdict(topic) for name, topic in self.topics.items()}
        text = json.dumps([VERSION, content], ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def topics_of(
        self,
        title: str,
        abstract: str,
        comment: str = "",
        categories: Sequence[str] = (),
        contexts: Sequence[str] = (),
    ) -> list[Hit]:
        """The topics of a paper, each once with its evidence, in the order of the taxonomy.

        `contexts` are the sentences in which it cites a seed.
        """
        hits: dict[str, Hit] = {}
        hints: dict[str, Hit] = {}
        texts = {"title": title, "abstract": abstract, "comment": comment}
        for place, text in texts.items():
            self._say(place, text, hits, hints)
        for name, topic in self.topics.items():
            if found := [c for c in categories if c in topic.in_categories]:
                hits.setdefault(name, Hit(name, "categories", "; ".join(found)))
        self._say("context", " . ".join(contexts), hits, hints)
        return self._settled(hits, hints)

    def _say(self, place: str, text: str, hits: dict[str, Hit], hints: dict[str, Hit]) -> None:
        """Add what a text says; a topic that an earlier text gave keeps that evidence."""
        if not text:
            return
        by_topic: dict[str, list[Spot]] = {}
        for spot in self._ready(place).find(text[:LONGEST]):
            by_topic.setdefault(spot.owner[0], []).append(spot)
        for name, spots in by_topic.items():
            good = _clear(spots)
            hinted = [spot for spot in good if spot.owner[1] == "hints"]
            firm = [spot for spot in good if spot.owner[1] != "hints"]
            if _enough(firm, _PLACES[place][1]):
                hits.setdefault(name, Hit(name, place, _evidence(firm, text)))
            elif hinted:
                hints.setdefault(name, Hit(name, place, _evidence(hinted, text)))

    def _ready(self, place: str) -> Phrases:
        if place not in self._phrases:
            self._phrases[place] = Phrases(
                {
                    (name, kind): getattr(topic, kind)
                    for name, topic in self.topics.items()
                    for kind in (*_PLACES[place][0], "never")
                }
            )
        return self._phrases[place]

    def _settled(self, hits: dict[str, Hit], hints: dict[str, Hit]) -> list[Hit]:
        """With parents and the hints that hold, without topics that another excludes."""
        for name, hit in list(hits.items()):
            self._with_parent(hits, name, hit)
        firm = set(hits)
        for name, hit in hints.items():
            topic = self.topics[name]
            if name not in firm and topic.hints_hold(firm):
                hits[name] = hit
                self._with_parent(hits, name, hit)
        gone = {name for name in hits if hits.keys() & set(self.topics[name].unless)}
        return [hits[name] for name in self.topics if name in hits and name not in gone]

    def _with_parent(self, hits: dict[str, Hit], name: str, hit: Hit) -> None:
        parent = self.topics[name].parent
        while parent in self.topics and parent not in hits:
            hits[parent] = Hit(parent, hit.place, hit.evidence)
            parent = self.topics[parent].parent


def _clear(spots: Sequence[Spot]) -> list[Spot]:
    """The spots of one topic that no `never` touches."""
    never = [spot for spot in spots if spot.owner[1] == "never"]
    return [
        spot
        for spot in spots
        if spot.owner[1] != "never"
        and not any(spot.start < n.end and n.start < spot.end for n in never)
    ]


def _enough(spots: Sequence[Spot], needed: int) -> bool:
    """Whether one word is enough by itself, or words of `often` stand at so many places."""
    if any(spot.owner[1] != "often" for spot in spots):
        return True
    places, reached = 0, -1
    for spot in sorted(spots, key=lambda s: (s.start, s.end)):
        places += spot.start >= reached
        reached = max(reached, spot.end)
    return bool(spots) and places >= needed


def _evidence(spots: Sequence[Spot], text: str) -> str:
    """The different words as they stand in the text, the longest from each place."""
    words: dict[str, None] = {}
    reached = 0
    for spot in sorted(spots, key=lambda s: (s.start, -s.end)):
        if spot.start >= reached:
            words[text[spot.start : spot.end].lower()] = None
            reached = spot.end
    return "; ".join(list(words)[:MOST_WORDS])


def rules(home: Home | None = None) -> Rules:
    """The bundled rules with a person's own of the home's `topics.toml` added.

    UsageProblem names the file and the entry that cannot be.
    """
    own = home.root / OWN if home else None
    if own is None or not own.is_file():
        return _BUNDLED
    return Rules(*read_rules(BUNDLED, own))


def topics_of(
    title: str,
    abstract: str,
    comment: str = "",
    categories: Sequence[str] = (),
    contexts: Sequence[str] = (),
) -> list[Hit]:
    """The topics of a paper by the bundled rules: Rules.topics_of."""
    return _BUNDLED.topics_of(title, abstract, comment, categories, contexts)


_BUNDLED = Rules(*read_rules(BUNDLED))
TOPICS: Mapping[str, Topic] = _BUNDLED.topics
RULES_DIGEST: str = _BUNDLED.digest
