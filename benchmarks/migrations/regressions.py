"""Shapes whose plans get worse by a migration: what is flagged without rows, against plans on the loaded database.

    python -m benchmarks.migrations.regressions [--major 16] [--scale 0.5] [--only indexes|changes|speed]...
                                                [--world shop|orm|rail|clinic|billing]... [--kept FOLDER] [-o FILE]

A throwaway server is loaded, an application's statements run there and are logged, a snapshot is taken. Then each index
is dropped in turn: truth is EXPLAIN on the loaded database before and after really dropping it, in a transaction that is
rolled back; flagged is what `advisor.dryrun.regressions.replan` says from the snapshot and the log. Costs within 1 % of
each other are ties and set aside. Migrations of several statements run on a copy of the loaded database, which is then
analysed after every statement; to blame for a shape is the statement from which on it stays dearer than before. With
--kept FOLDER the snapshot, the workload and what really happened are kept there, and found there the next time.
"""

from __future__ import annotations

import argparse
import itertools
import json
import pickle
import random
import re
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg

from advisor.api.check.workload import met
from advisor.catalog.snapshot import capture
from advisor.catalog.snapshot.describe import catalog_of
from advisor.dryrun.regressions import Replanned, replan
from advisor.migrations.reading import script_of
from advisor.model.planning import Query
from advisor.model.snapshot import Snapshot
from advisor.recommend.workload import Statement
from benchmarks.indexes.data import database
from benchmarks.indexes.data.database import address
from benchmarks.indexes.data.shop import Shop
from benchmarks.migrations import billing, clinic, orm, rail
from tests import servers

SEED = 20261123
CALLS = 4000
TIE = 0.01
SETTINGS = {
    "log_min_duration_statement": "0",
    "log_line_prefix": "%m [%p] %u@%d ",
    "shared_buffers": "128MB",
    "autovacuum": "off",
    "jit": "off",
    # ANALYZE then reads whole tables: what it finds a second time is the same, and differences are the migration's.
    "default_statistics_target": "1000",
}
#: What such a schema has grown by the advice of the years; some serve nothing.
SHOP_INDEXES = (
    "CREATE INDEX account_email_lower ON account (lower(email))",
    "CREATE INDEX account_country ON account (country, tier)",
    "CREATE INDEX account_last_login ON account (last_login)",
    "CREATE INDEX address_account ON address (account_id) WHERE is_default",
    "CREATE INDEX address_account_all ON address (account_id)",
    "CREATE INDEX product_category ON product (category_id, price) WHERE active",
    "CREATE INDEX product_name ON product (name text_pattern_ops)",
    "CREATE INDEX purchase_account ON purchase (account_id, placed_at DESC)",
    "CREATE INDEX purchase_status ON purchase (status) WHERE status <> 'done'",
    "CREATE INDEX purchase_placed ON purchase (placed_at)",
    "CREATE INDEX purchase_placed_brin ON purchase USING brin (placed_at)",
    "CREATE INDEX purchase_coupon ON purchase (coupon)",
    "CREATE INDEX purchase_line_product ON purchase_line (product_id) INCLUDE (quantity, price)",
    "CREATE INDEX payment_purchase ON payment (purchase_id)",
    "CREATE INDEX payment_reference ON payment (reference)",
    "CREATE INDEX payment_status ON payment (status, created_at)",
    "CREATE INDEX event_kind_at ON event (kind, at)",
    "CREATE INDEX ticket_account ON ticket (account_id, created_at)",
    "CREATE INDEX ticket_board ON ticket (status, priority DESC, created_at)",
    "CREATE INDEX session_account ON session (account_id)",
    "CREATE INDEX session_expires ON session (expires_at)",
)
#: Each makes its own schema and statements; their modules say what they are like.
MADE = {"orm": orm, "rail": rail, "clinic": clinic, "billing": billing}
CHANGES: Mapping[str, Sequence[str]] = {
    "shop": (
        "ALTER TABLE purchase RENAME TO purchases; DROP INDEX purchase_account; ALTER VIEW IF EXISTS x RENAME TO y;"
        "CREATE VIEW purchase AS SELECT * FROM purchases;",
        "ALTER TABLE purchase ALTER COLUMN account_id TYPE integer; DROP INDEX purchase_status;",
        "ALTER TABLE event ALTER COLUMN kind TYPE text; DROP INDEX event_account_at; DROP INDEX event_account;",
        "ALTER TABLE product RENAME COLUMN rating TO stars; DROP INDEX product_category;"
        "CREATE INDEX product_category_only ON product (category_id);",
        "ALTER TABLE purchase_line ADD COLUMN note text NOT NULL DEFAULT ''; DROP INDEX purchase_line_purchase;"
        "CREATE INDEX purchase_line_purchase ON purchase_line (purchase_id, product_id);",
        "ALTER TABLE ticket DROP COLUMN priority; ALTER TABLE ticket DROP COLUMN assignee;",
        "ALTER TABLE account DROP CONSTRAINT account_email_key; ALTER TABLE account ADD COLUMN region text;"
        "ALTER TABLE account ALTER COLUMN tier TYPE bigint;",
        "ALTER TABLE payment DROP COLUMN reference; CREATE INDEX payment_made ON payment (created_at);"
        "ALTER TABLE payment SET SCHEMA public; DROP INDEX payment_purchase;",
        "DO $$ BEGIN EXECUTE 'DROP INDEX payment_purchase'; EXECUTE 'DROP INDEX session_expires'; END $$;",
        "DROP INDEX purchase_placed; DROP INDEX purchase_placed_brin;"
        "CREATE INDEX purchase_placed_total ON purchase (placed_at, total);",
    ),
    **{name: made.CHANGES for name, made in MADE.items()},
}


