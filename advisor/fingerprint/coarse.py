"""The fast way to a shape key in Python: a cache from coarse templates to exact answers."""

from __future__ import annotations

from advisor.fingerprint import hashing
from advisor.fingerprint.normal import normal
from advisor.model.engine import Dialect

type_Answer = tuple[int, int, tuple[int, int, int, int], int, tuple[int, int] | None]


class Coarse:
    """Keys statements of one dialect."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect

    def key(self, sql: bytes) -> type_Answer:
        """Shape key, literals hash, value hashes, list length, place of the tag."""
        done = normal(sql, self._dialect)
        return hashing.shape_key(bytes(done.out)), hashing.combine(done.values), hashing.first(done.keys), done.in_count, done.tag
