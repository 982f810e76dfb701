"""One seed on one server: loaded, captured as a limited role, and both planners' answers side by side."""

from __future__ import annotations

import json
import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from advisor.catalog.snapshot import capture, file
from advisor.model.planning import Configuration, Query
from advisor.model.snapshot import Snapshot, Values
from advisor.planners.errors import PlannerError
from advisor.planners.postgresql.binaries import find
from advisor.planners.postgresql.planner import ShadowPlanner
from tests import servers
from tests.planners.postgresql.fuzz.queries import Writer
from tests.planners.postgresql.fuzz.schemas import Maker, Schema

_FIGURES = ("Startup Cost", "Total Cost", "Plan Rows", "Plan Width")
_OPERATIONS = ("Node Type", "Strategy", "Parent Relationship", "Partial Mode", "Join Type", "Relation Name", "Alias",
               "Index Name", "Scan Direction", "Operation", "Workers Planned", "Subplans Removed", "Command")  # fmt: skip
_COUNTS = """
SELECT c.oid, c.relpages, c.reltuples, c.relallvisible FROM pg_class c
WHERE c.relkind IN ('r', 'm', 'p') AND c.relnamespace IN ('app'::regnamespace, 'public'::regnamespace)"""
_PUT = """
UPDATE pg_class SET relpages = %s, reltuples = %s, relallvisible = %s
WHERE oid = %s AND (relpages, reltuples, relallvisible) <> (%s, %s, %s)"""
_MADE = """
SELECT coalesce(sum(pg_relation_size(relid)), 0)::bigint, bool_or(i.indcheckxmin)
FROM (SELECT relid FROM pg_partition_tree(%(name)s::regclass) UNION SELECT %(name)s::regclass) t
JOIN pg_index i ON i.indexrelid = t.relid"""
_PLAIN_INDEXES = """
SELECT i.indexrelid::regclass::text FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
WHERE c.relnamespace IN ('app'::regnamespace, 'public'::regnamespace) AND NOT EXISTS
    (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid) AND NOT EXISTS
    (SELECT FROM pg_inherits h WHERE h.inhrelid = i.indexrelid) ORDER BY 1"""

#: What looks into a value, beyond its order.
_PATTERNS = re.compile(r"LIKE|SIMILAR|~|@@|@>|<@|&&|@\?|\?|->>|#>>|\|\||\b(lower|left|length|shout|slow)\(|\)\.y")


@dataclass(frozen=True)
class Difference:
    """One statement that was planned otherwise."""

    sql: str
    same_tree: bool
    """Operators, relations, indexes, and (where values are present) every condition."""
    same_cost: bool
    error: float
    """Of the root's total cost."""
    where: str
    """The deepest node whose figures or words differ, and which."""
    true: Any = None
    claimed: Any = None
    cause: str = ""


