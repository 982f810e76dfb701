"""Counting rows while they are fetched."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Count:
    """Rows fetched of a cursor's result."""

    def __init__(self) -> None:
        self.rows: list[int] = [0]

    def begin(self) -> list[int]:
        """A new result: gives the list whose only number grows."""
        self.rows = [0]
        return self.rows


class Fetched(Count):
    """The three fetching methods of a cursor, counted."""

    def __init__(self, one: Callable[..., Any], many: Callable[..., Any], every: Callable[..., Any]) -> None:
        super().__init__()
        self._one, self._many, self._every = one, many, every

    def fetchone(self, *given: Any, **named: Any) -> Any:
        row = self._one(*given, **named)
        self.rows[0] += row is not None
        return row

    def fetchmany(self, *given: Any, **named: Any) -> Any:
        rows = self._many(*given, **named)
        self.rows[0] += len(rows)
        return rows

    def fetchall(self, *given: Any, **named: Any) -> Any:
        rows = self._every(*given, **named)
        self.rows[0] += len(rows)
        return rows
