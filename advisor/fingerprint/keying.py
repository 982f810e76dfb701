"""Shape keys: what a reader computes for every event, so it is compiled where there is a compiler.

Both paths give the same numbers. ``ADVISOR_PURE=1`` in the environment forces the Python path.
"""

from __future__ import annotations

import os
import re
from importlib import import_module
from typing import Any, Final, Literal, NamedTuple

from advisor.fingerprint import hashing
from advisor.fingerprint.coarse import Coarse
from advisor.fingerprint.normal import normal
from advisor.model.engine import Dialect


def _load() -> Any:
    if os.environ.get("ADVISOR_PURE"):
        return None
    try:
        return import_module("advisor.fingerprint._tokenise")
    except ImportError:
        return None


_compiled: Final = _load()


class Keyed(NamedTuple):
    """What identifies one statement among millions."""

    key: int
    """64-bit hash of the normalised text: equal keys, equal shape."""
    literals: int
    """64-bit hash over all literal values; 0 when there is none."""
    keys: tuple[int, int, int, int]
    """Hashes of the first four literal values, 0 for none; ``7``, ``'7'`` and a bound ``'7'`` hash alike."""
    in_count: int
    """Elements of the longest list (IN, ARRAY, arguments of CALL) or number of VALUES rows; 0 for none."""
    tag: bytes | None
    """Inside of the last comment that looks like tags."""


def tokeniser() -> Literal["compiled", "python"]:
    """Which of the two tokenisers is in use."""
    return "compiled" if _compiled is not None else "python"


def normalise_bytes(sql: bytes, dialect: Dialect) -> bytes:
    """The normalised text (see `normal`) of bytes in any encoding that contains ASCII."""
    if _compiled is not None:
        text: bytes = _compiled.normalise(sql, dialect)
        return text
    return bytes(normal(sql, dialect).out)


def normalise(sql: str, dialect: Dialect) -> str:
    """The normalised text of a statement: readable SQL with ``?`` for every literal. Never fails; see `normal`."""
    return normalise_bytes(sql.encode("utf-8", "surrogatepass"), dialect).decode("utf-8", "replace")


def key(sql: bytes, dialect: Dialect) -> Keyed:
    """Key a statement's bytes. Equal keys mean equal normalised text (and the reverse, but for 64-bit chance)."""
    if _compiled is not None:
        number, literals, keys, in_count, tag = _compiled.key(sql, dialect)
        return Keyed(number, literals, keys, in_count, sql[tag[0] : tag[1]] if tag else None)
    return key_python(sql, dialect)


_coarse: Final[dict[Dialect, Coarse]] = {}


def key_python(sql: bytes, dialect: Dialect) -> Keyed:
    """`key` without the compiled tokeniser: from a cache of coarse templates where that is safe, else in full."""
    coarse = _coarse.get(dialect)
    if coarse is None:
        coarse = _coarse[dialect] = Coarse(dialect)
    number, literals, keys, in_count, tag = coarse.key(sql)
    return Keyed(number, literals, keys, in_count, sql[tag[0] : tag[1]] if tag else None)


_PARAMETER: Final = re.compile(rb"=[\x00\t-\r\x20]*+(?:'(?P<text>(?>(?:[^']++|'')*))'?|(?P<bare>[^,]++))")


def key_parameters(text: bytes) -> tuple[int, tuple[int, int, int, int]]:
    """Literals hash and value hashes of bound parameters as PostgreSQL logs them: ``$1 = 'x', $2 = NULL``."""
    if _compiled is not None:
        result: tuple[int, tuple[int, int, int, int]] = _compiled.key_parameters(text)
        return result
    return key_parameters_python(text)


def key_parameters_python(text: bytes) -> tuple[int, tuple[int, int, int, int]]:
    """`key_parameters` without the compiled tokeniser."""
    values = []
    for found in _PARAMETER.finditer(text):
        value = found["text"]
        if value is None:
            value = hashing.NULL_VALUE if found["bare"] == b"NULL" else found["bare"]
        values.append(hashing.value_hash(value))
    return hashing.combine(values), hashing.first(values)
