"""One property of a node or a worker: a line, or a part of one, with a label."""

from __future__ import annotations

import re
from typing import Any

from advisor.plans.postgresql.keys import TABLES
from advisor.plans.postgresql.text_counters import PACKED, decimal, whole
from advisor.plans.postgresql.text_lines import split_list

_ACTUAL = re.compile(
    r"actual (?:time=(\d{1,320}\.\d{1,20})\.\.(\d{1,320}\.\d{1,20}) )?"
    r"rows=(\d{1,320}(?:\.\d{1,20})?) loops=(\d{1,320})$",
    re.ASCII,
)
_LABEL = re.compile(r"[A-Z][A-Za-z0-9 /()_.#-]{0,79}$", re.ASCII)

#: Keys that text prints in another way than as "Key: value".
_ELSEWHERE = frozenset(
    {
        *("Node Type", "Strategy", "Partial Mode", "Operation", "Parent Relationship", "Subplan Name"),
        *("Custom Plan Provider", "Scan Direction", "Index Name", "Relation Name", "Function Name"),
        *("Table Function Name", "CTE Name", "Tuplestore Name", "Schema", "Alias", "Join Type", "Command"),
        *("Parallel Aware", "Async Capable", "Plan Rows", "Plan Width", "Actual Loops", "Actual Rows"),
    }
)
_NODE = {name: key.kind for name, key in TABLES["node"].items() if name not in _ELSEWHERE}
#: Labels whose value is text as it stands: expressions, mostly.
TEXTS = frozenset(name for name, kind in _NODE.items() if kind == "text") - set(PACKED)
_NUMBERS = frozenset(name for name, kind in _NODE.items() if kind in ("integer", "number")) - set(PACKED)
_FLAGS = frozenset(name for name, kind in _NODE.items() if kind == "flag")
LISTS = frozenset(name for name, kind in _NODE.items() if kind == "list")
#: Names are printed as they are, quotes and all.
_NAMES = frozenset({"Conflict Arbiter Indexes"})
#: Labels whose values are expressions: quotes in them are those of SQL. Other texts may hold a quote of any kind.
QUOTED = (TEXTS | LISTS | {"Sampling", "Group Key", "Hash Key"}) - _NAMES - {"Foreign File", "Foreign Program"}
#: Labels that are the same for every kind of node, with nothing below them.
PLAIN = (TEXTS | LISTS | _NUMBERS | _FLAGS | set(PACKED)) - {"Group Key", "Hash Key", "Sort Key"}
_CHOICES = {
    "Cache Mode": frozenset({"logical", "binary"}),
    "Conflict Resolution": frozenset({"NOTHING", "UPDATE", "SELECT"}),
}
_TWICE = "it stands there twice"


def add(keys: dict[str, Any], label: str, value: str) -> str | None:
    """Reads a property into ``keys``. Returns what is wrong with it, if anything; it is left out then.

    What is there already stays: the server prints nothing twice for one node.
    """
    found: object
    if label in TEXTS:
        if not value or (label in _CHOICES and value not in _CHOICES[label]):
            return "its value is not one that the server prints"
        found = value
    elif label in PACKED:
        read = PACKED[label](value)
        if read is None:
            return "its value is not understood"
        if not keys.keys().isdisjoint(read):
            return _TWICE
        keys.update(read)
        return None
    elif label in _NUMBERS:
        number = value.removesuffix(" b") if label == "Foreign File Size" else value
        if whole(number):
            found = int(number)
        elif (fraction := decimal(number)) is not None:
            found = fraction
        else:
            return "its value is not a number"
    elif label in LISTS:
        if not value:
            return "its value is missing"
        found = value.split(", ") if label in _NAMES else split_list(value)
    elif label in _FLAGS:
        if value not in ("true", "false"):
            return "its value is neither true nor false"
        found = value == "true"
    elif not label.startswith("actual ") and _LABEL.match(label):
        found = value
    else:
        return "it is not understood"
    if label in keys:
        return _TWICE
    keys[label] = found
    return None


def add_actual(keys: dict[str, Any], text: str) -> bool:
    """Reads a worker's ``actual time=0.1..0.2 rows=3 loops=1``. False where it is none."""
    match = _ACTUAL.match(text)
    if match is None:
        return False
    first, last, rows, loops = match.groups()
    if first is not None:
        keys["Actual Startup Time"] = float(first)
        keys["Actual Total Time"] = float(last)
    keys["Actual Rows"] = int(rows) if rows.isdecimal() else float(rows)
    keys["Actual Loops"] = int(loops)
    return True
