"""Indexes of a column, built again over the one that takes its place (PostgreSQL)."""

from __future__ import annotations

import re
from typing import NamedTuple

from advisor.alternatives.ground import Ground, alone
from advisor.alternatives.no_other_way import NoOtherWay
from advisor.alternatives.parts import mentions, with_prefix
from advisor.model.catalog import Index, Table
from advisor.model.check import Step

_INVALID = "if it fails, drop the INVALID index that it leaves, and try again"


class Copied(NamedTuple):
    """``dropped`` before the columns change names, ``promoted`` after it; ``renamed`` when the old ones are gone."""

    steps: list[Step]
    dropped: list[str]
    promoted: list[str]
    renamed: list[str]


def copied(ground: Ground, table: Table, column: str, new: str) -> Copied:
    """Plain ones and those of PRIMARY KEY and UNIQUE. ``new``: as SQL. Raises NoOtherWay."""
    found = Copied([], [], [], [])
    name = ground.sql_table(table.name)
    for index in table.indexes:
        if not _over(index, column):
            continue
        written = _written(ground, index, column, new)
        bare = ground.free(table.name, base=index.name, suffix="new")
        label, last = ground.sql(bare), ground.sql(index.name)
        unique = "UNIQUE " if index.unique else ""
        found.steps.append(alone(f"CREATE {unique}INDEX CONCURRENTLY {label} ON {name} {written}", note=_INVALID))
        if index.constraint:
            word = "PRIMARY KEY" if index.primary else "UNIQUE"
            timing = f" {index.timing}" if index.timing else ""
            found.dropped.append(f"ALTER TABLE {name} DROP CONSTRAINT {last}")
            found.promoted.append(f"ALTER TABLE {name} ADD CONSTRAINT {last} {word} USING INDEX {label}{timing}")
        else:
            found.renamed.append(f"ALTER INDEX {ground.beside(table.name, bare)} RENAME TO {last}")
        if index.clustered:
            found.promoted.append(f"ALTER TABLE {name} CLUSTER ON {last if index.constraint else label}")
        if index.replica_identity:
            found.promoted.append(
                f"ALTER TABLE {name} REPLICA IDENTITY USING INDEX {last if index.constraint else label}"
            )
    return found


def _over(index: Index, column: str) -> bool:
    return (
        any(key.column == column or mentions(key.expression, column) for key in index.keys)
        or column in index.include
        or mentions(index.where, column)
    )


def _written(ground: Ground, index: Index, column: str, new: str) -> str:
    """What CREATE INDEX says behind the table's name."""
    if not index.valid:
        raise NoOtherWay(f"the index {index.name} is not valid")
    if index.constraint and not (index.unique or index.primary):
        raise NoOtherWay(f"{index.name} is an exclusion constraint, which cannot be built beside the traffic")
    keys = []
    for key in index.keys:
        same = key.column == column
        if same and key.opclass:
            raise NoOtherWay(f"{index.name} sorts the column by {key.opclass}, which the new type may not have")
        if same:
            text = new
        elif key.column is not None:
            text = ground.sql(key.column)
        else:
            text = f"({with_prefix(key.expression or '', {column: new})})"
        text += f' COLLATE "{key.collation}"' if key.collation and not same else ""
        text += f" {key.opclass}" if key.opclass else ""
        text += " DESC" if key.descending else ""
        if key.nulls_first is not None and key.nulls_first != key.descending:
            text += " NULLS FIRST" if key.nulls_first else " NULLS LAST"
        keys.append(text)
    out = f"USING {index.method} ({', '.join(keys)})"
    if index.include:
        out += f" INCLUDE ({', '.join(new if one == column else ground.sql(one) for one in index.include)})"
    if index.nulls_not_distinct:
        out += " NULLS NOT DISTINCT"
    for option in (r"\bWITH\s*\([^()]*\)", r'\bTABLESPACE\s+("[^"]+"|[\w$]+)'):
        said = re.search(option, index.ddl or "", re.IGNORECASE)
        out += f" {said[0]}" if said is not None else ""
    if index.where is not None:
        out += f" WHERE {with_prefix(index.where, {column: new})}"
    return out
