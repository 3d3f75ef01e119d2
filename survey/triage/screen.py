"""Triage in a terminal: one paper at a time, one key a paper."""

from __future__ import annotations

import os
import webbrowser
from collections.abc import Callable

from rich.console import Console
from rich.rule import Rule
from rich.text import Text

from data.console import hint, say, warn
from data.errors import UsageProblem
from survey.export.columns import address
from survey.triage.keys import END, Keys
from survey.triage.queue import Pick
from survey.triage.session import Session
from survey.triage.view import expected, paper_lines, plain, shortened, standing

__all__ = ["HELP", "run"]

HELP = (
    ("k", "keep"),
    ("d", "drop"),
    ("l", "later: set aside"),
    ("t", "tag; the same tag again takes it off"),
    ("n", "note, in place of the one before"),
    ("u", "undo the last decision, tag or note"),
    ("o", "open the paper in the browser"),
    ("space", "the whole abstract"),
    ("q", "quit; everything is saved already"),
)
KEYS = "k keep · d drop · l later · t tag · n note · u undo · o open · q quit · ? help"
NARROW = "k d l t n u o q · ? help"
DECIDE = {"k": "keep", "d": "drop", "l": "later"}
PAST = {"keep": "kept", "drop": "dropped", "later": "set aside", "note": "note", "tag": "tag"}


def run(session: Session) -> None:
    """Show papers and take keys until none are left, the input ends, or `q`."""
    screen = _Screen(session)
    with screen.keys:
        if len(session.queue.rows) > 2_000:
            say(f"reading {len(session.queue.rows):,} papers")
        session.start(behind=screen.keys.terminal)
        if session.problem:
            warn(f"{session.problem.message}; papers come in the order of the profile")
            hint(session.problem.hint or "")
        while session.pick is not None and screen.step(session.pick):
            pass
    screen.farewell()


class _Screen:
    """What is shown, and what each key does."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.keys = Keys()
        self.console = Console(highlight=False)
        self.said = ""  # in answer to the last key
        self.shown: Pick | None = None
        self.whole = False  # the abstract
        self.acts: dict[str, Callable[[Pick], str]] = {
            "t": self.tag,
            "n": self.note,
            "u": self.undo,
            "o": self.open,
            " ": self.all_of_it,
            "?": self.help,
        }

    def step(self, pick: Pick) -> bool:
        """Show the paper and act on one key; False to stop."""
        self.show(pick)
        key = self.keys.key()
        if key in (END, "q"):
            return False
        if key in DECIDE:
            paper = self.session.decide(DECIDE[key])
            self.said = f"{PAST[DECIDE[key]]}: {plain(paper.title) or paper.id}"
            self.whole = False
        elif key in self.acts:
            self.said = self.acts[key](pick)
        else:
            self.said = f"'{plain(key)}' is no key here; ? shows them all"
        return True

    def show(self, pick: Pick) -> None:
        """The paper between where triage stands and the keys; a pipe gets no paper twice."""
        above = [self.said] if self.said else []
        queue = self.session.queue
        counts = {name: queue.count(name) for name in ("kept", "dropped", "later")}
        above.append(standing(counts, queue.left))
        above += [line] if (line := expected(self.session.estimate)) else []
        head = [Text(line, style="cyan") for line in above]
        if self.console.is_terminal:
            self.console.clear()
        elif self.shown == pick:
            self._print(*head[: len(self.said) and 1])
            return
        self.shown = pick
        body = paper_lines(pick.paper, pick, self.session.code(pick.paper.id))
        self._print(*head)
        self.console.print(Rule(style="dim"))
        self._print(*body, Text(), self._abstract(pick, [*head, *body]), Text())
        self._print(self._keys())

    def _abstract(self, pick: Pick, others: list[Text]) -> Text:
        text = Text(plain(pick.paper.abstract) or "(no abstract)")
        if not self.console.is_terminal or self.whole:
            return text
        taken = sum(len(line.wrap(self.console, self.console.width)) for line in others)
        # The rule, two empty lines, the keys and the line of the cursor.
        return shortened(text, self.console, self.console.height - taken - 5)

    def _keys(self) -> Text:
        return Text(KEYS if self.console.width >= len(KEYS) else NARROW, style="dim")

    def _print(self, *lines: Text) -> None:
        for line in lines:
            if self.console.is_terminal:
                self.console.print(line, overflow="fold")
            else:
                self.console.print(line, soft_wrap=True)

    def tag(self, pick: Pick) -> str:
        """Ask for a tag."""
        text = self._asked("tag")
        if not text:
            return ""
        return f"{'tagged' if self.session.tag(text) else 'tag taken off'}: {text}"

    def note(self, pick: Pick) -> str:
        """Ask for a note."""
        text = self._asked("note")
        if text:
            self.session.write(text)
        return ""

    def _asked(self, what: str) -> str:
        text = plain(self.keys.line(lambda: self.console.print(f"{what}: ", end=""))).strip()
        if not self.keys.terminal:
            self.console.print(Text(text))
        return text

    def undo(self, pick: Pick) -> str:
        """Take back the last thing that was said of any paper."""
        try:
            action, paper = self.session.undo()
        except UsageProblem as problem:
            return problem.message
        self.whole = False
        return f"taken back: {PAST.get(action, action)} ({paper})"

    def open(self, pick: Pick) -> str:
        """Show the paper in the browser, and its address in any case."""
        where = address(pick.paper)
        if not where:
            return "no source has an address of it"
        graphical = any(os.environ.get(name) for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"))
        # Without a screen the standard library would start a browser inside this terminal.
        opened = (graphical or os.uname().sysname == "Darwin") and webbrowser.open(where)
        return where if opened else f"no browser to open it with: {where}"

    def all_of_it(self, pick: Pick) -> str:
        """The abstract, however long."""
        self.whole = not self.whole
        return ""

    def help(self, pick: Pick) -> str:
        """What each key does."""
        return "\n".join(f"{key:<6}{told}" for key, told in HELP)

    def farewell(self) -> None:
        """What was done, and what comes next."""
        queue = self.session.queue
        counts = {name: queue.count(name) for name in ("kept", "dropped", "later")}
        say(f"{self.session.made} decided now; " + standing(counts, queue.left))
        if line := expected(self.session.estimate):
            say(line)
        if not queue.left and counts["later"]:
            hint("those set aside: survey triage --status later")
        if counts["kept"]:
            hint("survey shortlist")
