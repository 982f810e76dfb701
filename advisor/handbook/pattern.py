"""Patterns: SQL with metavariables, matched against the syntax trees of the analysed shapes.

`$X NOT IN (SELECT $Y FROM $T)` is plain SQL once `$X` is read as a name. A metavariable where an expression may stand
matches any expression, where a table stands any table; the same variable twice must match the same text. The order of
the sides of `=`, `<>`, `+`, `*`, AND and OR does not matter, `a < b` is `b > a`, an AND may hold more than the pattern
says, and a clause that a SELECT of the pattern leaves out may be anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

_VARIABLE = re.compile(r"\$([A-Z][A-Z0-9_]*)")
_PREFIX = "mv__"
MAX_STEPS = 20_000  # tries at one node: AND lists are matched by backtracking, and a machine may have written them

Bindings = Mapping[str, Any]


class PatternError(ValueError):
    """The pattern is no SQL; the text says why."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern."""

    roots: tuple[Any, ...]
    """Alternatives: a block may hold several patterns, with `;` after each."""
    variables: tuple[str, ...]

    @property
    def root_types(self) -> frozenset[type]:
        """Types of node that the pattern can match at: the index that keeps many patterns cheap."""
        kinds = {type(root) for root in self.roots}
        return frozenset(kinds | {flipped for kind, flipped in _flips().items() if kind in kinds})


@dataclass(frozen=True, slots=True)
class Match:
    """One place where a pattern matches: the node, and what each variable stands for."""

    node: Any
    bindings: dict[str, Any]


@lru_cache(maxsize=256)
def compiled(text: str, dialect: str = "postgres") -> Pattern:
    """Read a pattern. Raises `PatternError`."""
    sources = [source for source in _VARIABLE.sub(lambda match: _PREFIX + match[1], text).split(";") if source.strip()]
    if not sources:
        raise PatternError("the pattern is empty")
    roots = tuple(_root(source, dialect) for source in sources)
    return Pattern(roots, tuple(dict.fromkeys(_VARIABLE.findall(text))))


def _root(source: str, dialect: str) -> Any:
    import sqlglot
    from sqlglot.errors import SqlglotError

    try:
        if re.match(r"(?i)\s*(select|with|update|delete|insert|merge)\b", source):
            root = sqlglot.parse_one(source, read=dialect)
        else:
            select = sqlglot.parse_one(f"SELECT {source}", read=dialect)
            if len(select.expressions) != 1:
                raise PatternError("a pattern is one expression or one statement")
            root = select.expressions[0]
    except RecursionError:
        raise PatternError("the pattern is nested too deeply") from None
    except SqlglotError as error:
        raise PatternError(f"the pattern is no SQL that can be parsed: {str(error).splitlines()[0]}") from None
    root = _bare(root)
    if _variable(root) is not None:
        raise PatternError("a pattern of one variable matches everything; say what stands around it")
    return root


def find(patterns: Mapping[str, Pattern], tree: Any) -> Iterator[tuple[str, Match]]:
    """All matches of named patterns in one tree; every node is visited once."""
    by_type: dict[type, list[tuple[str, Pattern]]] = {}
    for name, pattern in patterns.items():
        for kind in pattern.root_types:
            by_type.setdefault(kind, []).append((name, pattern))
    for node in tree.walk():
        if node.parent is not None and type(node) is type(node.parent) and node.key in ("and", "or"):
            continue  # a part of a longer chain, which is matched as a whole
        for name, pattern in by_type.get(type(node), ()):
            bindings = match(pattern, node)
            if bindings is not None:
                yield name, Match(node, dict(bindings))


def match(pattern: Pattern, node: Any) -> Bindings | None:
    """What the variables stand for if the pattern matches exactly at this node, else None."""
    steps = [MAX_STEPS]
    for root in pattern.roots:
        bindings = next(_match(root, node, {}, steps), None)
        if bindings is not None:
            return bindings
    return None


def _flips() -> dict[Any, Any]:
    from sqlglot import exp

    return {exp.LT: exp.GT, exp.GT: exp.LT, exp.LTE: exp.GTE, exp.GTE: exp.LTE}


def _bare(node: Any) -> Any:
    from sqlglot import exp

    while isinstance(node, exp.Paren | exp.Alias) or (
        isinstance(node, exp.Subquery) and not node.args.get("alias") and isinstance(node.this, exp.Query)
    ):
        node = node.this
    return node