@dataclass
class World:
    """A loaded database, its snapshot and its recorded workload."""

    name: str
    dsn: str
    snapshot: Snapshot
    workload: list[Statement]


@dataclass
class Score:
    """Pairs of shape and migration."""

    right: int = 0
    missed: list[str] = field(default_factory=list)
    false: list[str] = field(default_factory=list)
    quiet: int = 0
    ties: int = 0
    exact: int = 0
    one_cause: int = 0
    """Regressions flagged of which the statement to blame is known."""
    blamed: int = 0
    """Of these, with that statement."""
    steepest: int = 0
    """Of these, with that or the one that makes it dearer than all others do."""
    wrongly: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    used: int = 0
    """Migrations by which some shape gets worse."""
    migrations: int = 0

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + len(self.false))

    @property
    def recall(self) -> float:
        return self.right / max(1, self.right + len(self.missed))

    def row(self, name: str) -> dict[str, Any]:
        return {
            "workload": name,
            "migrations": self.migrations,
            "with a regression": self.used,
            "regressions": self.right + len(self.missed),
            "flagged": self.right + len(self.false),
            "precision": round(self.precision, 4),
            "recall": round(self.recall, 4),
            "ties aside": self.ties,
            "same cost within 1 %": round(self.exact / max(1, self.right), 4),
            "with a statement to blame": self.one_cause,
            "right statement": round(self.blamed / max(1, self.one_cause), 4),
            "that, or the one that weighs most": round(self.steepest / max(1, self.one_cause), 4),
            "missed": self.missed[:20],
            "false": self.false[:20],
            "wrong statement": self.wrongly[:20],
            "seconds (median, max)": [
                round(sorted(self.seconds)[len(self.seconds) // 2], 2) if self.seconds else None,
                round(max(self.seconds, default=0), 2),
            ],
        }


# ---------------------------------------------------------------------- worlds
@contextmanager
def shop(major: int | None, scale: float) -> Iterator[World]:
    """The shop of benchmarks.indexes, with what its schema has grown."""
    text = re.sub(
        r":n\((\d+)\)", lambda n: str(round(int(n[1]) * scale)), (database.SQL / "shop.sql").read_text("utf-8")
    )
    kept = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
    statements = [part.strip() for part in re.split(r";[ \t]*(?:\n|$)", kept) if part.strip()]
    calls = [list(call) for call in Shop(scale, random.Random(SEED)).calls(CALLS)]
    with _loaded("shop", major, [*statements, *SHOP_INDEXES], calls) as world:
        yield world


def _opened(name: str, major: int | None, scale: float) -> AbstractContextManager[World]:
    if name == "shop":
        return shop(major, scale)
    made = MADE[name]
    return _loaded(name, major, made.schema(scale), made.calls(scale, random.Random(SEED), CALLS))


@contextmanager
def _loaded(name: str, major: int | None, schema: Sequence[str], calls: Sequence[Sequence[str]]) -> Iterator[World]:
    with servers.postgresql(SETTINGS, major=major) as server:
        with psycopg.connect(server.dsn, autocommit=True) as connection:
            connection.execute("SET log_min_duration_statement = -1")
            for statement in schema:
                connection.execute(statement.encode())
            connection.execute("VACUUM (ANALYZE, FREEZE)")
        with psycopg.connect(server.dsn, autocommit=True, prepare_threshold=None) as connection:
            for call in calls:
                with connection.transaction():
                    for statement in call:
                        connection.execute(statement.encode())
        with psycopg.connect(server.dsn, autocommit=True) as connection:
            connection.execute("SET log_min_duration_statement = -1")
            connection.execute("VACUUM (ANALYZE)")
            connection.execute("ALTER DATABASE postgres SET log_min_duration_statement = -1")
        snapshot = capture(server.dsn, values="present")
        own = met([str(server.log)], [catalog_of(snapshot)], "postgresql")
        yield World(name, server.dsn, snapshot, own.statements)


# ---------------------------------------------------------------------- truth
def costs(connection: psycopg.Connection[Any], workload: Sequence[Statement]) -> dict[tuple[str, int], float | None]:
    """Of every execution, on the loaded database; None: it cannot be planned."""
    found: dict[tuple[str, int], float | None] = {}
    for statement in workload:
        for place, query in enumerate(statement.queries):
            if query.generic:
                continue
            try:
                with connection.transaction():
                    row = connection.execute(f"EXPLAIN (FORMAT JSON) {query.sql}".encode()).fetchone()
                found[statement.fingerprint, place] = row[0][0]["Plan"]["Total Cost"] if row else None
            except psycopg.Error:
                found[statement.fingerprint, place] = None
    return found


Costs = Mapping[tuple[str, int], float | None]


def worst(before: Costs, after: Costs) -> dict[str, tuple[float, float, float]]:
    """By shape: the largest share, and both costs."""
    shares: dict[str, tuple[float, float, float]] = {}
    for key, was in before.items():
        will = after.get(key)
        if was is None or will is None:
            continue
        share = will / max(was, 1e-9)
        if key[0] not in shares or share > shares[key[0]][0]:
            shares[key[0]] = share, was, will
    return shares


def score(score: Score, what: str, before: Costs, after: Costs, found: Replanned, truth: Truth | None = None) -> None:
    """Adds one migration: shape by shape."""
    flagged = {one.fingerprint: one for one in found.regressions}
    shares = worst(before, after)
    score.migrations += 1
    score.used += any(share > 1 + TIE for share, _, _ in shares.values())
    for fingerprint, (share, was, will) in shares.items():
        if 1 < share <= 1 + TIE:
            score.ties += 1
        elif share > 1 + TIE and fingerprint in flagged:
            score.right += 1
            one = flagged[fingerprint]
            score.exact += one.cost_after is not None and abs(one.cost_after / one.cost_before / share - 1) < 0.01
            if truth is not None and len(truth.lines) > 1:
                first, most = truth.causes[fingerprint], truth.steepest[fingerprint]
                score.one_cause += 1
                score.blamed += one.cause.line in first
                score.steepest += one.cause.line in first | most
                if one.cause.line not in first | most:
                    score.wrongly.append(f"{what}: {fingerprint}: line {one.cause.line}, not {first} or {most}")
        elif share > 1 + TIE:
            score.missed.append(f"{what}: {fingerprint}: {was} -> {will}")
        elif fingerprint in flagged:
            one = flagged[fingerprint]
            score.false.append(f"{what}: {fingerprint}: {was} -> {will}; said {one.cost_before} -> {one.cost_after}")
        else:
            score.quiet += 1


def indexes(world: World) -> Score:
    """Each index dropped in turn."""
    result = Score()
    with psycopg.connect(world.dsn, autocommit=True) as connection:
        connection.execute("SET log_min_duration_statement = -1")
        named = connection.execute(
            "SELECT c.relname, (SELECT format('ALTER TABLE %s DROP CONSTRAINT %I CASCADE', k.conrelid::regclass, k.conname)"
            " FROM pg_constraint k WHERE k.conindid = c.oid AND k.contype IN ('p', 'u', 'x') LIMIT 1)"
            " FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relnamespace = 'public'::regnamespace AND NOT c.relispartition"
            " ORDER BY c.oid"
        ).fetchall()
        before = costs(connection, world.workload)
        for name, constraint in named:
            drop = constraint or f"DROP INDEX {name}"
            with connection.transaction(force_rollback=True):
                connection.execute(drop.encode())
                after = costs(connection, world.workload)
            started = time.monotonic()
            found = replan(
                [script_of(f"{drop};\n", "1.sql", engine="postgresql")], None, world.snapshot, world.workload
            )
            result.seconds.append(time.monotonic() - started)
            score(result, name, before, after, found)
    return result


@dataclass
class Truth:
    """What a migration of several statements really did."""

    lines: list[str]
    before: Costs
    after: Costs
    causes: dict[str, set[int]]
    steepest: dict[str, set[int]]


def truths(world: World) -> list[Truth]:
    """Migrations of several statements, really run on a copy that is then analysed."""
    return [_truth(world, number, text) for number, text in enumerate(CHANGES[world.name])]


def _truth(world: World, number: int, text: str) -> Truth:
    """Every statement is followed by ANALYZE and by plans: to blame for a shape is the one from which on it stays dearer
    than before the migration."""
    lines = [part.strip() for part in _STATEMENT.findall(text)]
    costing: list[Costs] = []
    with _copied(world, f"copy_{number}") as connection:
        before = costs(connection, world.workload)
        for line in lines:
            connection.execute(line.encode())
            tables = connection.execute("SELECT relname FROM pg_class WHERE relkind IN ('r', 'p')").fetchall()
            for name in sorted({row[0] for row in tables} & set(re.findall(r"\w+", line))):
                connection.execute(f"ANALYZE {name}".encode())
            costing.append(costs(connection, world.workload))
        connection.execute("ANALYZE")
        after = costs(connection, world.workload)
    return Truth(
        lines, before, after, _blamed(before, [*costing[:-1], after]), _steepest(before, [*costing[:-1], after])
    )


def _steepest(before: Costs, costing: Sequence[Costs]) -> dict[str, set[int]]:
    """The line, from 1, that makes each shape dearer than all others do; one that cannot be planned for a while is
    compared with its last plan."""
    found: dict[str, tuple[float, int]] = {}
    lasting: list[Costs] = [before]
    for costs_then in costing:
        lasting.append({key: lasting[-1][key] if cost is None else cost for key, cost in costs_then.items()})
    for place, (was, after) in enumerate(itertools.pairwise(lasting), 1):
        for fingerprint, (_, one, other) in worst(was, after).items():
            if fingerprint not in found or other - one > found[fingerprint][0]:
                found[fingerprint] = other - one, place
    return {fingerprint: {place} for fingerprint, (_, place) in found.items()}


def _blamed(before: Costs, costing: Sequence[Costs]) -> dict[str, set[int]]:
    """The line, from 1, by shape that is dearer at the end."""
    found: dict[str, set[int]] = {}
    for place, after in enumerate(costing, 1):
        for fingerprint, (share, _, _) in worst(before, after).items():
            if share <= 1 + TIE:
                found.pop(fingerprint, None)
            else:
                found.setdefault(fingerprint, {place})
    return found


def changes(world: World, known: Sequence[Truth]) -> Score:
    """What is flagged of them."""
    result = Score()
    for number, truth in enumerate(known):
        started = time.monotonic()
        script = script_of("\n".join(truth.lines), f"{number}.sql", engine="postgresql")
        found = replan([script], None, world.snapshot, world.workload)
        result.seconds.append(time.monotonic() - started)
        score(result, f"{number}", truth.before, truth.after, found, truth)
    return result


_STATEMENT = re.compile(r"(?:\$\$.*?\$\$|[^;$])+;", re.DOTALL)


@contextmanager
def _copied(world: World, name: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(world.dsn, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE postgres".encode())
        try:
            with psycopg.connect(address(world.dsn, name), autocommit=True) as connection:
                connection.execute("SET log_min_duration_statement = -1")
                yield connection
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def speed(world: World) -> dict[str, Any]:
    """A pull request of five files against 500 shapes with three executions each."""
    draw = random.Random(SEED)
    texts = [call[0] for call in orm.calls(0.5, draw, 6000)]
    by_shape = {one.queries[0].sql[:40]: one for one in world.workload if one.queries}
    picked: list[Statement] = []
    while len(picked) < 500:
        three = tuple(Query(texts.pop()) for _ in range(3))
        like = by_shape.get(three[0].sql[:40]) or world.workload[len(picked) % len(world.workload)]
        picked.append(replace(like, fingerprint=f"{len(picked):016x}", queries=three, plans=()))
    files = ["CREATE TABLE one (id int PRIMARY KEY);", *orm.CHANGES[:3], "CREATE INDEX two ON notification (created);"]
    found: dict[str, Any] = {"workload": "speed: 500 shapes, 1500 executions, 5 files"}
    for name, some in (
        ("indexes alone", ["DROP INDEX blog_post_views;", *[files[0]] * 3, files[4]]),
        ("with a type", files),
    ):
        scripts = [
            script_of(text.replace("one", f"one{n}"), f"{n}.sql", engine="postgresql") for n, text in enumerate(some)
        ]
        for again in ("first", "again"):
            started = time.monotonic()
            result = replan(scripts, None, world.snapshot, picked)
            found[f"{name}, {again}"] = round(time.monotonic() - started, 2)
        found[f"{name}: planned"] = result.planned
    return found


def _rows(world: World, wanted: Sequence[str], known: Sequence[Truth]) -> list[dict[str, Any]]:
    rows = []
    if "changes" in wanted:
        rows.append(changes(world, known).row(f"{world.name}: several statements"))
        print(json.dumps(rows[-1], indent=1), file=sys.stderr, flush=True)
    if world.name == "orm" and "speed" in wanted:
        rows.append(speed(world))
    return rows


def main() -> None:
    """Runs it, and prints a row a workload."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--major", type=int, default=None)
    parser.add_argument("--scale", type=float, default=0.5)
    parser.add_argument("--only", action="append", choices=["indexes", "changes", "speed"], default=None)
    parser.add_argument("--world", action="append", choices=list(CHANGES), default=None)
    parser.add_argument("--kept", type=Path, default=None)
    parser.add_argument("-o", "--output", type=Path, default=None)
    given = parser.parse_args()
    wanted = given.only or ["indexes", "changes", "speed"]
    rows = []
    for name in CHANGES:
        if name not in (given.world or [name]) or (wanted == ["speed"] and name != "orm"):
            continue
        kept = given.kept and given.kept / f"{name}-{given.major}-{given.scale}.pickle"
        if kept and kept.exists():
            world, known = pickle.loads(kept.read_bytes())
            rows += _rows(world, wanted, known)
            continue
        with _opened(name, given.major, given.scale) as world:
            print(f"{name}: {len(world.workload)} shapes", file=sys.stderr, flush=True)
            known = truths(world) if "changes" in wanted else []
            if kept:
                kept.write_bytes(pickle.dumps((world, known)))
            rows += _rows(world, wanted, known)
            if "indexes" in wanted:
                rows.append(indexes(world).row(f"{name}: each index dropped"))
                print(json.dumps(rows[-1], indent=1), file=sys.stderr, flush=True)
    text = json.dumps(rows, indent=1)
    print(text)
    if given.output is not None:
        given.output.write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
