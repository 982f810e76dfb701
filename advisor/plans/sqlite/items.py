"""SQLite's EXPLAIN QUERY PLAN as printed: lines within lines, out of rows or out of the shell's tree."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from advisor.model.plan import PlanWarning
from advisor.plans import rows as grid
from advisor.plans.errors import PlanError
from advisor.plans.excerpt import Excerpt


@dataclass(slots=True)
class Item:
    """One line, and those that stand below it."""

    text: str
    line: int
    children: list[Item] = field(default_factory=list)


#: Levels of lines within lines.
DEEPEST = 200

_NEW = frozenset({"id", "parent", "notused", "detail"})
_OLD = frozenset({"selectid", "order", "from", "detail"})
_TREE = re.compile(r"^((?:[|│ ] {2})*)[|`+\\├└╰][-─]{2}\s?(.*)$")


def read(excerpt: Excerpt, warnings: list[PlanWarning]) -> list[Item]:
    """The top lines."""
    first = next((line for line in excerpt.text.split("\n") if line.strip() and line.strip() != "QUERY PLAN"), "")
    if _TREE.match(first):
        return _tree(excerpt, warnings)
    found = grid.read(excerpt, _NEW | _OLD)
    warnings.extend(found.warnings)
    if not found.rows:
        raise PlanError(f"line {excerpt.number(0)}: the column names of EXPLAIN QUERY PLAN, but no rows below them.")
    if "selectid" in {name.lower() for name in found.columns}:
        return _of_selects(found.rows, warnings)
    return _of_parents(found.rows, warnings)


def _tree(excerpt: Excerpt, warnings: list[PlanWarning]) -> list[Item]:
    tops: list[Item] = []
    stack: list[Item] = []
    for index, line in enumerate(excerpt.text.split("\n")):
        if not line.strip() or line.strip() == "QUERY PLAN":
            continue
        match = _TREE.match(line.rstrip())
        if match is None:
            warnings.append(PlanWarning(excerpt.number(index), f"not understood: {line.strip()[:60]}"))
            continue
        depth = len(match[1]) // 3
        item = Item(match[2].strip(), excerpt.number(index))
        if depth > len(stack):
            warnings.append(PlanWarning(item.line, "a line stands deeper than anything that could hold it"))
            depth = len(stack)
        del stack[depth:]
        (stack[-1].children if stack else tops).append(item)
        stack.append(item)
    return tops


def _of_parents(rows: list[grid.Row], warnings: list[PlanWarning]) -> list[Item]:
    """Since 3.24: each row names its parent."""
    tops: list[Item] = []
    known: dict[str, Item] = {}
    for row in rows:
        item = Item((row.get("detail") or "").strip(), row.line)
        parent = (row.get("parent") or "0").strip()
        if parent in known:
            known[parent].children.append(item)
        else:
            if parent != "0":
                warnings.append(PlanWarning(row.line, f"the row {parent}, below which this one stands, is missing"))
            tops.append(item)
        known[(row.get("id") or "").strip()] = item
    return tops


_EXECUTE = re.compile(r"^EXECUTE ((?:CORRELATED )?(?:SCALAR|LIST) SUBQUERY (\d+))$")
_SCANNED = re.compile(r"^(SCAN|SEARCH) SUBQUERY (\d+)(?: AS (\S+))?(.*)$")
_COMPOUND = re.compile(r"^COMPOUND SUBQUERIES (\d+) AND (\d+) (USING TEMP B-TREE )?\((.*)\)$")


def _of_selects(rows: list[grid.Row], warnings: list[PlanWarning]) -> list[Item]:
    """Before 3.24: selects by number, named by the lines that use them; as the newer lines say the same."""
    selects: dict[str, list[grid.Row]] = {}
    for row in rows:
        selects.setdefault((row.get("selectid") or "0").strip(), []).append(row)
    used: set[str] = set()

    def items(select: str, depth: int = 0) -> list[Item]:
        if select in used:
            return []
        if depth > DEEPEST:
            raise PlanError(f"line {selects[select][0].line}: the plan is nested too deep.")
        used.add(select)
        found: list[Item] = []
        for row in selects.get(select, ()):
            text = (row.get("detail") or "").strip()
            if match := _EXECUTE.match(text):
                found.append(Item(match[1], row.line, items(match[2], depth + 1)))
            elif match := _SCANNED.match(text):
                name = match[3] or f"(subquery-{match[2]})"
                inner = items(match[2], depth + 1)
                if inner:
                    found.append(Item(f"MATERIALIZE {name}", row.line, inner))
                found.append(Item(f"{match[1]} {name}{match[4]}", row.line))
            elif match := _COMPOUND.match(text):
                first = Item("LEFT-MOST SUBQUERY", row.line, items(match[1], depth + 1))
                words = f"{match[4]} USING TEMP B-TREE" if match[3] else match[4]
                second = Item(words, row.line, items(match[2], depth + 1))
                found.append(Item("COMPOUND QUERY", row.line, [first, second]))
            else:
                found.append(Item(text, row.line))
        return found

    tops = items("0" if "0" in selects else next(iter(selects)))
    for select, left in selects.items():
        if select not in used:
            warnings.append(PlanWarning(left[0].line, f"nothing names select {select}: it is read as a subquery"))
            tops.append(Item(f"SCALAR SUBQUERY {select}", left[0].line, items(select)))
    return tops


def rendered(items: list[Item]) -> str:
    """The tree as the sqlite3 shell draws it."""
    lines = ["QUERY PLAN"]
    waiting = [(item, "", place == len(items) - 1) for place, item in enumerate(items)]
    waiting.reverse()
    while waiting:
        item, indent, last = waiting.pop()
        lines.append(f"{indent}{'`--' if last else '|--'}{item.text}")
        below = indent + ("   " if last else "|  ")
        count = len(item.children)
        waiting.extend(reversed([(child, below, i == count - 1) for i, child in enumerate(item.children)]))
    return "\n".join(lines)
