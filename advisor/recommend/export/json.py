"""Changes as plain JSON: what other programs run."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from advisor.model.engine import EngineName
from advisor.recommend.definition import key_text
from advisor.recommend.export.change import Prepared
from advisor.recommend.export.options import Options
from advisor.recommend.export.sqlfile import AFTERWARDS, BRIEF, PATIENT, UNBOUNDED


def text(prepared: Sequence[Prepared], engine: EngineName, options: Options) -> str:
    """``before`` and ``after`` are the session's settings; a step that ``waits`` runs outside a transaction."""
    session = engine == "postgresql"
    document = {
        "schema": "advisor-index-changes/1",
        "engine": engine,
        "before": [UNBOUNDED] if session else [],
        "changes": [_change(one, engine, options) for one in prepared],
        "after": list(AFTERWARDS) if session else [],
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def _change(one: Prepared, engine: EngineName, options: Options) -> dict[str, object]:
    change, index = one.change, one.change.index

    def steps(direction: str) -> list[dict[str, object]]:
        return [
            {
                "sql": step.sql,
                "note": step.note or None,
                "waits": step.waits,
                "in_transaction": engine != "postgresql" or not step.waits,
                "lock_timeout": None if engine != "postgresql" else PATIENT if step.waits else BRIEF,
            }
            for step in (one.up if direction == "up" else one.down)
        ]

    return {
        "kind": change.kind,
        "schema_name": one.schema,
        "table": index.table,
        "name": one.name or None,
        "columns": [key_text(key, engine) for key in index.keys],
        "include": list(index.include),
        "where": index.where,
        "method": index.method,
        "unique": index.unique,
        "up": steps("up"),
        "down": steps("down"),
        "refused": one.refused,
        "why": change.why or None,
        "statements": list(change.samples if options.show_literals and change.samples else change.statements),
        "proof": change.proof,
        "bytes": change.bytes,
        "seconds_per_hour": change.seconds_per_hour,
        "write_seconds_per_hour": change.write_seconds_per_hour,
        "notes": list(one.notes),
    }
