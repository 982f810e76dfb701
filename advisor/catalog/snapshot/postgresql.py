"""Snapshots of PostgreSQL 12 and later: catalogs, statistics and counters; of the tables only their ends are looked at.

`capture` runs the statements of `script` one by one, as psql would: read-only, each with a time limit. A section that
fails (a lock, a table dropped meanwhile) is tried again in a transaction of its own, then left out and named.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from advisor.catalog.errors import CatalogError
from advisor.catalog.live.dsn import Address
from advisor.catalog.live.postgresql_connection import connect
from advisor.catalog.snapshot.file import END, assemble
from advisor.catalog.snapshot.postgresql_script import BEGIN, CONDITIONS, ENDS, RESET, Form, ended, script, sections
from advisor.model.snapshot import Missing, Record, Section, Snapshot, TextOrder

__all__ = ["capture", "script"]

_OLDEST = 120000
_decoder = msgspec.json.Decoder(Record)


def capture(where: Address, *, probes: bool = True) -> tuple[Snapshot, TextOrder | None]:
    """The snapshot of one database, with its values and their order.

    ``probes``: ask indexes for the smallest and largest value of their leading column, two seconds each at most.
    Raises CatalogError where the server cannot be reached or is older than 12.
    """
    import psycopg

    try:
        with connect(where) as connection:
            version = connection.info.server_version
            if version < _OLDEST:
                raise CatalogError(f"snapshot {where.safe}: PostgreSQL {version // 10000} is too old; 12 is the oldest")
            with connection.cursor() as cursor:
                found, order = assemble(_Capture(cursor, where).records(probes), f"snapshot {where.safe}")
    except psycopg.Error as error:
        raise CatalogError(f"snapshot {where.safe}: {where.clean(str(error))}") from None
    found.header = msgspec.structs.replace(found.header, origin=where.safe)
    return found, order


class _Capture:
    def __init__(self, cursor: Any, where: Address) -> None:
        self.cursor = cursor
        self.where = where
        self.conditions: dict[str, Any] = {}

    def records(self, probes: bool) -> Iterator[Record]:
        """All records, the end last."""
        self._begin()
        for name, forms in sections().items():
            if name == CONDITIONS:
                self.conditions = self._conditions(forms[0].sql)
            elif name == ENDS:
                for statement in self._lines(forms[0].sql) if probes else ["COMMIT"]:
                    yield from self._step(statement)
                self._begin()
            else:
                yield from self._section(name, forms)
        self.cursor.execute("COMMIT")
        self.cursor.execute(RESET)
        yield Section(name=END, rows=0)

    def _begin(self) -> None:
        for statement in BEGIN:
            self.cursor.execute(statement)

    def _lines(self, sql: str) -> list[str]:
        self.cursor.execute(sql)
        return [line for (line,) in self.cursor.fetchall()]

    def _step(self, statement: str) -> list[Record]:
        """Runs one statement as psql does with ON_ERROR_ROLLBACK: one that fails leaves the transaction as it was."""
        import psycopg

        if not statement.startswith(("SELECT", "DO ")):
            self.cursor.execute(statement)
            return []
        if self.cursor.connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE:
            return [_decoder.decode(line) for line in self._lines(statement)]
        # One message: a probe takes less time than its way to the server.
        message = f"SAVEPOINT probe; {statement}; RELEASE SAVEPOINT probe"
        try:
            self.cursor.execute(message)
            self.cursor.nextset()
            return [_decoder.decode(line) for (line,) in self.cursor.fetchall()] if self.cursor.description else []
        except psycopg.Error:
            if self.cursor.connection.broken:
                raise
            self.cursor.execute("ROLLBACK TO SAVEPOINT probe")
            self.cursor.execute("RELEASE SAVEPOINT probe")
            return []

    def _conditions(self, sql: str) -> dict[str, Any]:
        self.cursor.execute(sql)
        (row,) = self.cursor.fetchall()
        return {column.name: value for column, value in zip(self.cursor.description, row, strict=True)}

    def _section(self, name: str, forms: tuple[Form, ...]) -> list[Record]:
        import psycopg

        usable = [form for form in forms if form.condition is None or self.conditions[form.condition]]
        message = ""
        for form in (*usable, *usable[-1:]):
            try:
                return self._read(ended(name, self._filled(form.sql)))
            except psycopg.OperationalError as error:
                if self.cursor.connection.broken:
                    raise
                message = str(error)
            except psycopg.Error as error:
                message = str(error)
            self.cursor.execute("ROLLBACK")
            self._begin()
        return [Missing(text=f"{name}: {self.where.clean(message)}")]

    def _read(self, sql: str) -> list[Record]:
        return [_decoder.decode(line) for (line,) in self.cursor.stream(sql)]

    def _filled(self, sql: str) -> str:
        """psql's quoting of a variable's value as a name."""
        schema = self.conditions["pageinspect_schema"].replace('"', '""')
        return sql.replace(':"pageinspect_schema"', f'"{schema}"')
