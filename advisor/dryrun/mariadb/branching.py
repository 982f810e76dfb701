"""Routines and blocks that may do something else in production than on the copy."""

from __future__ import annotations

import re

from advisor.dryrun.mariadb.host import Host

_ROUTINES = """
    SELECT routine_name, routine_definition FROM information_schema.routines
    WHERE routine_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema') LIMIT 5000
"""
#: Statements that give a variable its value, or a prepared statement its text.
SETS = re.compile(
    r"\s*(?:SET\b(?!\s+(?:STATEMENT|PASSWORD|ROLE)\b)|PREPARE\b|SELECT\b.*(?:\bINTO\s+@|@\w+\s*:=))",
    re.IGNORECASE | re.DOTALL,
)


def with_bodies(host: Host, sql: str) -> str:
    """A statement with the bodies of the routines that it names, and that those name."""
    with host.admin.cursor() as cursor:
        cursor.execute(_ROUTINES)
        left = {str(name).lower(): _text(body) for name, body in cursor.fetchall()}
    todo, text = [sql], sql
    while todo:
        words = {word.lower() for word in re.findall(r"[\w$]+", todo.pop())}
        for name in [name for name in left if name in words]:
            body = left.pop(name)
            text += "\n" + body
            todo.append(body)
    return text


def _text(body: object) -> str:
    return body.decode("utf-8", "replace") if isinstance(body, bytes) else str(body or "")
