"""From the keys of one node to a `PlanNode`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from advisor.model.plan import PlanNode, PredicateRole, Relationship, WorkerReport
from advisor.plans.postgresql.document import DocumentNode
from advisor.plans.postgresql.shapes import JOINS, OPERATORS, STRATEGIES, label

#: Printed by the text format only when true: false says nothing more than absence.
_FLAGS = frozenset({"Parallel Aware", "Async Capable", "Single Copy", "Disabled", "Inner Unique"})
#: Printed by the text format only when not zero.
_COUNTS = frozenset(
    {
        "Planned Partitions", "Subplans Removed", "Tuples Updated", "Tuples Deleted", "Tuples Skipped",
        "Foreign File Size",
    }
)  # fmt: skip


def number(value: object) -> float | None:
    """A number; None when it is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    return None


def whole(value: object) -> int | None:
    """A whole number; None when it is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return None


def nonzero(value: object) -> float | None:
    """A number other than zero: formats other than text print zeros where text prints nothing."""
    return number(value) or None


def _whole_nonzero(value: object) -> int | None:
    return whole(value) or None


def text(value: object) -> str | None:
    """A text; None when it is none."""
    return value if isinstance(value, str) else None


def texts(value: object) -> tuple[str, ...] | None:
    """A list of texts; None when it is none."""
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list) and all(isinstance(element, str) for element in value):
        return tuple(value)
    return None


_Reader = Callable[[object], Any]
#: Keys that become one field as they are.
_FIELDS: Final[dict[str, tuple[str, _Reader]]] = {
    "Subplan Name": ("subplan_name", text),
    "Schema": ("schema", text),
    "Relation Name": ("relation", text),
    "Alias": ("alias", text),
    "Index Name": ("index", text),
    "CTE Name": ("cte", text),
    "Tuplestore Name": ("cte", text),
    "Function Name": ("function", text),
    "Table Function Name": ("function", text),
    "Sort Key": ("sort_keys", texts),
    "Presorted Key": ("presorted_keys", texts),
    "Group Key": ("group_keys", texts),
    "Output": ("output", texts),
    "Plan Rows": ("rows_estimated", number),
    "Plan Width": ("width", number),
    "Startup Cost": ("cost_startup", number),
    "Total Cost": ("cost_total", number),
    "Actual Rows": ("rows_actual", number),
    "Actual Loops": ("loops", number),
    "Actual Startup Time": ("time_first_ms", number),
    "Actual Total Time": ("time_last_ms", number),
    "Sort Method": ("sort_method", text),
    "Peak Memory Usage": ("memory_kb", number),
    "Disk Usage": ("disk_kb", nonzero),
    "Hash Batches": ("batches", whole),
    "HashAgg Batches": ("batches", whole),
    "Original Hash Batches": ("batches_planned", whole),
    "Heap Fetches": ("heap_fetches", number),
    "Index Searches": ("index_searches", number),
    "Exact Heap Blocks": ("exact_blocks", _whole_nonzero),
    "Lossy Heap Blocks": ("lossy_blocks", _whole_nonzero),
    "Workers Planned": ("workers_planned", whole),
    "Workers Launched": ("workers_launched", whole),
    "Subplans Removed": ("subplans_removed", _whole_nonzero),
}
_PREDICATES: Final[dict[str, PredicateRole]] = {
    "Filter": "filter",
    "Index Cond": "index",
    "Recheck Cond": "recheck",
    "Join Filter": "join_filter",
    "Hash Cond": "hash",
    "Merge Cond": "merge",
    "One-Time Filter": "one_time",
    "TID Cond": "tid",
    "Run Condition": "run",
    "Order By": "order_by",
    "Conflict Filter": "conflict",
}
#: Keys of a dictionary field: (field, its key, reader).
_PARTS: Final[dict[str, tuple[str, str, _Reader]]] = {
    "Rows Removed by Filter": ("removed", "filter", nonzero),
    "Rows Removed by Join Filter": ("removed", "join_filter", nonzero),
    "Rows Removed by Index Recheck": ("removed", "recheck", nonzero),
    "Rows Removed by Conflict Filter": ("removed", "conflict", nonzero),
    "WAL Records": ("wal", "records", _whole_nonzero),
    "WAL FPI": ("wal", "fpi", _whole_nonzero),
    "WAL Bytes": ("wal", "bytes", _whole_nonzero),
    "WAL Buffers Full": ("wal", "buffers_full", _whole_nonzero),
    "Cache Hits": ("cache", "hits", number),
    "Cache Misses": ("cache", "misses", number),
    "Cache Evictions": ("cache", "evictions", number),
    "Cache Overflows": ("cache", "overflows", number),
    **{
        f"{where} {what} Blocks": ("buffers", f"{where}_{what}".lower(), _whole_nonzero)
        for where in ("Shared", "Local", "Temp")
        for what in ("Hit", "Read", "Dirtied", "Written")
    },
    **{
        # without a word before it the time is that of shared and local blocks (until 16)
        f"{where}I/O {what} Time": ("io_ms", f"{where.strip().lower() or 'shared'}_{what}".lower(), nonzero)
        for where in ("", "Shared ", "Local ", "Temp ")
        for what in ("Read", "Write")
    },
}
BUFFERS: Final = frozenset(name for name, (field, _, _) in _PARTS.items() if field in ("buffers", "io_ms"))
_RELATIONSHIPS: Final[dict[str, Relationship]] = {
    "Outer": "outer",
    "Inner": "inner",
    "Member": "member",
    "Subquery": "subquery",
    "InitPlan": "init_plan",
    "SubPlan": "sub_plan",
}
_DONE = frozenset(
    {
        "Node Type",
        "Parent Relationship",
        "Strategy",
        "Partial Mode",
        "Join Type",
        "Command",
        "Operation",
        "Scan Direction",
    }
)


def node(source: DocumentNode, number_: str, parent: str | None) -> PlanNode:
    """The node; ``number_`` is its id. What is not understood goes to ``extra``."""
    keys = source.keys
    kind = keys["Node Type"]
    values: dict[str, Any] = {}
    predicates: dict[PredicateRole, str] = {}
    extra: dict[str, Any] = {}
    for name, value in keys.items():
        if field := _FIELDS.get(name):
            made = field[1](value)
            if made is not None:
                values[field[0]] = made
            elif value not in (0, None):
                extra[name] = value
        elif part := _PARTS.get(name):
            made = part[2](value)
            if made is not None:
                values.setdefault(part[0], {})[part[1]] = made
            elif value not in (0, None):
                extra[name] = value
        elif role := _PREDICATES.get(name):
            if isinstance(value, str):
                predicates[role] = value
            else:
                extra[name] = value
        elif name in _DONE or (name in _FLAGS and isinstance(value, bool)) or (name in _COUNTS and value == 0):
            continue
        else:
            extra[name] = value
    made_node = PlanNode(
        id=number_,
        parent=parent,
        operator=OPERATORS.get(kind, "other"),
        raw_operator=label(keys),
        predicates=predicates,
        line=source.line or None,
        extra=extra,
        **values,
    )
    _relationship(made_node, keys)
    _shape(made_node, keys)
    _space(made_node, keys)
    _execution(made_node, keys)
    return made_node


def planning_parts(keys: dict[str, Any]) -> tuple[dict[str, int], dict[str, float], dict[str, Any]]:
    """Buffers, I/O times and the rest of what planning took."""
    found: dict[str, dict[str, Any]] = {"buffers": {}, "io_ms": {}}
    rest: dict[str, Any] = {}
    for name, value in keys.items():
        part = _PARTS.get(name)
        made = part[2](value) if part and part[0] in found else None
        if part and made is not None:
            found[part[0]][part[1]] = made
        elif value != 0:
            rest[name] = value
    return found["buffers"], found["io_ms"], rest


def _relationship(made: PlanNode, keys: dict[str, Any]) -> None:
    printed = keys.get("Parent Relationship")
    if made.parent is None:
        made.relationship = "root"
    elif printed == "InitPlan" and (made.subplan_name or "").startswith("CTE "):
        made.relationship = "cte"
    elif printed in _RELATIONSHIPS:
        made.relationship = _RELATIONSHIPS[printed]
    elif printed is not None:
        made.extra["Parent Relationship"] = printed


def _shape(made: PlanNode, keys: dict[str, Any]) -> None:
    """What kind of its operator it is."""
    extra = made.extra
    made.parallel = keys.get("Parallel Aware") is True
    made.disabled = keys.get("Disabled") is True
    if keys.get("Async Capable") is True:
        extra["Async Capable"] = True
    if keys.get("Single Copy") is True:
        extra["Single Copy"] = True
    if isinstance(unique := keys.get("Inner Unique"), bool):
        made.inner_unique = unique
    _one_of(made, keys, "Strategy", "strategy", STRATEGIES)
    _one_of(made, keys, "Partial Mode", "partial_mode", {"Partial": "partial", "Finalize": "finalize", "Simple": None})
    _one_of(made, keys, "Join Type", "join_type", JOINS)
    made.backward = keys.get("Scan Direction") == "Backward"
    for name in ("Command", "Operation"):
        if isinstance(printed := keys.get(name), str):
            made.operation = printed.lower()
    made.covering = made.operator == "index_only_scan"
    if made.alias is None:
        # XML and text of some nodes name no alias: then it is the name itself
        made.alias = made.relation or made.function or made.cte
    if made.operator in ("aggregate", "group") and "filter" in made.predicates:
        made.predicates["having"] = made.predicates.pop("filter")


def _one_of(made: PlanNode, keys: dict[str, Any], name: str, field: str, values: dict[str, Any]) -> None:
    printed = keys.get(name)
    if printed in values:
        setattr(made, field, values[printed])
    elif printed is not None:
        made.extra[name] = printed


def _space(made: PlanNode, keys: dict[str, Any]) -> None:
    """Memory and disk of sorts, and of what materializes (18)."""
    extra = made.extra
    groups = [keys[name] for name in ("Full-sort Groups", "Pre-sorted Groups") if isinstance(keys.get(name), dict)]
    if groups:
        methods = [m for group in groups for m in texts(group.get("Sort Methods Used")) or ()]
        made.sort_method = ", ".join(dict.fromkeys(methods)) or None
        made.memory_kb = _peak(groups, "Sort Space Memory")
        made.disk_kb = _peak(groups, "Sort Space Disk")
    for kind, used in (("Sort Space Type", "Sort Space Used"), ("Storage", "Maximum Storage")):
        amount = number(keys.get(used))
        if amount is not None and keys.get(kind) in ("Memory", "Disk"):
            if keys[kind] == "Memory":
                made.memory_kb = amount
            else:
                made.disk_kb = amount
            extra.pop(kind, None)
            extra.pop(used, None)


def _peak(groups: list[dict[str, Any]], space: str) -> float | None:
    peaks = [number(group[space].get("Peak Sort Space Used")) for group in groups if isinstance(group.get(space), dict)]
    return max((peak for peak in peaks if peak is not None), default=None)


def _execution(made: PlanNode, keys: dict[str, Any]) -> None:
    if made.loops == 0:
        # formats other than text print zeros for it
        made.never_executed = True
        made.rows_actual = 0
        made.time_first_ms = made.time_last_ms = None
    workers = keys.get("Workers")
    if isinstance(workers, list) and all(isinstance(worker, dict) for worker in workers):
        del made.extra["Workers"]
        made.workers = tuple(_worker(worker, position) for position, worker in enumerate(workers))


_WORKER = {"Worker Number", "Actual Rows", "Actual Loops", "Actual Startup Time", "Actual Total Time"}


def _worker(keys: dict[str, Any], position: int) -> WorkerReport:
    told = whole(keys.get("Worker Number"))
    extra = {
        name: value
        for name, value in keys.items()
        if name not in _WORKER
        and not (value == 0 and (name in _PARTS or name in _FIELDS) and not isinstance(value, bool))
    }
    return WorkerReport(
        number=position if told is None else told,
        rows=number(keys.get("Actual Rows")),
        loops=number(keys.get("Actual Loops")),
        time_first_ms=number(keys.get("Actual Startup Time")),
        time_last_ms=number(keys.get("Actual Total Time")),
        extra=extra,
    )
