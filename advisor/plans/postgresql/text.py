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
from advisor.plans.postgresql.document import Document, DocumentNode
from advisor.plans.postgresql.text_beginning import Beginning, find, is_node
from advisor.plans.postgresql.text_blocks import TARGET, Blocks
from advisor.plans.postgresql.text_flat import is_flat
from advisor.plans.postgresql.text_footer import Footer
from advisor.plans.postgresql.text_head import add_numbers, describe, split_tail, without_numbers
from advisor.plans.postgresql.text_lines import joined, left_open, parentheses_closed
from advisor.plans.postgresql.text_properties import PLAIN, QUOTED, add
from advisor.plans.postgresql.text_relations import missing, only_target, relate
from advisor.plans.postgresql.text_tree import UNNUMBERED, Tree

_MOST_WARNINGS = 100
_SUBPLAN = ("InitPlan ", "SubPlan ", "CTE ")
#: Lines that print names and values as they are: a quote in them opens nothing.
_RAW = ("Trigger", "Settings: ", "CTE ", "InitPlan ", "SubPlan ", "Conflict Arbiter Indexes: ")
#: Until 10.
_UNITLESS = re.compile(r"^ *Foreign File Size: \d+$", re.MULTILINE | re.ASCII)
_LAST = frozenset({"Execution Time", "Total Runtime"})
_CUT = "the text is cut within this line, it is left out"


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
    if is_flat(lines, beginning.index):
        raise PlanError(
            f"line {excerpt.number(beginning.index)}: the blanks before the arrows were lost, so that nothing tells "
            "which operator stands below which; paste the plan as the client printed it"
        )
    return _Reader(excerpt, lines, beginning).read()


