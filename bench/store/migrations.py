"""Records of earlier schemas, read as if they were of the present one; files are never changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["SCHEMA", "NewerSchema", "migrated"]

Content = dict[str, Any]


class NewerSchema(ValueError):
    """A schema that this version does not know."""


def _from_1(content: Content) -> Content:
    """Schema 2 seals a record and notes the content of sources and outputs; 1 had neither."""
    return content


# The step from each schema to the next one. Fields are added, never reused for something else.
MIGRATIONS: dict[int, Callable[[Content], Content]] = {1: _from_1}
SCHEMA = max(MIGRATIONS) + 1


def migrated(content: Content) -> Content:
    """Content in the present schema; NewerSchema, or ValueError where none is given."""
    schema = content.get("schema")
    if not isinstance(schema, int) or schema < 1:
        raise ValueError(f"schema {schema!r}")
    if schema > SCHEMA:
        raise NewerSchema(schema)
    for step in range(schema, SCHEMA):
        content = {**MIGRATIONS[step](content), "schema": step + 1}
    return content
