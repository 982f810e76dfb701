"""Pieces that the files of several tools are made of."""

from __future__ import annotations

import re
from collections.abc import Iterable

from advisor.alternatives.forms.units import Unit

#: Seconds between two batches: replicas and autovacuum keep up.
PAUSE = 0.1
#: PostgreSQL from which on a DO block may commit.
COMMITS = 11
_BLANK = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def comment(text: str, mark: str = "--") -> str:
    """One line that no text can leave; empty for an empty text."""
    words = _BLANK.sub(" ", text).strip()
    return f"{mark} {words}\n" if words else ""


def ended(sql: Iterable[str]) -> str:
    """Statements with semicolons, one below the other."""
    return "".join(f"{one};\n" for one in sql)


def wrapped(sql: Iterable[str]) -> str:
    """Statements in a transaction of their own."""
    return f"BEGIN;\n{ended(sql)}COMMIT;\n"


def compound(sql: str) -> bool:
    """Does a semicolon stand within it, at which simple readers would cut?"""
    return ";" in sql


def note_of(unit: Unit) -> str:
    """What the reader of a file must know of its step."""
    note = "in batches, each committed" if unit.batches else unit.note
    if any(":value" in one for one in unit.sql):
        note += f"{'; ' if note else ''}put the value for these rows in place of :value"
    return note


def statements(unit: Unit) -> tuple[str, ...]:
    """As a client sends them once: batches as a DO block that commits each (from PostgreSQL 11 on)."""
    return (_looped(unit.sql[0]),) if unit.batches else unit.sql


def _looped(sql: str) -> str:
    tag, number = "$batches$", 1
    while tag in sql:
        tag, number = f"$batches{number}$", number + 1
    # A column may be called `found`.
    inner = "\n".join(f"    {line}" for line in sql.split("\n")) if _plain(sql) else f"    {sql}"
    return (
        f"DO {tag}\n#variable_conflict use_column\nBEGIN\n  LOOP\n{inner};\n"
        f"    EXIT WHEN NOT found;\n    COMMIT;\n    PERFORM pg_sleep({PAUSE});\n  END LOOP;\nEND\n{tag}"
    )


def _plain(sql: str) -> bool:
    """No string could hold the line ends that are indented."""
    return "'" not in sql and '"' not in sql and "$" not in sql
