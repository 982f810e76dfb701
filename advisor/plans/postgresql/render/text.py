"""A document in FORMAT TEXT, laid out as the server does. What text does not carry is lost: zeros, parts of names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from advisor.plans.postgresql.document import Document, DocumentNode
from advisor.plans.postgresql.keys import TABLES
from advisor.plans.postgresql.render.names import quoted
from advisor.plans.postgresql.render.text_footer import footer
from advisor.plans.postgresql.render.text_packed import PACKED, sort_method
from advisor.plans.postgresql.shapes import label

Keys = Mapping[str, Any]

#: Printed in the node's first line, or in the one above it.
_HEAD = frozenset(
    {
        *("Node Type", "Strategy", "Partial Mode", "Operation", "Parent Relationship", "Subplan Name"),
        *("Custom Plan Provider", "Parallel Aware", "Async Capable", "Scan Direction", "Index Name", "Relation Name"),
        *("Function Name", "Table Function Name", "CTE Name", "Tuplestore Name", "Schema", "Alias", "Join Type"),
        *("Command", "Startup Cost", "Total Cost", "Plan Rows", "Plan Width", "Actual Startup Time"),
        *("Actual Total Time", "Actual Rows", "Actual Loops", "Worker Number"),
    }
)
_OBJECTS = ("Relation Name", "Function Name", "Table Function Name", "CTE Name", "Tuplestore Name")
_FLAGS = frozenset({"Inner Unique", "Single Copy", "Disabled"})
#: What a worker has on lines of its own, until 12.
_APART = frozenset({"Sort Method", "Sort Space Type", "Sort Space Used", "JIT"})
#: Counts that text prints when they are not zero.
_POSITIVE = frozenset(
    {
        "Rows Removed by Filter",
        "Rows Removed by Join Filter",
        "Rows Removed by Index Recheck",
        "Rows Removed by Conflict Filter",
        "Subplans Removed",
    }
)


def render(document: Document) -> str:
    """The whole plan; below a Query Text when auto_explain gave it."""
    # A count that is zero only once it is divided by the loops is printed; other formats print every zero.
    rounded = document.format == "text"
    lines = [f"{name}: {document.keys[name]}" for name in ("Query Text", "Query Parameters") if name in document.keys]
    # A node, its indentation, and whether it has an arrow: with one its properties stand six columns deeper.
    pending: list[tuple[DocumentNode, int, bool]] = [(document.root, 0, False)]
    while pending:
        node, indent, arrow = pending.pop()
        name = node.keys.get("Subplan Name")
        if name is not None:
            lines.append(" " * indent + str(name))
            indent += 2
        lines.append(" " * indent + ("->  " if arrow else "") + _head(node.keys))
        indent += 6 if arrow else 2
        lines.extend(" " * indent + line for line in _properties(node.keys, rounded, document.wording))
        pending.extend((child, indent, True) for child in reversed(node.children))
    lines.extend(footer(document.keys, small=document.wording == 10))
    return "\n".join(lines) + "\n"


def _head(keys: Keys) -> str:
    line = label(dict(keys))
    index = keys.get("Index Name")
    target = _target(keys)
    if index is not None:
        line += (
            f" using {quoted(index)}" if target or keys["Node Type"] != "Bitmap Index Scan" else f" on {quoted(index)}"
        )
    if target:
        line += f" on {target}"
    if "Startup Cost" in keys:
        line += (
            f"  (cost={keys['Startup Cost']:.2f}..{keys.get('Total Cost', 0):.2f}"
            f" rows={_count(keys.get('Plan Rows', 0))} width={keys.get('Plan Width', 0)})"
        )
    if "Actual Loops" in keys:
        line += f" ({_actual(keys)})" if keys["Actual Loops"] else " (never executed)"
    return line


def _target(keys: Keys) -> str:
    name = next((keys[key] for key in _OBJECTS if key in keys), None)
    alias = keys.get("Alias")
    words = []
    if name is not None:
        words.append(f"{quoted(keys['Schema'])}.{quoted(name)}" if "Schema" in keys else quoted(name))
    if alias is not None and alias != name:
        words.append(quoted(alias))
    return " ".join(words)


def _count(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.0f}"


def _actual(keys: Keys) -> str:
    times = ""
    if "Actual Startup Time" in keys:
        times = f"time={keys['Actual Startup Time']:.3f}..{keys.get('Actual Total Time', 0):.3f} "
    rows = keys.get("Actual Rows", 0)
    shown = f"{rows:.2f}" if isinstance(rows, float) else str(rows)
    return f"actual {times}rows={shown} loops={_count(keys['Actual Loops'])}"


def _properties(keys: Keys, rounded: bool = False, wording: int | None = None) -> Iterator[str]:
    """Lines below the first, in the order of the keys, which is the server's. Deeper ones begin with blanks."""
    done: set[str] = set()
    for name, value in keys.items():
        if name in _HEAD or name in done:
            continue
        if name in PACKED:
            group, lines = PACKED[name]
            done |= group
            yield from lines(keys)
        elif name == "Workers" and wording is not None:
            for worker in value:
                if "Sort Method" in worker:
                    yield f"Worker {worker.get('Worker Number')}:  {sort_method(worker)[0]}"
        elif name == "Workers":
            for worker in value:
                yield from _worker(worker)
        elif name == "Grouping Sets":
            for one in value:
                yield from _grouping_set(one)
        elif name == "Target Tables":
            for table in value:
                yield from _target_table(keys, table)
        elif name == "JIT" and isinstance(value, dict):
            yield from footer({"JIT": value})
        elif (line := _property(name, value, rounded)) is not None:
            yield line.removesuffix(" b") if name == "Foreign File Size" and wording == 10 else line
    if wording is not None and "Workers" in keys:
        for worker in keys["Workers"]:
            yield from _worker_until_12(worker)


