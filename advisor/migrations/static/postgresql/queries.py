"""Which relations a query reads, as far as its words tell: what stands after FROM and JOIN, and TABLE itself."""

from __future__ import annotations

from dataclasses import dataclass

from advisor.catalog.ddl.lexer import Token
from advisor.catalog.ddl.operations import Name

_ENDS = frozenset(
    """
    SELECT WHERE GROUP ORDER HAVING LIMIT OFFSET WINDOW UNION INTERSECT EXCEPT ON SET VALUES RETURNING FETCH FOR
    """.split()  # noqa: SIM905
)

#: What a query begins after, where it is not the first word.
_BEFORE_QUERY = frozenset(("AS", "(", "UNION", "ALL", "INTERSECT", "EXCEPT"))

_NO_ALIAS = _ENDS | frozenset("JOIN LEFT RIGHT FULL INNER CROSS NATURAL USING WITH TABLESAMPLE AS".split())  # noqa: SIM905


@dataclass(frozen=True, slots=True)
class Read:
    """A relation in a query, and the name it goes by there."""

    name: Name
    alias: str | None


def reads(tokens: list[Token]) -> list[Read]:
    """Relations after FROM, JOIN and the commas between them, those of common table expressions left out."""
    found: list[Read] = []
    named = _common(tokens)
    clauses = [""]
    expect = False
    at = 0
    while at < len(tokens):
        token = tokens[at]
        word = token.upper
        if token.kind == "op" and token.text == "(":
            clauses.append("FROM" if expect else "")
            at += 1
            continue
        if token.kind == "op" and token.text == ")":
            if len(clauses) > 1:
                clauses.pop()
            expect = False
            at += 1
            continue
        if word == "TABLE" and token.kind == "word" and (at == 0 or tokens[at - 1].upper in _BEFORE_QUERY):
            expect = True  # TABLE t is SELECT * FROM t
            at += 1
            continue
        if word in ("FROM", "JOIN") or (word == "USING" and tokens[0].upper in ("DELETE", "MERGE")):
            inside_call = word == "FROM" and at and _in_call(tokens, at)
            if not inside_call:
                clauses[-1] = "FROM"
                expect = True
            at += 1
            continue
        if word == "," and clauses[-1] == "FROM":
            expect = True
            at += 1
            continue
        if word in _ENDS:
            clauses[-1] = word
            expect = False
            at += 1
            continue
        if expect and word in ("ONLY", "LATERAL"):
            at += 1
            continue
        if expect and token.kind in ("word", "quoted"):
            start = at
            parts = [token.folded]
            while at + 2 < len(tokens) and tokens[at + 1].text == "." and tokens[at + 2].kind in ("word", "quoted"):
                at += 2
                parts.append(tokens[at].folded)
            at += 1
            following = tokens[at] if at < len(tokens) else None
            is_function = following is not None and following.text == "(" and following.kind == "op"
            if not is_function and not (len(parts) == 1 and parts[0] in named):
                alias = None
                if following is not None and following.upper == "AS" and at + 1 < len(tokens):
                    alias = tokens[at + 1].folded
                elif (
                    following is not None and following.kind in ("word", "quoted") and following.upper not in _NO_ALIAS
                ):
                    alias = following.folded
                found.append(Read(Name(parts[-1], parts[-2] if len(parts) > 1 else None), alias))
            expect = False
            if at == start:
                at += 1
            continue
        expect = False
        at += 1
    return found


def _in_call(tokens: list[Token], at: int) -> bool:
    """extract(year FROM x), substring(x FROM 1), trim(both FROM x), IS DISTINCT FROM."""
    if tokens[at - 1].upper == "DISTINCT":
        return True
    depth = 0
    for back in range(at - 1, max(at - 12, -1), -1):
        text = tokens[back].text if tokens[back].kind == "op" else ""
        if text == ")":
            depth += 1
        elif text == "(":
            if depth == 0:
                return back > 0 and tokens[back - 1].upper in (
                    "EXTRACT", "SUBSTRING", "TRIM", "OVERLAY", "POSITION", "NORMALIZE",
                )  # fmt: skip
            depth -= 1
        elif tokens[back].upper == "SELECT" and depth == 0:
            return False
    return False


def _common(tokens: list[Token]) -> set[str]:
    """Names of common table expressions."""
    found = set()
    for at in range(1, len(tokens) - 1):
        if tokens[at].upper == "AS" and tokens[at - 1].kind in ("word", "quoted"):
            after = tokens[at + 1]
            if after.text == "(" or after.upper in ("MATERIALIZED", "NOT"):
                found.add(tokens[at - 1].folded)
        elif tokens[at].text == ")" and tokens[at + 1].upper == "AS":
            back, depth = at, 0
            while back >= 0 and at - back < 200:
                depth += {")": 1, "(": -1}.get(tokens[back].text, 0) if tokens[back].kind == "op" else 0
                if not depth:
                    break
                back -= 1
            if back > 0 and tokens[back - 1].kind in ("word", "quoted"):
                found.add(tokens[back - 1].folded)
    return found


def at_top(tokens: list[Token], *words: str) -> int | None:
    """Where one of these words stands outside parentheses; None: nowhere."""
    depth = 0
    for at, token in enumerate(tokens):
        if token.kind == "op":
            depth += {"(": 1, ")": -1}.get(token.text, 0)
        if not depth and token.upper in words:
            return at
    return None


def calls(tokens: list[Token]) -> list[Name]:
    """Functions that are called, in order."""
    found = []
    for at, token in enumerate(tokens[:-1]):
        if token.kind in ("word", "quoted") and tokens[at + 1].text == "(" and tokens[at + 1].kind == "op":
            schema = tokens[at - 2].folded if at > 1 and tokens[at - 1].text == "." else None
            found.append(Name(token.folded, schema))
    return found
