"""Partitions of PostgreSQL that join a table without being read under lock."""

from __future__ import annotations

import re
from typing import NamedTuple

from advisor.alternatives.clauses import tokens_of
from advisor.alternatives.constraints import VALIDATED
from advisor.alternatives.ground import Ground, alone, locked, together
from advisor.catalog.ddl.lexer import Token
from advisor.model.catalog import Table
from advisor.model.check import Step
from advisor.model.migration import Change


def attached(ground: Ground, head: str, clause: str, change: Change) -> list[Step] | None:
    """CHECKs that say what the bound says, validated beside the traffic, by which ATTACH reads nothing.

    None: the key is more than one column, the bound is of hashes, or indexes and keys of the parent are missing on the
    partition (they would be built under the lock).
    """
    parent, child = ground.table(change.parent), ground.table(change.table)
    if parent is None or child is None or change.expression is None or child.kind != "table":
        return None
    key = _key(parent)
    bound = _bound(change.expression, key)
    if key is None or bound is None or not _prepared(parent, child):
        return None
    label = ground.sql(ground.free(child.name, suffix="bound"))
    name = ground.sql_table(child.name)
    steps = [
        locked(f"ALTER TABLE {name} ADD CONSTRAINT {label} CHECK ({bound.inside}) NOT VALID"),
        alone(f"ALTER TABLE {name} VALIDATE CONSTRAINT {label}", note=VALIDATED),
    ]
    more, undo = _excluded(ground, parent, bound)
    note = "it finds the CHECKs and reads nothing"
    last = together(f"{head} {clause}", f"ALTER TABLE {name} DROP CONSTRAINT {label}", *undo, note=note)
    return [*steps, *more, last]


def created(ground: Ground, sql: str, change: Change) -> list[Step] | None:
    """CREATE TABLE ... PARTITION OF beside a DEFAULT partition, which must be proven to hold none of the new rows."""
    parent = ground.table(change.parent)
    bound = _bound(change.expression or "", _key(parent)) if parent is not None else None
    if parent is None or bound is None:
        return None
    steps, undo = _excluded(ground, parent, bound)
    if not steps:
        return None
    return [*steps, together(sql, *undo, note="it finds the CHECK and reads nothing")]


def detached(ground: Ground, sql: str, change: Change) -> list[Step] | None:
    """DETACH PARTITION ... CONCURRENTLY, from 14 on. None: there is a DEFAULT partition, or it is another form."""
    parts = [ground.table(one) for one in ground.partitions(change.parent)]
    tokens = tokens_of(sql, "postgresql")
    words = [token.upper for token in tokens]
    if ground.major < 14 or not parts or any(one is None or _default(one) for one in parts) or "," in words:
        return None
    if words[-1:] in (["FINALIZE"], ["CONCURRENTLY"]):
        return None
    return [alone(f"{sql[: tokens[-1].end]} CONCURRENTLY", note="if it is broken off, end it with DETACH ... FINALIZE")]


def _excluded(ground: Ground, parent: Table, bound: _Bound) -> tuple[list[Step], list[str]]:
    """The DEFAULT partition shown to hold no row within the bound, and what takes that away again."""
    parts = [ground.table(one) for one in ground.partitions(parent.name)]
    default = next((one for one in parts if one is not None and _default(one)), None)
    if default is None:
        return [], []
    name = ground.sql_table(default.name)
    label = ground.sql(ground.free(default.name, suffix="outside"))
    steps = [
        locked(f"ALTER TABLE {name} ADD CONSTRAINT {label} CHECK ({bound.outside}) NOT VALID"),
        alone(f"ALTER TABLE {name} VALIDATE CONSTRAINT {label}", note=VALIDATED),
    ]
    return steps, [f"ALTER TABLE {name} DROP CONSTRAINT {label}"]


def _default(table: Table) -> bool:
    return (table.partition_bound or "").strip().upper() == "DEFAULT"


def _key(parent: Table | None) -> str | None:
    """The one column of the key, as SQL; None: there are several, or an expression."""
    found = (
        re.fullmatch(r'\s*(?:RANGE|LIST)\s*\(\s*("[^"]+"|[\w$]+)\s*\)\s*', parent.partition_key or "", re.I)
        if parent
        else None
    )
    return found[1] if found is not None else None


class _Bound(NamedTuple):
    """Conditions over the key: of the rows within, and of those outside."""

    inside: str
    outside: str


def _bound(bound: str, key: str | None) -> _Bound | None:
    """FOR VALUES as conditions; None: of hashes, with NULL, over several columns, or without any limit."""
    tokens = tokens_of(bound, "postgresql")
    words = [token.upper for token in tokens]
    if key is None or words[:2] != ["FOR", "VALUES"]:
        return None
    if words[2] == "IN" and "NULL" not in words:
        values = [_text(bound, one) for one in _listed(tokens[4:-1])]
        within = f"{key} IS NOT NULL AND {key} IN ({', '.join(values)})"
        return _Bound(within, " AND ".join(f"{key} <> {one}" for one in values))
    if words[2] != "FROM" or "TO" not in words:
        return None
    to = words.index("TO")
    parts, others = [f"{key} IS NOT NULL"], []
    limits = ((">=", "<", tokens[4 : to - 1], "MINVALUE"), ("<", ">=", tokens[to + 2 : -1], "MAXVALUE"))
    for operator, opposite, limit, endless in limits:
        if len(_listed(limit)) != 1:
            return None
        if limit[0].upper != endless:
            parts.append(f"{key} {operator} {_text(bound, limit)}")
            others.append(f"{key} {opposite} {_text(bound, limit)}")
    return _Bound(" AND ".join(parts), " OR ".join(others)) if others else None


def _listed(tokens: list[Token]) -> list[list[Token]]:
    """What stands between commas outside of parentheses."""
    found: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += {"(": 1, ")": -1}.get(token.upper, 0)
        if token.upper == "," and depth == 0:
            found.append([])
        else:
            found[-1].append(token)
    return [one for one in found if one]


def _text(bound: str, tokens: list[Token]) -> str:
    return bound[tokens[0].start : tokens[-1].end]


def _prepared(parent: Table, child: Table) -> bool:
    """Has the partition all indexes and foreign keys of the parent?"""
    have = {(tuple(one.keys), one.unique, one.method, one.where, one.include) for one in child.indexes}
    keys = {(one.columns, one.parent) for one in child.foreign_keys}
    return all(
        (tuple(one.keys), one.unique, one.method, one.where, one.include) in have for one in parent.indexes
    ) and all((one.columns, one.parent) in keys for one in parent.foreign_keys)
