"""A node's first line: what it is, what it reads, what it was thought to cost and what it did."""

from __future__ import annotations

import re
from typing import Any

_NUMBER = r"\d{1,320}(?:\.\d{1,20})?|inf|nan"
_TAIL = re.compile(
    rf"""(?:\ \(cost=({_NUMBER})\.\.({_NUMBER})\ rows=(\d{{1,320}}|inf|nan)\ width=(-?\d{{1,10}})\))?
    (?:\ {{1,2}}\((?:(never\ executed)|actual\ (?:time=({_NUMBER})\.\.({_NUMBER})\ )?
    rows=({_NUMBER})\ loops=(\d{{1,320}}))\))?$""",
    re.VERBOSE | re.ASCII,
)
_NAME = r'(?:"[^"]*(?:""[^"]*)*"|[^\s"().,][^\s".]*)'
_TARGET = re.compile(rf"(?:({_NAME})\.)?({_NAME})(?: ({_NAME}))?$")
_BEFORE_NUMBERS = re.compile(r"""((?>[^"]|"[^"]*")*?) {1,2}\((?:cost|actual|never)""")
_INDEX = re.compile(rf" using ({_NAME})(?: on |$)")
_CUSTOM = re.compile(r"(Parallel )?(Async )?Custom Scan \((.*?)\)(?: on (.*))?$", re.DOTALL)

#: What one name after "on" is, by node type; two names are this and an alias.
_TARGET_KEYS = {
    "Function Scan": "Function Name",
    "Table Function Scan": "Table Function Name",
    "CTE Scan": "CTE Name",
    "WorkTable Scan": "CTE Name",
    "Named Tuplestore Scan": "Tuplestore Name",
    "Values Scan": "Alias",
    "Subquery Scan": "Alias",
    "Bitmap Index Scan": "Index Name",
}
#: Nodes that always name what they work on.
_TARGETED = frozenset(
    {
        "Seq Scan",
        "Sample Scan",
        "Index Scan",
        "Index Only Scan",
        "Bitmap Heap Scan",
        "Tid Scan",
        "Tid Range Scan",
        "ModifyTable",
        *_TARGET_KEYS,
    }
) - {"Named Tuplestore Scan"}  # its name is printed by no version so far


_PLAIN = (
    *("Result", "ProjectSet", "Append", "Merge Append", "Recursive Union", "BitmapAnd", "BitmapOr", "Gather"),
    *("Gather Merge", "Seq Scan", "Sample Scan", "Bitmap Index Scan", "Bitmap Heap Scan", "Tid Scan", "Tid Range Scan"),
    *("Subquery Scan", "Function Scan", "Table Function Scan", "Values Scan", "CTE Scan", "Named Tuplestore Scan"),
    *("WorkTable Scan", "Custom Scan", "Materialize", "Memoize", "Result Cache", "Sort", "Incremental Sort", "Group"),
    *("WindowAgg", "Unique", "LockRows", "Limit", "Hash"),
)


def _known() -> dict[str, dict[str, Any]]:
    """Every text that stands for a node's kind, with the keys that it says."""
    known: dict[str, dict[str, Any]] = {name: {"Node Type": name} for name in _PLAIN}
    for name in ("Index Scan", "Index Only Scan"):
        # Until 15, JSON tells those that are in no order at all ("NoMovement"); text never did.
        known[name] = {"Node Type": name, "Scan Direction": "Forward"}
        known[name + " Backward"] = {"Node Type": name, "Scan Direction": "Backward"}
    for operation in ("Insert", "Update", "Delete", "Merge"):
        known[operation] = {"Node Type": "ModifyTable", "Operation": operation}
        known["Foreign " + operation] = {"Node Type": "Foreign Scan", "Operation": operation}
    known["Foreign Scan"] = {"Node Type": "Foreign Scan", "Operation": "Select"}
    for name, joins in (("Nested Loop", "Nested Loop"), ("Merge Join", "Merge"), ("Hash Join", "Hash")):
        known[name] = {"Node Type": name, "Join Type": "Inner"}
        for kind in ("Left", "Full", "Right", "Semi", "Anti", "Right Semi", "Right Anti"):
            known[f"{joins} {kind} Join"] = {"Node Type": name, "Join Type": kind}
    for name, strategy in (
        ("Aggregate", "Plain"),
        ("GroupAggregate", "Sorted"),
        ("HashAggregate", "Hashed"),
        ("MixedAggregate", "Mixed"),
    ):
        for mode in ("Simple", "Partial", "Finalize"):
            keys = {"Node Type": "Aggregate", "Strategy": strategy, "Partial Mode": mode}
            known[name if mode == "Simple" else f"{mode} {name}"] = keys
    for name, strategy in (("SetOp", "Sorted"), ("HashSetOp", "Hashed")):
        for command in ("Intersect", "Intersect All", "Except", "Except All"):
            known[f"{name} {command}"] = {"Node Type": "SetOp", "Strategy": strategy, "Command": command}
    for name, keys in list(known.items()):
        known["Parallel " + name] = {**keys, "Parallel Aware": True}
        known["Async " + name] = {**keys, "Async Capable": True}
        known["Parallel Async " + name] = {**keys, "Parallel Aware": True, "Async Capable": True}
    return known


