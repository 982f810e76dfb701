"""Whether a batch answered what the loop's turns answered, turn by turn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from advisor.rewrites.batch import Batch

Row: TypeAlias = "tuple[Any, ...]"
Key: TypeAlias = "tuple[Hashable, ...]"


@dataclass(frozen=True)
class Turn:
    """One turn of the loop and what it gave."""

    key: Key
    rows: Sequence[Row]
    all_rows: Sequence[Row] | None = None
    """Without its LIMIT, where it has one."""


def difference(
    batch: Batch, turns: Sequence[Turn], names: Sequence[str], rows: Sequence[Row], empty: Sequence[Row]
) -> str | None:
    """What a batch's answer has different from its loop's, in words; None: nothing.

    ``names`` are the columns of the batch's answer. ``empty``: what a turn gives whose key has no rows. Rows of a key
    are compared as a bag; where the statement sorts, in their order (which must then have no ties).
    """
    places = key_places(batch, names)
    if places is None:
        return "its answer does not show the key"
    sorted_rows = batch.statement.tree.args.get("order") is not None and batch.form in ("list", "numbered", "group")
    groups: dict[Key, list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(hashable(row[place]) for place in places), []).append(
            tuple(row[batch.first : len(row) - batch.last])
        )
    asked = {turn.key for turn in turns}
    strangers = [key for key in groups if key not in asked]
    if strangers:
        return "it gives rows of a key that no turn asked for"
    for turn in turns:
        found = groups.get(turn.key, [])
        if batch.absent == "no":
            if (turn.key in groups) != yes(turn.rows):
                return "it says of a key that it has rows, and the loop that it has none, or the other way round"
            continue
        if batch.absent == "empty row" and turn.key not in groups:
            found = list(empty)
        if batch.limited and turn.all_rows is not None and not sorted_rows:
            rest = bag(found) - bag(turn.all_rows)
            if rest or len(found) != len(turn.rows):
                return "it takes another number of rows of a key, or rows that the key does not have"
            continue
        if bag(found) != bag(turn.rows):
            return f"a key has {len(found)} rows of it and {len(turn.rows)} of the loop, or others"
        if sorted_rows and [row_key(row) for row in found] != [row_key(row) for row in turn.rows]:
            return "the rows of a key come in another order"
    return None


def key_places(batch: Batch, names: Sequence[str]) -> list[int] | None:
    """Where the answer shows the key; None where it does not."""
    lowered = [name.lower() for name in names]
    if batch.first:
        return list(range(batch.first))
    if batch.form == "distinct":
        return list(range(len(batch.key)))
    places = []
    for name in batch.key:
        if name.lower() not in lowered:
            return None
        places.append(len(lowered) - 1 - lowered[::-1].index(name.lower()))
    return places


def yes(rows: Sequence[Row]) -> bool:
    """What ``SELECT EXISTS(...)`` or ``SELECT 1 ... LIMIT 1`` said."""
    if not rows:
        return False
    value = rows[0][0] if rows[0] else True
    return value not in (0, None, False)


def bag(rows: Sequence[Row]) -> Counter[Key]:
    """Rows with how often each comes."""
    return Counter(row_key(row) for row in rows)


def row_key(row: Row) -> Key:
    """A row to compare: numbers by value whatever their type."""
    return tuple(hashable(value) for value in row)


def hashable(value: Any) -> Hashable:
    """A value that can be counted; lists and documents as their text."""
    if isinstance(value, (bytearray, memoryview)):
        return bytes(value)
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, float):
        return float(f"{value:.12g}")
    return value if isinstance(value, Hashable) else repr(value)
