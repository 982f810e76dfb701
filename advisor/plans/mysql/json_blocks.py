"""The JSON of nested selects that MySQL (version 1) and MariaDB print: selects, tables and joins, which both share.

An object holds operations ("table", "nested_loop", "filesort"...), subqueries, and values. The operations of one object
are one join in their order. What each dialect adds stands in `json_mysql` and `json_mariadb`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from advisor.model.plan import PlanNode, PlanWarning
from advisor.plans.branch import Branch
from advisor.plans.errors import PlanError
from advisor.plans.mysql.access import JoinBuffer, operator_of
from advisor.plans.mysql.joins import Step, joined, plain
from advisor.plans.mysql.numbers import number, share
from advisor.plans.mysql.repair import Members
from advisor.plans.mysql.repair import plain as as_dict

#: Objects within objects that hold operations. 63 nested selects with all that can stand between them stay below.
DEEPEST = 220

#: Lists of selects that are evaluated on demand by what they stand in.
SUBQUERIES = frozenset(
    {"subqueries", "attached_subqueries", "select_list_subqueries", "having_subqueries", "optimized_away_subqueries"}
    | {"order_by_subqueries", "group_by_subqueries", "update_value_subqueries", "insert_values_subqueries"}
    | {"insert_update_subqueries"}
)

Handler = Callable[["Walk", Any, int], list[Step]]


@dataclass(slots=True)
class Content:
    """What an object holds."""

    steps: list[Step]
    values: dict[str, Any]
    subqueries: list[tuple[str, Branch]] = field(default_factory=list)
    made: Branch | None = None

    @property
    def tree(self) -> Branch | None:
        """All operations as one join; the subqueries are left to whoever holds it."""
        if self.made is None and self.steps:
            self.made = joined(self.steps)
        return self.made

    def hang(self, holder: Branch) -> Branch:
        """The subqueries below a node; the node."""
        for place, branch in self.subqueries:
            branch.node.extra.setdefault("place", place)
            holder.grow(branch, "sub_plan", branch.node.subplan_name)
        return holder


class Walk:
    """One document on its way to a tree."""

    def __init__(self, operations: Mapping[str, Handler]) -> None:
        self.operations = {**SHARED, **operations}
        self.warnings: list[PlanWarning] = []
        self.analyzed = False
        self.changed: list[list[tuple[str, PlanNode]]] = [[]]
        """Per open select: verbs and tables that it changes."""
        self._depth = 0

    def content(self, members: Members) -> Content:
        """The operations, subqueries and values of an object."""
        self._depth += 1
        if self._depth > DEEPEST:
            raise PlanError(f"line {members.line}: the plan is nested too deep.")
        found = Content([], {})
        for name, value in members.pairs:
            handler = self.operations.get(name)
            if name.startswith("r_"):
                self.analyzed = True
            if handler is not None and isinstance(value, (Members, list)):
                line = value.line if isinstance(value, Members) else members.line
                found.steps.extend(handler(self, value, line))
            elif name in SUBQUERIES and isinstance(value, list):
                for one in value:
                    if isinstance(one, Members):
                        inner = self.content(one)
                        if inner.tree is not None:
                            inner.tree.node.extra.update(inner.values)
                            found.subqueries.append((name, inner.hang(inner.tree)))
            else:
                found.values[name] = as_dict(value)
        self._depth -= 1
        return found

    def below(self, top: Branch, value: Any) -> Content:
        """The content of an operation hung below its node; what is left of its values becomes the node's extra."""
        content = self.content(value) if isinstance(value, Members) else self._list(value)
        if content.tree is not None:
            top.grow(content.tree, "outer")
        content.hang(top)
        return content

    def _list(self, value: Any) -> Content:
        steps: list[Step] = []
        values: dict[str, Any] = {}
        subqueries: list[tuple[str, Branch]] = []
        for one in value if isinstance(value, list) else []:
            if isinstance(one, Members):
                content = self.content(one)
                steps.extend(content.steps)
                values.update(content.values)
                subqueries.extend(content.subqueries)
        return Content(steps, values, subqueries)