@dataclass
class Tally:
    """Of many statements."""

    asked: int = 0
    trees: int = 0
    costs: int = 0
    whole: int = 0
    """Equal to the last letter and figure."""
    errors: list[float] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    sizes: list[tuple[str, str, int, int, str | None]] = field(default_factory=list)
    """Kind, statement, pages claimed and true, what the claim rests on."""
    lost: Counter[str] = field(default_factory=Counter)
    """What could not be asked, by reason."""

    def add(self, other: Tally) -> None:
        """Takes the other's counts in."""
        for name in ("asked", "trees", "costs", "whole"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.errors += other.errors
        self.differences += other.differences
        self.sizes += other.sizes
        self.lost.update(other.lost)

    def count(self, sql: str, true: Any, claimed: Any, *, words: bool = True, cause: str = "") -> None:
        """One statement's two plans."""
        self.asked += 1
        if claimed is None or isinstance(claimed, str):
            self.errors.append(1.0)
            self.differences.append(Difference(sql, False, False, 1.0, f"no plan: {claimed}", true, None))
            return
        tree = stripped(true, words) == stripped(claimed, words)
        cost = all(true[name] == claimed[name] for name in _FIGURES[:2])
        whole = tree and figures(true) == figures(claimed)
        error = abs(claimed["Total Cost"] - true["Total Cost"]) / max(abs(true["Total Cost"]), 1e-9)
        self.trees += tree
        self.costs += cost
        self.whole += whole
        self.errors.append(error)
        if not whole:
            self.differences.append(
                Difference(
                    sql,
                    tree,
                    cost,
                    error,
                    first(true, claimed, words) or "only a parent's figures",
                    true,
                    claimed,
                    cause,
                )
            )


def stripped(plan: Any, words: bool) -> Any:
    """A plan without its figures; without ``words``, its operations only."""
    kept = {
        key: value
        for key, value in plan.items()
        if key != "Plans" and key not in _FIGURES and (words or key in _OPERATIONS)
    }
    return kept, [stripped(each, words) for each in plan.get("Plans", ())]


def figures(plan: Any) -> Any:
    """All figures of a plan."""
    return [plan[name] for name in _FIGURES], [figures(each) for each in plan.get("Plans", ())]


def first(a: Any, b: Any, words: bool) -> str:
    """The deepest, leftmost node that differs, in words."""
    for one, other in zip(a.get("Plans", ()), b.get("Plans", ()), strict=False):
        if found := first(one, other, words):
            return found
    keys = [
        key
        for key in sorted({*a, *b})
        if key != "Plans" and (words or key in (*_OPERATIONS, *_FIGURES)) and a.get(key) != b.get(key)
    ]
    if keys or len(a.get("Plans", ())) != len(b.get("Plans", ())):
        named = " ".join(str(a.get(key)) for key in ("Node Type", "Relation Name", "Index Name") if a.get(key))
        return f"{named}: " + "; ".join(f"{key} {str(a.get(key))[:90]} -> {str(b.get(key))[:90]}" for key in keys)
    return ""


class Trial:
    """A loaded source."""

    def __init__(self, server: servers.Server, seed: int, major: int, size: int = 20_000) -> None:
        self.seed, self.major = seed, major
        self.name = f"seed{seed}"
        self.schema: Schema = Maker(seed, major, size).schema()
        self.refused: Counter[str] = Counter()
        base = server.dsn.rpartition("/")[0]
        self.dsn = f"{base}/{self.name}"
        with psycopg.connect(server.dsn, autocommit=True) as admin:
            admin.execute(f"DROP DATABASE IF EXISTS {self.name}".encode())
            admin.execute(f"CREATE DATABASE {self.name}".encode())
            admin.execute(
                b"DO $$BEGIN CREATE ROLE reader LOGIN; GRANT pg_read_all_data TO reader; EXCEPTION WHEN duplicate_object THEN END$$"
            )
            for each in self.schema.settings:
                admin.execute(each.format(database=self.name).encode())
        self.reader = self.dsn.replace("postgres@", "reader@", 1)
        with self.connect() as source:
            source.execute(
                "SET datestyle = ISO; SET intervalstyle = postgres; SET enable_seqscan = on; SET statement_timeout = '60s'"
            )
            for statement in self.schema.statements:
                try:
                    source.execute(statement.encode())
                except psycopg.Error as error:
                    self.refused[f"{error.diag.message_primary}: {statement[:150]}"] += 1
            self.samples = {}
            for table in self.schema.tables:
                for column in table.columns:
                    try:
                        rows = source.execute(
                            f"SELECT v FROM (SELECT {column.sql}::text AS v FROM {table.sql} WHERE {column.sql} IS NOT NULL "
                            f"AND length({column.sql}::text) < 200 LIMIT 5000) s ORDER BY md5(v) LIMIT 12".encode()
                        ).fetchall()
                        self.samples[table.sql, column.name] = [row[0] for row in rows]
                    except psycopg.Error as error:
                        self.refused[f"sample: {error.diag.message_primary}"] += 1
            source.execute("CHECKPOINT")

    def connect(self) -> psycopg.Connection[Any]:
        """As the superuser."""
        return psycopg.connect(self.dsn, autocommit=True)

    def snapshot(self, values: Values, *, superuser: bool = False) -> Snapshot:
        """As written to a file and read again."""
        found = capture(self.dsn if superuser else self.reader, values=values)
        with tempfile.TemporaryDirectory(prefix="advisor-") as directory:
            file.write(found, Path(directory) / "x.snapshot")
            return file.read(Path(directory) / "x.snapshot")

    def exact_snapshot(self) -> Snapshot:
        """As a superuser with pageinspect takes it: heights and metapages are known."""
        with self.connect() as source:
            source.execute("CREATE SCHEMA IF NOT EXISTS inspected")
            source.execute("CREATE EXTENSION IF NOT EXISTS pageinspect SCHEMA inspected")
            try:
                return self.snapshot("present", superuser=True)
            finally:
                source.execute("DROP SCHEMA inspected CASCADE")

    @contextmanager
    def shadow(self, snapshot: Snapshot) -> Iterator[ShadowPlanner]:
        """Of this major."""
        with ShadowPlanner.open(snapshot, binaries=find(self.major), cache=False) as planner:
            yield planner

    # ------------------------------------------------------------------ asking
    def true_plans(self, statements: Sequence[str], lost: Counter[str] | None = None) -> dict[str, Any]:
        """The source's plans, of statements it takes."""
        found = {}
        with self.connect() as source:
            source.execute("SET statement_timeout = '10s'")
            for sql in statements:
                try:
                    found[sql] = explained(source, sql)
                except psycopg.Error as error:
                    if lost is not None:
                        lost[str(error.diag.message_primary)[:60]] += 1
        return found

    def statements(self, count: int) -> list[str]:
        """Random ones."""
        writer = Writer(self.seed, self.schema.tables, self.samples, self.major)
        return list(dict.fromkeys(writer.statement() for _ in range(count)))

    def compared(self, planner: ShadowPlanner, true: dict[str, Any], *, words: bool = True) -> Tally:
        """The shadow's plans against the true ones."""
        tally = Tally()
        for sql, (plan, error) in zip(true, asked(planner, list(true), Configuration()), strict=True):
            (answer,) = planner.explain([Query(sql)])
            cause = (
                "patterns"
                if _PATTERNS.search(sql)
                else "a value not known"
                if any("mask" in n for n in answer.notes)
                else ""
            )
            tally.count(sql, true[sql], plan or error, words=words, cause="" if words else cause)
        return tally

    def hypothetical(self, planner: ShadowPlanner, count: int) -> Tally:
        """Indexes that do not exist against the same really built, the counts of CREATE INDEX put right."""
        maker = Maker(self.seed + 5_000_000, self.major, 1)
        writer = Writer(self.seed + 7, self.schema.tables, self.samples, self.major)
        tables = [each for each in self.schema.tables if each.writable]
        tally = Tally()
        for _ in range(count):
            table = maker.rng.choice(tables)
            text = maker.index(table)
            if text is None:
                continue
            sql = f"CREATE {'UNIQUE ' if text.startswith('!') else ''}INDEX {text.lstrip('!')}"
            leading = next(
                (each for each in table.columns if each.sql in text.partition("(")[2].partition(",")[0]), None
            )
            queries = [writer.about(table, leading) for _ in range(3)]
            try:
                (made,) = planner.sizes([sql])
            except PlannerError as error:
                made, refusal = None, str(error)
            real = self._built(made.sql if made else sql, made.name if made else None, queries, tally)
            if real is None:
                continue
            if made is None:
                tally.count(sql, {"Total Cost": 1.0}, f"refused: {refusal}")
                continue
            plans, pages = real
            kind = kind_of(sql, table.partitioned) + (", rows misjudged" if self._misjudged(table.sql) else "")
            tally.sizes.append((kind, sql, made.pages, pages, made.modelled))
            for query, (plan, error) in zip(plans, asked(planner, list(plans), Configuration(add=(sql,))), strict=True):
                tally.count(f"{query} -- {sql}", plans[query], plan or error)
        return tally

    def _misjudged(self, table: str) -> bool:
        """The source's own planner is off by a twentieth: its statistics are old, or were never made."""
        with self.connect() as source:
            ((rows,),) = source.execute(f"SELECT count(*) FROM {table}".encode()).fetchall()
            expected = explained(source, f"SELECT 1 FROM {table}")["Plan Rows"]
        return bool(abs(expected - rows) > 0.05 * max(rows, 1))

    def _built(
        self, sql: str, name: str | None, queries: Sequence[str], tally: Tally
    ) -> tuple[dict[str, Any], int] | None:
        with self.connect() as source:
            source.execute("SET statement_timeout = '60s'")
            before = source.execute(_COUNTS).fetchall()
            plans = {}
            try:
                with source.transaction(force_rollback=True):
                    source.execute(sql.encode())
                    size, waits = source.execute(_MADE, {"name": name}).fetchone() if name else (0, False)
                    self._put(source, before)
                    if waits:
                        tally.lost["the built index waits for old transactions (broken HOT chains)"] += 1
                        return None
                    for query in queries:
                        with source.transaction():
                            plans[query] = explained(source, query)
            except psycopg.Error as error:
                tally.lost[f"building: {str(error.diag.message_primary)[:60]}"] += 1
                return None
            finally:
                self._put(source, before)
            return plans, size // 8192

    def _put(self, source: psycopg.Connection[Any], before: Sequence[Any]) -> None:
        for row in before:
            source.execute(_PUT, (*row[1:], row[0], *row[1:]))

    def hidden(self, planner: ShadowPlanner, statements: Sequence[str], count: int) -> Tally:
        """Indexes hidden against really dropped ones."""
        tally = Tally()
        with self.connect() as source:
            names = [name for (name,) in source.execute(_PLAIN_INDEXES)][:count]
            for name in names:
                plans = {}
                with source.transaction(force_rollback=True):
                    source.execute("SET LOCAL search_path = app, public, x")
                    source.execute(f"DROP INDEX {name}".encode())
                    for sql in statements:
                        try:
                            with source.transaction():
                                plans[sql] = explained(source, sql)
                        except psycopg.Error:
                            continue
                asked_ = asked(planner, list(plans), Configuration(hide=(name,)))
                for sql, (plan, error) in zip(plans, asked_, strict=True):
                    tally.count(f"{sql} -- without {name}", plans[sql], plan or error)
        return tally


def asked(
    planner: ShadowPlanner, statements: Sequence[str], configuration: Configuration
) -> list[tuple[Any, str | None]]:
    """The shadow's own words for each, as parsed JSON, or its error."""
    queries = [Query(sql) for sql in statements]
    found = []
    for query, answer in zip(queries, planner.explain(queries, configuration), strict=True):
        told = planner._known[query, configuration].explained
        found.append((json.loads(told.text)[0]["Plan"] if told.text else None, answer.error))
    return found


def explained(source: psycopg.Connection[Any], sql: str) -> Any:
    """The source's plan."""
    row = source.execute(b"EXPLAIN (FORMAT JSON) " + sql.encode()).fetchone()
    assert row is not None
    return row[0][0]["Plan"]


def kind_of(sql: str, partitioned: bool) -> str:
    """Of an index, for counting."""
    lower = sql.lower()
    _, using, method = lower.partition(" using ")
    kind = method.split()[0] if using else "btree"
    kind += " trgm" if "trgm" in lower else " expression" if "((" in lower and kind == "btree" else ""
    kind += " partial" if " where " in lower else ""
    kind += " partitioned" if partitioned else ""
    return kind
