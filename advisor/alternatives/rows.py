"""Rows written in batches, each row once, whatever others do meanwhile."""

from __future__ import annotations

import re
from typing import NamedTuple

from advisor.alternatives.clauses import tokens_of
from advisor.alternatives.ground import BATCH, Ground, alone, short
from advisor.catalog.ddl.lexer import Token
from advisor.model.check import Step
from advisor.model.engine import dialect_of

REPEAT = "again and again, each committed, until it writes no row; pause between, and look at the lag of replicas"
_WHOLE = re.compile(r"(big|small|medium|tiny)?int(eger)?\b|(big|small)?serial", re.IGNORECASE)
_VOLATILE = frozenset(
    "RANDOM RAND UUID GEN_RANDOM_UUID CLOCK_TIMESTAMP NEXTVAL TIMEOFDAY UUID_GENERATE_V4 SYSDATE".split()  # noqa: SIM905
)


class Written(NamedTuple):
    """An UPDATE or DELETE of one table, cut."""

    head: str
    """Up to the WHERE."""
    rows: str
    """The table as FROM names it, with its alias."""
    condition: str
    assigned: frozenset[str] | None
    """Columns that SET names, folded; None: they cannot be told."""


def filled(ground: Ground, table: str, assignment: str, missing: str) -> list[Step]:
    """``UPDATE`` of the rows for which ``missing`` holds, some at a time; a row that others filled is left alone."""
    name = ground.sql_table(table)
    first = _broken(ground, table)
    if whole_key(ground, table) is not None:
        return [*first, *_walked(ground, table, f"UPDATE {name} SET {assignment}", missing)]
    key = ground.key(table)
    wanted = f"({key})" if "," in key else key
    return [
        *first,
        alone(
            f"UPDATE {name} SET {assignment}\n"
            f"WHERE {wanted} IN (SELECT {key} FROM {name} WHERE {missing} LIMIT {BATCH}) AND {missing}",
            note=REPEAT,
        ),
    ]


def _broken(ground: Ground, table: str) -> list[Step]:
    """Rows that a CHECK which was never validated would refuse to have written, whatever is written to them."""
    known = ground.table(table)
    return [
        alone(
            f"SELECT * FROM {ground.sql_table(table)} WHERE NOT ({check}) LIMIT 10",
            note="mend or delete the rows that it finds: a CHECK that is not validated refuses every UPDATE of them",
        )
        for check in (known.checks_not_valid if known is not None else ())
    ]


def batched(ground: Ground, sql: str, table: str) -> list[Step] | None:
    """An UPDATE or DELETE of one table, some rows at a time.

    None: it joins, has CTEs or RETURNING; it reads the table that it writes (a batch would see what the one before
    wrote); it writes what tells rows apart, or what must stay unique within the statement.
    """
    cut = written(ground, sql)
    if cut is None or not _by_row(ground, table, sql):
        return None
    if cut.assigned is None:
        return _deleted(ground, table, cut)
    known = ground.table(table)
    if known is None or not cut.assigned or _bound(ground, table, cut.assigned):
        return None
    if whole_key(ground, table) is not None:
        return _walked(ground, table, cut.head, cut.condition)
    return _listed(ground, table, cut) if ground.engine.name == "postgresql" else None


def whole_key(ground: Ground, table: str) -> str | None:
    """The primary key's one column, of whole numbers: rows inserted later have larger ones."""
    primary, known = ground.primary(table), ground.table(table)
    if primary is None or known is None or len(primary.keys) != 1 or primary.keys[0].column is None:
        return None
    if known.kind not in ("table", "partition", "partitioned") or (known.kind == "table" and ground.children(table)):
        return None
    column = ground.column(table, primary.keys[0].column)
    return column.name if column is not None and _WHOLE.match(column.type) else None


