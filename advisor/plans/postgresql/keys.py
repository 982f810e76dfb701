"""The keys of PostgreSQL's plans, 9.0 to 18: name as in the JSON format, type, and the group that it stands in.

YAML and XML are typed by this table, not by the look of a value: the expression ``false`` of a One-Time Filter is text.
A key that is not in the table is kept under its own name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "integer", "number", "cost", "time", "flag", "list", "lists", "group", "groups"]
"""number: an integer, or two decimals since 18. cost: two decimals. time: milliseconds with three decimals. list: of
texts; lists: of lists of texts. group: more keys. groups: a list of such."""

DEEPEST = 400
"""Plans nested deeper than this are refused, by every reader: PostgreSQL's own stack bears about as many."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key of the JSON format."""

    name: str
    kind: Kind
    members: str = ""
    """group, groups: the table of `TABLES` that says what is inside."""
    item: str = "Item"
    """list, lists, groups: what XML calls one element."""
    element: str = ""
    """What XML calls the whole, where that is not the name; several keys may share it."""


def _keys(kind: Kind, names: str) -> list[Key]:
    return [Key(name.strip(), kind) for name in names.split("|")]


_BUFFERS = [
    *_keys(
        "integer",
        "Shared Hit Blocks|Shared Read Blocks|Shared Dirtied Blocks|Shared Written Blocks|Local Hit Blocks"
        "|Local Read Blocks|Local Dirtied Blocks|Local Written Blocks|Temp Read Blocks|Temp Written Blocks",
    ),
    *_keys(
        "time",
        "I/O Read Time|I/O Write Time|Temp I/O Read Time|Temp I/O Write Time|Shared I/O Read Time|Shared I/O Write Time"
        "|Local I/O Read Time|Local I/O Write Time",
    ),
]
_WAL = _keys("integer", "WAL Records|WAL FPI|WAL Bytes|WAL FPI Bytes|WAL Buffers Full")
_SORT = [
    *_keys("text", "Sort Method|Sort Space Type"),
    *_keys("integer", "Sort Space Used"),
    Key("Full-sort Groups", "group", "sort groups", element="Incremental Sort Groups"),
    Key("Pre-sorted Groups", "group", "sort groups", element="Incremental Sort Groups"),
]
_HASHED = _keys(
    "integer",
    "Hash Buckets|Original Hash Buckets|Hash Batches|Original Hash Batches|Peak Memory Usage|HashAgg Batches|Disk Usage"
    "|Planned Partitions|Cache Hits|Cache Misses|Cache Evictions|Cache Overflows",
)
_ACTUAL = [
    *_keys("time", "Actual Startup Time|Actual Total Time"),
    *_keys("number", "Actual Rows"),
    *_keys("integer", "Actual Loops"),
]
_JIT = Key("JIT", "group", "jit")

_NODE = [
    *_keys(
        "text",
        "Node Type|Strategy|Partial Mode|Operation|Parent Relationship|Subplan Name|Custom Plan Provider|Scan Direction"
        "|Index Name|Relation Name|Function Name|Table Function Name|CTE Name|Tuplestore Name|Schema|Alias|Join Type"
        "|Command|Index Cond|Order By|Filter|Recheck Cond|One-Time Filter|TID Cond|Function Call|Table Function Call"
        "|Merge Cond|Join Filter|Hash Cond|Run Condition|Window|Sampling Method|Repeatable Seed|Cache Key|Cache Mode"
        "|Storage|Conflict Resolution|Conflict Filter|Relations|Remote SQL|Foreign File|Foreign Program|Foreign Plan",
    ),
    *_keys("cost", "Startup Cost|Total Cost"),
    *_keys("integer", "Plan Rows|Plan Width"),
    *_ACTUAL,
    *_keys("flag", "Parallel Aware|Async Capable|Inner Unique|Single Copy|Disabled"),
    *_keys(
        "number",
        "Rows Removed by Index Recheck|Rows Removed by Filter|Rows Removed by Join Filter"
        "|Rows Removed by Conflict Filter|Heap Fetches|Index Searches"
        "|Tuples Inserted|Tuples Updated|Tuples Deleted|Tuples Skipped|Conflicting Tuples",
    ),
    *_keys(
        "integer",
        "Exact Heap Blocks|Lossy Heap Blocks|Workers Planned|Workers Launched|Subplans Removed|Maximum Storage"
        "|Batch Size|Foreign File Size|Estimated Capacity|Estimated Distinct Lookup Keys|Estimated Hit Percent",
    ),
    *_keys(
        "list",
        "Output|Sort Key|Presorted Key|Group Key|Params Evaluated|Sampling Parameters|Conflict Arbiter Indexes"
        "|Sort Methods Used",
    ),
    Key("Grouping Sets", "groups", "grouping set", "Grouping Set"),
    Key("Target Tables", "groups", "node", "Target Table"),
    Key("Workers", "groups", "worker", "Worker"),
    Key("Plans", "groups", "node", "Plan"),
    *_SORT,
    *_HASHED,
    *_BUFFERS,
    *_WAL,
]
_WORKER = [*_keys("integer", "Worker Number"), *_ACTUAL, *_SORT, *_HASHED, *_BUFFERS, *_WAL, _JIT]
# of a bitmap heap scan and an index scan, since 18
_WORKER += _keys("integer", "Exact Heap Blocks|Lossy Heap Blocks|Index Searches")

