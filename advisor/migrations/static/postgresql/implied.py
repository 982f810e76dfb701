"""What validated CHECKs of a table prove, so that the server need not look at the rows.

A small part of predtest.c: conjunctions of comparisons of a column with constants.
"""

from __future__ import annotations

import re
from datetime import datetime
from math import gcd
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from advisor.catalog.ddl.lexer import Token, single
from advisor.catalog.ddl.parentheses import strip_parentheses
from advisor.migrations.static.postgresql.cardinality import number
from advisor.migrations.static.postgresql.world import Relation


def proves_not_null(table: Relation, column: str) -> bool:
    """Is there a validated CHECK (column IS NOT NULL), alone or joined by AND with others?"""
    wanted = ("ident:" + column, "IS", "NOT", "NULL")
    return any(tuple(part) == wanted for part in conjuncts(table))


def conjuncts(table: Relation) -> list[list[str]]:
    """The parts of its validated CHECKs that all must hold, as normalised tokens."""
    found: list[list[str]] = []
    for check in table.checks:
        if check.valid:
            found.extend(_split(single(check.expression, "postgresql").tokens, "AND"))
    return found


def proves_bound(table: Relation, key: str | None, bound: str, *, nullable: bool, zone: str | None = None) -> bool:
    """Do its validated CHECKs (and NOT NULLs) say that every row lies within a partition's bound?

    ``zone``: the TimeZone in which constants without an offset are meant, where a catalog printed others with one.
    """
    columns = key_columns(key)
    if not columns or any(column is None for column in columns):
        return False
    parts = conjuncts(table)
    tokens = single(bound, "postgresql").tokens
    words = [token.upper for token in tokens]
    solid = [
        _not_null(table, column or "") or ["ident:" + (column or ""), "IS", "NOT", "NULL"] in parts
        for column in columns
    ]
    if words[:3] == ["FOR", "VALUES", "IN"] and len(columns) == 1:
        wanted = {_constant(part) for part in _list(tokens[3:])}
        return (solid[0] or nullable) and any(_within(part, columns[0] or "", wanted) for part in parts)
    if words[:3] == ["FOR", "VALUES", "FROM"] and len(columns) == 1 and solid[0] and "TO" in words:
        cut = words.index("TO")
        low, high = _list(tokens[3:cut]), _list(tokens[cut + 1 :])
        if len(low) != 1 or len(high) != 1:
            return False
        column = "ident:" + (columns[0] or "")
        return _limited(parts, column, ">=", low[0], "MINVALUE", zone) and _limited(
            parts, column, "<", high[0], "MAXVALUE", zone
        )
    return False


def key_columns(key: str | None) -> list[str | None]:
    """The columns of a PARTITION BY; None stands for an expression."""
    if key is None:
        return []
    inside = key[key.find("(") :] if "(" in key else ""
    found: list[str | None] = []
    for part in _list(single(inside, "postgresql").tokens):
        first = part[0] if part else None
        plain = first is not None and first.kind in ("word", "quoted") and not any(t.text == "(" for t in part)
        found.append((first.text.lower() if first.kind == "word" else first.text) if plain and first else None)
    return found


def strategy(key: str | None) -> str:
    """RANGE, LIST or HASH."""
    return (key or "").strip().split("(")[0].strip().upper()


def excludes(table: Relation, key: str | None, bound: str) -> bool:
    """Do the validated CHECKs of a DEFAULT partition say that no row lies within a bound?"""
    columns = key_columns(key)
    if len(columns) != 1 or columns[0] is None:
        return False
    column = "ident:" + columns[0]
    tokens = single(bound, "postgresql").tokens
    words = [token.upper for token in tokens]
    parts = conjuncts(table)
    if words[:3] == ["FOR", "VALUES", "IN"]:
        values = [_constant(value) for value in _list(tokens[3:])]
        return all(any(part in ([column, "<>", one], [column, "!=", one]) for part in parts) for one in values)
    for part in parts:
        if words[:3] == ["FOR", "VALUES", "FROM"] and "TO" in words:
            cut = words.index("TO")
            low, high = _list(tokens[3:cut]), _list(tokens[cut + 1 :])
            if len(low) == len(high) == 1:
                below, above = [column, "<", _constant(low[0])], [column, ">=", _constant(high[0])]
                if part in (below, above) or _is_either(part, below, above):
                    return True
    return False


def _is_either(part: list[str], below: list[str], above: list[str]) -> bool:
    return part in ([*below, "OR", *above], [*above, "OR", *below])


