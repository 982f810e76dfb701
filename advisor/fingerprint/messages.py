"""What a server says of a statement, without the values that it quotes."""

from __future__ import annotations

import re

from advisor.fingerprint.redaction import redact
from advisor.model.engine import Dialect

#: Up to the last quote of its kind: a value may hold quotes itself.
_QUOTED = re.compile(r"""(["'`])(.*)\1""", re.S)
_WORD = re.compile(r"[^\W\d][\w$]*")
#: Many digits that are no part of a name: a value that stands without quotes. Few are a line, a position, seconds.
_NUMBER = re.compile(r"(?<![\w.$])-?\d[\d.]{4,}(?!\w)")
#: What servers put in quotes that comes from no statement.
_THEIRS = frozenset("field list where clause having order group by on utf8 utf8mb3 utf8mb4 latin1 sql_ascii".split())  # noqa: SIM905
#: From here on MariaDB and MySQL repeat the statement itself.
_NEAR = re.compile(r"(\bnear )['\"].*", re.S | re.I)


def without_values(message: str, sql: str, dialect: Dialect) -> str:
    """A server's message with ``?`` for all it quotes but names, which are those that ``sql`` has without its literals.

    PostgreSQL quotes names and values alike, and so do MySQL and MariaDB: ``relation "orders" does not exist``,
    ``invalid input syntax for type integer: "ann@example.org"``.

    >>> without_values('relation "orders" does not exist', "SELECT * FROM orders", "postgresql")
    'relation "orders" does not exist'
    >>> without_values('value "4111" is out of range for type smallint', "SELECT a + '4111'", "postgresql")
    'value "?" is out of range for type smallint'
    """
    known = {word.lower() for word in _WORD.findall(redact(sql, dialect))} | _THEIRS
    text = _NEAR.sub(r"\1?", message)
    out: list[str] = []
    while found := _QUOTED.search(text):
        quote, inside = found[1], found[2].partition(found[1])[0]
        out.append(_numbers(text[: found.start()]))
        words = _WORD.findall(inside)
        bare = re.sub(r"[\w$.` ]", "", inside)
        if words and not bare and (all(word.lower() in known for word in words) or _last(inside) in known):
            shown = inside if all(word.lower() in known for word in words) else _last(inside)
            out.append(f"{quote}{shown}{quote}")
            text = text[found.start() + len(inside) + 2 :]
        else:
            out.append(f"{quote}?{quote}")
            text = text[_end(text, found.start(), quote) :]
    return "".join([*out, _numbers(text)])


def _last(name: str) -> str:
    """The last part of a name with dots, in lower case."""
    parts = name.replace("`", "").split(".")
    return parts[-1].lower() if len(parts) > 1 and all(_WORD.fullmatch(part) for part in parts) else ""


def _end(text: str, start: int, quote: str) -> int:
    """Behind the last quote of the kind: what stands between two of them may be the value's own."""
    return text.rindex(quote) + 1 if text.count(quote, start) else len(text)


def _numbers(text: str) -> str:
    return _NUMBER.sub("?", text)
