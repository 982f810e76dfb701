"""Nasty schemas, and statements over them: what the tests of candidates share."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from hypothesis import strategies as st

from advisor.catalog.ddl.file import read_ddl
from advisor.graphs.build import build
from advisor.graphs.graph import NotAnalysed
from advisor.model.catalog import Catalog
from advisor.model.engine import Engine, EngineName
from advisor.model.indexing import Candidate
from advisor.model.planning import Query
from advisor.recommend.candidates import CandidateLimits, candidates
from advisor.recommend.definition import on_text
from advisor.recommend.workload import Statement

POSTGRESQL = """
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
CREATE TABLE "Order" (
  id bigint PRIMARY KEY, "Customer Id" integer NOT NULL, "select" text, "quo""te" varchar(40), status varchar(20),
  made timestamp, at timestamptz, day date, doc jsonb, js json, tags text[], numbers integer[], words tsvector,
  active boolean NOT NULL, gone timestamp, mood mood, amount positive, price numeric(12, 2), weight double precision,
  span tstzrange, spot point, page xml, address inet, key uuid, raw bytea, code char(8), "ÜMLAUT" text, gap interval
);
CREATE TABLE part (id bigint, at timestamptz NOT NULL, kind text, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM ('2020-01-01') TO ('2030-01-01');
CREATE VIEW seen AS SELECT * FROM "Order";
CREATE INDEX ON "Order" (status, made DESC);
"""
MYSQL = """
CREATE TABLE `Order` (
  id bigint unsigned NOT NULL AUTO_INCREMENT, `Customer Id` int NOT NULL, `select` text, `quo``te` varchar(40),
  status varchar(20), made datetime, at timestamp NULL, day date, doc json, active tinyint(1) NOT NULL, gone datetime,
  mood enum('sad', 'ok'), flags set('a', 'b'), price decimal(12, 2), weight double, spot point, raw blob, code char(8),
  `ÜMLAUT` varchar(1000), wide varchar(700), wider varchar(700), latin varchar(3000) CHARACTER SET latin1, yr year,
  bits bit(5), bin varbinary(100), PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE TABLE part (id bigint NOT NULL, at datetime NOT NULL, kind varchar(50), PRIMARY KEY (id, at)) ENGINE=InnoDB;
"""
SQLITE = """
CREATE TABLE "Order" (
  id INTEGER PRIMARY KEY, "Customer Id" INT NOT NULL, "select" TEXT, "quo""te" VARCHAR(40), status TEXT, made TEXT,
  at TIMESTAMP, day DATE, doc TEXT, active BOOLEAN NOT NULL, gone TEXT, price NUMERIC, weight REAL, raw BLOB, code,
  "ÜMLAUT" TEXT
);
CREATE TABLE part (id INT, at TEXT NOT NULL, kind TEXT, PRIMARY KEY (id, at)) WITHOUT ROWID;
"""
#: engine -> schema, version, quote
WORLDS: dict[EngineName, tuple[str, str, str]] = {
    "postgresql": (POSTGRESQL, "15.4", '"'),
    "mariadb": (MYSQL, "10.11.6-MariaDB", "`"),
    "sqlite": (SQLITE, "3.40.1", '"'),
}


def catalog(ddl: str, engine: EngineName = "postgresql", version: str | None = "15.4") -> Catalog:
    """The catalog of a schema."""
    found = read_ddl(ddl, "schema.sql", engine)
    found.engine = Engine(engine, version)
    return found


def statement(sql: str, schema: Catalog, *, fingerprint: str = "f", weight: float = 1.0, **more: object) -> Statement:
    """One statement of a workload."""
    graph = None
    with contextlib.suppress(NotAnalysed):
        graph = build(sql, schema.engine.name, [schema])
    return Statement(
        fingerprint=fingerprint,
        engine=schema.engine.name,
        kind=graph.kind if graph is not None else "select",
        sql=sql,
        queries=(Query(sql),),
        weight=weight,
        graph=graph,
        **more,  # type: ignore[arg-type]
    )


def texts(found: Sequence[Candidate]) -> list[str]:
    """What stands behind CREATE INDEX."""
    return [on_text(one.index) for one in found]


def proposed(sql: str, schema: Catalog, *, pairs: bool = False, **more: object) -> list[str]:
    """The candidates of one statement, without pairs unless asked for."""
    statistics = more.pop("statistics", None)
    one = statement(sql, schema, **more)
    return texts(candidates([one], schema, statistics, CandidateLimits(pairs=pairs)))  # type: ignore[arg-type]


def columns(engine: EngineName) -> list[str]:
    """Columns of the nasty table, as SQL."""
    ddl, version, quote = WORLDS[engine]
    table = catalog(ddl, engine, version).tables["Order"]
    return [quote + column.name.replace(quote, quote * 2) + quote for column in table.columns]


def conditions(engine: EngineName) -> st.SearchStrategy[str]:
    """A condition on one column; not every one makes sense for every type."""
    common = ["{} = 'x'", "{} = 5", "{} > '2020-01-01'", "{} BETWEEN 1 AND 5", "{} IN (1, 2)", "{} IS NULL", "{}"]
    common += ["{} LIKE 'abc%'", "{} LIKE '%abc%'", "lower({}) = 'x'", "date({}) = '2020-01-01'", "NOT {}"]
    common += ["{} IS NOT NULL", "abs({}) = 4", "upper({}) LIKE 'A%'", "coalesce({}, 'x') = 'y'", "({} = 5 OR {} = 6)"]
    own: dict[str, list[str]] = {
        "postgresql": [
            "{} @> '{{}}'", "{} && '{{}}'", "{} ? 'k'", "{} @@ to_tsquery('x')", "{} ->> 'k' = 'v'", "({} ->> 'k')::int = 4",
            "to_tsvector('english', {}) @@ to_tsquery('x')", "to_tsvector({}) @@ to_tsquery('x')", "{}::date = '2020-01-01'",
            "date_trunc('day', {}) = '2020-01-01'", "{} ILIKE '%abc%'", "extract(year FROM {}) = 2020", "{}::text = 'x'",
            "{} = ANY('{{1,2}}')", "{} ~ 'abc'", "to_char({}, 'YYYY') = '2020'", "{} || 'x' = 'yx'", "{} + 1 = 4",
            "{} -> 'a' ->> 'b' = 'c'", "{} IS NOT DISTINCT FROM 4", "left({}, 3) = 'abc'", "{} AT TIME ZONE 'UTC' > '2020-01-01'",
        ],
        "mariadb": ["year({}) = 2020", "{} <=> 4", "{} REGEXP 'a'", "json_extract({}, '$.a') = 1", "{} + 1 = 4"],
        "sqlite": ["json_extract({}, '$.a') = 1", "{} ->> '$.a' = 'x'", "{} GLOB 'a*'", "substr({}, 1, 3) = 'abc'"],
    }  # fmt: skip
    forms = st.sampled_from(common + own[engine])
    return st.builds(lambda form, column: form.replace("{}", column).replace("{{}}", "{}"), forms, _column(engine))


def _column(engine: EngineName) -> st.SearchStrategy[str]:
    return st.sampled_from(columns(engine))


@st.composite
def queries(draw: st.DrawFn, engine: EngineName) -> str:
    """A statement over the nasty schema."""
    quote = WORLDS[engine][2]
    table = f"{quote}Order{quote}"
    where = " AND ".join(draw(st.lists(conditions(engine), min_size=1, max_size=4)))
    shown = ", ".join(draw(st.lists(_column(engine), min_size=1, max_size=3, unique=True)))
    directions = ["", " DESC"] + ([" DESC NULLS LAST", " NULLS FIRST"] if engine == "postgresql" else [])
    keys = draw(st.lists(st.tuples(_column(engine), st.sampled_from(directions)), max_size=3))
    order = f" ORDER BY {', '.join(column + way for column, way in keys)}" if keys else ""
    kind = draw(st.sampled_from(["select", "star", "group", "distinct", "join", "update", "delete", "exists"]))
    if kind == "group":
        return f"SELECT {shown}, count(*) FROM {table} WHERE {where} GROUP BY {shown}"
    if kind == "distinct":
        return f"SELECT DISTINCT {shown} FROM {table} WHERE {where}"
    if kind == "join":
        column = draw(_column(engine))
        return f"SELECT {shown} FROM {table} JOIN part p ON p.kind = {table}.{column} WHERE {where}{order} LIMIT 5"
    if kind == "exists":
        column = draw(_column(engine))
        return (
            f"SELECT p.id FROM part p WHERE EXISTS (SELECT 1 FROM {table} WHERE {table}.{column} = p.kind AND {where})"
        )
    if kind == "update":
        return f"UPDATE {table} SET status = 'x' WHERE {where}"
    if kind == "delete":
        return f"DELETE FROM {table} WHERE {where}"
    return f"SELECT {'*' if kind == 'star' else shown} FROM {table} WHERE {where}{order} LIMIT 10"
