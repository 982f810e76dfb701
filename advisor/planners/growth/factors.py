"""Which table grows by how much: names as people write them, partitions, `*`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from difflib import get_close_matches

from advisor.model.catalog import Catalog
from advisor.model.limits import LIMITS
from advisor.model.planning import EVERY
from advisor.model.snapshot import Snapshot
from advisor.planners.errors import PlannerError
from advisor.planners.growth.driver import Drivers


def checked(factors: Mapping[str, float]) -> dict[str, float]:
    """The factors. Raises PlannerError for one that is none."""
    for table, factor in factors.items():
        if not math.isfinite(factor) or not 1.0 <= factor <= LIMITS.growth_factor:
            raise PlannerError(f"scale {table}={factor:g}: a factor is a number from 1 to {LIMITS.growth_factor:,.0f}")
    return dict(factors)


class Factors:
    """Factors by qualified table name; those of a partitioned table reach its leaves."""

    def __init__(self, snapshot: Snapshot, catalog: Catalog, drivers: Drivers, given: Mapping[str, float]) -> None:
        self.drivers = drivers
        self.path = (*catalog.search_path, catalog.default_schema or "public")
        self.index_tables = {
            f"{r.schema}.{r.name}": f"{r.schema}.{r.table}" for r in snapshot.relations if r.table is not None
        }
        self.tables = {f"{r.schema}.{r.name}" for r in snapshot.relations if r.table is None} | set(drivers.tables)
        self.grown = self._by_table(checked(given))

    def of(self, relation: str) -> float:
        """Of a table, or of the table of an index."""
        return self.grown.get(self.index_tables.get(relation, relation), 1.0)

    def _by_table(self, factors: dict[str, float]) -> dict[str, float]:
        found: dict[str, float] = {}
        if EVERY in factors:
            found = dict.fromkeys(self.tables, factors[EVERY])
        named = {self._table(name): factor for name, factor in factors.items() if name != EVERY}
        # A partition's own factor goes before its parent's, and that before its grandparent's.
        for name in sorted(named, key=lambda name: -len(self.drivers.leaves(name))):
            for member in (name, *self.drivers.leaves(name)):
                found[member] = named[name]
        return found

    def _table(self, name: str) -> str:
        if name in self.tables:
            return name
        plain = name.replace('"', "")
        if "." in plain and plain in self.tables:
            return plain
        for schema in self.path:
            if f"{schema}.{plain}" in self.tables:
                return f"{schema}.{plain}"
        hits = sorted(table for table in self.tables if table.rpartition(".")[2].lower() == plain.lower())
        if len(hits) == 1:
            return hits[0]
        if hits:
            raise PlannerError(f"scale {name}: several tables have this name: write {' or '.join(hits)}")
        bare = {table.rpartition(".")[2]: table for table in self.tables}
        near = get_close_matches(plain.rpartition(".")[2], list(bare), n=3)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise PlannerError(f"scale {name}: the snapshot has no table of this name{hint}")
