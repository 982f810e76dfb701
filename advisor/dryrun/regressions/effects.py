"""A migration run on an empty copy, statement by statement: which indexes came and went, which tables changed."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

from advisor.dryrun.regressions.state import Column, Relation, State, read
from advisor.model.limits import LIMITS
from advisor.model.migration import MigrationStatement, Script
from advisor.model.migration_limits import MIGRATION
from advisor.planners.errors import PlannerError
from advisor.planners.postgresql.cluster import Cluster
from advisor.planners.postgresql.protocol import words
from advisor.planners.postgresql.schema import one as run_one

if TYPE_CHECKING:
    import psycopg

#: What changes no plan but by its rows; a trigger's DDL would be seen with the next statement.
_QUIET = re.compile(r"\s*(?:insert|update|delete|set|reset|comment|grant|revoke|analyze|show)\b", re.IGNORECASE)

_PACKS = re.compile(r"\s*(?:vacuum|cluster)\b", re.IGNORECASE)
_WRITES = re.compile(r"\s*(?:insert|update|delete)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Effect:
    """What one statement changed of what plans depend on."""

    position: int
    """Among all statements of the run, from 0."""
    created: tuple[Relation, ...] = ()
    """Indexes."""
    dropped: tuple[Relation, ...] = ()
    """Indexes, as they were before it."""
    touched: frozenset[int] = frozenset()
    """Tables and views that were there and changed otherwise: columns, names, files, checks; or were dropped. A column
    that is only added changes no plan."""
    widened: frozenset[int] = frozenset()
    """Tables that got columns, and nothing else."""
    altered: dict[int, tuple[str, ...]] = field(default_factory=dict)
    """By table that was there: its own name and the columns that are named, typed or bound otherwise, or are gone."""
    rewrote: frozenset[int] = frozenset()
    """Tables that have other files after it."""
    references: frozenset[int] = frozenset()
    """Foreign keys that it makes."""
    others: bool = False
    """Functions, operators or statistics objects that were there changed."""

    @property
    def any(self) -> bool:
        """It did something."""
        return bool(self.created or self.dropped or self.touched or self.widened or self.references or self.others)


@dataclass(frozen=True, slots=True)
class Ran:
    """A migration that was run."""

    before: State
    after: State
    effects: tuple[Effect, ...]
    """Of statements that changed something, in order."""
    notes: tuple[str, ...]
    rewrites: dict[int, dict[int, Column]] = field(default_factory=dict)
    """By table that a statement rewrote: its columns right after the last time. Those dropped later keep their room."""
    writing: dict[int, dict[int, dict[int, Column]]] = field(default_factory=dict)
    """By position of a statement that writes rows: the columns of every table then."""

    bulk: frozenset[int] = frozenset()
    """Positions of statements that write new tables in bulk: they take room ahead of need from 16 on."""

    taken: dict[tuple[str, str], int] = field(default_factory=dict)
    """By schema and name: the last statement that made a table or view, or renamed one, to that name."""

    def stands_in(self, oid: int) -> int | None:
        """The statement that gave the name of a table that is gone or renamed to another one: from there on statements
        read that."""
        one = self.before.relations.get(oid)
        then = self.after.relations.get(oid)
        return None if one is None or (then is not None and then.key == one.key) else self.taken.get(one.key)

    def rewritten_at(self, oid: int) -> int:
        """The last statement that gave a table other files; -1: none did."""
        return max((one.position for one in self.effects if oid in one.rewrote), default=-1)


def run(scripts: Sequence[Script], cluster: Cluster, connection: psycopg.Connection[Any]) -> Ran:
    """Runs every statement on the copy, in its transactions; one that fails is left out and named.

    ``connection`` is the owner's, in autocommit mode. Raises PlannerError where the copy's server is lost, or the time
    (`MIGRATION.replan_run_seconds`) is over.
    """
    import psycopg

    statements = [one for script in scripts for one in script.statements]
    with cluster.limit(connection, MIGRATION.replan_run_seconds):
        try:
            connection.execute(f"SET statement_timeout = '{LIMITS.shadow_statement_seconds}s'".encode())
            before = read(connection)
            now = before
            effects: list[Effect] = []
            notes: list[str] = []
            rewrites: dict[int, dict[int, Column]] = {}
            writing: dict[int, dict[int, dict[int, Column]]] = {}
            taken: dict[tuple[str, str], int] = {}
            looked = time.monotonic() + MIGRATION.replan_looking_seconds
            for position, statement, error in _run(scripts, connection):
                if error is not None:
                    notes.append(_failed(statement, error))
                elif _WRITES.match(statement.sql):
                    writing[position] = now.columns
                elif not _QUIET.match(statement.sql) and time.monotonic() < looked:
                    then = _remembered(read(connection), now)
                    effect = difference(position, now, then)
                    if effect.any:
                        effects.append(effect)
                    taken |= dict.fromkeys(_names(then) - _names(now), position)
                    rewrites |= {oid: then.columns.get(oid, {}) for oid in effect.rewrote}
                    now = then
            after = _remembered(read(connection), now)
            if after != now or any(one.open_ended for one in statements):
                # A transaction that was rolled back at its end, or too much to look at.
                effects = _kept(effects, before, after)
                rest = difference(len(statements) - 1, now if effects else before, after)
                effects += [rest] if rest.any and (not effects or time.monotonic() >= looked) else []
        except psycopg.Error as error:
            raise PlannerError(f"the migration could not be followed on a copy: {words(error)}") from None
    bulk = frozenset(position for position, one in enumerate(statements) if not _PACKS.match(one.sql))
    return Ran(before, after, tuple(effects), tuple(notes), rewrites, writing, bulk, taken)


def _remembered(state: State, before: State) -> State:
    """With what columns were added with: a rewrite writes it into the rows, and the catalog forgets it."""
    for oid, columns in state.columns.items():
        known = before.columns.get(oid, {})
        for number, column in columns.items():
            was = known.get(number)
            if column.missing is None and was is not None and was.missing is not None and was.type == column.type:
                columns[number] = replace(column, missing=was.missing)
    return state


def difference(position: int, before: State, after: State) -> Effect:
    """What became of one state."""
    old, new = before.relations, after.relations
    created = [one for oid, one in new.items() if one.kind in "iI" and _another(old.get(oid), one)]
    dropped = [one for oid, one in old.items() if one.kind in "iI" and _another(new.get(oid), one)]
    tables = [oid for oid, one in old.items() if one.kind not in "iI"]
    widened = {oid for oid in tables if oid in new and _only_widened(before, after, oid)}
    touched = {oid for oid in tables if _whole(before, oid) != _whole(after, oid)} - widened
    others = not before.others <= after.others
    known = {one.oid for one in before.references}
    return Effect(
        position,
        tuple(created),
        tuple(dropped),
        frozenset(touched),
        frozenset(widened),
        {oid: _altered(before, after, oid) for oid in touched},
        frozenset(oid for oid in tables if oid in new and new[oid].file != old[oid].file),
        frozenset(one.oid for one in after.references if one.oid not in known),
        others,
    )


def _names(state: State) -> set[tuple[str, str]]:
    return {one.key for one in state.relations.values() if one.kind not in "iI"}


def _altered(before: State, after: State, oid: int) -> tuple[str, ...]:
    one, then = before.relations[oid], after.relations.get(oid)
    old, new = before.columns.get(oid, {}), after.columns.get(oid, {})
    names = [column.name for number, column in old.items() if new.get(number) != column]
    return (*names, one.name) if then is None or then.key != one.key else tuple(names)


def _only_widened(before: State, after: State, oid: int) -> bool:
    old, new = before.columns.get(oid, {}), after.columns.get(oid, {})
    same = _plain(before.relations[oid]) == _plain(after.relations[oid])
    return same and len(new) > len(old) and all(new.get(number) == column for number, column in old.items())


def _another(other: Relation | None, one: Relation) -> bool:
    """Is it not there, or another index under the same OID? A new name is no other index."""
    return other is None or other.valid != one.valid


def _plain(one: Relation) -> tuple[Any, ...]:
    return one.schema, one.name, one.kind, one.file, one.parent, one.told


def _kept(effects: Sequence[Effect], before: State, after: State) -> list[Effect]:
    """Effects whose outcome stands at the end, where a later rollback undid others."""
    old, new = before.relations, after.relations
    kept = [
        replace(
            effect,
            created=tuple(one for one in effect.created if one.oid in new and _another(old.get(one.oid), one)),
            dropped=tuple(one for one in effect.dropped if _another(new.get(one.oid), one)),
            touched=frozenset(oid for oid in effect.touched if _whole(before, oid) != _whole(after, oid)),
            widened=frozenset(oid for oid in effect.widened if _whole(before, oid) != _whole(after, oid)),
        )
        for effect in effects
    ]
    return [effect for effect in kept if effect.any]


def _whole(state: State, oid: int) -> tuple[Any, ...] | None:
    one = state.relations.get(oid)
    return None if one is None else (*_plain(one), state.columns.get(oid))


def _run(
    scripts: Sequence[Script], connection: psycopg.Connection[Any]
) -> Iterator[tuple[int, MigrationStatement, str | None]]:
    """Each statement after it ran, with the server's words where it was refused."""
    position = -1
    for script in scripts:
        for transaction, group in groupby(script.statements, key=lambda one: one.transaction):
            inside = transaction is not None
            if inside:
                connection.execute(b"BEGIN")
            ends = True
            for statement in group:
                position += 1
                ends = ends and not statement.open_ended
                yield position, statement, _one(connection, statement.sql, inside)
            if inside:
                _end(connection, commit=ends)


def _one(connection: psycopg.Connection[Any], statement: str, inside: bool) -> str | None:
    import psycopg

    if inside:
        connection.execute(b"SAVEPOINT advisor_step")
    error = run_one(connection, statement)
    if inside:
        with contextlib.suppress(psycopg.errors.InvalidSavepointSpecification):
            if error is not None:
                connection.execute(b"ROLLBACK TO SAVEPOINT advisor_step")
            connection.execute(b"RELEASE SAVEPOINT advisor_step")
    return error


def _end(connection: psycopg.Connection[Any], *, commit: bool) -> None:
    import psycopg

    try:
        connection.execute(b"COMMIT" if commit else b"ROLLBACK")
    except psycopg.Error:  # a deferred constraint
        if connection.closed or connection.broken:
            raise
        with contextlib.suppress(psycopg.Error):
            connection.execute(b"ROLLBACK")


def _failed(statement: MigrationStatement, error: str) -> str:
    from advisor.fingerprint import without_values

    said = without_values(error, statement.sql, "postgresql")
    return f"{statement.file}:{statement.line}: not carried into the plans: it fails on an empty copy: {said}"
