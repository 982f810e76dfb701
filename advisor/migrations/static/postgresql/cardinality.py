"""How many rows a statement inserts, reads or picks, as far as its words alone tell."""

from __future__ import annotations

from advisor.catalog.ddl.lexer import Token
from advisor.migrations.static.postgresql.queries import at_top, reads
from advisor.migrations.static.postgresql.run import Run
from advisor.migrations.static.postgresql.world import Relation

#: Their result is one row, where no GROUP BY stands.
_AGGREGATES = frozenset({"COUNT", "MAX", "MIN", "SUM", "AVG", "BOOL_AND", "BOOL_OR", "ARRAY_AGG", "STRING_AGG"})


def inserted(tokens: list[Token], run: Run) -> float | None:
    """Rows of an INSERT, from after its table; None: not known."""
    at = at_top(tokens, "VALUES", "SELECT", "DEFAULT", "WITH", "TABLE")
    if at is None:
        return None
    word = tokens[at].upper
    if word == "DEFAULT":
        return 1.0
    if word == "VALUES":
        return float(_rows_of_values(tokens[at + 1 :]))
    return selected(tokens[at:], run)


def selected(tokens: list[Token], run: Run) -> float | None:
    """Rows of a query: of one without FROM, with LIMIT, of generate_series, of one key; None: as many as there are."""
    limit = at_top(tokens, "LIMIT")
    if limit is not None and limit + 1 < len(tokens) and tokens[limit + 1].kind == "number":
        return number(tokens[limit + 1].text)
    if at_top(tokens, "UNION", "INTERSECT", "EXCEPT", "WITH") is not None:
        return None
    start = at_top(tokens, "FROM")
    if start is None:
        return 1.0
    whole = at_top(tokens, "GROUP") is None and at_top(tokens[:start], "OVER") is None
    if whole and len(tokens) > 2 and tokens[1].upper in _AGGREGATES and tokens[2].text == "(":
        return 1.0
    following = [token.text.lower() for token in tokens[start + 1 : start + 7]]
    if following[:2] == ["generate_series", "("] and following[3:4] == [","] and following[5:6] == [")"]:
        low, high = number(following[2]), number(following[4])
        if low is not None and high is not None:
            return max(high - low + 1, 0.0)
    if following[:2] == ["(", "values"]:
        return float(_rows_of_values(tokens[start + 3 :]))
    sources = [run.world.find(one.name) for one in reads(tokens)]
    where = at_top(tokens, "WHERE")
    if len(sources) == 1 and sources[0] is not None and where is not None:
        return matched(tokens[where + 1 :], sources[0])
    return None


def matched(tokens: list[Token], table: Relation) -> float | None:
    """Rows that a WHERE picks: those of a unique key's constants, or of a subquery with LIMIT; None: not known."""
    limits = [
        number(tokens[at + 1].text)
        for at, token in enumerate(tokens[:-1])
        if token.upper == "LIMIT" and tokens[at + 1].kind == "number"
    ]
    if limits and limits[0] is not None:
        return limits[0]
    if at_top(tokens, "OR") is not None:
        return None
    unique = [
        tuple(key.column for key in index.keys)
        for index in table.indexes.values()
        if index.unique and index.where is None and index.valid
    ]
    if table.guessed and not unique:
        unique = [("id",)]
    fixed: dict[str, float] = {}
    edges: dict[tuple[str, bool], float] = {}
    for at, token in enumerate(tokens):
        if token.kind not in ("word", "quoted"):
            continue
        column = token.text.lower() if token.kind == "word" else token.text
        after = [one.upper or one.text for one in tokens[at + 1 : at + 3]]
        if after[:1] == ["="] and at + 2 < len(tokens) and tokens[at + 2].kind in ("string", "number"):
            fixed[column] = 1.0
        elif after[:1] == ["BETWEEN"] and at + 4 < len(tokens) and tokens[at + 3].upper == "AND":
            low, high = number(tokens[at + 2].text), number(tokens[at + 4].text)
            if low is not None and high is not None:
                fixed[column] = max(high - low + 1, 0.0)
        elif after[:1] in (["<"], ["<="], [">"], [">="]) and at + 2 < len(tokens):
            bound = number(tokens[at + 2].text) if tokens[at + 2].kind == "number" else None
            other = edges.pop((column, after[0][0] == "<"), None) if bound is not None else None
            if bound is not None and other is None:
                edges[column, after[0][0] == ">"] = bound
            elif bound is not None and other is not None:
                fixed[column] = abs(bound - other) + 1
        elif after == ["IN", "("] and at + 3 < len(tokens) and tokens[at + 3].kind in ("string", "number"):
            count = 1
            for one in tokens[at + 4 :]:
                if one.text == ")" and one.kind == "op":
                    break
                count += one.text == "," and one.kind == "op"
            fixed[column] = float(count)
    best: float | None = None
    for keys in unique:
        if keys and all(key in fixed for key in keys):
            product = 1.0
            for key in keys:
                product *= fixed[key or ""]
            best = product if best is None else min(best, product)
    return best


def _rows_of_values(tokens: list[Token]) -> int:
    depth = count = 0
    for token in tokens:
        if token.kind == "op" and token.text == "(":
            count += depth == 0
            depth += 1
        elif token.kind == "op" and token.text == ")":
            depth -= 1
        elif not depth and token.upper in ("ON", "RETURNING"):
            break
    return count


def number(text: str) -> float | None:
    """The number that a text is; None: it is none."""
    try:
        return float(text)
    except ValueError:
        return None
