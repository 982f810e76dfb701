"""CREATE INDEX on a shadow: for real, over tables of next to nothing, and then as large as it would be in production.

All of a batch are made in one transaction and are parked from then on: the planner does not see them. A B-tree is
patched before its transaction ends, while no page of it is in the server's buffers. Pages of GIN and BRIN are in them
from the start: those indexes are copied, patched, and pg_class is pointed at the copy.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from advisor.model.planning import IndexSize
from advisor.planners.errors import PlannerError
from advisor.planners.hypothetical import Hypothetical, quoted
from advisor.planners.postgresql import heaps
from advisor.planners.postgresql.pages import brin, btree, gin, sparse
from advisor.planners.postgresql.pages.page import BLOCK, PageError
from advisor.planners.postgresql.protocol import row, rows
from advisor.planners.postgresql.size.estimate import estimate
from advisor.planners.postgresql.size.key import Built
from advisor.planners.postgresql.size.statistics import Memo

if TYPE_CHECKING:
    import psycopg

    from advisor.planners.postgresql.shadow import Shadow

_TABLE = """
SELECT c.oid::int8, c.relkind::text, n.nspname, c.relname,
       array(SELECT p.relid::oid::int8 FROM pg_catalog.pg_partition_tree(c.oid) p UNION SELECT c.oid::int8)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid = pg_catalog.to_regclass($1)
"""
_INDEXES = """
SELECT i.indexrelid::int8, i.indrelid::int8, c.relkind::text, a.amname, pg_catalog.pg_relation_filepath(c.oid),
       n.nspname, c.relname
FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN pg_catalog.pg_am a ON a.oid = c.relam
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE i.indrelid = ANY ($1::oid[])
"""
#: OIDs of indexes that the planner shall see, of those that it shall not, and of their tables.
SHOW = "SELECT advisor_shadow.show($1::oid[], $2::oid[], $3::oid[])"
#: Of the definition, not of the rows: an empty table would not help.
_OF_DEFINITION = ("42", "0A", "57", "2BP", "53")
#: Partitions whose index is modelled one by one; the others get the same bytes a row as the nearest in size.
_MODELLED = 24


@dataclass(frozen=True, slots=True)
class Part:
    """An index in the catalog."""

    oid: int
    table: int
    schema: str
    name: str


@dataclass(frozen=True)
class Leaf:
    """An index with storage."""

    oid: int
    table: int
    method: str
    path: Path
    built: Built


@dataclass(frozen=True)
class Made:
    """A hypothetical index that stands, parked."""

    definition: Hypothetical
    parts: tuple[Part, ...]
    """Itself, and then its partitions' indexes."""
    leaves: tuple[Leaf, ...]
    size: IndexSize
    notes: tuple[str, ...] = ()

    @property
    def oids(self) -> tuple[int, ...]:
        """Its own and its partitions'."""
        return tuple(part.oid for part in self.parts)


