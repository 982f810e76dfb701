"""What takes the place of a repeated statement, and how far it was checked."""

from __future__ import annotations

from typing import Literal

import msgspec

BatchForm = Literal["list", "group", "distinct", "numbered", "lateral", "values", "rows", "upsert", "once"]
"""How the one statement asks for all keys: a list of keys; grouped by key; the keys that have rows; rows numbered
within their key; a lateral subquery for each key; a join with rows of new values; rows to insert; rows inserted where
they are missing; or no batch at all, because the same question needs to be asked once."""


class Batched(msgspec.Struct, frozen=True, kw_only=True):
    """One statement in place of N. ``sql`` None: there is none, and ``why_not`` says why."""

    sql: str | None = None
    """The batched statement, its values as ``$1`` (PostgreSQL), ``%s`` (MySQL, MariaDB) or ``?`` (SQLite)."""
    form: BatchForm | None = None
    key: tuple[str, ...] = ()
    """Columns that tell the loop's turns apart: rows of the answer are grouped by them in the application."""
    parameters: tuple[str, ...] = ()
    """What each value of ``sql`` is, in order; a repeated list is told once."""
    join_sql: str | None = None
    """The same with the parent's own text in place of a list of keys: nothing has to be sent back and forth."""
    join_note: str | None = None
    """What ``join_sql`` gives, or why there is none."""
    notes: tuple[str, ...] = ()
    """What the application has to know: keys without rows, order, conditions that must hold."""
    checked: str | None = None
    """In words, against what the batch was run, or why it was not."""
    verified: bool = False
    """It gave the same as the loop on every generated database. Never true where one differed."""
    join_verified: bool = False
    """The same of ``join_sql``."""
    why_not: str | None = None
    """Why there is no batch: it cannot be made, or it gave something else than the loop."""
