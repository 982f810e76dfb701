"""The nodes of a text plan, hung below each other by the columns of their arrows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from advisor.plans.postgresql.assemble import too_deep
from advisor.plans.postgresql.document import DocumentNode
from advisor.plans.postgresql.keys import DEEPEST

#: Notes what is wrong with a line of the text (from 0), and what stood there.
Warn = Callable[[int, str, str | None], None]

#: Until 8.3, one such line stood above all the subplans of a node.
UNNUMBERED = frozenset({"InitPlan", "SubPlan"})
_MISFIT = "its indentation fits no node above it; read as of the nearest"


class Tree:
    """Nodes in the order printed. The open ones are those that may have more children."""

    def __init__(self, root: DocumentNode, column: int, warn: Warn) -> None:
        """``column``: where the root's properties stand, and its children's arrows."""
        self.nodes = [root]
        self.keys = root.keys
        """Of the node that properties are of."""
        self.column = column
        """Where these stand. -1 after the name of a subplan, which has none of its own."""
        self._warn = warn
        # Column of the children's arrows, node, and the name of a subplan whose node comes next.
        self._open: list[tuple[int, DocumentNode, str | None]] = [(column, root, None)]

    def add(self, index: int, column: int, keys: dict[str, Any], line: int) -> None:
        """A node whose arrow stands in ``column``. Raises PlanError when it is nested too deeply."""
        opened = self._open
        while opened[-1][0] > column and len(opened) > 1:
            self._close(index)
        expected, parent, name = opened[-1]
        if expected != column:
            self._warn(index, _MISFIT, None)
        if name is not None:
            keys["Parent Relationship"] = "SubPlan" if name.startswith("SubPlan") else "InitPlan"
            keys["Subplan Name"] = name
            if name not in UNNUMBERED:
                opened.pop()
        node = DocumentNode(keys, [], line)
        parent.children.append(node)
        self.nodes.append(node)
        opened.append((column + 6, node, None))
        if len(opened) > DEEPEST:
            raise too_deep(line)
        self.keys = keys
        self.column = column + 6

    def name(self, index: int, column: int, name: str) -> None:
        """The name of a subplan, whose node comes next."""
        opened = self._open
        while opened[-1][0] > column and len(opened) > 1:
            self._close(index)
        expected, parent, before = opened[-1]
        if before is not None:
            self._close(index)
        elif expected != column:
            self._warn(index, _MISFIT, None)
        opened.append((column + 2, parent, name))
        self.column = -1

    def finish(self, index: int) -> None:
        """Once all is read: names of subplans that nothing followed."""
        for _, _, name in self._open:
            if name is not None and name not in UNNUMBERED:
                self._warn(index, "the node of a subplan is missing: the text is cut", name)

    def _close(self, index: int) -> None:
        _, _, name = self._open.pop()
        if name is not None and name not in UNNUMBERED:
            self._warn(index, "the node of a subplan is missing above this line", name)