def _hashes_overlap(first: list[Token], second: list[Token]) -> bool:
    """WITH (MODULUS m, REMAINDER r): some hash has both remainders."""
    numbers = [[int(token.text) for token in one if token.kind == "number"] for one in (first, second)]
    if any(len(one) != 2 or not one[0] for one in numbers):
        return False
    (modulus, remainder), (other, left) = numbers
    return (remainder - left) % gcd(modulus, other) == 0


def overlap(first: str, second: str) -> bool:
    """Have two bounds of partitions a value in common for certain? Numbers, and texts written alike, are compared."""
    a, b = single(first, "postgresql").tokens, single(second, "postgresql").tokens
    words, others = [token.upper for token in a], [token.upper for token in b]
    if words == others == ["DEFAULT"]:
        return True
    if words[:3] != others[:3] or words[:2] != ["FOR", "VALUES"]:
        return False
    if words[2] == "WITH":
        return _hashes_overlap(a, b)
    if words[2] == "IN":
        return bool({_constant(part) for part in _list(a[3:])} & {_constant(part) for part in _list(b[3:])})
    if words[2] != "FROM" or "TO" not in words or "TO" not in others:
        return False
    ends = []
    for tokens, said in ((a, words), (b, others)):
        cut = said.index("TO")
        low, high = _list(tokens[3:cut]), _list(tokens[cut + 1 :])
        if len(low) != 1 or len(high) != 1:
            return False
        ends.append((low[0], high[0]))
    (start, end), (other_start, other_end) = ends
    return _below(start, other_end) and _below(other_start, end)


def _below(low: list[Token], high: list[Token]) -> bool:
    """Is the lower end of one range below the upper end of another one for certain?"""
    if [token.upper for token in low] == ["MINVALUE"] or [token.upper for token in high] == ["MAXVALUE"]:
        return True
    one, other = _constant(low), _constant(high)
    a, b = number(one), number(other)
    if a is not None and b is not None:
        return a < b
    day, other_day = _DAY.fullmatch(one), _DAY.fullmatch(other)
    return day is not None and other_day is not None and day[1] < other_day[1]


_DAY = re.compile(r"(\d{4}-\d\d-\d\d)(?: 00:00:00(?:[+-]\d\d)?)?")


def _not_null(table: Relation, column: str) -> bool:
    known = table.columns.get(column)
    return known is not None and known.nullable is False and column not in table.unproved


def _limited(
    parts: list[list[str]], column: str, operator: str, bound: list[Token], endless: str, zone: str | None
) -> bool:
    if len(bound) == 1 and bound[0].upper == endless:
        return True
    wanted = _constant(bound)
    for part in parts:
        if len(part) == 3 and part[0] == column:
            if part[1] == operator and part[2] == wanted:
                return True
            if _tighter(part[1], part[2], operator, wanted, zone):
                return True
    return False


def _tighter(operator: str, value: str, wanted_operator: str, wanted: str, zone: str | None) -> bool:
    """Is ``column operator value`` the stronger claim? Numbers, and dates and times written alike."""
    a, b = number(value), number(wanted)
    if a is not None and b is not None:
        return (
            a >= b
            if wanted_operator == ">=" and operator in (">=", ">")
            else ((a <= b) if wanted_operator == "<" and operator == "<" else a < b if operator == "<=" else False)
            if wanted_operator == "<"
            else False
        )
    if _DATE.match(value) and _DATE.match(wanted) and len(value) == len(wanted):
        if wanted_operator == ">=":
            return operator in (">=", ">") and value >= wanted
        return (operator == "<" and value <= wanted) or (operator == "<=" and value < wanted)
    one, other = _moment(value, zone), _moment(wanted, zone)
    if one is None or other is None:
        return False
    if wanted_operator == ">=":
        return operator in (">=", ">") and one >= other
    return (operator == "<" and one <= other) or (operator == "<=" and one < other)


def _moment(text: str, zone: str | None) -> datetime | None:
    """A time, by its offset or in a zone; None: neither is known."""
    if not _DATE.match(text):
        return None
    try:
        found = datetime.fromisoformat(text)
        return found if found.tzinfo is not None else found.replace(tzinfo=ZoneInfo(zone)) if zone else None
    except (ValueError, ZoneInfoNotFoundError, OSError):
        return None


_DATE = re.compile(r"^\d{4}-\d\d-\d\d")


