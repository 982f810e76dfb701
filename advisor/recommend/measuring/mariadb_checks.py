"""Is this MariaDB a production server, and may this statement be executed on it?"""

from __future__ import annotations

import re
import time
from typing import Any

from advisor.fingerprint import lexer
from advisor.model.limits import LIMITS

#: Functions of the server that do more than read: locks, files, sequences, waiting.
_EFFECTS = frozenset(
    """
    get_lock release_lock release_all_locks is_free_lock is_used_lock sleep benchmark load_file nextval setval
    master_pos_wait master_gtid_wait last_insert_id sys_exec sys_eval
    """.split()  # noqa: SIM905
)
_WRITTEN = """
SELECT COALESCE(SUM(CAST(variable_value AS UNSIGNED)), 0) FROM information_schema.global_status
WHERE variable_name IN ('Com_insert', 'Com_insert_select', 'Com_update', 'Com_update_multi', 'Com_delete',
  'Com_delete_multi', 'Com_replace', 'Com_replace_select', 'Com_load')
"""
#: The note that holds the text with views unfolded.
_UNFOLDED = 1003
_CALL = re.compile(r"(\w+|`(?:[^`]|``)+`)\s*\(")


def _all(connection: Any, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values or None)
        return list(cursor.fetchall())


def replica(connection: Any) -> str | None:
    """Why nothing is built here: it follows another server, or takes no writes."""
    import pymysql

    try:
        following = _all(connection, "SHOW ALL SLAVES STATUS")
    except pymysql.Error:
        following = []
    if following:
        return "it is a replica: what is built there stops its replication, and its times are disturbed by it"
    if int(_all(connection, "SELECT @@global.read_only")[0][0]):
        return "it is read-only, so no index can be built; name a copy that can be written"
    return None


def signs_of_production(connection: Any) -> list[str]:
    """What speaks for a primary that is in use: statements that write, transactions that have, servers that follow."""
    import pymysql

    found: list[str] = []

    def writing() -> int:
        try:
            sql = (
                "SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_rows_modified > 0 "
                "AND trx_mysql_thread_id <> CONNECTION_ID()"
            )
            return int(_all(connection, sql)[0][0])
        except pymysql.Error:
            return 0

    before = int(_all(connection, _WRITTEN)[0][0])
    deadline = time.monotonic() + LIMITS.measuring_watch_seconds
    busy = writing()
    while time.monotonic() < deadline and not busy:
        time.sleep(0.2)
        busy = writing()
    after = int(_all(connection, _WRITTEN)[0][0])
    if busy:
        found.append(f"{busy} transaction(s) that have written")
    if after > before:
        found.append(f"{after - before} INSERT, UPDATE or DELETE within {LIMITS.measuring_watch_seconds:g} s")
    commands = [str(row[4]) for row in _all(connection, "SHOW PROCESSLIST")]
    followers = sum(command.startswith("Binlog Dump") for command in commands)
    if followers:
        found.append(f"{followers} server(s) that replicate from it")
    return found


def refused(connection: Any, sql: str) -> str | None:
    """Why a statement is not executed, one sentence; None: it only reads.

    The transaction is READ ONLY. What that does not stop: files written by INTO, user variables, functions of the
    server with effects, and stored functions, which are looked up by name in the statement and in the text that the
    server makes of it, where views are unfolded.
    """
    raw = sql.encode("utf-8", "surrogatepass")
    tokens = [token for token in lexer.tokens(raw, "mysql") if token.kind != lexer.COMMENT]
    words = [raw[token.start : token.end].upper() for token in tokens]
    first = next((word for word in words if word != b"("), b"")
    if first not in (b"SELECT", b"WITH", b"VALUES", b"TABLE"):
        return f"{first.decode('utf-8', 'replace').lower()} writes; only SELECT is executed"
    if b"INTO" in words:
        return "it writes its result INTO a file or a variable"
    if any(word == b":=" for word in words) or b":=" in raw:
        return "it assigns a variable"
    if b"UPDATE" in words or b"SHARE" in words:
        return "it locks rows"
    if b"NEXT" in words and b"VALUE" in words:
        return "it draws from a sequence"
    why = _called(connection, sql)
    if why is None:
        _all(connection, "EXPLAIN EXTENDED " + sql)
        why = _called(
            connection, " ".join(str(row[2]) for row in _all(connection, "SHOW WARNINGS") if int(row[1]) == _UNFOLDED)
        )
    return why


def _called(connection: Any, text: str) -> str | None:
    """Why a text is not executed for the functions that it calls."""
    names = {name.strip("`").replace("``", "`").lower() for name in _CALL.findall(text)}
    called = sorted(names & _EFFECTS)
    if not called and names:
        marks = ", ".join(["%s"] * len(names))
        stored = _all(
            connection,
            "SELECT DISTINCT LOWER(routine_name) FROM information_schema.routines "
            f"WHERE LOWER(routine_name) IN ({marks})",
            *sorted(names),
        )
        called = sorted(str(name) for (name,) in stored)
    return f"it calls {', '.join(called[:3])}, which may do more than read" if called else None
