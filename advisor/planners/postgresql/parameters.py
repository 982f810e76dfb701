"""From a query with or without values to a statement that EXPLAIN plans.

Values are bound by the server: `$1` stays in the text and its value goes beside it as an untyped literal's text, so
that it has the type that the statement gives it and no value can become SQL. The planner then sees it as a constant, as
the custom plan of a prepared statement does. Without values the generic plan is asked for, by PREPARE with
plan_cache_mode = force_generic_plan: every major has it, and it prints the same as EXPLAIN (GENERIC_PLAN).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from advisor.catalog.ddl.lexer import Token, statements
from advisor.fingerprint import identify
from advisor.model.counted import counted
from advisor.model.planning import Query

_PLANNABLE = re.compile(r"(?:\(\s*)*(?:select|values|table|with|insert|update|delete|merge|create|declare)\b")
_CREATED = re.compile(
    r"create\s+(?:(?:global|local)\s+)?(?:temp\s+|temporary\s+|unlogged\s+)?table\b|create\s+materialized\b"
)
_NUMBERED = re.compile(r"\$([0-9]{1,5})\b")
#: Words that a value may follow: a question mark behind any other word is an operator of jsonb.
_BEFORE_VALUES = frozenset(
    """
    ALL AND ANY AS BETWEEN BY CASE DATE DISTINCT ELSE ESCAPE FETCH FIRST FROM HAVING ILIKE IN INTERVAL IS LIKE LIMIT
    NEXT NOT OFFSET ON OR RETURNING SELECT SET SIMILAR SOME THEN TIME TIMESTAMP TIMESTAMPTZ TO VALUES WHEN WHERE
    """.split()  # noqa: SIM905
)
#: PostgreSQL numbers parameters with 16 bits.
_MOST = 65_535


@dataclass(frozen=True, slots=True)
class Asked:
    """One statement, ready to be sent."""

    sql: bytes
    values: tuple[bytes | None, ...] = ()
    generic: bool = False
    parameter_count: int = 0
    notes: tuple[str, ...] = ()


def asked(query: Query) -> Asked | str:
    """How to ask for the plan of ``query``, or why it cannot be asked for (one line)."""
    if "\0" in query.sql or any(value is not None and "\0" in value for value in query.parameters or ()):
        return "the text holds a zero byte"
    # A semicolon at the end is how people write; the server refuses any other.
    sql = query.sql.strip().rstrip(";").rstrip()
    normal = identify(sql, "postgresql").text.lower()
    if not normal:
        return "the text holds no statement"
    if not _PLANNABLE.match(normal) or (normal.startswith("create") and not _CREATED.match(normal)):
        return f"not a statement that is planned: {normal.split(' ', 1)[0][:30]}"
    tokens = _tokens(sql)
    numbers = [int(token.text[1:]) for token in tokens if token.kind == "parameter"]
    marks = [token for token in tokens if token.kind == "mark"]
    if marks and not numbers:
        values = query.parameters
        if values is None or len(values) != len(marks):
            if _is_digest(sql, tokens, marks):
                return "its literals were replaced by ? and their values are not known: such a text cannot be planned"
        else:
            sql, numbers = _numbered(sql, marks), list(range(1, len(marks) + 1))
    count = max(numbers, default=0)
    if count > _MOST:
        return f"${count}: parameters go up to ${_MOST}"
    try:
        text = sql.encode("utf-8")
        values_ = tuple(None if value is None else value.encode("utf-8") for value in query.parameters or ())
    except UnicodeEncodeError:
        return "the text holds half of a character (a lone surrogate)"
    if not count:
        notes = ("values were given for a statement without parameters",) if query.parameters else ()
        return Asked(text, generic=query.generic, notes=notes)
    if query.generic:
        return Asked(text, generic=True, parameter_count=count)
    if query.parameters is None:
        return Asked(
            text,
            generic=True,
            parameter_count=count,
            notes=("the values of its parameters are not known: this is the generic plan",),
        )
    if len(values_) < count:
        return f"{counted(count, 'parameter')}, but {counted(len(values_), 'value')}"
    notes = ()
    if len(values_) > count:
        notes = (f"{counted(count, 'parameter')}, but {counted(len(values_), 'value')}: the others are left out",)
    return Asked(text, values_[:count], notes=notes)


def _tokens(sql: str) -> list[Token]:
    """The statement's tokens, with ``$1`` (parameter) and a lone ``?`` (mark) told apart from operators."""
    found: list[Token] = []
    for statement in statements(f"SELECT {sql}", "postgresql"):
        tokens = statement.tokens
        at = 0
        while at < len(tokens):
            token = tokens[at]
            if token.text == "$" and at + 1 < len(tokens) and tokens[at + 1].start == token.end:
                number = tokens[at + 1]
                digits = re.match(r"[0-9]{1,9}", number.text)
                if number.kind in ("number", "word") and digits:
                    found.append(Token("parameter", f"${digits.group()}", token.start - 7, number.end - 7))
                    at += 2
                    continue
            if token.kind == "op" and token.text == "?":
                found.append(Token("mark", "?", token.start - 7, token.end - 7))
            else:
                found.append(Token(token.kind, token.text, token.start - 7, token.end - 7))
            at += 1
    return found


def _is_digest(sql: str, tokens: list[Token], marks: list[Token]) -> bool:
    """Whether the question marks are places of values: nothing that a value cannot follow stands before one."""
    before = {token.start: earlier for earlier, token in pairwise(tokens)}
    literal = any(token.kind in ("string", "number") for token in tokens)
    operators = sum(
        1
        for mark in marks
        if (earlier := before.get(mark.start)) is not None
        and (earlier.kind in ("string", "quoted", "number", "parameter") or earlier.text == ")")
    )
    return operators == 0 and not (literal and _word_before(before, marks))


def _word_before(before: dict[int, Token], marks: list[Token]) -> bool:
    """A column name before the mark: the operator ``?`` of jsonb."""
    return any(
        (token := before.get(mark.start)) is not None and token.kind == "word" and token.upper not in _BEFORE_VALUES
        for mark in marks
    )


def _numbered(sql: str, marks: list[Token]) -> str:
    parts, at = [], 0
    for number, mark in enumerate(marks, 1):
        parts += [sql[at : mark.start], f"${number}"]
        at = mark.end
    return "".join([*parts, sql[at:]])
