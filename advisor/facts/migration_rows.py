"""Rows of the relations about migrations."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import msgspec

from advisor.migrations.words import duration, duration_of_one, held_words, in_brackets, price, queueing, working
from advisor.model.check import Broken, MadeIndex, Queue, Regressed
from advisor.model.engine import EngineName
from advisor.model.migration import Script
from advisor.sources.secrets import mask

if TYPE_CHECKING:
    from advisor.facts.facts import Facts
    from advisor.migrations.assess import Assessed
    from advisor.migrations.impact import HeldLocks
    from advisor.migrations.verdict import Sizes

#: ``Duplicate key name 'a', unless line 7 of a.sql changed that``.
_HANGING = re.compile(r".+, unless (line \d+) of .+ changed that\Z", re.DOTALL)


def load_migrations(facts: Facts, assessed: Sequence[Assessed], engine: EngineName, sizes: Sizes) -> None:
    """Fills migration_script, migration_statement, migration_change, migration_lock, migration_work, migration_hold
    and migration_hold_part.

    Statements are numbered from 0 in their order.
    """
    from advisor.migrations.impact import held_locks

    scripts: dict[int, int] = {}
    keys: dict[str, int] = {}
    own: list[str] = []
    for number, one in enumerate(assessed):
        script = scripts.setdefault(id(one.script), len(scripts))
        if script == len(scripts) - 1 and (number == 0 or assessed[number - 1].script is not one.script):
            facts.add_rows("migration_script", [_script(script, key_of(one.script, "", keys), one, engine)])
        key = key_of(one.script, one.statement.sql, keys)
        own.append(key)
        facts.add_rows("migration_statement", [_statement(number, script, key, one, engine)], engine)
        facts.add_rows("migration_change", _changes(number, one), engine)
        facts.add_rows("migration_lock", _locks(number, one, sizes), engine)
        facts.add_rows("migration_work", _works(number, one, sizes), engine)
    _load_holds(facts, assessed, held_locks(assessed, sizes), scripts, own, engine)


def load_uses(facts: Facts, uses: Iterable[tuple[int, Broken]], engine: EngineName) -> None:
    """Fills migration_use: each with the number of its statement."""
    rows = [(number, one.fingerprint, one.table, one.column, one.what, one.through) for number, one in uses]
    facts.add_rows("migration_use", rows, engine)


def load_regressions(facts: Facts, found: Iterable[tuple[int, Regressed]], engine: EngineName) -> None:
    """Fills migration_regression: each with the number of its statement."""
    rows = [(number, one.fingerprint, one.values, one.cost_before, one.cost_after, one.error) for number, one in found]
    facts.add_rows("migration_regression", rows, engine)


def load_indexes(facts: Facts, made: Iterable[tuple[int, MadeIndex]], engine: EngineName) -> None:
    """Fills migration_index: each with the number of its statement."""
    rows = [
        (number, one.table, one.index, None if one.used is None else int(one.used), one.covered_by)
        for number, one in made
    ]
    facts.add_rows("migration_index", rows, engine)


def key_of(script: Script, sql: str, seen: dict[str, int]) -> str:
    """Of the file's name, the revision's (files of some tools are all called alike) and the statement's text, none for
    the migration itself: moving lines or folders changes nothing. ``seen`` tells repetitions apart."""
    text = f"{PurePath(script.file).name}\0{PurePath(script.name).name}\0{' '.join(sql.split())}"
    base = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    seen[base] = seen.get(base, 0) + 1
    return base if seen[base] == 1 else f"{base}-{seen[base]}"


def _script(number: int, key: str, one: Assessed, engine: EngineName) -> Mapping[str, Any]:
    script = one.script
    return {
        "script_id": number,
        "script_key": key,
        "file": script.file,
        "tool": script.tool,
        "name": script.name,
        "engine": engine,
        "edited": int(script.edited),
        "line": one.statement.line,
    }


def _statement(number: int, script: int, key: str, one: Assessed, engine: EngineName) -> Mapping[str, Any]:
    outcome, weight, failure = one.outcome, one.weight, one.outcome.failure
    text = " ".join(one.statement.sql.split())
    seconds = weight.seconds
    return {
        "statement_id": number,
        "script_id": script,
        "statement_key": key,
        "engine": engine,
        "file": one.statement.file,
        "line": one.statement.line,
        "sql": mask(text),
        "transaction_id": one.statement.transaction,
        "executed": int(outcome.evidence in ("executed", "probed")),
        "evidence": outcome.evidence,
        "confidence": one.confidence,
        "verdict": one.verdict,
        "severity": one.severity,
        "failure": failure.message if failure else None,
        "failure_code": failure.code if failure else None,
        "failure_certain": int(failure.certain) if failure else None,
        "foreseen": int(failure.foreseen) if failure else None,
        "settle": failure.settle if failure else None,
        "waits_for_transactions": int(outcome.waits_for_transactions),
        "algorithm": outcome.algorithm,
        "lock_timeout_ms": outcome.lock_timeout_ms or None,
        "uncertain": outcome.uncertain,
        "cause": _HANGING.sub(r"whether it is refused hangs on what \1 changes", outcome.uncertain or "") or None,
        "seconds_low": seconds.low if seconds else None,
        "seconds_high": seconds.high if seconds else None,
        "size_bytes": weight.size_bytes,
        "wal_bytes": weight.wal_bytes,
        "disk_bytes": weight.disk_bytes,
        "blocked_per_second": weight.blocked_queries_per_second,
        "estimated_by": weight.calibrated if seconds else None,
        "at_size": in_brackets(seconds, weight.size_bytes),
        "price": price(seconds, weight.size_bytes),
    }


def _load_holds(
    facts: Facts,
    assessed: Sequence[Assessed],
    held: Sequence[HeldLocks],
    scripts: Mapping[int, int],
    keys: Sequence[str],
    engine: EngineName,
) -> None:
    for number, one in enumerate(held):
        parts = [
            *((at, table, "lock") for at, table in one.takers),
            *((at, None, "work") for at in one.workers),
            *((at, None, "beside") for at in one.beside),
        ]
        every = sorted((*one.workers, *one.beside))
        longest = assessed[one.longest]
        time = longest.weight.seconds
        row = {
            "hold_id": number,
            "script_id": scripts[id(longest.script)],
            "hold_key": " ".join(dict.fromkeys(keys[at] for at, _, _ in parts)),
            "worst_id": one.worst,
            "severity": one.severity,
            "works": len(every),
            "held": held_words([assessed[at].statement.line for at, _ in one.takers]),
            "working": working([assessed[at].statement.line for at in every], one.seconds),
            "longest": f"{duration(time)}, line {longest.statement.line}" if time is not None else None,
        }
        facts.add_rows("migration_hold", [row], engine)
        rows = [{"hold_id": number, "statement_id": at, "table_name": on, "role": role} for at, on, role in parts]
        facts.add_rows("migration_hold_part", rows, engine)


def _changes(number: int, one: Assessed) -> list[Mapping[str, Any]]:
    rows: list[Mapping[str, Any]] = []
    for position, change in enumerate(one.outcome.changes):
        row: dict[str, Any] = msgspec.structs.asdict(change)
        row |= {
            "statement_id": number,
            "position": position,
            "table_name": change.table,
            "column_name": change.column,
            "columns": ", ".join(change.columns) or None,
            "is_unique": int(change.unique),
        }
        if change.expression is not None:
            row["expression"] = mask(change.expression)
        rows.append({name: int(value) if isinstance(value, bool) else value for name, value in row.items()})
    return rows


def _locks(number: int, one: Assessed, sizes: Sizes) -> list[Mapping[str, Any]]:
    queues: dict[str, Queue] = {queue.relation: queue for queue in one.weight.queues}
    rows: list[Mapping[str, Any]] = []
    for lock in one.outcome.locks:
        queue = queues.get(lock.relation)
        count = sizes.rows(lock.relation)
        rows.append(
            {
                "statement_id": number,
                "table_name": lock.relation,
                "mode": lock.mode,
                "blocks_reads": int(lock.blocks_reads),
                "blocks_writes": int(lock.blocks_writes),
                "preexisting": int(lock.preexisting),
                "held_since_line": lock.held_since_line,
                "rows": None if count is None else round(count),
                "per_second": queue.statements_per_second if queue else None,
                "longest_seconds": queue.longest_seconds if queue else None,
                "longest_statement": _longest(queue),
                "queue": queueing(queue, readers=lock.blocks_reads) if queue else None,
                "stall_low": queue.stall.low if queue else None,
                "stall_high": queue.stall.high if queue else None,
                "queued_low": queue.queued.low if queue else None,
                "queued_high": queue.queued.high if queue else None,
            }
        )
    return rows


def _longest(queue: Queue | None) -> str | None:
    if queue is None or queue.longest_seconds is None:
        return None
    return f"{duration_of_one(queue.longest_seconds)} ({queue.longest_fingerprint})"


def _works(number: int, one: Assessed, sizes: Sizes) -> list[Mapping[str, Any]]:
    from advisor.migrations.verdict import grows

    rows: list[Mapping[str, Any]] = []
    for work in one.outcome.work:
        count = work.rows if work.kind == "write" else sizes.rows(work.relation)
        rows.append(
            {
                "statement_id": number,
                "kind": work.kind,
                "table_name": work.relation,
                "preexisting": int(work.preexisting),
                "index_name": work.index,
                "rows": None if count is None else round(count),
                "grows": int(grows(work, sizes)),
                "online": int(work.online),
            }
        )
    return rows
