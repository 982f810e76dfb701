"""The same batches on the real PostgreSQL and MariaDB: their text runs there and gives what the loop gives."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import psycopg
import pymysql
import pytest
from sqlglot import exp

from advisor.catalog.types import Family
from advisor.model.engine import EngineName
from advisor.rewrites.batch import Batch, Values, told
from advisor.rewrites.batching import batch_of
from advisor.rewrites.checking.drawing import Drawn
from advisor.rewrites.checking.rows import Value, database
from advisor.rewrites.checking.tables import MadeTable, tables_of
from advisor.rewrites.comparing import Turn, bag, difference, hashable
from advisor.rewrites.joining import joined
from advisor.rewrites.statement import Node, read
from tests.conftest import StartServer
from tests.rewrites.corpus import READS, SCHEMA, WRITES, Loop, catalog
from tests.rewrites.test_batching import JOINS

pytestmark = pytest.mark.server

SEEDS = (2, 5, 9)


class Server:
    """Statements on a real server, values in the text."""

    def __init__(self, engine: EngineName, connection: Any) -> None:
        self.engine, self.connection = engine, connection
        self.dialect = "postgres" if engine == "postgresql" else "mysql"

    def run(self, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        with self.connection.cursor() as cursor:
            cursor.execute(sql.encode() if self.engine == "postgresql" else sql)
            if cursor.description is None:
                return [], []
            rows = [tuple(float(v) if isinstance(v, Decimal) else v for v in row) for row in cursor.fetchall()]
            return [column[0] for column in cursor.description], rows

    def rows(self, tree: Node, values: dict[str, Node]) -> tuple[list[str], list[tuple[Any, ...]]]:
        return self.run(bound(tree, values).sql(dialect=self.dialect))

    def fill(self, tables: list[MadeTable], content: dict[str, list[tuple[Value, ...]]]) -> None:
        for name in ("book_tag", "book", "author", "tag", "audit"):
            self.run(f"DELETE FROM {name}")
        for table in sorted(tables, key=lambda t: t.name != "author"):
            for row in content[table.name]:
                values = [literal(v, c.family) for v, c in zip(row, table.columns.values(), strict=True)]
                self.run(f"INSERT INTO {table.name} VALUES ({', '.join(v.sql(dialect=self.dialect) for v in values)})")


def literal(value: Value, family: Family) -> Node:
    if value is None:
        return exp.null()
    if family == "boolean":
        return exp.Boolean(this=bool(value))
    return exp.Literal.number(value) if isinstance(value, (int, float)) else exp.Literal.string(str(value))


def bound(tree: Node, values: dict[str, Node]) -> Node:
    tree = tree.copy()
    for node in list(tree.find_all(exp.Placeholder)):
        if node.name:
            node.replace(values[node.name].copy())
    return tree


@pytest.fixture(scope="module", params=["postgresql", "mariadb"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    start: StartServer = request.getfixturevalue(f"{request.param}_with")
    where = start({})
    connection: Any
    if request.param == "postgresql":
        connection = psycopg.connect(where.dsn, autocommit=True)
    else:
        connection = pymysql.connect(host=where.host, port=where.port, user=where.user, autocommit=True)
    here = Server(request.param, connection)
    here.run("CREATE SCHEMA adv_rewrites")
    here.run("SET search_path = adv_rewrites" if request.param == "postgresql" else "USE adv_rewrites")
    # References are left out: rows are generated without them; texts compare with case and blanks, as PostgreSQL's do.
    plain = SCHEMA.replace(" REFERENCES author (id)", "")
    if request.param != "postgresql":
        plain = plain.replace("timestamp", "datetime")
    for statement in plain.split(";")[:-1]:
        here.run(statement + ("" if request.param == "postgresql" else " COLLATE utf8mb4_nopad_bin"))
    yield here
    here.run("DROP SCHEMA adv_rewrites" + (" CASCADE" if request.param == "postgresql" else ""))
    connection.close()


def material(batch: Batch, server: Server, seed: int) -> tuple[list[MadeTable], Drawn, Any, Any, Any]:
    trees = [batch.statement.tree]
    tables = tables_of(trees, server.engine, [catalog(server.engine)], None, limited=batch.limited)
    content, drawn = database(tables, seed), Drawn(batch, tables)
    alike, turns = drawn.draw(content, random.Random(seed))
    nodes = {name: literal(value, drawn._family(name)) for name, value in alike.items()}
    return tables, drawn, content, nodes, turns


def turn_nodes(batch: Batch, drawn: Drawn, turn: dict[str, Value]) -> list[Node]:
    return [literal(turn[name], drawn._family(name)) for name in batch.turn]


@pytest.mark.parametrize("loop", READS, ids=lambda loop: loop.sql[:60])
def test_reads(loop: Loop, server: Server) -> None:
    batch = batch_of(loop.sql, loop.link, server.engine, [catalog(server.engine)], limit=loop.limit)
    text = told(batch)[0]
    for seed in SEEDS:
        tables, drawn, content, alike, turns = material(batch, server, seed)
        server.fill(tables, content)
        whole = batch.statement.tree.copy()
        whole.set("limit", None)
        whole.set("offset", None)
        answers = []
        for turn in turns:
            values = {**alike, **dict(zip(batch.turn, turn_nodes(batch, drawn, turn), strict=True))}
            key = tuple(hashable(turn[name]) for name in batch.turn)
            every = server.rows(whole, values)[1] if batch.limited else None
            answers.append(Turn(key, server.rows(batch.statement.tree, values)[1], every))
        nobody = {name: literal(value, drawn._family(name)) for name, value in drawn.nobody().items()}
        empty = server.rows(batch.statement.tree, {**alike, **nobody})[1]
        given = [turn_nodes(batch, drawn, turn) for turn in turns]
        names, rows = server.rows(batch.make(Values(given)), alike)
        assert difference(batch, answers, names, rows, empty) is None
        if server.engine == "postgresql" and "= ANY($1)" in text:  # the very text that people read, prepared
            kept = [turn[batch.turn[0]] for turn in turns]
            names_of_others = re.findall(r"%\((\w+)\)s", batch.make(Values(given)).sql("postgres"))
            others = [alike[name] for name in names_of_others if batch.statement.slots[name].literal is None]
            assert len(set(re.findall(r"\$\d+", text))) == 1 + len(others)
            with psycopg.RawCursor(server.connection) as cursor:
                values = [
                    n.name if n.is_string else (int(n.name) if n.name.isdigit() else Decimal(n.name)) for n in others
                ]
                cursor.execute(text.encode(), [kept, *values])
                assert bag(
                    [tuple(float(v) if isinstance(v, Decimal) else v for v in r) for r in cursor.fetchall()]
                ) == bag(rows)


@pytest.mark.parametrize("loop", WRITES, ids=lambda loop: loop.sql[:60])
def test_writes(loop: Loop, server: Server) -> None:
    batch = batch_of(loop.sql, loop.link, server.engine, [catalog(server.engine)])
    compared = 0
    for seed in SEEDS:
        tables, drawn, content, alike, turns = material(batch, server, seed)
        given = [turn_nodes(batch, drawn, turn) for turn in turns]
        after = []
        try:
            for batched in (False, True):
                server.fill(tables, content)
                if batched:
                    server.rows(batch.make(Values(given)), alike)
                else:
                    for values in given:
                        server.rows(batch.statement.tree, {**alike, **dict(zip(batch.turn, values, strict=True))})
                after.append([bag(server.run(f"SELECT * FROM {table.name}")[1]) for table in tables])
        except (psycopg.errors.IntegrityError, pymysql.err.IntegrityError, pymysql.err.OperationalError):
            if after:  # the loop ran, the batch did not
                raise
            continue
        assert after[0] == after[1]
        compared += 1
    assert compared


@pytest.mark.parametrize(("child", "parent", "by", "part"), JOINS, ids=[child[:50] for child, *_ in JOINS])
def test_joins_run(child: str, parent: str, by: Any, part: str, server: Server) -> None:
    batch = batch_of(child, by, server.engine, [catalog(server.engine)])
    join = joined(batch, read(parent, server.engine), by)
    tables = tables_of(
        [batch.statement.tree, join.parent.tree], server.engine, [catalog(server.engine)], by, limited=True
    )
    server.fill(tables, database(tables, 5))
    values = {
        name: exp.Literal.string("a") if "country" in parent else exp.Literal.number(1) for name in join.parent.slots
    }
    names, parents = server.rows(join.parent.tree, values)
    rows = server.rows(join.tree, values)[1]
    if join.form != "after":
        assert len(rows) >= len(parents)
        assert {row[: len(names)] for row in rows} == set(parents)


def test_look_up_or_insert(server: Server) -> None:
    lookup, creation = "select id, name from tag where name = ?", "insert into tag(id, name) values (?, ?)"
    batch = batch_of(lookup, None, server.engine, [catalog(server.engine)], kind="get_or_create", insert_sql=creation)
    server.run("DELETE FROM tag")
    server.run("INSERT INTO tag VALUES (1, 'old')")
    rows = [[exp.Literal.number(n), exp.Literal.string(name)] for n, name in ((7, "old"), (8, "new"), (9, "other"))]
    server.rows(batch.make(Values(rows)), {})
    assert server.run("SELECT id, name FROM tag ORDER BY id")[1] == [(1, "old"), (8, "new"), (9, "other")]
    assert batch.then is not None
    found = server.rows(batch.then.make(Values([[exp.Literal.string("old")], [exp.Literal.string("new")]])), {})[1]
    assert sorted(row[:2] for row in found) == [(1, "old"), (8, "new")]
