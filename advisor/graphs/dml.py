"""INSERT, UPDATE, DELETE and MERGE."""

from __future__ import annotations

from typing import TYPE_CHECKING

from advisor.graphs.graph import ColumnUse
from advisor.graphs.joins import finish
from advisor.graphs.names import Cte, Level, Node, Ref
from advisor.graphs.values import unwrap

if TYPE_CHECKING:
    from advisor.graphs.builder import Builder, Output


def _done(builder: Builder, node: Node, level: Level, ctes: dict[str, Cte]) -> Output:
    from advisor.graphs.builder import Output

    returning = node.args.get("returning")
    columns = (
        builder.lists.projections(returning.expressions, level, ctes, "returning") if returning is not None else None
    )
    return Output(level.scope.scope_id, columns, finish(builder, level))


def insert(builder: Builder, node: Node, level: Level, ctes: dict[str, Cte]) -> Output:
    """INSERT, with VALUES, SELECT, and what happens on conflict."""
    ctes = builder.with_clause(node, level, ctes)
    schema = node.this
    table = schema.this if type(schema).__name__ == "Schema" else schema
    target = builder.relations.target(table, level, ctes)
    for column in schema.expressions if type(schema).__name__ == "Schema" else []:
        identifier = column if type(column).__name__ == "Identifier" else column.this
        name = target.owns(builder.names.fold(identifier)) or builder.names.written(identifier)
        if target.row.table_name is not None:
            builder.rows.column_uses.append(
                ColumnUse(level.scope.scope_id, target.row.ref_id, target.row.table_name, name, "insert")
            )
    source = node.args.get("expression")
    source_alias = None
    if source is not None:
        if type(source).__name__ == "Values":
            source_alias = source.args.get("alias")
            for row in source.expressions:
                builder.walk(row, Level(level.scope, None), "values", ctes)
        else:
            builder.query(source, level.outer, "derived", "values", ctes, level.scope.scope_id)
    conflict = node.args.get("conflict")
    if conflict is not None:
        pseudo = {"excluded", "new"} | (
            {builder.names.fold(source_alias.this)}
            if source_alias is not None and source_alias.this is not None
            else set()
        )
        level.pseudo = frozenset(pseudo)
        for key in conflict.args.get("conflict_keys") or []:
            builder.walk(key, level, "where", ctes)
        for assignment in conflict.expressions:
            _assign(builder, assignment, level, ctes, target)
        builder.where(conflict, level, ctes)
    return _done(builder, node, level, ctes)


def _assign(builder: Builder, assignment: Node, level: Level, ctes: dict[str, Cte], target: Ref | None) -> None:
    """``a = expression`` or ``(a, b) = (x, y)`` of a SET."""
    if type(assignment).__name__ != "EQ":
        return
    left, right = unwrap(assignment.this), unwrap(assignment.expression)
    columns = list(left.expressions) if type(left).__name__ == "Tuple" else [left]
    builder.walk(right, level, "set", ctes) if not _is_default(right) else None
    values: list[Node | None] = [right]
    if len(columns) > 1:
        parts = list(right.expressions) if type(right).__name__ == "Tuple" else []
        values = list(parts) if len(parts) == len(columns) else [right] * len(columns)
    for column, value in zip(columns, values, strict=False):
        if type(column).__name__ == "Column":
            if target is None or column.args.get("table") is not None:
                _resolve_target(builder, column, level)
            builder.set_column(column, value, level, target)


def _resolve_target(builder: Builder, column: Node, level: Level) -> None:
    """A SET's left side names a column without using its value."""
    builder.resolutions[id(column)] = builder.names.resolve(column, level)


def _is_default(node: Node) -> bool:
    return type(node).__name__ == "Column" and node.args.get("table") is None and str(node.name).lower() == "default"


