"""One sitting of triage: every decision is in the catalogue before the next paper is shown."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

from data.errors import AtlasError, UsageProblem
from survey.catalogue.catalogue import Catalogue
from survey.catalogue.events import STATUS, add, decisions, events, undo
from survey.catalogue.papers import Filter, chosen, known, names
from survey.paper import Paper
from survey.profiles import Profile
from survey.repositories import Repository
from survey.standing import Standing, code_of
from survey.standing_file import standing
from survey.triage.learner import Learner
from survey.triage.queue import Pick, Queue, scope_of
from survey.triage.unseen import Estimate, draws, estimate
from survey.triage.words import words_of

__all__ = ["Session", "open_session"]


def open_session(
    catalogue: Catalogue,
    profile: Profile,
    wanted: Filter | None = None,
    among: Standing | None = None,
) -> Session:
    """A sitting over the papers that pass: new ones, unless the filter names other statuses.

    `among` is the standing of all papers by the profile, where that is known.
    """
    wanted = wanted or Filter()
    apart = replace(wanted, status=())
    with catalogue.read() as connection:
        if among is None:
            among = standing(connection, profile, catalogue.home, write=not catalogue.read_only)
        passing = among.rows if apart == Filter() else set(names(connection, apart, None))
        decided = {paper: own.status for paper, own in decisions(connection).items()}
        today = known(connection, {event.paper for event in events(connection)})
    queue = Queue(
        among,
        profile.name,
        passing,
        lambda paper: _read(catalogue, paper),
        decided,
        scope_of(apart),
        status=wanted.status or ("new",),
    )
    return Session(catalogue, queue, today)


def _read(catalogue: Catalogue, paper: str) -> Paper:
    with catalogue.read() as connection:
        return chosen(connection, [paper])[0]


class Session:
    """A queue with the catalogue behind it; `pick` is the paper that is shown, None at the end."""

    def __init__(
        self,
        catalogue: Catalogue,
        queue: Queue,
        today: dict[str, str],
    ) -> None:
        self.catalogue = catalogue
        self.queue = queue
        self.today = today  # ids that papers of earlier events have now
        self.problem: AtlasError | None = None  # why nothing is learnt
        self.made = 0  # decisions of this sitting
        self._thread: threading.Thread | None = None
        self._estimate: Estimate | None = None
        self.pick: Pick | None = None
        self._count()

    def start(self, *, behind: bool = False) -> None:
        """Read the words of all papers and pick the first one.

        `behind` reads them while the person looks at it, where nothing can be learnt yet anyway.
        """
        self._thread = threading.Thread(target=self._read_words, daemon=True)
        self._thread.start()
        if not behind or (self.queue.count("kept") and self.queue.count("dropped")):
            self._thread.join()
        self.pick = self.queue.pick()

    def code(self, paper: str) -> tuple[Repository, ...]:
        """What is known of the code of a paper, the best first."""
        with self.catalogue.read() as connection:
            return code_of(connection, [paper]).get(paper, ())

    @property
    def learning(self) -> bool:
        """Whether the words are still being read."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def estimate(self) -> Estimate | None:
        """How many of the undecided would be kept; None before there are draws enough."""
        return self._estimate

    def decide(self, action: str) -> Paper:
        """keep, drop or later the paper that is shown; the next one is in `pick`."""
        pick = self._shown()
        with self.catalogue.write() as connection:
            add(connection, pick.paper.id, action, pick.stamp)
        self.queue.decide(pick.paper.id, STATUS[action])
        self.made += 1
        self._count()
        self.pick = self.queue.pick()
        return pick.paper

    def tag(self, text: str) -> bool:
        """Put a tag on the paper that is shown, or take the same one off; True when put on."""
        paper = self._shown().paper
        on = text not in paper.tags
        with self.catalogue.write() as connection:
            add(connection, paper.id, "tag" if on else "untag", text)
        self._read_again()
        return on

    def write(self, text: str) -> None:
        """Give the paper that is shown a note in place of the one that it has."""
        paper = self._shown().paper
        with self.catalogue.write() as connection:
            add(connection, paper.id, "note", text)
        self._read_again()

    def undo(self) -> tuple[str, str]:
        """Take back the last decision, tag or note, and show its paper; what it was, and of which.

        UsageProblem when there is nothing to take back.
        """
        with self.catalogue.write() as connection:
            last = undo(connection)
            paper = self.today.get(last.paper, last.paper)
            decision = decisions(connection).get(paper)
        if paper not in self.queue.rows:
            return last.action, paper
        if last.action not in STATUS and self.pick and paper == self.pick.paper.id:
            self._read_again()
            return last.action, paper
        if last.action in STATUS:
            self.queue.reopen(paper, decision.status if decision else "new")
            self._count()
        self.pick = self.queue.again(paper, last.value if last.action in STATUS else "")
        return last.action, paper

    def summary(self) -> dict[str, Any]:
        """Where triage stands, as plain JSON."""
        pick, likely = self.pick, self.estimate
        return {
            **{status: self.queue.count(status) for status in ("new", *set(STATUS.values()))},
            "left": self.queue.left,
            "estimate": likely.to_json() if likely else None,
            "next": {
                "id": pick.paper.id,
                "title": pick.paper.title,
                "kind": pick.kind,
                "why": pick.why,
            }
            if pick
            else None,
        }

    def _shown(self) -> Pick:
        if self.pick is None:
            raise UsageProblem("no paper is shown", hint="survey triage --status later")
        return self.pick

    def _read_again(self) -> None:
        """The paper that is shown, with the tags and the note that it has now."""
        pick = self._shown()
        self.pick = replace(pick, paper=self.queue.read(pick.paper.id))

    def _count(self) -> None:
        if not self.queue.fresh:
            return
        with self.catalogue.read() as connection:
            made = events(connection)
        drawn = draws(made, self.today, self.queue.scope, self.queue.passing)
        self._estimate = estimate(drawn, self.queue.left)

    def _read_words(self) -> None:
        try:
            self.queue.learner = Learner(words_of(self.catalogue, self.queue.among.ids))
        except AtlasError as problem:
            self.problem = problem
