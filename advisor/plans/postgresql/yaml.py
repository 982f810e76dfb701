"""Reads PostgreSQL's FORMAT YAML: what EXPLAIN and auto_explain print, not YAML at large.

Written by hand: PostgreSQL prints one key or element a line, its texts are JSON strings, and 10 MB take less than
a second. Indentation may be off where a client stripped or shifted the first line.
"""

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import Any

from advisor.plans.excerpt import Excerpt
from advisor.plans.postgresql.assemble import Lines, documents, first, too_deep, warn
from advisor.plans.postgresql.document import Document
from advisor.plans.postgresql.keys import DECIMALS, DEEPEST, TABLES, Key
from advisor.plans.postgresql.scalars import empty, merge_workers, typed

_PROPERTY = re.compile(r"([ \t]*)(- +)?([A-Za-z_][^:\"\[\]{}]*?)[ \t]*:(?:[ \t]+(.*))?$")
_ELEMENT = re.compile(r"([ \t]*)-(?: +(.*))?$")
_ROW_COUNT = re.compile(r"\(\d+ [^()]{1,40}\)")
_MOST_WARNINGS = 50
_KNOWN = frozenset(name for table in TABLES.values() for name in table)
#: What the server prints for every node, when it does for one.
_ALWAYS = frozenset(
    {
        "Parallel Aware", "Startup Cost", "Total Cost", "Plan Rows", "Plan Width", "Actual Startup Time",
        "Actual Total Time", "Actual Rows", "Actual Loops", "Shared Hit Blocks", "Temp Written Blocks",
    }
)  # fmt: skip
_SETTING = Key("", "text")
#: The server prints the second one whenever it prints the first, and below it.
_TOGETHER = (
    ("Startup Cost", "Plan Width"),
    ("Actual Startup Time", "Actual Loops"),
    ("Actual Rows", "Actual Loops"),
    ("Scan Direction", "Alias"),
    ("Schema", "Alias"),
    ("Sort Method", "Sort Space Type"),
    ("Hash Buckets", "Peak Memory Usage"),
    ("HashAgg Batches", "Disk Usage"),
    ("Cache Hits", "Peak Memory Usage"),
    ("Exact Heap Blocks", "Lossy Heap Blocks"),
    ("Shared Hit Blocks", "Temp Written Blocks"),
    ("WAL Records", "WAL Bytes"),
)
#: Of these, what stands before a cut is kept.
_OPEN_ENDED = frozenset({"Plans", "Workers", "Triggers", "Target Tables"})
_SCANS = frozenset({"Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Heap Scan", "CTE Scan", "Function Scan"})

_AFTER_ALIAS = frozenset({"Alias", "Total Cost", "Actual Rows"})


def read(excerpt: Excerpt) -> Document:
    """The first plan of the text. Raises PlanError when there is none."""
    return first(read_all(excerpt), excerpt)


def read_all(excerpt: Excerpt) -> list[Document]:
    """A plan for each statement. Raises PlanError when there is none."""
    reader = _Reader(excerpt)
    reader.read()
    found = documents(reader.statements, reader.nodes, excerpt, "yaml")
    found[0].warnings.extend(excerpt.warnings)
    return found


class _Level:
    """A mapping or a sequence that is being read."""

    __slots__ = ("column", "is_list", "name", "table", "value")

    def __init__(self, value: Any, column: int, table: str, name: str = "") -> None:
        self.value = value
        self.name = name  # the key in the level around it; none in a sequence
        self.column = column  # of its keys, or of its dashes
        self.table = table
        self.is_list = isinstance(value, list)


