"""The alternative of one statement: a recipe a clause, in the order of the clauses."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import replace

import msgspec

from advisor.alternatives import columns, constraints, indexes, mysql, partitions, retyping
from advisor.alternatives.clauses import clauses, tokens_of
from advisor.alternatives.ground import Ground, alone, locked
from advisor.alternatives.no_other_way import NoOtherWay
from advisor.alternatives.reasons import reason
from advisor.alternatives.rows import batched
from advisor.model.catalog import Catalog, IndexKey
from advisor.model.check import Alternative, Step, Verdict
from advisor.model.engine import Engine
from advisor.model.migration import Change, Outcome
from advisor.sources.secrets import mask

#: The changes of one ALTER TABLE clause, as the reader of statements tells them.
Reading = Callable[[str], tuple[tuple[Change, ...], Verdict]]

#: Findings about a statement that works while others wait, writes too much at once, or fails.
WAITING = ("MIG001", "MIG002", "MIG003", "MIG004", "MIG005", "MIG006", "MIG007", "MIG008", "MIG009", "MIG013", "MIG023")
_LIMIT = ("MIG010",)
#: The same, and code that still uses what it drops.
_DROPS = ("MIG010", "MIG016", "MIG027")
_REPACKED = (
    "pg_repack is no part of the server: a command, and an extension of its own version in the database (SELECT FROM "
    "pg_extension WHERE extname = 'pg_repack' tells whether it is there; where it is not, nothing else does "
    "it); it wants "
    "as much disk again, and takes ACCESS EXCLUSIVE for a moment at either end; it was not tried here"
)


def alternative(
    sql: str, outcome: Outcome, verdict: Verdict, engine: Engine, catalog: Catalog | None, reading: Reading
) -> Alternative | None:
    """`answer` without the reason why there is none."""
    found = answer(sql, outcome, verdict, engine, catalog, reading)
    return found if isinstance(found, Alternative) else None


def answer(
    sql: str,
    outcome: Outcome,
    verdict: Verdict,
    engine: Engine,
    catalog: Catalog | None,
    reading: Reading,
    before: tuple[Change, ...] = (),
) -> Alternative | str | None:
    """What to run instead of a statement that blocks, fails, or takes a lock for a moment that it need not take.

    ``reading`` judges a statement by text and schema (before this one): each clause of an ALTER TABLE is judged by
    itself, and only those that need another way get one. ``before``: what earlier statements change, which ``catalog``
    does not know. A text: there is none, and why. None: it needs none.
    """
    try:
        found = _written(sql, outcome, verdict, Ground(engine, catalog, before), reading)
    except NoOtherWay as why:
        return str(why)
    if found is None:
        return reason(Ground(engine, catalog, before), outcome, verdict)
    answers = (
        (_LIMIT if len(found.steps) < 2 else _DROPS)
        if verdict == "brief_lock"
        else ("MIG012",)
        if _misplaced(outcome)
        else WAITING
    )
    steps = tuple(msgspec.structs.replace(one, sql=tuple(mask(text) for text in one.sql)) for one in found.steps)
    commands = tuple(mask(text) for text in found.commands)
    return msgspec.structs.replace(found, answers=answers, steps=steps, commands=commands)


def _misplaced(outcome: Outcome) -> bool:
    """It cannot run in a transaction, and does."""
    return outcome.failure is not None and outcome.failure.code == "25001"


def _written(sql: str, outcome: Outcome, verdict: Verdict, ground: Ground, reading: Reading) -> Alternative | None:
    if ground.engine.name != "postgresql":
        if verdict not in ("blocking", "online"):
            return None
        return mysql.alternative(ground, sql, outcome.changes, lambda text: reading(text)[1])
    if verdict == "fails" and _misplaced(outcome):
        # What blocks there as well gets the way of a statement that blocks.
        if reading(sql)[1] != "blocking":
            return Alternative(summary="by itself, outside of a transaction", steps=(alone(sql),))
        outcome = msgspec.structs.replace(outcome, failure=None)
        verdict = "blocking"
    if verdict == "fails" and not (outcome.failure is not None and outcome.failure.foreseen):
        return None  # the server refuses it, whatever rows there are
    if verdict == "brief_lock":
        return _brief(ground, sql, outcome)
    if verdict not in ("blocking", "fails", "online") or not outcome.changes:
        return None
    _names_hold(ground, sql, outcome)
    if verdict == "blocking" and not _own(outcome) and reading(sql)[1] != "blocking":
        return _afterwards(ground, sql, outcome)
    steps = _of_alter(ground, sql, reading, verdict) or _of_command(ground, sql, outcome)
    if steps is not None:
        steps = [*(_first_the_rows(outcome) if verdict == "fails" else ()), *steps]
        return Alternative(summary=_summary(steps), steps=tuple(steps), why=_left(ground, outcome))
    first = outcome.changes[0]
    if first.action in ("vacuum_full", "cluster", "set_tablespace") and first.table is not None:
        return _repacked(ground, first)
    return None


def _names_hold(ground: Ground, sql: str, outcome: Outcome) -> None:
    """Each step is a migration of its own, where an earlier statement's search_path is gone. Raises NoOtherWay."""
    if not any(one.action == "set" and (one.name or "").lower() == "search_path" for one in ground.before):
        return
    named = {token.text.lower() for token in tokens_of(sql, "postgresql") if token.kind in ("word", "quoted")}
    for change in outcome.changes:
        schema = (change.table or "").rpartition(".")[0]
        if schema and schema.lower() not in named:
            raise NoOtherWay(
                f"its names are found by the search_path that an earlier statement sets: write {schema}. before them, "
                "and it can be written in steps"
            )


