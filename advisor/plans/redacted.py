"""A plan that can be printed back without the values that its conditions compare with."""

from __future__ import annotations

import copy
import re
from typing import Any

import msgspec

from advisor.model.plan import Plan

#: A quoted value, or a number that is no part of a name, of ``#2`` or of a number with a unit.
_LITERAL = re.compile(r"""'(?>[^'\\]|\\.|'')*'?|(?<![\w.#$])-?\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w.])""", re.IGNORECASE)
_BACKTICKS = re.compile(r"(`[^`]*`)")
#: MySQL's JSON version 1 prints figures as texts: ``"100.00"``, ``"16K"``.
_FIGURE = re.compile(r"-?[\d.]+(?:e[+-]?\d+)?\s*[KMGTP]?i?b?", re.IGNORECASE)
#: TREE lines whose numbers say how much, not what.
_COUNTS = ("Limit", "Zero rows", "Rows fetched", "Materialize", "Union", "Select #")


def redacted(plan: Plan) -> Plan:
    """The plan with a document that holds ``?`` for every literal; only good for `render`. The rest is not altered."""
    document: Any = plan.document
    if plan.engine.name == "postgresql":
        from advisor.plans.postgresql.redacted import redacted as postgresql

        document = postgresql(document)
    elif plan.format == "json":
        document = _json(document)
    elif plan.format == "tree":
        document = copy.deepcopy(document)
        waiting = list(document)
        while waiting:
            draft = waiting.pop()
            if not draft.text.startswith(_COUNTS):
                draft.text = without_literals(draft.text)
            waiting += draft.children
    elif plan.format == "tabular":
        rows = [type(row)(row.line, _cells(row.values)) for row in document.rows]
        document = type(document)(document.columns, rows)
    return msgspec.structs.replace(plan, document=document)


def without_literals(text: str) -> str:
    """MySQL's and MariaDB's expressions with ``?`` for every literal; what stands in backticks is a name.

    >>> without_literals("(`t`.`a1` > 5) and b = 'x''y' and select #2")
    '(`t`.`a1` > ?) and b = ? and select #2'
    """
    return "".join(part if part.startswith("`") else _LITERAL.sub("?", part) for part in _BACKTICKS.split(text))


def _cells(values: dict[str, str | None]) -> dict[str, str | None]:
    return {name: without_literals(cell) if name == "extra" and cell else cell for name, cell in values.items()}


def _json(document: Any) -> Any:
    """A copy, made without recursion: documents may be nested deeply."""
    from advisor.plans.mysql.repair import Members

    whole = [document]
    waiting: list[tuple[list[Any], int]] = [(whole, 0)]
    while waiting:
        into, at = waiting.pop()
        name, given = into[at] if isinstance(into[at], tuple) else (None, into[at])
        made = given
        if isinstance(given, Members):
            made = Members(given.line)
            made.pairs = list(given.pairs)
            waiting += [(made.pairs, number) for number in range(len(made.pairs))]
        elif isinstance(given, list):
            made = list(given)
            waiting += [(made, number) for number in range(len(made))]
        elif isinstance(given, str) and not _FIGURE.fullmatch(given):
            made = without_literals(given)
        into[at] = made if name is None else (name, made)
    return whole[0]