def _variable(node: Any) -> str | None:
    from sqlglot import exp

    qualifier = {exp.Column: "table", exp.Table: "db"}.get(type(node))
    if qualifier is not None and not node.args.get(qualifier):
        node = node.this
    if isinstance(node, exp.Identifier):
        name = str(node.this)
        if name.upper().startswith(_PREFIX.upper()):
            return name[len(_PREFIX) :].upper()
    return None


def _match(pattern: Any, node: Any, bound: Bindings, steps: list[int]) -> Iterator[Bindings]:
    from sqlglot import exp

    steps[0] -= 1
    if steps[0] < 0:
        return
    if not isinstance(pattern, exp.Expression):
        if pattern == node or (isinstance(pattern, str) and isinstance(node, str) and pattern.lower() == node.lower()):
            yield bound
        return
    if not isinstance(node, exp.Expression):
        return
    name = _variable(pattern)
    if name is not None:
        if isinstance(pattern, exp.Table) and not isinstance(node, exp.Table):
            return
        node = _bare(node)
        if isinstance(node, exp.Star | exp.Distinct | exp.Ordered):
            return
        earlier = bound.get(name)
        if earlier is None:
            yield {**bound, name: node}
        elif earlier == node:
            yield bound
        return
    pattern, node = _bare(pattern), _bare(node)
    flipped = _flips().get(type(pattern))
    if flipped is not None and type(node) is flipped:
        for first in _match(pattern.this, node.expression, bound, steps):
            yield from _match(pattern.expression, node.this, first, steps)
        return
    if type(pattern) is not type(node):
        return
    if isinstance(pattern, exp.And | exp.Or):
        parts = list(pattern.flatten())
        candidates = list(node.flatten())
        if isinstance(pattern, exp.Or) and len(parts) != len(candidates):
            return
        yield from _assign(parts, candidates, bound, steps)
        return
    if isinstance(pattern, exp.EQ | exp.NEQ | exp.Add | exp.Mul):
        for first in _match(pattern.this, node.this, bound, steps):
            yield from _match(pattern.expression, node.expression, first, steps)
        for first in _match(pattern.this, node.expression, bound, steps):
            yield from _match(pattern.expression, node.this, first, steps)
        return
    open_clauses = isinstance(pattern, exp.Query | exp.Update | exp.Delete | exp.Insert | exp.Table)
    if isinstance(pattern, exp.Where | exp.Having):
        parts = list(pattern.this.flatten()) if isinstance(pattern.this, exp.And) else [pattern.this]
        candidates = list(node.this.flatten()) if isinstance(node.this, exp.And) else [node.this]
        yield from _assign(parts, candidates, bound, steps)
        return
    keys = [key for key, value in pattern.args.items() if value not in (None, [], False)]
    if not open_clauses:
        extra = (key for key, value in node.args.items() if value not in (None, [], False) and key not in keys)
        if any(key not in ("quoted", "alias") for key in extra):
            return
    if isinstance(pattern, exp.Identifier):
        keys = ["this"]
    yield from _args(keys, pattern, node, bound, steps)


def _args(keys: list[str], pattern: Any, node: Any, bound: Bindings, steps: list[int]) -> Iterator[Bindings]:
    if not keys:
        yield bound
        return
    wanted, have = pattern.args[keys[0]], node.args.get(keys[0])
    if isinstance(wanted, list):
        if not isinstance(have, list) or len(have) != len(wanted):
            return
        solutions: Iterable[Bindings] = _sequence(wanted, have, bound, steps)
    else:
        solutions = _match(wanted, have, bound, steps)
    for solution in solutions:
        yield from _args(keys[1:], pattern, node, solution, steps)


def _sequence(wanted: list[Any], have: list[Any], bound: Bindings, steps: list[int]) -> Iterator[Bindings]:
    if not wanted:
        yield bound
        return
    for solution in _match(wanted[0], have[0], bound, steps):
        yield from _sequence(wanted[1:], have[1:], solution, steps)


def _assign(wanted: list[Any], have: list[Any], bound: Bindings, steps: list[int]) -> Iterator[Bindings]:
    """Every part of the pattern finds a part of its own, in any order."""
    if not wanted:
        yield bound
        return
    for position, candidate in enumerate(have):
        for solution in _match(wanted[0], candidate, bound, steps):
            yield from _assign(wanted[1:], have[:position] + have[position + 1 :], solution, steps)
