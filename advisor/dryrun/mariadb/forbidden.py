"""Statements that are never sent to the copy: they reach beyond its databases."""

from __future__ import annotations

from itertools import pairwise

from advisor.catalog.ddl.lexer import Statement

#: Statements that reach beyond the copy's databases, or would change the server itself: never sent.
_NEVER = {
    "LOAD": "it reads a file",
    "INSTALL": "it changes the server",
    "UNINSTALL": "it changes the server",
    "SHUTDOWN": "it changes the server",
    "KILL": "it ends others' sessions",
    "CHANGE": "it changes replication",
    "STOP": "it changes replication",
    "START": "",
    "RESET": "it changes the server",
    "PURGE": "it changes the server",
    "GRANT": "it concerns accounts, which the copy does not have",
    "REVOKE": "it concerns accounts, which the copy does not have",
    "FLUSH": "",
    "BINLOG": "it changes rows by the binary log",
    "CLONE": "it copies a server",
    "RESTART": "it changes the server",
    "IMPORT": "it reads a file",
    "XA": "it prepares a transaction that outlives the session",
    "BACKUP": "it changes the server",
}
#: Storage engines whose tables are somewhere else.
_OUTSIDE = frozenset({"FEDERATED", "CONNECT", "SPIDER", "S3"})
_ACCOUNTS = frozenset({"USER", "ROLE", "SERVER", "EVENT", "TABLESPACE", "LOGFILE", "INSTANCE", "RESOURCE"})


def forbidden(statement: Statement) -> str | None:
    """Why it is never sent; empty: it needs not be."""
    tokens = statement.tokens
    if not tokens:
        return "it is not understood"
    words = [token.upper for token in tokens]
    if words[0] in _NEVER and not (words[0] == "START" and words[1:2] == ["TRANSACTION"]):
        if words[0] == "START":
            return "it changes replication"
        return _NEVER[words[0]]
    if words[0] in ("CREATE", "ALTER", "DROP", "RENAME") and _ACCOUNTS & set(words[1:5]) and "TABLE" not in words[:4]:
        return "it changes accounts, events or the server, which a dry run does not"
    if "OUTFILE" in words or "DUMPFILE" in words or "LOAD_FILE" in words:
        return "it reads or writes a file"
    pairs = set(pairwise(words))
    if ("DATA", "DIRECTORY") in pairs or ("INDEX", "DIRECTORY") in pairs:
        return "it puts files into a directory of its own"
    if any(one == "ENGINE" and _OUTSIDE & set(words[n + 1 : n + 3]) for n, one in enumerate(words)):
        return "its storage engine reaches other servers or files"
    if (words[0] == "SET" and {"GLOBAL", "PERSIST", "PERSIST_ONLY"} & set(words)) or "@@GLOBAL" in words:
        return "it changes the server's settings"
    return None


def advances(statement: Statement) -> bool:
    """Does the schema change by it?"""
    words = [token.upper for token in statement.tokens[:5]]
    verb = words[0] if words else ""
    if _ACCOUNTS & set(words):
        return False
    return verb in ("CREATE", "ALTER", "DROP", "RENAME", "CALL", "EXECUTE", "BEGIN", "USE")