def _repacked(ground: Ground, change: Change) -> Alternative:
    """By a tool that is not part of the server."""
    known = ground.table(change.table)
    if known is not None and not any(
        one.unique
        and one.where is None
        and one.valid
        and all(_required_key(ground, known.name, key) for key in one.keys)
        for one in known.indexes
    ):
        raise NoOtherWay("pg_repack, which rewrites a table beside the traffic, wants a primary key, and it has none")
    command = ["pg_repack"]
    if change.action == "set_tablespace":
        space = change.expression or change.new_name
        if space is None:
            raise NoOtherWay("pg_repack moves a table beside the traffic: --tablespace=NAME")
        command += ["--no-order", f"--tablespace={space}"]
    elif change.action == "vacuum_full":
        command.append("--no-order")
    command.append(f"--table={change.table}")
    return Alternative(summary="rewritten beside the traffic", commands=(shlex.join(command),), why=_REPACKED)


def _required_key(ground: Ground, table: str, key: IndexKey) -> bool:
    column = ground.column(table, key.column)
    return column is not None and column.nullable is False


#: Whose recipe fills or mends the rows itself.
_FILLED = ("set_not_null", "add_column")


def _first_the_rows(outcome: Outcome) -> list[Step]:
    """Of a statement that production's rows refuse: while they are there every other way to it is refused too."""
    failure = outcome.failure
    if failure is None or failure.settle is None or any(one.action in _FILLED for one in outcome.changes):
        return []
    return [alone(failure.settle, note="mend or delete the rows that it finds; what follows fails while there are any")]


def _own(outcome: Outcome) -> bool:
    """Does it take a lock itself that others wait for?"""
    return any(
        one.held_since_line is None and one.preexisting and (one.blocks_reads or one.blocks_writes)
        for one in outcome.locks
    )


def _left(ground: Ground, outcome: Outcome) -> str:
    """What the steps do not bring about."""
    for one in outcome.changes:
        if one.action == "alter_column_type":
            return retyping.left(ground, one)
        if one.action == "add_column" and one.default_kind == "stored":
            return columns.LEFT
    return ""


def _brief(ground: Ground, sql: str, outcome: Outcome) -> Alternative | None:
    first = outcome.changes[0] if outcome.changes else None
    if first is not None and first.action == "drop_index" and not first.concurrently:
        steps = indexes.dropped(ground, sql)
        if steps is not None:
            return Alternative(summary="concurrently, outside of a transaction", steps=tuple(steps))
    if first is not None and first.action == "drop_column":
        eased = columns.eased(ground, sql, outcome.changes)
        if eased is not None:
            return Alternative(summary="when nobody writes it any more", steps=tuple(eased))
    if first is not None and first.action == "detach_partition" and not first.concurrently:
        steps = partitions.detached(ground, sql, first)
        if steps is not None:
            why = "afterwards the partition keeps a CHECK of its former bounds: drop it when it is in the way"
            return Alternative(summary="concurrently, outside of a transaction", steps=tuple(steps), why=why)
    if outcome.lock_timeout_ms:
        return None
    return Alternative(summary="with a limit on the wait, and tried again", steps=(locked(sql),))


