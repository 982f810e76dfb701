"""Alembic's operations for statements that they say exactly; the rest is ``op.execute``.

Names go through ``op.f``: a naming convention of the project would change them otherwise. Options go by what versions
have them: ``postgresql_not_valid`` is of SQLAlchemy 1.4.32, ``if_exists`` of Alembic 1.12.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from advisor.alternatives.clauses import tokens_of
from advisor.alternatives.forms.origin import Origin
from advisor.alternatives.forms.source import argument, bare, called, names, qualified, string, strings

_NAME = r'(?:"(?:[^"]|"")+"|[A-Za-z_][\w$]*)'
_ALTER = rf"ALTER\s+TABLE\s+{qualified('table')}\s+"
#: Its name, and its arguments but for those that are not given.
Call = tuple[str, tuple[str | None, ...]]
_CAST = re.compile(r"(?<!:)::(?!:)")


def call(sql: str, origin: Origin, indent: int) -> str:
    """The call that runs a statement."""
    for pattern, write in _CALLS:
        match = pattern.match(sql)
        if match is not None and (found := write(match, origin)) is not None:
            return called(found[0], [one for one in found[1] if one is not None], indent)
    return f"op.execute({argument(text_of(sql), indent)})"


def text_of(sql: str) -> str:
    """As SQLAlchemy's text() gives it back: its colons are no parameters. Casts alone need nothing."""
    if ":" not in _CAST.sub("", sql) and "\\" not in sql:
        return sql
    return sql.replace(":", "\\:")


def _made(name: str, *arguments: str | None) -> Call:
    return f"op.{name}", arguments


def _schema(match: re.Match[str], group: str, keyword: str = "schema") -> str | None:
    found = match[f"{group}_schema"]
    return f"{keyword}={string(bare(found))}" if found else None


def _create_index(match: re.Match[str], origin: Origin) -> Call | None:
    columns = names(match["columns"])
    where = match["where"]
    if columns is None:
        return None
    return _made(
        "create_index",
        f"op.f({string(bare(match['name']))})",
        string(bare(match["table"])),
        strings(columns),
        "unique=True" if match["unique"] else None,
        _schema(match, "table"),
        f"postgresql_using={string(match['method'].lower())}" if match["method"] else None,
        f"postgresql_where=sa.text({string(text_of(where))})" if where else None,
        "postgresql_concurrently=True" if match["alone"] else None,
    )


def _drop_index(match: re.Match[str], origin: Origin) -> Call | None:
    if match["exists"] and not origin.has("alembic", 1, 12):
        return None
    return _made(
        "drop_index",
        f"op.f({string(bare(match['name']))})",
        _schema(match, "name"),
        "postgresql_concurrently=True" if match["alone"] else None,
        "if_exists=True" if match["exists"] else None,
    )


def _foreign_key(match: re.Match[str], origin: Origin) -> Call | None:
    own, other = names(match["own"]), names(match["other"])
    if own is None or other is None or not origin.has("sqlalchemy", 1, 4, 32):
        return None
    actions = {
        kind: re.search(rf"\bON\s+{kind}\s+({_ACTION})", match["rest"], re.IGNORECASE) for kind in ("DELETE", "UPDATE")
    }
    return _made(
        "create_foreign_key",
        f"op.f({string(bare(match['name']))})",
        string(bare(match["table"])),
        string(bare(match["parent"])),
        strings(own),
        strings(other),
        *(
            f"on{kind.lower()}={string(' '.join(found[1].upper().split()))}" if found else None
            for kind, found in actions.items()
        ),
        _schema(match, "table", "source_schema"),
        _schema(match, "parent", "referent_schema"),
        "postgresql_not_valid=True",
    )


def _check(match: re.Match[str], origin: Origin) -> Call | None:
    if not origin.has("sqlalchemy", 1, 4, 32) or not _whole(match["condition"]):
        return None
    return _made(
        "create_check_constraint",
        f"op.f({string(bare(match['name']))})",
        string(bare(match["table"])),
        string(text_of(match["condition"])),
        _schema(match, "table"),
        "postgresql_not_valid=True",
    )


