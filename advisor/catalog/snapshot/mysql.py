"""Snapshots of MySQL 5.7 and later and MariaDB 10.4 and later: dictionary, statistics and counters, no user's row.

One read-only transaction; a statement ends after a time limit and waits at most two seconds for a metadata lock. What
the account may not read is said in the header, with the privilege that would help, and the rest is taken.
"""

from __future__ import annotations

import base64
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import msgspec

from advisor.catalog.errors import CatalogError
from advisor.catalog.live.dsn import Address
from advisor.catalog.live.mysql_connection import connect
from advisor.catalog.snapshot.file import END, assemble
from advisor.catalog.snapshot.mysql_script import script
from advisor.catalog.snapshot.mysql_statements import BEGIN, Statement, condition, statements
from advisor.model.snapshot import Header, Record, SchemaObject, Section, Snapshot, TextOrder

__all__ = ["bare", "capture", "complete", "sampled_texts", "script"]

#: Server errors that a GRANT mends: access denied to database, table, column, for want of a privilege (twice).
_DENIED = frozenset({1044, 1142, 1143, 1227, 1370})
#: ... that say there is no such table or column here.
_ABSENT = frozenset({1054, 1109, 1146})
#: ... that a time limit ended it: max_statement_time, max_execution_time, lock wait.
_TIMED_OUT = frozenset({1969, 3024, 1205})
_DEFINER = re.compile(r"\sDEFINER\s*=\s*(?:`(?:[^`]|``)*`@`(?:[^`]|``)*`|`(?:[^`]|``)*`|\S+)", re.IGNORECASE)
_SECURITY = re.compile(r"\sSQL SECURITY (?:DEFINER|INVOKER)", re.IGNORECASE)
_GRANTED = re.compile(r"GRANT (.+?) ON (?:TABLE )?(\S+) TO ", re.IGNORECASE)


def capture(where: Address) -> tuple[Snapshot, TextOrder | None]:
    """The snapshot of the database in the address, or of all but the system's where it names none.

    Raises CatalogError where the server cannot be reached or is older than what is understood here.
    """
    import pymysql

    from advisor.catalog.live import QUERY_SECONDS

    try:
        connection = connect(where, read_seconds=QUERY_SECONDS * 2)
        with connection, connection.cursor() as cursor:
            for text in BEGIN:
                cursor.execute(text.format(seconds=QUERY_SECONDS, milliseconds=QUERY_SECONDS * 1000))
            return _Capture(cursor, where).snapshot()
    except (pymysql.Error, OSError, RuntimeError) as error:
        detail = error.args[-1] if error.args else error
        raise CatalogError(f"snapshot {where.safe}: {where.clean(str(detail))}") from None


