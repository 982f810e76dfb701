"""MySQL and MariaDB: what the server would copy under lock, copied by a tool beside the traffic."""

from __future__ import annotations

import re
import shlex

from advisor.alternatives.clauses import clauses
from advisor.alternatives.ground import Ground
from advisor.alternatives.rows import batched
from advisor.model.check import Alternative
from advisor.model.engine import dialect_of
from advisor.model.migration import Change

_ROWS = frozenset({"update", "delete"})
#: What a copy of the table would not bring about: another name, rows that go with a partition, a key by a name that the
#: tools change; and new unique keys, for which both copy with INSERT IGNORE and lose the second of two equal rows.
_NOT_COPIED = frozenset(
    {
        "rename_table", "rename_column", "set_schema", "drop_partition", "truncate_partition", "exchange_partition",
        "attach_partition", "detach_partition", "drop_constraint", "add_unique", "add_primary_key",
    }
)  # fmt: skip


def alternative(ground: Ground, sql: str, changes: tuple[Change, ...]) -> Alternative | None:
    """gh-ost's and pt-online-schema-change's commands; batches for rows; None: nobody can write it out."""
    first = changes[0] if changes else None
    if first is None or first.table is None:
        return None
    if first.action in _ROWS:
        steps = batched(ground, sql, first.table)
        return Alternative(summary="in batches, each committed", steps=tuple(steps)) if steps else None
    cut = clauses(sql, dialect_of(ground.engine.name))
    if cut is None or any(
        one.action in _NOT_COPIED or (one.unique and one.action == "create_index") for one in changes
    ):
        return None
    known = ground.table(first.table)
    if known is not None and not any(one.primary or one.unique for one in known.indexes):
        return None  # both tools tell rows apart by a key
    keyed = _in_foreign_keys(ground, first.table) or any(one.action == "add_foreign_key" for one in changes)
    kept = [one for one in cut.clauses if not re.match(r"(ALGORITHM|LOCK)\b", one, re.IGNORECASE)]
    if not kept:
        return None
    alter = ", ".join(kept)
    database, _, table = first.table.rpartition(".")
    where = f"D={database or 'DATABASE'},t={table}"
    pt = ["pt-online-schema-change", "--alter", alter, where, "--max-lag", "5", "--execute"]
    if keyed:
        pt[1:1] = ["--alter-foreign-keys-method", "auto"]
    triggers = known is not None and bool(known.triggers)
    if triggers:
        pt[1:1] = ["--preserve-triggers"]
    commands = [shlex.join(pt)]
    if not keyed and not triggers:
        ghost = ["gh-ost", f"--database={database or 'DATABASE'}", f"--table={table}", f"--alter={alter}"]
        commands.insert(0, shlex.join([*ghost, "--max-lag-millis=1500", "--execute"]))
    why = "the tools copy the table beside the traffic; they run on the servers and were not tried here"
    if keyed or triggers:
        why += f"; gh-ost refuses tables with {'foreign keys' if keyed else 'triggers'}"
    return Alternative(summary="copied beside the traffic, and stopped at will", commands=tuple(commands), why=why)


def _in_foreign_keys(ground: Ground, table: str) -> bool:
    known = ground.table(table)
    if known is not None and known.foreign_keys:
        return True
    tables = ground.catalog.tables.values() if ground.catalog is not None else ()
    return any(key.parent == table for other in tables for key in other.foreign_keys)
