"""Counters of made-up applications, to see how often totals agree by chance.

    python -m benchmarks.nplusone.worlds [--worlds 200] [--seed 1] [-v]

Each world is a shop with random endpoints: lists, pages of one row, authentication in front of requests, batched and
repeated children, identity maps, API look-ups, jobs that write. What each endpoint runs is added up over a random
number of requests, as pg_stat_statements would, and read as a dump of it; which children are repeated for each row is
known. Nothing here was recorded: it measures coincidence and dilution, not dialects.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from advisor.api.analysis import digest
from advisor.catalog.ddl.file import read_ddl
from advisor.model.stream import Repetition
from advisor.stream.counters import detect
from advisor.stream.links import Links
from benchmarks.nplusone.counters import canon, graphs_of

#: Child table -> (column, parent table).
REFERENCES: dict[str, list[tuple[str, str]]] = {
    "authors": [],
    "publishers": [],
    "users": [],
    "books": [("author_id", "authors"), ("publisher_id", "publishers")],
    "reviews": [("book_id", "books"), ("user_id", "users")],
    "orders": [("user_id", "users")],
    "order_items": [("order_id", "orders"), ("book_id", "books")],
    "payments": [("order_id", "orders")],
    "photos": [("book_id", "books")],
    "follows": [("user_id", "users"), ("author_id", "authors")],
}
SCHEMA = "CREATE TABLE sessions (token text PRIMARY KEY, user_id bigint REFERENCES users (id));" + "".join(
    f"CREATE TABLE {table} (id bigint PRIMARY KEY, name text, status text"
    + "".join(f", {column} bigint REFERENCES {parent} (id)" for column, parent in columns)
    + ");"
    for table, columns in REFERENCES.items()
)


@dataclass
class World:
    """Executions and rows by text, and the texts that are repeated for rows."""

    random: random.Random
    calls: Counter[str] = field(default_factory=Counter)
    rows: Counter[str] = field(default_factory=Counter)
    repeated: set[str] = field(default_factory=set)
    fan_out: dict[tuple[str, str], float] = field(default_factory=dict)

    def run(self, sql: str, calls: int, rows: float) -> None:
        """Adds executions; ``rows`` of each on average."""
        if calls:
            self.calls[sql] += calls
            self.rows[sql] += round(calls * rows)

    def below(self, table: str) -> list[tuple[str, str]]:
        """(table, column) of what references a table."""
        return [(child, column) for child, ends in REFERENCES.items() for column, parent in ends if parent == table]

    def many(self, table: str, column: str) -> float:
        """Mean rows below one row."""
        return self.fan_out.setdefault((table, column), round(self.random.lognormvariate(0.8, 0.8), 2))

    def columns(self, table: str) -> str:
        """The select list."""
        return ", ".join(["id", "name", *(column for column, _ in REFERENCES[table])])


def world(seed: int) -> World:
    """One application and its traffic."""
    one = World(random.Random(seed))
    draw = one.random
    auth = draw.choice(["none", "session", "token", "token"])
    in_transactions = draw.random() < 0.6
    endpoints = (
        [_list_page] * draw.randint(2, 6) + [_detail_page] * draw.randint(1, 4) + [_look_up] * draw.randint(0, 3)
    )
    for endpoint in [*endpoints, *([_job] * draw.randint(0, 2))]:
        requests = max(3, round(draw.lognormvariate(5, 1.2)))
        if auth == "session":
            one.run("SELECT token, user_id FROM sessions WHERE token = $1", requests, 1)
        if auth != "none":
            one.run("SELECT id, name FROM users WHERE id = $1", requests, 1)
        if in_transactions:
            one.run("BEGIN", requests, 0)
            one.run("COMMIT", requests, 0)
        endpoint(one, requests)
    return one


def _list_page(one: World, requests: int) -> None:
    draw = one.random
    table = draw.choice([t for t in REFERENCES if t != "users"])
    page = draw.choice([5, 10, 20, 25, 50, 100])
    where = draw.choice(["", " WHERE status = $1", " WHERE name LIKE $1", " WHERE id > $1"])
    size = page if draw.random() < 0.7 else page * draw.uniform(0.3, 0.95)
    one.run(
        f"SELECT {one.columns(table)} FROM {table}{where} ORDER BY {draw.choice(['id', 'name'])} LIMIT $2",
        requests,
        size,
    )
    _children(one, table, requests, size, depth=0)


def _children(one: World, table: str, parents: int, size: float, depth: int) -> None:
    """What is loaded for the rows of a list: nothing, in batches, joined (nothing to see), or once for each."""
    draw = one.random
    rows = round(parents * size)
    for _column, above in REFERENCES[table]:
        way = draw.choice(["none", "none", "batch", "repeat", "identity map"])
        if way == "batch":
            one.run(f"SELECT {one.columns(above)} FROM {above} WHERE id IN ($1, $2, $3)", parents, size * 0.7)
        elif way in ("repeat", "identity map"):
            share = 1.0 if way == "repeat" else draw.uniform(0.15, 0.9)
            share *= draw.choice([1.0, 1.0, draw.uniform(0.9, 1.0)])  # some keys are NULL
            calls = round(rows * share)
            _repeat(one, f"SELECT {one.columns(above)} FROM {above} WHERE id = $1", calls, 1, size * share)
            for _further, beyond in REFERENCES[above]:  # the loop's second step
                if draw.random() < 0.3:
                    _repeat(one, f"SELECT {one.columns(beyond)} FROM {beyond} WHERE id = $1", calls, 1, size * share)
    for child, column in one.below(table):
        way = draw.choice(["none", "none", "none", "batch", "repeat", "count"])
        each = one.many(child, column)
        if way == "batch":
            one.run(f"SELECT {one.columns(child)} FROM {child} WHERE {column} IN ($1, $2, $3)", parents, size * each)
        elif way == "repeat":
            _repeat(one, f"SELECT {one.columns(child)} FROM {child} WHERE {column} = $1", rows, each, size)
            if depth == 0 and draw.random() < 0.4:
                _children(one, child, rows, each, depth + 1)
        elif way == "count":
            _repeat(one, f"SELECT count(*) FROM {child} WHERE {column} = $1", rows, 1, size)


def _repeat(one: World, sql: str, calls: int, rows: float, size: float) -> None:
    one.run(sql, calls, rows)
    if size >= 1.5:
        one.repeated.add(canon(sql))


def _detail_page(one: World, requests: int) -> None:
    draw = one.random
    table = draw.choice(list(REFERENCES))
    found = draw.choice([1.0, 1.0, 0.97])
    one.run(f"SELECT {one.columns(table)} FROM {table} WHERE id = $1", requests, found)
    for _column, above in REFERENCES[table]:
        if draw.random() < 0.5:
            one.run(f"SELECT {one.columns(above)} FROM {above} WHERE id = $1", round(requests * found), 1)
    for child, column in one.below(table):
        if draw.random() < 0.4:
            each = one.many(child, column)
            shown = round(requests * found)
            one.run(f"SELECT {one.columns(child)} FROM {child} WHERE {column} = $1", shown, each)
            if draw.random() < 0.4:
                _children(one, child, shown, each, 1)


def _look_up(one: World, requests: int) -> None:
    """An API call for one key, with nothing around it."""
    draw = one.random
    table = draw.choice(list(REFERENCES))
    ends = REFERENCES[table]
    if ends and draw.random() < 0.5:
        column = draw.choice(ends)[0]
        one.run(f"SELECT {one.columns(table)} FROM {table} WHERE {column} = $1", requests, one.many(table, column))
    else:
        one.run(f"SELECT {one.columns(table)} FROM {table} WHERE id = $1", requests, 1)


def _job(one: World, requests: int) -> None:
    draw = one.random
    table = draw.choice(list(REFERENCES))
    runs, size = max(1, requests // 50), draw.choice([10, 100, 500])
    one.run(f"SELECT id, status FROM {table} WHERE status = $1 ORDER BY id LIMIT $2", runs, size)
    sql = f"UPDATE {table} SET status = $1 WHERE id = $2"
    if draw.random() < 0.6:
        _repeat(one, sql, runs * size, 1, size)
    else:
        one.run(sql, max(1, round(runs * size * draw.uniform(0.01, 0.6))), 1)


def found_in(one: World) -> tuple[list[Repetition], dict[str, str]]:
    """What is found, and the canonical text by fingerprint."""
    catalogs = [read_ddl(SCHEMA, "schema.sql", "postgresql")]
    dump = [
        {"query": sql, "calls": calls, "rows": one.rows[sql], "total_exec_time": calls * 0.05}
        for sql, calls in one.calls.items()
    ]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "world.json"
        file.write_text(json.dumps(dump))
        shapes = digest([str(file)]).shapes()
    links = Links(graphs_of(shapes, catalogs), catalogs)
    return detect(shapes, links), {shape.fingerprint: canon(shape.sql) for shape in shapes}


def main() -> None:
    """Prints precision and recall by tier."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-v", "--verbose", action="store_true")
    given = parser.parse_args()
    hits: Counter[str] = Counter()
    false: Counter[str] = Counter()
    repeated = 0
    for seed in range(given.seed * 10_000, given.seed * 10_000 + given.worlds):
        one = world(seed)
        found, texts = found_in(one)
        repeated += len(one.repeated)
        for repetition in found:
            text = texts[repetition.child]
            (hits if text in one.repeated else false)[repetition.tier] += 1
            if given.verbose and text not in one.repeated:
                parent = texts[repetition.parent or repetition.child]
                print(
                    f"{seed} {repetition.tier} {repetition.score:.1f} {text}\n   <- {parent}\n   {repetition.reasons}"
                )
    print("| tier | hits | false | precision | recall |\n|---|---|---|---|---|")
    for tier in ("likely", "possible"):
        precision = hits[tier] / max(1, hits[tier] + false[tier])
        print(f"| {tier} | {hits[tier]} | {false[tier]} | {precision:.3f} | {hits[tier] / max(1, repeated):.3f} |")


if __name__ == "__main__":
    main()
