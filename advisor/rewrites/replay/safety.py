"""May this statement be run on somebody's server? Only a SELECT of plain tables that calls nothing that does something.

The transaction is read-only all the same; that does not stop a function that sleeps, takes a lock, reads a file or
talks to another server. What is checked is the logged text and the text that is sent, which sqlglot has printed anew.
"""

from __future__ import annotations

import re

from advisor.rewrites.replay.sessions import Refused, Session
from advisor.rewrites.statement import Node, Statement

_CALLED = re.compile(r'([\w$]+|"(?:[^"]|"")+"|`[^`]+`)\s*\(')
#: Values as long as the statement likes, rows as many as it likes, a whole database as one value: all of them harmless
#: to the data, and none to the memory of the server and of this process. No list and no loop needs them.
_ENDLESS = re.compile(r"repeat|[lr]pad|space|generate_series|(?:table|query|cursor|schema|database)_to_xml\w*")
_WORDS = re.compile(
    r"""\bu&"|:=|\binto\s+(?:outfile|dumpfile)\b|\bfor\s+update\b|\block\s+in\b|/\*[!M+]
    |\b(?:next|previous)\s+value\s+for\b|\bprocedure\s+analyse\b""",
    re.IGNORECASE | re.VERBOSE,
)
#: MySQL's and MariaDB's own functions that wait, lock, read files, or give another answer each time.
_MYSQL_REFUSED = frozenset(
    """
    sleep benchmark get_lock release_lock release_all_locks is_free_lock is_used_lock load_file rand random_bytes uuid
    uuid_short sys_guid last_insert_id nextval lastval setval master_pos_wait master_gtid_wait source_pos_wait
    wait_for_executed_gtid_set wait_until_sql_thread_after_gtids row_count found_rows spider_direct_sql
    """.split()  # noqa: SIM905
)
#: Functions of MySQL and MariaDB that sqlglot has no node for. What is in neither may be loaded from a library: such a
#: function stands in no list of routines.
_MYSQL_KNOWN = re.compile(
    r"""(?:json|st|regexp|bit|utc|inet6?|is)_\w+|field|elt|find_in_set|conv|oct|bin|ord|format|make_set|quote|soundex
    |strcmp|crc32|truncate|maketime|makedate|period_add|period_diff|sec_to_time|time_to_sec|timediff|to_days|to_seconds
    |from_days|yearweek|weekday|microsecond|addtime|subtime|sysdate|values|interval|std|bin_to_uuid|uuid_to_bin|database
    |schema|user|locate|insert|mid|rank|dense_rank|percent_rank|cume_dist|ntile|any_value|nvl2?|aes_encrypt|aes_decrypt""",
    re.VERBOSE,
)
_PLAIN_ENGINES = frozenset({"innodb", "myisam", "aria", "memory", "rocksdb", "ndbcluster"})


def check(statement: Statement, text: str, session: Session) -> None:
    """Raises Refused, with the reason."""
    from sqlglot import exp

    tree = statement.tree
    if not isinstance(tree, exp.Query):
        raise Refused("only a SELECT is replayed")
    text = f"{text}\n{tree.sql(dialect=statement.dialect)}"
    if tree.find(exp.Lock, exp.Into) is not None or any(node.args.get("into") for node in tree.find_all(exp.Select)):
        raise Refused("it locks rows or writes its answer somewhere")
    if tree.find(exp.Insert, exp.Update, exp.Delete, exp.Merge) is not None:
        raise Refused("it writes")
    if _WORDS.search(text):
        raise Refused("its text has words that may do more than read")
    names = sorted({match.strip('"`').replace('""', '"').lower() for match in _CALLED.findall(text)})
    endless = [name for name in names if _ENDLESS.fullmatch(name)]
    if endless:
        raise Refused(f"it calls {endless[0]}, whose answer may be of any size")
    if session.engine == "postgresql":
        _postgresql(session, names, tree)
    else:
        _mysql(session, names, tree)


def _tables(tree: Node) -> list[tuple[Node, bool]]:
    """Tables, and whether a name may be a WITH query's. In another scope it may be a view's all the same."""
    from sqlglot import exp

    defined = {str(cte.alias).lower() for cte in tree.find_all(exp.CTE)}
    found = [node for node in tree.find_all(exp.Table) if node.name]
    return [(node, node.args.get("db") is None and node.name.lower() in defined) for node in found]


