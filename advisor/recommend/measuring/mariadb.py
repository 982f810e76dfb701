"""A staging copy that runs MariaDB: indexes built for the time of a run, and hidden from plans in turns.

The state without an index is had by ``ALTER INDEX ... IGNORED`` (MariaDB 10.6), a change of metadata of indexes that
are ours alone: https://mariadb.com/kb/en/ignored-indexes/. Executions are timed by the server, ANALYZE FORMAT=JSON:
r_total_time_ms of the outermost block, with the rows that each table gave up (r_loops times r_rows).
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Self

from advisor.catalog.live.dsn import Address
from advisor.catalog.live.mysql_connection import connect, message
from advisor.fingerprint import without_values
from advisor.model.engine import Engine
from advisor.model.indexing import IndexDefinition
from advisor.model.planning import Query
from advisor.planners.closing import Closing
from advisor.planners.mysql.explaining import Refused, prepared
from advisor.recommend.definition import key_text, on_text
from advisor.recommend.measuring import leftovers, mariadb_checks
from advisor.recommend.measuring.ending import uninterrupted
from advisor.recommend.measuring.errors import MeasuringError
from advisor.recommend.measuring.mariadb_indexes import clear, drop, needed, rows, table_sql
from advisor.recommend.measuring.mariadb_plan import read_plan
from advisor.recommend.measuring.outcome import Run
from advisor.recommend.measuring.staging import PREFIX, Built, Progress, Seen

if TYPE_CHECKING:
    import pymysql

#: A build may take as long as this; between two statements nothing is waited for.
_BUILD_SECONDS = 24 * 3600.0
_TIMEOUT = 1969
#: A statement that is killed undoes what it has done.
_ENDING_SECONDS = 60


class MariadbStaging(Closing):
    """One database of a server."""

    def __init__(self, where: Address, connection: pymysql.Connection[Any], version: str) -> None:
        self.where = where
        self.connection = connection
        self.engine = Engine("mariadb", version)
        self.origin = where.safe
        self.built: list[Built] = []
        self.notes: list[str] = []
        self.run_name = leftovers.new_run()
        self._hidden: set[int] = set()
        self._begun = False
        self._thread = int(rows(connection, "SELECT CONNECTION_ID()")[0][0])

    @classmethod
    def open(cls, where: Address, *, allow_writers: bool) -> Self:
        """Connects and looks around. Raises MeasuringError."""
        import pymysql

        def refusal(why: str) -> MeasuringError:
            return MeasuringError(f"--measure {where.safe}: {why}")

        if where.database is None:
            raise refusal("the address names no database")
        try:
            connection = connect(where, read_seconds=_BUILD_SECONDS, autocommit=True)
        except (pymysql.Error, OSError, RuntimeError) as error:
            raise refusal(where.clean(message(error))) from None
        try:
            version = str(rows(connection, "SELECT VERSION()")[0][0])
            numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
            if "mariadb" not in version.lower() or numbers < (10, 6):
                raise refusal(
                    f"indexes are hidden from plans by IGNORED, which MariaDB has from 10.6 on; this is {version}"
                )
            rows(connection, "SET SESSION lock_wait_timeout = 10, SESSION innodb_lock_wait_timeout = 10")
            why = mariadb_checks.replica(connection)
            if why:
                raise refusal(why)
            signs = [] if allow_writers else mariadb_checks.signs_of_production(connection)
            if signs:
                raise refusal(
                    f"it looks like a server in use ({'; '.join(signs)}); building indexes there stops others. "
                    "Name a staging copy, or say that writers are allowed"
                )
            staging = cls(where, connection, version)
            staging.notes += clear(connection)
            rows(connection, "SELECT GET_LOCK(%s, 0)", leftovers.lock_name(staging.run_name))
            return staging
        except pymysql.Error as error:
            connection.close()
            raise refusal(where.clean(message(error))) from None
        except BaseException:
            connection.close()
            raise

    # ------------------------------------------------------------------ building
    def build(self, definitions: Sequence[IndexDefinition], progress: Progress, deadline: float | None) -> None:
        """Builds them one by one, each with its comment."""
        import pymysql

        for number, index in enumerate(definitions):
            progress(f"building index {number + 1} of {len(definitions)}", number / len(definitions))
            name = f"{PREFIX}{self.run_name}_{len(self.built)}"
            if deadline is not None and time.monotonic() > deadline:
                self.built.append(Built(index, name, error="no time was left to build it"))
                continue
            try:
                self.built.append(self._build(index, name))
            except pymysql.Error as error:
                if not self.connection.open:
                    raise MeasuringError(f"--measure {self.origin}: {self.where.clean(message(error))}") from None
                said = without_values(self.where.clean(message(error)), on_text(index), "mysql")
                self.built.append(Built(index, name, error=said))

    def _build(self, index: IndexDefinition, name: str) -> Built:
        kind = {"fulltext": "FULLTEXT INDEX", "spatial": "SPATIAL INDEX"}.get(
            index.method, "UNIQUE INDEX" if index.unique else "INDEX"
        )
        keys = ", ".join(key_text(key, "mariadb") for key in index.keys)
        table = table_sql(index.table)
        start = time.monotonic()
        self._begun = True
        text = f"ALTER TABLE {table} ADD {kind} {name} ({keys}) COMMENT '{leftovers.comment(self.run_name)}'"
        rows(self.connection, text)
        seconds = time.monotonic() - start
        schema, dot, bare = index.table.partition(".")
        lost = needed(self.connection, schema if dot else str(self.where.database), bare if dot else schema)
        if lost:
            rows(self.connection, f"ALTER TABLE {table} {', '.join(lost)}")
        size = rows(
            self.connection,
            "SELECT SUM(stat_value) * @@innodb_page_size FROM mysql.innodb_index_stats "
            "WHERE stat_name = 'size' AND index_name = %s",
            name,
        )
        return Built(index, name, index.table, int(size[0][0]) if size and size[0][0] is not None else None, seconds)

    # ------------------------------------------------------------------ measuring
    @contextmanager
    def world(self, visible: frozenset[int], hide: Sequence[str] = ()) -> Iterator[_World]:
        """The others are ignored. Raises MeasuringError: ``hide`` would alter what is not ours."""
        import pymysql

        if hide:
            raise MeasuringError(
                "existing indexes are not altered on a staging copy of MariaDB: only new ones are measured"
            )
        try:
            for number, one in enumerate(self.built):
                if one.error is None and (number in visible) == (number in self._hidden):
                    word = "NOT IGNORED" if number in visible else "IGNORED"
                    rows(self.connection, f"ALTER TABLE {table_sql(one.owner)} ALTER INDEX {one.name} {word}")
                    self._hidden ^= {number}
            rows(self.connection, "START TRANSACTION READ ONLY")
        except pymysql.Error as error:
            raise MeasuringError(f"--measure {self.origin}: {self.where.clean(message(error))}") from None
        try:
            yield _World(self, visible)
        finally:
            if self.connection.open:
                with suppress(pymysql.Error):
                    rows(self.connection, "ROLLBACK")

    # ------------------------------------------------------------------ ending
    def close(self) -> None:
        """Takes the indexes away, by another connection: this one may be in the middle of a statement."""
        with uninterrupted():
            self._close()

    def _close(self) -> None:
        import pymysql

        thread = self._thread if self.connection.open else None
        with suppress(pymysql.Error, OSError):
            self.connection.close()
        if not self._begun:
            return
        try:
            other = connect(self.where, read_seconds=_BUILD_SECONDS, autocommit=True)
            try:
                if thread is not None:
                    with suppress(pymysql.Error):
                        rows(other, f"KILL {thread}")
                self._wait_for(other)
                rows(other, "SET SESSION lock_wait_timeout = 30")
                drop(other, self.run_name)
            finally:
                other.close()
            self.built = []
            self._begun = False
        except (pymysql.Error, OSError) as error:
            raise MeasuringError(
                f"--measure {self.origin}: indexes named {PREFIX}{self.run_name}_... could not be dropped "
                f"({self.where.clean(message(error))}); the next run does it"
            ) from None

    def _wait_for(self, other: pymysql.Connection[Any]) -> None:
        """An ALTER TABLE ends in its own time, and an index that is just being built is not to be found before."""
        deadline = time.monotonic() + _ENDING_SECONDS
        asked = "SELECT COUNT(*) FROM information_schema.processlist WHERE id = %s"
        while int(rows(other, asked, self._thread)[0][0]) and time.monotonic() < deadline:
            time.sleep(0.05)


class _World:
    """Inside the read-only transaction."""

    def __init__(self, staging: MariadbStaging, visible: frozenset[int]) -> None:
        self.staging = staging
        self.names = {one.name: number for number, one in enumerate(staging.built) if number in visible}

    def see(self, query: Query) -> Seen | str:
        """EXPLAIN, and what of it was looked up."""
        import pymysql

        connection = self.staging.connection
        why: str | None = None
        try:
            text, _ = prepared(query)
            why = mariadb_checks.refused(connection, text)
            document = json.loads(str(rows(connection, "EXPLAIN FORMAT=JSON " + text)[0][0]))
        except Refused as refusal:
            return str(refusal)
        except pymysql.Error as error:
            return why or self._said(error, query)
        plan = read_plan(document)
        new = frozenset(self.names[name] for _, name in plan.indexes if name in self.names)
        existing = frozenset(f"{table}.{name}" for table, name in plan.indexes if name not in self.names)
        return Seen(plan.key, new, existing, plan.cost, plan.rows, why)

    def run(self, query: Query, seconds: float) -> Run | str:
        """ANALYZE."""
        import pymysql

        connection = self.staging.connection
        try:
            text, _ = prepared(query)
            found = rows(
                connection,
                f"SET STATEMENT max_statement_time = {max(seconds, 0.001):.3f} FOR ANALYZE FORMAT=JSON {text}",
            )
        except Refused as refusal:
            return str(refusal)
        except pymysql.Error as error:
            if error.args and error.args[0] == _TIMEOUT:
                return Run(ms=seconds * 1000, censored=True)
            return self._said(error, query)
        plan = read_plan(json.loads(str(found[0][0])))
        if plan.ms is None:
            return "the server gave no time for it"
        return Run(ms=plan.ms, examined=plan.examined)

    def _said(self, error: pymysql.Error, query: Query) -> str:
        said = self.staging.where.clean(message(error))
        if not self.staging.connection.open:
            raise MeasuringError(f"--measure {self.staging.origin}: {said}") from None
        return without_values(said, query.sql, "mysql")
