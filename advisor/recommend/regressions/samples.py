"""The executions of a shape that are planned again: each with its values, and without any where it was prepared."""

from __future__ import annotations

from typing import Literal, NamedTuple

from advisor.model.engine import dialect_of
from advisor.model.planning import Query
from advisor.recommend.workload import Statement

#: Whose values: those of a typical call, of the slowest, of another; or none, as a prepared statement is planned.
Values = Literal["typical", "slowest", "other", "generic"]


class Asked(NamedTuple):
    """One execution of one statement."""

    statement: int
    values: Values
    query: Query


def asked(number: int, statement: Statement) -> list[Asked]:
    """All that is known of a statement. A prepared one may be planned without values from its sixth execution on."""
    found = [
        Asked(number, "generic" if query.generic else _ORDER[min(place, 2)], query)
        for place, query in enumerate(statement.queries)
    ]
    if statement.prepared and statement.engine == "postgresql" and all(one.values != "generic" for one in found):
        found.append(Asked(number, "generic", Query(_numbered(statement), generic=True)))
    return found


_ORDER: tuple[Values, Values, Values] = ("typical", "slowest", "other")


def _numbered(statement: Statement) -> str:
    """The normalised text with its places numbered. It leaves open what was a literal of the text, too: a plan for more
    values than the server's own, never for fewer."""
    from advisor.fingerprint.lexer import PLACEHOLDER, tokens

    raw = statement.sql.encode("utf-8", "surrogatepass")
    out: list[bytes] = []
    at = number = 0
    for token in tokens(raw, dialect_of(statement.engine)):
        if token.kind == PLACEHOLDER and raw[token.start : token.end] == b"?":
            number += 1
            out += [raw[at : token.start], b"$%d" % number]
            at = token.end
    out.append(raw[at:])
    return b"".join(out).decode("utf-8", "replace")
