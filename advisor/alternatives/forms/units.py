"""The steps of an alternative as migrations: what one file of a tool holds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from advisor.alternatives.clauses import tokens_of
from advisor.model.check import Alternative, Step

_LIMIT = re.compile(
    r"SET\s+(?:LOCAL\s+|SESSION\s+)?lock_timeout\s*(?:=|\bTO\b)\s*('[^']*'|\w+)\s*;?\s*\Z", re.IGNORECASE
)
_AGAIN = re.compile(r"(?:both )?again and again\b")
#: Of statements that may run in a transaction, unless they say CONCURRENTLY.
_INSIDE = frozenset(
    {
        ("ALTER", "TABLE"), ("ALTER", "INDEX"), ("ALTER", "DOMAIN"), ("ALTER", "SEQUENCE"), ("ALTER", "VIEW"),
        ("CREATE", "TABLE"), ("CREATE", "SEQUENCE"), ("CREATE", "FUNCTION"), ("CREATE", "OR"), ("CREATE", "TRIGGER"),
        ("CREATE", "INDEX"), ("CREATE", "UNIQUE"), ("CREATE", "VIEW"), ("CREATE", "STATISTICS"), ("CREATE", "RULE"),
        ("DROP", "TABLE"), ("DROP", "INDEX"), ("DROP", "SEQUENCE"), ("DROP", "FUNCTION"), ("DROP", "TRIGGER"),
        ("DROP", "VIEW"), ("DROP", "RULE"), ("COMMENT", "ON"),
    }
)  # fmt: skip
_ROWS = frozenset({"UPDATE", "DELETE", "INSERT", "WITH", "SET", "SELECT", "LOCK", "TRUNCATE", "ANALYZE"})


@dataclass(frozen=True, slots=True)
class Unit:
    """One migration."""

    sql: tuple[str, ...]
    """Without semicolons at their ends."""
    how: Literal["together", "alone", "either"]
    """In one transaction; outside of any; one statement that may run either way."""
    note: str = ""
    batches: bool = False
    """Its statement runs again and again, each time committed, until it writes no row."""

    @property
    def inside(self) -> bool:
        """A transaction of the tool's is right, or no harm."""
        return self.how != "alone"


@dataclass(frozen=True, slots=True)
class Told:
    """A step that is for a person: it is no migration."""

    sql: str
    note: str


def units(alternative: Alternative) -> list[Unit | Told] | None:
    """In order; None: a step cannot be a migration of any tool.

    A limit on waiting for locks holds for its statement alone: a tool runs what follows in the same session, and
    CREATE INDEX CONCURRENTLY, which waits for every transaction that is open, would give up and leave
    its index INVALID.
    """
    found: list[Unit | Told] = []
    for step in alternative.steps:
        made = _of(step)
        if made is None:
            return None
        found += made
    return found


def _of(step: Step) -> Sequence[Unit | Told] | None:
    sql = tuple(text.strip().rstrip(";").rstrip() for text in step.sql)
    if not sql:
        return None
    limit = _LIMIT.match(sql[0])
    if step.transaction:
        if limit is not None:
            sql = (f"SET LOCAL lock_timeout = {limit[1]}", *sql[1:])
        return [Unit(sql, "together", step.note)]
    if _AGAIN.match(step.note):
        return [Unit(sql, "alone", step.note, batches=True)] if len(sql) == 1 else None
    if limit is None and len(sql) == 1 and _query(sql[0]):
        return [Told(sql[0], step.note)]
    found: list[Unit | Told] = []
    for number, one in enumerate(sql[1:] if limit is not None else sql):
        note = step.note if number == 0 else ""
        if not _may_be_inside(one):
            whole = (one,) if limit is None else (f"SET lock_timeout = {limit[1]}", one, "RESET lock_timeout")
            found.append(Unit(whole, "alone", note))
        elif limit is not None:
            found.append(Unit((f"SET LOCAL lock_timeout = {limit[1]}", one), "together", note))
        else:
            found.append(Unit((one,), "either", note))
    return found


def _query(sql: str) -> bool:
    return [token.upper for token in tokens_of(sql, "postgresql")][:1] == ["SELECT"]


def _may_be_inside(sql: str) -> bool:
    words = [token.upper for token in tokens_of(sql, "postgresql")]
    if words[:3] == ["REFRESH", "MATERIALIZED", "VIEW"]:
        return True
    if "CONCURRENTLY" in words:
        return False
    return tuple(words[:2]) in _INSIDE or (bool(words) and words[0] in _ROWS)


def is_limit(sql: str) -> bool:
    """``SET LOCAL lock_timeout`` and its like: it belongs to the statement that follows."""
    return _LIMIT.match(sql) is not None or sql.upper() == "RESET LOCK_TIMEOUT"
