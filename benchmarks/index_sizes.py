"""How near the predicted sizes of B-trees are to the sizes that CREATE INDEX leaves.

    python -m benchmarks.index_sizes postgresql://.../one postgresql://.../other [--shuffled] [--made NAME] [-o out.json]

Of every table with enough rows: each column alone, and pairs, triples, INCLUDE, partial and expression indexes drawn at
random (by a fixed seed) among the columns that an application would put into an index. Each is really built and taken
back; the prediction comes from a shadow of the database's snapshot. Prints the share within 15 % by data set and kind, and the worst.
``--shuffled`` first puts the rows of all tables into random order, so that their order tells nothing.
``--grown`` also inserts the rows into an empty index in random order: what an index is after a life of insertions.
``--made`` builds a data set of its own first, in a database of that name: ``fit`` (distributions that the model was
looked at with) or ``held`` (others, with types and correlations that the model was not fitted to).
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from benchmarks.index_sizes_data import SETS
from benchmarks.shadow.load import address

#: Fewer rows make an index of a few pages, of which one more or less is ten per cent.
LEAST_ROWS = 20_000
#: So are those of smaller indexes.
LEAST_BYTES = 16 * 8192
#: Drawn for each table.
DRAWN = {"two columns": 8, "three columns": 5, "include": 3, "partial": 4, "expression": 3}
TOLERANCE = 0.15

_TABLES = """
SELECT c.oid::int8, format('%%I.%%I', n.nspname, c.relname), c.relname FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND c.reltuples >= %s
ORDER BY n.nspname, c.relname
"""
_COLUMNS = """
SELECT quote_ident(a.attname), format_type(a.atttypid, NULL), format_type(a.atttypid, a.atttypmod), s.null_frac, s.n_distinct, s.avg_width,
       (s.most_common_vals::text::text[])[1:3], (s.histogram_bounds::text::text[])[30]
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = a.attname AND NOT s.inherited
WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped AND NOT s.n_distinct = 0
  AND EXISTS (SELECT FROM pg_opclass o JOIN pg_am m ON m.oid = o.opcmethod
              WHERE m.amname = 'btree' AND o.opcdefault AND o.opcintype IN (a.atttypid,
                CASE WHEN format_type(a.atttypid, NULL) LIKE 'character varying%%' THEN 'text'::regtype
                     WHEN EXISTS (SELECT FROM pg_type t WHERE t.oid = a.atttypid AND t.typtype = 'e') THEN 'anyenum'::regtype
                     ELSE a.atttypid END))
ORDER BY a.attnum
"""
_EXPRESSIONS = {
    "text": ("lower({})", "left({}, 4)", "length({})"),
    "character varying": ("lower({})", "left({}, 4)", "length({})"),
    "character": ("lower({})",),
    "date": ("({} + 30)", "(extract(year FROM {}))"),
    "timestamp without time zone": ("({}::date)", "date_trunc('hour', {})"),
    "timestamp with time zone": ("(({} AT TIME ZONE 'UTC')::date)",),
    "integer": ("({} % 100)", "({} / 10)"),
    "bigint": ("({} / 10)",),
    "numeric": ("(round({}))",),
}


@dataclass
class Built:
    """One index: what was predicted, and what was built."""

    database: str
    kind: str
    sql: str
    """What stands behind the index's name."""
    real: int = 0
    said: int = 0
    grown: int | None = None

    @property
    def error(self) -> float:
        """Of the prediction, relative to the real size."""
        return self.said / self.real - 1