def take(values: dict[str, Any], name: str) -> Any:
    """A value that becomes a field and so leaves the rest; None without one."""
    return values.pop(name, None)


def measured(node: PlanNode, values: dict[str, Any], *, self_only: bool) -> None:
    """MariaDB's r_loops and r_*_time_ms: sums over all loops. ``self_only``: they leave out what stands below."""
    if "r_loops" in values:
        node.loops = number(take(values, "r_loops"))
        node.never_executed = node.loops == 0
    times = [number(values.get(name)) for name in ("r_total_time_ms", "r_table_time_ms", "r_other_time_ms")]
    known = [time for time in times if time is not None]
    if known:
        node.time_last_ms = sum(known)
        node.time_scope = "all"
        node.time_self_only = self_only
        if len(known) == 1:
            for name in ("r_total_time_ms", "r_table_time_ms", "r_other_time_ms"):
                values.pop(name, None)


def query_block(walk: Walk, value: Any, line: int) -> list[Step]:
    """One select."""
    if not isinstance(value, Members):
        return []
    walk.changed.append([])
    content = walk.content(value)
    changed = walk.changed.pop()
    values = content.values
    tree = content.tree
    if tree is None and "message" in values:
        tree = plain("result", str(values["message"]), line)
        take(values, "message")
    select = take(values, "select_id")
    if select is None and tree is not None and not changed:
        # A union as a whole: no select of its own.
        tree.node.extra.update(values)
        return [Step(content.hang(tree))]
    top = plain("query", "query_block", line)
    node = top.node
    if select is not None:
        node.subplan_name = f"Select #{select}"
        node.extra["select_id"] = select
    measured(node, values, self_only=False)
    cost = values.get("cost_info")
    node.cost_total = number(cost.get("query_cost") if isinstance(cost, dict) else values.get("cost"))
    for name, role in (("having_condition", "having"), ("const_condition", "one_time")):
        text = take(values, name)
        if isinstance(text, str):
            node.predicates[role] = text  # type: ignore[index]
    node.extra.update(values)
    if changed:
        verb, first = changed[0]
        modify = plain("modify", verb.upper(), line, operation=verb, relation=first.relation, alias=first.alias)
        if len(changed) > 1:
            modify.node.extra["tables"] = [table.alias for _, table in changed]
        if tree is not None:
            modify.grow(tree, "outer")
        tree = modify
    if tree is not None:
        top.grow(tree, "outer")
    else:
        walk.warnings.append(
            PlanWarning(line, "this select holds no operation: the plan is cut off, or of a form not known")
        )
    content.hang(top)
    return [Step(top)]


def nested_loop(walk: Walk, value: Any, line: int) -> list[Step]:
    """Tables in join order."""
    del line
    steps: list[Step] = []
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, Members):
            content = walk.content(one)
            if content.steps:
                last = content.steps[-1].branch
                content.hang(last)
                last.node.extra.update(content.values)
            steps.extend(content.steps)
    return steps


_MERGED = re.compile(r"^(sort_union|sort_intersect|union|intersect)\((.*)\)$")