def _within(part: list[str], column: str, wanted: set[str]) -> bool:
    """Does this part say that the column has one of these values?"""
    if part[:1] != ["ident:" + column]:
        return False
    if len(part) == 3 and part[1] in ("=", "IN"):
        return part[2] in wanted
    if part[1:3] == ["IN", "("] or part[1:4] == ["=", "ANY", "("]:
        values = {token for token in part[3:] if token not in ("(", ")", ",", "[", "]", "ARRAY", "ident:array")}
        return values <= wanted
    return False


def _list(tokens: list[Token]) -> list[list[Token]]:
    """The parts between commas of what one pair of parentheses encloses."""
    found: list[list[Token]] = []
    depth = 0
    for token in tokens:
        if token.kind == "op" and token.text == "(":
            depth += 1
            if depth == 1:
                found.append([])
                continue
        elif token.kind == "op" and token.text == ")":
            depth -= 1
            if depth == 0:
                break
        elif token.kind == "op" and token.text == "," and depth == 1:
            found.append([])
            continue
        if depth and found:
            found[-1].append(token)
    return found


def _constant(tokens: list[Token]) -> str:
    """A constant without its casts."""
    kept = normalised(tokens)
    return " ".join(kept)


def _split(tokens: list[Token], word: str) -> list[list[str]]:
    """Parts joined by a word outside parentheses, normalised; parts in parentheses are split again."""
    found: list[list[str]] = []
    queue = [tokens]
    rounds = 0
    while queue and rounds < 200:
        rounds += 1
        current = _unwrapped(queue.pop())
        pieces: list[list[Token]] = [[]]
        depth = 0
        between = False
        for token in current:
            if token.kind == "op" and token.text in "([":
                depth += 1
            elif token.kind == "op" and token.text in ")]":
                depth -= 1
            if not depth and token.upper == "BETWEEN":
                between = True
            if not depth and token.upper == word and not between:
                pieces.append([])
                continue
            if not depth and token.upper == word:
                between = False
            pieces[-1].append(token)
        if len(pieces) == 1:
            found.append(normalised(pieces[0]))
        else:
            queue.extend(pieces)
    return found


def _unwrapped(tokens: list[Token]) -> list[Token]:
    """Without the pairs of parentheses that enclose all of it."""
    closing: dict[int, int] = {}
    opened: list[int] = []
    for at, token in enumerate(tokens):
        if token.kind == "op" and token.text == "(":
            opened.append(at)
        elif token.kind == "op" and token.text == ")" and opened:
            closing[opened.pop()] = at
    start, end = 0, len(tokens)
    while end - start > 1 and closing.get(start) == end - 1:
        start, end = start + 1, end - 1
    return tokens[start:end]


def normalised(tokens: list[Token]) -> list[str]:
    """Words upper, names marked, casts and the parentheses around single operands left out."""
    found: list[str] = []
    at = 0
    tokens = list(_unwrapped(tokens))
    while at < len(tokens):
        token = tokens[at]
        if token.kind == "op" and token.text == "::":
            at += 1
            while at < len(tokens) and (tokens[at].kind in ("word", "quoted") or tokens[at].text in (".", "[", "]")):
                if tokens[at].upper in ("AND", "OR", "IS", "NOT"):
                    break
                at += 1
            if at < len(tokens) and tokens[at].text == "(" and at + 2 < len(tokens) and tokens[at + 2].text == ")":
                at += 3
            continue
        alone = token.text == "(" and token.kind == "op" and at + 2 < len(tokens) and tokens[at + 2].text == ")"
        if alone and not (found and found[-1].startswith("ident:")):
            tokens[at : at + 3] = [tokens[at + 1]]
            continue
        if token.kind == "string":
            if found and found[-1] in ("ident:date", "ident:timestamp", "ident:timestamptz"):
                found.pop()
            found.append(token.text)
        elif token.kind == "quoted":
            found.append("ident:" + token.text)
        elif token.kind == "word" and token.upper not in _KEYWORDS:
            found.append("ident:" + token.text.lower())
        elif token.kind == "word":
            found.append(token.upper)
        else:
            found.append("<>" if token.text == "!=" else token.text)
        at += 1
    return found


_KEYWORDS = frozenset("AND OR NOT IS NULL IN ANY ARRAY BETWEEN LIKE TRUE FALSE MINVALUE MAXVALUE".split())  # noqa: SIM905


def mentions(expression: str | None, column: str) -> bool:
    """Does an expression use a column, as far as its words tell?"""
    if not expression:
        return False
    for token in single(strip_parentheses(expression), "postgresql").tokens:
        if token.kind == "quoted" and token.text == column:
            return True
        if token.kind == "word" and token.text.lower() == column:
            return True
    return False