def written(ground: Ground, sql: str) -> Written | None:
    """None: it is no plain UPDATE or DELETE of one table."""
    text = sql.strip().rstrip(";").rstrip()
    tokens = tokens_of(text, dialect_of(ground.engine.name))
    words = [token.upper if depth == 0 else "" for token, depth in _deep(tokens)]
    if not words or words[0] not in ("UPDATE", "DELETE"):
        return None
    if any(word in words for word in ("RETURNING", "USING", "LIMIT", "JOIN", "CURRENT", "ORDER", "PARTITION")):
        return None
    where = words.index("WHERE") if "WHERE" in words else len(tokens)
    head = text[: tokens[where].start].rstrip() if where < len(tokens) else text
    condition = text[tokens[where].end :].strip() if where < len(tokens) else ""
    if words[0] == "DELETE":
        if words[1:2] != ["FROM"] or where < 3:
            return None
        return Written(head, head[tokens[1].end :].strip(), condition, None)
    if "FROM" in words or "SET" not in words:
        return None
    at = words.index("SET")
    if "," in words[:at]:
        return None
    rows = text[tokens[0].end : tokens[at].start].strip()
    return Written(head, rows, condition, _targets(tokens, at, where))


def _deep(tokens: list[Token]) -> list[tuple[Token, int]]:
    found, depth = [], 0
    for token in tokens:
        depth -= token.text in (")", "]") and token.kind == "op"
        found.append((token, depth))
        depth += token.text in ("(", "[") and token.kind == "op"
    return found


def _targets(tokens: list[Token], at: int, where: int) -> frozenset[str]:
    """The columns before each ``=`` outside of parentheses; empty: they cannot be told."""
    found: set[str] = set()
    left = True
    for token, depth in _deep(tokens[at + 1 : where]):
        if depth == 0 and token.text == "," and token.kind == "op":
            left = True
        elif depth == 0 and token.text == "=" and left:
            left = False
        elif left and token.kind in ("word", "quoted"):
            found.add(token.text.lower())
        elif left and token.text not in ("(", ")", ",", "."):
            return frozenset()
    return frozenset(found)


def _by_row(ground: Ground, table: str, sql: str) -> bool:
    """Does what happens to a row depend on that row alone, and not on what was done to others?"""
    tokens = tokens_of(sql, dialect_of(ground.engine.name))
    if not any(token.upper == "SELECT" for token in tokens):
        return True
    views = ground.catalog.tables.values() if ground.catalog is not None else ()
    hidden = {short(one.name).lower() for one in views if one.kind in ("view", "materialized_view")}
    start = next(token.start for token in tokens if token.upper == "SELECT")
    inner = {token.text.lower() for token in tokens if token.start > start and token.kind in ("word", "quoted")}
    return short(table).lower() not in inner and not hidden & inner


def _bound(ground: Ground, table: str, assigned: frozenset[str]) -> bool:
    """Does it write a key, a column that rows of the table must not share, or what puts rows into partitions?"""
    known = ground.table(table)
    if known is None:
        return True
    kept = {
        (key.column or "").lower()
        for index in known.indexes
        if index.unique or index.primary or index.constraint
        for key in index.keys
    }
    if any(key.expression for index in known.indexes if index.unique or index.constraint for key in index.keys):
        return True
    own = {one.lower() for key in known.foreign_keys if key.parent == table for one in key.columns}
    parted = (known.partition_key or "").lower()
    return bool(assigned & (kept | own)) or any(re.search(rf"\b{re.escape(one)}\b", parted) for one in assigned)


