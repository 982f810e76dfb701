"""One ALTER TABLE: its clauses gather what they need, then the table is locked and worked through once."""

from __future__ import annotations

from dataclasses import dataclass, field

from advisor.migrations.static.postgresql import modes
from advisor.migrations.static.postgresql.run import Run
from advisor.migrations.static.postgresql.world import Relation


@dataclass
class Altering:
    """The table, the tables below it, and what the clauses so far need."""

    run: Run
    table: Relation
    only: bool
    mode: str = modes.ACCESS_SHARE
    """The strongest that a clause asks for (AlterTableGetLockLevel)."""
    recurses: bool = False
    rewritten: list[Relation] = field(default_factory=list)
    scanned: list[Relation] = field(default_factory=list)
    built: list[tuple[Relation, str]] = field(default_factory=list)
    family: list[Relation] = field(default_factory=list)
    fresh: set[str] = field(default_factory=set)
    """Columns that this statement adds."""
    no_inherit: bool = False
    """The text has NO INHERIT."""
    done: bool = False
    filled: bool = False
    """One of them has values in the rows that are there."""

    def __post_init__(self) -> None:
        self.family = [self.table] if self.only else list(self.run.world.family(self.table))

    def need(self, mode: str, *, recurses: bool = False) -> None:
        """A clause asks for this lock, on the tables below too where it works there."""
        self.mode = modes.strongest(self.mode, mode)
        self.recurses = self.recurses or recurses

    def rewrite(self, *, family: bool = True) -> None:
        """The rows are written anew."""
        self.rewritten.extend(self.family if family else [self.table])

    def scan(self, *, family: bool = True) -> None:
        """The rows are read to check something."""
        self.scanned.extend(self.family if family else [self.table])

    def build(self, relation: Relation, index: str) -> None:
        """An index is made, or made anew."""
        self.built.append((relation, index))

    def finish(self) -> None:
        """Locks and work of the whole statement."""
        if self.done:
            return
        self.done = True
        run = self.run
        run.lock(self.family if self.recurses else [self.table], self.mode)
        names = {one.name for one in self.rewritten}
        for one in self.rewritten:
            if one.kind != "partitioned":
                run.work("rewrite", one)
        for one in self.scanned:
            if one.name not in names and one.kind != "partitioned":
                run.work("scan", one)
        if self.table.kind == "partitioned" and not run.world.complete and len(self.family) == 1:
            if self.rewritten:
                run.work("rewrite", self.table)
            elif self.scanned:
                run.work("scan", self.table)
        for one, index in self.built:
            run.work("build", one, index=one.qualified(index))
