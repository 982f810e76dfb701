"""Indexes that do not exist, on a shadow: made for real, invalid, and switched on in transactions that are rolled back.

A configuration is such a transaction: its own indexes are valid in it, hidden ones are not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from advisor.planners.errors import PlannerError
from advisor.planners.hypothetical import parse, quoted
from advisor.planners.postgresql.creating import TOGGLE, Batch, Made, settle, words
from advisor.planners.postgresql.protocol import rows

if TYPE_CHECKING:
    import psycopg

    from advisor.planners.postgresql.shadow import Shadow

_EXISTING = """
SELECT array(SELECT p.relid::oid::int8 FROM pg_catalog.pg_partition_tree(c.oid) p UNION SELECT c.oid::int8),
       (SELECT pg_catalog.format('%s of %s', k.conname, k.conrelid::regclass) FROM pg_catalog.pg_constraint k
        WHERE k.conindid = c.oid AND k.contype IN ('p', 'u', 'x') LIMIT 1),
       EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = c.oid AND k.contype = 'f')
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid = pg_catalog.to_regclass($1) AND c.relkind IN ('i', 'I') AND n.nspname <> 'pg_catalog'
"""


@dataclass(frozen=True)
class World:
    """What a configuration means on this shadow."""

    shown: tuple[int, ...] = ()
    hidden: tuple[int, ...] = ()
    settings: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()


class WhatIf:
    """The hypothetical indexes of one shadow."""

    def __init__(self, shadow: Shadow, seconds: float = 10.0) -> None:
        """``seconds`` bound each CREATE INDEX."""
        self.shadow = shadow
        self.seconds = seconds
        self.made: dict[str, Made] = {}
        """By canonical definition."""

    def prepare(self, texts: Sequence[str]) -> list[Made]:
        """These indexes, in order; new ones are made together. Raises PlannerError for one that cannot be."""
        definitions = [parse(text) for text in texts]
        wanted = {each.statement(): each for each in definitions}
        new = [each for key, each in wanted.items() if key not in self.made]
        if new:
            self.made |= Batch(self.shadow, self.seconds).make(new)
        return [self.made[each.statement()] for each in definitions]

    def world(
        self,
        connection: psycopg.Connection[Any],
        add: Sequence[str],
        hide: Sequence[str],
        settings: Sequence[tuple[str, str]] = (),
    ) -> tuple[World, list[Made]]:
        """What to switch for a configuration. Raises PlannerError for an index that cannot be made, or is not there."""
        made = self.prepare(add)
        notes = [note for each in made for note in each.notes]
        hidden: list[int] = []
        for name in hide:
            found, said = _existing(connection, name)
            hidden += found
            notes += said
        shown = tuple(dict.fromkeys(oid for each in made for oid in each.oids))
        return World(shown, tuple(dict.fromkeys(hidden)), tuple(settings), tuple(notes)), made


@contextmanager
def entered(connection: psycopg.Connection[Any], world: World, seconds: float) -> Iterator[None]:
    """A transaction in which the world is as configured; rolled back at its end. Raises PlannerError."""
    import psycopg

    settings = {"statement_timeout": f"{int(seconds * 1000)}ms", **dict(world.settings)}
    connection.execute(b"BEGIN")
    try:
        try:
            settle(connection, settings)
            if world.shown or world.hidden:
                oids = [*world.shown, *world.hidden]
                rows(connection, TOGGLE, oids, [True] * len(world.shown) + [False] * len(world.hidden))
        except psycopg.Error as error:
            raise PlannerError(f"this configuration cannot be had: {words(error)}") from None
        yield
    finally:
        if not connection.closed:
            try:
                connection.execute(b"ROLLBACK")
            except psycopg.Error:
                connection.close()


def _existing(connection: psycopg.Connection[Any], name: str) -> tuple[list[int], list[str]]:
    """OIDs of an existing index with its partitions, and what hiding it changes besides."""
    import psycopg

    found: list[tuple[Any, ...]] = []
    spellings = [name] if '"' in name else [".".join(quoted(part) for part in name.split(".", 1)), quoted(name)]
    for spelling in dict.fromkeys(spellings):
        try:
            found = rows(connection, _EXISTING, spelling)
        except psycopg.Error as error:
            raise PlannerError(f"index {name[:80]!r} to hide: {words(error)}") from None
        if found:
            break
    if not found:
        raise PlannerError(f"there is no index {' '.join(name.split())[:80]!r} to hide; write schema.index")
    if len(found) > 1:
        raise PlannerError(f"index {name[:80]!r} to hide: operators of the schema stand in front of the system's")
    ((oids, constraint, referenced),) = found
    notes = []
    if constraint:
        notes.append(
            f"{name} backs the constraint {constraint}: without it the planner no longer knows that its keys are unique"
            + (", and a foreign key refers to it" if referenced else "")
        )
    return list(oids), notes
