"""What every statement of a migration does, told from its text and a schema."""

from __future__ import annotations

import contextlib
import copy
import re
from collections.abc import Sequence
from itertools import groupby

import msgspec

from advisor.catalog.ddl.lexer import Statement, single
from advisor.migrations.static.postgresql import modes, settings
from advisor.migrations.static.postgresql.run import Fails, Run, Session, Skipped, Taken
from advisor.migrations.static.postgresql.statements import read
from advisor.migrations.static.postgresql.world import World
from advisor.model.catalog import Catalog
from advisor.model.engine import Engine
from advisor.model.migration import Change, Foretold, Lock, MigrationStatement, Outcome, Script

#: Taken where nobody names a version.
NEWEST = 18
_MAJOR = re.compile(r"\d+")
#: What is not there, or is there already (manual, appendix "PostgreSQL Error Codes").
_HANGS = frozenset({"2BP01", "42P01", "42P07", "42P16", "42701", "42703", "42704", "42710", "42723", "42883", "3F000"})


def foretell(
    scripts: Sequence[Script], catalog: Catalog | None, engine: Engine, *, base: Sequence[Script] = ()
) -> Foretold:
    """One outcome a statement, in order.

    ``base``: migrations that ran before, on top of ``catalog`` if there is one. Without both every table that a
    statement names counts as there before. Nothing raises: what cannot be read is said in ``uncertain``.
    """
    notes: list[str] = []
    match = _MAJOR.match(engine.version or "")
    version = int(match.group()) if match else NEWEST
    if match is None:
        notes.append(f"no server version is known: PostgreSQL {NEWEST} is assumed")
    world = World(catalog)
    if catalog is None and base:
        world.complete = all(not script.unread for script in base)
        world.schemas = set()
    for script in base:
        before = Telling(world, version).script(script)
        # They ran: where one seems to miss something, it came from elsewhere, and more may have.
        if catalog is None and any(one.failure is not None and one.failure.code in _HANGS for one in before):
            world.complete = False
    world.now_preexisting()
    outcomes = [
        outcome
        for script in scripts
        for outcome in Telling(world, version, known=catalog is not None or bool(base)).script(script)
    ]
    return Foretold(engine=engine, outcomes=tuple(outcomes), notes=tuple(notes))


