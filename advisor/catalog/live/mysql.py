"""MySQL 5.6 and later and MariaDB 10 and later, from information_schema."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

from advisor.catalog.errors import CatalogError
from advisor.catalog.live.dsn import Address
from advisor.catalog.live.mysql_connection import connect
from advisor.catalog.types import canonical
from advisor.model.catalog import Catalog, Column, ForeignKey, Index, IndexKey, Table
from advisor.model.engine import Engine, EngineName

_SYSTEM = ("information_schema", "mysql", "performance_schema", "sys")
_SETTINGS = (
    "sql_mode",
    "collation_database",
    "character_set_database",
    "lower_case_table_names",
    "innodb_buffer_pool_size",
    "innodb_page_size",
    "tmp_table_size",
    "max_connections",
    "long_query_time",
    "optimizer_switch",
    "time_zone",
    "default_storage_engine",
    "eq_range_index_dive_limit",
)


def read(where: Address) -> Catalog:
    """The catalog of the database in the address, or of all of the server's when it names none."""
    import pymysql
    import pymysql.cursors

    from advisor.catalog.live import QUERY_SECONDS

    try:
        connection = connect(where, read_seconds=QUERY_SECONDS, cursorclass=pymysql.cursors.DictCursor)
        with connection, connection.cursor() as cursor:
            cursor.execute("SET SESSION TRANSACTION READ ONLY")
            cursor.execute("START TRANSACTION READ ONLY")
            catalog = _Reader(cursor, where.database).catalog(where.safe)
            connection.rollback()
            return catalog
    except (pymysql.Error, OSError, RuntimeError) as error:
        detail = error.args[-1] if error.args else error
        raise CatalogError(f"catalog {where.safe}: {where.clean(str(detail))}") from None


