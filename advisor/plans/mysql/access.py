"""How MySQL and MariaDB reach a table: access types, join buffers and the words of the Extra column."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from advisor.model.plan import Operator

#: Tables that the server made: <derived2>, <subquery3>, <union1,2>, <temporary>.
MADE = re.compile(r"^<([a-z]+)(\d+(?:,(?:\d+|\.\.\.))*)?>$")

#: Access types that read part of an index.
_BY_INDEX = frozenset(
    {"range", "ref", "eq_ref", "ref_or_null", "fulltext", "unique_subquery", "index_subquery", "index"}
)


def operator_of(access: str | None, table: str | None, *, covering: bool) -> Operator:
    """The operator for an access type as printed (MariaDB also has ``hash_ALL``, ``hash_index``, ``ref|filter``)."""
    if table is not None and MADE.match(table):
        return "subquery_scan"
    if access is None:
        return "result"
    kind = access.partition("|")[0].removeprefix("hash_")
    if kind == "ALL":
        return "seq_scan"
    if kind in ("const", "system"):
        return "const"
    if kind in ("index_merge", "Using_index_merge"):
        return "index_merge"
    if kind in _BY_INDEX:
        return "index_only_scan" if covering else "index_scan"
    return "other"


@dataclass(frozen=True, slots=True)
class JoinBuffer:
    """What is printed of a join buffer: ``flat, BNL join``, ``hash join``, ``Batched Key Access``..."""

    text: str

    @property
    def operator(self) -> Operator:
        """Batched key access still asks the index for each key, so it is a nested loop with its keys in batches."""
        text = self.text.lower()
        if "hash" in text or "bnlh" in text:
            return "hash_join"
        if "bka" in text or "batched key" in text:
            return "nested_loop"
        return "block_nested_loop"


_BUFFER = re.compile(r"Using join buffer \(([^()]*(?:\([^()]*\))?[^()]*)\)")
_FIRST_MATCH = re.compile(r"FirstMatch(?:\(([^)]*)\))?")
_MERGE = re.compile(r"Using ((?:sort_union|sort_intersect|union|intersect)\(.*\))$")
_FILTER_MAP = re.compile(r"Range checked for each record \((.*)\)$")

#: Words of Extra that say the whole select without a table; the row then has no access type.
NO_TABLE = (
    "impossible",
    "no tables used",
    "no matching",
    "select tables optimized away",
    "zero limit",
    "const row not found",
    "unique row not found",
    "plan isn't ready yet",
    "deleting all rows",
    "no rows",
    "storage engine handles",
    "query plan not",
    "table dropped",
    "unknown",
    "optimizing",
)


@dataclass(slots=True)
class Extra:
    """The Extra column, cut into its parts."""

    text: str
    words: list[str] = field(default_factory=list)
    buffer: JoinBuffer | None = None
    merge: str | None = None
    """``union(a,b)``, ``intersect(a,b)``, ``sort_union(...)``."""
    first_match: str | None = None
    """The table that the loop goes back to; "" where it is not named."""
    covering: bool = False
    filesort: bool = False
    temporary: bool = False
    backward: bool = False
    message: str | None = None
    """What stands in place of a table."""

    def facts(self) -> dict[str, Any]:
        """For PlanNode.extra."""
        found: dict[str, Any] = {"Extra": self.text} if self.text else {}
        for word in self.words:
            if match := _FILTER_MAP.match(word):
                found["range_checked_for_each_record"] = match[1]
        if self.merge is not None:
            found["index_merge"] = self.merge
        if self.buffer is not None:
            found["join_buffer"] = self.buffer.text
        return found


def parts(text: str) -> list[str]:
    """Cut at semicolons that stand in no brackets."""
    found: list[str] = []
    depth = start = 0
    for place, mark in enumerate(text):
        if mark == "(":
            depth += 1
        elif mark == ")":
            depth = max(depth - 1, 0)
        elif mark == ";" and depth == 0:
            found.append(text[start:place].strip())
            start = place + 1
    found.append(text[start:].strip())
    return [part for part in found if part]


def read_extra(text: str | None) -> Extra:
    """The parts of an Extra column."""
    extra = Extra((text or "").strip())
    extra.words = parts(extra.text)
    for word in extra.words:
        lower = word.lower()
        if lower == "using index" or lower.startswith(("using index for ", "scanned ", "using index;")):
            extra.covering = True
        elif lower == "using filesort":
            extra.filesort = True
        elif lower == "using temporary":
            extra.temporary = True
        elif lower == "backward index scan":
            extra.backward = True
        elif match := _BUFFER.match(word):
            extra.buffer = JoinBuffer(match[1])
        elif match := _MERGE.match(word):
            extra.merge = match[1]
        elif match := _FIRST_MATCH.match(word):
            extra.first_match = match[1] or ""
        elif lower.startswith(NO_TABLE):
            extra.message = word
    return extra
