"""The selects of a tabular plan: which rows belong together, and which select stands inside which.

Printed are a number per select, and in place of a table ``<derived2>``, ``<subquery2>`` and ``<union1,2>``, which name
selects. Selects come in the order of a walk that prints a select before those inside it. For a subquery that no table
names the holder is not printed: a dependent one names outer tables in ``ref``; for the others it is the first select of
the statement, and the node's extra says ``holder: not printed`` where there was a choice.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property

from advisor.model.plan import PlanWarning
from advisor.plans.branch import Branch
from advisor.plans.mysql.access import MADE, read_extra
from advisor.plans.mysql.joins import plain
from advisor.plans.mysql.numbers import number
from advisor.plans.rows import Row

_RESULT = re.compile(r"^<(union|intersect|except|unit|unary)([\d.,]+)>$")


class Blocks:
    """Selects by number, and the tree that they make."""

    def __init__(self, rows: list[Row], build: Callable[[list[Row]], Branch]) -> None:
        """``build`` makes a select's branch (a ``query`` node) of its rows."""
        self.warnings: list[PlanWarning] = []
        self._build = build
        self._selects: dict[int, list[Row]] = {}
        self._results: list[tuple[Row, str, list[int]]] = []
        self._built: dict[int, Branch] = {}
        self._open: set[int] = set()
        self._used_results: set[int] = set()
        last = 0
        for row in rows:
            result = _RESULT.match(row.get("table") or "")
            if result is not None and (row.get("select_type") or "RESULT").endswith("RESULT"):
                self._results.append((row, result[1], _members(result[2], self._selects)))
                continue
            given = number(row.get("id"))
            if given is None and not self._selects:
                given = 1
            last = last if given is None else int(given)
            self._selects.setdefault(last, []).append(row)

    def tree(self) -> Branch:
        """The whole plan."""
        if not self._selects:
            return self._result(0)
        first = next(iter(self._selects))
        root = self._content(first)
        self._rest(first, root)
        return root

    # ------------------------------------------------------------------ one select, or a union of several

    def _content(self, select: int) -> Branch:
        """What a reference to a select means: itself, or the union that begins with it."""
        candidates = [
            place
            for place, (_, _, members) in enumerate(self._results)
            if members and members[0] == select and place not in self._used_results
        ]
        if candidates:
            return self._result(max(candidates, key=lambda place: len(self._results[place][2])))
        return self._union_all(select)

    def _result(self, place: int) -> Branch:
        self._used_results.add(place)
        row, kind, members = self._results[place]
        extra = read_extra(row.get("extra"))
        operation = {"unit": "union", "unary": "unary"}.get(kind, kind)
        recursive = any("RECURSIVE" in self._kind(member) for member in members if member in self._selects)
        branch = plain(
            "recursive_union" if recursive else "set_op",
            row.get("select_type") or "UNION RESULT",
            row.line,
            operation=operation,
            alias=row.get("table"),
            access=row.get("type"),
            rows_actual=None if recursive else number(row.get("r_rows")),  # MariaDB counts no rows of a recursion
            extra={"table": row.get("table"), **extra.facts()},
        )
        for member in members:
            inner = next((i for i, r in enumerate(self._results) if number(r[0].get("id")) == member), None)
            if member in self._selects and member not in self._built:
                branch.grow(self._select(member), "member")
            elif inner is not None and inner not in self._used_results:
                branch.grow(self._result(inner), "member")
        if extra.filesort:
            branch.node.rows_actual, above = None, branch.node.rows_actual
            sort = plain("sort", "Using filesort", row.line, rows_actual=above)
            sort.grow(branch, "outer")
            return sort
        return branch

    def _union_all(self, select: int) -> Branch:
        """A select, with the members of a UNION ALL that keeps no temporary table and so has no row of its own."""
        branch = self._select(select)
        members = self._followers(select)
        if not members:
            return branch
        above = plain("append", "UNION", branch.node.line, operation="union all")
        above.grow(branch, "member")
        for member in members:
            above.grow(self._select(member), "member")
        return above

    def _followers(self, select: int) -> list[int]:
        """Selects of type UNION that no result row names and that follow this select, nearest before them."""
        named = {member for _, _, members in self._results for member in members}
        order = list(self._selects)
        found: list[int] = []
        for other in order[order.index(select) + 1 :]:
            kind = self._kind(other)
            if not kind.endswith(("UNION", "INTERSECT", "EXCEPT")) or other in named or other in self._built:
                continue
            heads = self._heads(other)
            if heads and heads[-1] == select:
                found.append(other)
                if len(heads) > 1:
                    row = self._selects[other][0]
                    text = f"select {other} is read as a member of select {select}'s union; it may be {heads[0]}'s"
                    self.warnings.append(PlanWarning(row.line, text))
        return found

    def _heads(self, union: int) -> list[int]:
        """Selects that a UNION without a result row may continue."""
        order = list(self._selects)
        dependent = self._kind(union).startswith(("DEPENDENT", "UNCACHEABLE"))
        found = []
        for other in order[: order.index(union)]:
            kind = self._kind(other)
            if kind.endswith(("UNION", "INTERSECT", "EXCEPT")) or kind in ("SIMPLE", "MATERIALIZED"):
                continue
            if dependent == kind.startswith(("DEPENDENT", "UNCACHEABLE")):
                found.append(other)
        return found

    def _kind(self, select: int) -> str:
        return (self._selects[select][0].get("select_type") or "").upper()

    def _select(self, select: int) -> Branch:
        self._open.add(select)
        branch = self._build(self._selects[select])
        self._built[select] = branch
        branch.node.subplan_name = f"Select #{select}"
        branch.node.extra["select_id"] = select
        for place, leaf in self._leaves(branch):
            named = MADE.match(leaf.node.alias or "")
            if named is None or place is None or named[2] is None:
                continue
            inner = int(named[2].partition(",")[0])
            if inner in self._selects and inner not in self._built and inner not in self._open:
                leaf.grow(self._content(inner), "subquery")
        return branch

    @staticmethod
    def _leaves(branch: Branch) -> list[tuple[Branch | None, Branch]]:
        found: list[tuple[Branch | None, Branch]] = []
        waiting: list[tuple[Branch | None, Branch]] = [(None, branch)]
        while waiting:
            above, one = waiting.pop()
            if not one.children:
                found.append((above, one))
            waiting.extend((one, child) for child in reversed(one.children))
        return found

    # ------------------------------------------------------------------ subqueries whose holder is not printed

    def _rest(self, first: int, root: Branch) -> None:
        holders: list[int] = [first]
        for select in list(self._selects):
            if select in self._built:
                if select != first:
                    holders.append(select)
                continue
            holder = self._holder(select) or first
            branch = self._content(select)
            self._built.get(holder, root).grow(branch, "sub_plan")
            if len(holders) > 1 and self._holder(select) is None:
                branch.node.extra["holder"] = "not printed"
            holders.append(select)
        for place in range(len(self._results)):
            if place not in self._used_results:
                root.grow(self._result(place), "sub_plan")

    @cached_property
    def _tables(self) -> dict[str, list[int]]:
        """The selects that read a table of that name."""
        found: dict[str, list[int]] = {}
        for select, rows in self._selects.items():
            for name in {row.get("table") or "" for row in rows}:
                found.setdefault(name, []).append(select)
        return found

    def _holder(self, select: int) -> int | None:
        """The select whose tables the ``ref`` column of a dependent subquery names."""
        own = {row.get("table") for row in self._selects[select]}
        for row in self._selects[select]:
            for reference in (row.get("ref") or "").split(","):
                table = reference.strip().rpartition(".")[0].rpartition(".")[2]
                if not table or table in own:
                    continue
                for other in self._tables.get(table, ()):
                    if other < select:
                        return other
        return None


def _members(text: str, selects: dict[int, list[Row]]) -> list[int]:
    """``1,2`` or, where the list was too long, ``1,2,...,9``."""
    found: list[int] = []
    gap = False
    for part in text.split(","):
        if part.isdigit():
            if gap and found:
                found.extend(n for n in selects if found[-1] < n < int(part))
            gap = False
            found.append(int(part))
        elif "." in part:
            gap = True
    return found
