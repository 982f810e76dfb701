"""pt-query-digest's id of a shape.

Texts of one shape may differ in pt's eyes (a comment, a blank), so the id is that of the shape's sample: the same
one in every grouping of the events. What is stored beside it stands for a sample that was cut, redacted or given up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from advisor.digest.samples import EMPTY
from advisor.digest.shapetable import ENGINES
from advisor.fingerprint.checksum import checksum
from advisor.model.engine import dialect_of

if TYPE_CHECKING:
    from advisor.digest.digest import Digest

_MYSQL = frozenset(code for code, engine in enumerate(ENGINES) if dialect_of(engine) == "mysql")


def checksum_of(digest: Digest, shape: int) -> int:
    """The id as a number; 0 when there is none."""
    samples = digest.samples
    if int(digest.table.engine[shape]) in _MYSQL:
        for slot in range(samples.slots):
            if samples.source[slot, shape] == EMPTY:
                continue
            sql = samples.sql[slot, shape]
            if sql is not None and not samples.flags[slot, shape]:
                return int(checksum(sql.decode("utf-8", "replace")) or "0", 16)
            break
    return int(digest.table.checksum[shape])
