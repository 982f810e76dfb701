"""A PostgreSQL plan in PostgreSQL's own words: what `EXPLAIN (FORMAT JSON)` prints, whatever format it came in.

The readers of text, JSON, YAML and XML all make this; `interpret` makes a `Plan` of it; `render` prints it in any of
the four.
Keys and types of values are those of the JSON format of the same server version ("Actual Rows", "Sort Key": [..],
"Workers": [{"Worker Number": 0, ..}], "Peak Memory Usage": int). A key that the format did not print is absent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from advisor.model.plan import PlanFormat, PlanWarning


@dataclass(slots=True)
class DocumentNode:
    """One node: its keys without "Plans"."""

    keys: dict[str, Any]
    children: list[DocumentNode] = field(default_factory=list)
    line: int = 0
    """Of the input, from 1."""


@dataclass(slots=True)
class Document:
    """One plan. ``keys`` are those beside "Plan": "Planning Time", "Execution Time", "Planning": {..}, "JIT": {..},
    "Triggers": [..], "Settings": {..}, "Query Text", "Query Parameters", "Query Identifier", "Serialization": {..}."""

    root: DocumentNode
    keys: dict[str, Any]
    format: PlanFormat
    line: int = 0
    query: str | None = None
    """The statement that stood beside the plan (Excerpt.query), when the document has no "Query Text"."""
    warnings: list[PlanWarning] = field(default_factory=list)
    wording: int | None = None
    """The last major version that words a text as this one is, where that tells: 10 (`Planning time`), 12 (`Worker 0: `
    before its figures, with one blank; how a worker sorted on a line of its own)."""
