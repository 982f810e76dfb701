"""ALTER COLUMN TYPE: the rows, the indexes that stand on the column, and the checks and keys that are proved anew."""

from __future__ import annotations

import msgspec

from advisor.catalog.ddl.columns import Columns
from advisor.catalog.ddl.cursor import Cursor
from advisor.catalog.ddl.parentheses import strip_parentheses
from advisor.migrations.static.postgresql import assumed, modes
from advisor.migrations.static.postgresql.altering import Altering
from advisor.migrations.static.postgresql.dependents import views_of
from advisor.migrations.static.postgresql.implied import mentions
from advisor.migrations.static.postgresql.run import Fails
from advisor.migrations.static.postgresql.type_changes import Cost, base_of, cost, is_utc, parts
from advisor.migrations.static.postgresql.world import Relation
from advisor.model.catalog import Column, Index


def retype(alter: Altering, column: str, c: Cursor, columns: Columns) -> None:
    """One ALTER COLUMN TYPE."""
    from advisor.migrations.static.postgresql import columns as column_clauses

    run, table = alter.run, alter.table
    new, _, _ = columns.type_name()
    collation = c.name().name if c.accept("COLLATE") else None
    using = c.until(",") if c.accept("USING") else None
    alter.need(modes.ACCESS_EXCLUSIVE, recurses=True)
    known = table.columns.get(column)
    if known is not None and not run.maybe:
        _stands_in_the_way(alter, known)
    verdict = _cost(alter, column, known, new, using)
    run.change(
        "alter_column_type", table, column=column, old_type=known.type if known is not None else None, new_type=new,
        expression=using, no_op=known is not None and known.type == new and verdict == "free" and collation is None,
    )  # fmt: skip
    if column_clauses.inherited(alter, column):
        raise Fails(f'cannot alter inherited column "{column}"', "42P16")
    if alter.only and not run.maybe and any(column in one.columns for one in run.world.children(table)):
        raise Fails(f'type of inherited column "{column}" must be changed in child tables too', "42P16")
    if verdict == "fails":
        raise Fails(f'column "{column}" cannot be cast automatically to type {new}', "42804")
    if using is not None and known is not None and not run.maybe:
        _default_in_the_way(alter, known, new, c)
    if verdict in ("rewrite", "unknown"):
        alter.rewrite()
    for one in alter.family:
        current = one.columns.get(column)
        if current is None:
            continue
        _follow(alter, one, current, new, collation, verdict)
        one.columns[column] = msgspec.structs.replace(current, type=new, collation=collation)
    _keys(alter, column, verdict, known, new)


def _cost(alter: Altering, column: str, known: Column | None, new: str, using: str | None) -> Cost:
    run = alter.run
    converts = using is not None and known is not None and not _plain(using, known.name, new)
    if known is None:
        utc = {run.session.get("timezone"), run.world.zone} - {None}
        if new in _ZONES and using is None and run.version >= 12 and utc and all(is_utc(one) for one in utc):
            run.doubt("the column's present type is not known: free between timestamp and timestamptz in UTC")
            return "free"
        same = using is None or (
            _plain(using, column, new) and "::" not in using and "(" not in strip_parentheses(using)
        )
        taken, why = assumed.retyped(alter.table, column, new, using=None if same else using)
        run.doubt(why)
        return taken
    if converts:
        return "rewrite"
    found = cost(
        known.type, new, run.world, zone=run.session.get("timezone") or run.world.zone, version=run.version,
        using=using is not None,
    )  # fmt: skip
    if found == "unknown":
        run.doubt(f"type {known.type} or {new} is not in the schema: taken to be rewritten")
    if (
        found == "rewrite"
        and {parts(known.type).name, parts(new).name} == _ZONES
        and run.session.get("timezone") is None
    ) and run.world.zone is None:
        run.doubt("free where the session's TimeZone is UTC, from 12 on; the migration sets none")
    return found


_ZONES = {"timestamp with time zone", "timestamp without time zone"}


def _plain(using: str, column: str, new: str) -> bool:
    """Is a USING no more than the column, or the column cast to the new type?"""
    from advisor.catalog.ddl.lexer import single
    from advisor.catalog.types import canonical

    text = strip_parentheses(using)
    tokens = single(text, "postgresql").tokens
    if not tokens:
        return False
    first = tokens[0]
    named = (first.kind == "word" and first.text.lower() == column) or (first.kind == "quoted" and first.text == column)
    if named and len(tokens) == 1:
        return True
    if named and tokens[1].text == "::":
        return canonical(text[tokens[2].start :] if len(tokens) > 2 else "", "postgresql") == new
    if first.upper == "CAST" and len(tokens) > 4 and tokens[1].text == "(" and tokens[3].upper == "AS":
        inner = tokens[2]
        same = inner.text.lower() == column if inner.kind == "word" else inner.text == column
        return same and canonical(text[tokens[4].start : tokens[-1].start], "postgresql") == new
    return False


