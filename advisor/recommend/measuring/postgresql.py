"""A staging copy that runs PostgreSQL: indexes built for the time of a run, and taken away within transactions.

The state without an index is had by ``BEGIN; DROP INDEX ...; <measure>; ROLLBACK``: DROP INDEX is transactional, so an
index of many gigabytes is away and back in a moment, and no superuser is needed. The transaction turns READ ONLY after
the DROP and before the first statement of the workload; it can never turn back.

Executions are timed by the server, EXPLAIN (ANALYZE, TIMING OFF, BUFFERS): its Execution Time is without the network
and without the clock calls of every row that TIMING ON costs, and the plan that ran comes with it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Self

from advisor.catalog.live.dsn import Address
from advisor.catalog.live.postgresql_connection import connect
from advisor.fingerprint import without_values
from advisor.model.engine import Engine
from advisor.model.indexing import IndexDefinition
from advisor.planners.closing import Closing
from advisor.planners.hypothetical import quoted
from advisor.planners.postgresql import protocol
from advisor.recommend.definition import on_text
from advisor.recommend.measuring import leftovers, postgresql_checks
from advisor.recommend.measuring.ending import uninterrupted
from advisor.recommend.measuring.errors import MeasuringError
from advisor.recommend.measuring.postgresql_world import PostgresqlWorld
from advisor.recommend.measuring.staging import PREFIX, Built, Progress

if TYPE_CHECKING:
    import psycopg

#: Ours is a copy: whoever holds a lock for longer is in the middle of something.
_LOCK_SECONDS = 10
_SESSION = (
    f"SET lock_timeout = '{_LOCK_SECONDS}s'",
    "SET statement_timeout = 0",
    "SET idle_in_transaction_session_timeout = '10min'",
)
_SIZE = """
SELECT n.nspname::text, CASE c.relkind WHEN 'i' THEN pg_relation_size(c.oid) ELSE
  (SELECT sum(pg_relation_size(relid))::int8 FROM pg_partition_tree(c.oid) WHERE isleaf) END
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relname = $1::text AND c.relkind IN ('i', 'I')
"""


class PostgresqlStaging(Closing):
    """One database of a server."""

    def __init__(self, where: Address, connection: psycopg.Connection[Any]) -> None:
        self.where = where
        self.connection = connection
        self.engine = Engine("postgresql", connection.info.parameter_status("server_version"))
        self.origin = where.safe
        self.built: list[Built] = []
        self.notes: list[str] = []
        self.run_name = leftovers.new_run()
        self._begun = False
        self._backend = connection.info.backend_pid

    @classmethod
    def open(cls, where: Address, *, allow_writers: bool) -> Self:
        """Connects and looks around. Raises MeasuringError."""
        import psycopg

        try:
            connection = connect(where, prepare_threshold=None)
        except (psycopg.Error, UnicodeError) as error:
            raise MeasuringError(f"--measure {where.safe}: {where.clean(str(error))}") from None
        try:
            for setting in _SESSION:
                connection.execute(setting.encode())
            if connection.info.server_version >= 140000:  # a run that was killed does not go on building
                connection.execute(b"SET client_connection_check_interval = '5s'")
            if postgresql_checks.replica(connection):
                raise MeasuringError(
                    f"--measure {where.safe}: it is a replica, where nothing can be built; name another copy"
                )
            signs = [] if allow_writers else postgresql_checks.signs_of_production(connection)
            if signs:
                raise MeasuringError(
                    f"--measure {where.safe}: it looks like a server in use ({'; '.join(signs)}); building indexes and "
                    "locking tables there stops others. Name a staging copy, or say that writers are allowed"
                )
            staging = cls(where, connection)
            staging.notes += leftovers.clear_postgresql(connection)
            protocol.rows(connection, "SELECT pg_advisory_lock($1::int8)", leftovers.lock_number(staging.run_name))
            return staging
        except psycopg.Error as error:
            connection.close()
            raise MeasuringError(f"--measure {where.safe}: {where.clean(str(error))}") from None
        except BaseException:
            connection.close()
            raise

    # ------------------------------------------------------------------ building
    def build(self, definitions: Sequence[IndexDefinition], progress: Progress, deadline: float | None) -> None:
        """Builds them one by one, each with its comment in one transaction."""
        import psycopg

        self.notes += postgresql_checks.untended(self.connection, [_on(index.table) for index in definitions])
        analysed: set[str] = set()
        for number, index in enumerate(definitions):
            progress(f"building index {number + 1} of {len(definitions)}", number / len(definitions))
            name = f"{PREFIX}{self.run_name}_{len(self.built)}"
            if deadline is not None and time.monotonic() > deadline:
                self.built.append(Built(index, name, error="no time was left to build it"))
                continue
            try:
                self.built.append(self._build(index, name))
            except psycopg.Error as error:
                if self.connection.closed:
                    raise MeasuringError(f"--measure {self.origin}: {self.where.clean(str(error))}") from None
                said = self.where.clean(error.diag.message_primary or str(error))
                self.built.append(Built(index, name, error=without_values(said, on_text(index), "postgresql")))
            else:
                if any(key.expression is not None for key in index.keys):
                    analysed.add(index.table)
        for table in sorted(analysed):  # statistics of an expression are gathered with the table's
            with suppress(psycopg.Error):
                protocol.rows(self.connection, f"ANALYZE {_on(table)}")

    def _build(self, index: IndexDefinition, name: str) -> Built:
        unique = "UNIQUE " if index.unique else ""
        start = time.monotonic()
        self._begun = True
        with self.connection.transaction():
            protocol.rows(self.connection, f"CREATE {unique}INDEX {quoted(name)} {on_text(index)}")
            seconds = time.monotonic() - start
            (owner, size) = protocol.row(
                self.connection,
                _SIZE,
                name,
            )
            comment = leftovers.comment(self.run_name)
            protocol.rows(self.connection, f"COMMENT ON INDEX {quoted(owner)}.{quoted(name)} IS '{comment}'")
        return Built(index, name, owner, int(size) if size is not None else None, seconds)

    # ------------------------------------------------------------------ measuring
    @contextmanager
    def world(self, visible: frozenset[int], hide: Sequence[str] = ()) -> Iterator[PostgresqlWorld]:
        """A transaction in which the others are dropped. Raises MeasuringError where one cannot be."""
        import psycopg

        gone = [
            f"{quoted(one.owner)}.{quoted(one.name)}"
            for number, one in enumerate(self.built)
            if one.error is None and number not in visible
        ]
        gone += [".".join(quoted(part) for part in name.split(".", 1)) for name in hide]
        try:
            self.connection.execute(b"BEGIN")
            if gone:
                protocol.rows(self.connection, f"DROP INDEX {', '.join(gone)}")
            self.connection.execute(b"SET TRANSACTION READ ONLY")
        except psycopg.Error as error:
            self._roll_back()
            raise MeasuringError(f"--measure {self.origin}: {self.where.clean(str(error))}") from None
        try:
            yield PostgresqlWorld(self.connection, self.where, self.built, visible)
        finally:
            self._roll_back()

    def _roll_back(self) -> None:
        import psycopg

        if not self.connection.closed:
            with suppress(psycopg.Error):
                self.connection.execute(b"ROLLBACK")

    # ------------------------------------------------------------------ ending
    def close(self) -> None:
        """Takes the indexes away, by another connection: this one may be in the middle of a statement."""
        with uninterrupted():
            self._close()

    def _close(self) -> None:
        import psycopg

        if not self.connection.closed:
            with suppress(psycopg.Error):
                self.connection.cancel_safe(timeout=5)
            self.connection.close()
        if not self._begun:
            return
        try:
            with connect(self.where) as other:
                other.execute(f"SET lock_timeout = '{3 * _LOCK_SECONDS}s'".encode())
                self._wait_for(other)
                leftovers.drop_postgresql(other, self.run_name)
            self.built = []
            self._begun = False
        except psycopg.Error as error:
            raise MeasuringError(
                f"--measure {self.origin}: indexes named {PREFIX}{self.run_name}_... could not be dropped "
                f"({self.where.clean(str(error))}); the next run does it"
            ) from None

    def _wait_for(self, other: psycopg.Connection[Any]) -> None:
        """A build that was cancelled too late commits, and its index is not to be found before."""
        deadline = time.monotonic() + _LOCK_SECONDS
        asked = "SELECT count(*) FROM pg_stat_activity WHERE pid = $1::int4"
        while protocol.row(other, asked, self._backend)[0] and time.monotonic() < deadline:
            time.sleep(0.02)


def _on(table: str) -> str:
    schema, dot, bare = table.partition(".")
    return f"{quoted(schema)}.{quoted(bare)}" if dot else quoted(table)
