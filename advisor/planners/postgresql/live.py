"""EXPLAIN on a running PostgreSQL: its own optimizer with its own statistics. Nothing is executed, nothing is changed.

EXPLAIN of INSERT, UPDATE, DELETE and MERGE is allowed in a READ ONLY transaction as long as it does not execute
(execMain.c, standard_ExecutorStart: the check is left out with EXEC_FLAG_EXPLAIN_ONLY), on a standby too. Planning
evaluates functions that are declared IMMUTABLE, and estimates with STABLE ones: the database's own, as for any query.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Self

import msgspec

from advisor.catalog.live.dsn import Address
from advisor.model.engine import Engine
from advisor.model.plan import Plan
from advisor.model.planning import Answer, Configuration, IndexSize, Judged, PlannedBy, PlannerKind, Query
from advisor.planners.closing import Closing
from advisor.planners.errors import PlannerError
from advisor.planners.planner import PRESENT
from advisor.planners.postgresql.brief import Brief, read_brief
from advisor.planners.postgresql.explaining import plan_of
from advisor.planners.postgresql.parameters import Asked, asked
from advisor.planners.postgresql.session import Session, message
from advisor.plans.errors import PlanError

_SNAPSHOT = "take a snapshot (advisor snapshot) and plan with it"
#: Settings that change plans and nothing else: pg_settings' own category, and the memory and workers plans count on.
_SETTINGS = """
SELECT name FROM pg_settings WHERE context = 'user' AND (category LIKE 'Query Tuning%' OR name IN ('work_mem',
  'hash_mem_multiplier', 'temp_buffers', 'max_parallel_workers_per_gather', 'max_parallel_workers',
  'parallel_leader_participation', 'effective_io_concurrency', 'search_path', 'TimeZone', 'row_security'))
