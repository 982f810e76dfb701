"""A snapshot as a catalog: what its statements declare, with the sizes and counters of its relations.

The statements go through the reader of schema files, so that a snapshot, a dump and the server itself give the same
catalog. What only a server knows comes from the records.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from advisor.catalog.ddl.file import read_ddl
from advisor.model.catalog import Catalog, Index, Table
from advisor.model.snapshot import Relation, SchemaObject, Snapshot

#: Kinds that a catalog does not hold; functions could be long and are never read.
_SKIPPED = frozenset({"schema", "collation", "sequence", "function", "statistics", "rule"})


def catalog_of(snapshot: Snapshot) -> Catalog:
    """The catalog of a snapshot of any engine. Aspects are known as far as the snapshot's records tell them."""
    header = snapshot.header
    catalog = read_ddl(_text(snapshot), header.origin or "snapshot", header.engine.name)
    return catalog


def _text(snapshot: Snapshot) -> str:
    return "".join(f"{statement};\n" for o in snapshot.objects if o.kind not in _SKIPPED for statement in o.ddl)
