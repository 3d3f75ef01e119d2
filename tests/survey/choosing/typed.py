"""Runs `survey` on a terminal: `words`, `env` and `tty` are given by who runs this file."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

given: dict[str, Any] = globals()
os.setsid()
terminal = os.open(given["tty"], os.O_RDWR)  # of a new session: it becomes its terminal
for descriptor in range(3):
    os.dup2(terminal, descriptor)
sys.stdin, sys.stdout, sys.stderr = (os.fdopen(i, mode) for i, mode in enumerate("rww"))
signal.signal(signal.SIGINT, signal.default_int_handler)
for name in ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "DISPLAY", "BROWSER"):
    os.environ.pop(name, None)
os.environ.update({"TERM": "xterm", **given["env"]})

from survey.cli import main  # noqa: E402

code: Any = 1
try:
    sys.argv = ["survey", *given["words"]]
    main()
except SystemExit as ended:
    code = ended.code or 0
finally:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
