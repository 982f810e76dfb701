"""Two copies of a schema with rows: on one the statement runs as it stands, on the other what is to run instead."""

from __future__ import annotations

import itertools
from typing import Any

import psycopg

from advisor.alternatives import alternative
from advisor.alternatives.carrying import is_carrying
from advisor.catalog.live.dsn import Address
from advisor.catalog.live.postgresql import read
from advisor.migrations.reading import script_of
from advisor.migrations.static import foretell
from advisor.migrations.verdict import Unknown, verdict
from advisor.model.catalog import Catalog
from advisor.model.check import Alternative, Verdict
from advisor.model.engine import Engine
from advisor.model.migration import Change
from advisor.planners.postgresql import binaries
from advisor.planners.postgresql.cluster import DATABASE, Cluster

_ROUNDS = 40
_COLUMNS = """
SELECT c.oid::regclass::text, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity,
       a.attgenerated, pg_get_expr(d.adbin, d.adrelid), a.attcollation::regcollation::text, a.attstorage,
       a.attcompression, col_description(a.attrelid, a.attnum), greatest(a.attstattarget, -1),
       array(SELECT o FROM unnest(a.attoptions) AS o WHERE o LIKE 'n\\_distinct%')::text,
       a.attacl::text
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relkind IN ('r', 'p', 'v', 'm') AND c.relnamespace NOT IN ('pg_catalog'::regnamespace,
  'information_schema'::regnamespace) AND c.relnamespace::regnamespace::text !~ '^pg_' AND a.attnum > 0
  AND NOT a.attisdropped
"""
_CONSTRAINTS = """
SELECT conrelid::regclass::text, conname, contype, pg_get_constraintdef(oid), convalidated, condeferrable, condeferred,
       confrelid::regclass::text, contypid::regtype::text
FROM pg_constraint WHERE conrelid <> 0 AND conrelid::regclass::text !~ '^pg_' OR contypid <> 0
"""
_INDEXES = """
SELECT indrelid::regclass::text, pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisunique, i.indisprimary,
       i.indimmediate, i.indisclustered, i.indisreplident, inhparent::regclass::text
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid LEFT JOIN pg_inherits h ON h.inhrelid = i.indexrelid
WHERE c.relnamespace::regnamespace::text !~ '^(pg_|information)'
"""
_REST = """
SELECT 'trigger', tgrelid::regclass::text, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT 'function', proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace
UNION ALL SELECT 'partition', oid::regclass::text, coalesce(pg_get_expr(relpartbound, oid), relkind::text)
  FROM pg_class WHERE relkind IN ('r', 'p', 'S', 'v', 'm') AND relnamespace::regnamespace::text !~ '^(pg_|information)'
UNION ALL SELECT 'sequence', seqrelid::regclass::text, concat_ws(' ', seqtypid::regtype, seqstart, seqincrement, seqmin,
  seqmax, seqcycle, seqcache) FROM pg_sequence
UNION ALL SELECT 'owned', d.objid::regclass::text, concat_ws(' ', d.refobjid::regclass, a.attname, d.deptype)
  FROM pg_depend d JOIN pg_sequence s ON s.seqrelid = d.objid
  JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid WHERE d.refobjsubid > 0
"""
_TABLES = """
SELECT c.oid::regclass::text, string_agg(quote_ident(a.attname), ', ' ORDER BY a.attname)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'm') AND c.relnamespace::regnamespace::text !~ '^(pg_|information)' GROUP BY 1
"""


class Copies:
    """A server on which every case gets two databases made from one template."""

    def __init__(self, major: int, schema: str) -> None:
        self.major = major
        self.cluster = Cluster.create(binaries.find(major))
        self.cluster.start()
        self.admin = self.cluster.connect("admin")
        self.numbers = itertools.count()
        self.engine = Engine("postgresql", str(major))
        self.admin.execute(f"CREATE DATABASE template_of_cases TEMPLATE {DATABASE} OWNER advisor_owner".encode())
        with self.cluster.connect("owner", "template_of_cases") as work:
            work.execute(schema.encode())
        self.catalog = self.read("template_of_cases")

    def close(self) -> None:
        self.admin.close()
        self.cluster.close()

    def read(self, database: str) -> Catalog:
        return read(Address("postgresql", str(self.cluster.sockets), 5432, "advisor_owner", None, database, {}))

    def fresh(self) -> tuple[str, psycopg.Connection[Any]]:
        name = f"case_{next(self.numbers)}"
        self.admin.execute(f"CREATE DATABASE {name} TEMPLATE template_of_cases OWNER advisor_owner".encode())
        work = self.cluster.connect("owner", name)
        work.execute("SET synchronous_commit = off")
        return name, work

    def drop(self, name: str, work: psycopg.Connection[Any]) -> None:
        work.close()
        self.admin.execute(f"DROP DATABASE {name}".encode())

    def instead(self, sql: str) -> Alternative | None:
        """By text and schema, with every table counted as filled."""
        outcome = foretell([script_of(sql, "a.sql", engine="postgresql")], self.catalog, self.engine).outcomes[0]

        def reading(text: str) -> tuple[tuple[Change, ...], Verdict]:
            one = foretell([script_of(text, "a.sql", engine="postgresql")], self.catalog, self.engine).outcomes[0]
            return one.changes, verdict(one, Unknown())

        return alternative(sql, outcome, verdict(outcome, Unknown()), self.engine, self.catalog, reading)

    def words(self, found: Alternative) -> dict[str, Verdict]:
        """What each statement of the steps is judged to do, one after the other."""
        scripts = [
            script_of(
                ";\n".join(step.sql).replace(":value", "NULL") + ";",
                f"{number}.sql",
                engine="postgresql",
                transactions="file" if step.transaction else "statement",
            )
            for number, step in enumerate(found.steps)
        ]
        outcomes = foretell(scripts, self.catalog, self.engine).outcomes
        lines = [one.sql for script in scripts for one in script.statements]
        return {sql: verdict(one, Unknown()) for sql, one in zip(lines, outcomes, strict=True) if not is_carrying(sql)}


def run(work: psycopg.Connection[Any], found: Alternative, value: str = "7") -> None:
    """The steps, in batches of few rows; those that are to be repeated until they write nothing."""
    for step in found.steps:
        texts = [sql.replace(":value", value).replace("LIMIT 1000", "LIMIT 7") for sql in step.sql]
        if step.transaction:
            with work.transaction():
                for sql in texts:
                    work.execute(sql.encode())
        elif step.note.startswith("again and again"):
            for _ in range(_ROUNDS):
                if work.execute(texts[-1].encode()).rowcount == 0:
                    break
            else:
                raise AssertionError(f"it does not end: {texts[-1]}")
        else:
            for sql in texts:
                work.execute(sql.encode())
    work.execute("RESET lock_timeout")


def shape(work: psycopg.Connection[Any]) -> dict[str, list[Any]]:
    """Everything of the schema, but the order of columns."""
    return {
        name: sorted(work.execute(query.encode()).fetchall(), key=repr)
        for name, query in (
            ("columns", _COLUMNS),
            ("constraints", _CONSTRAINTS),
            ("indexes", _INDEXES),
            ("rest", _REST),
        )
    }


def rows(work: psycopg.Connection[Any]) -> dict[str, list[Any]]:
    """All rows of all tables, columns by name."""
    found = {}
    for name, columns in work.execute(_TABLES.encode()).fetchall():
        found[name] = sorted(work.execute(f"SELECT {columns} FROM ONLY {name}".encode()).fetchall(), key=repr)
    return found
