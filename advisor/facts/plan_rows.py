"""The rows of plans: operators with what they cost, their predicates tied to columns and to the query's text."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from advisor.facts.redaction import redact_text, redact_values
from advisor.model.engine import dialect_of
from advisor.model.plan import Plan, PlanNode
from advisor.model.shape import ShapeSummary

if TYPE_CHECKING:
    from advisor.facts.facts import Facts
    from advisor.plans.links.linked import Links, Span
    from advisor.plans.measures import NodeMeasures, PlanMeasures

#: Which of a node's predicates `plan_node.predicate` shows: the first that it has.
_SHOWN = ("filter", "join_filter", "having", "hash", "merge", "one_time", "tid", "run")
#: Schemas that a canonical name leaves out where no catalog tells the default one.
_DEFAULT_SCHEMAS = {"postgresql": "public", "sqlite": "main"}
_NUMBERED = re.compile(r"_[0-9]+\Z")
MAX_EXTRA = 4_000  # characters of what else a node printed; more is a list, and no page reads it


class PlanSeen(NamedTuple):
    """A plan of a shape, as a log or a file gave it."""

    plan: Plan
    duration_us: int | None = None
    """Of the execution that was logged with it."""
    time_us: int | None = None
    """When, microseconds since 1970."""
    number: int | None = None
    """Of the plan in the report, from 0: the marks of findings carry it. None: the next free one."""
    executions: int = 1
    """Logged with this form of plan; this is the slowest."""
    mean_us: float | None = None
    """Of those."""
    first_us: int | None = None
    last_us: int | None = None
    measures: PlanMeasures | None = None
    """Of the plan, where they are at hand."""


def plan_shape(plan: Plan, query: str | None = None, *, calls: int = 1, mean_us: int | None = None) -> ShapeSummary:
    """The shape that a plan which came without a log stands for: executed once, in the time that the plan gives.

    Without the text of a statement the shape's fingerprint is the plan's, and its text is empty.
    """
    from advisor.facts.examples import shape_of
    from advisor.fingerprint.identity import identify
    from advisor.plans.fingerprint import fingerprint

    text = query or plan.query or ""
    if mean_us is None and plan.execution_ms is not None:
        mean_us = round(plan.execution_ms * 1000)
    total_us, timed = (mean_us or 0) * calls, calls if mean_us is not None else 0
    if not text:
        whole = shape_of("", plan.engine.name, calls, total_us, kind="other")
        return msgspec.structs.replace(
            whole, fingerprint=fingerprint(plan), engine=plan.engine, typical=None, timed_calls=timed
        )
    identity = identify(text, dialect_of(plan.engine.name))
    whole = shape_of(text, plan.engine.name, calls, total_us, kind=identity.kind)
    return msgspec.structs.replace(
        whole, fingerprint=identity.fingerprint, sql=identity.text, engine=plan.engine, timed_calls=timed
    )


def load_plans(facts: Facts, fingerprint: str, plans: Sequence[PlanSeen], query: str | None) -> None:
    """Inserts the plans of one shape that is in `shape`."""
    from advisor.plans.fingerprint import fingerprint as plan_fingerprint
    from advisor.plans.links import link
    from advisor.plans.metrics import measure

    aliases = _aliases(facts, fingerprint)
    for seen in plans:
        plan = seen.plan
        if not plan.nodes:
            continue
        measures = seen.measures or measure(plan)
        links = link(plan, query if query is not None else plan.query, facts.catalogs)
        plan_id = facts.next_plan(seen.number)
        _Loader(facts, plan, plan_id, aliases).load(seen, fingerprint, plan_fingerprint(plan), measures, links)


def _aliases(facts: Facts, fingerprint: str) -> dict[str, str]:
    """What the query calls a table: MySQL and SQLite print the alias where others print the table."""
    rows = facts.connection.execute(
        "SELECT lower(alias), table_name FROM table_ref WHERE fingerprint = ? AND table_name IS NOT NULL",
        (fingerprint,),
    ).fetchall()
    several = {alias for alias, table in rows for other, name in rows if alias == other and table != name}
    return {alias: table for alias, table in rows if alias not in several}


class _Loader:
    """One plan on its way into the facts."""

    def __init__(self, facts: Facts, plan: Plan, plan_id: int, aliases: dict[str, str]) -> None:
        self.facts = facts
        self.plan = plan
        self.plan_id = plan_id
        self.aliases = aliases
        self.engine = plan.engine.name
        self.ids: dict[str, int] = {}
        self.tables: dict[tuple[str | None, str, str | None], str] = {}

    def load(
        self, seen: PlanSeen, fingerprint: str, plan_fingerprint: str, measures: PlanMeasures, links: Links
    ) -> None:
        plan = self.plan
        order, last = self._preorder()
        rows = [self._node(node, measures.nodes[node.id], last[node.id]) for node in order]
        for row in rows:
            row["root_cause"] = int(row["path"] == measures.root_cause)
        self.facts.insert("plan_node", rows)
        self.facts.insert("plan_predicate", list(self._predicates(links)))
        self.facts.insert("plan_key", list(self._keys(links)))
        self.facts.insert(
            "plan_trigger",
            [
                {
                    "plan_id": self.plan_id,
                    "name": trigger.name,
                    "constraint_name": trigger.constraint,
                    "table_name": self._table(None, trigger.relation, None) if trigger.relation else None,
                    "calls": trigger.calls,
                    "ms": trigger.time_ms,
                }
                for trigger in plan.triggers
            ],
        )
        self.facts.insert(
            "plan_setting",
            [{"plan_id": self.plan_id, "name": name, "value": value} for name, value in plan.settings.items()],
        )
        root = plan.root
        self.facts.insert(
            "plan",
            [
                {
                    "plan_id": self.plan_id,
                    "fingerprint": fingerprint,
                    "plan_fingerprint": plan_fingerprint,
                    "engine": self.engine,
                    "version": plan.engine.version,
                    "format": plan.format,
                    "analyzed": int(plan.analyzed),
                    "timed": int(plan.timed),
                    "has_buffers": int(plan.options.get("buffers", False)),
                    "has_io_timing": int(any(node.io_ms for node in plan.nodes)),
                    "total_ms": measures.total_ms,
                    "planning_ms": plan.planning_ms,
                    "execution_ms": plan.execution_ms,
                    "triggers_ms": measures.triggers_ms,
                    "jit_ms": measures.jit_ms,
                    "jit_functions": plan.jit.functions if plan.jit is not None else None,
                    "serialization_ms": plan.serialization_ms,
                    "serialization_bytes": plan.serialization_bytes,
                    "cost_total": root.cost_total,
                    "rows_returned": measures.nodes[root.id].rows_total,
                    "nodes": len(plan.nodes),
                    "duration_ms": seen.duration_us / 1000 if seen.duration_us is not None else None,
                    "seen_us": seen.time_us,
                    "executions": seen.executions,
                    "mean_ms": seen.mean_us / 1000 if seen.mean_us is not None else None,
                    "first_us": seen.first_us,
                    "last_us": seen.last_us,
                    "file": plan.source,
                    "line": plan.line,
                }
            ],
        )

    def _preorder(self) -> tuple[list[PlanNode], dict[str, int]]:
        """Nodes with their descendants right behind them, and the number of each one's last descendant."""
        order: list[PlanNode] = []
        last: dict[str, int] = {}
        stack: list[tuple[PlanNode, bool]] = [(self.plan.root, False)]
        while stack:
            node, done = stack.pop()
            if done:
                last[node.id] = self.facts.last_node_id
                continue
            self.ids[node.id] = self.facts.next_node()
            order.append(node)
            stack.append((node, True))
            stack += [(child, False) for child in reversed(self.plan.children[node.id])]
        return order, last

    def _node(self, node: PlanNode, measured: NodeMeasures, last_id: int) -> dict[str, Any]:
        own, wal = measured.buffers_self, measured.wal_self
        buffers = node.buffers
        counted = bool(self.plan.options.get("buffers", False)) or bool(buffers)
        table = self._table(node.schema, node.relation, node.alias) if node.relation else None
        base, base_known = self._base(node, table)
        shown = next((node.predicates[role] for role in _SHOWN if role in node.predicates), None)
        return {
            "node_id": self.ids[node.id],
            "plan_id": self.plan_id,
            "parent_id": self.ids[node.parent] if node.parent is not None else None,
            "path": node.id,
            "depth": measured.depth,
            "last_id": last_id,
            "relationship": node.relationship,
            "subplan_name": node.subplan_name,
            "operator": node.operator,
            "raw_operator": node.raw_operator,
            "strategy": node.strategy,
            "partial_mode": node.partial_mode,
            "parallel": int(node.parallel),
            "backward": int(node.backward),
            "access": node.access,
            "covering": int(node.covering),
            "join_type": node.join_type,
            "inner_unique": None if node.inner_unique is None else int(node.inner_unique),
            "operation": node.operation,
            "table_name": table,
            "base_table": base,
            "base_known": base_known,
            "alias": node.alias or node.relation,
            "index_name": node.index,
            "index_parts": ", ".join(node.index_columns) or None,
            "cte": node.cte,
            "function_name": node.function,
            "possible_indexes": None if node.possible_indexes is None else len(node.possible_indexes),
            "rows_estimated_loop": node.rows_estimated,
            "rows_actual_loop": node.rows_actual,
            "loops": node.loops,
            "rows_total": measured.rows_total,
            "rows_low": measured.rows_low,
            "rows_high": measured.rows_high,
            "removed_filter": measured.removed_filter,
            "removed_join": measured.removed_join,
            "removed_recheck": measured.removed_recheck,
            "filtered_estimated": node.filtered_estimated,
            "filtered_actual": node.filtered_actual,
            "cost_startup": node.cost_startup,
            "cost_total": node.cost_total,
            "cost_self": measured.cost_self,
            "cost_share": measured.cost_share,
            "width": node.width,
            "total_ms": measured.total_ms,
            "self_ms": measured.self_ms,
            "share": measured.share,
            "q_error": _finite(measured.q_error),
            "underestimated": None if measured.underestimated is None else int(measured.underestimated),
            "introduced_error": _finite(measured.introduced_error),
            "never_executed": int(node.never_executed),
            "stopped_early": int(measured.stopped_early),
            "blocks": _blocks(buffers) if counted else None,
            "blocks_self": _blocks(own) if counted else None,
            "read_self": own.get("shared_read", 0) + own.get("local_read", 0) if counted else None,
            "dirtied_self": own.get("shared_dirtied", 0) + own.get("local_dirtied", 0) if counted else None,
            "temp_read_self": own.get("temp_read", 0) if counted else None,
            "temp_written_self": own.get("temp_written", 0) if counted else None,
            "io_ms_self": measured.io_self_ms,
            "wal_records_self": wal.get("records"),
            "wal_fpi_self": wal.get("fpi"),
            "wal_bytes_self": wal.get("bytes"),
            "sort_method": node.sort_method,
            "memory_kb": node.memory_kb,
            "disk_kb": node.disk_kb,
            "batches": node.batches,
            "batches_planned": node.batches_planned,
            "heap_fetches": node.heap_fetches,
            "index_searches": node.index_searches,
            "exact_blocks": node.exact_blocks,
            "lossy_blocks": node.lossy_blocks,
            "cache_hits": node.cache.get("hits"),
            "cache_misses": node.cache.get("misses"),
            "cache_evictions": node.cache.get("evictions"),
            "workers_planned": node.workers_planned,
            "workers_launched": node.workers_launched,
            "subplans_removed": node.subplans_removed,
            "limit_rows": node.limit_offset[0],
            "offset_rows": node.limit_offset[1],
            "disabled": int(node.disabled),
            "predicate": self._text(shown),
            "index_condition": self._text(node.predicates.get("index")),
            "extra": self._extra(node.extra),
            "line": node.line,
        }

    def _predicates(self, links: Links) -> Iterable[dict[str, Any]]:
        for found in links.predicates:
            yield {
                "node_id": self.ids[found.node],
                "plan_id": self.plan_id,
                "role": found.role,
                "conjunct": found.conjunct,
                "text": self._text(found.text),
                "sql": self._text(found.sql),
                "table_name": self.facts.table_key(self.engine, found.table) if found.table else None,
                "alias": found.alias,
                "column_name": found.column,
                "operator": found.operator,
                "op_class": found.op_class,
                "wrapper": found.wrapper,
                "wrapper_kind": found.wrapper_kind,
                "value_kind": found.value_kind,
                "leading_wildcard": None if found.leading_wildcard is None else int(found.leading_wildcard),
                "under_or": int(found.under_or),
                # An InitPlan has run before the scan begins: its value is as good as a constant.
                "subplan": int(found.subplan and (self.engine != "postgresql" or "SubPlan" in found.text)),
                **_place(found.span),
            }

    def _keys(self, links: Links) -> Iterable[dict[str, Any]]:
        for key in links.keys:
            yield {
                "node_id": self.ids[key.node],
                "plan_id": self.plan_id,
                "role": key.role,
                "position": key.position,
                "expression": self._text(key.expression),
                "table_name": self.facts.table_key(self.engine, key.table) if key.table else None,
                "column_name": key.column,
                "descending": int(key.descending),
                **_place(key.span),
            }

    def _table(self, schema: str | None, relation: str, alias: str | None) -> str:
        """The name that the rest of the facts has for a relation of the plan."""
        key = (schema, relation, alias)
        if key not in self.tables:
            self.tables[key] = self.facts.table_key(self.engine, self._canonical(schema, relation, alias))
        return self.tables[key]

    def _base(self, node: PlanNode, table: str | None) -> tuple[str | None, int | None]:
        """The partitioned table that a partition belongs to, and whether that is its name or only its alias."""
        if table is None:
            return None, None
        parents = self.facts.partition_of
        if table in parents or self.engine != "postgresql":
            while table in parents:
                table = parents[table]
            return table, 1
        alias = node.alias
        if alias is None or alias == node.relation:
            return table, 1
        above = self.plan.by_id[node.parent].operator if node.parent is not None else None
        stem = _NUMBERED.sub("", alias) if above in ("append", "merge_append") else alias
        named = self.aliases.get(stem)
        if named is not None:
            return self.facts.table_key(self.engine, named), 1
        # PostgreSQL calls the parts of r in an Append r_1, r_2...
        return (stem, 0) if stem != alias else (table, 1)

    def _canonical(self, schema: str | None, relation: str, alias: str | None) -> str:
        for catalog in self.facts.catalogs:
            if dialect_of(catalog.engine.name) != dialect_of(self.engine):
                continue
            found = catalog.find(relation, schema)
            if found is None and schema is not None and catalog.default_schema is None:
                found = catalog.find(relation)
            if found is not None:
                return found.name
        if self.engine != "postgresql":
            named = self.aliases.get((alias or relation).lower())
            if named is not None:
                return named
        defaults = {catalog.default_schema for catalog in self.facts.catalogs} | {_DEFAULT_SCHEMAS.get(self.engine)}
        return relation if schema is None or schema in defaults else f"{schema}.{relation}"

    def _text(self, text: str | None) -> str | None:
        return text if self.facts.literals else redact_text(text)

    def _extra(self, extra: dict[str, Any]) -> str | None:
        if not extra:
            return None
        shown = extra if self.facts.literals else redact_values(extra)
        text = msgspec.json.encode(shown, enc_hook=str).decode()
        return text if len(text) <= MAX_EXTRA else None


def _place(span: Span | None) -> dict[str, int | None]:
    return {
        "query_start": span.start if span is not None else None,
        "query_end": span.end if span is not None else None,
    }


def _blocks(buffers: dict[str, int]) -> int:
    return sum(buffers.get(name, 0) for name in ("shared_hit", "shared_read", "local_hit", "local_read"))


def _finite(value: float | None) -> float | None:
    return value if value is None or math.isfinite(value) else None