def _property(name: str, value: Any, rounded: bool) -> str | None:
    """One key as a line of its own, None where text prints none."""
    if isinstance(value, bool):
        return f"{name}: {str(value).lower()}" if value or name not in _FLAGS else None
    if isinstance(value, list):
        return f"{name}: {', '.join(map(str, value))}" if value else None
    if isinstance(value, dict) or (not value and name in _POSITIVE and not rounded):
        return None
    if name == "Foreign File Size":
        return f"{name}: {value} b"
    key = TABLES["node"].get(name)
    if isinstance(value, float) and key is not None and key.kind == "time":
        return f"{name}: {value:.3f} ms"
    return f"{name}: {value}"


def _worker(worker: Keys) -> Iterator[str]:
    lines = [_actual(worker)] if worker.get("Actual Loops") else []
    lines.extend(_properties(worker))
    for position, line in enumerate(lines):
        yield f"  {line}" if position else f"Worker {worker.get('Worker Number')}:  {line}"


def _worker_until_12(worker: Keys) -> Iterator[str]:
    """What it did. How it sorted stands further up."""
    start = f"Worker {worker.get('Worker Number')}: "
    if worker.get("Actual Loops"):
        yield f"{start}{_actual(worker)}"
    yield from (f"  {line}" for line in _properties({name: worker[name] for name in worker if name not in _APART}))
    if isinstance(jit := worker.get("JIT"), dict):
        first, *rest = footer({"JIT": jit})
        yield first.replace("JIT:", f"JIT for worker {worker.get('Worker Number')}:")
        yield from rest


def _grouping_set(keys: Keys) -> Iterator[str]:
    indent = ""
    if "Sort Key" in keys:
        yield f"Sort Key: {', '.join(keys['Sort Key'])}"
        indent = "  "
    for name, label_ in (("Group Keys", "Group Key"), ("Hash Keys", "Hash Key")):
        for key in keys.get(name, ()):
            yield f"{indent}{label_}: {', '.join(key) or '()'}"


def _target_table(node: Keys, table: Keys) -> Iterator[str]:
    own = {name: value for name, value in table.items() if name not in _HEAD}
    yield f"{'Foreign ' if own else ''}{node.get('Operation')} on {_target(table)}"
    for line in _properties(own):
        yield f"  {line}"
