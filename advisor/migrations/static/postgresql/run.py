"""What one statement was found to do, while it is read: locks, work, changes, failure, doubts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from advisor.catalog.ddl.operations import Name
from advisor.migrations.static.postgresql import modes
from advisor.migrations.static.postgresql.world import Relation, World
from advisor.model.migration import Change, ChangeAction, Failure, Work


class Fails(Exception):  # noqa: N818 - it is what the server would say, and becomes a Failure
    """The statement fails on every server with this schema."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.failure = Failure(message=message, code=code)


class Skipped(Exception):  # noqa: N818 - no error: the branch that makes what is there already does not run
    """A branch would make what the schema has: the block asks for that first."""


@dataclass(slots=True)
class Taken:
    """A lock."""

    relation: str
    mode: str
    preexisting: bool


@dataclass
class Session:
    """Settings of the session that matter here: what SET, SET LOCAL and RESET leave."""

    values: dict[str, str] = field(default_factory=dict)
    local: dict[str, str] = field(default_factory=dict)
    """Until the transaction ends."""

    def get(self, name: str) -> str | None:
        """The value in force; None: the migration set none."""
        return self.local.get(name, self.values.get(name))


class Run:
    """Of one statement; `world` and `session` live on."""

    def __init__(self, world: World, session: Session, version: int, in_transaction: bool) -> None:
        self.world = world
        self.session = session
        self.version = version
        """Major."""
        self.in_transaction = in_transaction
        self.locks: list[Taken] = []
        self.works: list[Work] = []
        self._seen: set[Work] = set()
        self.created: list[str] = []
        self.changes: list[Change] = []
        self.hidden: list[str] = []
        self.doubts: list[str] = []
        self.waits = False
        self.opaque = False
        self.depth = 0
        """Of routines that call each other."""
        self.rounds = 0
        """Of all loops so far."""
        self.maybe = False
        """Inside a branch of a block: it may not run, so it cannot be said to fail."""
        self.wording = False
        """Only what the text asks for is wanted: of a statement that fails."""

    # ------------------------------------------------------------------ names
    def table(self, name: Name, *, conditional: bool = False, what: str = "relation") -> Relation | None:
        """The relation that a statement names; None: it does not exist, and the statement minds not (IF EXISTS).

        Raises Fails where the schema has none of this name.
        """
        found = self.world.find(name)
        if found is not None:
            return found
        if self.world.is_system(name):
            return Relation(self.world.canonical(name), name.schema, guessed=True, preexisting=False)
        if not self.sure(name):
            return self.world.guess(name)
        if conditional:
            return None
        shown = f"{name.schema}.{name.name}" if name.schema else name.name
        raise Fails(f'{what} "{shown}" does not exist', "42P01")

    def sure(self, name: Name) -> bool:
        """Is it certain that what the schema lacks is not there?"""
        return self.world.complete and not self.maybe and not self.world.foreign(name)

    # ------------------------------------------------------------------ effects
    def lock(self, relations: Relation | Iterable[Relation], mode: str) -> None:
        """A lock on each."""
        for one in (relations,) if isinstance(relations, Relation) else relations:
            if one.schema not in ("pg_catalog", "information_schema"):
                self.locks.append(Taken(one.name, mode, one.preexisting))

    def lock_name(self, name: str, mode: str, preexisting: bool) -> None:
        """A lock on an index."""
        self.locks.append(Taken(name, mode, preexisting))

    def work(
        self,
        kind: Literal["rewrite", "scan", "build", "write"],
        relation: Relation,
        *,
        index: str | None = None,
        rows: float | None = None,
        online: bool = False,
    ) -> None:
        """Work on a table; on a partitioned one, on each partition that has rows."""
        targets = [relation]
        if relation.kind == "partitioned":
            leaves = [one for one in self.world.family(relation) if one.kind == "table"]
            targets = leaves or ([] if self.world.complete else [relation])
            if kind == "write":
                targets = [relation]
        for target in targets:
            if target.kind in ("view", "foreign"):
                continue
            if kind == "write":
                self.world.emptied.discard(target.name)
            elif target.name in self.world.emptied:
                continue
            done = Work(
                kind=kind, relation=target.name, preexisting=target.preexisting, index=index, rows=rows, online=online
            )
            if done not in self._seen:
                self._seen.add(done)
                self.works.append(done)

    def change(self, action: str, relation: Relation | str | None = None, **fields: Any) -> None:
        """A clause of the statement."""
        name = relation.name if isinstance(relation, Relation) else relation
        self.changes.append(Change(action=cast(ChangeAction, action), table=name, **fields))

    def doubt(self, message: str) -> None:
        """What the text leaves open."""
        if message not in self.doubts:
            self.doubts.append(message)

    def hide(self, message: str) -> None:
        """It may make or drop anything, and only running it tells."""
        self.doubt(f"{message}: only running it tells what it does")
        self.opaque = True

    def forget(self) -> None:
        """Of a statement that fails nothing remains."""
        self.locks.clear()
        self.works.clear()
        self.created.clear()

    def outside_transaction(self, what: str) -> None:
        """Raises Fails inside a transaction."""
        if self.in_transaction:
            raise Fails(f"{what} cannot run inside a transaction block", "25001")

    def exists(self, message: str, code: str) -> None:
        """A name is taken, or there is nothing of it. Raises Fails; Skipped where a branch may not run."""
        if self.wording:
            return
        if self.maybe:
            raise Skipped
        raise Fails(message, code)

    # ------------------------------------------------------------------ often used
    def lock_family(self, relation: Relation, mode: str, *, only: bool = False) -> list[Relation]:
        """The same lock on it and all below it; says which they are."""
        found = [relation] if only else list(self.world.family(relation))
        self.lock(found, mode)
        return found

    def lock_index(self, table: Relation, index: str, mode: str) -> None:
        """A lock on an index of a table."""
        self.lock_name(table.qualified(index), mode, table.preexisting)

    def exclusive(self, relation: Relation) -> None:
        """ACCESS EXCLUSIVE."""
        self.lock(relation, modes.ACCESS_EXCLUSIVE)
