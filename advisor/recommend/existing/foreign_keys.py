"""Foreign keys whose referencing columns no index leads with (PostgreSQL and SQLite; InnoDB makes one itself).

The page IDX003 of the handbook states the finding; this gives its index as a definition, and what speaks for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from advisor.model.catalog import ForeignKey, IndexKey, Table
from advisor.model.indexing import Candidate, IndexDefinition, Reason
from advisor.model.limits import LIMITS
from advisor.model.remedy import Remedy
from advisor.recommend.existing.inventory import Inventory
from advisor.recommend.existing.protection import Protector
from advisor.recommend.existing.verdict import UnindexedForeignKey


def unindexed(inventory: Inventory, protector: Protector) -> list[UnindexedForeignKey]:
    """One for each such key of a table that is not known to be small; those with deleted parents first."""
    if inventory.engine in ("mysql", "mariadb"):
        return []
    found: dict[tuple[str, tuple[str, ...]], UnindexedForeignKey] = {}
    for table in inventory.catalog.tables.values():
        # A partition has the key of its partitioned table, which is asked.
        small = table.rows is not None and table.rows < LIMITS.existing_child_rows
        if table.kind not in ("table", "partitioned") or table.partition_of is not None or small:
            continue
        for key in table.foreign_keys:
            if not any(protector.serves(index, key) for index in table.indexes):
                found.setdefault((table.name, key.columns), _unindexed(inventory, protector, table, key))
    return sorted(found.values(), key=lambda one: (one.severity != "medium", one.table, one.columns))


def _unindexed(inventory: Inventory, protector: Protector, table: Table, key: ForeignKey) -> UnindexedForeignKey:
    how = protector.parents_go(key)
    seen = protector.demands.loses_parents(key)
    known = how is not None and not how.startswith("nothing is known")
    columns = ", ".join(key.columns)
    why = f"{table.name} ({columns}) refers to {key.parent} and no index begins with it"
    reasons = tuple(
        Reason(
            fingerprint, f"{why}: each row of {key.parent} that this statement deletes or renumbers reads the table."
        )
        for fingerprint in seen
    )
    text = f"{why}: {how}." if known else f"{why}: a deletion from {key.parent} would read the table; none was seen."
    severity: Literal["low", "medium"] = "medium" if known else "low"
    return UnindexedForeignKey(
        table=table.name,
        columns=key.columns,
        parent=key.parent,
        constraint=key.name,
        definition=IndexDefinition(
            engine=inventory.engine,
            table=table.name,
            keys=tuple(IndexKey(column=column) for column in key.columns),
        ),
        severity=severity,
        reasons=reasons or (Reason("", text),),
        evidence={
            "rows": table.rows,
            "parent": key.parent,
            "on_delete": key.on_delete,
            "parents_deleted_by": list(seen),
            "observed": how if known else None,
        },
    )


def candidates(keys: Sequence[UnindexedForeignKey]) -> list[Candidate]:
    """As candidates of the search: planners do not see what a foreign key's check costs, so their reasons have to."""
    return [Candidate(index=one.definition, reasons=one.reasons) for one in keys]


def already_asked(one: UnindexedForeignKey, remedies: Sequence[Remedy]) -> Remedy | None:
    """The remedy of a handbook page that makes an index for this key, so that it is recommended once."""
    for remedy in remedies:
        leading = remedy.columns[: len(one.columns)]
        if (
            remedy.kind == "create_index"
            and remedy.table == one.table
            and remedy.where is None
            and (remedy.method or "btree") == "btree"
            and set(leading) == set(one.columns)
        ):
            return remedy
    return None
