"""Reads PostgreSQL's FORMAT TEXT, 9.0 to 18, into what FORMAT JSON prints of the same execution.

The format: a node's properties stand two columns deeper than the root, or six deeper than its arrow. Children's arrows
stand in the column of their parent's properties; an InitPlan, SubPlan or CTE has a line of its own there, and its arrow
two columns deeper. What text leaves out (counts of zero, an alias like the name) is left out here too.
"""

from __future__ import annotations

import re
from typing import Any

from advisor.model.plan import PlanWarning
from advisor.plans.errors import PlanError
from advisor.plans.excerpt import Excerpt
from advisor.plans.postgresql.assemble import too_deep
from advisor.plans.postgresql.document import Document, DocumentNode
from advisor.plans.postgresql.keys import DEEPEST
from advisor.plans.postgresql.text_beginning import Beginning, find, is_node
from advisor.plans.postgresql.text_blocks import Blocks
from advisor.plans.postgresql.text_footer import Footer
from advisor.plans.postgresql.text_head import add_numbers, describe, split_tail
from advisor.plans.postgresql.text_lines import joined, left_open, parentheses_closed
from advisor.plans.postgresql.text_properties import QUOTED, TEXTS
from advisor.plans.postgresql.text_relations import relate

_MOST_WARNINGS = 100
_SUBPLAN = re.compile(r"(InitPlan|SubPlan) \S.*$|(CTE) .+$", re.DOTALL)
#: Lines that print names and values as they are: a quote in them opens nothing.
_RAW = ("Trigger", "Settings: ", "CTE ", "InitPlan ", "SubPlan ", "Conflict Arbiter Indexes: ")


def read(excerpt: Excerpt) -> Document:
    """The plan of the text. Raises PlanError when there is none."""
    lines = excerpt.text.split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    beginning = find(lines)
    if beginning is None:
        raise PlanError(
            f"line {excerpt.number(0)}: no plan of PostgreSQL here; give the output of EXPLAIN, its first line included"
        )
    return _Reader(excerpt, lines, beginning).read()


class _Frame:
    """A node that may have more children, or the name of a subplan whose node comes next."""

    __slots__ = ("column", "name", "node")

    def __init__(self, column: int, node: DocumentNode, name: str | None = None) -> None:
        self.column = column
        """Where arrows of its children stand, and its properties."""
        self.node = node
        self.name = name