def candidates(connection: psycopg.Connection, database: str, seed: int = 1) -> list[Built]:
    """The indexes of a database."""
    draw = random.Random(seed)
    found: dict[str, Built] = {}
    for oid, table, _ in connection.execute(_TABLES, (LEAST_ROWS,)).fetchall():
        columns = connection.execute(_COLUMNS, (oid,)).fetchall()
        short = [each for each in columns if each[5] <= 60]
        names = [each[0] for each in short]

        def add(kind: str, text: str, table: str = table) -> None:
            found.setdefault(f"ON {table} {text}", Built(database, kind, f"ON {table} {text}"))

        for column in columns:
            add("one column", f"({column[0]})")
        if len(names) < 4:
            continue
        for kind, several in (("two columns", 2), ("three columns", 3)):
            for _ in range(DRAWN[kind]):
                add(kind, f"({', '.join(draw.sample(names, several))})")
        for _ in range(DRAWN["include"]):
            key, *rest = draw.sample(names, 3)
            add("include", f"({key}) INCLUDE ({', '.join(rest[: draw.randint(1, 2)])})")
        for _ in range(DRAWN["partial"]):
            key, other = draw.sample(names, 2)
            chooser = next(each for each in short if each[0] == other)
            test = _predicate(chooser, draw)
            if test:
                add("partial", f"({key}) WHERE {test}")
        for _ in range(DRAWN["expression"]):
            column = draw.choice(short)
            forms = _EXPRESSIONS.get(column[1])
            if forms:
                add("expression", f"({draw.choice(forms).format(column[0])})")
    return list(found.values())


def _predicate(column: tuple[Any, ...], draw: random.Random) -> str | None:
    name, _, type_, nulls, _, _, common, bound = column
    forms = []
    if common:
        value = str(draw.choice(common)).replace("'", "''")
        forms.append(f"{name} = '{value}'::{type_}")
    if nulls:
        forms.append(f"{name} IS NOT NULL")
    if bound is not None:
        value = str(bound).replace("'", "''")
        forms.append(f"{name} > '{value}'::{type_}")
    return draw.choice(forms) if forms else None


def build(connection: psycopg.Connection, index: Built, grown: bool) -> None:
    """Really builds it, notes its size, and takes it back."""
    with connection.transaction(force_rollback=True):
        connection.execute(f"CREATE INDEX advisor_i {index.sql}".encode())
        row = connection.execute("SELECT pg_relation_size('advisor_i')").fetchone()
        index.real = int(row[0]) if row else 0
    if grown:
        table = index.sql.split(" ")[1]
        with connection.transaction(force_rollback=True):
            connection.execute(f"CREATE TEMPORARY TABLE advisor_t (LIKE {table})".encode())
            connection.execute(f"CREATE INDEX advisor_i {index.sql.replace(table, 'advisor_t', 1)}".encode())
            connection.execute(f"INSERT INTO advisor_t SELECT * FROM {table} ORDER BY random()".encode())
            row = connection.execute("SELECT pg_relation_size('advisor_i')").fetchone()
            index.grown = int(row[0]) if row else 0


def shuffle(connection: psycopg.Connection) -> None:
    """Every table's rows in random order, with statistics as new."""
    for _, table, name in connection.execute(_TABLES, (LEAST_ROWS,)).fetchall():
        connection.execute(
            f'CREATE TEMPORARY TABLE "shuffled {name}" AS SELECT * FROM {table} ORDER BY random()'.encode()
        )
        connection.execute(f"TRUNCATE {table} CASCADE".encode())
        connection.execute(f'INSERT INTO {table} SELECT * FROM "shuffled {name}"'.encode())
    connection.execute("VACUUM ANALYZE")


def predict(dsn: str, indexes: list[Built]) -> str:
    """Sizes as the shadow of the database's snapshot gives them."""
    from time import perf_counter

    from advisor.catalog.snapshot import capture
    from advisor.planners.postgresql.planner import ShadowPlanner

    with ShadowPlanner.open(capture(dsn, values="present")) as planner:
        start = perf_counter()
        for index, size in zip(indexes, planner.sizes([index.sql for index in indexes]), strict=True):
            index.said = size.bytes
        return f"{len(indexes)} sizes in {perf_counter() - start:.1f} s"


def direct(dsn: str, indexes: list[Built]) -> None:
    """Sizes as the model alone gives them on the database itself: quicker, while the model is worked on."""
    from advisor.planners.postgresql.size.estimate import estimate

    with psycopg.connect(dsn, autocommit=True) as connection:
        for index in indexes:
            table = index.sql.split(" ")[1]
            with connection.transaction(force_rollback=True):
                # The model looks at the definition alone: it is made over the inheritance child that holds no row.
                connection.execute(f"CREATE INDEX advisor_i {index.sql}".encode())
                row = connection.execute("SELECT 'advisor_i'::regclass::oid::int8").fetchone()
                index.said = estimate(connection, row[0] if row else 0).pages * 8192
            assert table


