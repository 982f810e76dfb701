"""Which columns a query's own equalities make one: MySQL prints a condition about any of them, PostgreSQL adds such."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from advisor.plans.links.form import ColumnLeaf, Form

_Column: TypeAlias = "tuple[int, str]"


class Equalities:
    """Classes of columns (reference and name) that conditions ``a.x = b.y`` equate."""

    def __init__(self, forms: Iterable[Form]) -> None:
        self._parent: dict[_Column, _Column] = {}
        for form in forms:
            if len(form.leaves) != 2 or not form.skeleton.startswith("=(c:"):
                continue
            one, other = form.leaves
            if (
                isinstance(one, ColumnLeaf)
                and isinstance(other, ColumnLeaf)
                and form.skeleton == f"=(c:{one.name},c:{other.name})"
                and one.refs is not None
                and other.refs is not None
                and len(one.refs) == len(other.refs) == 1
            ):
                self._join((min(one.refs), one.name), (min(other.refs), other.name))

    def one(self, left: ColumnLeaf, right: ColumnLeaf) -> bool:
        """Whether two columns are, or may be, in one class."""
        if left.refs is None or right.refs is None:
            return left.name == right.name
        if left.name == right.name and left.refs & right.refs:
            return True
        reached = {self._find((ref, left.name)) for ref in left.refs}
        return any(self._find((ref, right.name)) in reached for ref in right.refs)

    def _find(self, column: _Column) -> _Column:
        while (parent := self._parent.get(column, column)) != column:
            self._parent[column] = self._parent.get(parent, parent)
            column = parent
        return column

    def _join(self, one: _Column, other: _Column) -> None:
        left, right = self._find(one), self._find(other)
        if left != right:
            self._parent[left] = right


def shape(form: Form) -> str:
    """The skeleton without the names of columns."""
    skeleton = form.skeleton
    for leaf in form.leaves:
        if isinstance(leaf, ColumnLeaf):
            skeleton = skeleton.replace(f"c:{leaf.name}", "c", 1)
    return skeleton