def _whole(condition: str) -> bool:
    """Do the parentheses around a condition belong together?"""
    depth = 0
    for token in tokens_of(condition, "postgresql"):
        depth += {"(": 1, ")": -1}.get(token.text, 0) if token.kind == "op" else 0
        if depth < 0:
            return False
    return depth == 0


def _null(match: re.Match[str], origin: Origin) -> Call:
    nullable = match["what"].upper() == "DROP"
    return _made(
        "alter_column",
        string(bare(match["table"])),
        string(bare(match["column"])),
        f"nullable={nullable}",
        _schema(match, "table"),
    )


def _drop_constraint(match: re.Match[str], origin: Origin) -> Call:
    return _made(
        "drop_constraint", f"op.f({string(bare(match['name']))})", string(bare(match["table"])), _schema(match, "table")
    )


def _drop_column(match: re.Match[str], origin: Origin) -> Call:
    return _made("drop_column", string(bare(match["table"])), string(bare(match["column"])), _schema(match, "table"))


def _drop_table(match: re.Match[str], origin: Origin) -> Call:
    return _made("drop_table", string(bare(match["table"])), _schema(match, "table"))


def _rename(match: re.Match[str], origin: Origin) -> Call:
    return _made(
        "alter_column",
        string(bare(match["table"])),
        string(bare(match["column"])),
        f"new_column_name={string(bare(match['new']))}",
        _schema(match, "table"),
    )


_ACTION = r"NO\s+ACTION|RESTRICT|CASCADE|SET\s+NULL|SET\s+DEFAULT"
_ON = rf"(?P<rest>(?:\s+ON\s+(?:DELETE|UPDATE)\s+(?:{_ACTION}))*)"


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(rf"{text}\s*\Z", re.IGNORECASE | re.DOTALL)


_CALLS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], Origin], Call | None]], ...] = (
    (
        _pattern(
            rf"CREATE\s+(?P<unique>UNIQUE\s+)?INDEX\s+(?P<alone>CONCURRENTLY\s+)?(?!IF\b|ON\b)(?P<name>{_NAME})\s+ON\s+(?!ONLY\b)"
            rf"{qualified('table')}\s*(?:USING\s+(?P<method>\w+)\s*)?\((?P<columns>[^()]+)\)(?:\s*WHERE\s+(?P<where>.+?))?"
        ),
        _create_index,
    ),
    (
        _pattern(rf"DROP\s+INDEX\s+(?P<alone>CONCURRENTLY\s+)?(?P<exists>IF\s+EXISTS\s+)?{qualified('name')}"),
        _drop_index,
    ),
    (
        _pattern(
            rf"{_ALTER}ADD\s+CONSTRAINT\s+(?P<name>{_NAME})\s+FOREIGN\s+KEY\s*\((?P<own>[^()]+)\)\s*REFERENCES\s+"
            rf"{qualified('parent')}\s*\((?P<other>[^()]+)\){_ON}\s+NOT\s+VALID"
        ),
        _foreign_key,
    ),
    (
        _pattern(rf"{_ALTER}ADD\s+CONSTRAINT\s+(?P<name>{_NAME})\s+CHECK\s*\((?P<condition>.+)\)\s*NOT\s+VALID"),
        _check,
    ),
    (_pattern(rf"{_ALTER}ALTER\s+(?:COLUMN\s+)?(?P<column>{_NAME})\s+(?P<what>SET|DROP)\s+NOT\s+NULL"), _null),
    (_pattern(rf"{_ALTER}DROP\s+CONSTRAINT\s+(?!IF\b)(?P<name>{_NAME})"), _drop_constraint),
    (_pattern(rf"{_ALTER}DROP\s+COLUMN\s+(?!IF\b)(?P<column>{_NAME})"), _drop_column),
    (_pattern(rf"{_ALTER}RENAME\s+COLUMN\s+(?P<column>{_NAME})\s+TO\s+(?P<new>{_NAME})"), _rename),
    (_pattern(rf"DROP\s+TABLE\s+(?!IF\b){qualified('table')}"), _drop_table),
)