def table(walk: Walk, value: Any, line: int) -> list[Step]:
    """One table, or a message in its place."""
    if not isinstance(value, Members):
        return []
    content = walk.content(value)
    values = content.values
    name, access = take(values, "table_name"), take(values, "access_type")
    if name is None and access is None:
        message = take(values, "message")
        branch = plain("result", str(message or "no table"), line, extra=values)
        return [Step(content.hang(branch))]
    covering = bool(
        values.get("using_index") or values.get("using_index_for_group_by") or values.get("using_index_for_skip_scan")
    )
    operator = operator_of(access, name, covering=covering)
    verb = next((word for word in ("insert", "replace", "update", "delete") if take(values, word)), None)
    keys = take(values, "possible_keys")
    parts = take(values, "used_key_parts")
    node = PlanNode(
        id="",
        parent=None,
        operator=operator if access is not None else "modify",
        raw_operator=access or "table",
        access=access,
        covering=covering and operator != "seq_scan",
        backward=bool(take(values, "backward_index_scan")),
        relation=None if operator == "subquery_scan" else name,
        alias=name,
        index=take(values, "key"),
        index_columns=tuple(str(part) for part in parts) if isinstance(parts, list) else (),
        possible_indexes=tuple(str(key) for key in keys) if isinstance(keys, list) else () if access else None,
        rows_estimated=number(
            take(values, "rows_examined_per_scan") if "rows_examined_per_scan" in values else take(values, "rows")
        ),
        filtered_estimated=share(take(values, "filtered")),
        rows_actual=number(take(values, "r_rows")),
        filtered_actual=share(take(values, "r_filtered")),
        line=line,
    )
    measured(node, values, self_only=True)
    if operator == "const":
        # Read before ANALYZE counts anything: no loops is not "never".
        node.never_executed = False
        node.loops = node.loops or None
    for key, role in (("index_condition", "index"), ("attached_condition", "filter")):
        text = take(values, key)
        if isinstance(text, str):
            node.predicates[role] = text  # type: ignore[index]
    merge = _merge(values.pop("index_merge")) if isinstance(values.get("index_merge"), dict) else node.index
    merged = _MERGED.match(merge or "")
    if merged is not None:
        node.extra["index_merge"] = merge
        node.index = re.sub(r"(?:sort_)?(?:union|intersect)\(|\)", "", merged[2])
    branch = Branch(node)
    step = Step(branch)
    _join(step, values)
    node.extra.update(values)
    if content.tree is not None:  # what fills a derived table, which MySQL calls by its alias
        node.operator, node.relation = "subquery_scan", None
        content.tree.node.extra.update({k: v for k, v in values.items() if k in ("dependent", "cacheable", "unique")})
        branch.grow(content.tree, "subquery")
    content.hang(branch)
    if verb is not None:
        walk.changed[-1].append((verb, node))
        if verb in ("insert", "replace"):
            return []  # written to, not read
    return [step]


def _merge(value: dict[str, Any]) -> str:
    """MariaDB's ``{"union": [{"range": {"key": "a"}}, ..]}`` as MySQL writes it: ``union(a,..)``."""
    words = []
    for operation, parts in value.items():
        inner = []
        for one in parts if isinstance(parts, list) else [parts]:
            if isinstance(one, dict):
                scan = one.get("range")
                inner.append(str(scan.get("key")) if isinstance(scan, dict) else _merge(one))
        words.append(f"{operation}({','.join(inner)})")
    return ",".join(words)


def _join(step: Step, values: dict[str, Any]) -> None:
    """What a table's object says of the join that brings it in."""
    buffer = values.get("using_join_buffer")
    if isinstance(buffer, str):
        step.buffer = JoinBuffer(buffer)
    if values.get("not_exists"):
        step.join_type = "anti"
    match = values.get("first_match", values.get("firstmatch"))
    if isinstance(match, str):
        step.first_match = match
    elif match is True:
        step.first_match = ""
    cost = values.get("cost_info")
    prefix = number(cost.get("prefix_cost")) if isinstance(cost, dict) else None
    rows = number(values.get("rows_produced_per_join"))
    if prefix is not None or rows is not None:
        step.join = PlanNode(
            id="",
            parent=None,
            operator="nested_loop",
            raw_operator="nested_loop",
            cost_total=prefix,
            rows_estimated=rows,
        )
        step.prefix_cost = prefix


SHARED: dict[str, Handler] = {"query_block": query_block, "nested_loop": nested_loop, "table": table}
