"""One foreign statement, made ready to be explained: alone, and with its placeholders named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from advisor.fingerprint.lexer import COMMENT, PLACEHOLDER, SEMICOLON, tokens
from advisor.model.limits import LIMITS


class StatementError(Exception):
    """Why it cannot be explained: one line."""


@dataclass(slots=True)
class Prepared:
    """Its text, and the values by name."""

    sql: str
    values: dict[str, object] = field(default_factory=dict)
    unbound: int = 0
    """Placeholders whose values are not known."""


def prepared(sql: str, parameters: Sequence[str | None] | None, *, empty: bool) -> Prepared:
    """Placeholders of every kind become ``:p1``...; numbers in the values become numbers, as a driver would bind them.

    ``empty``: give NULL for values that are not known, as a library wants that must have one for each. Raises
    StatementError for several statements, or none.
    """
    raw = sql.encode("utf-8", "replace")
    if len(raw) > LIMITS.statement_bytes:
        raise StatementError(f"the statement is longer than {LIMITS.statement_bytes >> 10} KB")
    if b"\0" in raw:
        raise StatementError("the statement holds a zero byte")
    pieces: list[bytes] = []
    at = 0
    numbers: dict[bytes, int] = {}
    asked = 0
    ended: int | None = None
    something = False
    for token in tokens(raw, "sqlite"):
        if token.kind == COMMENT:
            continue
        if token.kind == SEMICOLON:
            ended = token.start if ended is None else ended
            continue
        if ended is not None:
            raise StatementError("more than one statement: give each on its own")
        something = True
        if token.kind != PLACEHOLDER:
            continue
        text = raw[token.start : token.end]
        digits = text.lstrip(b"?$:@")
        if text in (b"?", b"%s"):
            asked += 1
            number = asked
        elif digits.isdigit() and 0 < int(digits) < 100_000:
            number = int(digits)
        else:
            number = numbers.setdefault(text, len(numbers) + 1)
        pieces += [raw[at : token.start], b":p%d" % number]
        numbers.setdefault(b":p%d" % number, number)
        at = token.end
    if not something:
        raise StatementError("no statement")
    pieces.append(raw[at : len(raw) if ended is None else ended])
    out = Prepared(b"".join(pieces).decode("utf-8", "replace"))
    for number in sorted(set(numbers.values())):
        value = parameters[number - 1] if parameters is not None and number <= len(parameters) else None
        if parameters is None or number > len(parameters):
            out.unbound += 1
            if not empty:
                continue
        out.values[f"p{number}"] = _typed(value)
    return out


def _typed(value: str | None) -> object:
    if value is None or len(value) > 32 or not value.strip() or value != value.strip():
        return value
    try:
        return int(value) if value.lstrip("-").isdigit() else float(value) if value[-1].isdigit() else value
    except ValueError:
        return value
