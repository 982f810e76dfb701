"""Statements of a run by their place."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.model.migration import Script


def numbers(scripts: Sequence[Script]) -> dict[tuple[str, int], int]:
    """Number of each statement, from 0 over all scripts, by file and line. Of several on one line the first."""
    found: dict[tuple[str, int], int] = {}
    for number, statement in enumerate(one for script in scripts for one in script.statements):
        found.setdefault((statement.file, statement.line), number)
    return found
