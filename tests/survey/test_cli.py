"""The survey command says where its catalogue will be, and needs no torch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

from survey.cli import main


def test_path_prints_where_the_catalogue_is(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["path", "--home", str(tmp_path)])
    assert f"{tmp_path / 'catalogue.db'}\n" == result.stdout


def test_help_imports_neither_torch_nor_pandas() -> None:
    code = "import sys, survey.cli; print({'torch', 'pandas', 'numpy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_a_listing_waits_for_no_import_that_it_does_not_need(tmp_path: Path) -> None:
    home = ["--home", str(tmp_path)]
    assert CliRunner().invoke(main, ["sample", *home]).exit_code == 0
    heavy = "{'torch', 'pandas', 'numpy', 'sklearn', 'requests', 'survey.merge'}"
    code = f"""
import sys
from click.testing import CliRunner
from survey.cli import main
result = CliRunner().invoke(main, ["ls", "--limit", "1", *{home!r}])
print(result.exit_code, {heavy} & set(sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0 set()"
