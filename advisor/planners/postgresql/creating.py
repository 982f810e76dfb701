"""CREATE INDEX on a shadow: for real, over tables of next to nothing, and then as large as it would be in production.

All of a batch are made in one transaction and are parked from then on: the planner does not see them. A B-tree is
patched before its transaction ends, while no page of it is in the server's buffers. Pages of GIN and BRIN are in them
from the start: those indexes are copied, patched, and pg_class is pointed at the copy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from advisor.planners.errors import PlannerError
from advisor.planners.hypothetical import Hypothetical, quoted
from advisor.planners.postgresql import heaps
from advisor.planners.postgresql.exchanging import exchange
from advisor.planners.postgresql.made import Leaf, Made, Part, summed
from advisor.planners.postgresql.pages import btree, sparse
from advisor.planners.postgresql.pages.page import PageError
from advisor.planners.postgresql.protocol import rows, words
from advisor.planners.postgresql.size import catalog
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
#: Indexes of one table that are made under one savepoint: when one fails, all are made again one by one.
_TOGETHER = 64


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
                    made = self._all(connection, definitions, touched)
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
            exchange(self.shadow, leaves)
        return made

    def _undo(self, connection: psycopg.Connection[Any], touched: Sequence[heaps.Heap]) -> None:
        """What CREATE INDEX wrote into pg_class stays after a rollback."""
        connection.close()
        if touched and self.shadow.cluster.running:
            with self.shadow.connect() as another:
                heaps.put_right(_runner(another), touched)

    def _all(
        self, connection: psycopg.Connection[Any], definitions: Sequence[Hypothetical], touched: list[heaps.Heap]
    ) -> dict[str, Made]:
        """Table by table: those of one table together, where they can be, else one by one."""
        of_table: dict[str, list[Hypothetical]] = {}
        for each in definitions:
            of_table.setdefault(_table(each), []).append(each)
        made: dict[str, Made] = {}
        for table, some in of_table.items():
            for start in range(0, len(some), _TOGETHER):
                part = some[start : start + _TOGETHER]
                found = self._together(connection, table, part, touched) if len(part) > 1 else None
                made |= found or {each.statement(): self._one(connection, each, touched) for each in part}
        return made

    def _together(
        self,
        connection: psycopg.Connection[Any],
        table: str,
        definitions: Sequence[Hypothetical],
        touched: list[heaps.Heap],
    ) -> dict[str, Made] | None:
        """Several indexes of one table without partitions; None, and nothing done, where one of them needs more."""
        import psycopg

        found = rows(connection, _TABLE, table)
        if len(found) != 1 or found[0][1] not in "rm" or len(found[0][4]) != 1:
            return None
        ((oid, _, schema, name, tree),) = found
        run = _runner(connection)
        stored = heaps.of(run, self.data, tree)
        touched += stored
        there = rows(connection, _INDEXES, tree)
        before, taken = {row[0] for row in there}, {row[6] for row in there}
        labels: dict[str, Hypothetical] = {}
        for each in definitions:
            labels[next((one for one in _names(each) if one not in taken and one not in labels), each.name)] = each
        if len(labels) < len(definitions):
            return None
        try:
            with heaps.shrunk(stored), connection.transaction():
                for label, each in labels.items():
                    rows(connection, each.statement(label))
        except psycopg.Error:
            if connection.closed or connection.broken:
                raise
            heaps.put_right(run, stored)  # what was counted stays in pg_class, whatever is rolled back
            return None
        heaps.put_right(run, stored)
        new = {row[6]: row for row in rows(connection, _INDEXES, tree) if row[0] not in before}
        # As in `_one`: before anything is estimated.
        rows(connection, SHOW, [], [row[0] for row in new.values()], [oid])
        catalog.read_together(connection, [row[0] for row in new.values()], self._memo)
        by_table = {heap.oid: heap for heap in stored}
        where = name if schema == "public" else f"{schema}.{name}"
        made: dict[str, Made] = {}
        for label, each in labels.items():
            row = new[label]
            leaves = self._modelled(connection, [row], by_table)
            size = summed(each.statement(label), where, label, [leaf.built for leaf in leaves])
            made[each.statement()] = Made(each, (Part(row[0], row[1], row[5], row[6]),), leaves, size)
        self._patch(connection, [leaf for each in made.values() for leaf in each.leaves])
        return made

    def _one(self, connection: psycopg.Connection[Any], definition: Hypothetical, touched: list[heaps.Heap]) -> Made:
        table = _table(definition)
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
        self._patch(connection, leaves)
        where = name if schema == "public" else f"{schema}.{name}"
        size = summed(definition.statement(label), where, label, [leaf.built for leaf in leaves])
        return Made(definition, parts, leaves, size, (f"{label}: {note}",) if note else ())

    def _create(
        self, connection: psycopg.Connection[Any], definition: Hypothetical, stored: Sequence[heaps.Heap], shown: str
    ) -> tuple[str, str | None]:
        """The name it got, and what must be said."""
        import psycopg

        names = _names(definition)
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

    def _patch(self, connection: psycopg.Connection[Any], leaves: Sequence[Leaf]) -> None:
        try:
            for leaf in leaves:
                if leaf.method == "btree":
                    btree.fake(leaf.path, leaf.built.height or 0, leaf.built.pages)
                elif leaf.method not in ("gin", "brin"):
                    sparse.resize(leaf.path, max(leaf.built.pages, sparse.blocks(leaf.path)))
        except (PageError, OSError) as error:
            raise PlannerError(f"a hypothetical index could not be given its size: {error}") from None
        rows(
            connection,
            "SELECT advisor_shadow.set_size(x.one, x.pages, x.tuples, 0)"
            " FROM ROWS FROM (pg_catalog.unnest($1::oid[]), pg_catalog.unnest($2::int[]),"
            " pg_catalog.unnest($3::real[])) AS x (one, pages, tuples)",
            [leaf.oid for leaf in leaves],
            [min(leaf.built.pages, 2**31 - 1) for leaf in leaves],
            [leaf.built.tuples for leaf in leaves],
        )


def _table(definition: Hypothetical) -> str:
    name = quoted(definition.table.name)
    return f"{quoted(definition.table.schema)}.{name}" if definition.table.schema else name


def _names(definition: Hypothetical) -> list[str]:
    """That it may get, the best first."""
    return list(dict.fromkeys([definition.name, definition.made_name, definition.hashed_name]))


def _runner(connection: psycopg.Connection[Any]) -> Any:
    return lambda sql, *given: rows(connection, sql, *given)


def settle(connection: psycopg.Connection[Any], settings: Mapping[str, str]) -> None:
    """Settings for the rest of the transaction."""
    calls = ", ".join(f"set_config(${2 * n + 1}, ${2 * n + 2}, true)" for n in range(len(settings)))
    rows(connection, f"SELECT {calls}", *(word for pair in settings.items() for word in pair))