_PLAN = [
    *_keys("text", "Query Text|Query Parameters"),
    *_keys("integer", "Query Identifier"),
    *_keys("time", "Planning Time|Execution Time|Total Runtime"),
    Key("Plan", "group", "node"),
    Key("Settings", "group", "settings"),
    Key("Planning", "group", "planning"),
    Key("Triggers", "groups", "trigger", "Trigger"),
    Key("Serialization", "group", "serialization"),
    _JIT,
]


def _table(keys: list[Key]) -> dict[str, Key]:
    return {key.name: key for key in keys}


TABLES: dict[str, dict[str, Key]] = {
    "plan": _table(_PLAN),
    "node": _table(_NODE),
    "worker": _table(_WORKER),
    "planning": _table([*_keys("integer", "Memory Used|Memory Allocated"), *_BUFFERS]),
    "serialization": _table(
        [*_keys("time", "Time"), *_keys("integer", "Output Volume"), *_keys("text", "Format"), *_BUFFERS]
    ),
    "trigger": _table(
        [
            *_keys("text", "Trigger Name|Constraint Name|Relation|Schema"),
            *_keys("time", "Time"),
            *_keys("number", "Calls"),
        ]
    ),
    "settings": {},  # names of parameters; every value is text
    "jit": _table(
        [
            *_keys("integer", "Worker Number|Functions"),
            Key("Options", "group", "jit options"),
            Key("Timing", "group", "jit timing"),
        ]
    ),
    "jit options": _table(_keys("flag", "Inlining|Optimization|Expressions|Deforming")),
    # a number until 16, a group since
    "jit timing": _table(
        [*_keys("time", "Inlining|Optimization|Emission|Total"), Key("Generation", "group", "jit generation")]
    ),
    "jit generation": _table(_keys("time", "Deform|Total")),
    "sort groups": _table(
        [
            *_keys("integer", "Group Count"),
            *_keys("list", "Sort Methods Used"),
            Key("Sort Space Memory", "group", "sort space", element="Sort Space"),
            Key("Sort Space Disk", "group", "sort space", element="Sort Space"),
        ]
    ),
    "sort space": _table(_keys("integer", "Average Sort Space Used|Peak Sort Space Used")),
    "grouping set": _table(
        [
            *_keys("list", "Sort Key"),
            Key("Group Keys", "lists", item="Group Key"),
            Key("Hash Keys", "lists", item="Hash Key"),
        ]
    ),
}

#: Decimals that the server prints.
DECIMALS: dict[str, int] = {"cost": 2, "time": 3, "number": 2}


def tag(name: str) -> str:
    """What the XML format makes of a key: ``I/O Read Time`` is ``I-O-Read-Time``."""
    return _NOT_IN_TAGS.sub("-", name)


_NOT_IN_TAGS = re.compile(r"[^A-Za-z0-9_.-]")

#: By table, then by XML tag; of keys that share one it is the first.
TAGS: dict[str, dict[str, Key]] = {
    table: {tag(key.element or name): key for name, key in reversed(keys.items())} for table, keys in TABLES.items()
}


def key_of(table: str, name: str) -> Key | None:
    """The key of that name in a table; None when PostgreSQL has none that is known here."""
    if table == "settings":
        return Key(name, "text")
    return TABLES.get(table, {}).get(name)
