"""Rows in the way of a CHECK: values that the statistics hold, and for which the condition is false."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from advisor.catalog.snapshot.token_space import tag
from advisor.catalog.types import facts
from advisor.graphs.graph import NotAnalysed
from advisor.migrations.foresee import settle
from advisor.migrations.foresee.codes import Kind, code
from advisor.migrations.foresee.conditions import Condition
from advisor.migrations.foresee.known import Known, Seen
from advisor.migrations.foresee.statistics import Statistics
from advisor.migrations.foresee.values import Token, Unclear, Value, read
from advisor.model.catalog import Table
from advisor.model.migration import Failure
from advisor.model.migration_limits import MIGRATION

#: Is a value refused? None: that cannot be told.
Refuses = Callable[[Value], "bool | None"]


def of_condition(statistics: Statistics, table: Table, text: str | None) -> Failure | None:
    """Does adding or validating a CHECK fail? None: it cannot.

    The condition is tried on each sampled value of each column that it uses, the other columns unknown: false for one
    is false for its row.
    """
    if statistics.sizes.rows(table.name) == 0:
        return None
    if not text:
        return _unsettled(table, None, statistics)
    try:
        condition = Condition(text, statistics.engine)
    except NotAnalysed:
        return _unsettled(table, text, statistics)
    columns = condition.columns
    if not columns:
        return _unsettled(table, text, statistics)
    worst: Failure | None = None
    for column in columns:
        known = statistics.column(table.name, column)
        if known is None:
            continue
        token_of = tokens(statistics, known)

        def refuses(
            value: Value, column: str = column, token_of: Callable[[str], str | None] = token_of
        ) -> bool | None:
            outcome = condition.holds(column, value, token_of)
            return None if isinstance(outcome, Unclear) else outcome is False

        found = tried(
            statistics, known, refuses, "check", f"the condition is false for values of {table.name}.{known.column}"
        )
        null = known.nulls or 0.0
        if found is None and null > 0 and refuses(None):
            found = Failure(
                message=f"the condition is false where {table.name}.{known.column} is NULL, as it is in {null:.1%}, "
                f"{known.when}",
                code=code("check", statistics.engine),
                certain=bool(known.rows) and known.certain(max(1.0, null * (known.rows or 0))),
                foreseen=True,
            )
        if found is not None and (worst is None or (found.certain and not worst.certain)):
            worst = found
        if found is None and len(columns) == 1 and known.whole and known.complete:
            clear = all(refuses(v) is False for v in _values(statistics, known))
            if clear and (not null or refuses(None) is False):
                return None
    query = settle.violations(table, text, statistics.engine)
    if worst is not None:
        return Failure(message=worst.message, code=worst.code, certain=worst.certain, foreseen=True, settle=query)
    return _unsettled(table, text, statistics)


def tried(statistics: Statistics, known: Known, refuses: Refuses, kind: Kind, what: str) -> Failure | None:
    """A failure where one of the column's values is refused, with how many rows that are."""
    bad: list[Seen] = []
    for seen in known.values[: MIGRATION.foreseen_values]:
        value = value_of(statistics, known, seen)
        if value is not None and not isinstance(value, Unclear) and refuses(value):
            bad.append(seen)
    if not bad:
        return None
    rows = known.rows
    share = min(1.0, sum(one.share or 0.0 for one in bad))
    expected = max(1.0, share * (rows or 0.0))
    now = any(one.now for one in bad)
    some = f"some {expected:,.0f} of {rows:,.0f} rows" if rows and expected > 1 else "in at least one row"
    # Values are not printed: a report goes where rows must not.
    return Failure(
        message=f"{what} ({some}, {'when the snapshot was made' if now else known.when})",
        code=code(kind, statistics.engine),
        certain=now or known.certain(expected),
        foreseen=True,
    )


def value_of(statistics: Statistics, known: Known, seen: Seen) -> Value | Unclear:
    """A sampled value, as its type reads it."""
    if seen.token:
        return Token(seen.text) if not _routed(statistics) else Unclear.UNCLEAR
    engine = statistics.engine
    plain = facts(known.type, engine, statistics.catalog.types)
    family = "string" if known.type.startswith(("enum", "set(")) else plain.family
    return read(seen.text, family, mysql=engine in ("mysql", "mariadb"))


def _values(statistics: Statistics, known: Known) -> list[Value]:
    found = [value_of(statistics, known, one) for one in known.values]
    return [one for one in found if not isinstance(one, Unclear)]


def _routed(statistics: Statistics) -> bool:
    """Texts that decide on a partition have no tags: a literal among them looks like one that is nowhere."""
    for table in statistics.catalog.tables.values():
        if table.kind != "partitioned":
            continue
        words = set(re.findall(r"\w+", table.partition_key or ""))
        keys = [one for one in table.columns if one.name in words]
        families = {facts(one.type, statistics.engine, statistics.catalog.types).family for one in keys}
        if not keys or families & {"string", "other"}:
            return True
    return False


def tokens(statistics: Statistics, known: Known) -> Callable[[str], str | None]:
    """Of a text literal its token in a masked snapshot."""
    snapshot = statistics.snapshot
    if snapshot is None or snapshot.header.mask_key is None:
        return lambda _: None
    key, given = snapshot.header.mask_key, snapshot.tokens
    length = facts(known.type, statistics.engine, statistics.catalog.types).length
    spaces: Sequence[int | None] = (length, None) if length is not None else (None,)

    def token_of(text: str) -> str | None:
        for space in spaces:
            found = given.get(tag(key, text, space))
            if found is not None:
                return found
        return None

    return token_of


def _unsettled(table: Table, text: str | None, statistics: Statistics) -> Failure:
    return Failure(
        message=f"it fails if the condition is false for a row of {table.name}; the statistics show none, which is no "
        "proof",
        certain=False,
        foreseen=True,
        settle=settle.violations(table, text, statistics.engine) if text else None,
    )
