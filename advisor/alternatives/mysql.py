"""MySQL and MariaDB: what the server would copy under lock, copied by a tool beside the traffic.

As printed the commands try and change nothing (pt-online-schema-change --dry-run, gh-ost without --execute). What the
tools do is from running them beside a writer (docs/alternatives.md).
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Sequence

from advisor.alternatives.clauses import Clauses, clauses, tokens_of
from advisor.alternatives.ground import Ground
from advisor.alternatives.innodb import native
from advisor.alternatives.no_other_way import NoOtherWay
from advisor.alternatives.rows import batched
from advisor.alternatives.widening import loses
from advisor.model.catalog import Table
from advisor.model.check import Alternative, Verdict
from advisor.model.engine import Dialect, dialect_of
from advisor.model.migration import Change

_ROWS = frozenset({"update", "delete"})
_TOOLS = "pt-online-schema-change and gh-ost"
_WINDOW = "take a window, with SET lock_wait_timeout before it"
#: What a copy of the table would not bring about: another name, rows that go with a partition, a key by a name that the
#: tools change.
_NOT_COPIED = frozenset(
    {
        "rename_table", "rename_column", "set_schema", "drop_partition", "truncate_partition", "exchange_partition",
        "attach_partition", "detach_partition", "drop_constraint",
    }
)  # fmt: skip
_PROVED = frozenset({"add_foreign_key", "add_check"})
#: pt-online-schema-change looks for the table by LIKE and does not find others than ASCII; gh-ost puts the name between
#: backticks and quotes as it is.
_UNQUOTABLE = re.compile(r"[`'\"\\%]|[^ -~]")
_TRY = "as printed they only try; the next run says --execute"


def alternative(
    ground: Ground, sql: str, changes: tuple[Change, ...], judged: Callable[[str], Verdict]
) -> Alternative | None:
    """The server's own way, gh-ost's and pt-online-schema-change's commands; batches for rows; None: it is no ALTER
    TABLE. ``judged``: the verdict of a text by the schema given. Raises NoOtherWay.
    """
    first = changes[0] if changes else None
    if first is None or first.table is None:
        return None
    if first.action in _ROWS:
        steps = batched(ground, sql, first.table)
        return Alternative(summary="in batches, each committed", steps=tuple(steps)) if steps else None
    own = native(ground, sql, changes, judged)
    if own is not None:
        return own
    dialect = dialect_of(ground.engine.name)
    cut = clauses(sql, dialect)
    if cut is None:
        return None
    known = ground.table(first.table)
    for one in changes:
        _copied(one, known)
    _generated(cut, dialect, known)
    _walkable(known)
    named = _named(cut, dialect)
    plain = [_without_comments(one, dialect) for one in cut.clauses]
    kept = [one for one in plain if one is not None and not re.match(r"(ALGORITHM|LOCK)\b", one, re.IGNORECASE)]
    if named is None:
        raise NoOtherWay(f"{_TOOLS} cannot take a name with quotes, % or letters beyond ASCII: {_WINDOW}")
    if None in plain or not kept:
        raise NoOtherWay(f"it holds text that the server alone reads (/*! ... */): {_WINDOW}")
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
        why.append(
            f"the foreign keys of {', '.join(children)} are made anew after the swap, with an index where only the old "
            "name's index served them"
        )
    if any(one.action == "add_foreign_key" and one.parent == name for one in changes):
        raise NoOtherWay(f"the tools refuse a foreign key of the table to itself: {_WINDOW}")
    if any(one.action in _PROVED for one in changes):
        why.append("from its start on writes that break the new constraint are refused, and a row that does ends it")
    return tuple(commands), "; ".join(why)


def _copied(change: Change, known: Table | None) -> None:
    """Raises NoOtherWay for what a copy of the table would not bring about as the server does."""
    if change.action in ("add_unique", "add_primary_key") or (change.unique and change.action == "create_index"):
        raise NoOtherWay(
            f"{_TOOLS} copy with INSERT IGNORE and would lose the second of two rows that the new key holds equal: "
            f"{_WINDOW}"
        )
    if change.action in _NOT_COPIED:
        raise NoOtherWay(f"{_TOOLS} copy a table by its columns' names and keys, which it changes: {_WINDOW}")
    if change.action == "add_column" and change.nullable is False and change.default_kind == "none":
        raise NoOtherWay(
            "while a tool copies, the traffic's own writes would fail for want of a value: give the column a default, "
            "or make it NULL first"
        )
    if change.action == "convert_charset" and not (change.name or change.expression or "").lower().startswith("utf"):
        raise NoOtherWay(f"a tool would cut or replace letters that the new character set lacks: {_WINDOW}")
    if change.action == "alter_column_type":
        column = next((one for one in known.columns if one.name == change.column), None) if known is not None else None
        if loses(column.type if column is not None else change.old_type, change.new_type):
            raise NoOtherWay(
                "a tool that copies would cut values that do not fit the new type, where the server refuses them: add "
                "a column of the new type, let the code write both, fill it in batches, and let the code move; or take "
                "a window"
            )


def _generated(cut: Clauses, dialect: Dialect, known: Table | None) -> None:
    """Raises NoOtherWay for a generated column that becomes another, or a plain one."""
    columns = {one.name.lower() for one in known.columns if one.generated} if known is not None else set()
    for clause in cut.clauses:
        words = [token for token in tokens_of(clause, dialect) if token.upper not in ("COLUMN", "IF", "EXISTS")]
        if words[0].upper in ("MODIFY", "CHANGE") and len(words) > 1 and words[1].text.lower() in columns:
            raise NoOtherWay(
                f"pt-online-schema-change does not copy a generated column's values, and they would be gone: {_WINDOW}"
            )


def _walkable(known: Table | None) -> None:
    """Raises NoOtherWay for tables that the tools refuse."""
    if known is None:
        return
    if known.versioned:
        raise NoOtherWay(f"{_TOOLS} do not copy the history of a system-versioned table: {_WINDOW}")
    if not _told_apart(known):
        raise NoOtherWay(f"{_TOOLS} tell rows apart by a primary key or a UNIQUE without NULLs, and it has none")
    if _refers_to_itself(known):
        raise NoOtherWay(f"a foreign key of the table refers to the table itself, which the tools refuse: {_WINDOW}")


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
