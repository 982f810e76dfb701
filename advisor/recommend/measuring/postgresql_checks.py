"""Is this PostgreSQL a production server, and may this statement be executed on it?"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from advisor.catalog.ddl.lexer import statements, unquoted
from advisor.model.limits import LIMITS
from advisor.planners.postgresql import protocol

#: Volatile functions that read a clock or a generator and change nothing.
_HARMLESS = frozenset(
    """
    random random_normal clock_timestamp timeofday gen_random_uuid uuid_generate_v1 uuid_generate_v1mc
    uuid_generate_v4 uuidv4 uuidv7 currval lastval
    """.split()  # noqa: SIM905
)
_WRITTEN = """
SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::int8 FROM pg_stat_user_tables
"""
#: Sessions that have written and not yet ended their transaction, ours aside.
_WRITING = """
SELECT count(*) FROM pg_stat_activity
WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid() AND datname = current_database()
  AND backend_type = 'client backend'
"""
_TENDED = """
SELECT t.name, EXISTS (SELECT FROM pg_stats AS s
  WHERE s.schemaname = n.nspname AND s.tablename = c.relname), c.relallvisible > 0
FROM unnest($1::text[]) AS t (name) JOIN pg_class AS c ON c.oid = to_regclass(t.name)
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm') AND pg_relation_size(c.oid) > 0
ORDER BY 1
"""
#: An aggregate is what its transition and final functions are.
_CALLED = """
SELECT DISTINCT p.proname::text FROM pg_proc AS p
LEFT JOIN pg_aggregate AS a ON a.aggfnoid = p.oid
LEFT JOIN pg_proc AS inner_p ON inner_p.oid IN (a.aggtransfn, a.aggfinalfn)
WHERE p.proname = ANY($1::text[]) AND coalesce(inner_p.provolatile, p.provolatile) = 'v'
  AND NOT p.proname = ANY($2::text[])
ORDER BY 1
"""
#: Operators and casts are calls without parentheses.
_HIDDEN = """
SELECT o.oprname::text, p.proname::text FROM pg_operator AS o JOIN pg_proc AS p ON p.oid = o.oprcode
WHERE p.provolatile = 'v'
UNION
SELECT t.typname::text, p.proname::text FROM pg_cast AS c JOIN pg_type AS t ON t.oid = c.casttarget
JOIN pg_proc AS p ON p.oid = c.castfunc WHERE p.provolatile = 'v'
"""
#: Texts of views by their names, and of the views in them.
_VIEWS = """
WITH RECURSIVE named (oid) AS (
  SELECT c.oid FROM pg_class AS c WHERE c.relkind = 'v' AND c.relname = ANY($1::text[])
  UNION
  SELECT c.oid FROM named JOIN pg_rewrite AS r ON r.ev_class = named.oid
  JOIN pg_depend AS d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass
  JOIN pg_class AS c ON c.oid = d.refobjid AND c.relkind = 'v'
)
SELECT pg_get_viewdef(oid) FROM named
"""
#: U&"..." is a name whose characters may be written as numbers.
_ESCAPED = re.compile(r'\bu&"', re.I)
_NAME = re.compile(r'(\w+|"(?:[^"]|"")+")\s*\(')


def replica(connection: Any) -> bool:
    """It replays another server's changes: nothing can be built on it."""
    return bool(protocol.row(connection, "SELECT pg_is_in_recovery()")[0])


def signs_of_production(connection: Any) -> list[str]:
    """What speaks for a primary that is in use: writers now or within two seconds, servers that follow it.

    Rows written are those of user tables; a session's counts reach the view when its transaction has ended.
    """
    found: list[str] = []
    (before,) = protocol.row(connection, _WRITTEN)
    deadline = time.monotonic() + LIMITS.measuring_watch_seconds
    (writing,) = protocol.row(connection, _WRITING)
    while time.monotonic() < deadline and not writing:
        time.sleep(0.2)
        (writing,) = protocol.row(connection, _WRITING)
    (after,) = protocol.row(connection, _WRITTEN)
    if writing:
        found.append(f"{writing} other session(s) in a transaction that writes")
    if after > before:
        found.append(f"{after - before} rows written within {LIMITS.measuring_watch_seconds:g} s")
    (following,) = protocol.row(connection, "SELECT count(*) FROM pg_stat_replication")
    if following:
        found.append(f"{following} server(s) that replicate from it")
    (slots,) = protocol.row(connection, "SELECT count(*) FROM pg_replication_slots WHERE active")
    if slots and not following:
        found.append(f"{slots} replication slot(s) in use")
    return found


def untended(connection: Any, tables: Sequence[str]) -> list[str]:
    """What makes a fresh copy unlike production: tables (as SQL) without statistics or without a visibility map.

    A restored dump has neither: plans rest on defaults, and an index-only scan visits the table for every row.
    """
    rows = protocol.rows(connection, _TENDED, list(dict.fromkeys(tables)))
    blind = [str(name) for name, analysed, _ in rows if not analysed]
    unmapped = [str(name) for name, _, mapped in rows if not mapped]
    found = []
    if blind:
        found.append(f"never analysed here, so plans rest on defaults: {_some(blind)}; run ANALYZE and measure again")
    if unmapped:
        found.append(f"never vacuumed here, so index-only scans visit the table: {_some(unmapped)}; run VACUUM ANALYZE")
    return found


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def refused(connection: Any, sql: str, plan: str) -> str | None:
    """Why a statement is not executed, one sentence; None: it only reads.

    The transaction is READ ONLY, which stops every write to a table. What it does not stop are functions with effects
    of their own (pg_terminate_backend, dblink, lo_export, pg_sleep): the names of all functions in the statement, in
    the views that it names and in its plan are looked up, and a VOLATILE one is not called. The plan alone does not
    tell: it prints neither LIMIT nor the frame of a window. ``plan`` is EXPLAIN VERBOSE.
    """
    found = list(statements(sql, "postgresql"))
    if len(found) != 1 or not found[0].tokens:
        return "it is not one statement"
    tokens = found[0].tokens
    words = [token.upper for token in tokens if token.upper not in ("", "(")]
    if not words or words[0] not in ("SELECT", "WITH", "VALUES", "TABLE"):
        return f"{words[0].lower() if words else 'it'} writes; only SELECT is executed"
    if {"INSERT", "UPDATE", "DELETE", "MERGE"} & set(words) and '"ModifyTable"' in plan:
        return "it writes; only SELECT is executed"
    if "INTO" in words:
        return "it writes its result INTO a table"
    if '"LockRows"' in plan:
        return "it locks rows, which a read-only transaction does not"
    if '"Foreign Scan"' in plan:
        return "it reads a foreign table, whose server would be asked"
    if _ESCAPED.search(sql):
        return "it has a name written with escapes"
    named = {token.folded for token in tokens if token.kind in ("word", "quoted")}
    texts = [str(text) for (text,) in protocol.rows(connection, _VIEWS, list(named)) if text]
    texts.append(plan.replace('\\"', '"'))
    calls = {unquoted(name) for text in texts for name in _NAME.findall(text)}
    calls |= {token.folded for token, after in pairwise(tokens) if token.kind != "string" and after.text[:1] == "("}
    called = [str(name) for (name,) in protocol.rows(connection, _CALLED, list(calls), list(_HARMLESS))]
    called += [
        str(function)
        for sign, function in protocol.rows(connection, _HIDDEN)
        if any(str(sign) in text for text in (sql, *texts))
    ]
    if called:
        return f"it calls {', '.join(called[:3])}, which may do more than read"
    return None
