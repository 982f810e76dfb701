"""What forbids to drop an index: promises that it keeps, and work that no other index does.

Sources: PostgreSQL manual, "DROP INDEX", "ALTER TABLE" (REPLICA IDENTITY, CLUSTER ON), "ALTER INDEX" (ATTACH
PARTITION), "INSERT" (ON CONFLICT), "CREATE STATISTICS" on expressions; MySQL manual, "FOREIGN KEY Constraints" (errors
1553 and 1075) and "Index Hints"; SQLite documentation, "The INDEXED BY Clause".
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from advisor.model.catalog import ForeignKey, Index, IndexKey
from advisor.model.indexing import IndexDefinition
from advisor.recommend.existing.activity import Activity
from advisor.recommend.existing.demands import Demands
from advisor.recommend.existing.inventory import Existing, Inventory, Key
from advisor.recommend.existing.verdict import Protection


class Protector:
    """Knows what protects each index of a catalog under a workload."""

    def __init__(self, inventory: Inventory, demands: Demands, activity: Activity) -> None:
        """Without a workload and without counters a parent counts as one that may be deleted."""
        self.inventory = inventory
        self.demands = demands
        self.activity = activity
        self._referring: dict[str, list[tuple[str, ForeignKey]]] = {}
        for table in inventory.catalog.tables.values():
            for key in table.foreign_keys:
                self._referring.setdefault(key.parent, []).append((table.name, key))
        self.mysql = inventory.engine in ("mysql", "mariadb")

    def promises(self, one: Existing) -> list[Protection]:
        """Protections that hold whatever else exists."""
        found = []
        for member in self.inventory.family(one):
            found += [each for each in self._promises(member, one) if each not in found]
        return found

    def _promises(self, one: Existing, asked: Existing) -> list[Protection]:
        index, table = one.index, one.table
        found: list[Protection] = []
        if index.primary:
            found.append(Protection("primary_key", f"{one.shown} is the primary key of {table.name}."))
        elif index.constraint:
            found.append(Protection("constraint", f"{one.shown} backs a UNIQUE or EXCLUDE constraint of {table.name}."))
        elif index.unique and index.valid:
            found.append(
                Protection("unique", f"{one.shown} is unique: it promises that no two rows have the same keys.")
            )
        if index.replica_identity:
            found.append(
                Protection(
                    "replica_identity",
                    f"{one.shown} is the replica identity of {table.name}: without it UPDATE and DELETE of a published "
                    "table fail.",
                )
            )
        if index.clustered:
            found.append(
                Protection("cluster", f"{table.name} is clustered on {one.shown}: CLUSTER would not know how.")
            )
        if index.attached_to is not None and one is asked:
            above = index.attached_to
            found.append(
                Protection(
                    "attached", f"{one.shown} belongs to {above} of the partitioned table and goes with it only."
                )
            )
        fingerprint = self.demands.arbiter(table, index)
        if fingerprint is not None:
            found.append(Protection("on_conflict", f"An upsert ({fingerprint}) finds its conflicts by {one.shown}."))
        fingerprint = self.demands.hint(table, index)
        if fingerprint is not None:
            found.append(Protection("hint", f"A statement ({fingerprint}) names {one.shown} in a hint."))
        if index.method in ("fulltext", "spatial"):
            found.append(
                Protection(
                    "full_text",
                    f"{one.shown} is a {index.method} index: MATCH ... AGAINST fails without one."
                    if index.method == "fulltext"
                    else f"{one.shown} is a spatial index, which no other index replaces.",
                )
            )
        return found

    def needs(
        self, one: Existing, gone: Collection[Key] = (), added: Sequence[IndexDefinition] = ()
    ) -> list[Protection]:
        """Protections because no other index does this work, once those of ``gone`` are dropped and ``added`` made."""
        others = [
            each.index for each in self.inventory.of_table(one.table.name) if each is not one and each.key not in gone
        ]
        others += [_as_index(each) for each in added if each.table == one.table.name]
        found = []
        for key in one.table.foreign_keys:
            if not self.serves(one.index, key) or any(self.serves(other, key) for other in others):
                continue
            why = self._foreign_key(one, key)
            if why is not None:
                found.append(Protection("foreign_key", why))
        if self.mysql:
            found += self._referenced(one, others)
            found += self._auto_increment(one, others)
        return found

    def serves(self, index: Index, key: ForeignKey) -> bool:
        """Whether an index finds the rows of a foreign key: it begins with its columns.

        InnoDB wants them in the order of the declaration and whole; the others take any order, and leave out NULLs.
        """
        if self.mysql:
            return index.method == "btree" and leads(index.keys, key.columns)
        if not index.valid or index.method not in ("btree", "hash"):
            return False
        if index.where is not None and not _only_not_null(index.where, key.columns):
            return False
        first = [each.column for each in index.keys[: len(key.columns)]]
        return len(first) == len(key.columns) and set(first) == set(key.columns)

    def parents_go(self, key: ForeignKey) -> str | None:
        """How it is known that referenced rows are deleted or change their keys; None: they are not, as far as seen."""
        fingerprints = self.demands.loses_parents(key)
        if fingerprints:
            return f"the workload deletes from {key.parent} or changes its keys ({', '.join(fingerprints[:3])})"
        parent = self.inventory.catalog.tables.get(key.parent)
        writes = self.activity.writes(parent) if parent is not None else None
        if writes is not None and writes.deleted:
            return f"{writes.deleted} rows of {key.parent} were deleted since the counters began"
        if writes is None and not self.demands.known:
            return f"nothing is known of deletions from {key.parent}"
        return None

    def _foreign_key(self, one: Existing, key: ForeignKey) -> str | None:
        name = key.name or f"({', '.join(key.columns)})"
        if self.mysql:
            if (one.table.storage_engine or "innodb").lower() != "innodb":
                return None
            return f"The foreign key {name} of {one.table.name} needs {one.shown}: the server refuses to drop it."
        how = self.parents_go(key)
        alone = f"{one.shown} alone finds the rows that refer to {key.parent} by {name}"
        if how is None:
            # It could go today, but the first deletion would miss it, and a rule of the handbook ask for it again.
            return (
                f"{alone}: no deletion from {key.parent} was seen, and the first one would read {one.table.name} whole."
            )
        return f"{alone}, and {how}: each would read {one.table.name} whole."

    def _referenced(self, one: Existing, others: Sequence[Index]) -> list[Protection]:
        """InnoDB: the parent's columns need an index that begins with them."""
        found = []
        for child, key in self._referring.get(one.table.name, ()):
            if not key.parent_columns or not leads(one.index.keys, key.parent_columns):
                continue
            if not any(other.method == "btree" and leads(other.keys, key.parent_columns) for other in others):
                name = key.name or f"({', '.join(key.columns)})"
                why = (
                    f"The foreign key {name} of {child} refers to {one.table.name} through {one.shown}: the server "
                    "refuses to drop it."
                )
                found.append(Protection("referenced_key", why))
        return found

    def _auto_increment(self, one: Existing, others: Sequence[Index]) -> list[Protection]:
        column = next((each.name for each in one.table.columns if each.identity), None)
        if column is None or not leads(one.index.keys, (column,)) or any(leads(o.keys, (column,)) for o in others):
            return []
        return [Protection("auto_increment", f"{one.shown} alone begins with the AUTO_INCREMENT column {column}.")]


def leads(keys: Sequence[IndexKey], columns: Sequence[str]) -> bool:
    """Whether keys begin with these columns, in this order and whole (MySQL, which folds names)."""
    first = keys[: len(columns)]
    return [(each.column or "").lower() for each in first] == [each.lower() for each in columns] and all(
        each.prefix is None for each in first
    )


def _as_index(definition: IndexDefinition) -> Index:
    return Index(name="", keys=definition.keys, method=definition.method, where=definition.where)


def _only_not_null(where: str, columns: Sequence[str]) -> bool:
    """``(a IS NOT NULL)`` of the columns and nothing else: rows without a reference need no look."""
    text = " ".join(where.replace("(", " ").replace(")", " ").replace('"', "").lower().split())
    parts = [part.strip() for part in text.split(" and ")]
    return all(part.endswith(" is not null") and part[: -len(" is not null")] in columns for part in parts)
