"""The codes that servers fail with: SQLSTATE of PostgreSQL, numbers of MySQL and MariaDB."""

from __future__ import annotations

from typing import Literal

from advisor.model.engine import EngineName

Kind = Literal["null", "unique", "check", "foreign_key", "number", "length", "text"]

#: PostgreSQL manual, Appendix A; MySQL Server Error Reference; MariaDB Error Codes.
_CODES: dict[Kind, dict[str, str]] = {
    "null": {"postgresql": "23502", "mysql": "1138", "mariadb": "1265"},
    "unique": {"postgresql": "23505", "mysql": "1062", "mariadb": "1062"},
    "check": {"postgresql": "23514", "mysql": "3819", "mariadb": "4025"},
    "foreign_key": {"postgresql": "23503", "mysql": "1452", "mariadb": "1452"},
    "number": {"postgresql": "22003", "mysql": "1264", "mariadb": "1264"},
    "length": {"postgresql": "22001", "mysql": "1265", "mariadb": "1265"},
    "text": {"postgresql": "22P02", "mysql": "1366", "mariadb": "1366"},
}


def code(kind: Kind, engine: EngineName) -> str | None:
    """What the server says when it fails so; None for SQLite."""
    return _CODES[kind].get(engine)