"""
_EXPLAIN = "EXPLAIN (FORMAT JSON)"
_VERBOSE = "EXPLAIN (FORMAT JSON, VERBOSE)"
#: Name and schema of every index, and what it is known as: a part of a partitioned index as that.
_INDEXES = """
SELECT c.relname, n.nspname, coalesce(rn.nspname, n.nspname) || '.' || coalesce(r.relname, c.relname)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_class r ON r.oid = pg_catalog.pg_partition_root(c.oid)
LEFT JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace
WHERE c.relkind IN ('i', 'I') AND n.nspname <> 'pg_toast'
"""
_NAME = "advisor_generic"


@dataclass(frozen=True)
class World:
    """What stands while a query is planned, besides what is there anyway."""

    indexes: tuple[IndexSize, ...] = ()
    names: dict[str, str] = field(default_factory=dict)
    """What plans call them, and what they shall be called."""


class LivePlanner(Closing):
    """Plans on the server behind an address."""

    kind: PlannerKind = "live"
    exactness = "the server's own optimizer with its own statistics: this is the plan it would use now"

    def __init__(self, session: Session, search_path: str | None = None) -> None:
        self.session = session
        self.search_path = search_path
        self._answers: dict[tuple[Query, Configuration], Answer] = {}
        self._settings: frozenset[str] | None = None
        self._known_as: dict[str, dict[str, str]] | None = None
        engine = Engine("postgresql", session.version)
        self._by = PlannedBy(
            planner=self.kind,
            engine="postgresql",
            version=session.version,
            production=engine,
            same_major=True,
            statistics="live",
            captured_at=datetime.now(UTC).isoformat(timespec="seconds"),
            exactness=self.exactness,
        )

    @classmethod
    def open(cls, where: Address, search_path: str | None = None) -> Self:
        """Connects; ``search_path`` in place of the role's own. Raises PlannerError."""
        session = Session(where)
        try:
            return cls(session, search_path)
        except BaseException:
            session.close()
            raise

    @property
    def planned_by(self) -> PlannedBy:
        """The server and its version."""
        return self._by

    # ------------------------------------------------------------------ asking
    def explain(self, queries: Sequence[Query], configuration: Configuration = PRESENT) -> list[Answer]:
        """EXPLAIN (FORMAT JSON) of each, without ANALYZE. Of a configuration only ``settings`` can be had.

        A query that the server refuses, or that waits for a lock longer than two seconds, has its error. Raises
        PlannerError for another configuration, and when the connection is lost.
        """
        import psycopg

        self._check(configuration)
        for query in dict.fromkeys(queries):
            if (query, configuration) in self._answers:
                continue
            try:
                self._answers[query, configuration] = self._answer(query, configuration)
            except psycopg.Error as error:
                raise self.session.failed(error) from None
        return [
            msgspec.structs.replace(self._answers[query, configuration], query=query, configuration=configuration)
            for query in queries
        ]

    def judge(self, queries: Sequence[Query], configuration: Configuration = PRESENT) -> list[Judged | None]:
        """Cost and used indexes of each query, None where it cannot be planned. Raises PlannerError as `explain` does.

        One transaction for all of them, in which each leaves no lock behind.
        """
        import psycopg

        self._check(configuration)
        found: dict[Query, Judged | None] = {}
        try:
            with self.session.transaction({**self._path(), **dict(configuration.settings)}):
                known = self._indexes()
                with self._world(configuration) as world:
                    for query in dict.fromkeys(queries):
                        found[query] = self._judged(query, world, known)
        except psycopg.Error as error:
            if self.session.lost:
                raise self.session.failed(error) from None
            raise PlannerError(f"this configuration cannot be had: {message(self.session.where, error)}") from None
        return [found[query] for query in queries]

    def _indexes(self) -> dict[str, dict[str, str]]:
        """Indexes of the database by name and schema, as they are known."""
        if self._known_as is None:
            self._known_as = {}
            for name, schema, known_as in self.session.rows(_INDEXES):
                self._known_as.setdefault(str(name), {})[str(schema)] = str(known_as)
        return self._known_as

    def _judged(self, query: Query, world: World, known: dict[str, dict[str, str]]) -> Judged | None:
        wanted = asked(query)
        places = {printed: place for place, printed in enumerate(world.names)}
        brief = None if isinstance(wanted, str) else self._brief(wanted, _EXPLAIN)
        if brief is not None and any(len(known.get(name, {})) > 1 for _, name in brief.indexes if name not in places):
            brief = None if isinstance(wanted, str) else self._brief(wanted, _VERBOSE)
        if brief is None:
            return None
        return Judged(
            cost=brief.cost,
            rows=brief.rows,
            new=frozenset(places[name] for _, name in brief.indexes if name in places),
            existing=frozenset(
                _known(known.get(name, {}), schema, name) for schema, name in brief.indexes if name not in places
            ),
        )

    def _brief(self, wanted: Asked, how: str) -> Brief | None:
        import psycopg

        try:
            with self.session.undone():
                return read_brief(self._plan_text(wanted, how))
        except psycopg.Error:
            if self.session.lost:
                raise
            return None

    def sizes(self, indexes: Sequence[str]) -> list[IndexSize]:
        """None can be told: raises PlannerError for any."""
        if indexes:
            self._check(Configuration(add=tuple(indexes)))
        return []

    def _check(self, configuration: Configuration) -> None:
        """Raises PlannerError for what this server cannot be asked."""
        at = f"PostgreSQL at {self.session.where.safe}"
        if configuration.add:
            raise PlannerError(f"{at} has no hypothetical indexes and nothing is created on it: {_SNAPSHOT}")
        if configuration.hide:
            raise PlannerError(f"{at} cannot hide an index from one session: {_SNAPSHOT}")
        self._check_rest(configuration)

    def _check_rest(self, configuration: Configuration) -> None:
        at = f"PostgreSQL at {self.session.where.safe}"
        if configuration.scale:
            raise PlannerError(f"{at} plans with the sizes it has: {_SNAPSHOT}")
        if configuration.settings:
            known = self._known_settings()
            for name, value in configuration.settings:
                if name.lower() not in known:
                    raise PlannerError(f"{name[:60]!r} is no setting of {at} that only changes plans")
                if "\0" in value:
                    raise PlannerError(f"the value of {name} holds a zero byte")

    def _known_settings(self) -> frozenset[str]:
        import psycopg

        if self._settings is None:
            try:
                with self.session.transaction():
                    self._settings = frozenset(str(row[0]).lower() for row in self.session.rows(_SETTINGS))
            except psycopg.Error as error:
                raise self.session.failed(error) from None
        return self._settings

    def _answer(self, query: Query, configuration: Configuration) -> Answer:
        import psycopg

        blank = Answer(query=query, configuration=configuration, planned_by=self._by)
        wanted = asked(query)
        if isinstance(wanted, str):
            return msgspec.structs.replace(blank, error=wanted)
        settings = {**self._path(), **dict(configuration.settings)}
        try:
            with self.session.transaction(settings), self._world(configuration) as world:
                text = self._plan_text(wanted)
        except psycopg.Error as error:
            if self.session.lost:
                raise
            return msgspec.structs.replace(blank, error=message(self.session.where, error))
        for printed, name in world.names.items():
            text = text.replace(printed, name)
        try:
            plan = plan_of(text)
        except PlanError as error:
            return msgspec.structs.replace(blank, error=str(error))
        plan.query = query.sql
        plan.engine = Engine("postgresql", self.session.version)
        answer = msgspec.structs.replace(
            blank, plan=plan, cost=plan.root.cost_total, rows=plan.root.rows_estimated, notes=wanted.notes
        )
        return self._finished(answer, plan, world)

    def _path(self) -> dict[str, str]:
        return {} if self.search_path is None else {"search_path": self.search_path}

    def _world(self, configuration: Configuration) -> AbstractContextManager[World]:
        """Makes what a configuration adds, inside a transaction, and takes it away again."""
        return nullcontext(World())

    def _finished(self, answer: Answer, plan: Plan, world: World) -> Answer:
        """The answer with what is to be said of the world it was planned in."""
        return answer

    def _plan_text(self, wanted: Asked, how: str = _EXPLAIN) -> str:
        """The plan as printed. Inside a transaction."""
        import psycopg

        sql = wanted.sql.decode("utf-8")
        if not wanted.generic:
            return self.session.text(f"{how} {sql}", wanted.values)
        self.session.rows(f"PREPARE {_NAME} AS {sql}")
        try:
            with self.session.savepoint():
                self.session.rows("SELECT set_config('plan_cache_mode', 'force_generic_plan', true)")
                values = f"({', '.join(['NULL'] * wanted.parameter_count)})" if wanted.parameter_count else ""
                return self.session.text(f"{how} EXECUTE {_NAME}{values}")
        finally:
            if not self.session.lost:
                try:
                    self.session.rows(f"DEALLOCATE {_NAME}")
                except psycopg.Error:
                    self.session.close()

    # ------------------------------------------------------------------ ending
    def close(self) -> None:
        """Ends the session."""
        self.session.close()


def _known(schemas: dict[str, str], schema: str | None, name: str) -> str:
    """``schema.index`` of a name in a plan."""
    if schema is None and len(schemas) == 1:
        return next(iter(schemas.values()))
    return schemas.get(schema or "", f"{schema}.{name}" if schema else name)
