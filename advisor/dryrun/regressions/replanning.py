"""The workload planned before and after a migration: every shape whose plan gets worse, and the statement behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from advisor.model.check import MadeIndex, Regressed
from advisor.model.finding import Location
from advisor.model.migration import Foretold, MigrationStatement, Script
from advisor.model.snapshot import Snapshot
from advisor.recommend.workload import Statement

if TYPE_CHECKING:
    from advisor.dryrun.postgresql.copy import Copy


class Unplanned(msgspec.Struct, frozen=True, kw_only=True):
    """A shape that nothing was learnt of."""

    fingerprint: str
    why: str


class UnindexedReference(msgspec.Struct, frozen=True, kw_only=True):
    """A new foreign key whose referencing columns no index begins with."""

    table: str
    columns: tuple[str, ...]
    parent: str
    name: str
    cause: Location
    parents_go: tuple[str, ...]
    """Fingerprints of shapes that delete rows of the parent, or renumber them: each reads the whole table for every
    row."""


class Replanned(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the workload."""

    regressions: tuple[Regressed, ...] = ()
    """What weighs most first; a shape once, with the values for which it gets worst."""
    failing: tuple[Regressed, ...] = ()
    """Shapes that are planned before and cannot be afterwards: ``error`` says why."""
    planned: int = 0
    """Shapes that were planned before and after."""
    unplanned: tuple[Unplanned, ...] = ()
    indexes: tuple[MadeIndex, ...] = ()
    """Those that it makes and leaves on tables that were there, without those of keys and exclusion constraints.
    ``used`` is None, too, of one that serves a foreign key."""
    references: tuple[UnindexedReference, ...] = ()
    written_rows: dict[int, float] = {}
    """Rows that the migration's own INSERT, UPDATE, DELETE and MERGE write, as the planner takes it, by the position of
    the statement among all of the run."""
    notes: tuple[str, ...] = ()
    """What was not carried over, and why nothing was planned."""


def replan(
    scripts: Sequence[Script],
    foretold: Foretold | None,
    snapshot: Snapshot,
    workload: Sequence[Statement],
    *,
    copy: Copy | None = None,
) -> Replanned:
    """Plans every known execution of every statement of the workload before and after the migrations.

    PostgreSQL: the migrations run on ``copy``, an empty copy of the snapshot's schema (None: one is opened), and
    production's statistics are carried over to what they leave. SQLite, and MariaDB where its server is installed: what
    the migrations do to indexes alone, by ``foretold``. Raises PlannerError where no planner can run here.
    """
    engine = snapshot.header.engine.name
    own = [one for one in workload if one.engine == engine]
    if engine == "postgresql":
        from advisor.dryrun.regressions.postgresql import replanned

        return replanned(scripts, snapshot, own, copy)
    if engine in ("sqlite", "mariadb"):
        from advisor.dryrun.regressions.declared import replanned as by_text

        return by_text(scripts, foretold, snapshot, own)
    return Replanned(
        unplanned=tuple(Unplanned(fingerprint=one.fingerprint, why=_MYSQL) for one in own),
        notes=(f"the workload is not planned again: {_MYSQL}",),
    )


_MYSQL = "no MySQL server comes with this product, and MariaDB's optimizer is another one"


def statements_of(scripts: Sequence[Script]) -> list[MigrationStatement]:
    """All statements of a run, in order: positions count from 0 here."""
    return [one for script in scripts for one in script.statements]


def location(statements: Sequence[MigrationStatement], position: int) -> Location:
    """Where a statement stands."""
    one = statements[position]
    return Location(one.file, one.line)
