"""Why nothing is offered instead of a statement, where no recipe told."""

from __future__ import annotations

from advisor.alternatives.columns import constrained
from advisor.alternatives.ground import Ground
from advisor.model.check import Verdict
from advisor.model.migration import Change, ChangeAction, Outcome

_REFUSED = "the server refuses it, whatever rows there are: the statement itself is to be mended"
_READ = (
    "what reads the column (a view, a rule, a policy, a generated column) is to be dropped before and made "
    "again after it, "
    "in one transaction"
)
_COPIED = (
    "the server changes all of a table's files at once: make a table of that kind beside it, kept by triggers, and let "
    "the two change names; or take a window"
)
_BLOCK = (
    "a block or a function runs in one transaction: write its statements out as a migration, and each that "
    "disturbs gets "
    "its own way"
)
_TABLE_FIRST = "the schema given does not know the table: name it with --catalog"
#: What works online and is still too much at once.
_WRITES = ("update", "delete", "insert", "merge", "do", "call", "select")
#: Reasons that hold for every engine.
_EVERYWHERE = ("update", "delete", "insert", "merge", "do", "call", "select")
_REASONS: dict[ChangeAction, str] = {
    "add_exclusion": (
        "an exclusion constraint makes its index itself, and no server makes that concurrently or NOT VALID; "
        "a trigger that "
        "looks for overlaps under a lock of its own keys is the nearest thing; or take a window"
    ),
    "set_logged": _COPIED,
    "set_unlogged": _COPIED,
    "set_access_method": _COPIED,
    "refresh_materialized_view": (
        "CONCURRENTLY wants a UNIQUE index over plain columns and all rows of the view, and none is known: "
        "make one over "
        "what tells its rows apart"
    ),
    "reindex": "no CONCURRENTLY for system catalogs, nor before 12",
    "insert": "cut the source by ranges of its key, and insert one range a transaction",
    "merge": "cut the source by ranges of its key, and merge one range a transaction",
    "copy": "load in parts of some thousand rows",
    "create_table_as": "it reads for as long as it takes; nobody waits for it but those whom an earlier lock holds",
    "update": (
        "it cannot be cut into batches blindly: it joins, returns rows, reads what it writes, writes a key, "
        "or its table "
        "has no key to walk along"
    ),
    "delete": "it cannot be cut into batches blindly: it joins, returns rows, or its rows hang on each other",
    "do": _BLOCK,
    "call": _BLOCK,
    "select": _BLOCK,
    "lock_table": "the lock is what it asks for: hold it for as short as can be, with SET lock_timeout before it",
    "alter_domain_check": (
        "VALIDATE of a domain keeps writers of its tables out as well; a CHECK of each column can "
        "be NOT VALID and "
        "validated beside the traffic"
    ),
    "alter_domain_not_null": (
        "a domain's NOT NULL is read in all of its tables at once; a CHECK (column IS NOT NULL) of each "
        "column can be NOT "
        "VALID and validated beside the traffic"
    ),
    "attach_partition": (
        "no CHECK can stand for its bounds (hashes, several columns, NULL), or indexes and keys of the "
        "parent are missing "
        "on it: make these first"
    ),
    "create_partition": (
        "no CHECK can show the default partition free of the new rows (hashes, several columns): make "
        "partitions before "
        "their rows come"
    ),
    "detach_partition": "DETACH PARTITION CONCURRENTLY comes with 14, and not where there is a default partition",
    "set_not_null": "before 12 the server reads the whole table in any case",
    "add_foreign_key": "its table is partitioned in several levels, or before 12: a key there cannot be NOT VALID",
    "add_unique": "the table is partitioned in several levels, or an option of the constraint cannot be said "
    "of an index",
    "add_primary_key": "the table is partitioned in several levels, or an option of it cannot be said of an index",
    "create_index": "a level of partitions is not known, or a foreign table is among them",
    "create_materialized_view": "it is made whole in one statement; make it in a transaction of its own, without locks",
    "convert_charset": "the server copies the table",
}


def reason(ground: Ground, outcome: Outcome, verdict: Verdict) -> str | None:
    """None: it needs no alternative."""
    if verdict == "fails" and not (outcome.failure is not None and outcome.failure.foreseen):
        read = outcome.failure is not None and outcome.failure.code == "0A000"
        return _READ if read and any(one.action == "alter_column_type" for one in outcome.changes) else _REFUSED
    if verdict == "online":
        return next((told for one in outcome.changes if one.action in _WRITES and (told := _of(ground, one))), None)
    if verdict not in ("blocking", "fails"):
        return None
    for change in outcome.changes:
        told = _of(ground, change)
        if told is not None:
            return told
    if ground.engine.name != "postgresql":
        return (
            "the server does it under a lock, and it is no change that a tool could copy beside the traffic: take a "
            "window, with SET lock_wait_timeout before it"
        )
    return "no way to it is known that leaves others alone: take a window, with SET lock_timeout before it"


def _of(ground: Ground, change: Change) -> str | None:
    if change.action == "add_column":
        return _column(ground, change)
    if ground.engine.name != "postgresql":
        return _REASONS.get(change.action) if change.action in _EVERYWHERE else None
    if change.action == "validate_constraint" and change.table is None:
        return _REASONS["alter_domain_check"]
    if change.action in ("update", "delete", "alter_column_type") and ground.table(change.table) is None:
        return _TABLE_FIRST
    return _REASONS.get(change.action)


def _column(ground: Ground, change: Change) -> str | None:
    if ground.engine.name != "postgresql":
        return None
    if change.default_kind == "stored":
        return "a stored generated column is computed for every row by the statement that adds it"
    if change.default_kind == "identity":
        return "options of its sequence cannot be taken over by the batches"
    domain = (change.new_type or "").rpartition(".")[2].strip('"')
    if constrained(ground, change.new_type or ""):
        return (
            f"the domain {domain} has constraints, for which the server rewrites the table; a column of the "
            f"domain's base "
            "type with CHECKs of its own (NOT VALID, then VALIDATE) need not"
        )
    return None
