"""The form of a condition: what stays the same whoever prints it.

A form is a skeleton - operators, functions and column names, comparisons turned and alternatives sorted one way - and
the leaves that fill its gaps: columns with the references that they may mean, constants, subqueries. Two conditions
are one when the skeletons are equal and each leaf fits its partner.

What PostgreSQL does to a condition before it prints it: casts constants and compared text, folds expressions of
constants, writes ``IN (1, 2)`` as ``= ANY ('{1,2}')`` and BETWEEN as two comparisons, pushes NOT inwards, drops ``=
true``. MySQL keeps IN and BETWEEN, and prints ``count(*)`` as ``count(0)``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from advisor.plans.links.constants import Constant, same


class ColumnLeaf(NamedTuple):
    """A column. ``refs``: the references of the query that may be meant; None: any."""

    name: str
    refs: frozenset[int] | None


class ListLeaf(NamedTuple):
    """The constants of an IN; None: not in the text."""

    values: tuple[Constant, ...] | None


class QueryLeaf(NamedTuple):
    """A subquery or subplan, by the tables it reads; None: not told."""

    tables: frozenset[str] | None


Leaf: TypeAlias = "ColumnLeaf | ListLeaf | QueryLeaf | Constant"


class Form(NamedTuple):
    """See above. ``fixed``: it is about columns, aggregates or subqueries, not constants alone."""

    skeleton: str
    leaves: tuple[Leaf, ...]
    fixed: bool = True
    casts: int = 0
    """Casts, to anything but text, of what is no constant."""
    text_casts: int = 0
    """Casts to text of what is no constant. PostgreSQL adds such, but takes none away."""
    joined: tuple[str, tuple[Form, ...]] | None = None
    """The operands, where it is an AND or OR."""


TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


class TooDeep(Exception):  # noqa: N818 - no error of anybody's: such a condition is not compared
    """The condition is nested deeper than we follow."""


class Fit(NamedTuple):
    """How well two forms agree."""

    equal: int
    """Constants known to be equal."""
    open: int
    """Constants that cannot be compared."""
    refs: int
    """Columns whose reference is certain."""
    loose: int
    """Columns of which only the name is known."""


def same_reference(one: ColumnLeaf, other: ColumnLeaf) -> bool:
    """Whether two columns of one name may be of one relation."""
    return one.refs is None or other.refs is None or bool(one.refs & other.refs)


def fit(plan: Form, query: Form, meet: Callable[[ColumnLeaf, ColumnLeaf], bool] = same_reference) -> Fit | None:
    """Whether the leaves of two forms with one skeleton agree; None when some do not. ``meet``: when columns do."""
    if len(plan.leaves) != len(query.leaves):
        return None
    equal = unknown = refs = loose = 0
    for one, other in zip(plan.leaves, query.leaves, strict=True):
        if isinstance(one, ColumnLeaf) and isinstance(other, ColumnLeaf):
            if not meet(one, other):
                return None
            refs += one.refs is not None and len(one.refs) == 1
            loose += one.refs is None or other.refs is None
            continue
        if isinstance(one, QueryLeaf) and isinstance(other, QueryLeaf):
            if one.tables is not None and other.tables is not None:
                if one.tables and other.tables and not one.tables & other.tables:
                    return None
                equal += one.tables == other.tables
            continue
        if isinstance(one, ListLeaf) and isinstance(other, ListLeaf):
            agreed = _same_list(one, other)
        elif isinstance(one, Constant) and isinstance(other, Constant):
            agreed = same(one, other)
        else:
            return None
        if agreed is False:
            return None
        equal += agreed is True
        unknown += agreed is None
    return Fit(equal, unknown, refs, loose)


def similar(plan: Form, query: Form, meet: Callable[[ColumnLeaf, ColumnLeaf], bool]) -> bool:
    """Whether the columns of two forms with one skeleton agree, whatever the constants."""
    return len(plan.leaves) == len(query.leaves) and all(
        meet(one, other)
        for one, other in zip(plan.leaves, query.leaves, strict=True)
        if isinstance(one, ColumnLeaf) and isinstance(other, ColumnLeaf)
    )


def _same_list(one: ListLeaf, other: ListLeaf) -> bool | None:
    if one.values is None or other.values is None:
        return None
    if any(not value.known for value in (*one.values, *other.values)):
        if len(one.values) != len(other.values):
            return False
        agreements = [same(a, b) for a, b in zip(one.values, other.values, strict=True)]
        return True if all(agreements) else None
    if len(one.values) > 2000 or len(other.values) > 2000:  # compared in order, not each with each
        return len(one.values) == len(other.values) and all(
            same(a, b) is not False for a, b in zip(one.values, other.values, strict=True)
        )
    left, right = list(one.values), list(other.values)
    texts = {value.text for value in right}
    missing = [value for value in left if value.text not in texts]
    if len(missing) > 50:
        missing = missing[:50]
    verdicts = [_among(value, right) for value in missing]
    if False in verdicts:
        return False
    texts = {value.text for value in left}
    verdicts += [_among(value, left) for value in [value for value in right if value.text not in texts][:50]]
    return False if False in verdicts else None if None in verdicts else True


def _among(value: Constant, others: list[Constant]) -> bool | None:
    verdicts = [same(value, other) for other in others]
    return True if True in verdicts else None if None in verdicts else False


def joined(word: str, parts: list[Form]) -> Form:
    """Conditions under AND or OR, in an order that does not depend on who wrote them."""
    if len(parts) == 1:
        return parts[0]
    merged = _merged(parts) if word == "or" else None
    if merged is not None:
        return merged
    flat: list[Form] = []
    for part in parts:
        flat.extend(part.joined[1] if part.joined is not None and part.joined[0] == word else (part,))
    flat.sort(key=lambda form: form.skeleton)
    return call(word, flat)._replace(joined=(word, tuple(flat)))


def _merged(parts: list[Form]) -> Form | None:
    """``a = 1 OR a = 2`` is ``a IN (1, 2)``."""
    values: list[Constant] = []
    tested: tuple[Leaf, ...] | None = None
    skeleton = ""
    for part in parts:
        if not part.skeleton.startswith("=(") or not part.skeleton.endswith((",?)", ",[?])")):
            return None
        listed = part.skeleton.endswith(",[?])")
        head = part.skeleton[: -5 if listed else -3]
        if tested is None:
            tested, skeleton = part.leaves[:-1], head
        elif tested != part.leaves[:-1] or head != skeleton:
            return None
        last = part.leaves[-1]
        if isinstance(last, ListLeaf) and last.values is not None:
            values.extend(last.values)
        elif isinstance(last, Constant):
            values.append(last)
        else:
            return None
    if tested is None:
        return None
    return Form(f"{skeleton},[?])", (*tested, ListLeaf(tuple(values))), True, sum(part.casts for part in parts))


def listed(operator: str, word: str, tested: Form, values: tuple[Constant, ...] | None) -> Form:
    """``tested operator word (values)``: = ANY is IN, <> ALL is NOT IN."""
    if not tested.fixed:
        return folded("in", [tested])
    plain = (operator, word) in (("=", "any"), ("<>", "all"))
    if plain and values is not None and len(values) == 1:
        return call(operator, [tested, of_constant(values[0])])
    name = operator if plain else f"{operator} {word} "
    return Form(f"{name}({tested.skeleton},[?])", (*tested.leaves, ListLeaf(values)), True, tested.casts)


def call(name: str, parts: list[Form], negated: bool = False) -> Form:
    """An operator or function over its parts. Raises TooDeep when it grows too long."""
    skeleton = f"{name}({','.join(part.skeleton for part in parts)})"
    if len(skeleton) > 100_000:
        raise TooDeep
    leaves = tuple(leaf for part in parts for leaf in part.leaves)
    fixed = any(part.fixed for part in parts) or not parts
    casts, texts = sum(part.casts for part in parts), sum(part.text_casts for part in parts)
    return Form(f"not({skeleton})" if negated else skeleton, leaves, fixed, casts, texts)


def of_constant(constant: Constant) -> Form:
    """A constant."""
    return Form("?", (constant,), False)


def only_constant(form: Form) -> Constant:
    """The constant that a form is; one without a value where it is none."""
    leaf = form.leaves[0] if form.leaves else None
    return leaf if isinstance(leaf, Constant) else Constant(None)


def folded(name: str, parts: list[Form]) -> Form:
    """An expression of constants: the server may have computed it."""
    spelled = ",".join(
        f"{leaf.text!r}" if leaf.text is not None else leaf.spelling
        for part in parts
        for leaf in part.leaves
        if isinstance(leaf, Constant)
    )
    return of_constant(Constant(None, "", f"{name}({spelled})"[:2000]))


def pattern_range(form: Form) -> Form:
    """``a ~>=~ 'abc'``: nobody writes it, PostgreSQL makes it of a pattern."""
    return form._replace(skeleton=f"pattern{form.skeleton}")


def opened(form: Form) -> list[Form]:
    """What SQLite prints for an equality or IN: ``a=?`` for any value, another table's column too."""
    last = form.leaves[-1] if form.leaves else None
    if isinstance(last, ListLeaf) and form.skeleton.endswith(",[?])") and form.skeleton.startswith("=("):
        return [Form(f"{form.skeleton[:-5]},?)", (*form.leaves[:-1], Constant(None)))]
    if len(form.leaves) == 2 and isinstance(form.leaves[0], ColumnLeaf) and isinstance(last, ColumnLeaf):
        name = form.skeleton.partition("(")[0]
        if form.skeleton == f"{name}(c:{form.leaves[0].name},c:{last.name})":
            turned = TURNED.get(name, name)
            return [
                Form(f"{word}(c:{side.name},?)", (side, Constant(None)))
                for word, side in ((name, form.leaves[0]), (turned, last))
            ]
    return []
