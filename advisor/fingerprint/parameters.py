"""Bound parameters as PostgreSQL logs them: ``$1 = 'it''s', $2 = NULL``."""

from __future__ import annotations

import re
from typing import Final

from advisor.fingerprint.lexer import PLACEHOLDER, STRING, tokens
from advisor.model.engine import Dialect

_PARAMETER: Final = re.compile(
    r"\s*+\$([0-9]{1,5}) = (?:'((?>(?:[^']++|'')*))('?)|(NULL)|([^,']*+))(?:,|\s*\Z|(\.\.\.))?"
)
#: What the server writes where log_parameter_max_length cut a value: after the text, inside the quotes.
_CUT: Final = "..."


class Truncated(str):
    """A parameter of which the log has only the beginning."""

    __slots__ = ()


def parse_parameters(text: str) -> list[str | None]:
    """The values in the order of their numbers; None for NULL, and for a number the text does not have.

    ``''`` is undoubled. A value that the server cut (it ends in ``...``) or whose closing quote is missing is a
    `Truncated`, without the dots. A value that really ends in ``...`` cannot be told from a cut one and counts as cut.
    """
    text = text.strip()
    for prefix in ("parameters: ", "Parameters: "):
        text = text.removeprefix(prefix)
    values: dict[int, str | None] = {}
    pos = 0
    while found := _PARAMETER.match(text, pos):
        number, quoted, closed, null, bare, _ = found.groups()
        if null is not None:
            values[int(number)] = None
        else:
            value = bare if quoted is None else quoted.replace("''", "'")
            cut = value.endswith(_CUT) or (quoted is not None and not closed)
            values[int(number)] = Truncated(value.removesuffix(_CUT)) if cut else value
        pos = found.end()
    return [values.get(number) for number in range(1, max(values, default=0) + 1)]


def join_parameters(sql: str, parameters: str, dialect: Dialect) -> str:
    """The statement with its ``$n`` replaced by SQL literals, so that it can be planned or run.

    Only placeholders are replaced, never text within strings, comments or quoted names. A parameter that the log cut
    or lacks stays ``$n``. Values are written as untyped string constants: PostgreSQL types them from their context.
    """
    listed = parse_parameters(parameters)
    seen = {int(found[1]) for found in _NUMBER.finditer(parameters)} if None in listed else set()
    raw = sql.encode("utf-8", "surrogatepass")
    out = []
    pos = 0
    for token in tokens(raw, dialect):
        if token.kind != PLACEHOLDER or raw[token.start : token.start + 1] != b"$":
            continue
        digits = raw[token.start + 1 : token.end]
        if not digits.isdigit() or len(digits) > 5:
            continue
        number = int(digits)
        if not 0 < number <= len(listed):
            continue
        value = listed[number - 1]
        if isinstance(value, Truncated) or (value is None and number not in seen):
            continue
        out += [raw[pos : token.start], _quoted(value).encode("utf-8", "surrogatepass")]
        pos = token.end
    out.append(raw[pos:])
    return b"".join(out).decode("utf-8", "replace")


_NUMBER: Final = re.compile(r"\$([0-9]{1,5}) = NULL")


def _quoted(value: str | None) -> str:
    return "NULL" if value is None else "'" + value.replace("'", "''") + "'"


def split_parameters(sql: str, parameters: str, dialect: Dialect) -> str | None:
    """The statement that `join_parameters` joined, with ``$1``, ``$2``... again; None where no value is found in it.

    Literals that read as a parameter's value does become that parameter: of two parameters with one value the order of
    their numbers decides, and a constant that happens to be equal is taken for one. NULLs stay as they are.
    """
    waiting: dict[bytes, list[int]] = {}
    for number, value in enumerate(parse_parameters(parameters), 1):
        if value is not None and not isinstance(value, Truncated):
            waiting.setdefault(_quoted(value).encode("utf-8", "surrogatepass"), []).append(number)
    raw = sql.encode("utf-8", "surrogatepass")
    out = []
    pos = 0
    for token in tokens(raw, dialect):
        numbers = waiting.get(raw[token.start : token.end]) if token.kind == STRING else None
        if numbers is None:
            continue
        number = numbers.pop(0) if len(numbers) > 1 else numbers[0]
        out += [raw[pos : token.start], b"$%d" % number]
        pos = token.end
    if not out:
        return None
    out.append(raw[pos:])
    return b"".join(out).decode("utf-8", "replace")
