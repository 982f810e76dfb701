"""Statement by statement through the migrations: each runs, and what it locks and works on is read before it commits.

A statement that fails is undone alone, and the next ones run as if it stood not there: they are judged too, though in
production the transaction would end there.
"""

from __future__ import annotations

import os
import re
import sys
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from itertools import groupby
from typing import Any

from msgspec.structs import replace

from advisor.dryrun.postgresql import effects, plans
from advisor.dryrun.postgresql.branching import depends
from advisor.dryrun.postgresql.copy import Copy
from advisor.dryrun.postgresql.extensions import Extensions, extension_made
from advisor.dryrun.postgresql.locking import strongest_locks
from advisor.dryrun.postgresql.modes import MODES
from advisor.dryrun.postgresql.parking import Parking
from advisor.dryrun.postgresql.refusals import Circumstances, judge
from advisor.dryrun.postgresql.relations import scans, seen_from_inside
from advisor.dryrun.postgresql.savepoints import Savepoints
from advisor.dryrun.postgresql.session import Said, Session
from advisor.dryrun.postgresql.standing import Standing
from advisor.dryrun.postgresql.writing import WRITERS, sampled, written
from advisor.model.migration import Failure, MigrationStatement, Outcome, Script, Work
from advisor.planners.postgresql.roles import make_role, missing_role

#: Errors of what runs in no transaction: "cannot run inside a transaction block", "invalid transaction termination".
_ALONE = frozenset({"25001", "2D000"})
#: They refuse to run outside a transaction, which one of ours would hide.
_WITHIN = re.compile(r"\s*(LOCK|SAVEPOINT|RELEASE|ROLLBACK|DECLARE|COMMIT|END)\b", re.IGNORECASE)
_VACUUM = re.compile(r"\s*VACUUM\b", re.IGNORECASE)
_BESIDE = re.compile(r"\s*(REINDEX|CREATE)\b.{0,200}?\bCONCURRENTLY\b", re.IGNORECASE | re.DOTALL)
_NO_ROLE = frozenset({"42704", "22023"})
_ROLES = 20
"""Roles that one statement may name."""
_READ = """
    SELECT relation::int8, mode FROM pg_locks
    WHERE pid = %s AND locktype = 'relation' AND granted AND relation >= 16384
"""
#: Tools that keep one session over all their migrations.
_ONE_SESSION = frozenset({"alembic", "django", "run"})


