"""From the keys of one node to a `PlanNode`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from advisor.model.plan import PlanNode, Relationship, WorkerReport
from advisor.plans.postgresql.document import DocumentNode
from advisor.plans.postgresql.shapes import JOINS, OPERATORS, STRATEGIES, label

#: Printed by the text format only when true: false says nothing more than absence. Those without a field are `extra`.
_FLAGS: Final[dict[str, str | None]] = {
    "Parallel Aware": "parallel",
    "Disabled": "disabled",
    "Inner Unique": "inner_unique",
    "Async Capable": None,
    "Single Copy": None,
}
#: Printed by the text format only when not zero.
_COUNTS = frozenset(
    {
        "Planned Partitions", "Subplans Removed", "Tuples Updated", "Tuples Deleted", "Tuples Skipped",
        "Foreign File Size",
    }
)  # fmt: skip
_NUMBER = frozenset({int, float})


def number(value: object) -> float | None:
    """A number; None when it is none."""
    return value if type(value) in _NUMBER else None  # type: ignore[return-value]


def whole(value: object) -> int | None:
    """A whole number; None when it is none."""
    if type(value) is int:
        return value
    return int(value) if type(value) is float and value.is_integer() else None


def nonzero(value: object) -> float | None:
    """A number other than zero: formats other than text print zeros where text prints nothing."""
    return number(value) or None


def _whole_nonzero(value: object) -> int | None:
    return whole(value) or None


def text(value: object) -> str | None:
    """A text; None when it is none."""
    return value if isinstance(value, str) else None


def lowered(value: object) -> str | None:
    """A text in small letters; None when it is none."""
    return value.lower() if isinstance(value, str) else None


def texts(value: object) -> tuple[str, ...] | None:
    """A list of texts; None when it is none."""
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list) and all(isinstance(element, str) for element in value):
        return tuple(value)
    return None


_Reader = Callable[[object], Any]
#: Types of values that a reader gives back as they are.
_AS_THEY_ARE: Final[dict[_Reader, frozenset[type]]] = {
    number: _NUMBER,
    whole: frozenset({int}),
    text: frozenset({str}),
}
#: Keys that become one field.
_READ: Final[dict[str, tuple[str, _Reader]]] = {
    "Subplan Name": ("subplan_name", text),
    "Schema": ("schema", text),
    "Relation Name": ("relation", text),
    "Alias": ("alias", text),
    "Index Name": ("index", text),
    "CTE Name": ("cte", text),
    "Tuplestore Name": ("cte", text),
    "Function Name": ("function", text),
    "Table Function Name": ("function", text),
    "Command": ("operation", lowered),
    "Operation": ("operation", lowered),
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
#: ... the field, types that it takes as they are, and what reads others.
_FIELDS: Final = {
    name: (field, _AS_THEY_ARE.get(reader, frozenset[type]()), reader) for name, (field, reader) in _READ.items()
}
#: Keys of a dictionary field: (field, its key, reader).
_PARTS: Final[dict[str, tuple[str, str, _Reader]]] = {
    "Filter": ("predicates", "filter", text),
    "Index Cond": ("predicates", "index", text),
    "Recheck Cond": ("predicates", "recheck", text),
    "Join Filter": ("predicates", "join_filter", text),
    "Hash Cond": ("predicates", "hash", text),
    "Merge Cond": ("predicates", "merge", text),
    "One-Time Filter": ("predicates", "one_time", text),
    "TID Cond": ("predicates", "tid", text),
    "Run Condition": ("predicates", "run", text),
    "Order By": ("predicates", "order_by", text),
    "Conflict Filter": ("predicates", "conflict", text),
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
#: Keys with few values: the field, and what it is for each. Of the others it is what `extra` has.
_CHOICES: Final[dict[str, tuple[str, Mapping[str, Any]]]] = {
    "Strategy": ("strategy", STRATEGIES),
    "Partial Mode": ("partial_mode", {"Partial": "partial", "Finalize": "finalize", "Simple": None}),
    "Join Type": ("join_type", JOINS),
    "Scan Direction": ("backward", {"Backward": True, "Forward": False, "NoMovement": False}),
}
_ELSEWHERE = frozenset({"Node Type", "Parent Relationship"})


def node(source: DocumentNode, number_: str, parent: str | None) -> PlanNode:
    """The node; ``number_`` is its id. What is not understood goes to ``extra``."""
    keys = source.keys
    operator = OPERATORS.get(keys["Node Type"], "other")
    node = PlanNode(id=number_, parent=parent, operator=operator, raw_operator=label(keys), line=source.line or None)
    for name, value in keys.items():
        if field := _FIELDS.get(name):
            # Most keys by far, and this is done for each.
            if type(value) in field[1]:
                setattr(node, field[0], value)
            elif (made := field[2](value)) is not None:
                setattr(node, field[0], made)
            elif value not in (0, None):
                node.extra[name] = value
        elif part := _PARTS.get(name):
            made = part[2](value)
            if made is not None:
                getattr(node, part[0])[part[1]] = made
            elif value not in (0, None):
                node.extra[name] = value
        elif (choice := _CHOICES.get(name)) and type(value) is str and value in choice[1]:
            setattr(node, choice[0], choice[1][value])
        elif name in _FLAGS and type(value) is bool:
            if shown := _FLAGS[name]:
                setattr(node, shown, value)
            elif value:
                node.extra[name] = value
        elif name not in _ELSEWHERE and not (name in _COUNTS and value == 0):
            node.extra[name] = value
    if node.alias is None:
        # XML and text of some nodes name no alias: then it is the name itself
        node.alias = node.relation or node.function or node.cte
    if operator == "index_only_scan":
        node.covering = True
    elif operator in ("aggregate", "group") and "filter" in node.predicates:
        node.predicates["having"] = node.predicates.pop("filter")
    if node.loops == 0:
        # formats other than text print zeros for it
        node.never_executed = True
        node.rows_actual = 0
        node.time_first_ms = node.time_last_ms = None
    if node.extra:
        _space(node)
        _workers(node)
    _relate(node, keys.get("Parent Relationship"))
    return node


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


def _relate(node: PlanNode, printed: object) -> None:
    if node.parent is None:
        node.relationship = "root"
    elif printed == "InitPlan" and node.subplan_name is not None and node.subplan_name.startswith("CTE "):
        node.relationship = "cte"
    elif isinstance(printed, str) and printed in _RELATIONSHIPS:
        node.relationship = _RELATIONSHIPS[printed]
    elif printed is not None:
        node.extra["Parent Relationship"] = printed


def _space(node: PlanNode) -> None:
    """Memory and disk of sorts, and of what materializes (18)."""
    extra = node.extra
    groups = [extra[name] for name in ("Full-sort Groups", "Pre-sorted Groups") if isinstance(extra.get(name), dict)]
    if groups:
        methods = [m for group in groups for m in texts(group.get("Sort Methods Used")) or ()]
        node.sort_method = ", ".join(dict.fromkeys(methods)) or None
        node.memory_kb = _peak(groups, "Sort Space Memory")
        node.disk_kb = _peak(groups, "Sort Space Disk")
    for kind, used in (("Sort Space Type", "Sort Space Used"), ("Storage", "Maximum Storage")):
        amount = number(extra.get(used))
        if amount is not None and extra.get(kind) in ("Memory", "Disk"):
            if extra[kind] == "Memory":
                node.memory_kb = amount
            else:
                node.disk_kb = amount
            del extra[kind], extra[used]


def _peak(groups: list[dict[str, Any]], space: str) -> float | None:
    peaks = [number(group[space].get("Peak Sort Space Used")) for group in groups if isinstance(group.get(space), dict)]
    return max((peak for peak in peaks if peak is not None), default=None)


def _workers(node: PlanNode) -> None:
    workers = node.extra.get("Workers")
    if isinstance(workers, list) and all(isinstance(worker, dict) for worker in workers):
        del node.extra["Workers"]
        node.workers = tuple(_worker(worker, position) for position, worker in enumerate(workers))


_WORKER = {"Worker Number", "Actual Rows", "Actual Loops", "Actual Startup Time", "Actual Total Time"}


def _worker(keys: dict[str, Any], position: int) -> WorkerReport:
    told = whole(keys.get("Worker Number"))
    # The structured formats say `I/O Read Time` until 16, where text says shared.
    extra = {
        (f"Shared {name}" if name.startswith("I/O ") else name): value
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
