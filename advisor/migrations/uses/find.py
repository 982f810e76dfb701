"""Which logged shapes use what a migration drops, renames, retypes, or requires of an INSERT."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from advisor.migrations.uses.fates import Names, Relation
from advisor.migrations.uses.operators import lost_operator
from advisor.migrations.uses.views import lost
from advisor.model.catalog import Catalog
from advisor.model.check import Broken, BrokenBy
from advisor.model.engine import dialect_of
from advisor.model.finding import Location
from advisor.model.migration import Outcome, Script
from advisor.model.shape import ShapeSummary

if TYPE_CHECKING:
    from advisor.graphs import QueryGraph

_KINDS = ("select", "insert", "update", "delete", "merge")


class _Use(NamedTuple):
    """One thing that one shape misses."""

    table: str
    column: str | None
    what: BrokenBy
    position: int
    through: str | None = None


def broken(
    scripts: Sequence[Script],
    outcomes: Sequence[Outcome],
    catalogs: Sequence[Catalog],
    shapes: Sequence[ShapeSummary],
    graphs: Mapping[tuple[str, str], QueryGraph],
    *,
    window_seconds: float | None = None,
) -> list[Broken]:
    """Shapes that fail once the migrations have run, each with what it uses and the statement that takes it away.

    ``outcomes`` are one a statement, in order. What comes back under its name in the same run breaks nothing; a shape
    that could not be analysed is none. ``through`` is ``*`` where only a star names the column: the statement runs, and
    what reads its rows may miss it. Rates are known where ``window_seconds`` is.
    """
    statements = [one for script in scripts for one in script.statements]
    engines = {one.engine.name for one in shapes}
    found: list[Broken] = []
    hours = window_seconds / 3600 if window_seconds else None
    for engine in sorted(engines):
        names = Names(engine, [one for one in catalogs if dialect_of(one.engine.name) == dialect_of(engine)])
        names.follow(outcomes[: len(statements)])
        finder = _Finder(names, catalogs)
        for shape in shapes:
            graph = graphs.get((engine, shape.fingerprint))
            if shape.engine.name != engine or graph is None or shape.kind not in _KINDS:
                continue
            seen: set[tuple[str, str | None]] = set()
            for use in finder.uses(shape, graph):
                if (use.table, use.column) in seen:
                    continue
                seen.add((use.table, use.column))
                statement = statements[use.position]
                found.append(_broken(shape, use, Location(statement.file, statement.line), hours))
    return sorted(found, key=lambda one: (-(one.calls_per_hour or 0), one.fingerprint, one.table, one.column or ""))


def _broken(shape: ShapeSummary, use: _Use, cause: Location, hours: float | None) -> Broken:
    seen = shape.last_seen_us
    return Broken(
        fingerprint=shape.fingerprint,
        sql=shape.sql,
        table=use.table,
        column=use.column,
        what=use.what,
        cause=cause,
        calls_per_hour=shape.calls / hours if hours else None,
        last_seen=None if seen is None else datetime.fromtimestamp(seen / 1e6, UTC).isoformat(timespec="seconds"),
        applications=tuple(sorted(shape.applications)),
        through=use.through,
    )


class _Finder:
    def __init__(self, names: Names, catalogs: Sequence[Catalog]) -> None:
        self.names = names
        self.catalogs = catalogs
        self.views = lost(names, catalogs)

    def uses(self, shape: ShapeSummary, graph: QueryGraph) -> Iterator[_Use]:
        """What a shape misses: tables first, then columns of those that are left."""
        names = self.names
        there: dict[str, Relation] = {}
        for table in graph.tables:
            key = names.key(table)
            fate = names.gone.get(key)
            if fate is not None:
                yield _Use(table, None, fate.what, fate.position)
            elif key in self.views:
                base, column, why = self.views[key]
                yield _Use(base, column, why.what, why.position, through=table)
            elif (relation := names.now.get(key)) is not None and relation.origin == key:
                there[table] = relation
        for use in graph.column_uses:
            relation = there.get(use.table_name)
            if relation is None:
                continue
            column = names.column(use.column_name)
            gone = relation.gone.get(column)
            if gone is not None and column not in relation.fields:
                through = None if self._named(shape, use.column_name) else "*"
                yield _Use(use.table_name, use.column_name, gone.what, gone.position, through)
        yield from self._retyped(graph, there)
        if graph.kind == "insert":
            yield from self._inserted(graph, there)

    def _named(self, shape: ShapeSummary, column: str) -> bool:
        """Does the text name the column? Else a star stands for it."""
        flags = 0 if self.names.engine == "postgresql" and column != column.lower() else re.IGNORECASE
        return re.search(rf"(?<![\w$]){re.escape(column)}(?![\w$])", shape.sql, flags) is not None

    def _retyped(self, graph: QueryGraph, there: Mapping[str, Relation]) -> Iterator[_Use]:
        if self.names.engine != "postgresql":
            return  # the others compare any type with any
        for table, relation in there.items():
            for column, (position, type_) in relation.retyped.items():
                if lost_operator(graph, table, column, type_, self.catalogs):
                    yield _Use(table, column, "retyped", position)

    def _inserted(self, graph: QueryGraph, there: Mapping[str, Relation]) -> Iterator[_Use]:
        """What an INSERT must name, and how many values it may give."""
        target = next((one for one in graph.table_refs if one.role == "target"), None)
        relation = there.get(target.table_name or "") if target is not None else None
        if target is None or target.table_name is None or relation is None:
            return
        table = target.table_name
        listed = {self.names.column(one.column_name) for one in graph.column_uses if one.clause == "insert"}
        if not listed and not _positional(graph):
            return
        if not listed:
            for column, fate in relation.gone.items():
                if fate.what == "dropped" and column not in relation.fields:
                    yield _Use(table, column, "dropped", fate.position)
            if self.names.engine != "postgresql":  # there, columns beyond the values get their defaults
                for column, position in relation.added.items():
                    yield _Use(table, column, "widened", position)
        if relation.filled:
            return
        for column, one in relation.fields.items():
            if one.required and one.since is not None and column not in listed and (listed or one.origin is None):
                yield _Use(table, column, "required", one.since)


def _positional(graph: QueryGraph) -> bool:
    """INSERT INTO t VALUES or SELECT, without a list of columns."""
    tree = graph.tree
    if tree is None or type(tree).__name__ != "Insert" or type(tree.this).__name__ == "Schema":
        return False
    return type(tree.args.get("expression")).__name__ in ("Values", "Select", "Union")
