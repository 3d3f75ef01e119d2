"""Single keys and lines from a terminal or from a pipe."""

from __future__ import annotations

import codecs
import os
import re
import sys
import termios
import tty
from collections.abc import Callable
from typing import Any

__all__ = ["END", "Keys"]

END = ""  # no more input
LONGEST = 2_000  # characters of a tag or a note
CTRL_D = "\x04"
# Arrow keys and the like come as an escape and more; none of them means anything here.
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|O.|[^\[O])?")


class Keys:
    """Reads standard input; what was typed ahead is not lost.

    In a terminal a key counts at once, without echo, between `with` and its end; Ctrl-C raises
    KeyboardInterrupt and the terminal is always left as it was. A pipe is read as if somebody
    typed it: ends of line between keys are passed over.
    """

    def __init__(self) -> None:
        try:
            self._descriptor = sys.stdin.fileno()
        except (OSError, ValueError):  # a test's stream in place of standard input
            self._descriptor = -1
        self.terminal = self._descriptor >= 0 and os.isatty(self._descriptor)
        self._before: list[Any] | None = None
        self._waiting = ""
        self._decode = codecs.getincrementaldecoder("utf-8")(errors="replace").decode

    def __enter__(self) -> Keys:
        if self.terminal:
            self._before = termios.tcgetattr(self._descriptor)
        return self

    def __exit__(self, *_: object) -> None:
        self._restore()

    def key(self) -> str:
        """The next key in lower case; END when the input ends or for Ctrl-D."""
        if self._before is not None:
            # At every key: a shell may have changed it while this process was stopped. DRAIN and
            # not FLUSH: keys that were typed ahead stay.
            tty.setcbreak(self._descriptor, termios.TCSADRAIN)
        while True:
            while not self._waiting:
                if not self._more(lambda text: _ESCAPES.sub("", text)):
                    return END
            key, self._waiting = self._waiting[0], self._waiting[1:]
            if key not in "\r\n":
                return END if key == CTRL_D else key.lower()

    def line(self, ask: Callable[[], None]) -> str:
        """A line without its end, after `ask`; in a terminal its usual editing works."""
        self._restore()
        ask()
        self._waiting = self._waiting.replace("\r", "\n")
        if not self.terminal:  # `t`, end of line, tag: as well as both on one line
            self._waiting = self._waiting.removeprefix("\n")
        while "\n" not in self._waiting and self._more(lambda text: text.replace("\r", "\n")):
            pass
        line, _, self._waiting = self._waiting.partition("\n")
        return _rubbed_out(line).strip()[:LONGEST]

    def _more(self, change: Callable[[str], str]) -> bool:
        """Read what is there, or wait for it; False at the end."""
        if self._descriptor < 0:
            content = sys.stdin.read().encode()
        else:
            content = os.read(self._descriptor, 4096)
        self._waiting += change(self._decode(content, final=not content))
        return bool(content)

    def _restore(self) -> None:
        if self._before is not None:
            termios.tcsetattr(self._descriptor, termios.TCSADRAIN, self._before)


def _rubbed_out(line: str) -> str:
    """What is left of a line that was typed ahead, when nobody read its backspaces."""
    made: list[str] = []
    for character in line:
        if character in "\x08\x7f":
            del made[-1:]
        else:
            made.append(character)
    return "".join(made)