def _default_fails(alter: Altering, known: Column, new: str) -> bool:
    """USING converts rows, not the default: that must be castable by itself."""
    default = (known.default or "").strip()
    if default.upper().startswith("NULL") or known.identity:
        return False
    return cost(known.type, new, alter.run.world, zone=None, version=alter.run.version, using=False) == "fails"


def _stands_in_the_way(alter: Altering, known: Column) -> None:
    table = alter.table
    views = views_of(alter.run.world, table, known.name)
    if views:
        raise Fails("cannot alter type of a column used by a view or rule", "0A000")
    if known.generated is None and any(mentions(one.generated, known.name) for one in table.columns.values()):
        raise Fails("cannot alter type of a column used by a generated column", "0A000")
    if table.partition_key is not None and mentions(table.partition_key, known.name):
        raise Fails(f'cannot alter column "{known.name}" because it is part of the partition key', "42P16")
    for policy in table.policy_texts:
        if mentions(policy, known.name):
            raise Fails("cannot alter type of a column used in a policy definition", "0A000")


def _default_in_the_way(alter: Altering, known: Column, new: str, c: Cursor) -> None:
    """Raises Fails: USING converts the rows, never the default, which needs a cast of its own (ALTER TABLE, Notes)."""
    if known.default is None or known.identity or known.default.upper().startswith("NULL"):
        return
    for at in range(1, len(c.tokens) - 1):
        words = (c.tokens[at].upper, c.tokens[at + 1].upper)
        if words == ("DROP", "DEFAULT") and c.fold(c.tokens[at - 1]) == known.name:
            return  # clauses that drop run first
    # Only an enum's own values go into it by themselves
    enum = alter.run.world.types.get(new) == "enum" and known.type != new
    if enum or _default_fails(alter, known, new):
        raise Fails(f'default for column "{known.name}" cannot be cast automatically to type {new}', "42804")


def _follow(alter: Altering, one: Relation, known: Column, new: str, collation: str | None, verdict: Cost) -> None:
    """Indexes and checks of the column. What the rows' rewriting covers is not said again."""
    same_kind = _same_opclass(alter, known.type, new)
    rewritten = verdict in ("rewrite", "unknown")
    moved = (collation is not None and collation != known.collation) or (
        known.collation is not None and collation is None
    )
    for index in one.indexes.values():
        if not _on(index, known.name):
            continue
        plain = index.where is None and all(key.expression is None for key in index.keys)
        whole = index.attached_to is None  # a partition's index is not taken over from its parent's
        kept = same_kind and plain and whole and not (moved and any(key.column == known.name for key in index.keys))
        if not rewritten and not kept and one.kind != "partitioned":
            alter.build(one, index.name)
    if not rewritten and any(check.valid and mentions(check.expression, known.name) for check in one.checks):
        alter.scanned.append(one)


def _same_opclass(alter: Altering, old: str, new: str) -> bool:
    """Do indexes of both types sort by the same operator class? Text and varchar share one."""
    a = parts(base_of(old, alter.run.world)[0])
    b = parts(base_of(new, alter.run.world)[0])
    strings = {"text", "character varying"}
    if a.name == b.name or (a.name in strings and b.name in strings):
        return a.array == b.array
    return {a.name, b.name} == {"cidr", "inet"}


def _on(index: Index, column: str) -> bool:
    from advisor.migrations.static.postgresql.columns import uses

    return uses(index, column)


def _keys(alter: Altering, column: str, verdict: Cost, known: Column | None, new: str) -> None:
    """Foreign keys on either side are made again, and checked again where the comparison is another one."""
    run, table = alter.run, alter.table
    same = known is not None and verdict == "free" and _same_opclass(alter, known.type, new)
    for key in table.foreign_keys:
        if column in key.columns:
            parent = run.world.relations.get(key.parent)
            if parent is not None and parent is not table:
                run.exclusive(parent)
            if not same and key.validated:
                alter.scan(family=False)
    for other, key in run.world.referencing(table):
        if column in key.parent_columns and other is not table:
            run.exclusive(other)
            if not same and key.validated:
                run.work("scan", other)
