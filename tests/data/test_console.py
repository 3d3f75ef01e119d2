"""Data goes to stdout, talk to stderr; errors have hints and exit codes, never tracebacks."""

from __future__ import annotations

import json

import click
import pytest
from click.testing import CliRunner

from data.console import Group, emit_json, table
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