def table(indexes: list[Built]) -> str:
    """Shares within the tolerance by kind, as Markdown."""
    lines = [
        "| data set | kind | indexes | within 15 % | within 10 % | median | p90 | largest under | largest over |",
        "|---|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    databases = list(dict.fromkeys(index.database for index in indexes))
    kinds = list(dict.fromkeys(index.kind for index in indexes))
    for database in databases:
        for kind in [*kinds, "all"]:
            errors = [i.error for i in indexes if i.database == database and kind in (i.kind, "all")]
            if not errors:
                continue
            sizes = sorted(map(abs, errors))
            lines.append(
                f"| {database} | {kind} | {len(errors)} | {_share(errors, TOLERANCE)} | {_share(errors, 0.1)} | "
                f"{statistics.median(sizes):.1%} | {sizes[int(0.9 * (len(sizes) - 1))]:.1%} | "
                f"{min(errors):+.0%} | {max(errors):+.0%} |"
            )
    return "\n".join(lines)


def _share(errors: list[float], tolerance: float) -> str:
    return f"{sum(abs(error) <= tolerance for error in errors) / len(errors):.0%}"


def main() -> None:
    """Measures the databases named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dsn", nargs="+")
    parser.add_argument(
        "--made", choices=sorted(SETS), help="make this data set in a database of the first DSN's server"
    )
    parser.add_argument("--shuffled", action="store_true")
    parser.add_argument("--grown", action="store_true")
    parser.add_argument("--direct", action="store_true", help="the model on the database itself, without a shadow")
    parser.add_argument("--known", type=Path, help="real sizes of an earlier run (its -o): nothing is built again")
    parser.add_argument("--seed", type=int, default=1, help="of the draw of indexes")
    parser.add_argument("--worst", type=int, default=12)
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    dsns = list(arguments.dsn)
    if arguments.made:
        name = f"advisor_sizes_{arguments.made}"
        with psycopg.connect(dsns[0], autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {name}".encode())
            connection.execute(f"CREATE DATABASE {name}".encode())
        dsns[0] = address(dsns[0], name)
        with psycopg.connect(dsns[0], autocommit=True) as connection:
            for statement in SETS[arguments.made]:
                connection.execute(statement.encode())
            connection.execute("VACUUM ANALYZE")
    real: dict[tuple[str, str], dict[str, Any]] = {}
    if arguments.known and arguments.known.exists():
        real = {(each["database"], each["sql"]): each for each in json.loads(arguments.known.read_text())}
    everything: list[Built] = []
    for dsn in dsns:
        database = urlsplit(dsn).path.strip("/")
        with psycopg.connect(dsn, autocommit=True) as connection:
            if arguments.shuffled:
                shuffle(connection)
            if real:
                indexes = [Built(**each) for each in real.values() if each["database"] == database]
            else:
                indexes = candidates(connection, database, arguments.seed)
                for index in indexes:
                    build(connection, index, arguments.grown)
        if arguments.direct:
            direct(dsn, indexes)
        else:
            print(f"{database}: {predict(dsn, indexes)}")
        everything += [index for index in indexes if index.real >= LEAST_BYTES]
    print(table(everything))
    grown = [i.grown / i.real for i in everything if i.grown]
    if grown:
        print(f"grown by insertion in random order: {statistics.median(grown):.2f} times the built size (median)")
    for index in sorted(everything, key=lambda index: -abs(index.error))[: arguments.worst]:
        print(f"{index.error:+7.1%} {index.real // 1024:7d} KB {index.database} {index.kind}: {index.sql}")
    if arguments.output:
        arguments.output.write_text(json.dumps([asdict(index) for index in everything], indent=0))


if __name__ == "__main__":
    main()
