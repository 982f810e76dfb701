"""Hypothetical indexes on a running PostgreSQL that has HypoPG: for who may not take a snapshot.

The extension is used where it is installed and never created. Its indexes live in the memory of one backend: they are
made and reset within one transaction, so that nobody else plans with them behind a pooler.

HypoPG (hypopg_index.c) takes every entry of a B-tree for a row of its own, because it has no model of deduplication,
and every tree for one without levels. Its figures cannot be set from outside, so sizes told here are those of
`advisor.planners.postgresql.size`, and each plan that uses such an index says how far its cost may be off.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec

from advisor.model.counted import counted
from advisor.model.plan import Plan, PlanNode
from advisor.model.planning import Answer, Configuration, IndexSize, PlannerKind, Query
from advisor.planners.errors import PlannerError
from advisor.planners.hypothetical import Hypothetical, parse
from advisor.planners.planner import PRESENT
from advisor.planners.postgresql.hypopg_size import modelled
from advisor.planners.postgresql.live import LivePlanner, World
from advisor.planners.postgresql.session import Session, message
from advisor.planners.postgresql.size.key import Built

__all__ = ["HypopgPlanner"]

_EXTENSION = """
SELECT quote_ident(n.nspname), e.extversion FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace
WHERE e.extname = 'hypopg'
"""
_COSTS = "SELECT current_setting('cpu_operator_cost')::float8, current_setting('random_page_cost')::float8"
_HIDING = (1, 4)
_START = "advisor_start"
#: DEFAULT_PAGE_CPU_MULTIPLIER: what costing charges in cpu_operator_cost for each page of a descent (selfuncs.c).
_DESCENT = 50


class HypopgPlanner(LivePlanner):
    """Plans on the server itself, with indexes that only its planner sees."""

    kind: PlannerKind = "hypopg"
    exactness = (
        "the server's own optimizer with its own statistics; hypothetical indexes are HypoPG's, whose size and height "
        "are wrong for keys that repeat and for large tables: each plan says by how much at most"
    )

    def __init__(self, session: Session, search_path: str | None = None) -> None:
        import psycopg

        super().__init__(session, search_path)
        try:
            with session.transaction():
                found = session.rows(_EXTENSION)
        except psycopg.Error as error:
            raise session.failed(error) from None
        if not found:
            raise PlannerError(
                f"PostgreSQL at {session.where.safe} has no HypoPG in this database: its owner can run CREATE EXTENSION"
                " hypopg; or take a snapshot (advisor snapshot) and plan with it, which needs no extension"
            )
        self._schema, version = str(found[0][0]), str(found[0][1])
        self.extension_version = tuple(int(part) for part in version.split(".") if part.isdigit())
        self._by = msgspec.structs.replace(self._by, notes=(f"HypoPG {version}",))
        self._built: dict[str, tuple[float | None, Built | None]] = {}
        self._pages: dict[str, int] = {}
        self._had: set[Configuration] = set()
        self._costs: tuple[float, ...] = (0.0, 0.0)

    # ------------------------------------------------------------------ what can be asked
    def sizes(self, indexes: Sequence[str]) -> list[IndexSize]:
        """Size of indexes that do not exist: of plain B-trees by our own model, of others HypoPG's figure, said so."""
        wanted = Configuration(add=tuple(indexes))
        self._check(wanted)
        return list(self._try(wanted)) if indexes else []

    def _check(self, configuration: Configuration) -> None:
        for text in configuration.add:
            parse(text)
        if configuration.hide and self.extension_version < _HIDING:
            version = ".".join(map(str, self.extension_version))
            raise PlannerError(
                f"PostgreSQL at {self.session.where.safe} has HypoPG {version}, which cannot hide an index (1.4 can): "
                "take a snapshot (advisor snapshot) and plan with it"
            )
        self._check_rest(configuration)

    def explain(self, queries: Sequence[Query], configuration: Configuration = PRESENT) -> list[Answer]:
        """As `LivePlanner.explain`, with ``add`` too, and ``hide`` from HypoPG 1.4 on.

        Raises PlannerError for an index that cannot be had (GIN, a column that does not exist), too.
        """
        self._check(configuration)
        if (configuration.add or configuration.hide) and configuration not in self._had:
            self._try(configuration)
            self._had.add(configuration)
        return super().explain(queries, configuration)

    def _try(self, configuration: Configuration) -> tuple[IndexSize, ...]:
        """Makes a world for nothing: what is wrong with it is no fault of a query."""
        import psycopg

        try:
            with self.session.transaction(dict(self._path())), self._world(configuration) as world:
                return world.indexes
        except psycopg.Error as error:
            if self.session.lost:
                raise self.session.failed(error) from None
            raise PlannerError(f"hypothetical index: {message(self.session.where, error)}") from None

    # ------------------------------------------------------------------ the hypothetical world
    @contextmanager
    def _world(self, configuration: Configuration) -> Iterator[World]:
        if not configuration.add and not configuration.hide:
            yield World()
            return
        self.session.control(f"SAVEPOINT {_START}")
        try:
            indexes, names = [], {}
            for text in configuration.add:
                wanted = parse(text)
                printed, size = self._made(wanted)
                names[printed] = size.name
                indexes.append(size)
            for name in configuration.hide:
                self._hide(name)
            self._costs = self.session.row(_COSTS)
            yield World(tuple(indexes), names)
        finally:
            self._reset()

    def _reset(self) -> None:
        """Forgets the indexes, also where the transaction has failed: the backend may be somebody else's next."""
        import psycopg

        if self.session.lost:
            return
        try:
            self.session.control(f"ROLLBACK TO SAVEPOINT {_START}")
            self.session.rows(f"SELECT {self._schema}.hypopg_reset()")
            if self.extension_version >= _HIDING:
                self.session.rows(f"SELECT {self._schema}.hypopg_unhide_all_indexes()")
        except psycopg.Error:
            self.session.close()

    def _made(self, wanted: Hypothetical) -> tuple[str, IndexSize]:
        """An index in HypoPG's memory: the name that it has there, and its size by our own model."""
        statement = wanted.statement()
        oid, printed = self.session.row(
            f"SELECT indexrelid::int8, indexname FROM {self._schema}.hypopg_create_index($1)", [statement]
        )
        size, block = self.session.row(
            f"SELECT {self._schema}.hypopg_relation_size($1::int8::oid)::int8, current_setting('block_size')::int",
            [oid],
        )
        if statement not in self._built:
            self._built[statement] = modelled(self.session, wanted)
        rows, built = self._built[statement]
        self._pages[wanted.name] = math.ceil(size / block)
        pages = built.pages if built is not None else math.ceil(size / block)
        return printed, IndexSize(
            sql=statement,
            table=wanted.table.name,
            name=wanted.name,
            tuples=rows or 0.0,
            pages=pages,
            bytes=pages * block,
            height=built.height if built is not None else None,
            modelled=built.modelled if built is not None else "HypoPG's figure: rows of average size, no deduplication",
        )

    def _hide(self, name: str) -> None:
        """An existing index, out of this backend's sight."""
        found = self.session.rows(
            f"SELECT {self._schema}.hypopg_hide_index(i.indexrelid) FROM pg_index AS i "
            "WHERE i.indexrelid = to_regclass($1)::oid",
            [name],
        )
        if not found or not found[0][0]:
            raise PlannerError(f"no index {name[:80]!r} on the search path of PostgreSQL at {self.session.where.safe}")

    # ------------------------------------------------------------------ how far off
    def _finished(self, answer: Answer, plan: Plan, world: World) -> Answer:
        if not world.indexes:
            return answer
        off, unbounded = 0.0, False
        said: list[str] = []
        for index in world.indexes:
            nodes = [node for node in plan.nodes if node.index == index.name]
            if not nodes:
                continue
            if index.height is None:
                said.append(f"{index.name} has HypoPG's size; how far the cost is off by that is not known")
                continue
            has = self._pages[index.name]
            said.append(
                f"HypoPG takes {index.name} for {has:,} pages without levels; built it has about {index.pages:,} and "
                f"{counted(index.height, 'level')} above its leaves"
            )
            for node in nodes:
                scans = _scans(plan, node)
                unbounded |= scans is None
                off += (scans or 1.0) * _off(node, has, index.pages, index.height, self._costs)
        if said and not unbounded and off and answer.cost:
            said.append(f"the cost of this plan is off by {off:,.2f} of {answer.cost:,.2f} at most")
        return msgspec.structs.replace(answer, indexes=world.indexes, notes=(*answer.notes, *said))


def _off(node: PlanNode, has: int, built: int, height: int, costs: tuple[float, ...]) -> float:
    """How far the cost of one scan is off at most.

    genericcostestimate (selfuncs.c) reads a share of the index's pages, each at random_page_cost: that part is no more
    than the node's whole cost and no more than the whole index, and it changes as the pages do, to a page. A descent
    costs 50 cpu_operator_cost a level and the leaf (btcostestimate), of which HypoPG's trees have none.
    """
    operator, page = costs
    read = min(node.cost_total or math.inf, has * page)
    return read * abs(built / max(has, 1) - 1.0) + page + (height + 1) * _DESCENT * operator


def _scans(plan: Plan, node: PlanNode) -> float | None:
    """How often a node is run at most: the rows of the outer sides it is the inner of. None below a SubPlan."""
    scans = 1.0
    while node.parent is not None:
        parent = plan.by_id[node.parent]
        if node.relationship == "sub_plan" or parent.operator in ("recursive_union",):
            return None
        if parent.operator == "nested_loop" and node.relationship == "inner":
            outer = next((child for child in plan.children[parent.id] if child.relationship == "outer"), None)
            scans *= max((outer.rows_estimated if outer is not None else None) or 1.0, 1.0)
        node = parent
    return scans
