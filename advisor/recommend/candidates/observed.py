"""What plans show that the text does not: tables within views, conditions that follow from others, and what is slow."""

from __future__ import annotations

from collections import defaultdict

from advisor.model.limits import LIMITS
from advisor.model.plan import Plan, PlanNode
from advisor.plans.links import LinkedKey, LinkedPredicate, link
from advisor.recommend.candidates.known import Known
from advisor.recommend.candidates.reference import Reference, Sort, Term
from advisor.recommend.candidates.wanted import CandidateLimits
from advisor.recommend.workload import Statement

_READS = ("seq_scan", "index_scan", "index_only_scan", "bitmap_heap_scan")
_FIXED = ("equality", "in", "null")


def observed(statement: Statement, known: Known, wanted: CandidateLimits) -> list[Reference]:
    """References out of the statement's plans: of each relation that is read whole, or filtered after an index."""
    found: list[Reference] = []
    for plan in statement.plans[: LIMITS.candidate_plans]:
        if any(_slow(node) for node in plan.nodes):
            found += _of_plan(plan, statement, known, wanted)
    return found


def _slow(node: PlanNode) -> bool:
    """Something that an index may spare."""
    if node.operator in ("sort", "incremental_sort", "seq_scan", "block_nested_loop", "temporary_table"):
        return True
    return "filter" in node.predicates and node.operator in _READS


def _of_plan(plan: Plan, statement: Statement, known: Known, wanted: CandidateLimits) -> list[Reference]:
    query = statement.queries[0].sql if statement.queries else None
    links = link(plan, plan.query or query, [known.catalog])
    conditions: dict[tuple[str, str], list[LinkedPredicate]] = defaultdict(list)
    for predicate in links.predicates:
        if predicate.table is not None and not predicate.under_or and not predicate.subplan:
            conditions[(predicate.table, predicate.alias or predicate.table)].append(predicate)
    weight = statement.seconds_per_hour if statement.seconds_per_hour is not None else statement.weight
    found: list[Reference] = []
    for (name, alias), predicates in conditions.items():
        table = known.table(name)
        rows = known.rows(table) if table is not None else None
        if table is None or not wanted.wants(table.name) or (rows is not None and rows < LIMITS.candidate_rows):
            continue
        reads = [node for node in plan.nodes if node.operator in _READS and (node.alias or node.relation) == alias]
        if not any(_slow(node) for node in reads):
            continue
        reference = Reference(table, statement.fingerprint, weight)
        reference.observed = _seen(reads)
        reference.covering = False
        for predicate in predicates:
            _add(reference, predicate)
        _sorted(reference, plan, links.keys, name)
        found.append(reference)
    return found


def _add(reference: Reference, predicate: LinkedPredicate) -> None:
    if predicate.column is None or predicate.wrapper is not None:
        return
    if not any(column.name == predicate.column for column in reference.table.columns):
        return
    term = Term(column=predicate.column, columns=(predicate.column,))
    if predicate.op_class in _FIXED and predicate.operator not in ("is_not_null", "is_true", "null_safe_eq"):
        if predicate.value_kind == "column":
            reference.joins.setdefault(0, []).append(term)
        elif predicate.op_class == "in":
            reference.lists.append(term)
        else:
            reference.equalities.append(term)
    elif predicate.op_class == "range":
        (reference.join_ranges if predicate.value_kind == "column" else reference.ranges).append(term)


def _sorted(reference: Reference, plan: Plan, keys: list[LinkedKey], name: str) -> None:
    """A sort whose keys all belong to the table."""
    by_node: dict[str, list[LinkedKey]] = defaultdict(list)
    for key in keys:
        if key.role == "sort":
            by_node[key.node].append(key)
    for node, own in by_node.items():
        if plan.by_id[node].operator not in ("sort", "incremental_sort"):
            continue
        own.sort(key=lambda key: key.position)
        if any(key.table != name or key.column is None or " nulls " in key.expression.lower() for key in own):
            continue
        sorts = tuple(Sort(Term(column=key.column, columns=(key.column or "",)), key.descending) for key in own)
        reference.orders.append(sorts)
        above = plan.by_id[node].parent
        reference.limited |= above is not None and plan.by_id[above].operator == "limit"


def _seen(reads: list[PlanNode]) -> str:
    """What is slow, in a phrase."""
    for node in reads:
        removed, kept = node.removed.get("filter"), node.rows_actual
        if removed is not None and kept is not None and removed > kept:
            return f"a plan reads {node.relation} and throws away {removed / (removed + kept):.0%} of the rows"
    for node in reads:
        if node.operator == "seq_scan":
            return f"a plan reads {node.relation} whole"
    return "a plan filters what an index found"