def _walked(ground: Ground, table: str, head: str, condition: str) -> list[Step]:
    """Along the primary key, from the smallest to what is the largest now; a table of one row tells how far it came."""
    key = ground.sql(whole_key(ground, table) or "")
    name = ground.sql_table(table)
    more = f" AND ({condition})" if condition else ""
    if ground.engine.name != "postgresql":
        return [
            alone(f"SELECT MIN({key}), MAX({key}) INTO @at, @upto FROM {name}"),
            alone(
                f"{head} WHERE {key} >= @at AND {key} < @at + {BATCH} AND {key} <= @upto{more}",
                f"SET @at = @at + {BATCH}",
                note="both again and again, in the same session, until @at is beyond @upto; pause between",
            ),
        ]
    walk = ground.beside(table, ground.free(table, suffix="walk"))
    return [
        alone(f"CREATE TABLE {walk} AS SELECT min({key})::bigint - 1 AS done, max({key})::bigint AS upto FROM {name}"),
        alone(
            f"WITH batch AS (\n"
            f"  SELECT {key} FROM {name}\n"
            f"  WHERE {key} > (SELECT done FROM {walk} FOR UPDATE) AND {key} <= (SELECT upto FROM {walk})\n"
            f"  ORDER BY {key} LIMIT {BATCH}\n"
            f"), written AS (\n"
            f"  {head} WHERE {key} IN (SELECT {key} FROM batch){more}\n"
            f")\n"
            f"UPDATE {walk} SET done = (SELECT max({key}) FROM batch) WHERE EXISTS (SELECT FROM batch)",
            note="again and again, each committed, until it says UPDATE 0; pause between, and look at the lag of "
            "replicas",
        ),
        alone(f"DROP TABLE {walk}"),
    ]


def _listed(ground: Ground, table: str, cut: Written) -> list[Step] | None:
    """By a list of the keys that are to be written, from which each batch strikes off its own."""
    primary = ground.primary(table)
    key = ground.key(table)
    if primary is None or "ctid" in key:
        return None
    todo = ground.beside(table, ground.free(table, suffix="todo"))
    wanted = f"({key})" if "," in key else key
    where = f" WHERE {cut.condition}" if cut.condition else ""
    more = f" AND ({cut.condition})" if cut.condition else ""
    return [
        alone(
            f"CREATE TABLE {todo} AS SELECT {key} FROM {cut.rows}{where}", f"ALTER TABLE {todo} ADD PRIMARY KEY ({key})"
        ),
        alone(
            f"WITH batch AS (\n"
            f"  SELECT {key} FROM {todo} ORDER BY {key} LIMIT {BATCH} FOR UPDATE\n"
            f"), written AS (\n"
            f"  {cut.head} WHERE {wanted} IN (SELECT {key} FROM batch){more}\n"
            f")\n"
            f"DELETE FROM {todo} WHERE {wanted} IN (SELECT {key} FROM batch)",
            note="again and again, each committed, until it says DELETE 0; pause between, and look at the lag of "
            "replicas",
        ),
        alone(f"DROP TABLE {todo}"),
    ]


def _deleted(ground: Ground, table: str, cut: Written) -> list[Step] | None:
    """Some rows for which the condition holds, until there are none."""
    known = ground.table(table)
    if known is not None and any(key.parent == table and key.on_delete != "cascade" for key in known.foreign_keys):
        return None  # a parent may come up in an earlier batch than its child
    words = {token.upper for token in tokens_of(cut.condition, dialect_of(ground.engine.name))} if cut.condition else ()
    if any(word in _VOLATILE for word in words):
        return None
    if ground.engine.name != "postgresql":
        if re.fullmatch(r"`[^`]+`|[\w.$`]+", cut.rows) is None:
            return None  # a DELETE with an alias takes no LIMIT
        primary = ground.primary(table)
        order = f" ORDER BY {ground.key(table)}" if primary is not None else ""
        where = f" WHERE {cut.condition}" if cut.condition else ""
        return [alone(f"{cut.head}{where}{order} LIMIT {BATCH}", note=REPEAT)]
    key = ground.key(table)
    wanted = f"({key})" if "," in key else key
    where = f" WHERE {cut.condition}" if cut.condition else ""
    more = f" AND ({cut.condition})" if cut.condition else ""
    return [
        alone(
            f"{cut.head} WHERE {wanted} IN (SELECT {key} FROM {cut.rows}{where} LIMIT {BATCH}){more}",
            note=REPEAT,
        )
    ]
