"""Migrations run on an empty copy of production's schema, and what each statement was seen to do there."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from itertools import groupby

from advisor.dryrun.postgresql.copy import open_copy
from advisor.dryrun.postgresql.refusals import names_in, would_make
from advisor.dryrun.postgresql.session import Session, ended
from advisor.dryrun.postgresql.tracing import Tracer
from advisor.model.counted import counted
from advisor.model.engine import Engine
from advisor.model.migration import Foretold, Script
from advisor.model.migration_limits import MIGRATION
from advisor.model.snapshot import Extension, Snapshot
from advisor.planners.postgresql.roles import make_role, missing_role

_EXTENSION = re.compile(
    r"\s*CREATE\s+EXTENSION\s+(?:IF\s+NOT\s+EXISTS\s+)?(?P<quote>\"?)(?P<name>[\w-]+)(?P=quote)"
    r"(?:\s+WITH\b)?(?:.*?\bSCHEMA\s+\"?(?P<schema>\w+))?",
    re.IGNORECASE | re.DOTALL,
)
_ROLES = 20
"""Roles that one statement may name."""
_SHOWN = 5
"""Statements of the base that failed, each named."""
_LOST = 4000
"""Characters of such a statement that are kept, to see what it would have made."""


def run(
    scripts: Sequence[Script],
    *,
    snapshot: Snapshot | None,
    base: Sequence[Script] = (),
    major: int | None = None,
) -> Foretold:
    """One outcome for each statement of ``scripts``, in their order.

    ``snapshot``: production's schema; None: what ``base`` makes of an empty database. ``base`` runs first, unwatched.
    Raises PlannerError where no server can run here, or where it ended.
    """
    import psycopg

    wanted = extensions_of([*base, *scripts])
    with open_copy(snapshot, major=major, extensions=wanted) as copy:
        try:
            session = Session(copy.cluster, time.monotonic() + MIGRATION.dry_run_seconds)
            try:
                notes = [*copy.problems, *([copy.binaries.note] if copy.binaries.note else [])]
                failed = _replay(session, base)
                notes += failed
                known = {one.name for one in snapshot.extensions} if snapshot is not None else set()
                known |= {one.name for one in extensions_of(base)}
                whole = (copy.whole or (snapshot is None and bool(base))) and not failed and _read(session, base)
                migrated = snapshot is None and bool(base)
                tracer = Tracer(copy, session, whole=whole, extensions=frozenset(known), migrated=migrated)
                outcomes = tracer.trace(scripts)
            finally:
                session.close()
        except psycopg.Error as error:
            raise ended(error) from None
        version = copy.binaries.version
    return Foretold(engine=Engine(name="postgresql", version=version), outcomes=tuple(outcomes), notes=tuple(notes))


def _read(session: Session, base: Sequence[Script]) -> bool:
    """All of the base is on the copy: nothing of it could not be read, and the extensions that it names are there."""
    rows = session.admin.execute("SELECT extname::pg_catalog.text FROM pg_catalog.pg_extension").fetchall()
    here = {name for (name,) in rows}
    return not any(script.unread for script in base) and all(one.name in here for one in extensions_of(base))


def extensions_of(scripts: Sequence[Script]) -> list[Extension]:
    """That are made by scripts: a copy must make them before it has any other object."""
    found = [_EXTENSION.match(one.sql) for script in scripts for one in script.statements]
    return [
        Extension(name=one["name"] if one["quote"] else one["name"].lower(), schema=one["schema"])
        for one in found
        if one is not None
    ]


def _replay(session: Session, base: Sequence[Script]) -> list[str]:
    """Runs earlier migrations; what of them failed, in words."""
    failed: list[str] = []
    lost: list[str] = []
    """Statements that failed; what only misses what they would have made is counted."""
    following = 0
    for script in base:
        for transaction, statements in groupby(script.statements, key=lambda one: one.transaction):
            if transaction is not None:
                session.begin()
            for one in statements:
                if transaction is not None:
                    if not session.open:
                        session.begin()
                    session.mark()
                said = session.run(one.sql)
                for _ in range(_ROLES):  # a block can ask for ever more
                    role = missing_role(said.message) if said.failed else None
                    if role is None or (session.open and not session.back()) or not make_role(session.admin, role):
                        break
                    if session.open:
                        session.learn()
                    said = session.run(one.sql)
                if said.failed and session.open:
                    session.back()
                if said.failed and not _EXTENSION.match(one.sql):
                    missing = names_in(said.message)[1]
                    if missing is not None and any(would_make(sql, missing) for sql in lost):
                        following += 1
                    else:
                        failed.append(f"{one.file}:{one.line} failed on the copy: {said.message}")
                    lost.append(one.sql[:_LOST])
            if transaction is not None:
                session.end(keep=True)
            session.settled()
        session.reset()
    if len(failed) > _SHOWN:
        rest = counted(len(failed) - _SHOWN, "more statement")
        failed[_SHOWN:] = [f"{rest} of earlier migrations failed on the copy"]
    if following:
        failed.append(
            f"{counted(following, 'statement')} of earlier migrations failed for want of what those would have made: "
            "name the schema with --catalog"
        )
    return failed
