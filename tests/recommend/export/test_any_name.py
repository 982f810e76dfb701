"""Names of every kind, on the real servers: by psql, by the mariadb client and by Alembic, up and down."""

from __future__ import annotations

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from advisor.catalog.source import load
from advisor.handbook.ddl import RESERVED, quoted
from advisor.model.catalog import IndexKey
from advisor.model.indexing import IndexDefinition
from advisor.recommend.export import Change, export, files
from tests.recommend.export.servers import mariadb_run, psql, standing

pytestmark = [pytest.mark.server, pytest.mark.long]

#: What breaks quoting, comments, parameters and formats; and words that are read as something else.
_PIECES = st.one_of(
    st.sampled_from([*sorted(RESERVED)[::9], "%s", "%(x)s", "%", ":a", "::", "?", "$1", "$$", "--", "/*", "*/", ";", '"', "'", "`"]),
    st.sampled_from(["\\", "\n", "\r", "\t", " ", ".", "Ö", "日本", "{x}", "\\d", "\u2028", "A", "a", "1", "delimiter", "#"]),
    st.text(st.characters(max_codepoint=0xFFFF, exclude_characters="\x00", exclude_categories=["Cs", "Cn"]), min_size=1, max_size=3),
)  # fmt: skip
NAMES = st.lists(_PIECES, min_size=1, max_size=5).map("".join).filter(lambda name: len(name.encode()) <= 40)
SLOW = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def alembic_run(dsn: str, text: str, direction: str) -> None:
    from alembic.migration import MigrationContext
    from alembic.operations import Operations
    from sqlalchemy import create_engine

    engine = create_engine(dsn.replace("postgresql://", "postgresql+psycopg://"))
    module: dict[str, object] = {}
    exec(compile(text, "revision", "exec"), module)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        with context.begin_transaction(), Operations.context(context):
            module[direction]()  # type: ignore[operator]
    engine.dispose()


@SLOW
@given(
    schema=NAMES, table=NAMES, columns=st.lists(NAMES, min_size=3, max_size=3, unique=True),
    descending=st.booleans(), literal=st.lists(_PIECES, max_size=4).map("".join), split=st.booleans(),
)  # fmt: skip
def test_postgresql(postgresql, schema, table, columns, descending, literal, split):
    if schema.lower().startswith("pg_") or schema in ("public", "information_schema"):
        return
    said = "'" + literal.replace("'", "''").replace("\0", "") + "'"
    names = [quoted(each, "postgresql") for each in (schema, table, *columns)]
    partition = f"{names[0]}.{quoted('part ' + table, 'postgresql')}"
    with psycopg.connect(postgresql, autocommit=True) as connection:

        def run(sql: str) -> None:
            connection.execute(sql.encode())

        run(f"CREATE SCHEMA {names[0]}")
        try:
            tail = f" PARTITION BY RANGE ({names[2]})" if split else ""
            run(f"CREATE TABLE {names[0]}.{names[1]} ({names[2]} int, {names[3]} text, {names[4]} text){tail}")
            if split:
                run(f"CREATE TABLE {partition} PARTITION OF {names[0]}.{names[1]} DEFAULT")
            catalog = load(postgresql)
            key = next(name for name, each in catalog.tables.items() if each.columns and each.kind != "partition")
            keys = (IndexKey(column=columns[0], descending=descending), IndexKey(column=columns[1]))
            index = IndexDefinition(
                engine="postgresql", table=key, keys=keys, include=(columns[2],), where=f"{names[3]} <> {said}"
            )
            changes = [Change(kind="create", index=index, why=literal, statements=(table,))]
            before = standing(postgresql)
            both = files(changes, catalog, "sql")
            assert "Left out" not in both["advised_indexes.sql"]
            psql(postgresql, both["advised_indexes.sql"])
            after = standing(postgresql)
            assert len(after) == len(before) + 1 + split
            assert all(valid for *_, valid, _ in after)
            psql(postgresql, both["advised_indexes.down.sql"])
            assert standing(postgresql) == before
            text = export(changes, catalog, "alembic")
            alembic_run(postgresql, text, "upgrade")
            assert standing(postgresql) == after
            alembic_run(postgresql, text, "downgrade")
            assert standing(postgresql) == before
        finally:
            run(f"DROP SCHEMA {names[0]} CASCADE")


@SLOW
@given(table=NAMES, columns=st.lists(NAMES, min_size=2, max_size=2, unique_by=lambda name: name.lower()))
def test_mariadb(mariadb, table, columns):
    if any(name.endswith(" ") or "\t" in name[-1:] for name in (table, *columns)) or "." in table:
        return
    names = [quoted(each, "mariadb") for each in (table, *columns)]
    import pymysql

    database = mariadb.rpartition("/")[2]
    with (
        pymysql.connect(
            host="127.0.0.1", user="root", autocommit=True, database=database, charset="utf8mb4"
        ) as connection,
        connection.cursor() as cursor,
    ):
        try:
            cursor.execute(f"CREATE TABLE {names[0]} ({names[1]} int, {names[2]} varchar(20))")
        except pymysql.Error:
            return  # no name for this server
        try:
            catalog = load(mariadb)
            (key,) = (name for name, each in catalog.tables.items() if len(each.columns) == 2)
            index = IndexDefinition(
                engine="mariadb",
                table=key,
                keys=tuple(IndexKey(column=each.name) for each in catalog.tables[key].columns),
            )
            both = files([Change(kind="create", index=index, why=table)], catalog, "sql")
            assert "Left out" not in both["advised_indexes.sql"]
            mariadb_run(mariadb, both["advised_indexes.sql"])
            assert len(load(mariadb).tables[key].indexes) == 1
            mariadb_run(mariadb, both["advised_indexes.down.sql"])
            assert load(mariadb).tables[key].indexes == ()
        finally:
            cursor.execute(f"DROP TABLE {names[0]}")