class _Reader:
    """One plan, line by line."""

    def __init__(self, excerpt: Excerpt, lines: list[str], beginning: Beginning) -> None:
        self._excerpt = excerpt
        self._lines = lines
        self._beginning = beginning
        self._warnings: list[PlanWarning] = []
        self._unmentioned = 0
        self._document_keys: dict[str, Any] = {}
        self._footer = Footer(self._document_keys)
        self._nodes: list[DocumentNode] = []
        self._stack: list[_Frame] = []
        self._costs = self._actual = self._timed = False

    def read(self) -> Document:
        """The document."""
        beginning = self._beginning
        if beginning.query is not None:
            self._document_keys["Query Text"] = beginning.query
        if beginning.parameters is not None:
            self._document_keys["Query Parameters"] = beginning.parameters
        for index in beginning.skipped:
            self._warn(index, "it stands above the plan and is no part of it", self._lines[index])
        self._base, after = self._root(beginning.index)
        self._body(after)
        self._footer.finish()
        for line, text in relate(self._nodes):
            self._note(line, text)
        self._check_end()
        if self._unmentioned:
            self._warnings.append(
                PlanWarning(self._excerpt.number(len(self._lines)), f"{self._unmentioned} more warnings")
            )
        root = self._nodes[0]
        return Document(
            root,
            self._document_keys,
            "text",
            line=root.line,
            query=self._excerpt.query,
            warnings=[*self._excerpt.warnings, *self._warnings],
        )

    def _root(self, index: int) -> tuple[int, int]:
        """Reads the first node; the column of the plan, and the line after the node."""
        text, after, _ = joined(self._lines, index)
        body = text.lstrip(" ")
        column = len(text) - len(body)
        arrow = body.startswith("->")
        if arrow:
            body = body[2:].lstrip(" ")
            self._warn(index, "the plan begins with an inner node: what is above it is missing")
        head, tail = split_tail(body.rstrip())
        keys, wrong = describe(head)
        if wrong is not None:
            self._warn(index, wrong, head)
        if tail is not None:
            self._costs = tail.group(1) is not None
            self._actual = tail.group(5) is not None or tail.group(8) is not None
            self._timed = tail.group(6) is not None
            add_numbers(keys, tail, self._timed)
        node = DocumentNode(keys, [], self._excerpt.number(index))
        self._nodes.append(node)
        base = column if arrow else self._shifted(column, after)
        self._stack.append(_Frame(base + (6 if arrow else 2), node))
        self._blocks = Blocks(keys)
        return base, after

    def _shifted(self, column: int, after: int) -> int:
        """The plan's column, where the first line alone lost its indentation: that is what copying does."""
        lines = self._lines
        second = next((line for line in lines[after:] if line.strip()), "")
        extra = len(second) - len(second.lstrip(" ")) - column
        if extra <= 2:
            # no properties: a line of the footer
            return column + extra if 0 < extra < 2 else column
        extra -= 2
        if all(line.startswith(" " * (column + extra)) for line in lines[after:] if line.strip()):
            return column + extra
        return column

    def _body(self, index: int) -> None:
        lines = self._lines
        end = len(lines)
        while index < end:
            line = lines[index]
            body = line.lstrip(" ")
            start = index
            index += 1
            if not body:
                continue
            column = len(line) - len(body)
            closed = True
            if ("'" in body or '"' in body) and left_open(body):
                body, index, closed = self._whole(start, column)
            if body[-1] in " \t\r":
                body = body.rstrip()
            last = index >= end
            if body.startswith("->"):
                wrong = self._node(start, column, body, last, closed)
            elif column <= self._base:
                if is_node(body) and split_tail(body)[1] is not None:
                    self._warn(start, "another plan begins here; only the first one was read")
                    return
                wrong = self._footer.add(body) if closed else "its quotes are not closed"
            elif self._footer.begun:
                wrong = self._footer.add_nested(body) if closed else "its quotes are not closed"
            else:
                wrong = self._property(start, column, body, last, closed)
            if wrong is not None:
                self._warn(start, wrong, body)

    def _whole(self, start: int, column: int) -> tuple[str, int, bool]:
        """A line whose quotes are open, with what follows up to their end; the index after it; whether they end."""
        body = self._lines[start][column:]
        if body.startswith(_RAW):
            return body, start + 1, True
        text, after, closed = joined(self._lines, start)
        if body.startswith("->") or body.partition(": ")[0] in QUOTED or " on " in body:
            return text[column:], after, closed
        # Nothing says what quotes mean in the properties of an extension.
        if closed:
            self._warn(start, f"read as one property with the {after - start - 1} lines below, its quotes suggest so")
            return text[column:], after, True
        self._warn(start, "holds a quote that nothing closes")
        return body, start + 1, True

    def _node(self, index: int, column: int, body: str, last: bool, closed: bool) -> str | None:
        if self._footer.begun:
            return "a node below the end of the plan, it is left out"
        text = body[2:].lstrip(" ")
        head, tail = split_tail(text)
        if tail is None and "  (" in head:
            head = head.partition("  (")[0]
        keys, wrong = describe(head)
        if tail is None:
            if self._costs or self._actual or head is not text:
                wrong = wrong or "its costs are missing or damaged"
        else:
            if tail.group(8) is None and tail.group(5) is None and self._actual:
                self._warn(index, "its actual rows are missing")
            add_numbers(keys, tail, self._timed)
        if not closed:
            wrong = "its quotes are not closed"
        if wrong is not None and tail is None and last:
            return "the text is cut within this line, it is left out"
        parent = self._parent(index, column)
        node = DocumentNode(keys, [], self._excerpt.number(index))
        if parent.name is not None:
            keys["Parent Relationship"] = "SubPlan" if parent.name.startswith("SubPlan") else "InitPlan"
            keys["Subplan Name"] = parent.name
            self._stack.pop()
        parent.node.children.append(node)
        self._nodes.append(node)
        self._stack.append(_Frame(column + 6, node))
        if len(self._stack) > DEEPEST:
            raise too_deep(node.line)
        self._blocks = Blocks(keys)
        return wrong

    def _parent(self, index: int, column: int) -> _Frame:
        """The frame that an arrow in this column belongs to."""
        stack = self._stack
        while len(stack) > 1 and stack[-1].column > column:
            self._drop(index)
        frame = stack[-1]
        if frame.column != column:
            self._warn(index, "its indentation fits no node above it; read as an input of the nearest")
        return frame

    def _drop(self, index: int) -> None:
        frame = self._stack.pop()
        if frame.name is not None:
            self._warn(index, "the node of a subplan is missing above this line", frame.name)

    def _property(self, index: int, column: int, body: str, last: bool, closed: bool) -> str | None:
        frame = self._stack[-1]
        if column == frame.column and frame.name is None:
            label, separator, value = body.partition(": ")
            if label in TEXTS and separator and closed and not last and value:
                keys = frame.node.keys
                if label in keys:
                    return "it stands there twice"
                keys[label] = value
                self._blocks.close()
                return None
        subplan = _SUBPLAN.match(body)
        if subplan is not None:
            return self._subplan(index, column, body)
        if frame.name is not None or column < frame.column:
            return "its indentation fits no node above it, it is left out"
        if not closed or (last and not parentheses_closed(body) and body.partition(": ")[0] in QUOTED):
            return "the text is cut within this line, it is left out"
        return self._blocks.add(column - frame.column, body)

    def _subplan(self, index: int, column: int, name: str) -> str | None:
        stack = self._stack
        while len(stack) > 1 and stack[-1].column > column:
            self._drop(index)
        frame = stack[-1]
        if frame.column != column or frame.name is not None:
            self._warn(index, "its indentation fits no node above it; read as of the nearest")
        stack.append(_Frame(column + 2, frame.node, name))
        return None

    def _check_end(self) -> None:
        last = len(self._lines)
        for frame in self._stack:
            if frame.name is not None:
                self._warn(last, "the node of a subplan is missing: the text is cut", frame.name)
        keys = self._document_keys
        if self._actual and "Query Text" not in keys and not keys.keys() & {"Execution Time", "Total Runtime"}:
            self._warn(last, "no Execution Time at the end: the text may be cut, or SUMMARY was off")

    def _warn(self, index: int, text: str, quote: str | None = None) -> None:
        self._note(self._excerpt.number(index), text, quote)

    def _note(self, line: int, text: str, quote: str | None = None) -> None:
        if len(self._warnings) < _MOST_WARNINGS:
            self._warnings.append(PlanWarning(line, text, _shown(quote) if quote is not None else None))
        else:
            self._unmentioned += 1


def _shown(text: str) -> str:
    """Its beginning, on one line."""
    flat = " ".join(text[:200].split())
    return flat if len(flat) <= 60 else flat[:57] + "..."
