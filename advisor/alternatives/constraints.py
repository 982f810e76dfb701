"""Constraints of PostgreSQL that hold for new rows at once, and are proven for the old ones beside the traffic."""

from __future__ import annotations

import re

from advisor.alternatives.clauses import named
from advisor.alternatives.ground import Ground, alone, locked, together
from advisor.alternatives.no_other_way import NoOtherWay
from advisor.alternatives.parts import Keyed, keyed
from advisor.alternatives.rows import filled
from advisor.model.check import Step
from advisor.model.migration import Change

VALIDATED = "in a later migration; everybody reads and writes meanwhile"


def not_valid(ground: Ground, head: str, clause: str, change: Change) -> list[Step] | None:
    """CHECK and FOREIGN KEY: NOT VALID, then VALIDATE CONSTRAINT."""
    if change.table is None:
        return None
    key = change.action == "add_foreign_key"
    columns = change.columns if key or len(change.columns) == 1 else ()
    name = ground.sql(change.name or ground.free(change.table, *columns, suffix="fkey" if key else "check"))
    table = ground.table(change.table)
    added = re.sub(r"\s+NOT\s+VALID\s*$", "", named(clause, name), flags=re.IGNORECASE)
    if key and table is not None and table.kind == "partitioned" and ground.major < 18:
        return _by_partition(ground, change.table, added, name)
    return [
        locked(f"{head} {added} NOT VALID"),
        alone(f"{head} VALIDATE CONSTRAINT {name}", note=VALIDATED),
    ]


def _by_partition(ground: Ground, table: str, added: str, name: str) -> list[Step] | None:
    """A key of a partitioned table cannot be NOT VALID (before 18): each partition's is, and the parent takes them."""
    parts = ground.partitions(table)
    if not parts or ground.major < 12 or any(ground.partitions(part) for part in parts):
        return None
    steps: list[Step] = []
    for part in parts:
        target = ground.sql_table(part)
        steps += [
            locked(f"ALTER TABLE {target} {added} NOT VALID"),
            alone(f"ALTER TABLE {target} VALIDATE CONSTRAINT {name}", note=VALIDATED),
        ]
    note = "it finds the keys of the partitions and reads nothing"
    return [*steps, locked(f"ALTER TABLE {ground.sql_table(table)} {added}", note=note)]


def set_not_null(
    ground: Ground, table: str, column: str, *, nulls: bool = False, name: str | None = None
) -> list[Step] | None:
    """NOT NULL by a CHECK that is validated beside the traffic; by NOT NULL NOT VALID from 18 on.

    ``nulls``: there are rows without a value, which must be filled first. None: before 12 the server reads the whole
    table all the same.
    """
    target, quoted = ground.sql_table(table), ground.sql(column)
    known = ground.table(table)
    steps = filled(ground, table, f"{quoted} = :value", f"{quoted} IS NULL") if nulls else []
    if ground.major < 12:
        return None
    if ground.major >= 18 and known is not None and known.kind in ("table", "partition"):
        label = ground.sql(name or ground.free(table, column, suffix="not_null"))
        return [
            locked(f"ALTER TABLE {target} ADD CONSTRAINT {label} NOT NULL {quoted} NOT VALID"),
            *steps,
            alone(f"ALTER TABLE {target} VALIDATE CONSTRAINT {label}", note=VALIDATED),
        ]
    label = ground.sql(ground.free(table, column, suffix="not_null_check"))
    last = f"ALTER TABLE {target} ALTER COLUMN {quoted} SET NOT NULL"
    if name is not None:
        last = f"ALTER TABLE {target} ADD CONSTRAINT {ground.sql(name)} NOT NULL {quoted}"
    return [
        locked(f"ALTER TABLE {target} ADD CONSTRAINT {label} CHECK ({quoted} IS NOT NULL) NOT VALID"),
        *steps,
        alone(f"ALTER TABLE {target} VALIDATE CONSTRAINT {label}", note=VALIDATED),
        together(
            last,
            f"ALTER TABLE {target} DROP CONSTRAINT {label}",
            note="it finds the CHECK and reads nothing",
        ),
    ]


def unique(ground: Ground, clause: str, change: Change) -> list[Step] | None:
    """UNIQUE and PRIMARY KEY out of an index that was built concurrently."""
    cut = keyed(clause)
    if cut is None or not cut.columns or change.table is None or not change.columns:
        return None
    return of_index(ground, change.table, change.columns, cut, change.name)


def primary_by_index(ground: Ground, head: str, clause: str, change: Change) -> list[Step]:
    """PRIMARY KEY USING INDEX: what takes long is the NOT NULL of its columns, which is shown beforehand.

    Raises NoOtherWay.
    """
    known = ground.table(change.table)
    index = next((one for one in known.indexes if one.name == change.parent), None) if known is not None else None
    names = change.columns or (tuple(key.column or "" for key in index.keys) if index is not None else ())
    if change.table is None or not names:
        raise NoOtherWay(f"the index {change.parent} is not in the schema given: build it first, concurrently")
    steps: list[Step] = []
    for one in names:
        column = ground.column(change.table, one)
        if column is None or column.nullable is not False:
            required = set_not_null(ground, change.table, one)
            if required is None:
                raise NoOtherWay("before 12 the server reads the whole table for NOT NULL")
            steps += required
    return [*steps, locked(f"{head} {clause}", note="its columns are NOT NULL: it reads nothing")]


def of_index(
    ground: Ground, table: str, columns: tuple[str, ...], cut: Keyed, name: str | None, *, filled: bool = False
) -> list[Step] | None:
    """The constraint that ``cut`` describes over ``columns``; of a partitioned table partition by partition.

    ``filled``: earlier steps made them NOT NULL.
    """
    known = ground.table(table)
    parts = ground.partitions(table) if known is not None and known.kind == "partitioned" else []
    if known is not None and known.kind == "partitioned" and (not parts or any(ground.partitions(p) for p in parts)):
        return None
    steps: list[Step] = []
    if cut.primary and not filled:
        for one in columns:
            column = ground.column(table, one)
            if column is None or column.nullable is not False:
                required = set_not_null(ground, table, one)
                if required is None:
                    return None
                steps += required
    keys = ", ".join(ground.sql(one) for one in columns)
    word = "PRIMARY KEY" if cut.primary else "UNIQUE"
    suffix = "pkey" if cut.primary else "key"
    said = () if cut.primary else columns
    for target in parts or [table]:
        given = name if target == table else None
        label = ground.sql(given or ground.free(target, *said, suffix=suffix))
        on = ground.sql_table(target)
        steps += [
            alone(
                f"CREATE UNIQUE INDEX CONCURRENTLY {label} ON {on} ({keys}){cut.options}",
                note="if it fails, drop the INVALID index that it leaves, and try again",
            ),
            locked(f"ALTER TABLE {on} ADD CONSTRAINT {label} {word} USING INDEX {label}{cut.timing}"),
        ]
    if parts:
        whole = f"CONSTRAINT {ground.sql(name)} " if name else ""
        nulls = cut.options.replace(" TABLESPACE", " USING INDEX TABLESPACE")
        before = re.match(r" NULLS (NOT )?DISTINCT", nulls, re.IGNORECASE)
        if before is not None or "INCLUDE" in nulls.upper():
            return None
        steps.append(
            locked(
                f"ALTER TABLE {ground.sql_table(table)} ADD {whole}{word} ({keys}){nulls}{cut.timing}",
                note="it finds the indexes of the partitions and builds nothing",
            )
        )
    return steps