class _Capture:
    def __init__(self, cursor: Any, where: Address) -> None:
        self.cursor = cursor
        self.where = where
        self.missing: list[str] = []

    def snapshot(self) -> tuple[Snapshot, TextOrder | None]:
        """Reads all of it."""
        first, *others = statements()
        header = next((record for record in self._records(first) if isinstance(record, Header)), None)
        if header is None:
            raise CatalogError(f"snapshot {self.where.safe}: this server does not say what it is")
        engine, version = header.engine.name, header.version_number or 0
        if version < (50700 if engine == "mysql" else 100400):
            raise CatalogError(
                f"snapshot {self.where.safe}: {engine} {header.engine.version} is too old "
                "(MySQL from 5.7, MariaDB from 10.4)"
            )
        counts: dict[str, int] = {}
        found, _ = assemble(self._all(header, others, counts), f"snapshot {self.where.safe}")
        self._definitions(found)
        self._notices(found, counts)
        complete(found)
        order = self._order(found)
        found.header = msgspec.structs.replace(
            found.header,
            database=self.where.database,
            origin=self.where.safe,
            missing=(*found.header.missing, *self.missing),
        )
        return found, order

    def _all(self, header: Header, others: list[Statement], counts: dict[str, int]) -> Iterator[Record]:
        yield header
        for statement in others:
            if statement.runs_on(header.engine.name, header.version_number or 0):
                for record in self._records(statement):
                    if isinstance(record, Section):
                        counts[record.name] = record.rows
                    yield record
        yield Section(name=END, rows=0)

    def _records(self, statement: Statement) -> list[Record]:
        """A section's records; none, and a word about it, where it cannot be read."""
        import pymysql

        try:
            self.cursor.execute(statement.sql(self.where.database))
            texts = [row[0] for row in self.cursor.fetchall()]
        except pymysql.Error as error:
            self.missing.append(self._why(statement.what, statement.grant, error))
            return []
        return [msgspec.json.decode(text, type=Record) for text in texts]

    def _why(self, what: str, grant: str | None, error: Any) -> str:
        code = error.args[0] if error.args else None
        if code in _DENIED and grant:
            return f"{what}: access denied (GRANT {grant} TO the account that takes the snapshot)"
        if code in _ABSENT:
            return f"{what}: this server has none"
        if code in _TIMED_OUT:
            return f"{what}: not read, the statement took longer than its limit"
        return f"{what}: {self.where.clean(str(error.args[-1] if error.args else error))}"

    def _definitions(self, found: Snapshot) -> None:
        """CREATE statements of tables and views, as the server prints them."""
        objects = []
        for relation in found.relations:
            if relation.kind != "index":
                ddl = self._show("TABLE", relation.schema, relation.name)
                if ddl is not None:
                    objects.append(SchemaObject(kind="table", schema=relation.schema, name=relation.name, ddl=(ddl,)))
        among = condition("table_schema", self.where.database)
        self.cursor.execute(
            f"SELECT table_schema, table_name FROM information_schema.views WHERE {among} ORDER BY 1, 2"
        )
        for schema, name in self.cursor.fetchall():
            ddl = self._show("VIEW", schema, name)
            if ddl is not None:
                plain = _SECURITY.sub("", _DEFINER.sub("", ddl, count=1), count=1)
                objects.append(SchemaObject(kind="view", schema=schema, name=name, ddl=(plain,)))
        # Databases first, triggers last: the order in which they can be made.
        found.objects[:] = [
            *(one for one in found.objects if one.kind == "schema"),
            *objects,
            *(one for one in found.objects if one.kind != "schema"),
        ]

    def _show(self, kind: str, schema: str, name: str) -> str | None:
        import pymysql

        try:
            self.cursor.execute(f"SHOW CREATE {kind} {_quoted(schema)}.{_quoted(name)}")
            row = self.cursor.fetchone()
        except pymysql.Error as error:
            needed = "SHOW VIEW, SELECT" if kind == "VIEW" else "SELECT"
            self.missing.append(self._why(f"definition of {schema}.{name}", f"{needed} ON {_quoted(schema)}.*", error))
            return None
        return str(row[1])

    def _notices(self, found: Snapshot, counts: dict[str, int]) -> None:
        """What is silently empty: counters that are not kept, and what a role without a privilege does not see."""
        settings = {setting.name: setting.value for setting in found.settings}
        on = ("on", "1")
        engine = found.header.engine.name
        if settings.get("performance_schema", "on").lower() not in on:
            which = "userstat = 1 or performance_schema = ON" if engine == "mariadb" else "performance_schema = ON"
            if settings.get("userstat", "off").lower() not in on:
                self.missing.append(f"reads and writes per index: the server does not count them ({which})")
        if engine == "mariadb" and counts.get("column_stats") == 0 and found.relations:
            self.missing.append(
                "mysql.column_stats: empty, nobody collected them "
                "(ANALYZE TABLE ... PERSISTENT FOR ALL does, and reads the table whole)"
            )
        self.cursor.execute("SHOW GRANTS")
        grants = [_GRANTED.match(str(row[0])) for row in self.cursor.fetchall()]
        privileges = {word.strip().upper() for grant in grants if grant for word in grant[1].split(",")}
        self.cursor.execute("SELECT CURRENT_ROLE()" if not _old(found.header) else "SELECT 'NONE'")
        role = str(self.cursor.fetchone()[0] or "NONE")
        if not privileges & {"TRIGGER", "ALL PRIVILEGES"} and role == "NONE":
            on_what = f"{_quoted(self.where.database)}.*" if self.where.database else "*.*"
            self.missing.append(
                f"triggers: hidden from accounts without the privilege (GRANT TRIGGER ON {on_what} TO the account that "
                "takes the snapshot)"
            )
        among = condition("routine_schema", self.where.database)
        self.cursor.execute(f"SELECT COUNT(*) FROM information_schema.routines WHERE {among}")
        routines = int(self.cursor.fetchone()[0])
        if routines:
            self.missing.append(f"stored routines: {routines} seen, their bodies are not captured")

    def _order(self, found: Snapshot) -> TextOrder | None:
        """Text values of the statistics in the order of the server's collation, for masking to keep."""
        import pymysql

        values = sorted(sampled_texts(found))
        if not values:
            return None
        collation = found.header.collate or "utf8mb4_general_ci"
        if not collation.startswith("utf8mb4"):
            collation = "utf8mb4_general_ci"
        ordered: list[tuple[bytes, str]] = []
        for start in range(0, len(values), 500):
            batch = values[start : start + 500]
            union = " UNION ALL ".join(
                f"SELECT {number}, HEX(WEIGHT_STRING(%s COLLATE {collation}))" for number in range(len(batch))
            )
            try:
                self.cursor.execute(union, batch)
            except pymysql.Error:
                return TextOrder(values=tuple(values))
            ordered += [(bytes.fromhex(weight or ""), batch[int(number)]) for number, weight in self.cursor.fetchall()]
        return TextOrder(values=tuple(value for _, value in sorted(ordered)))