def _postgresql(session: Session, names: list[str], tree: Node) -> None:
    from sqlglot import exp

    # An aggregate is what its functions are. `t.f` calls f(t) where the table t has no column f.
    attributes = sorted({node.name.lower() for node in tree.find_all(exp.Identifier)})
    called = f"""
SELECT DISTINCT p.proname::text FROM pg_catalog.pg_proc p
LEFT JOIN pg_catalog.pg_aggregate a ON a.aggfnoid = p.oid
LEFT JOIN pg_catalog.pg_proc i ON i.oid IN (a.aggtransfn, a.aggfinalfn, a.aggmtransfn, a.aggminvtransfn, a.aggmfinalfn)
WHERE (lower(p.proname) = ANY({session.literal(names)}::text[])
       OR p.pronargs > 0 AND lower(p.proname) = ANY({session.literal(attributes)}::text[])
       AND EXISTS (SELECT 1 FROM pg_catalog.pg_type t WHERE t.oid = p.proargtypes[0] AND t.typtype IN ('c', 'p')))
AND coalesce(i.provolatile, p.provolatile) = 'v' ORDER BY 1"""
    volatile = [str(row[0]) for row in session.rows(called)[1]]
    if volatile:
        raise Refused(
            f"it calls {', '.join(volatile[:3])}, which is volatile: it may do something, or answer otherwise"
        )
    for table, of_with in _tables(tree):
        schema = table.args.get("db")
        parts = [table.this] if schema is None else [schema, table.this]
        quoted = ".".join('"' + part.name.replace('"', '""') + '"' for part in parts)
        kinds = session.rows(
            "WITH RECURSIVE part AS ("
            f"SELECT pg_catalog.to_regclass({session.literal(quoted)})::oid AS oid"
            " UNION SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN part ON i.inhparent = part.oid)"
            " SELECT bool_and(c.relkind IN ('r', 'p', 'm')), bool_or(c.relrowsecurity)"
            " FROM pg_catalog.pg_class c JOIN part USING (oid)"
        )[1]
        plain, policies = kinds[0]
        if plain is None and of_with:
            continue
        if plain is None:
            raise Refused("it reads a table that is not there, or that this role cannot see")
        if not plain:
            raise Refused("it reads a view or a foreign table: what that does is not in the statement")
        if policies:
            raise Refused("it reads a table with row-level security: its policies may call functions")
    hidden = session.rows(
        "SELECT 1 FROM pg_catalog.pg_operator o JOIN pg_catalog.pg_proc p ON p.oid = o.oprcode"
        " WHERE p.provolatile = 'v' AND o.oid >= 16384 UNION ALL"
        " SELECT 1 FROM pg_catalog.pg_cast c JOIN pg_catalog.pg_proc p ON p.oid = c.castfunc"
        " WHERE p.provolatile = 'v' AND c.oid >= 16384 LIMIT 1"
    )[1]
    if hidden:
        raise Refused("the database has operators or casts of its own that are volatile")


def _mysql(session: Session, names: list[str], tree: Node) -> None:
    from sqlglot import exp

    unknown = [node.name for node in tree.find_all(exp.Anonymous) if not _MYSQL_KNOWN.fullmatch(node.name.lower())]
    if unknown:
        raise Refused(f"it calls {unknown[0][:60]}, which is not known to be the engine's own")
    bad = [name for name in names if name in _MYSQL_REFUSED]
    if names and not bad:
        listed = ", ".join(session.literal(name) for name in names)
        found = session.rows(
            f"SELECT routine_name FROM information_schema.routines WHERE LOWER(routine_name) IN ({listed}) LIMIT 3"
        )[1]
        bad = [str(row[0]) for row in found]
    if bad:
        raise Refused(f"it calls {', '.join(bad[:3])}: that may do something, or answer otherwise each time")
    for table, of_with in _tables(tree):
        name, schema = str(table.name), table.args["db"].name if table.args.get("db") is not None else None
        where = "DATABASE()" if schema is None else session.literal(schema)
        found = session.rows(
            "SELECT table_type, engine FROM information_schema.tables"
            f" WHERE table_schema = {where} AND LOWER(table_name) = LOWER({session.literal(name)})"
        )[1]
        if not found and of_with:
            continue
        if not found:
            raise Refused("it reads a table that is not there, or that this account cannot see")
        kind, engine = found[0]
        if kind != "BASE TABLE" or str(engine).lower() not in _PLAIN_ENGINES:
            raise Refused("it reads a view, a sequence or a table of another server")
