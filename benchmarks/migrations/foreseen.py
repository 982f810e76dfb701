"""Failures that statistics foretell, against what happens: `python -m benchmarks.migrations.foreseen` prints both.

Tables drawn at random (rows, NULLs, distinct values, outliers of a few rows), a snapshot of each, and statements that
may fail: precision of what is called certain, and how many of the failures are.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from typing import Any

from advisor.catalog.snapshot import capture
from advisor.catalog.snapshot.describe import catalog_of
from advisor.migrations.foresee import Foresight, statistics_of
from advisor.model.migration import Change, Outcome
from tests import servers


def _table(draw: random.Random, number: int) -> tuple[str, str, list[tuple[str, Change]]]:
    """The statement that makes it, its name, and statements with what they are."""
    name = f"t{number}"
    rows = int(10 ** draw.uniform(1, 5))
    distinct = draw.choice(
        [rows, rows, max(1, rows // 2), max(1, rows // 50), 3, rows - 1, max(1, rows - rows // 1000)]
    )
    every = draw.choice([0, 0, 0, 2, 10, 1000, rows])
    outliers = draw.choice([0, 0, 1, rows // 500, rows // 20])
    high = 40_000 if draw.random() < 0.3 else 1_000_000
    value = f"1 + n % {max(1, distinct)}"
    if outliers:
        value = f"CASE WHEN n <= {outliers} THEN -n ELSE {value} END"
    null = f"CASE WHEN n % {every} = 0 THEN NULL ELSE {value} END" if every else value
    skewed = f"(random() ^ {draw.choice([1, 3, 8])} * {draw.choice([2, 50, 5000])})::int"
    made = (
        f"CREATE TABLE {name} AS SELECT n AS id, ({null})::bigint AS v, {skewed} AS s, "
        f"'k' || ({skewed}) AS k, ({value}) % {high} AS w FROM generate_series(1, {rows}) AS n ORDER BY random()"
    )
    border = draw.randint(-5, max(1, distinct))
    wanted = draw.randint(0, 60)
    keys = draw.choice([("s", "k"), ("v", "s"), ("s", "w")])

    def change(action: Any, **more: Any) -> Change:
        return Change(action=action, table=name, **more)

    tests = [
        f"v >= {border}",
        f"s < {wanted} OR v > 0",
        f"s BETWEEN 0 AND {wanted}",
        f"k <> 'k{wanted}'",
        "k IN ('k0', 'k1')",
    ]
    statements = [
        (f"ALTER TABLE {name} ALTER v SET NOT NULL", change("set_not_null", column="v")),
        (f"ALTER TABLE {name} ADD UNIQUE (v)", change("add_unique", columns=("v",))),
        (f"ALTER TABLE {name} ADD UNIQUE (s)", change("add_unique", columns=("s",))),
        (f"ALTER TABLE {name} ADD UNIQUE ({', '.join(keys)})", change("add_unique", columns=keys)),
        (f"ALTER TABLE {name} ADD PRIMARY KEY (v)", change("add_primary_key", columns=("v",))),
        (
            f"ALTER TABLE {name} ALTER v TYPE smallint",
            change("alter_column_type", column="v", new_type="smallint"),
        ),
    ]
    statements += [(f"ALTER TABLE {name} ADD CHECK ({one})", change("add_check", expression=one)) for one in tests]
    return made, name, statements


def main(tables: int, seed: int) -> None:
    """Runs it on a private PostgreSQL server."""
    import psycopg

    draw = random.Random(seed)
    drawn = [_table(draw, number) for number in range(tables)]
    with servers.postgresql({"autovacuum": "off"}) as server:
        with psycopg.connect(server.dsn, autocommit=True) as connection:
            for made, _, _ in drawn:
                connection.execute(made.encode())
        with psycopg.connect(server.dsn, autocommit=True) as connection:
            connection.execute("SELECT pg_sleep(1.2)")
            connection.execute("ANALYZE")
        truth: dict[str, bool] = {}
        for values in ("present", "masked"):
            snapshot = capture(server.dsn, values=values)
            statistics = statistics_of(catalog_of(snapshot), snapshot)
            assert statistics is not None
            foresight = Foresight(statistics)
            counts: Counter[str] = Counter()
            for _, _, statements in drawn:
                for sql, change in statements:
                    if sql not in truth:
                        truth[sql] = _fails(server.dsn, sql)
                    found = foresight.foresee(Outcome(evidence="executed", changes=(change,)))
                    certain = found is not None and found.certain
                    counts["fails" if truth[sql] else "passes"] += 1
                    if certain:
                        counts["certain and fails" if truth[sql] else "CERTAIN AND PASSES"] += 1
                        if not truth[sql]:
                            print(sql, found)
                    elif truth[sql]:
                        counts["told, not certain" if found is not None else "NOT TOLD"] += 1
                        if found is None:
                            print("not told:", sql)
            print(values, dict(counts), flush=True)


def _fails(dsn: str, sql: str) -> bool:
    import psycopg

    with psycopg.connect(dsn) as connection:
        try:
            connection.execute(sql.encode())
        except psycopg.Error:
            return True
        finally:
            connection.rollback()
    return False


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    main(given.tables, given.seed)
