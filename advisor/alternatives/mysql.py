"""MySQL and MariaDB: what the server would copy under lock, copied by a tool beside the traffic.

As printed the commands try and change nothing (pt-online-schema-change --dry-run, gh-ost without --execute). What the
tools do is from running them beside a writer (docs/check.md, "Alternatives of MySQL and MariaDB").
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from advisor.alternatives.clauses import Clauses, clauses, tokens_of
from advisor.alternatives.ground import Ground
from advisor.alternatives.rows import batched
from advisor.alternatives.widening import loses
from advisor.model.catalog import Table
from advisor.model.check import Alternative
from advisor.model.engine import Dialect, dialect_of
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
_PROVED = frozenset({"add_foreign_key", "add_check"})
#: pt-online-schema-change looks for the table by LIKE and does not find others than ASCII; gh-ost puts the name between
#: backticks and quotes as it is.
_UNQUOTABLE = re.compile(r"[`'\"\\%]|[^ -~]")
_TRY = "as printed they only try; the next run says --execute"


def alternative(ground: Ground, sql: str, changes: tuple[Change, ...]) -> Alternative | None:
    """gh-ost's and pt-online-schema-change's commands; batches for rows; None: nobody can write it out."""
    first = changes[0] if changes else None
    if first is None or first.table is None:
        return None
    if first.action in _ROWS:
        steps = batched(ground, sql, first.table)
        return Alternative(summary="in batches, each committed", steps=tuple(steps)) if steps else None
    dialect = dialect_of(ground.engine.name)
    cut = clauses(sql, dialect)
    known = ground.table(first.table)
    if cut is None or any(_not_copied(one, known) for one in changes):
        return None
    if known is not None and (known.versioned or not _told_apart(known) or _refers_to_itself(known)):
        return None
    named = _named(cut, dialect)
    plain = [_without_comments(one, dialect) for one in cut.clauses]
    kept = [one for one in plain if one is not None and not re.match(r"(ALGORITHM|LOCK)\b", one, re.IGNORECASE)]
    if named is None or None in plain or not kept:
        return None
    commands, why = _commands(ground, first.table, *named, ", ".join(kept), changes)
    return Alternative(summary="copied beside the traffic, and stopped at will", commands=commands, why=why)


def _commands(
    ground: Ground, name: str, database: str, table: str, alter: str, changes: Sequence[Change]
) -> tuple[tuple[str, ...], str]:
    """The commands, and what is to be known of them."""
    known = ground.table(name)
    adds_key = any(one.action == "add_foreign_key" for one in changes)
    children = _children(ground, name)
    keyed = adds_key or bool(children) or (known is not None and bool(known.foreign_keys))
    triggers = known is not None and bool(known.triggers)
    pt = ["pt-online-schema-change", "--alter", alter]
    if children:
        pt += ["--alter-foreign-keys-method", "rebuild_constraints"]
    if triggers:
        pt.append("--preserve-triggers")
    where = ",".join(
        f"{key}={value.replace(',', chr(92) + ',')}"
        for key, value in (("h", "PRIMARY"), ("A", "utf8mb4"), ("D", database), ("t", table))
    )
    commands = [shlex.join([*pt, "--max-lag", "5", "--dry-run", where])]
    why = ["they run on the servers and were not tried here", _TRY + " in place of --dry-run"]
    if ground.engine.name == "mariadb":
        why.append("gh-ost does not work with MariaDB")
    elif keyed or triggers:
        why.append(f"gh-ost refuses tables with {'foreign keys' if keyed else 'triggers'}")
    else:
        ghost = ["gh-ost", "--host=REPLICA", f"--database={database}", f"--table={table}", f"--alter={alter}"]
        commands.insert(0, shlex.join([*ghost, "--max-lag-millis=1500", "--panic-on-warnings"]))
        why.append(
            "gh-ost wants binlog_format=ROW, --allow-on-master without a replica, and leaves the old table behind"
        )
    if keyed or (known is not None and known.checks):
        why.append("names of foreign keys and checks get an underscore before them, or lose one")
    if children:
        why.append(f"the foreign keys of {', '.join(children)} are made anew after the swap")
    if any(one.action in _PROVED for one in changes):
        why.append("from its start on writes that break the new constraint are refused, and a row that does ends it")
    return tuple(commands), "; ".join(why)


def _not_copied(change: Change, known: Table | None) -> bool:
    if change.action in _NOT_COPIED or (change.unique and change.action == "create_index"):
        return True
    if change.action == "add_column":
        # The copy names no value for it, and while it goes on the traffic's own writes fail.
        return change.nullable is False and change.default_kind == "none"
    if change.action == "convert_charset" and not (change.name or change.expression or "").lower().startswith("utf"):
        return True
    if change.action == "alter_column_type":
        column = next((one for one in known.columns if one.name == change.column), None) if known is not None else None
        return loses(column.type if column is not None else change.old_type, change.new_type)
    return False


def _told_apart(known: Table) -> bool:
    """Both tools tell rows apart by a key without NULLs."""
    filled = {one.name for one in known.columns if one.nullable is False}
    return any(
        one.primary or (one.unique and all(key.column in filled and key.prefix is None for key in one.keys))
        for one in known.indexes
    )


def _refers_to_itself(known: Table) -> bool:
    return any(key.parent == known.name for key in known.foreign_keys)


def _children(ground: Ground, name: str) -> list[str]:
    tables = ground.catalog.tables.values() if ground.catalog is not None else ()
    return sorted(one.name for one in tables if any(key.parent == name for key in one.foreign_keys))


def _named(cut: Clauses, dialect: Dialect) -> tuple[str, str] | None:
    """(database, table) as they are; None: a name that the tools cannot take."""
    tokens = tokens_of(cut.head, dialect)
    table = tokens[-1].text
    database = tokens[-3].text if len(tokens) > 3 and tokens[-2].text == "." else "DATABASE"
    return None if _UNQUOTABLE.search(table + database) else (database, table)


def _without_comments(clause: str, dialect: Dialect) -> str | None:
    """A comment to the end of a line would take in the clauses after it; None: it is one that the server runs."""
    found, last = "", 0
    for token in tokens_of(clause, dialect):
        between = clause[last : token.start]
        if "/*!" in between or "/*M!" in between:
            return None
        found += (" " if between.strip() else between) + clause[token.start : token.end]
        last = token.end
    return found