class _Reader:
    def __init__(self, excerpt: Excerpt) -> None:
        self.excerpt = excerpt
        self.lines = excerpt.text.split("\n")
        self.statements: list[Any] = []
        self.nodes: Lines = {}
        self.levels = [_Level(self.statements, -1, "plan")]
        #: a key without a value on its line, the mapping it belongs to and its column
        self.pending: tuple[str, dict[str, Any], int, Key | None] | None = None
        self.twice: list[tuple[list[Any], list[Any]]] = []
        self.cut = False
        #: texts are in quotes: the server wrote it, and prints every number with all its decimals
        self.quoted = True
        #: the value in the last line
        self.last: tuple[dict[str, Any], str] | None = None
        self.warned = 0
        self.index = 0

    def warn(self, what: str, quote: str | None = None) -> None:
        self.warned += 1
        if self.warned <= _MOST_WARNINGS:
            warn(self.excerpt, self.index, what, quote)

    def read(self) -> None:
        lines = self.lines
        while lines and not lines[-1].strip(" \t\r\x00"):
            lines.pop()
        count = len(lines)
        while self.index < count:
            line = lines[self.index].rstrip(" \t\r\x00")
            match = _PROPERTY.match(line)
            if match is not None:
                blank, dash, name, raw = match.groups()
                column = len(blank)
                level = self.levels[-1]
                if (
                    raw
                    and not dash
                    and column == level.column
                    and self.index + 1 < count
                    and self.plain(name, raw, level)
                ):
                    self.index += 1
                    continue
                if dash:
                    if not self.item(column):
                        self.warn("a list item where none can stand", line)
                        self.index += 1
                        continue
                    column += len(dash)
                    made: dict[str, Any] = {}
                    self.levels[-1].value.append(made)
                    self.push(made, column, self.levels[-1].table)
                self.property(name, raw, column)
            elif (element := _ELEMENT.match(line)) is not None and self.item(len(element[1])):
                self.element(element[2] or "")
            elif line.strip(" \t\ufeff-") and not _ROW_COUNT.fullmatch(line.strip()):
                self.other(line)
            self.index += 1
        self.index = max(count - 1, 0)
        self.end()

    def plain(self, name: str, raw: str, level: _Level) -> bool:
        """Most lines: one more key of the innermost mapping. False when it is not as simple as that."""
        if self.pending is not None or level.is_list or name in level.value or level.table not in TABLES:
            return False
        key = TABLES[level.table].get(name)
        if key is None or len(self.levels) < 3 or name == "Node Type":
            return False
        if raw[0] != '"':
            value = self.scalar(raw, key)
        elif raw[-1] == '"' and len(raw) > 1 and "\\" not in raw:
            value = raw[1:-1]
        else:
            return False
        if value is not None:
            level.value[name] = value
        return True

    def other(self, line: str) -> None:
        if line.startswith("\ufeff"):
            self.lines[self.index] = line.lstrip("\ufeff")
            self.index -= 1
        elif self.index + 1 == len(self.lines) and not line.startswith("("):
            self.cut = True
        else:
            self.warn("a line that is no part of a plan", line)

    def push(self, value: Any, column: int, table: str, name: str = "") -> None:
        if len(self.levels) > 2 * DEEPEST + 8:
            raise too_deep(self.excerpt.number(self.index))
        self.levels.append(_Level(value, column, table, name))

    def item(self, column: int) -> bool:
        """Makes the sequence with a dash in this column the innermost level; False when there is none."""
        levels = self.levels
        if self.pending is not None:
            name, owner, at, key = self.pending
            if column > at or (
                column == at and len(levels) > 2 and (key is None or key.kind in ("list", "lists", "groups"))
            ):
                made: list[Any] = []
                if name == "Workers" and isinstance(owner.get(name), list):
                    self.twice.append((owner[name], made))
                owner[name] = made
                self.pending = None
                self.push(made, column, key.members if key is not None else "", name)
                return True
            self.settle()
        while len(levels) > 1 and (
            levels[-1].column > column or (not levels[-1].is_list and levels[-1].column >= column)
        ):
            levels.pop()
        if len(levels) == 2 and not levels[-1].is_list and "Plan" in levels[-1].value:
            levels.pop()  # the next statement; the column of the first one's dash may be off
        return levels[-1].is_list

    def settle(self) -> None:
        """The key that waits for what is below it has nothing there."""
        if self.pending is not None:
            name, owner, _, key = self.pending
            self.pending = None
            value = empty(key)
            if value is None:
                self.warn("a key without a value", name)
            else:
                owner[name] = value

    def property(self, name: str, raw: str | None, column: int) -> None:
        levels = self.levels
        if self.pending is not None:
            pending, owner, at, above = self.pending
            if column > at and (above is None or above.kind in ("group", "groups")):
                made: dict[str, Any] = {}
                owner[pending] = made
                self.pending = None
                self.push(made, column, above.members if above is not None else "")
            else:
                self.settle()
        while len(levels) > 2 and (levels[-1].column > column or (levels[-1].is_list and levels[-1].column >= column)):
            levels.pop()
        if len(levels) == 1:
            made = {}
            self.statements.append(made)
            self.push(made, column, "node" if name == "Node Type" else "plan")
        level = levels[-1]
        if level.is_list:
            self.warn("a key where a list item should stand", name)
            return
        if len(levels) == 2:
            if "Plan" in level.value and name in ("Plan", "Query Text"):  # auto_explain's next one
                made = {}
                self.statements.append(made)
                levels[-1] = level = _Level(made, column, "plan")
            level.column = column  # the first line's indentation may have been lost
        table = level.table
        key = _SETTING if table == "settings" else TABLES[table].get(name) if table in TABLES else None
        if name == "Node Type":
            self.nodes[id(level.value)] = self.index
            self.quoted = raw is not None and raw.startswith('"')
            if len(levels) == 2 and "Plan" not in level.value:
                level.table = "node"
        before = level.value.get(name)
        if raw is None or not raw:
            if before is not None and name != "Workers":
                self.warn("a key stands twice; the last one counts", name)
            self.pending = (name, level.value, column, key)
            return
        if before is not None:
            self.warn("a key stands twice; the last one counts", name)
            del level.value[name]
        value = self.scalar(raw, key)
        if value is not None:
            level.value[name] = value
            if self.index + 1 == len(self.lines):
                self.last = level.value, name

    def element(self, raw: str) -> None:
        level = self.levels[-1]
        if self.quoted and self.index + 1 == len(self.lines) and raw[:1] not in ('"', "["):
            self.cut = True  # the server quotes all of them
            return
        if not raw:
            self.warn("an empty list item")
            return
        value = self.scalar(raw, _SETTING)
        if value is not None:
            level.value.append(value)

    def scalar(self, raw: str, key: Key | None) -> Any:
        """The value that begins in this line; None when it is not whole."""
        last = self.index + 1 >= len(self.lines)
        if raw[0] == '"':
            if not _closed(raw):
                return self.wrapped(raw)
            return raw[1:-1] if "\\" not in raw else _string(raw)
        if raw[0] == "[":
            try:
                return json.loads(raw, strict=False)
            except (ValueError, RecursionError):
                if last:
                    self.cut = True
                else:
                    self.warn("a list that cannot be read", raw)
                return None
        if raw[0] == "'" and len(raw) > 1 and raw[-1] == "'":  # never the server's, but other writers of YAML do
            return raw[1:-1].replace("''", "'")
        if last and self.quoted and key is not None and key.kind in DECIMALS:
            point, decimals = raw.partition(".")[1:]
            if len(decimals) < DECIMALS[key.kind] and (point or key.kind != "number"):
                self.cut = True
                return None
        value = typed(raw, key)
        if isinstance(value, str) and key is not None and key.kind != "text":
            if last:
                self.cut = True
                return None
            self.warn("a value of the wrong type", f"{key.name}: {raw}")
        return value

    def wrapped(self, raw: str) -> str | None:
        """A text over several lines. The server escapes line ends: these come from wrapping."""
        parts = [raw]
        while True:
            if self.index + 1 >= len(self.lines):
                self.cut = True
                return None
            line = self.lines[self.index + 1].strip(" \t\r")
            match = _PROPERTY.match(line)
            if match is not None and match[3] in _KNOWN:
                self.warn("a text without its closing quote", raw)
                return "".join(parts)[1:]
            self.index += 1
            parts.append(line)
            if _closed('"' + "".join(parts[-2:])):
                self.warn("line breaks inside of a text were taken out: it was wrapped")
                return _string("".join(parts))

    def end(self) -> None:
        """Says so when the text is cut off, as far as that can be seen."""
        if self.pending is not None:
            name = self.pending[0]
            self.cut = self.cut or name not in ("Triggers", "Settings", "Workers")
            if not self.cut:
                self.settle()
        for before, after in self.twice:
            merge_workers(before, after)
        within = ""
        for level in self.levels:
            if isinstance(level.value, dict) and isinstance(level.value.get("Node Type"), str):
                within = level.value["Node Type"]
                if _ALWAYS.intersection(_top(self.statements)).difference(level.value) or any(
                    begin in level.value and end not in level.value for begin, end in _TOGETHER
                ):
                    self.cut = True
                if level.value["Node Type"] in _SCANS and not _AFTER_ALIAS.intersection(level.value):
                    self.cut = True
        # auto_explain, which prints a Query Text, ends without a time
        ends = {"Execution Time", "Total Runtime", "Query Text"}
        if not self.cut and "Actual Loops" in _top(self.statements) and not ends.intersection(self.statements[-1]):
            self.warn("no Execution Time at the end: the text may be cut, or SUMMARY was off")
        if self.cut:
            if self.last is not None and not isinstance(self.last[0].get(self.last[1]), str):
                self.last[0].pop(self.last[1], None)  # its last digits may be missing
            for owner, level in pairwise(self.levels):
                if level.is_list and level.name and level.name not in _OPEN_ENDED:
                    owner.value.pop(level.name, None)  # a list of keys is whole or nothing
            self.warned = 0
            self.warn("the plan is cut off here: what was printed after it is missing", within or None)


def _top(statements: list[Any]) -> dict[str, Any]:
    statement = statements[-1] if statements and isinstance(statements[-1], dict) else {}
    plan = statement.get("Plan", statement)
    return plan if isinstance(plan, dict) else {}


def _closed(raw: str) -> bool:
    """A text that begins with a quote ends with its closing one."""
    if len(raw) < 2 or raw[-1] != '"':
        return False
    return (len(raw) - 1 - len(raw[:-1].rstrip("\\"))) % 2 == 0


def _string(raw: str) -> str:
    try:
        value = str(json.loads(raw, strict=False))
    except ValueError:
        return raw[1:-1]
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