class Batch:
    """Makes indexes in one transaction of a session of its own: no file of a table is open there from before."""

    def __init__(self, shadow: Shadow, seconds: float) -> None:
        self.shadow = shadow
        self.seconds = seconds
        self.data = shadow.cluster.data
        self._memo: Memo = {}

    def make(self, definitions: Sequence[Hypothetical]) -> dict[str, Made]:
        """What was made, by its statement. Raises PlannerError for one that cannot be; none is there then."""
        import psycopg

        connection = self.shadow.connect()
        touched: list[heaps.Heap] = []
        try:
            with self.shadow.cluster.limit(connection, (self.seconds + 5) * (len(definitions) + 1)):
                try:
                    connection.execute(b"BEGIN")
                    limit = f"{int(self.seconds * 1000)}ms"
                    settle(connection, {"statement_timeout": limit, "max_parallel_maintenance_workers": "0"})
                    made = {each.statement(): self._one(connection, each, touched) for each in definitions}
                    connection.execute(b"COMMIT")
                except BaseException:
                    self._undo(connection, touched)
                    raise
        except psycopg.Error as error:
            raise PlannerError(f"hypothetical indexes could not be made: {words(error)}") from None
        finally:
            connection.close()
        leaves = [leaf for each in made.values() for leaf in each.leaves if leaf.method in ("gin", "brin")]
        if leaves:
            self._exchange(leaves)
        return made

    def _undo(self, connection: psycopg.Connection[Any], touched: Sequence[heaps.Heap]) -> None:
        """What CREATE INDEX wrote into pg_class stays after a rollback."""
        connection.close()
        if touched and self.shadow.cluster.running:
            with self.shadow.connect() as another:
                heaps.put_right(_runner(another), touched)

    def _one(self, connection: psycopg.Connection[Any], definition: Hypothetical, touched: list[heaps.Heap]) -> Made:
        table = quoted(definition.table.name)
        if definition.table.schema:
            table = f"{quoted(definition.table.schema)}.{table}"
        found = rows(connection, _TABLE, table)
        shown = " ".join(definition.statement().split())[:120]
        if len(found) != 1:  # more: operators of the schema stand in front of the system's
            raise PlannerError(f"hypothetical index {shown!r}: there is no table {table}")
        ((oid, kind, schema, name, tree),) = found
        if kind not in "rpm":
            raise PlannerError(f"hypothetical index {shown!r}: {table} is no table")
        run = _runner(connection)
        stored = heaps.of(run, self.data, tree)
        touched += stored
        before = {row[0] for row in rows(connection, _INDEXES, tree)}
        label, note = self._create(connection, definition, stored, shown)
        heaps.put_right(run, stored)
        new = [row for row in rows(connection, _INDEXES, tree) if row[0] not in before]
        parts = tuple(Part(row[0], row[1], row[5], row[6]) for row in sorted(new, key=lambda row: row[1] != oid))
        # Estimates must not look at the new indexes: a metapage that was read is in the buffers.
        rows(connection, SHOW, [], [part.oid for part in parts], list({part.table for part in parts}))
        by_table = {heap.oid: heap for heap in stored}
        leaves = self._modelled(connection, [row for row in new if row[2] == "i"], by_table)
        for leaf in leaves:
            self._patch(connection, leaf, by_table[leaf.table])
        where = name if schema == "public" else f"{schema}.{name}"
        size = _summed(definition.statement(label), where, label, [leaf.built for leaf in leaves])
        return Made(definition, parts, leaves, size, (f"{label}: {note}",) if note else ())

    def _create(
        self, connection: psycopg.Connection[Any], definition: Hypothetical, stored: Sequence[heaps.Heap], shown: str
    ) -> tuple[str, str | None]:
        """The name it got, and what must be said."""
        import psycopg

        names = list(dict.fromkeys([definition.name, definition.made_name, definition.hashed_name]))
        empty = False
        while True:
            try:
                with heaps.shrunk(stored, empty=empty), connection.transaction():
                    rows(connection, definition.statement(names[0]))
            except psycopg.errors.DuplicateTable as error:
                if len(names) == 1:
                    raise PlannerError(f"hypothetical index {shown!r}: {words(error)}") from None
                del names[0]
            except psycopg.Error as error:
                state = error.sqlstate or ""
                if empty or connection.closed or connection.broken or state.startswith(_OF_DEFINITION):
                    raise PlannerError(f"hypothetical index {shown!r}: {words(error)}") from None
                empty = True  # the two rows that stand for the ends of the data do not fit it; none do
            else:
                if not empty:
                    return names[0], None
                return names[0], "made over no rows, so that the planner takes the histogram's ends for the column's"

    def _modelled(
        self, connection: psycopg.Connection[Any], new: Sequence[tuple[Any, ...]], tables: Mapping[int, heaps.Heap]
    ) -> tuple[Leaf, ...]:
        """Sizes of the parts, largest table first."""
        order = sorted(new, key=lambda row: -tables[row[1]].tuples)
        step = max(1, -(-len(order) // _MODELLED))
        leaves: list[Leaf] = []
        built: Built | None = None
        tuples = 0.0
        for number, (oid, table, _, method, path, _, _) in enumerate(order):
            own = tables[table].tuples
            if number % step == 0 or built is None:
                built, tuples = estimate(connection, oid, memo=self._memo), own
                used = built
            else:
                share = own / tuples if tuples > 0 and own > 0 else 0.0
                used = replace(built, tuples=built.tuples * share, pages=max(2, round(built.pages * share)))
            leaves.append(Leaf(oid, table, method, self.data / path, used))
        return tuple(leaves)

    def _patch(self, connection: psycopg.Connection[Any], leaf: Leaf, heap: heaps.Heap) -> None:
        try:
            if leaf.method == "btree":
                btree.fake(leaf.path, leaf.built.height or 0, leaf.built.pages)
            elif leaf.method not in ("gin", "brin"):
                sparse.resize(leaf.path, max(leaf.built.pages, sparse.blocks(leaf.path)))
        except (PageError, OSError) as error:
            raise PlannerError(f"a hypothetical index could not be given its size: {error}") from None
        _runner(connection)(
            "SELECT advisor_shadow.set_size($1::oid, $2::int, $3::real, 0)",
            leaf.oid,
            min(leaf.built.pages, 2**31 - 1),
            leaf.built.tuples,
        )

    def _exchange(self, leaves: Sequence[Leaf]) -> None:
        """Patched copies in place of GIN and BRIN indexes."""
        import psycopg

        try:
            with self.shadow.cluster.connect("admin") as admin:
                admin.execute(b"CHECKPOINT")
                for leaf in leaves:
                    number, blocks = row(
                        admin,
                        "SELECT pg_catalog.pg_nextoid('pg_catalog.pg_class'::regclass, 'oid',"
                        " 'pg_catalog.pg_class_oid_index'::regclass)::int8,"
                        " (SELECT pg_catalog.pg_relation_size($1::oid) / $2::int)::int8",
                        leaf.table,
                        BLOCK,
                    )
                    copy = leaf.path.with_name(str(number))
                    status = leaf.path.stat()
                    shutil.copyfile(leaf.path, copy)
                    shutil.copymode(leaf.path, copy)
                    shutil.chown(copy, status.st_uid, status.st_gid)
                    if leaf.method == "gin":
                        gin.fake(copy, leaf.built.pages, _counts(leaf.built))
                    else:
                        brin.fake(copy, leaf.built.pages, int(blocks))
                    rows(
                        admin,
                        "UPDATE pg_catalog.pg_class SET relfilenode = $2::oid, relpages = $3::int, reltuples = $4::real"
                        " WHERE oid = $1::oid",
                        leaf.oid,
                        number,
                        leaf.built.pages,
                        leaf.built.tuples,
                    )
        except (psycopg.Error, PageError, OSError) as error:
            raise PlannerError(f"a hypothetical index could not be given its size: {words(error)}") from None


def _runner(connection: psycopg.Connection[Any]) -> Any:
    return lambda sql, *given: rows(connection, sql, *given)


def _counts(built: Built) -> dict[str, int] | None:
    if built.entries is None:
        return None
    return {
        "n_total_pages": built.pages,
        "n_entry_pages": built.entry_pages or 0,
        "n_data_pages": built.data_pages or 0,
        "n_entries": built.entries,
    }


def _summed(sql: str, table: str, name: str, parts: Sequence[Built]) -> IndexSize:
    """Of a partitioned index: all its parts, the tallest one's height."""
    pages = sum(part.pages for part in parts)
    heights = [part.height for part in parts if part.height is not None]
    noted = list(dict.fromkeys(part.modelled for part in parts if part.modelled))
    return IndexSize(
        sql=sql,
        table=table,
        name=name,
        tuples=float(round(sum(part.tuples for part in parts))),
        pages=pages,
        bytes=pages * BLOCK,
        height=max(heights, default=None),
        modelled="; ".join(noted[:3]) or None,
    )


def settle(connection: psycopg.Connection[Any], settings: Mapping[str, str]) -> None:
    """Settings for the rest of the transaction."""
    calls = ", ".join(f"set_config(${2 * n + 1}, ${2 * n + 2}, true)" for n in range(len(settings)))
    rows(connection, f"SELECT {calls}", *(word for pair in settings.items() for word in pair))


def words(error: Exception) -> str:
    """An error in one line: the server's own words."""
    import psycopg

    if isinstance(error, psycopg.Error) and error.diag.message_primary:
        detail = f" ({error.diag.message_detail})" if error.diag.message_detail else ""
        return " ".join(f"{error.diag.message_primary}{detail}".split())[:400]
    return " ".join(str(error).split())[:400]
