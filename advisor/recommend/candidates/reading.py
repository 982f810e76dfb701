"""From a statement's query graph to its references: what each table is compared with, joined with, sorted by."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from advisor.graphs.graph import Predicate
from advisor.model.catalog import Table
from advisor.model.limits import LIMITS
from advisor.recommend.candidates import ordering
from advisor.recommend.candidates.conditions import Conditions
from advisor.recommend.candidates.known import Known
from advisor.recommend.candidates.naming import Naming
from advisor.recommend.candidates.patterns import Patterns
from advisor.recommend.candidates.proposal import unique_keys
from advisor.recommend.candidates.reference import Arm, Reference, Term
from advisor.recommend.candidates.terms import Terms
from advisor.recommend.candidates.wanted import CandidateLimits
from advisor.recommend.workload import Statement

if TYPE_CHECKING:
    from advisor.graphs.graph import QueryGraph

_SET = ("equality", "in", "null")
#: Another value for each row: no index finds that.
_VOLATILE = re.compile(
    r"\b(?:random|rand|randomblob|clock_timestamp|timeofday|nextval|gen_random_uuid|uuid|uuid_generate_v4|sleep)\s*\(",
    re.I,
)


def references(statement: Statement, known: Known, wanted: CandidateLimits) -> list[Reference]:
    """Every mention of a table that an index could be made on; none without a query graph."""
    if statement.graph is None or statement.graph.kind in ("ddl", "transaction", "utility"):
        return []
    reader = _Reader(statement, statement.graph, known, wanted)
    reader.predicates()
    reader.edges()
    reader.subqueries()
    reader.implied()
    ordering.read(reader.references, statement.graph, reader.naming, reader.terms, known)
    return [reference for reference in reader.references.values() if not reference.single]


class _Reader:
    def __init__(self, statement: Statement, graph: QueryGraph, known: Known, wanted: CandidateLimits) -> None:
        self.graph = graph
        self.known = known
        self.naming = Naming(graph, known)
        self.terms = Terms(statement, known, wanted)
        self.conditions = Conditions(statement, known, wanted)
        self.patterns = Patterns(statement, known, wanted)
        self.references: dict[int, Reference] = {}
        self._arms: dict[tuple[int, int], dict[int, dict[int, Arm]]] = {}
        self._constants: set[tuple[int, str]] = set()
        weight = statement.seconds_per_hour if statement.seconds_per_hour is not None else statement.weight
        for ref in graph.table_refs:
            table = self.naming.table(ref.ref_id)
            inserted = ref.role == "target" and graph.kind == "insert"
            if table is not None and not inserted and wanted.wants(table.name):
                rows = known.rows(table)
                if rows is None or rows >= LIMITS.candidate_rows:
                    self.references[ref.ref_id] = Reference(table, statement.fingerprint, weight)

    # ------------------------------------------------------------------ WHERE and ON
    def predicates(self) -> None:
        """Every comparison with a value."""
        for predicate in self.graph.predicates:
            found = self.naming.traced(predicate.ref_id, predicate.column_name)
            reference = self.references.get(found[0]) if found is not None else None
            if found is None or reference is None or predicate.clause == "having":
                continue
            if predicate.pins_unique_key and found[0] == predicate.ref_id:
                reference.single = True
            if predicate.under_or:
                self._arm(predicate, reference, found)
            elif predicate.restricts:
                self._restriction(predicate, reference, found[1])
        for group in self._arms.values():
            self._whole(group)
        for reference in self.references.values():
            fixed = {term.column for term in (*reference.equalities, *reference.lists)}
            reference.single |= any(key <= fixed for key in unique_keys(reference.table))

    def _restriction(self, predicate: Predicate, reference: Reference, column: str) -> None:
        condition = self.conditions.of(predicate, reference.table, column)
        if condition is not None:
            reference.conditions.append(condition)
        search, pattern = self.patterns.of(predicate, reference.table, column)
        if search is not None:
            reference.searches.append(search)
        if pattern is not None:
            reference.patterns.append(pattern)
        term = self._sargable(predicate, reference.table, column)
        if term is None or self._usual(predicate, reference.table, column):
            return
        if predicate.op_class == "range":
            (reference.ranges if predicate.value_constant else reference.join_ranges).append(term)
        elif not predicate.value_constant:
            return  # a join: its edge says so
        elif predicate.op_class == "in":
            if predicate.value_kind == "subquery":
                reference.joins.setdefault(-(predicate.subquery_scope_id or 0), []).append(term)
            else:
                reference.lists.append(term)
        elif predicate.op_class in ("equality", "null"):
            reference.equalities.append(term)
            if predicate.value_kind != "column" and predicate.op_class == "equality":
                self._constants.add((id(reference), column))  # an outer column is fixed within its subquery alone

    def _usual(self, predicate: Predicate, table: Table, column: str) -> bool:
        """IS NULL on a column that mostly is: deleted_at of rows that are not deleted. As a key it takes next to
        nothing away, and leads nowhere for statements that do not ask it."""
        if predicate.op_class != "null":
            return False
        row = self.known.statistics(table, column)
        return row is not None and row.null_frac > LIMITS.candidate_partial_share

    def _sargable(self, predicate: Predicate, table: Table, column: str) -> Term | None:
        """The side of the comparison that an index could hold; None where no B-tree serves it."""
        if predicate.op_class not in (*_SET, "range") or predicate.operator == "is_not_null":
            return None
        if predicate.implicit_cast or predicate.same_row or _VOLATILE.search(predicate.value_sql or ""):
            return None
        if predicate.operator == "is_true":
            if self.known.engine != "postgresql" or predicate.wrapper is not None:
                return None  # elsewhere any number but 0 is true, and no index finds that
        elif predicate.negated:
            return None
        if self.known.engine == "postgresql" and predicate.operator == "null_safe_eq":
            return None  # IS NOT DISTINCT FROM uses no index
        return self.terms.of(predicate, table, column)

    def _arm(self, predicate: Predicate, reference: Reference, found: tuple[int, str]) -> None:
        if predicate.or_group is None or predicate.or_arm is None:
            return
        search, pattern = self.patterns.of(predicate, reference.table, found[1])
        arms = self._arms.setdefault((predicate.scope_id, predicate.or_group), {})
        arm = arms.setdefault(predicate.or_arm, {}).setdefault(found[0], Arm())
        if search is not None:
            reference.searches.append(search)
        if pattern is not None:
            arm.ranges.append(pattern)
        term = self._sargable(predicate, reference.table, found[1])
        if term is not None and predicate.value_constant and predicate.value_kind != "subquery":
            (arm.ranges if predicate.op_class == "range" else arm.equalities).append(term)

    def _whole(self, group: dict[int, dict[int, Arm]]) -> None:
        """An OR serves a table's indexes only where each of its arms restricts that table."""
        for number, reference in self.references.items():
            arms = [arm.get(number) for arm in group.values()]
            kept = [arm for arm in arms if arm is not None and (arm.equalities or arm.ranges)]
            if kept and len(kept) == len(arms) == max(group):
                reference.arms.append(kept)

    # ------------------------------------------------------------------ joins
    def edges(self) -> None:
        """Both sides of every join."""
        for edge in self.graph.join_edges:
            ends = (
                (self.naming.traced(edge.left_ref, edge.left_column), edge.left_wrapper),
                (self.naming.traced(edge.right_ref, edge.right_column), edge.right_wrapper),
            )
            others = (edge.right_ref, edge.left_ref)
            for (end, wrapper), other in zip(ends, others, strict=True):
                reference = self.references.get(end[0]) if end is not None else None
                if end is None or reference is None or wrapper is not None:
                    continue
                term = self.terms.column(reference.table, end[1])
                if term is None:
                    continue
                if edge.operator == "=":
                    reference.joins.setdefault(other, []).append(term)
                elif edge.operator in ("<", "<=", ">", ">=", "between") and not edge.under_or:
                    reference.join_ranges.append(term)

    def subqueries(self) -> None:
        """What IN (SELECT x ...) compares x with, seen from within; and EXISTS by its equalities is there already."""
        for predicate in self.graph.predicates:
            scope_id = predicate.subquery_scope_id
            if predicate.op_class != "in" or scope_id is None or predicate.negated:
                continue
            scope = self.naming.scopes.get(scope_id)
            items = [item for item in self.graph.projections if item.scope_id == scope_id]
            if scope is None or len(items) != 1 or scope.has_limit or scope.has_window or scope.set_operation:
                continue
            found = self.naming.traced(items[0].ref_id, items[0].column_name) if items[0].kind == "column" else None
            reference = self.references.get(found[0]) if found is not None else None
            term = self.terms.column(reference.table, found[1]) if reference is not None and found is not None else None
            if reference is not None and term is not None:
                reference.joins.setdefault(-(predicate.ref_id or 0), []).append(term)

    def implied(self) -> None:
        """a.x = b.x and b.x = 5 give a.x = 5: planners know that too."""
        for edge in self.graph.join_edges:
            if edge.operator != "=" or edge.under_or or edge.join_type in ("left", "right", "full"):
                continue
            left = self.naming.traced(edge.left_ref, edge.left_column)
            right = self.naming.traced(edge.right_ref, edge.right_column)
            if left is None or right is None or edge.left_wrapper or edge.right_wrapper:
                continue
            for one, other in ((left, right), (right, left)):
                source, target = self.references.get(one[0]), self.references.get(other[0])
                if source is None or target is None:
                    continue
                term = self.terms.column(target.table, other[1])
                fixed = (id(source), one[1]) in self._constants
                if term is not None and fixed and term not in target.equalities:
                    target.equalities.append(term)
