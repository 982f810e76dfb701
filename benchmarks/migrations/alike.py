"""Whether two databases of PostgreSQL ended alike: everything of the schema but the order of columns, and every row.

By the catalog's own words and by sums of hashes; nothing of the product is used.
"""

from __future__ import annotations

from typing import Any

import psycopg

_OURS = "NOT IN ('pg_catalog', 'information_schema', 'pg_toast')"
#: What is compared, and the query of it.
_SCHEMA = {
    "relations": f"""
SELECT c.oid::regclass::text, c.relkind, c.relpersistence, c.reloptions::text, c.relreplident, c.relrowsecurity,
       c.relforcerowsecurity, c.relacl::text, c.relowner::regrole::text, a.amname, t.spcname, c.relispartition,
       pg_get_expr(c.relpartbound, c.oid), CASE c.relkind WHEN 'p' THEN pg_get_partkeydef(c.oid) END,
       CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace LEFT JOIN pg_am AS a ON a.oid = c.relam
LEFT JOIN pg_tablespace AS t ON t.oid = c.reltablespace
WHERE n.nspname {_OURS} AND n.nspname !~ '^pg_temp|^pg_toast' AND c.relkind IN ('r', 'p', 'm', 'v', 'S', 'f', 'c')""",
    "columns": f"""
SELECT c.oid::regclass::text, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated,
       pg_get_expr(d.adbin, d.adrelid), a.attcollation::regcollation::text, a.attstorage, a.attcompression,
       greatest(coalesce(a.attstattarget, -1), -1),
       ARRAY(SELECT o FROM unnest(a.attoptions) AS o WHERE o LIKE 'n\\_distinct%')::text, a.attacl::text, a.attislocal, a.attinhcount
FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE n.nspname {_OURS} AND n.nspname !~ '^pg_temp|^pg_toast' AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c') AND a.attnum > 0
  AND NOT a.attisdropped""",
    "constraints": """
SELECT conrelid::regclass::text, contypid::regtype::text, conname, contype, pg_get_constraintdef(oid), convalidated,
       condeferrable, condeferred, conislocal OR contype = 'n', coninhcount, connoinherit AND contype IN ('c', 'n')
FROM pg_constraint AS c WHERE oid >= 16384
  -- A key to a partitioned table has one of its own for each partition there, which nobody declares or validates.
  AND NOT EXISTS (SELECT FROM pg_constraint AS p WHERE p.oid = c.conparentid AND p.conrelid = c.conrelid)""",
    "indexes": """
SELECT indrelid::regclass::text, indexrelid::regclass::text, pg_get_indexdef(indexrelid), indisvalid, indisunique,
       indisprimary, indimmediate, indisclustered, indisreplident, c.reloptions::text, h.inhparent::regclass::text
FROM pg_index JOIN pg_class AS c ON c.oid = indexrelid LEFT JOIN pg_inherits AS h ON h.inhrelid = indexrelid
WHERE indexrelid >= 16384 AND c.relnamespace::regnamespace::text !~ '^pg_'""",
    "triggers": """
SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid), tgenabled FROM pg_trigger WHERE NOT tgisinternal""",
    "functions": """
SELECT oid::regprocedure::text, prosrc FROM pg_proc WHERE oid >= 16384 AND prokind <> 'a'""",
    "policies": "SELECT schemaname, tablename, policyname, permissive, roles::text, cmd, qual, with_check FROM pg_policies",
    "rules": """
SELECT ev_class::regclass::text, rulename, pg_get_ruledef(oid) FROM pg_rewrite WHERE oid >= 16384 AND rulename <> '_RETURN'""",
    "statistics": """
SELECT stxrelid::regclass::text, stxname, pg_get_statisticsobjdef(oid), stxstattarget FROM pg_statistic_ext""",
    "inheritance": """
SELECT inhrelid::regclass::text, inhparent::regclass::text FROM pg_inherits WHERE inhrelid >= 16384""",
    "sequences": """
SELECT seqrelid::regclass::text, seqtypid::regtype::text, seqstart, seqincrement, seqmin, seqmax, seqcycle, seqcache
FROM pg_sequence""",
    "ownership of sequences": """
SELECT d.objid::regclass::text, d.refobjid::regclass::text, a.attname, d.deptype
FROM pg_depend AS d JOIN pg_sequence AS s ON s.seqrelid = d.objid
JOIN pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid WHERE d.refobjsubid > 0""",
    "types": """
SELECT oid::regtype::text, typtype, typnotnull, typdefault, format_type(typbasetype, typtypmod),
       ARRAY(SELECT enumlabel FROM pg_enum WHERE enumtypid = t.oid ORDER BY enumsortorder)::text
FROM pg_type AS t WHERE oid >= 16384 AND typtype IN ('d', 'e')""",
    "comments": """
SELECT pg_describe_object(classoid, objoid, objsubid), description FROM pg_description WHERE objoid >= 16384""",
    "publications": "SELECT pubname, schemaname, tablename FROM pg_publication_tables",
}
_FILLED = f"""
SELECT c.oid::regclass::text, array_agg(quote_ident(a.attname) ORDER BY a.attname)
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'm') AND n.nspname {_OURS} AND n.nspname !~ '^pg_temp|^pg_toast'
  AND (c.relkind = 'r' OR c.relispopulated) GROUP BY 1"""

Session = psycopg.Connection[Any]


def shape(session: Session) -> dict[str, set[str]]:
    """What is there, by kind."""
    return {kind: {repr(row) for row in session.execute(query.encode())} for kind, query in _SCHEMA.items()}


def rows(session: Session) -> dict[str, dict[str, Any]]:
    """Of each table: number of rows, and by column (and of whole rows, ``*``) a sum of hashes and the NULLs."""
    found: dict[str, dict[str, Any]] = {}
    for table, columns in session.execute(_FILLED.encode()).fetchall():
        asked = [f"sum(hashtextextended({one}::text, 0)::numeric), count({one})" for one in columns]
        whole = f"sum(hashtextextended(ROW({', '.join(f'{one}::text' for one in columns)})::text, 0)::numeric)"
        told = session.execute(f"SELECT count(*), {whole}, {', '.join(asked)} FROM ONLY {table}".encode()).fetchone()
        assert told is not None
        found[table] = {"count": told[0], "*": told[1]} | {
            one: (told[2 + 2 * n], told[3 + 2 * n]) for n, one in enumerate(columns)
        }
    return found


def schema_differs(straight: Session, stepped: Session) -> list[str]:
    """``kind: - only the statement left it`` and ``kind: + only the steps did``."""
    ours, theirs = shape(stepped), shape(straight)
    return [
        f"{kind}: {sign} {text}"
        for kind in theirs
        for sign, here, there in (("-", theirs[kind], ours[kind]), ("+", ours[kind], theirs[kind]))
        for text in sorted(here - there)
    ]


def rows_differ(straight: Session, stepped: Session) -> list[str]:
    """``table: column`` (``*`` where only the pairing of values differs, ``count`` of the rows)."""
    ours, theirs = rows(stepped), rows(straight)
    found = []
    for table in sorted(ours.keys() & theirs.keys()):
        both = ours[table].keys() & theirs[table].keys()
        wrong = sorted(one for one in both if ours[table][one] != theirs[table][one] and one != "*")
        if not wrong and ours[table].keys() == theirs[table].keys() and ours[table]["*"] != theirs[table]["*"]:
            wrong = ["*"]
        found += [f"{table}: {one}" for one in wrong]
    return found