KNOWN = _known()


def split_tail(line: str) -> tuple[str, re.Match[str] | None]:
    """What the node is, and the match of its numbers; None where it has none (COSTS OFF) or they are damaged."""
    if not line.endswith(")"):
        return line, None
    # From the right: a quoted name may hold anything, but nothing follows the numbers.
    start = line.rfind(" (cost=")
    tail = _TAIL.match(line, start) if start >= 0 else None
    if tail is None:
        start = max(line.rfind(" (actual "), line.rfind(" (never executed)"))
        tail = _TAIL.match(line, start) if start >= 0 else None
    return (line, None) if tail is None else (line[:start].rstrip(" "), tail)


def without_numbers(head: str) -> str:
    """The head of a line whose numbers are damaged: what stands before two blanks and a parenthesis, quotes aside."""
    match = _BEFORE_NUMBERS.match(head)
    return head if match is None else match[1]


def add_numbers(keys: dict[str, Any], tail: re.Match[str], timed: bool) -> None:
    """Keys of the numbers. ``timed``: the plan has times, and a node that never ran gets zeros as JSON prints them."""
    startup, total, rows, width, never, first, last, actual, loops = tail.groups()
    if startup is not None:
        keys["Startup Cost"] = float(startup)
        keys["Total Cost"] = float(total)
        keys["Plan Rows"] = int(rows) if rows.isdecimal() else float(rows)
        keys["Plan Width"] = int(width)
    if actual is not None:
        if first is not None:
            keys["Actual Startup Time"] = float(first)
            keys["Actual Total Time"] = float(last)
        keys["Actual Rows"] = int(actual) if actual.isdecimal() else float(actual)
        keys["Actual Loops"] = int(loops)
    elif never is not None:
        if timed:
            keys["Actual Startup Time"] = keys["Actual Total Time"] = 0.0
        keys["Actual Rows"] = keys["Actual Loops"] = 0


def add_target(keys: dict[str, Any], target: str) -> bool:
    """Keys of what stands after ``on``: schema, name and alias. False where it is not understood."""
    what = _TARGET_KEYS.get(keys["Node Type"], "Relation Name")
    if '"' not in target:
        words = target.split(" ")
        schema, dot, name = words[0].rpartition(".")
        if len(words) > 2 or not name or "." in schema:
            return False
        alias = words[1] if len(words) == 2 else None
        named = schema if dot else None
    else:
        match = _TARGET.match(target)
        if match is None:
            return False
        named, alias = _unquoted(match[1]), _unquoted(match[3])
        name = _unquoted(match[2]) or ""
    if what == "Function Name" and alias is None and named is None:
        # The function's name or an alias of something that has none: as an alias it is right in either case.
        what = "Alias"
    keys[what] = name
    if named is not None:
        keys["Schema"] = named
    if alias is not None:
        keys["Alias"] = alias
    return True


def _unquoted(name: str | None) -> str | None:
    if name is not None and name.startswith('"'):
        return name[1:-1].replace('""', '"')
    return name


def describe(text: str) -> tuple[dict[str, Any], str | None]:
    """Keys of what a node is (its first line without the numbers), and what is wrong with it, if anything."""
    kind, on, target = text.partition(" on ")
    known = KNOWN.get(kind)
    if known is not None:
        keys = known.copy()
        if on:
            return keys, None if add_target(keys, target) else "its target is not understood"
        return keys, "its target is missing" if keys["Node Type"] in _TARGETED else None
    if " using " in text:
        index = _INDEX.search(text)
        known = None if index is None else KNOWN.get(text[: index.start()])
        if known is not None and index is not None:
            keys = known.copy()
            keys["Index Name"] = _unquoted(index.group(1))
            complete = add_target(keys, text[index.end() :])
            return keys, None if complete else "its target is missing or not understood"
    custom = _CUSTOM.match(text)
    if custom is not None:
        keys = {"Node Type": "Custom Scan", "Custom Plan Provider": custom.group(3)}
        if custom.group(1):
            keys["Parallel Aware"] = True
        if custom.group(2):
            keys["Async Capable"] = True
        fine = custom.group(4) is None or add_target(keys, custom.group(4))
        return keys, None if fine else "its target is not understood"
    if kind.startswith("Subquery Scan ") and add_target(keys := {"Node Type": "Subquery Scan"}, kind[14:]):
        return keys, None  # until 8.4
    keys = {"Node Type": kind}
    if on:
        add_target(keys, target)
    return keys, "its kind is not known"