def complete(snapshot: Snapshot) -> Snapshot:
    """Sizes and counters of indexes and tables, put from the rows that hold them into the relations. In place; again
    is no change. What ``advisor snapshot --sql`` printed gets them here."""
    page = snapshot.header.block_size
    pages: dict[tuple[str, str, str | None], int] = defaultdict(int)
    tuples: dict[tuple[str, str], float] = defaultdict(float)
    counters: dict[tuple[str, str, str | None], dict[str, Any]] = defaultdict(dict)
    for row in snapshot.rows:
        values = row.values
        if row.source == "mysql.innodb_index_stats" and values.get("stat_name") == "size":
            pages[values["database_name"], bare(values["table_name"]), values["index_name"]] += int(
                values["stat_value"]
            )
        elif row.source == "mysql.innodb_table_stats":
            table = values["database_name"], bare(values["table_name"])
            tuples[table] += int(values["n_rows"])
            pages[*table, None] += int(values["clustered_index_size"])
        elif "rows_read" in values or "count_star" in values:
            schema = values.get("object_schema") or values.get("table_schema")
            name = values.get("object_name") or values.get("table_name")
            if schema and name and ("index_name" not in values or values["index_name"] is not None):
                numbers = {key: value for key, value in values.items() if isinstance(value, int)}
                counters[schema, name, values.get("index_name")].update(numbers)
    for number, relation in enumerate(snapshot.relations):
        index = relation.kind == "index"
        table_name = relation.table if index else relation.name
        key = (relation.schema, table_name or "", relation.name if index else None)
        changed: dict[str, Any] = {"counters": {**relation.counters, **counters.get(key, {})}}
        if key in pages:
            changed["pages"] = pages[key]
            changed["blocks"] = pages[key] if index else relation.blocks
        if index and key in pages:
            changed["bytes"] = pages[key] * page
        if not index and key[:2] in tuples:
            changed["tuples"] = tuples[key[0], key[1]]
        snapshot.relations[number] = msgspec.structs.replace(relation, **changed)
    return snapshot


def bare(name: str) -> str:
    """A table's name as innodb_table_stats spells it, without the partition."""
    return re.split(r"#[Pp]#", name)[0]


def sampled_texts(snapshot: Snapshot) -> set[str]:
    """Text values in column statistics and histograms, of columns of any type that print as text."""
    found: set[str] = set()
    for row in snapshot.rows:
        values = row.values
        if row.source == "mysql.column_stats":
            found.update(text for key in ("min_value", "max_value") if isinstance(text := values.get(key), str))
            found.update(_histogram_texts(values.get("histogram")))
        elif row.source == "information_schema.column_statistics":
            found.update(_histogram_texts(values.get("histogram")))
    return {text for text in found if text and not _NUMBER.fullmatch(text)}


_NUMBER = re.compile(r"[-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?|[0-9]{4}-[0-9]{2}-[0-9]{2}(?: [0-9:.]+)?|[-0-9]?[0-9:.]+")


def _histogram_texts(histogram: Any) -> set[str]:
    """The values in a JSON_HB histogram (``start``, ``end``, ``histogram_hb``) or one of MySQL (``buckets``)."""
    if isinstance(histogram, str):
        try:
            histogram = msgspec.json.decode(histogram)
        except msgspec.DecodeError:
            return set()
    if not isinstance(histogram, dict):
        return set()
    found: set[str] = set()
    for bucket in histogram.get("histogram_hb") or ():
        if isinstance(bucket, dict):
            found.update(text for key in ("start", "end") if isinstance(text := bucket.get(key), str))
    for bucket in histogram.get("buckets") or ():
        if isinstance(bucket, list):
            found.update(_unpacked(text) for text in bucket if isinstance(text, str))
    return found


def _unpacked(text: str) -> str:
    """MySQL writes strings as ``base64:type254:...``."""
    if not text.startswith("base64:"):
        return text
    try:
        raw = base64.b64decode(text.rpartition(":")[2], validate=True)
    except ValueError:
        return text
    return raw.decode("utf-8") if _is_utf8(raw) else raw.decode("latin-1")


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _old(header: Header) -> bool:
    return header.engine.name == "mysql" and (header.version_number or 0) < 80000


def _quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