def update(builder: Builder, node: Node, level: Level, ctes: dict[str, Cte]) -> Output:
    """UPDATE, of one table or of several (MySQL), with FROM (PostgreSQL, SQLite)."""
    ctes = builder.with_clause(node, level, ctes)
    pending: list[tuple[Node, Ref]] = []
    if node.this is not None:
        builder.relations.relation(node.this, level, ctes, None, pending, role="target")
    target = level.refs[0] if level.refs else None
    single = len(level.refs) == 1
    from_ = node.args.get("from_")
    if from_ is not None:
        builder.relations.relation(from_.this, level, ctes, "comma", pending)
        builder.relations.joins(from_, level, ctes, pending, 1)
    builder.relations.joins(node, level, ctes, pending)
    builder.on_clauses(pending, level, ctes)
    for assignment in node.expressions:
        _assign(builder, assignment, level, ctes, target if single or builder.dialect != "mysql" else None)
    if not single and builder.dialect == "mysql":
        changed = {(row.table_name) for row in builder.rows.set_columns}
        for ref in level.refs:
            ref.row.role = "target" if ref.row.table_name in changed else "read"
    builder.where(node, level, ctes)
    builder.lists.modifiers(node, level, ctes)
    return _done(builder, node, level, ctes)


def delete(builder: Builder, node: Node, level: Level, ctes: dict[str, Cte]) -> Output:
    """DELETE, with USING (PostgreSQL) or of several tables (MySQL)."""
    ctes = builder.with_clause(node, level, ctes)
    pending: list[tuple[Node, Ref]] = []
    using = node.args.get("using") or []
    named = node.args.get("tables") or []
    using = using if isinstance(using, list) else []
    mysql_using = bool(using) and builder.dialect == "mysql"
    if not mysql_using and node.this is not None:
        builder.relations.relation(node.this, level, ctes, None, pending, role="read" if named else "target")
    for item in using:
        builder.relations.relation(item, level, ctes, "comma" if level.refs else None, pending)
    if mysql_using:
        named = [node.this, *named]
    wanted = {builder.names.fold(table.this) for table in named if type(table).__name__ == "Table"}
    for ref in level.refs:
        if builder.names.fold_text(ref.row.alias) in wanted:
            ref.row.role = "target"
    builder.relations.joins(node, level, ctes, pending)
    builder.on_clauses(pending, level, ctes)
    builder.where(node, level, ctes)
    builder.lists.modifiers(node, level, ctes)
    return _done(builder, node, level, ctes)


def merge(builder: Builder, node: Node, level: Level, ctes: dict[str, Cte]) -> Output:
    """MERGE."""
    ctes = builder.with_clause(node, level, ctes)
    target = builder.relations.target(node.this, level, ctes)
    pending: list[tuple[Node, Ref]] = []
    source = node.args.get("using")
    if source is not None:
        builder.relations.relation(source, level, ctes, "inner", pending)
    builder.on_clauses(pending, level, ctes)
    on = node.args.get("on")
    if on is not None and len(level.refs) > 1:
        builder.on_clauses([(on, level.refs[1])], level, ctes)
    whens = node.args.get("whens")
    for when in whens.expressions if whens is not None else []:
        condition = when.args.get("condition")
        if condition is not None:
            builder.walk(condition, level, "where", ctes)
        action = when.args.get("then")
        if type(action).__name__ == "Update":
            for assignment in action.expressions:
                _assign(builder, assignment, level, ctes, target)
        elif type(action).__name__ == "Insert":
            expression = action.args.get("expression")
            if expression is not None:
                builder.walk(expression, level, "values", ctes)
            for column in getattr(action.this, "expressions", None) or []:
                if type(column).__name__ == "Column" and target.row.table_name is not None:
                    name = target.owns(builder.names.fold(column.this)) or builder.names.written(column.this)
                    builder.rows.column_uses.append(
                        ColumnUse(level.scope.scope_id, target.row.ref_id, target.row.table_name, name, "insert")
                    )
    return _done(builder, node, level, ctes)