class _Reader:
    """One plan, line by line."""

    def __init__(self, excerpt: Excerpt, lines: list[str], beginning: Beginning) -> None:
        self._excerpt = excerpt
        self._lines = lines
        self._beginning = beginning
        self._warnings: list[PlanWarning] = []
        self._unmentioned = 0
        self._keys: dict[str, Any] = {}
        self._footer = Footer(self._keys)
        self._costs = self._actual = self._timed = False
        """What the first node has, and so all must have."""

    def read(self) -> Document:
        """The document."""
        beginning = self._beginning
        if beginning.query is not None:
            self._keys["Query Text"] = beginning.query
        if beginning.parameters is not None:
            self._keys["Query Parameters"] = beginning.parameters
        for index in beginning.skipped:
            self._warn(index, "it stands above the plan and is no part of it", self._lines[index])
        base, after = self._root(beginning.index)
        self._body(base, after)
        self._footer.finish(only_target(self._tree.nodes))
        for node, text in relate(self._tree.nodes):
            self._note(PlanWarning(node.line, text))
        self._check_end()
        if self._unmentioned:
            more = f"{self._unmentioned} more warnings are left out"
            self._warnings.append(PlanWarning(self._excerpt.number(len(self._lines)), more))
        root = self._tree.nodes[0]
        warnings = [*self._excerpt.warnings, *self._warnings]
        small = self._footer.small or (
            "Foreign File Size" in self._excerpt.text and _UNITLESS.search(self._excerpt.text)
        )
        wording = 10 if small else 12 if self._blocks.one_blank else None
        query = self._excerpt.query
        return Document(root, self._keys, "text", line=root.line, query=query, warnings=warnings, wording=wording)

    def _root(self, index: int) -> tuple[int, int]:
        """Reads the first node; the column of the plan, and the line after the node."""
        text, after, closed = joined(self._lines, index)
        if not closed:
            line = self._excerpt.number(index)
            raise PlanError(f"line {line}: the plan is cut within its first line; give the whole output of EXPLAIN")
        body = text.strip()
        column = len(text) - len(text.lstrip(" "))
        arrow = body.startswith("->")
        if arrow:
            body = body[2:].lstrip(" ")
            self._warn(index, "the plan begins with an inner node: what is above it is missing")
        head, tail = split_tail(body)
        keys, wrong = describe(head)
        if wrong is not None:
            keys, wrong = describe(without_numbers(head))
            self._warn(index, wrong or "its costs are damaged", head)
        if tail is not None:
            self._costs = tail.group(1) is not None
            self._actual = tail.group(5) is not None or tail.group(8) is not None
            self._timed = tail.group(6) is not None
            add_numbers(keys, tail, self._timed)
        base = column if arrow else self._shifted(column, after)
        root = DocumentNode(keys, [], self._excerpt.number(index))
        self._tree = Tree(root, base + (6 if arrow else 2), self._warn)
        self._blocks = Blocks(keys)
        return base, after

    def _shifted(self, column: int, after: int) -> int:
        """The plan's column, where the first line alone lost its indentation: that is what copying does."""
        rest = [line for line in self._lines[after : after + 1000] if line.strip()]
        if not rest:
            return column
        extra = len(rest[0]) - len(rest[0].lstrip(" ")) - column
        if extra == 1:
            return column + 1  # no properties: a line of the footer
        if extra > 2 and all(line.startswith(" " * (column + extra - 2)) for line in rest):
            return column + extra - 2
        return column

    def _body(self, base: int, index: int) -> None:
        lines = self._lines
        end = len(lines)
        tree, blocks, footer = self._tree, self._blocks, self._footer
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
            wrong: str | None
            if body.startswith("->"):
                wrong = self._node(start, column, body, index >= end, closed)
            elif column == tree.column and not footer.begun:
                label, separator, value = body.partition(": ")
                if label in PLAIN and separator and closed and index < end:
                    # Most lines are these: a property of the last node.
                    blocks.close()
                    wrong = add(tree.keys, label, value)
                else:
                    wrong = self._property(start, column, body, index >= end, closed)
            elif column <= base:
                if is_node(body) and split_tail(body)[1] is not None:
                    self._warn(start, "another plan begins here; only the first one was read")
                    return
                wrong = footer.add(body) if closed else _CUT
            elif footer.begun:
                wrong = footer.add_nested(body) if closed else _CUT
            else:
                wrong = self._property(start, column, body, index >= end, closed)
            if wrong is not None:
                self._warn(start, wrong, body)

    def _whole(self, start: int, column: int) -> tuple[str, int, bool]:
        """A line whose quotes are open, with what follows up to their end; the index after it; whether they end."""
        body = self._lines[start][column:]
        if body.startswith(_RAW):
            return body, start + 1, True
        text, after, closed = joined(self._lines, start)
        if body.startswith("->") or body.partition(": ")[0] in QUOTED or TARGET.match(body) is not None:
            return text[column:], after, closed
        # Nothing says what quotes mean in the properties of an extension.
        if closed:
            self._warn(start, f"read as one property with the {after - start - 1} lines below, its quotes suggest so")
            return text[column:], after, True
        self._warn(start, "it holds a quote that nothing closes", body)
        return body, start + 1, True

    def _node(self, index: int, column: int, body: str, last: bool, closed: bool) -> str | None:
        if self._footer.begun:
            return "a node below the end of the plan, it is left out"
        if not closed:
            return _CUT
        head, tail = split_tail(body[2:].lstrip(" "))
        keys, wrong = describe(head)
        if tail is not None:
            if self._actual and tail.group(8) is None and tail.group(5) is None:
                self._warn(index, "its actual rows are missing")
            add_numbers(keys, tail, self._timed)
        elif self._costs or self._actual or wrong is not None:
            if last:
                return _CUT
            keys, wrong = describe(without_numbers(head))
            wrong = wrong or "its costs are missing or damaged"
        self._tree.add(index, column, keys, self._excerpt.number(index))
        self._blocks.of(keys)
        return wrong

    def _property(self, index: int, column: int, body: str, last: bool, closed: bool) -> str | None:
        tree = self._tree
        if body.startswith(_SUBPLAN) or body in UNNUMBERED:
            tree.name(index, column, body)
            return None
        if column < tree.column or tree.column < 0:
            return "its indentation fits no node above it, it is left out"
        if not closed or (last and not _complete(body)):
            return _CUT
        return self._blocks.add(column - tree.column, body)

    def _check_end(self) -> None:
        last = len(self._lines) - 1
        self._tree.finish(last)
        if not self._keys.keys().isdisjoint(_LAST):
            return
        if self._actual and "Query Text" not in self._keys:
            self._warn(last, "no Execution Time at the end: the text may be cut, or SUMMARY was off")
        for name in missing(self._tree.nodes):
            self._warn(last, "a subplan is mentioned, but its node is missing: the text is cut", name)

    def _warn(self, index: int, text: str, quote: str | None = None) -> None:
        self._note(PlanWarning(self._excerpt.number(index), text, None if quote is None else _shown(quote)))

    def _note(self, warning: PlanWarning) -> None:
        if len(self._warnings) < _MOST_WARNINGS:
            self._warnings.append(warning)
        else:
            self._unmentioned += 1


def _complete(body: str) -> bool:
    """Whether the last line of a text can be whole."""
    return body.partition(": ")[0] not in QUOTED or (parentheses_closed(body) and not body.endswith(","))


def _shown(text: str) -> str:
    """Its beginning, on one line."""
    flat = " ".join(text[:200].split())
    return flat if len(flat) <= 60 else flat[:57] + "..."
