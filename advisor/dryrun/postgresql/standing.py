"""What stands on the copy as the migrations run: its relations before the next statement, and their names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from advisor.dryrun.postgresql import plans
from advisor.dryrun.postgresql.relations import Relation, all_keys, all_relations
from advisor.dryrun.postgresql.session import Session


class Standing:
    """The relations of the copy, from its base on."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.load()
        self.mine = frozenset(self.relations)
        """Those of the base, by OID."""
        self.names = {oid: one.canonical for oid, one in self.relations.items() if one.named}
        """Of the base and of what was made since, as they were first named."""
        self.gone: set[str] = set()
        """Names that were dropped or renamed, and not made again."""

    def load(self) -> None:
        """As it is committed now."""
        self.relations: dict[int, Relation] = all_relations(self.session.admin)
        self.keys = all_keys(self.session.admin)

    def adopt(self, oids: Iterable[int], after: dict[int, Relation] | Any) -> tuple[str, ...]:
        """Takes the relations as they are now for the next statement's before; the names of new ones."""
        created = []
        for oid in oids:
            old, now = self.relations.get(oid), after.get(oid)
            if old is not None and old.named and (now is None or now.name != old.name):
                self.gone.add(old.name)
            if now is None:
                self.relations.pop(oid, None)
                continue
            self.relations[oid] = now
            if now.named:
                self.gone.discard(now.name)
                if oid not in self.mine:
                    self.names[oid] = now.canonical
                if old is None and now.persistence != "t":
                    created.append(now.canonical)
        return tuple(sorted(created))

    def targets(self, planned: Sequence[plans.Written]) -> dict[int, float | None]:
        """Rows written by plan, as estimated, by the table's OID."""
        by_name = {(one.schema, one.name): oid for oid, one in self.relations.items() if one.named}
        return {by_name[each.schema, each.name]: each.rows for each in planned if (each.schema, each.name) in by_name}

    def above(self, one: Relation) -> set[int | None]:
        """The partitioned tables that it is a part of."""
        found: set[int | None] = set()
        parent = one.parent
        while parent is not None and parent not in found:
            found.add(parent)
            above = self.relations.get(parent)
            parent = above.parent if above is not None else None
        return found

    def named(self, statement: str) -> list[int]:
        """Tables that a VACUUM names; all where it names none."""
        words = {word.lower() for word in re.findall(r"[\w$]+", statement)}
        stored = [oid for oid in self.mine if oid in self.relations and self.relations[oid].stored]
        return sorted(oid for oid in stored if self.relations[oid].name.lower() in words) or sorted(stored)

    def sequence(self, oid: int) -> bool:
        """Is it a sequence?"""
        return oid in self.relations and self.relations[oid].kind == "S"
