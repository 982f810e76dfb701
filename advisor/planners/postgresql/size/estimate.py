"""The size of an index that stands in a catalog without its rows: facts, then the model of its access method."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from advisor.planners.postgresql.size import brin, btree, elements, gin, gist
from advisor.planners.postgresql.size import hash as hash_index
from advisor.planners.postgresql.size.catalog import Index, read
from advisor.planners.postgresql.size.key import Built, Facts
from advisor.planners.postgresql.size.statistics import Memo, Reader


def estimate(connection: Any, oid: int, *, work_mem_kb: int = 65536, memo: Memo | None = None) -> Built:
    """What CREATE INDEX of production's rows would leave of index ``oid``; its own file is not looked at.

    ``connection`` is psycopg's, in a transaction or not, of a role that sees pg_stats of the table. ``work_mem_kb`` is
    maintenance_work_mem: GIN is built in batches of it. ``memo``, a dict of the caller's, spares asking for a column
    again for the next index: for as long as statistics stay as they are.
    """
    reader = Reader(connection, memo)
    index = read(connection, oid, reader.memo)
    facts = reader.facts(index)
    built = _model(reader, index, facts, work_mem_kb)
    said = [built.modelled, *facts.notes] if built.modelled else list(facts.notes)
    return replace(built, modelled="; ".join(said) or None)


def _model(reader: Reader, index: Index, facts: Facts, work_mem_kb: int) -> Built:
    match facts.method:
        case "btree":
            return btree.size(facts)
        case "hash":
            return hash_index.size(facts)
        case "brin":
            return brin.size(facts)
        case "gin":
            found = [elements.of_column(reader, index, column, facts.rows) for column in index.columns]
            built = gin.size(facts, tuple(each for each, _ in found), work_mem_kb)
            said = "; ".join(dict.fromkeys(note for _, note in found if note))
            return replace(built, modelled=said or "GIN: the tail of rare elements is extrapolated")
        case "gist" | "spgist":
            sortable = facts.method == "gist" and all(column.sortable for column in index.columns[: index.key_count])
            return gist.size(facts, sorted_build=sortable and facts.version >= 140000)
    rough = gist.size(facts, sorted_build=False)
    return replace(rough, modelled=f"{facts.method}: no model of this access method; rows of average size")
