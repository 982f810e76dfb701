"""EXPLAIN on a running MySQL or MariaDB: the server's own optimizer with its own statistics; nothing is executed.

What it cannot do, and why: an index that does not exist cannot be had without making it (neither engine knows
hypothetical ones), and hiding one (``ALTER INDEX ... INVISIBLE`` of MySQL 8.0, ``IGNORED`` of MariaDB 10.6) is a change
of the table that everybody sees. MySQL 8.0 can be asked as if its invisible indexes were visible, for the session:
``settings=(("optimizer_switch", "use_invisible_indexes=on"),)``. MariaDB has no such switch for ignored ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from advisor.catalog.live.dsn import Address
from advisor.catalog.live.mysql_connection import connect, message
from advisor.model.engine import Engine
from advisor.model.planning import Answer, Configuration, IndexSize, Judged, PlannedBy, Query
from advisor.planners.closing import Closing
from advisor.planners.errors import PlannerError
from advisor.planners.judging import judged
from advisor.planners.mysql import settings
from advisor.planners.mysql.explaining import Refused, engine_of, explain, lost, prepared
from advisor.planners.planner import PRESENT

if TYPE_CHECKING:
    import pymysql

    from advisor.planners.mariadb.cost import Sizes

#: Seconds for one EXPLAIN: planning a join of many tables exhaustively takes long, and production has other work.
EXPLAIN_SECONDS = 15


class LivePlanner(Closing):
    """Plans on the server behind an address, in read-only sessions."""

    def __init__(self, where: Address, connection: pymysql.Connection[Any]) -> None:
        self.where = where
        self._connection = connection
        self._answers: dict[tuple[Query, Configuration], Answer] = {}
        with connection.cursor() as cursor:
            cursor.execute("SELECT VERSION()")
            version = str(cursor.fetchone()[0])
        engine = Engine(engine_of(version), version)
        self._by = PlannedBy(
            planner="live",
            engine=engine.name,
            version=version,
            production=engine,
            same_major=True,
            statistics="live",
            exactness="the server's own optimizer with its own statistics: this is the plan it would use now",
        )

    @classmethod
    def open(cls, where: Address) -> LivePlanner:
        """Connects. Raises PlannerError."""
        return cls(where, _session(where))

    @property
    def planned_by(self) -> PlannedBy:
        """The server and its version."""
        return self._by

    def explain(self, queries: Sequence[Query], configuration: Configuration = PRESENT) -> list[Answer]:
        """EXPLAIN FORMAT=JSON of each. Only ``settings`` of a configuration can be had on a running server."""
        self._check(configuration)
        wanted = [query for query in dict.fromkeys(queries) if (query, configuration) not in self._answers]
        if wanted:
            import pymysql

            other = _session(self.where, configuration.settings) if configuration.settings else None
            try:
                with (other or self._connection).cursor() as cursor:
                    for query in wanted:
                        self._answers[query, configuration] = explain(cursor, query, configuration, self._by)
            except (pymysql.Error, OSError) as error:
                raise _failed(self.where, error) from None
            finally:
                if other is not None:
                    other.close()
        return [
            msgspec.structs.replace(self._answers[query, configuration], query=query, configuration=configuration)
            for query in queries
        ]

    def judge(self, queries: Sequence[Query], configuration: Configuration = PRESENT) -> list[Judged | None]:
        """Cost and used indexes of each query. MySQL prints costs; MariaDB's are modelled from its plans.

        Raises PlannerError as `explain` does.
        """
        if self._by.engine == "mysql":
            return [judged(answer) for answer in self.explain(queries, configuration)]
        import pymysql

        self._check(configuration)
        other = _session(self.where, configuration.settings) if configuration.settings else None
        try:
            with (other or self._connection).cursor() as cursor:
                sizes = _sizes(cursor)
                return [self._modelled(cursor, query, sizes) for query in queries]
        except (pymysql.Error, OSError) as error:
            raise _failed(self.where, error) from None
        finally:
            if other is not None:
                other.close()

    def _modelled(self, cursor: Any, query: Query, sizes: Sizes) -> Judged | None:
        """From the plan's own numbers; None where there is no plan."""
        import pymysql

        from advisor.planners.mariadb.cost import modelled
        from advisor.planners.mariadb.hinted import aliases

        try:
            text, _ = prepared(query)
            cursor.execute("EXPLAIN FORMAT=JSON " + text)
            document = "".join(str(row[0]) for row in cursor.fetchall())
        except Refused:
            return None
        except pymysql.Error as failure:
            if lost(failure):
                raise
            return None
        brief = modelled(document, text, sizes, aliases(text, sizes.tables.keys()))
        if brief is None:
            return None
        existing = frozenset(f"{table}.{index}" for table, index in brief.used)
        return Judged(cost=brief.cost, rows=brief.rows, new=frozenset(), existing=existing, modelled=True)

    def sizes(self, indexes: Sequence[str]) -> list[IndexSize]:
        """None can be told: raises PlannerError for any."""
        if indexes:
            self._check(Configuration(add=tuple(indexes)))
        return []

    def _check(self, configuration: Configuration) -> None:
        product = "MariaDB" if self._by.engine == "mariadb" else "MySQL"
        shadow = "; take a snapshot and plan in its shadow" if self._by.engine == "mariadb" else ""
        if configuration.add:
            raise PlannerError(
                f"{product} at {self.where.safe} has no hypothetical indexes and nothing is created on it{shadow}"
            )
        if configuration.hide:
            raise PlannerError(
                f"{product} at {self.where.safe} can hide an index only by altering the table for everybody{shadow}"
            )
        if configuration.scale:
            raise PlannerError(f"{product} at {self.where.safe} plans with the sizes it has{shadow}")
        settings.check(configuration.settings)

    def close(self) -> None:
        """Ends the session."""
        if self._connection.open:
            self._connection.close()


def _session(where: Address, given: tuple[tuple[str, str], ...] = ()) -> pymysql.Connection[Any]:
    """A read-only session with limits.

    Every statement is a transaction of its own: in a longer one, EXPLAIN would keep its metadata locks, and an ALTER
    TABLE, with everybody behind it, would wait for us.
    """
    import pymysql

    try:
        connection = connect(where, read_seconds=EXPLAIN_SECONDS * 2, autocommit=True)
        try:
            with connection.cursor() as cursor:
                # The comments are read by one engine each: the limits have different names and units.
                cursor.execute(
                    "SET SESSION lock_wait_timeout = 2"
                    f" /*!50708 , SESSION max_execution_time = {EXPLAIN_SECONDS * 1000} */"
                    f" /*M!100101 , SESSION max_statement_time = {EXPLAIN_SECONDS} */"
                )
                settings.put(cursor, given)
                cursor.execute("SET SESSION TRANSACTION READ ONLY")
        except BaseException:
            connection.close()
            raise
    except (pymysql.Error, OSError, RuntimeError) as error:
        raise _failed(where, error) from None
    return connection


def _sizes(cursor: Any) -> Sizes:
    """Of the tables of the session's database; how large each index is cannot be seen here."""
    from advisor.planners.mariadb.cost import Sizes

    cursor.execute(
        "SELECT LOWER(table_name), data_length / @@innodb_page_size, table_rows FROM information_schema.tables"
        " WHERE table_schema = DATABASE() AND data_length IS NOT NULL"
    )
    return Sizes({str(name): (float(pages), float(rows or 0)) for name, pages, rows in cursor.fetchall()}, {})


def _failed(where: Address, error: Exception) -> PlannerError:
    return PlannerError(f"planner {where.safe}: {where.clean(message(error))}")
