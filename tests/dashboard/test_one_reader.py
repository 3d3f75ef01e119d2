"""Stores are opened in dashboard/load alone: no other module imports what opens them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import dashboard

ROOT = Path(dashboard.__file__).parent
# What gives records, papers or features when it is called, by module; a star is all of it.
OPENERS = {
    "bench.records": {"find", "read", "read_all"},
    "bench.store": {"*"},
    "bench.features": {"*"},
    "bench.compare.kept": {"Kept"},
    "survey.catalogue.catalogue": {"*"},
    "survey.derive": {"*"},
    "sqlalchemy": {"*"},
    "sqlite3": {"*"},
}


def _imported(code: str) -> Iterator[tuple[str, str]]:
    """Module and name of every import, wherever it stands; `*` where a module is imported whole."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "*") for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                yield node.module, alias.name
                if (whole := f"{node.module}.{alias.name}") in OPENERS:
                    yield whole, "*"  # `from bench import records`


def _opening(code: str) -> list[str]:
    found = []
    for module, name in _imported(code):
        for opener, names in OPENERS.items():
            inside = module == opener or module.startswith(f"{opener}.")
            if inside and (name == "*" or "*" in names or name in names):
                found.append(f"{module} {name}")
    return found


@pytest.mark.parametrize(
    "path",
    [p for p in sorted(ROOT.rglob("*.py")) if p.relative_to(ROOT).parts[0] != "load"],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_a_module_outside_of_load_opens_no_store(path: Path) -> None:
    assert _opening(path.read_text(encoding="utf-8")) == []


def test_load_opens_them_and_is_noticed() -> None:
    seen = {line for path in (ROOT / "load").glob("*.py") for line in _opening(path.read_text())}
    assert {"bench.records *", "bench.store.index indexed", "bench.compare.kept Kept"} <= seen
    assert any(line.startswith("survey.catalogue.catalogue") for line in seen)
