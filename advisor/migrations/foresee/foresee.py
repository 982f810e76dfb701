"""Will a statement fail on production's rows? By the statistics, change by change."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from advisor.migrations.foresee import checks, duplicates, narrowing, nulls, orphans, partitions
from advisor.migrations.foresee.statistics import Statistics, statistics_of
from advisor.model.catalog import Catalog, Table
from advisor.model.migration import Change, Failure, Outcome
from advisor.model.snapshot import Snapshot

#: They write rows: afterwards the statistics describe what was.
_WRITES = frozenset({"insert", "update", "delete", "merge", "copy", "call", "do", "exchange_partition"})
#: They make other names, or other rows, of a table's.
_REMAKES = frozenset(
    {
        "create_table", "create_table_as", "rename_table", "drop_table", "set_schema", "truncate", "rename_column",
        "drop_column", "truncate_partition", "attach_partition",
    }
)  # fmt: skip


def foresee(
    outcome: Outcome, catalog: Catalog | None, snapshot: Snapshot | None, earlier: Sequence[Outcome] = ()
) -> Failure | None:
    """The failure that the statistics foretell; None: none, as far as anybody can tell.

    ``catalog`` and ``snapshot`` are of before the migration, ``earlier`` the outcomes of the statements before this
    one: of a table that they write nothing is certain, and of one that they make or rename nothing is known. Where the
    statistics show nothing and prove nothing, the failure is not certain, has no code, and ``settle`` is the query that
    tells.
    """
    statistics = statistics_of(catalog, snapshot)
    return None if statistics is None else Foresight(statistics).foresee(outcome, earlier)


class Foresight:
    """The same for many statements: the statistics are read once."""

    def __init__(self, statistics: Statistics) -> None:
        self.statistics = statistics

    def foresee(self, outcome: Outcome, earlier: Sequence[Outcome] = ()) -> Failure | None:
        """Of one statement, with those before it."""
        if not any(one.action in _HANDLERS and not one.no_op for one in outcome.changes):
            return None
        before = [change for one in earlier for change in one.changes if not change.no_op]
        found: list[Failure] = []
        for change in outcome.changes:
            if change.no_op:
                continue
            failure = self._change(change, outcome, before)
            if failure is not None:
                found.append(failure)
        if not found:
            return None
        return max(found, key=lambda one: (one.certain, one.code is not None))

    def _change(self, change: Change, outcome: Outcome, before: Sequence[Change]) -> Failure | None:
        handler = _HANDLERS.get(change.action)
        table = self.statistics.table(self._subject(change))
        if handler is None or table is None or table.name in outcome.created:
            return None
        if any(one.action in _REMAKES and self._is(one.table, table) for one in before):
            return None
        if any(
            one.action in ("rename_table", "truncate") and one is not change and self._is(one.table, table)
            for one in outcome.changes
        ):
            return None
        failure = handler(self, table, change, [*before, *outcome.changes])
        if failure is None or not failure.certain:
            return failure
        written = [one for one in before if one.action in _WRITES and (one.table is None or self._is(one.table, table))]
        if written:
            return Failure(
                message=f"{failure.message}; statements before it write rows, and may have mended them",
                code=failure.code,
                certain=False,
                foreseen=True,
                settle=failure.settle,
            )
        return failure

    def _subject(self, change: Change) -> str | None:
        """The table whose rows are looked at."""
        if change.action != "attach_partition":
            return change.table
        named = self.statistics.table(change.table)
        # ALTER TABLE parent ATTACH PARTITION child: whichever of the two is the partitioned one.
        return (change.parent or change.name) if named is not None and named.kind == "partitioned" else change.table

    def _is(self, name: str | None, table: Table) -> bool:
        found = self.statistics.table(name)
        return name == table.name or (found is not None and found.name == table.name)

    # ------------------------------------------------------------------ changes
    def not_null(self, table: Table, change: Change, all_: Sequence[Change]) -> Failure | None:
        """SET NOT NULL, ADD NOT NULL."""
        columns = [change.column] if change.column else list(change.columns)
        for column in columns:
            if change.not_valid or _filled(column, table, all_):
                continue
            failure = nulls.of_column(self.statistics, table, column)
            if failure is not None:
                return failure
        return None

    def new_column(self, table: Table, change: Change, all_: Sequence[Change]) -> Failure | None:
        """ADD COLUMN."""
        return nulls.of_new_column(self.statistics, table, change)

    def key(self, table: Table, change: Change, all_: Sequence[Change]) -> Failure | None:
        """UNIQUE, PRIMARY KEY, CREATE UNIQUE INDEX."""
        if change.action == "create_index" and not change.unique:
            return None
        keys = list(change.columns) or ([change.column] if change.column else [])
        if change.parent is not None and not keys:
            # USING INDEX: the index is there, and unique; a primary key makes its columns NOT NULL.
            index = next((one for one in table.indexes if one.name == change.parent), None)
            keys = [key.column for key in index.keys if key.column is not None] if index is not None else []
            found: Failure | None = None
        else:
            own = {one.column for one in all_ if one.action == "add_column" and self._is(one.table, table)}
            if not keys or any(key in own for key in keys):
                return None
            found = duplicates.of_keys(self.statistics, table, keys, change.expression)
        if change.action == "add_primary_key":
            for key in keys:
                null = nulls.of_column(self.statistics, table, key)
                if null is not None and (
                    found is None or (null.certain, null.code or "") > (found.certain, found.code or "")
                ):
                    found = null
        return found

    def check(self, table: Table, change: Change, all_: Sequence[Change]) -> Failure | None:
        """ADD CHECK."""
        if change.not_valid or _on_new(change.expression, table, all_):
            return None
        return checks.of_condition(self.statistics, table, change.expression)

    def foreign_key(self, table: Table, change: Change, all_: Sequence[Change]) -> Failure | None:
        """ADD FOREIGN KEY."""
        columns = list(change.columns) or ([change.column] if change.column else [])
        own = {one.column for one in all_ if one.action == "add_column" and self._is(one.table, table)}
        if change.not_valid or change.parent is None or not columns or any(one in own for one in columns):
            return None
        return orphans.of_foreign_key(self.statistics, table, columns, change.parent, change.parent_columns)

    def validate(self, table: Table, change: Change, all_: Sequence[Change]) -> Failure | None:
        """VALIDATE CONSTRAINT: what it is says the migration, or the catalog."""
        for one in reversed(all_):
            if one.name == change.name and one.action in ("add_check", "add_foreign_key", "add_not_null"):
                if not self._is(one.table, table):
                    continue
                if one.action == "add_check":
                    return checks.of_condition(self.statistics, table, one.expression)
                columns = list(one.columns) or ([one.column] if one.column else [])
                if one.action == "add_not_null":
                    return nulls.of_column(self.statistics, table, columns[0]) if columns else None
                if one.parent is None or not columns:
                    return None
                return orphans.of_foreign_key(self.statistics, table, columns, one.parent, one.parent_columns)
        for name, text in zip(table.check_names, table.checks, strict=False):
            if name == change.name:
                if text not in table.checks_not_valid:
                    return None
                return checks.of_condition(self.statistics, table, text)
        for key in table.foreign_keys:
            if key.name == change.name and not key.validated:
                return orphans.of_foreign_key(self.statistics, table, key.columns, key.parent, key.parent_columns)
        return None

    def type(self, table: Table, change: Change, all_: Sequence[Change]) -> Failure | None:
        """ALTER COLUMN ... TYPE, MODIFY."""
        name = (change.column or "").lower()
        column = next((one for one in table.columns if one.name.lower() == name), None)
        if column is None:
            return None
        found = narrowing.of_type(self.statistics, table, column, change)
        if found is None and change.nullable is False and column.nullable:
            return nulls.of_column(self.statistics, table, column.name)
        return found

    def attach(self, table: Table, change: Change, all_: Sequence[Change]) -> Failure | None:
        """ATTACH PARTITION."""
        for name in (change.table, change.parent, change.name):
            parent = self.statistics.table(name)
            if parent is not None and parent.kind == "partitioned" and parent.name != table.name and change.expression:
                return partitions.of_attached(self.statistics, table, parent, change.expression)
        return None


_HANDLERS: dict[str, Callable[[Foresight, Table, Change, Sequence[Change]], Failure | None]] = {
    "set_not_null": Foresight.not_null,
    "add_not_null": Foresight.not_null,
    "add_column": Foresight.new_column,
    "add_unique": Foresight.key,
    "add_primary_key": Foresight.key,
    "create_index": Foresight.key,
    "add_check": Foresight.check,
    "add_foreign_key": Foresight.foreign_key,
    "validate_constraint": Foresight.validate,
    "alter_column_type": Foresight.type,
    "attach_partition": Foresight.attach,
}


def _filled(column: str, table: Table, changes: Sequence[Change]) -> bool:
    """The migration has proved or made it so: it filled the column, or a CHECK against NULLs stands."""
    wanted = column.lower()
    for one in changes:
        if one.table != table.name:
            continue
        named = {name.lower() for name in (one.column, *one.columns) if name}
        if one.action == "update" and wanted in named:
            return True
        if one.action == "add_column" and wanted in named:
            return True
        proved = not one.not_valid or any(
            later.action == "validate_constraint" and later.name == one.name for later in changes
        )
        if one.action in ("add_check", "add_not_null") and one.expression and proved:
            text = one.expression.strip().strip("()").lower().replace('"', "").replace("`", "")
            if " ".join(text.split()) == f"{wanted} is not null":
                return True
    return False


def _on_new(text: str | None, table: Table, changes: Sequence[Change]) -> bool:
    """The condition is about a column that the migration adds."""
    words = (text or "").lower()
    return any(
        one.action == "add_column" and one.table == table.name and one.column and one.column.lower() in words
        for one in changes
    )
