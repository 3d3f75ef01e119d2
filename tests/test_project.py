"""The house: our packages are the ones imported, docs tell the truth, versions agree."""

from __future__ import annotations

import importlib
import re
import shlex
import threading
import tomllib
from collections.abc import Iterator
from importlib.metadata import entry_points, version
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from tests.survey.server import Services
from tests.survey.world import World

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ("survey", "zoo", "bench", "dashboard")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def _tool(name: str) -> click.Group:
    main: click.Group = importlib.import_module(f"{name}.cli").main
    return main


@pytest.mark.parametrize("name", [*TOOLS, "data"])
def test_the_package_imported_is_ours(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__file__ is not None
    assert Path(module.__file__).resolve().parent == ROOT / name


@pytest.mark.parametrize("name", TOOLS)
def test_every_command_has_help(name: str) -> None:
    tool = _tool(name)
    for command in [None, *tool.list_commands(click.Context(tool))]:
        result = CliRunner().invoke(_tool(name), [*([command] if command else []), "--help"])
        assert result.exit_code == 0
        assert len(result.stdout.splitlines()) > 5


def test_the_changelog_is_of_this_version() -> None:
    latest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert latest is not None
    assert latest.group(1) == version("i2i-atlas")
    assert f"version: {version('i2i-atlas')}" in (ROOT / "CITATION.cff").read_text()


def test_every_entry_point_loads() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for group, points in project["entry-points"].items():
        assert set(points) <= {point.name for point in entry_points(group=group)}
        for point in entry_points(group=group):
            assert point.load() is not None


def _commands() -> list[list[str]]:
    fenced = README.split("```")[1::2]
    shown = "".join(block for block in fenced if block.startswith("\n"))
    lines = [line.split("#")[0].strip() for line in shown.replace("\\\n", " ").splitlines()]
    return [shlex.split(line) for line in lines if line.split(" ")[0] in TOOLS]


@pytest.fixture(scope="module")
def small_world() -> Iterator[Services]:
    """The scholarly services on loopback, with a few papers that cite CycleGAN and pix2pix."""
    served = Services(World(size=60))
    thread = threading.Thread(target=served.http.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield served
    served.http.shutdown()
    served.http.server_close()
    thread.join()


@pytest.fixture
def services(small_world: Services, monkeypatch: pytest.MonkeyPatch) -> str:
    """Their address, put where the environment says."""
    for name in ("S2", "OPENALEX", "ARXIV"):
        monkeypatch.setenv(f"ATLAS_{name}_URL", small_world.address)
    monkeypatch.setenv("OPENALEX_API_KEY", "open-sesame")
    return small_world.address


@pytest.mark.parametrize("words", _commands(), ids=" ".join)
def test_the_commands_of_the_readme_run(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, services: str
) -> None:
    monkeypatch.setenv("ATLAS_HOME", str(tmp_path))
    monkeypatch.chdir(ROOT)
    tool, *rest = words
    if tool == "survey" and rest[0] != "fetch":
        assert CliRunner().invoke(_tool("survey"), ["sample"]).exit_code == 0
    if tool == "dashboard":  # has a test of its own, with a browser
        rest = ["path"]
    if rest[0] == "train":
        rest += ["--epochs", "1", "--decay-epochs", "0", "--width", "2"]
        rest += ["--discriminator-width", "2", "--out", str(tmp_path / "trained")]
    if rest[0] == "translate":
        rest[-1] = str(tmp_path / rest[-1])
    if rest[0] == "report":
        rest += ["--out", str(tmp_path / "report.html")]
    if rest[:1] == ["leaderboard"]:
        rest.append("--published")
    result = CliRunner().invoke(_tool(tool), rest)
    assert result.exit_code == 0, result.stderr


def test_the_python_of_the_readme_runs() -> None:
    import torch

    (code,) = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    photographs = torch.randint(0, 256, (2, 3, 40, 56), dtype=torch.uint8)
    names = {"photographs": photographs}
    exec(code, names)
    assert names["toons"].shape == photographs.shape


def test_no_file_names_a_registry_host_or_a_folder_of_a_machine() -> None:
    pattern = re.compile(r"(?<![\w.])/(?:work|root|home/\w+)/|index-url|--registry[ =]")
    for path in [*ROOT.glob("*.*"), *ROOT.glob("docs/*.md"), ROOT / "Makefile"]:
        if path.is_file() and path.suffix in ("", ".md", ".toml", ".txt", ".yaml", ".cff"):
            assert not pattern.search(path.read_text(encoding="utf-8")), path