class Tracer:
    """One run over a copy whose base is in place."""

    def __init__(
        self, copy: Copy, session: Session, *, whole: bool, extensions: frozenset[str], migrated: bool = False
    ) -> None:
        """``extensions``: that the base has, those made for the migrations not among them. ``migrated``: earlier
        migrations made it, and nothing else tells what production has.
        """
        self.session = session
        self.whole = whole
        self.schemas = _schemas(session) if migrated else None
        self.same_major = copy.binaries.same_major is not False
        self.extensions = Extensions(session, extensions)
        self.standing = Standing(session)
        self.failed: list[tuple[str, str]] = []
        """Statements that did not take effect, and which they were, in words."""
        self.held: dict[tuple[int, str], int] = {}
        """Line of the statement of the open transaction that took a lock, by relation and mode."""
        self.counts: dict[int, int] = {}
        """Scans that the session had begun before the next statement."""
        self.emptied: set[int] = set()
        """Tables that the open transaction truncated and did not fill again."""

    # ------------------------------------------------------------------ the order of things
    def trace(self, scripts: Sequence[Script]) -> list[Outcome]:
        """One outcome a statement."""
        found: list[Outcome] = []
        for number, script in enumerate(scripts):
            if number and script.tool not in _ONE_SESSION:
                self.session.reset()
            for transaction, statements in groupby(script.statements, key=lambda one: one.transaction):
                if transaction is None:
                    for one in statements:
                        found.append(self._lone(one))
                else:
                    found += self._together(list(statements))
        return found

    def _together(self, statements: list[MigrationStatement]) -> list[Outcome]:
        self._begin()
        savepoints = Savepoints(self.session, self.standing, statements)
        found = []
        for number, one in enumerate(statements):
            if one.undone_before:
                self._undone(savepoints, number - one.undone_before, one)
            savepoints.before(number, self.emptied)
            found.append(self._guarded(one, partial(self._inside, one, alone=False)))
        if savepoints.last is not None:
            self._undone(savepoints, savepoints.last, statements[-1])
        self._finish(found, keep=not savepoints.whole)
        if any(one.open_ended for one in statements):
            self.standing.load()
        return found

    def _undone(self, savepoints: Savepoints, number: int, one: MigrationStatement) -> None:
        """A ROLLBACK TO before a statement: locks taken since are let go."""
        emptied = savepoints.back(number)
        if emptied is None:
            self.failed.append((one.sql, f"ROLLBACK TO before line {one.line} of {one.file} could not be followed"))
            return
        self.emptied = emptied
        locks = self.session.admin.execute(_READ, [self.session.pid]).fetchall()
        still = {(oid, MODES.get(mode, mode)) for oid, mode in locks}
        self.held = {lock: line for lock, line in self.held.items() if lock in still}
        self.counts |= scans(self.session)

    def _lone(self, one: MigrationStatement) -> Outcome:
        if not _WITHIN.match(one.sql):
            self._begin()
            outcome = self._guarded(one, partial(self._inside, one, alone=True))
            found = [outcome]
            self._finish(found, keep=True)
            if outcome.failure is None or outcome.failure.code not in _ALONE:
                return found[0]
        return self._guarded(one, partial(self._parked, one))

    def _guarded(self, one: MigrationStatement, look: Callable[[], Outcome]) -> Outcome:
        """What a look at one statement tells; a look that breaks off is that statement's alone."""
        import psycopg

        from advisor.planners.errors import PlannerError

        try:
            return look()
        except (psycopg.Error, PlannerError):  # the server has ended
            raise
        except Exception as error:
            if os.environ.get("ADVISOR_DEBUG"):
                traceback.print_exc(file=sys.stderr)
            why = f"what it did could not be read from the copy ({type(error).__name__})"
            self.failed.append((one.sql, f"line {one.line} of {one.file} could not be followed before it"))
            return Outcome(evidence="text", why_not=why, uncertain=why)

    def _begin(self) -> None:
        self.session.begin()
        self._new_transaction()
        self.counts = scans(self.session)

    def _new_transaction(self) -> None:
        self.held = {}
        self.counts = {}
        self.emptied = set()

    def _finish(self, found: list[Outcome], *, keep: bool) -> None:
        said = self.session.end(keep=keep)
        if not keep or said.failed:
            self.standing.load()
        if said.failed and found and found[-1].failure is None:
            judged = judge(said, "", self._around(in_transaction=True))
            found[-1] = replace(found[-1], failure=judged.failure, why_not=found[-1].why_not or judged.why_not)

    # ------------------------------------------------------------------ a statement in a transaction
    def _inside(self, one: MigrationStatement, *, alone: bool) -> Outcome:
        session = self.session
        if not session.open:  # the statement before ended it, or its session
            self._begin()
        session.mark()
        timeouts = self._timeouts()
        planned = plans.written(session, one.sql)
        if planned is None:
            session.back()
            session.mark()
        said = self._run(one.sql)
        session.noticed() if not said.failed else session.back()
        if said.failed:
            if said.lost:
                self.standing.load()
            if alone and said.code in _ALONE:
                return Outcome(evidence="executed", failure=Failure(message=said.message, code=said.code))
            if session.open:  # what it scanned before it failed stays counted
                self.counts |= scans(session)
            return replace(self._refused(said, one, planned), **timeouts)
        if not session.open:  # a COMMIT inside: nothing is left to read
            self.standing.load()
            return Outcome(evidence="executed", **timeouts)
        locks = session.admin.execute(_READ, [session.pid]).fetchall()
        outcome = self._traced(one, said, {(oid, MODES.get(mode, mode)) for oid, mode in locks}, planned)
        return replace(outcome, **timeouts)

    def _run(self, statement: str) -> Said:
        """A statement, with roles made that it misses."""
        session = self.session
        said = session.run(statement)
        for _ in range(_ROLES):
            role = missing_role(said.message) if said.code in _NO_ROLE else None
            if role is None or (session.open and not session.back()) or not make_role(session.admin, role):
                break
            if session.open:
                session.learn()
            said = session.run(statement)
        return said

    def _traced(
        self, one: MigrationStatement, said: Said, taken: set[tuple[int, str]], planned: list[plans.Written] | None
    ) -> Outcome:
        oids = {oid for oid, _ in taken}
        after, keys = seen_from_inside(self.session, oids)
        toasts = {relation.toast for relation in after.values()} - {0}
        oids -= toasts
        counts = scans(self.session, oids)
        new: dict[int, set[str]] = {}
        for oid, mode in taken:
            if (oid, mode) not in self.held:
                self.held[oid, mode] = one.line
                new.setdefault(oid, set()).add(mode)
        seen = effects.Seen(
            tag=said.tag,
            before=self.standing.relations,
            after={oid: relation for oid, relation in after.items() if oid not in toasts},
            locked=oids,
            new=new,
            scans={oid: number - self.counts.get(oid, 0) for oid, number in counts.items()},
            keys=tuple(key for oid, key in keys.items() if oid not in self.standing.keys),
            mine=self.standing.mine,
        )
        self.counts |= counts
        self.standing.keys |= keys
        found = effects.worked(seen)
        created = self.standing.adopt(oids, seen.after)
        # A new table may have the name that an old one had: which one it is, its age tells
        mine = self.standing.mine
        targets = {(self.standing.names[oid], oid in mine) for oid in self.standing.targets(planned or [])}
        work = effects.works(found, self.standing.names, self.standing.mine)
        work = [each for each in work if each.kind != "scan" or (each.relation, each.preexisting) not in targets]
        work += written(self.standing, seen, planned) + sampled(self.standing, seen)
        spent = {self.standing.names[oid] for oid in self.emptied if oid in self.standing.names}
        work = [each for each in work if each.kind == "write" or each.relation not in spent]
        self.emptied |= found.truncated
        for each in work:
            if each.kind == "write":
                self.emptied -= {oid for oid in self.emptied if self.standing.names.get(oid) == each.relation}
        return Outcome(
            evidence="executed",
            locks=strongest_locks(self.standing, taken, self.held, one.line),
            work=tuple(work),
            created=created,
            uncertain=depends(self.standing, one, seen),
        )

    # ------------------------------------------------------------------ a statement in no transaction
    def _parked(self, one: MigrationStatement) -> Outcome:
        session, before = self.session, self.standing.relations
        timeouts = self._timeouts()
        self._new_transaction()
        with Parking(session, before, one.sql) as parking:
            said = session.run(one.sql, parking.watch)
            if said.code in _NO_ROLE and (role := missing_role(said.message)) and make_role(session.admin, role):
                said = session.run(one.sql, parking.watch)
        if session.open:
            session.end(keep=False)
        session.settled()
        self.standing.load()
        if said.failed:
            return replace(self._refused(said, one, None), **timeouts)
        after = self.standing.relations
        changed = {oid for oid, relation in after.items() if before.get(oid) != relation}
        oids = changed | (before.keys() - after.keys()) | {oid for oid, _ in parking.taken}
        seen = effects.Seen(
            tag=said.tag,
            before=before,
            after={oid: after[oid] for oid in oids if oid in after},
            locked=oids,
            new={},
            scans={},
            keys=(),
            mine=self.standing.mine,
        )
        found = effects.worked(seen)
        self.standing.relations = dict(before)
        created = self.standing.adopt(oids, seen.after)
        self.standing.relations = after
        taken = set(parking.taken)
        work = effects.works(found, self.standing.names, self.standing.mine)
        if _VACUUM.match(one.sql) and not found.rewritten:
            tables = self.standing.named(one.sql)
            work += [Work(kind="scan", relation=self.standing.names[oid], preexisting=True) for oid in tables]
            taken |= {(oid, "SHARE UPDATE EXCLUSIVE") for oid in tables}
        locks = strongest_locks(self.standing, taken, self.held, one.line)
        # REINDEX CONCURRENTLY of a partitioned table lets go of what it locked to list the partitions (indexcmds.c).
        stopped = {lock.relation for lock in locks if lock.blocks_writes and not _BESIDE.match(one.sql)}
        return Outcome(
            evidence="executed",
            locks=locks,
            work=tuple(replace(each, online=each.relation not in stopped) for each in work),
            created=created,
            waits_for_transactions=parking.waits_for_transactions,
            uncertain="it commits inside, so its locks could not all be read" if seen.command in WRITERS else None,
            **timeouts,
        )

    # ------------------------------------------------------------------ a statement that the copy refuses
    def _refused(self, said: Said, one: MigrationStatement, planned: list[plans.Written] | None) -> Outcome:
        known = self.extensions.refused(said, one.sql)
        if known is not None:
            return known
        judged = judge(said, one.sql, self._around(in_transaction=one.transaction is not None))
        if judged.failure is not None:
            self.failed.append((one.sql, f"line {one.line} of {one.file} failed before it"))
            return Outcome(evidence="executed", failure=judged.failure)
        if judged.why_not is None:
            return Outcome(evidence="executed")
        extension = extension_made(one.sql)
        if extension is not None:  # its script makes objects of its own and locks nothing of others
            self.failed.append((one.sql, f"extension {extension} is not in the copy"))
            return Outcome(evidence="schema", why_not=judged.why_not)
        work: tuple[Work, ...] = ()
        if planned:
            work = tuple(
                Work(kind="write", relation=self.standing.names[oid], preexisting=oid in self.standing.mine, rows=rows)
                for oid, rows in self.standing.targets(planned).items()
            )
        else:
            self.failed.append((one.sql, f"line {one.line} of {one.file} could not be tried before it"))
        return Outcome(evidence="text", why_not=judged.why_not, work=work, uncertain=judged.why_not)

    def _around(self, *, in_transaction: bool) -> Circumstances:
        return Circumstances(
            self.whole,
            None if self.schemas is None else self.schemas | _schemas(self.session),
            self.same_major,
            frozenset(self.standing.gone),
            tuple(self.failed),
            in_transaction,
        )

    def _timeouts(self) -> dict[str, Any]:
        return {f"{name}_ms": value for name, value in self.session.in_force.items()}


def _schemas(session: Session) -> frozenset[str]:
    """Of the copy, as they are committed."""
    rows = session.admin.execute("SELECT nspname::pg_catalog.text FROM pg_catalog.pg_namespace").fetchall()
    return frozenset(name for (name,) in rows)
