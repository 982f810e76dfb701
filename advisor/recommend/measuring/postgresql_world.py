"""A staging copy within one transaction: some of the built indexes stand, the others are dropped until its end."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from advisor.catalog.live.dsn import Address
from advisor.fingerprint import without_values
from advisor.model.planning import Query
from advisor.planners.postgresql import protocol
from advisor.planners.postgresql.parameters import asked
from advisor.recommend.measuring import postgresql_checks
from advisor.recommend.measuring.errors import MeasuringError
from advisor.recommend.measuring.outcome import Run
from advisor.recommend.measuring.plan_key import key_of
from advisor.recommend.measuring.staging import Built, Seen

if TYPE_CHECKING:
    import psycopg


class PostgresqlWorld:
    """Inside the transaction."""

    def __init__(
        self, connection: psycopg.Connection[Any], where: Address, built: Sequence[Built], visible: frozenset[int]
    ) -> None:
        """``visible`` are those of the built indexes that stand."""
        self.connection = connection
        self.where = where
        self.names = {one.name: number for number, one in enumerate(built) if number in visible}

    def see(self, query: Query) -> Seen | str:
        """EXPLAIN, and what of it was looked up."""
        import psycopg

        wanted = asked(query)
        if isinstance(wanted, str):
            return wanted
        if wanted.generic:
            return "the values of its parameters are not known"
        try:
            with self._kept():
                text = self._text(f"EXPLAIN (VERBOSE, FORMAT JSON) {wanted.sql.decode()}", wanted.values)
                refused = postgresql_checks.refused(self.connection, query.sql, text)
        except psycopg.Error as error:
            return self._said(error, query)
        document = json.loads(text)
        key, indexes = key_of(document)
        new, existing = set(), set()
        for schema, index in indexes:
            ours = self._ours(index)
            if ours is None:
                existing.add(f"{schema}.{index}" if schema else index)
            else:
                new.add(ours)
        root = document[0]["Plan"]
        return Seen(key, frozenset(new), frozenset(existing), root["Total Cost"], root["Plan Rows"], refused)

    def run(self, query: Query, seconds: float) -> Run | str:
        """EXPLAIN ANALYZE."""
        import psycopg

        wanted = asked(query)
        if isinstance(wanted, str):
            return wanted
        explain = "EXPLAIN (ANALYZE, TIMING OFF, BUFFERS, FORMAT JSON)"
        try:
            with self._kept():
                protocol.rows(
                    self.connection,
                    "SELECT set_config('statement_timeout', $1::text, true)",
                    str(max(1, int(seconds * 1000))),
                )
                text = self._text(f"{explain} {wanted.sql.decode()}", wanted.values)
        except psycopg.errors.QueryCanceled:
            return Run(ms=seconds * 1000, censored=True)
        except psycopg.Error as error:
            return self._said(error, query)
        document = json.loads(text)[0]
        plan = document["Plan"]
        return Run(
            ms=float(document["Execution Time"]),
            rows=float(plan["Actual Rows"]) * float(plan["Actual Loops"]),
            blocks=int(plan.get("Shared Hit Blocks", 0)) + int(plan.get("Shared Read Blocks", 0)),
        )

    def _ours(self, name: str) -> int | None:
        """A built index by its name; of a partitioned table the partitions' indexes are named after their tables."""
        if name in self.names:
            return self.names[name]
        return self._parts().get(name)

    def _parts(self) -> dict[str, int]:
        """Indexes of partitions that belong to built ones."""
        if not self.names:
            return {}
        found = protocol.rows(
            self.connection,
            "SELECT c.relname::text, r.relname::text FROM pg_class AS c JOIN pg_class AS r ON r.oid = "
            "pg_partition_root(c.oid) WHERE r.relname = ANY($1::text[]) AND c.relkind = 'i'",
            list(self.names),
        )
        return {str(part): self.names[str(root)] for part, root in found}

    def _text(self, sql: str, values: Sequence[bytes | None]) -> str:
        import psycopg

        texts = [None if value is None else value.decode() for value in values]
        with psycopg.RawCursor(self.connection) as cursor:
            cursor.execute(sql.encode(), texts or None, prepare=False, binary=True)
            result = cursor.pgresult
            value = result.get_value(0, 0) if result is not None and result.ntuples else None
            return "" if value is None else bytes(value).decode("utf-8", "replace")

    @contextmanager
    def _kept(self) -> Iterator[None]:
        """What is in it may fail without ending the transaction; settings within it end with it."""
        import psycopg

        connection = self.connection
        connection.execute(b"SAVEPOINT advisor")
        try:
            yield
        except psycopg.Error:
            if not connection.closed:
                connection.execute(b"ROLLBACK TO SAVEPOINT advisor")
            raise
        connection.execute(b"ROLLBACK TO SAVEPOINT advisor")

    def _said(self, error: psycopg.Error, query: Query) -> str:
        if self.connection.closed:
            raise MeasuringError(f"--measure {self.where.safe}: {self.where.clean(str(error))}") from None
        said = self.where.clean(error.diag.message_primary or str(error))
        return without_values(said, query.sql, "postgresql")