class _Reader:
    def __init__(self, cursor: Any, database: str | None) -> None:
        self.cursor = cursor
        self.database = database

    def rows(self, view: str, schema_column: str = "table_schema", order: str = "") -> list[dict[str, Any]]:
        values: tuple[str, ...] = _SYSTEM if self.database is None else (self.database,)
        marks = ", ".join(["%s"] * len(values))
        condition = f"{schema_column} {'NOT ' if self.database is None else ''}IN ({marks})"
        tail = f" ORDER BY {order}" if order else ""
        self.cursor.execute(f"SELECT * FROM information_schema.{view} WHERE {condition}{tail}", values)
        return [{key.lower(): value for key, value in row.items()} for row in self.cursor.fetchall()]

    def optional(self, view: str, schema_column: str = "table_schema", order: str = "") -> list[dict[str, Any]]:
        """Rows of a view that not every version has."""
        import pymysql

        try:
            return self.rows(view, schema_column, order)
        except pymysql.Error:
            return []

    def name(self, schema: str, table: str) -> str:
        return table if schema == self.database else f"{schema}.{table}"

    def catalog(self, origin: str) -> Catalog:
        self.cursor.execute("SELECT VERSION() AS version")
        version = str(self.cursor.fetchone()["version"])
        engine: EngineName = "mariadb" if "mariadb" in version.lower() else "mysql"
        columns, indexes, keys = self._columns(engine), self._indexes(), self._foreign_keys()
        triggers, checks, partitions, views = self._triggers(), self._checks(), self._partitions(), self._views()
        tables: dict[str, Table] = {}
        for row in self.rows("tables", order="table_schema, table_name"):
            kind = str(row["table_type"])
            if kind not in ("BASE TABLE", "VIEW", "SYSTEM VERSIONED"):
                continue
            name = self.name(row["table_schema"], row["table_name"])
            is_view = kind == "VIEW"
            size = None if row["data_length"] is None else int(row["data_length"]) + int(row["index_length"] or 0)
            tables[name] = Table(
                name=name,
                schema=row["table_schema"],
                kind="view" if is_view else "table",
                columns=tuple(columns.get(name, ())),
                indexes=tuple(indexes.get(name, ())),
                foreign_keys=tuple(keys.get(name, ())),
                checks=tuple(checks.get(name, ())),
                triggers=tuple(triggers.get(name, ())),
                rows=None if is_view or row["table_rows"] is None else int(row["table_rows"]),
                bytes=None if is_view else size,
                storage_engine=None if is_view else row["engine"],
                charset=str(row["table_collation"]).partition("_")[0] if row.get("table_collation") else None,
                collation=row.get("table_collation"),
                row_format=_row_format(str(row.get("create_options") or "")),
                versioned=kind == "SYSTEM VERSIONED",
                partition_key=partitions.get(name),
                definition=views.get(name),
            )
        return Catalog(
            engine=Engine(engine, version),
            tables=tables,
            default_schema=self.database,
            known=frozenset({"columns", "keys", "indexes", "sizes"}),
            origin=origin,
            settings=self._settings(),
        )

    def _settings(self) -> dict[str, str]:
        marks = ", ".join(["%s"] * len(_SETTINGS))
        self.cursor.execute(f"SHOW VARIABLES WHERE variable_name IN ({marks})", _SETTINGS)
        return {str(next(iter(row.values()))).lower(): str(list(row.values())[1]) for row in self.cursor.fetchall()}

    def _columns(self, engine: EngineName) -> dict[str, list[Column]]:
        found: dict[str, list[Column]] = defaultdict(list)
        for row in self.rows("columns", order="table_schema, table_name, ordinal_position"):
            extra = str(row["extra"] or "").lower()
            generated = row.get("generation_expression") or None
            default = row["column_default"]
            if default is not None:
                default = str(default)
                if engine == "mysql" and "default_generated" not in extra:
                    default = "'" + default.replace("'", "''") + "'"
            found[self.name(row["table_schema"], row["table_name"])].append(
                Column(
                    name=row["column_name"],
                    type=canonical(str(row["column_type"]), engine),
                    nullable=row["is_nullable"] == "YES",
                    default=None if default in (None, "NULL") or generated else default,
                    collation=row["collation_name"],
                    charset=row["character_set_name"],
                    generated=str(generated) if generated else None,
                    identity="auto_increment" in extra,
                    stored=None if not generated else "stored" in extra or "persistent" in extra,
                )
            )
        return found

    def _indexes(self) -> dict[str, list[Index]]:
        grouped: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
        for row in self.rows("statistics", order="table_schema, table_name, index_name, seq_in_index"):
            grouped[self.name(row["table_schema"], row["table_name"]), row["index_name"]].append(row)
        constraints = {
            (self.name(row["table_schema"], row["table_name"]), row["constraint_name"])
            for row in self.rows("table_constraints")
            if row["constraint_type"] in ("PRIMARY KEY", "UNIQUE")
        }
        scans = self._scans()
        found: dict[str, list[Index]] = defaultdict(list)
        for (table, name), rows in grouped.items():
            first = rows[0]
            prefixed = first["index_type"] in ("BTREE", "HASH")
            keys = tuple(
                IndexKey(
                    column=row["column_name"],
                    expression=row.get("expression") if row["column_name"] is None else None,
                    descending=row["collation"] == "D",
                    prefix=int(row["sub_part"]) if prefixed and row["sub_part"] is not None else None,
                )
                for row in rows
            )
            found[table].append(
                Index(
                    name=name,
                    keys=keys,
                    unique=not int(first["non_unique"]),
                    primary=name == "PRIMARY",
                    constraint=(table, name) in constraints,
                    method=str(first["index_type"]).lower(),
                    visible=first.get("is_visible", "YES") == "YES" and first.get("ignored", "NO") == "NO",
                    scans=scans.get((table, name)),
                )
            )
        return found

    def _scans(self) -> dict[tuple[str, str], int]:
        import pymysql

        try:
            self.cursor.execute(
                "SELECT object_schema AS s, object_name AS t, index_name AS i, count_star AS n "
                "FROM performance_schema.table_io_waits_summary_by_index_usage WHERE index_name IS NOT NULL"
            )
        except pymysql.Error:
            return {}
        return {(self.name(row["s"], row["t"]), row["i"]): int(row["n"]) for row in self.cursor.fetchall()}

    def _foreign_keys(self) -> dict[str, list[ForeignKey]]:
        rules = {
            (row["constraint_schema"], row["table_name"], row["constraint_name"]): row
            for row in self.rows("referential_constraints", "constraint_schema")
        }
        grouped: dict[tuple[str, str, str], list[dict[str, Any]]] = defaultdict(list)
        for row in self.rows("key_column_usage", order="table_schema, table_name, constraint_name, ordinal_position"):
            if row["referenced_table_name"] is not None:
                grouped[row["table_schema"], row["table_name"], row["constraint_name"]].append(row)
        found: dict[str, list[ForeignKey]] = defaultdict(list)
        for (schema, table, name), rows in grouped.items():
            rule = rules.get((schema, table, name), {})
            found[self.name(schema, table)].append(
                ForeignKey(
                    name=name,
                    columns=tuple(row["column_name"] for row in rows),
                    parent=self.name(rows[0]["referenced_table_schema"], rows[0]["referenced_table_name"]),
                    parent_columns=tuple(row["referenced_column_name"] for row in rows),
                    on_delete=_action(rule.get("delete_rule")),
                    on_update=_action(rule.get("update_rule")),
                )
            )
        return found

    def _checks(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        owners = {
            (row["constraint_schema"], row["constraint_name"]): row["table_name"]
            for row in self.rows("table_constraints")
            if row["constraint_type"] == "CHECK"
        }
        for row in self.optional("check_constraints", "constraint_schema"):
            table = row.get("table_name") or owners.get((row["constraint_schema"], row["constraint_name"]))
            if table is not None:
                found[self.name(row["constraint_schema"], table)].append(str(row["check_clause"]))
        return found

    def _triggers(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for row in self.rows("triggers", "event_object_schema"):
            found[self.name(row["event_object_schema"], row["event_object_table"])].append(row["trigger_name"])
        return found

    def _partitions(self) -> dict[str, str]:
        found = {}
        for row in self.optional("partitions"):
            if row.get("partition_method"):
                name = self.name(row["table_schema"], row["table_name"])
                found[name] = f"{row['partition_method']} ({row['partition_expression'] or ''})"
        return found

    def _views(self) -> dict[str, str]:
        return {
            self.name(row["table_schema"], row["table_name"]): str(row["view_definition"] or "")
            for row in self.rows("views")
        }


def _row_format(options: str) -> str | None:
    """As it was asked for; the server's default is not told."""
    found = re.search(r"row_format=(\w+)", options.lower())
    return found[1] if found is not None else None


def _action(rule: Any) -> str | None:
    text = str(rule or "").lower()
    return None if text in ("", "no action", "restrict") else text  # the last two are one in InnoDB