def _afterwards(ground: Ground, sql: str, outcome: Outcome) -> Alternative:
    """Nothing is wrong with it but its place: behind a lock that its transaction holds."""
    table = next((one.table for one in outcome.changes if one.table), None)
    steps = batched(ground, sql, table) if table is not None else None
    steps = steps or [alone(sql, note="in a migration of its own, after this one has committed")]
    return Alternative(summary="in a migration of its own, after the lock is gone", steps=tuple(steps))


def _of_alter(ground: Ground, sql: str, reading: Reading, verdict: Verdict) -> list[Step] | None:
    """Clause by clause; those that are quick by themselves go first, together."""
    cut = clauses(sql, "postgresql")
    if cut is None:
        return None
    quick: list[str] = []
    steps: list[Step] = []
    read = [(clause, *reading(f"{cut.head} {clause}")) for clause in cut.clauses]
    ground, taken = _with_defaults(ground, read)
    for clause, changes, word in read:
        if clause in taken:
            continue
        if word in ("brief_lock", "safe", "online") and not (verdict == "fails" and _required(changes)):
            quick.append(clause)
            continue
        found = _of_clause(ground, cut.head, clause, changes, nulls=verdict == "fails")
        if found is None:
            return None
        steps += found
    if not steps:
        return None
    return [locked(f"{cut.head} {', '.join(quick)}"), *steps] if quick else steps


def _with_defaults(
    ground: Ground, read: Sequence[tuple[str, tuple[Change, ...], Verdict]]
) -> tuple[Ground, frozenset[str]]:
    """Clauses about the defaults of columns that change their types go with the new columns."""
    retyped = {
        one.column
        for _, changes, word in read
        if word not in ("brief_lock", "safe", "online")
        for one in changes
        if one.action == "alter_column_type"
    }
    told = {
        clause: one
        for clause, changes, _ in read
        for one in changes
        if one.action in ("set_default", "drop_default") and one.column in retyped
    }
    defaults: dict[str, str | None] = {}
    for one in sorted(told.values(), key=lambda one: one.action):  # taken away first, then given
        defaults[one.column or ""] = one.expression if one.action == "set_default" else None
    return replace(ground, defaults=defaults), frozenset(told)


def _required(changes: Sequence[Change]) -> bool:
    return any(
        one.action in ("set_not_null", "add_not_null")
        or (one.action == "add_column" and one.nullable is False and one.expression is None)
        for one in changes
    )


def _of_clause(
    ground: Ground, head: str, clause: str, changes: tuple[Change, ...], *, nulls: bool
) -> list[Step] | None:
    first = changes[0] if changes else None
    if first is None or first.table is None:
        return None
    if first.action in ("add_check", "add_foreign_key"):
        return constraints.not_valid(ground, head, clause, first)
    if first.action in ("set_not_null", "add_not_null") and first.column is not None:
        return constraints.set_not_null(ground, first.table, first.column, nulls=nulls, name=first.name)
    if first.action == "add_primary_key" and first.parent is not None:
        return constraints.primary_by_index(ground, head, clause, first)
    if first.action in ("add_unique", "add_primary_key") and first.parent is None:
        return constraints.unique(ground, clause, first)
    if first.action == "add_column":
        return columns.added(ground, head, clause, first)
    if first.action == "alter_column_type":
        return retyping.retyped(ground, clause, first)
    if first.action == "attach_partition":
        return partitions.attached(ground, head, clause, first)
    return None


def _of_command(ground: Ground, sql: str, outcome: Outcome) -> list[Step] | None:
    first = outcome.changes[0]
    if first.action == "create_index" and not first.concurrently:
        return indexes.built(ground, sql, first)
    if first.action == "reindex":
        return indexes.rebuilt(ground, sql)
    if first.action == "refresh_materialized_view":
        return indexes.refreshed(ground, sql, first)
    if first.action in ("update", "delete") and first.table is not None:
        return batched(ground, sql, first.table)
    if first.action == "create_partition":
        return partitions.created(ground, sql, first)
    return None


def _summary(steps: Sequence[Step]) -> str:
    """What the reader is about to see, in a line."""
    if len(steps) == 1:
        text = steps[0].sql[-1].upper()
        if "CONCURRENTLY" in text:
            return "concurrently, outside of a transaction"
        return "in batches, each committed" if "LIMIT" in text or " >= 1 AND " in text else "by itself"
    return f"in {len(steps)} steps, each a migration of its own"
