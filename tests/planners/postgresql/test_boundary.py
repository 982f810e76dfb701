"""The two rows that hold a table's extremes: of every type, past every constraint."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.model.engine import Engine
from advisor.model.snapshot import Bounds, ColumnStatistics, Header, Relation, SchemaObject, Snapshot
from advisor.planners.postgresql.binaries import find
from advisor.planners.postgresql.shadow import Shadow

pytestmark = pytest.mark.server

_TYPES = (
    "smallint", "bigint", "numeric(5,2)", "real", "money", "oid", "text", "varchar(3)", "char(2)", '"char"', "name", "bytea",
    "boolean", "date", "time", "timetz", "timestamp", "timestamptz", "interval", "uuid", "json", "jsonb", "xml", "inet", "cidr",
    "macaddr", "macaddr8", "bit(3)", "varbit(5)", "point", "line", "lseg", "box", "path", "polygon", "circle", "tsvector",
    "tsquery", "int[]", "text[][]", "int4range", "int4multirange", "pg_lsn", "jsonpath", "mood", "positive", "pair", "mood[]",
    "spans",
)  # fmt: skip
_DDL = (
    "CREATE TYPE mood AS ENUM ('sad', 'glad')",
    "CREATE DOMAIN positive AS int CHECK (VALUE >= 0)",
    "CREATE TYPE pair AS (a int, b text)",
    "CREATE TYPE spans AS RANGE (subtype = positive)",
    "CREATE TABLE many (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, twice int GENERATED ALWAYS AS (id * 2) STORED, "
    + ", ".join(f"c{number} {type_} NOT NULL" for number, type_ in enumerate(_TYPES))
    + ", CHECK (false))",
    "CREATE TABLE once (id int UNIQUE, code int NOT NULL UNIQUE, other text)",
    "CREATE INDEX once_other ON once (other)",
    "CREATE TABLE parts (a int, b int, c int) PARTITION BY RANGE (a, b)",
    "CREATE TABLE part PARTITION OF parts FOR VALUES FROM (1, 5) TO (3, 2)",
    "CREATE INDEX part_c ON part (c)",
    "CREATE INDEX part_a ON part (a)",
    "CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no''; END'",
    "CREATE TRIGGER stop BEFORE INSERT ON once FOR EACH ROW EXECUTE FUNCTION stop()",
    "CREATE TABLE child (id int REFERENCES once (code) PRIMARY KEY)",
    "CREATE TABLE empty (id int PRIMARY KEY)",
    "CREATE TABLE guessed (id int PRIMARY KEY)",
    "ALTER TABLE once ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE once FORCE ROW LEVEL SECURITY",
)


def _bounds(table: str, column: str, low: str | None, high: str | None) -> Bounds:
    return Bounds(schema="public", table=table, column=column, low=low, high=high)


@pytest.mark.parametrize("major", [15, 18])
def test_rows_are_made_past_every_constraint(major: int) -> None:
    tables = ("many", "once", "part", "child", "guessed")
    relations = [
        Relation(schema="public", name=name, kind="table", pages=10, tuples=1000, blocks=10) for name in tables
    ]
    relations.append(Relation(schema="public", name="empty", kind="table", pages=5, tuples=50, blocks=0))
    snapshot = Snapshot(
        header=Header(engine=Engine("postgresql", str(major)), version_number=major * 10000, values="present"),
        objects=[SchemaObject(kind="other", schema="public", name=f"o{n}", ddl=(ddl,)) for n, ddl in enumerate(_DDL)],
        relations=relations,
        bounds=[
            _bounds("many", "id", "-7", "900"), _bounds("once", "id", "1", "99"), _bounds("once", "code", "5", "5"),
            _bounds("once", "other", None, None), _bounds("part", "a", "1", "3"), _bounds("part", "c", "0", "7"),
            _bounds("child", "id", "1000", "2000"), _bounds("empty", "id", "1", "2"),
        ],
        columns=[ColumnStatistics(schema="public", table="guessed", column="id", n_distinct=-1, histogram_bounds="{3,5,8}")],
    )  # fmt: skip
    with Shadow.open(snapshot, binaries=find(major), cache=False) as shadow, shadow.connect() as connection:
        assert [problem.split(":")[0] for problem in shadow.problems] == [
            "row security of 1 table",
            "extremes of public.once",
        ]
        found = {
            name: connection.execute(f"SELECT * FROM {name} ORDER BY 1").fetchall() for name in (*tables[1:], "empty")
        }
        assert found == {
            "once": [(1, 5, None)],  # a second row would need another code, and there is only one
            "part": [(1, None, 0), (3, None, 7)],
            "child": [(1000,), (2000,)],
            "guessed": [(3,), (8,)],
            "empty": [],
        }
        assert connection.execute("SELECT id, twice FROM many ORDER BY 1").fetchall() == [(-7, -14), (900, 1800)]
        # What was put aside is back.
        with pytest.raises(Exception, match="check constraint"):
            connection.execute(
                "INSERT INTO many (c0) VALUES (1)".replace(
                    "c0) VALUES (1",
                    ", ".join(f"c{n}" for n in range(len(_TYPES)))
                    + ") SELECT "
                    + ", ".join(f"c{n}" for n in range(len(_TYPES)))
                    + " FROM many LIMIT (1",
                )
            )
        with pytest.raises(Exception, match="partition constraint"):
            connection.execute("INSERT INTO part VALUES (9, 9, 9)")
        with pytest.raises(Exception, match="no"):
            connection.execute("INSERT INTO once VALUES (7, 7, 'x')")
        assert Path(shadow.relations["public", "empty"].path or "").stat().st_size == 0
