"""What a statement did, from the catalog before and after it, the locks that it took and the scans that it began.

- A new storage file (relfilenode) is a new copy of the table. TRUNCATE makes one too, but an empty one: it reads
  nothing but to build the indexes again, once each, where a rewrite reads the table once more.
- A new file of an index of a table that stayed is a build. An index that takes over the file of one that was dropped
  (ALTER TYPE between types of the same bytes) is none.
- Any other scan of a table checks its rows. PostgreSQL counts scans as they begin, so they count on empty tables.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass

from advisor.dryrun.postgresql.modes import STRENGTH
from advisor.dryrun.postgresql.relations import ForeignKey, Relation
from advisor.model.migration import Work

#: Tags of commands that read rows to work with them: where they use an index they need not read all.
_ROWS = frozenset(
    {"SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "FETCH", "DO", "CALL", "EXPLAIN", "COPY", "DECLARE"}
)
_STRONG = STRENGTH["SHARE UPDATE EXCLUSIVE"]


@dataclass(frozen=True, slots=True)
class Seen:
    """One statement, before and after."""

    tag: str
    before: Mapping[int, Relation]
    after: Mapping[int, Relation]
    """The relations that it locked, those that are still there."""
    locked: Set[int]
    new: Mapping[int, Set[str]]
    """Modes of locks that it was the first to take, by relation."""
    scans: Mapping[int, int]
    """Scans that began, by relation."""
    keys: tuple[ForeignKey, ...]
    """Foreign keys that were validated by it."""
    mine: Set[int]
    """Relations that stood there before the migration."""

    @property
    def command(self) -> str:
        """First word of the tag."""
        return self.tag.partition(" ")[0]


@dataclass(frozen=True, slots=True)
class Worked:
    """Work on relations, by OID; names come later."""

    rewritten: frozenset[int]
    truncated: frozenset[int]
    built: tuple[tuple[int, str], ...]
    """Table and index."""
    scanned: frozenset[int]


def worked(seen: Seen) -> Worked:
    """What was rewritten, emptied, built and read."""
    truncated: set[int] = set()
    rewritten: set[int] = set()
    for oid in seen.locked:
        old, new = seen.before.get(oid), seen.after.get(oid)
        if old is None or new is None or not old.stored or old.filenode == new.filenode:
            continue
        (truncated if _emptied(seen, old, new) else rewritten).add(oid)
    files = {one.filenode for one in seen.before.values() if one.table is not None}
    built = tuple(
        (one.table, one.canonical)
        for oid, one in seen.after.items()
        if one.table is not None
        and one.kind == "i"
        and one.filenode not in files
        and one.table in seen.mine
        and one.table not in rewritten | truncated
        and (oid not in seen.before or seen.before[oid].filenode != one.filenode)
    )
    passed = rewritten | truncated | {table for table, _ in built}
    return Worked(frozenset(rewritten), frozenset(truncated), built, frozenset(_scanned(seen) - passed))


def _emptied(seen: Seen, old: Relation, new: Relation) -> bool:
    if old.kind == "m":
        return not new.populated
    if old.tablespace != new.tablespace or old.toast != new.toast or old.persistence != new.persistence:
        return False
    if seen.command in ("VACUUM", "CLUSTER"):
        return False
    indexes = sum(1 for one in seen.after.values() if one.table == new.oid)
    return sum(_begun(seen, new.oid)) <= indexes


def _begun(seen: Seen, table: int) -> tuple[int, int]:
    """Scans of a table itself, and of its indexes."""
    of_indexes = sum(
        number
        for oid, number in seen.scans.items()
        if (one := seen.after.get(oid) or seen.before.get(oid)) is not None and one.table == table
    )
    return seen.scans.get(table, 0), of_indexes


def _scanned(seen: Seen) -> set[int]:
    some = seen.command in _ROWS and not any(oid not in seen.before for oid in seen.after)
    found = set()
    for oid in seen.locked & seen.mine:
        one = seen.after.get(oid) or seen.before.get(oid)
        if one is None or (not one.stored and one.kind != "p"):  # dropped by an earlier statement, still locked
            continue
        whole, by_index = _begun(seen, oid)
        strong = any(STRENGTH.get(mode, 0) >= _STRONG for mode in seen.new.get(oid, ()))
        if whole or (by_index and (strong or not some)):
            found.add(oid)
    # The query that validates a key of a new table reads no row of the table that it refers to.
    for key in seen.keys:
        if key.table in found and key.referenced in seen.mine and key.referenced in seen.after:
            # With rows the query reads both tables; without, its join may stop before the second.
            found |= {key.referenced} if seen.after[key.referenced].stored else set()
        if key.table not in seen.mine and not any(
            other.referenced == key.referenced and other.table in seen.mine for other in seen.keys
        ):
            found.discard(key.referenced)
    return found


def works(found: Worked, names: Mapping[int, str], mine: Set[int]) -> list[Work]:
    """The same under names."""
    made = [Work(kind="rewrite", relation=names[oid], preexisting=oid in mine) for oid in sorted(found.rewritten)]
    made += [
        Work(kind="build", relation=names[table], preexisting=table in mine, index=index)
        for table, index in found.built
        if table in names
    ]
    return made + [Work(kind="scan", relation=names[oid], preexisting=True) for oid in sorted(found.scanned)]