class Telling:
    """One script: a session of its own."""

    def __init__(self, world: World, version: int, *, known: bool = True) -> None:
        self.world = world
        self.version = version
        self.known = known
        self.session = Session()
        self.transaction: int | None = None
        self.held: dict[str, dict[str, int]] = {}
        """Of the transaction that is open: relation, modes, and the line that took each."""
        self.there: dict[str, bool] = {}

    def script(self, script: Script) -> list[Outcome]:
        self.world.path = self.world.default_path
        found: list[Outcome] = []
        for transaction, group in groupby(script.statements, key=lambda one: one.transaction):
            statements = list(group)
            if transaction is None or not any(one.open_ended for one in statements):
                found += [self._outcome(one) for one in statements]
            else:
                found += self._undone(statements)
        self.world.path = self.world.default_path
        return found

    def _undone(self, statements: list[MigrationStatement]) -> list[Outcome]:
        """A transaction of which ROLLBACK, or ROLLBACK TO, undoes something."""
        last = len(statements)
        while last and statements[last - 1].open_ended:
            last -= 1
        wanted = {number - one.undone_before for number, one in enumerate(statements) if one.undone_before} | {last}
        kept: dict[int, tuple[dict[str, object], dict[str, dict[str, int]], dict[str, bool]]] = {}
        found: list[Outcome] = []
        for number, one in enumerate(statements):
            if one.undone_before and number - one.undone_before in kept:
                self._back(kept[number - one.undone_before])
            if number in wanted:
                kept[number] = copy.deepcopy((vars(self.world), self.held, self.there))
            found.append(self._outcome(one))
        if last in kept:
            self._back(kept[last])
        return found

    def _back(self, kept: tuple[dict[str, object], dict[str, dict[str, int]], dict[str, bool]]) -> None:
        world, held, there = copy.deepcopy(kept)
        vars(self.world).update(world)
        self.held, self.there = held, there

    def _outcome(self, statement: MigrationStatement) -> Outcome:
        if statement.transaction is None or statement.transaction != self.transaction:
            self.held.clear()
            self.world.emptied.clear()
            self.world.unsafe_values.clear()
            if self.session.local:
                self.session.local.clear()
                settings.place_path(self.world, self.session)
        self.transaction = statement.transaction
        run = Run(self.world, self.session, self.version, statement.transaction is not None)
        failure = None
        tokens = single(statement.sql, "postgresql")
        if tokens.note is not None:
            run.doubt(tokens.note)
            run.change("other")
        else:
            while tokens.tokens and tokens.tokens[-1].text == ";":
                tokens.tokens.pop()
            if tokens.tokens:
                try:
                    read(tokens, run)
                except Fails as fails:
                    failure = fails.failure
                    run.changes = self._worded(tokens) or run.changes
                    if not run.changes:
                        run.change("other")
                    if self.world.opaque is not None and failure.code in _HANGS:
                        run.doubt(f"{failure.message}, unless {self.world.opaque} changed that")
                        failure = None
                        run.forget()
        if statement.open_ended:  # a ROLLBACK, perhaps to a savepoint, fills again what it emptied
            self.world.emptied.clear()
        if run.opaque:
            self.world.opaque = f"line {statement.line} of {statement.file}"
        if failure is not None:
            run.forget()
        return Outcome(
            evidence="schema" if self.known else "text",
            locks=self._locks(run, statement),
            work=tuple(run.works),
            created=tuple(run.created),
            changes=tuple(run.changes),
            failure=failure,
            waits_for_transactions=run.waits and failure is None,
            lock_timeout_ms=settings.milliseconds(self.session.get("lock_timeout")),
            statement_timeout_ms=settings.milliseconds(self.session.get("statement_timeout")),
            hidden=tuple(run.hidden),
            uncertain="; ".join(run.doubts) or None,
        )

    def _worded(self, statement: Statement) -> list[Change]:
        """What a statement that fails asks for."""
        run = Run(self.world.loose(), Session(), max(self.version, NEWEST), in_transaction=False)
        run.maybe = run.wording = True
        with contextlib.suppress(Fails, Skipped):
            read(statement, run)
        conditional = any(one.upper == "IF" for one in statement.tokens)
        return [
            msgspec.structs.replace(one, no_op=False, conditional=one.conditional and conditional)
            for one in run.changes
        ]

    def _locks(self, run: Run, statement: MigrationStatement) -> tuple[Lock, ...]:
        mine: dict[str, list[str]] = {}
        for taken in run.locks:
            self._take(mine.setdefault(taken.relation, []), taken)
            # Of a name that the transaction gave to something new the old one is still locked
            old = taken.relation in self.held and self.there.get(taken.relation, False)
            self.there[taken.relation] = taken.preexisting or old
        found: dict[tuple[str, str], Lock] = {}
        for relation, held in self.held.items():
            for mode, line in held.items():
                stronger = any(mode != other and modes.covers(other, mode) for other in mine.get(relation, ()))
                if not stronger:
                    found[relation, mode] = self._lock(relation, mode, line)
        for relation, wanted in mine.items():
            for mode in wanted:
                earlier = self.held.get(relation, {})
                if not any(modes.covers(other, mode) for other in earlier):
                    found[relation, mode] = self._lock(relation, mode, None)
        if statement.transaction is not None:
            for relation, wanted in mine.items():
                for mode in wanted:
                    self.held.setdefault(relation, {}).setdefault(mode, statement.line)
        return tuple(found.values())

    def _take(self, modes_of: list[str], taken: Taken) -> None:
        """Keeps the modes that no other one of the same relation covers; ACCESS SHARE is left out."""
        if taken.mode == modes.ACCESS_SHARE or any(modes.covers(one, taken.mode) for one in modes_of):
            return
        modes_of[:] = [one for one in modes_of if not modes.covers(taken.mode, one)]
        modes_of.append(taken.mode)

    def _lock(self, relation: str, mode: str, line: int | None) -> Lock:
        known = self.world.relations.get(relation)
        # Nobody writes to a materialised view but its own REFRESH
        written = known is None or known.kind != "materialized_view"
        return Lock(
            relation=relation,
            mode=mode,
            blocks_reads=modes.blocks_reads(mode),
            blocks_writes=modes.blocks_writes(mode) and (written or modes.blocks_reads(mode)),
            preexisting=self.there.get(relation, True),
            held_since_line=line,
        )
