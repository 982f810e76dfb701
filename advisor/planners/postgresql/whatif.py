"""Indexes that do not exist, on a shadow: made for real, parked, and shown where a configuration has them.

Existing ones are hidden in the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from advisor.model.limits import LIMITS
from advisor.model.planning import IndexSize
from advisor.planners.errors import PlannerError
from advisor.planners.hypothetical import Hypothetical, parse, quoted
from advisor.planners.postgresql.creating import Batch
from advisor.planners.postgresql.made import Made
from advisor.planners.postgresql.protocol import rows, words
from advisor.planners.postgresql.switch import Switch

if TYPE_CHECKING:
    import psycopg

    from advisor.planners.postgresql.shadow import Shadow

_NAMED = """
SELECT array(SELECT p.relid::oid::int8 FROM pg_catalog.pg_partition_tree(c.oid) p UNION SELECT c.oid::int8),
       (SELECT pg_catalog.format('%s of %s', k.conname, k.conrelid::regclass) FROM pg_catalog.pg_constraint k
        WHERE k.conindid = c.oid AND k.contype IN ('p', 'u', 'x') LIMIT 1),
       EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = c.oid AND k.contype = 'f')
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid = pg_catalog.to_regclass($1) AND c.relkind IN ('i', 'I') AND n.nspname <> 'pg_catalog'
"""
_EXISTING = """
SELECT i.indexrelid::int8, i.indrelid::int8, i.indisvalid, n.nspname, c.relname,
       coalesce(rn.nspname, n.nspname), coalesce(r.relname, c.relname)
FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_class r ON r.oid = pg_catalog.pg_partition_root(c.oid)
LEFT JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace
WHERE c.relowner = 'advisor_owner'::regrole AND n.nspname <> 'pg_toast'
"""
_DROPPED = 100
"""In one statement: each is locked, and so is its table."""


@dataclass(frozen=True, slots=True)
class Existing:
    """An index that production has too."""

    oid: int
    table: int
    valid: bool
    schema: str
    name: str
    known_as: str
    """``schema.name`` of itself, or of the partitioned index that it is a part of."""


@dataclass(frozen=True, slots=True)
class World:
    """What a configuration means on this shadow."""

    shown: frozenset[int] = frozenset()
    hidden: frozenset[int] = frozenset()
    settings: tuple[tuple[str, str], ...] = ()
    made: tuple[Made, ...] = ()
    """Of ``add``, in order."""
    notes: tuple[str, ...] = ()
    dropped: int = 0
    """How often candidates had been dropped when it was told."""


class WhatIf:
    """The hypothetical indexes of one shadow."""

    def __init__(self, shadow: Shadow, park: Callable[[], None], seconds: float = 10.0) -> None:
        """``park`` puts every candidate out of sight; ``seconds`` bound each CREATE INDEX."""
        self.shadow = shadow
        self.park = park
        self.seconds = seconds
        self.switch = Switch()
        self.made: dict[str, Made] = {}
        """By canonical definition."""
        self._by_text: dict[str, Made] = {}
        self._sizes: dict[str, IndexSize] = {}
        """Of every index that was ever made, by its text."""
        self._dropped = 0
        self._named: dict[str, tuple[frozenset[int], tuple[str, ...]]] = {}

    @cached_property
    def existing(self) -> Mapping[int, Existing]:
        """Indexes as they were before anything hypothetical, by OID."""
        import psycopg

        try:
            with self.shadow.cluster.connect("admin") as admin:
                found = {
                    oid: Existing(oid, table, valid, schema, name, f"{root_schema}.{root}")
                    for oid, table, valid, schema, name, root_schema, root in rows(admin, _EXISTING)
                }
        except psycopg.Error as error:
            raise PlannerError(f"the shadow's indexes could not be read: {words(error)}") from None
        self.switch.existing({oid: one.table for oid, one in found.items()})
        return found

    def prepare(self, texts: Sequence[str]) -> list[Made]:
        """These indexes, in order; new ones are made together, while all others are parked.

        Raises PlannerError for one that cannot be.
        """
        unknown = [text for text in dict.fromkeys(texts) if text not in self._by_text]
        if unknown:
            definitions = {text: parse(text) for text in unknown}
            statements = {text: each.statement() for text, each in definitions.items()}
            new = {statements[text]: each for text, each in definitions.items() if statements[text] not in self.made}
            if new:
                wanted = set(statements.values()) | {
                    self._by_text[text].definition.statement() for text in texts if text in self._by_text
                }
                many = len(self.made) + len(new) - LIMITS.shadow_candidates
                if many > 0:
                    others = [key for key in self.made if key not in wanted]
                    self._drop(others[: many + LIMITS.shadow_candidates // 4])
                self._make(list(new.values()))
            self._by_text |= {text: self.made[statement] for text, statement in statements.items()}
            self._sizes |= {text: self.made[statement].size for text, statement in statements.items()}
        return [self._by_text[text] for text in texts]

    def sizes(self, texts: Sequence[str]) -> list[IndexSize]:
        """Their sizes, in order; those that were dropped since are not made again for it. Raises PlannerError."""
        new = [text for text in texts if text not in self._sizes]
        for start in range(0, len(new), LIMITS.shadow_candidates):
            self.prepare(new[start : start + LIMITS.shadow_candidates])
        return [self._sizes[text] for text in texts]

    def forget(self, texts: Sequence[str]) -> None:
        """Removes candidates that a search wants no longer, with their files. Raises PlannerError."""
        asked = {text: self._by_text[text].definition.statement() for text in texts if text in self._by_text}
        self._drop(set(asked.values()))

    def _drop(self, statements: Collection[str]) -> None:
        import psycopg

        if not statements:
            return
        self.park()
        try:
            with self.shadow.connect() as connection:
                gone = {key for key in statements if _alone(connection, self.made[key])}
                parts = [self.made[key].parts[0] for key in gone]
                for start in range(0, len(parts), _DROPPED):
                    some = parts[start : start + _DROPPED]
                    names = ", ".join(f"{quoted(part.schema)}.{quoted(part.name)}" for part in some)
                    rows(connection, f"DROP INDEX {names}")
        except psycopg.Error as error:
            raise PlannerError(f"candidates could not be removed: {words(error)}") from None
        self._dropped += 1
        for key in gone:
            self.switch.remove(part.oid for part in self.made.pop(key).parts)
        self._by_text = {text: made for text, made in self._by_text.items() if made.definition.statement() not in gone}

    def _make(self, definitions: Sequence[Hypothetical]) -> None:
        _ = self.existing  # read before anything is made
        self.park()
        made = Batch(self.shadow, self.seconds).make(definitions)
        self.switch.add({part.oid: part.table for each in made.values() for part in each.parts})
        self.made |= made

    def world(
        self,
        connection: psycopg.Connection[Any],
        add: Sequence[str],
        hide: Sequence[str],
        settings: Sequence[tuple[str, str]] = (),
    ) -> World:
        """What a configuration is here. Raises PlannerError for an index that cannot be made, or is not there."""
        made = tuple(self.prepare(add))
        hidden: frozenset[int] = frozenset()
        notes = [note for each in made for note in each.notes]
        for name in hide:
            oids, said = self._hidden(connection, name)
            hidden |= oids
            notes += said
        shown = frozenset(part.oid for each in made for part in each.parts)
        return World(
            shown - hidden,
            frozenset(oid for oid in hidden if oid in self.existing and self.existing[oid].valid),
            tuple(settings),
            made,
            tuple(notes),
            self._dropped,
        )

    def stands(self, world: World) -> bool:
        """Whether all that a world shows is there still."""
        return world.dropped == self._dropped

    def _hidden(self, connection: psycopg.Connection[Any], name: str) -> tuple[frozenset[int], tuple[str, ...]]:
        """OIDs of an index with its partitions, and what hiding it changes besides."""
        if name in self._named:
            return self._named[name]
        oids, notes = _named(connection, name)
        if all(oid in self.existing for oid in oids):
            self._named[name] = oids, notes
        return oids, notes


def _alone(connection: psycopg.Connection[Any], made: Made) -> bool:
    """Nothing of production's goes with it: CREATE INDEX takes indexes that partitions have already for its parts."""
    if len(made.parts) == len(made.leaves) == 1:
        return True
    ((whole,),) = rows(connection, "SELECT count(*) FROM pg_catalog.pg_partition_tree($1::oid)", made.parts[0].oid)
    return bool(whole == len(made.parts))


def _named(connection: psycopg.Connection[Any], name: str) -> tuple[frozenset[int], tuple[str, ...]]:
    import psycopg

    found: list[tuple[Any, ...]] = []
    spellings = [name] if '"' in name else [".".join(quoted(part) for part in name.split(".", 1)), quoted(name)]
    for spelling in dict.fromkeys(spellings):
        try:
            found = rows(connection, _NAMED, spelling)
        except psycopg.Error as error:
            raise PlannerError(f"index {name[:80]!r} to hide: {words(error)}") from None
        if found:
            break
    if not found:
        raise PlannerError(f"there is no index {' '.join(name.split())[:80]!r} to hide; write schema.index")
    if len(found) > 1:
        raise PlannerError(f"index {name[:80]!r} to hide: operators of the schema stand in front of the system's")
    ((oids, constraint, referenced),) = found
    notes: tuple[str, ...] = ()
    if constraint:
        notes = (
            f"{name} backs the constraint {constraint}: without it the planner no longer knows that its keys are unique"
            + (", and a foreign key refers to it" if referenced else ""),
        )
    return frozenset(oids), notes
