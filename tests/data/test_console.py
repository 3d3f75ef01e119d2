"""Data goes to stdout, talk to stderr; errors have hints and exit codes, never tracebacks."""

from __future__ import annotations

import errno
import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from data.console import Group, echo, emit_json, fail, harmless, hint, say, table, warn
from data.errors import AtlasError, NetworkProblem, UsageProblem, unknown


def _run(problem: BaseException):  # type: ignore[no-untyped-def]
    @click.group(cls=Group)
    def tool() -> None:
        pass

    @tool.command()
    def go() -> None:
        raise problem

    return CliRunner().invoke(tool, ["go"])


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        (AtlasError("[bold] it broke", "mend it"), 1),
        (UsageProblem("[bold] it broke", "mend it"), 2),
        (NetworkProblem("[bold] it broke", "mend it"), 4),
    ],
)
def test_an_error_is_two_lines_and_a_code(problem: AtlasError, code: int) -> None:
    result = _run(problem)
    assert code == result.exit_code
    assert result.stderr.splitlines() == ["error: [bold] it broke", "hint: mend it"]
    assert result.stdout == ""


def test_ctrl_c_ends_with_130() -> None:
    result = _run(KeyboardInterrupt())
    assert result.exit_code == 130
    assert "the same command goes on" in result.stderr


def test_an_unknown_name_offers_near_ones() -> None:
    problem = unknown("model", "cyclgan", ["cyclegan", "ganilla"], "zoo ls")
    assert problem.message == "no model is called 'cyclgan'; did you mean 'cyclegan'?"
    assert problem.hint == "all of them: zoo ls"


def test_cells_are_plain_text(capsys: pytest.CaptureFixture[str]) -> None:
    table(["name"], [["[red]x[/red]"]])
    assert "[red]x[/red]" in capsys.readouterr().out


def test_json_is_one_object_a_line_and_never_nan(capsys: pytest.CaptureFixture[str]) -> None:
    emit_json([{"a": 1}, {"a": "é"}])
    assert [json.loads(x) for x in capsys.readouterr().out.splitlines()] == [{"a": 1}, {"a": "é"}]
    with pytest.raises(ValueError, match=r"not JSON compliant|Out of range"):
        emit_json([{"a": float("nan")}])


# ESC, the 8-bit CSI, BEL, backspace, carriage return, DEL, an override of direction, half a pair.
EVIL = "a\x1b[2J\x9b31m\x07b\x08\r\x7f\u202ec\ud800d"
ROOT = Path(__file__).parents[2]


def _harmful(text: str) -> set[str]:
    """Control characters by their category, of Unicode's own list."""
    import unicodedata

    bad = {"Cc", "Cs", "Zl", "Zp"}
    overrides = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
    return {c for c in text if unicodedata.category(c) in bad or c in overrides} - {"\n", "\t"}


def test_a_table_shows_text_from_outside_without_its_control_characters(
    capsys: pytest.CaptureFixture[str],
) -> None:
    table([f"name{EVIL}"], [[EVIL], ["plain"]], title=f"[bold]{EVIL}")
    shown = capsys.readouterr().out
    assert _harmful(shown) == set()
    assert "a\ufffd[2J\ufffd31m\ufffdb\ufffd\ufffd\ufffd\ufffdc\ufffdd" in shown
    assert "[bold]" in shown


def test_talk_and_lines_are_as_harmless(capsys: pytest.CaptureFixture[str]) -> None:
    for tell in (say, warn, hint, echo):
        tell(EVIL)
    fail(AtlasError(EVIL, EVIL))
    shown = capsys.readouterr()
    assert shown.out.count("\ufffd[2J") == 1
    assert shown.err.count("\ufffd[2J") == 5
    assert _harmful(shown.out + shown.err) == set()


def test_json_keeps_every_character_and_shows_none_of_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    emit_json({"title": EVIL, "é": "\N{HEBREW LETTER ALEF}e\u0301"})
    shown = capsys.readouterr().out
    assert _harmful(shown) == set()
    assert json.loads(shown) == {"title": EVIL, "é": "\N{HEBREW LETTER ALEF}e\u0301"}


@pytest.mark.parametrize("text", ["plain", "תמונה אחת", "e\u0301", "two\nlines\tand", "👩‍🎨"])
def test_letters_of_every_script_stay(text: str) -> None:
    assert text == harmless(text)


def test_no_character_of_unicode_slips_through() -> None:
    everything = "".join(map(chr, range(sys.maxunicode + 1)))
    assert _harmful(harmless(everything)) == set()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["gi"], "error: no command is called 'gi'; did you mean 'go'?\nhint: all of them: "),
        (["go", "--no"], "error: No such option '--no'\nhint: tool go --help\n"),
        (["go", "x"], "error: Got unexpected extra argument (x)\nhint: tool go --help\n"),
    ],
)
def test_wrong_words_are_an_error_and_a_hint(words: list[str], said: str) -> None:
    @click.group(cls=Group)
    def tool() -> None:
        pass

    @tool.command()
    def go() -> None:
        pass

    result = CliRunner().invoke(tool, words)
    assert (result.exit_code, said in result.stderr) == (2, True), result.stderr


def test_what_the_system_refuses_is_told_without_a_traceback() -> None:
    result = _run(OSError(errno.ENOSPC, "No space left on device", "some/file"))
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        "error: No space left on device: some/file",
        "hint: free some space, then the same command",
    ]
    assert _run(OSError(errno.ENAMETOOLONG, "File name too long", "x")).stderr.startswith(
        "error: File name too long: x\nhint: name a folder of yours"
    )


TOOL = """
import click, signal, os, sys, time
from data.console import Group, echo, emit_json, table, say

@click.group(cls=Group)
def tool():
    pass

@tool.command()
@click.argument("how")
def go(how):
    if how == "table":
        table(["n"], ([str(n)] for n in range(2000)))
    elif how == "json":
        emit_json({"n": n} for n in range(50_000))
    else:
        try:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(10)
        finally:
            os.kill(os.getpid(), signal.SIGINT)
tool()
"""


def _shell(script: str) -> subprocess.CompletedProcess[str]:
    script = script.replace("TOOL", f"{sys.executable} -c '{TOOL}'")
    return subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, check=False, cwd=ROOT
    )


@pytest.mark.parametrize("how", ["table", "json"])
@pytest.mark.parametrize(
    ("after", "code", "said"),
    [
        # 1 or 0: whether it notices depends on how much a pipe holds.
        ("| head -n 1; exit $((PIPESTATUS[0] & ~1))", 0, r""),
        (">/dev/full", 1, r"error: No space left on device\nhint: free some space.*\n"),
        (">&-", 0, r""),
    ],
)
def test_a_stdout_that_takes_nothing_more(how: str, after: str, code: int, said: str) -> None:
    done = _shell(f"TOOL go {how} {after}")
    assert code == done.returncode
    assert re.fullmatch(said, done.stderr)


def test_ctrl_c_twice_is_told_once() -> None:
    done = _shell("TOOL go on")
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr.strip() == "interrupted; the same command goes on from here"


def test_a_program_that_was_called_leaves_the_signals_of_a_test_alone() -> None:
    before = signal.getsignal(signal.SIGINT)
    _run(KeyboardInterrupt())
    assert signal.getsignal(signal.SIGINT) is before
