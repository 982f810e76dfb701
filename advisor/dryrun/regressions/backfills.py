"""What a migration's UPDATE fills a column with: one constant, or another column of the row."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from advisor.dryrun.regressions import revalued

_UPDATE = re.compile(
    r"""\s*update\s+(?:only\s+)?(?:(?P<schema>"[^"]+"|[\w$]+)\s*\.\s*)?(?P<table>"[^"]+"|[\w$]+)"""
    r"""(?P<alias>\s+(?:as\s+)?(?!set\b)[\w$]+)?\s+set\s+(?P<rest>.*)""",
    re.IGNORECASE | re.DOTALL,
)
_DELETE = re.compile(
    r"""\s*delete\s+from\s+(?:only\s+)?(?:(?P<schema>"[^"]+"|[\w$]+)\s*\.\s*)?(?P<table>"[^"]+"|[\w$]+)""",
    re.IGNORECASE,
)
_FROM = re.compile(r"\bfrom\b", re.IGNORECASE)
_WHERE = re.compile(r"\bwhere\b", re.IGNORECASE)
_EMPTY = re.compile(r"""\s*(?:[\w$]+\s*\.\s*)?(?P<column>"[^"]+"|[\w$]+)\s+is\s+null\s*$""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Fill:
    """Of all rows."""

    value: str | None = None
    """The constant, as an array literal of one value."""
    column: str | None = None
    """The column that it is copied from, perhaps as another type."""
    table: str | None = None
    """That column's, where it is another one."""
    otherwise: str | None = None
    """The constant in place of NULLs."""
    alike: bool = True
    """The values stay; else only how many there are."""


def target(text: str) -> str | None:
    """The table that an UPDATE writes, without its schema; None: it is another statement."""
    found = _UPDATE.match(text)
    return None if found is None else _name(found["table"])


def unfiltered(text: str) -> bool:
    """An UPDATE of every row; one of the rows where a column is NULL that it fills may be."""
    return _UPDATE.match(text) is not None and _WHERE.search(text) is None


def conditions(text: str) -> str:
    """What follows the first WHERE; nothing where there is none."""
    found = _WHERE.search(text)
    return "" if found is None else text[found.end() :]


def removed_from(text: str) -> str | None:
    """The table that a DELETE takes rows from, without its schema; None: it is another statement."""
    found = _DELETE.match(text)
    return None if found is None else _name(found["table"])


def picking(text: str) -> str | None:
    """A query of the rows that an UPDATE writes, which can be planned where a column that it fills is not there yet;
    None of one that joins other tables without a condition."""
    found = _UPDATE.match(text)
    if found is None:
        return None
    joined = revalued.joining(text)
    if joined is not None:
        return joined
    rest = found["rest"].strip().rstrip(";")
    cut = _WHERE.search(rest)
    before, where = (rest[: cut.start()], rest[cut.start() :]) if cut is not None else (rest, "")
    if _FROM.search(before) or re.search(r"\breturning\b", where or before, re.IGNORECASE):
        return None
    schema = f"{found['schema']}." if found["schema"] else ""
    return f"SELECT 1 FROM {schema}{found['table']}{found['alias'] or ''} {where}".rstrip()


def fills_empty(text: str) -> bool:
    """An UPDATE of the rows where a column is NULL."""
    return _UPDATE.match(text) is not None and _EMPTY.match(conditions(text).strip().rstrip(";")) is not None


def backfills(texts: Sequence[str]) -> dict[tuple[str, str], Fill]:
    """By table and column in lower case. Of a column that is filled in another way, or of some rows alone, or twice:
    nothing. UPDATE ... FROM is taken to find a row for each."""
    from sqlglot import exp

    found: dict[tuple[str, str], Fill] = {}
    spoiled: set[tuple[str, str]] = set()
    for text in texts:
        table = target(text)
        tree = revalued.parsed(text) if table is not None else None
        if table is None or not isinstance(tree, exp.Update):
            continue
        others = {one.alias_or_name.lower(): one.name for one in _tables(tree)}
        own = {table.lower(), tree.this.alias_or_name.lower()}
        empty = _EMPTY.match(conditions(text).strip().rstrip(";"))
        for one in tree.expressions:
            if not isinstance(one, exp.EQ) or not isinstance(one.this, exp.Column):
                spoiled |= {(table.lower(), column.name.lower()) for column in one.find_all(exp.Column)}
                continue
            key = table.lower(), one.this.name.lower()
            fill = _fill(one.expression, own, others)
            where = tree.args.get("where") is not None
            whole = where if others else not where or (empty is not None and _name(empty["column"]).lower() == key[1])
            if fill is None or key in found or not whole:
                spoiled.add(key)
            else:
                found[key] = fill
    return {key: fill for key, fill in found.items() if key not in spoiled}


def _tables(tree: revalued.Node) -> list[revalued.Node]:
    from sqlglot import exp

    others = tree.args.get("from_") or tree.args.get("from")
    return list(others.find_all(exp.Table)) if others is not None else []


def _fill(node: revalued.Node, own: set[str], others: Mapping[str, str]) -> Fill | None:
    """None: nothing is known."""
    from sqlglot import exp

    known, value = revalued.constant(node)
    if known:
        return Fill(value=None if value is None else _literal(value, node))
    while isinstance(node, (exp.Paren, exp.Cast)):
        node = node.this
    if isinstance(node, exp.Column) and not isinstance(node.this, exp.Star):
        qualifier = node.table.lower()
        if not qualifier and others:
            return None
        if not qualifier or qualifier in own:
            return Fill(column=node.name if node.this.args.get("quoted") else node.name.lower())
        return Fill(column=node.name, table=others[qualifier]) if qualifier in others else None
    if isinstance(node, exp.Coalesce) and len(node.expressions) == 1:
        first = _fill(node.this, own, others)
        known, value = revalued.constant(node.expressions[0])
        if first is not None and first.column is not None and known and value is not None:
            return replace(first, otherwise=value)
    if isinstance(node, (exp.Lower, exp.Upper, exp.Trim, exp.Initcap)):
        first = _fill(node.this, own, others)
        return replace(first, alike=False) if first is not None and first.column is not None else None
    return None


def _literal(value: str, node: revalued.Node) -> str:
    from sqlglot import exp

    while isinstance(node, (exp.Paren, exp.Cast)):
        node = node.this
    if not isinstance(node, exp.Literal) or not node.is_string:
        return f"{{{value}}}"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'{{"{escaped}"}}'


def _name(text: str) -> str:
    return text[1:-1] if text.startswith('"') else text.lower()
