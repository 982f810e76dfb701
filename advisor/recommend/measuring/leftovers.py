"""What a run that was killed left behind, told from what belongs to somebody else or to a run that goes on.

An index is ours where its name begins with our prefix and its comment says so too. Every run holds an advisory lock of
its own for as long as it lives: where the lock of a run can be had, the run is over and its indexes may go.
"""

from __future__ import annotations

import re
import secrets
from hashlib import blake2b
from typing import Any

from advisor.planners.hypothetical import quoted
from advisor.planners.postgresql import protocol
from advisor.recommend.measuring.staging import PREFIX

_COMMENT = "advisor: built for a measurement, dropped at its end; run "
_RUN = re.compile(re.escape(_COMMENT) + r"([0-9a-f]{8})\Z")
_FOUND = """
SELECT n.nspname::text, c.relname::text, obj_description(c.oid, 'pg_class')
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('i', 'I') AND NOT c.relispartition AND starts_with(c.relname::text, $1::text)
"""


def new_run() -> str:
    """Eight hex digits."""
    return secrets.token_hex(4)


def comment(run: str) -> str:
    """What stands in the comment of an index that a run built."""
    return f"{_COMMENT}{run}"


def run_of(text: str | None) -> str | None:
    """The run that a comment names; None: it is none of ours."""
    found = _RUN.match(text or "")
    return found.group(1) if found else None


def lock_number(run: str) -> int:
    """The advisory lock of a run."""
    return int.from_bytes(blake2b(f"advisor measure {run}".encode(), digest_size=8).digest(), "big", signed=True)


def lock_name(run: str) -> str:
    """The same for MariaDB's GET_LOCK."""
    return f"{PREFIX}{run}"


def clear_postgresql(connection: Any) -> list[str]:
    """Drops the indexes of runs that are over; what there is to say about it."""
    notes: list[str] = []
    runs = {run for _, _, text in protocol.rows(connection, _FOUND, PREFIX) if (run := run_of(text))}
    for run in sorted(runs):
        number = lock_number(run)
        if not protocol.row(connection, "SELECT pg_try_advisory_lock($1::int8)", number)[0]:
            notes.append(f"another measurement is going on here (run {run}): times disturb each other")
            continue
        try:
            gone = drop_postgresql(connection, run)
            notes.append(f"dropped {len(gone)} index(es) that run {run} had left behind when it was ended")
        finally:
            protocol.rows(connection, "SELECT pg_advisory_unlock($1::int8)", number)
    return notes


def drop_postgresql(connection: Any, run: str) -> list[str]:
    """Drops what one run built, and nothing else; gives the names."""
    gone = [
        f"{quoted(schema)}.{quoted(name)}"
        for schema, name, text in protocol.rows(connection, _FOUND, PREFIX)
        if run_of(text) == run
    ]
    for name in gone:
        protocol.rows(connection, f"DROP INDEX IF EXISTS {name}")
    return gone
