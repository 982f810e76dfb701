"""Sizes of tables and indexes after a migration, computed from statistics, against a server that ran it.

    python -m benchmarks.migrations.sizes [--major 16]... [--seed 1]... [--tables 40]

Random tables (types, NULLs, fill factors, rows that were updated and deleted) are captured; each gets a random change:
a column retyped, columns added and the table rewritten, a column dropped before VACUUM FULL, every row or some of them
updated, a new column filled. Then the errors of the computed pages are printed, by kind of change, as shares.
"""

from __future__ import annotations

import argparse
import random
from collections import defaultdict
from collections.abc import Iterator

import psycopg

from advisor.catalog.snapshot import capture
from advisor.dryrun.regressions import written
from advisor.dryrun.regressions.asking import World
from advisor.dryrun.regressions.carrying import carried
from advisor.dryrun.regressions.postgresql import followed, fresh_in
from advisor.dryrun.regressions.replanning import statements_of
from advisor.migrations.reading import script_of
from advisor.planners.postgresql.planner import ShadowPlanner
from tests import servers

#: Type, and a value of it out of the row's number.
_TYPES = {
    "integer": "(random() * 100000)::int",
    "bigint": "g * 7919::bigint",
    "smallint": "(g % 300)::smallint",
    "boolean": "random() < 0.3",
    "date": "date '2020-01-01' + g % 2000",
    "timestamptz": "timestamptz '2024-01-01 00:00+00' + g * interval '1 minute'",
    "double precision": "random() * 1000",
    "uuid": "md5(g::text)::uuid",
    "numeric(12,2)": "(random() ^ 3 * 100000)::numeric(12,2)",
    "text": "substr(md5(g::text), 1, 1 + (random() * {width})::int)",
    "varchar(40)": "(array['new','paid','cancelled','sent'])[1 + g % 4]",
    "char(3)": "substr(md5(g::text), 1, 3)",
    "jsonb": "jsonb_build_object('k', g % 100)",
    "text[]": "array['a' || g % 9, 'b']",
}
_RETYPED = {
    "integer": "bigint", "smallint": "integer", "bigint": "integer USING 1", "date": "timestamptz", "numeric(12,2)": "double precision",
    "uuid": "text", "boolean": "text", "double precision": "numeric(14,4)",
}  # fmt: skip


def _tables(draw: random.Random, count: int) -> Iterator[tuple[list[str], str, list[str]]]:
    """Statements that make one, the kind of its change, and the change."""
    for number in range(count):
        name = f"t{number}"
        types = [draw.choice(list(_TYPES)) for _ in range(draw.randint(2, 13))]
        fill = draw.choice([100, 100, 100, 90, 70])
        rows = draw.randint(1500, 9000)
        values = []
        for type_ in types:
            value = _TYPES[type_].format(width=draw.choice([8, 20, 60, 300]))
            share = draw.choice([0, 0, 0.1, 0.6])
            values.append(f"CASE WHEN random() >= {share} THEN {value} END" if share else value)
        columns = ", ".join(f"c{place} {type_}" for place, type_ in enumerate(types))
        made = [
            f"CREATE TABLE {name} (id integer, {columns}) WITH (fillfactor = {fill})",
            f"INSERT INTO {name} SELECT g, {', '.join(values)} FROM generate_series(1, {rows}) g",
            f"ALTER TABLE {name} ADD PRIMARY KEY (id)",
            f"CREATE INDEX ON {name} (c0)" if types[0] not in ("jsonb",) else f"CREATE INDEX ON {name} (id, c1)",
        ]
        worn = draw.random() < 0.4
        if worn:
            made.append(f"UPDATE {name} SET id = id WHERE random() < {draw.choice([0.1, 0.4])}")
            made.append(f"DELETE FROM {name} WHERE random() < {draw.choice([0.0, 0.2])}")
        kinds = ["added", "dropped", "updated", "some updated", "filled"]
        fixed = [place for place, type_ in enumerate(types) if type_ in _RETYPED]
        if fixed:
            kinds += ["retyped"] * 3
        kind = draw.choice(kinds)
        place = draw.choice(fixed) if fixed else 0
        target = _RETYPED.get(types[place], "")
        if kind == "retyped" and " USING " not in target:
            target += f" USING c{place}::{target}"
        last = len(types) - 1
        changes = {
            "retyped": [f"ALTER TABLE {name} ALTER COLUMN c{place} TYPE {target}"],
            "added": [
                f"ALTER TABLE {name} ADD COLUMN n1 integer NOT NULL DEFAULT 0, ADD COLUMN n2 text DEFAULT 'fresh'",
                f"VACUUM FULL {name}",
            ],
            "dropped": [f"ALTER TABLE {name} DROP COLUMN c{last}", f"VACUUM FULL {name}"],
            "updated": [f"UPDATE {name} SET c{last} = c{last}"],
            "some updated": [f"UPDATE {name} SET c{last} = c{last} WHERE id < {rows // 3}"],
            "filled": [f"ALTER TABLE {name} ADD COLUMN n text", f"UPDATE {name} SET n = 'central'"],
        }
        yield made, f"{kind}{', worn' if worn else ''}", changes[kind]


def _sizes(connection: psycopg.Connection[tuple[str, int]]) -> dict[str, int]:
    return dict(
        connection.execute(
            "SELECT relname::text, relpages FROM pg_class WHERE relkind IN ('r', 'i') AND relnamespace ="
            " 'public'::regnamespace"
        ).fetchall()
    )


def measure(major: int, seed: int, tables: int) -> dict[str, list[tuple[float, str]]]:
    """Errors by kind of change, of tables and, after a stroke, of their indexes."""
    all_of_them = list(_tables(random.Random(seed), tables))
    found: dict[str, list[tuple[float, str]]] = defaultdict(list)
    with servers.postgresql(
        {"autovacuum": "off", "default_statistics_target": "300", "shared_buffers": "128MB"}, major=major
    ) as server:
        with psycopg.connect(server.dsn, autocommit=True) as connection:
            connection.execute(f"SELECT setseed({seed / 1000})".encode())
            for made, _, _ in all_of_them:
                for statement in made:
                    connection.execute(statement.encode())
            connection.execute("VACUUM (ANALYZE)")
        snapshot = capture(server.dsn, values="present")
        lines = [line for _, _, change in all_of_them for line in change]
        with psycopg.connect(server.dsn, autocommit=True) as connection:
            before = _sizes(connection)
            for line in lines:
                connection.execute(line.encode())
            connection.execute("ANALYZE")
            after = _sizes(connection)
        scripts = [script_of("".join(f"{line};\n" for line in lines), "1.sql", engine="postgresql")]
        ran, schema = followed(scripts, snapshot, None)
        statements = statements_of(scripts)
        with ShadowPlanner.open(snapshot) as planner:
            rows = written.rows(statements, World(planner))
            grown = written.anew(statements, rows, snapshot)
            shift = carried(snapshot, ran, schema, written.texts(statements), grown, fresh_in(planner))
    computed = {one.name: (one.pages, one.table) for one in shift.snapshot.relations}
    for number, (_, kind, change) in enumerate(all_of_them):
        for name, (pages, table) in computed.items():
            if name != f"t{number}" and table != f"t{number}":
                continue
            error = pages / max(1, after[name]) - 1
            what = f"{name}: {before[name]} -> {after[name]}, computed {pages}: {change}"
            found[kind + (" / its indexes" if table else "")].append((error, what))
    return found


def main() -> None:
    """Prints a row a kind."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--major", type=int, action="append")
    parser.add_argument("--seed", type=int, action="append")
    parser.add_argument("--tables", type=int, default=40)
    parser.add_argument("--worst", type=int, default=0, help="print so many of each kind")
    given = parser.parse_args()
    print("| PostgreSQL | change | relations | mean error | median, absolute | 90 % | worst |")
    print("|---|---|---:|---:|---:|---:|---:|")
    for major in given.major or [16]:
        found: dict[str, list[tuple[float, str]]] = defaultdict(list)
        for seed in given.seed or [1]:
            for kind, errors in measure(major, seed, given.tables).items():
                found[kind] += errors
        for kind in sorted(found):
            errors = sorted(found[kind], key=lambda one: abs(one[0]))
            sizes = [abs(error) for error, _ in errors]
            mean = sum(error for error, _ in errors) / len(errors)
            row = (mean, sizes[len(sizes) // 2], sizes[int(len(sizes) * 0.9)])
            cells = " | ".join(f"{100 * one:.1f} %" for one in row)
            print(f"| {major} | {kind} | {len(errors)} | {cells} | {100 * errors[-1][0]:+.1f} % |", flush=True)
            for error, what in errors[::-1][: given.worst]:
                print(f"    {100 * error:+.1f} % {what}")


if __name__ == "__main__":
    main()
