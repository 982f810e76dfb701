"""In which order transactions take their locks: the tables, and the rows of a table, that each one writes.

A lock is taken when a statement changes a row (or reads it FOR UPDATE) and held until the transaction ends. So the
order in which a transaction first writes its tables is the order of its locks. A plain INSERT takes no lock that an
existing row's writer waits for, and is left out; with ON CONFLICT or ON DUPLICATE KEY it may.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from advisor.digest.effect import BEGIN, COMMIT, ROLLBACK
from advisor.model.shape import ShapeSummary
from advisor.stream.material import Material

_TARGET = re.compile(r"\s*(?:update(?:\s+only)?|delete\s+from(?:\s+only)?|merge\s+into)\s+([\w.\"`$]+)", re.IGNORECASE)
_UPSERT = re.compile(r"\bon\s+(?:conflict|duplicate\s+key)\b|^\s*replace\b", re.IGNORECASE)
_INSERTED = re.compile(r"\s*(?:insert|replace)(?:\s+ignore)?\s+into\s+([\w.\"`$]+)", re.IGNORECASE)
_LOCKING = re.compile(r"\bfor\s+(?:no\s+key\s+)?(?:update|share|key\s+share)\b", re.IGNORECASE)
_LOCKED = re.compile(r"\bfrom\s+(?:only\s+)?([\w.\"`$]+)", re.IGNORECASE)
_WHERE = re.compile(r"\bwhere\b", re.IGNORECASE)
_KEY = re.compile(r"\s*\(?\s*[\w.\"`$]+\s*(?:=\s*\?|in\s*\(\s*\?)", re.IGNORECASE)
_KEYS = 4
#: Rows of a table that one transaction writes are compared with so many before them.
_NEAR = 8
#: Tables of one transaction whose order is looked at.
_TABLES = 16


@dataclass(slots=True)
class Order:
    """Transactions that take one after another."""

    transactions: float = 0.0
    shapes: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By the statements that take the first and the second."""

    def note(self, first: str, second: str, number: float = 1.0) -> None:
        """One more transaction."""
        self.transactions += number
        self.shapes[first, second] += max(round(number), 1)

    @property
    def commonest(self) -> tuple[str, str]:
        """The statements that take the two most often."""
        return min(self.shapes, key=lambda pair: (-self.shapes[pair], pair))


#: (first, second) table -> transactions.
Orders = dict[tuple[str, str], Order]


@dataclass(frozen=True, slots=True)
class Taken:
    """Rows of the material that take locks within transactions, in their order."""

    row: NDArray[np.intp]
    transaction: NDArray[np.int64]
    """A number for each; ascending."""
    table: NDArray[np.int64]
    """Index into ``tables``."""
    tables: tuple[str, ...]
    key: NDArray[np.int64]
    """Which of the values is the key that the statement compares, -1 unknown."""


def locked_table(shape: ShapeSummary, material: Material) -> str | None:
    """The table whose existing rows a statement locks; None for one that locks none, or of which that is not known."""
    sql = shape.sql
    graph = material.graphs.get(shape.fingerprint)
    if shape.kind == "insert" and not _UPSERT.search(sql):
        return None
    if shape.kind == "select" and not _LOCKING.search(sql):
        return None
    if graph is not None:
        role = "read" if shape.kind == "select" else "target"
        found = [ref.table_name for ref in graph.table_refs if ref.role == role and ref.table_name]
        if found:
            return found[0]
    if shape.kind in ("update", "delete", "merge"):
        match = _TARGET.match(sql)
    elif shape.kind == "insert":
        match = _INSERTED.match(sql)
    elif shape.kind == "select":
        match = _LOCKED.search(sql)
    else:
        match = None
    return plain_name(match[1]) if match else None


def plain_name(name: str) -> str:
    """The last part of a name as written, without quotes."""
    return name.rsplit(".", maxsplit=1)[-1].strip('"`').lower()


def key_position(sql: str) -> int:
    """Which value of a statement its WHERE compares first with ``=``, from 0; -1 where it is none of the first four."""
    where = _WHERE.search(sql)
    if where is None or not _KEY.match(sql, where.end()):
        return -1
    before = sql[: where.end()].count("?")
    return before if before < _KEYS else -1


def taken(material: Material) -> Taken:
    """What takes locks in transactions of more than one statement."""
    rows = material.rows
    shapes, codes = material.fingerprints, material.codes
    names: dict[str, int] = {}
    table_of, key_of = np.full(len(shapes), -1, np.int64), np.full(len(shapes), -1, np.int64)
    for code, fingerprint in enumerate(shapes):
        shape = material.by_fingerprint.get(fingerprint)
        if shape is None or shape.kind not in ("update", "delete", "merge", "insert", "select"):
            continue
        locked = locked_table(shape, material)
        if locked is not None:
            table_of[code] = names.setdefault(locked, len(names))
            key_of[code] = key_position(shape.sql)
    effect = rows["effect"]
    table = table_of[codes] if len(codes) else np.zeros(0, np.int64)
    acts = np.flatnonzero((table >= 0) | np.isin(effect, [BEGIN, COMMIT, ROLLBACK]))
    if not len(acts):
        empty = np.zeros(0, np.int64)
        return Taken(empty, empty, empty, (), empty)
    number, inside = _transactions(material, acts)
    kept = inside & (table[acts] >= 0)
    at = acts[kept]
    return Taken(at, number[kept], table[at], tuple(names), key_of[codes[at]])


def _transactions(material: Material, acts: NDArray[np.intp]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Of each act a number of its transaction, and whether it stands in one of several statements.

    From BEGIN to COMMIT or ROLLBACK; or what ends with COMMIT without a BEGIN (autocommit is off); or what the log
    gives the same transaction id.
    """
    rows = material.rows
    source, session, effect = (rows[name][acts] for name in ("source", "session", "effect"))
    identity = rows["transaction"][acts]
    fresh = np.ones(len(acts), np.bool_)
    fresh[1:] = (source[1:] != source[:-1]) | (session[1:] != session[:-1])
    ended = np.isin(effect, [COMMIT, ROLLBACK])
    begins = effect == BEGIN
    cut = fresh | begins
    cut[1:] |= ended[:-1]
    number = np.cumsum(cut) - 1
    begun = begins[cut][number]
    last = np.concatenate((np.flatnonzero(cut)[1:] - 1, [len(acts) - 1]))
    whole = begun | ended[last][number]
    # Without BEGIN and COMMIT: neighbours of one transaction id belong together.
    split = cut.copy()
    split[1:] |= ~(whole[1:] & whole[:-1]) & ((identity[1:] != identity[:-1]) | (identity[1:] == 0))
    number = np.cumsum(split) - 1
    return number, whole | (identity != 0)


def table_orders(material: Material, locks: Taken) -> Orders:
    """For each two tables, the transactions that write one and then the other. Counts are scaled to the whole input."""
    width = max(len(locks.tables), 1)
    _, first = np.unique(locks.transaction * width + locks.table, return_index=True)
    first = np.sort(first)
    transaction = locks.transaction[first]
    several = np.isin(transaction, *_repeated(transaction)) if len(first) else np.zeros(0, np.bool_)
    first = first[several]
    orders: Orders = {}
    codes, fingerprints = material.codes, material.fingerprints
    patterns: Counter[tuple[tuple[int, int], ...]] = Counter()
    for group in _groups(locks.transaction[first], locks.table[first], codes[locks.row[first]]):
        patterns[tuple(group[:_TABLES])] += 1
    for steps, count in patterns.items():
        for i, (before, first_shape) in enumerate(steps):
            for after, second_shape in steps[i + 1 :]:
                if before != after:
                    pair = locks.tables[before], locks.tables[after]
                    order = orders.get(pair)
                    if order is None:
                        order = orders[pair] = Order()
                    order.note(fingerprints[first_shape], fingerprints[second_shape], count * material.scale)
    return orders


@dataclass(slots=True)
class RowOrder:
    """Rows of one table that transactions lock in opposite orders."""

    table: str
    pairs: int = 0
    """Pairs of rows that were locked both ways."""
    transactions: int = 0
    """Transactions that lock several rows of the table..."""
    against: int = 0
    """... and those of them that lock some two rows in the rarer order."""
    shapes: Counter[tuple[str, str]] = field(default_factory=Counter)


def row_orders(material: Material, locks: Taken) -> dict[str, RowOrder]:
    """Tables whose rows are locked in opposite orders by different transactions. Where values are not hashed: none."""
    found: dict[str, RowOrder] = {}
    known = np.flatnonzero(locks.key >= 0)
    if not len(known) or not material.values_comparable:
        return found
    keys = np.stack([material.rows[f"key{i}"][locks.row[known]] for i in range(_KEYS)])
    key = keys[locks.key[known], np.arange(len(known))].astype(np.int64)
    known, key = known[key != 0], key[key != 0]
    table, transaction = locks.table[known], locks.transaction[known]
    codes, fingerprints = material.codes[locks.row[known]], material.fingerprints
    order = np.lexsort((np.arange(len(known)), table, transaction))
    directions: dict[int, dict[tuple[int, int], list[int]]] = {}
    groups = transaction * max(len(locks.tables), 1) + table
    for at in _spans(groups[order]):
        members = order[at]
        values = list(dict.fromkeys(key[members].tolist()))
        if len(values) < 2:
            continue
        name = locks.tables[int(table[members[0]])]
        here = found.setdefault(name, RowOrder(name))
        here.transactions += 1
        pairs = directions.setdefault(int(table[members[0]]), {})
        opposite = False
        for i, value in enumerate(values):
            for before in values[max(i - _NEAR, 0) : i]:
                counts = pairs.setdefault((min(before, value), max(before, value)), [0, 0])
                counts[before > value] += 1
                opposite |= counts[before < value] > 0
        if opposite:
            here.shapes[fingerprints[codes[members[0]]], fingerprints[codes[members[-1]]]] += 1
    for number, pairs in directions.items():
        fewer = [min(counts) for counts in pairs.values()]
        here = found[locks.tables[number]]
        here.pairs = sum(1 for count in fewer if count)
        here.against = min(sum(fewer), here.transactions // 2)
    return {name: order for name, order in found.items() if order.pairs}


def held_before(material: Material, locks: Taken, source: int, session: int, time_us: int | None) -> list[int]:
    """Indices into ``locks`` of what a session's last transaction before the time has locked."""
    rows = material.rows
    mine = np.flatnonzero((rows["session"][locks.row] == np.uint64(session)) & (rows["source"][locks.row] == source))
    if time_us is not None:
        mine = mine[rows["start_us"][locks.row[mine]] <= time_us]
    return mine[locks.transaction[mine] == locks.transaction[mine[-1]]].tolist() if len(mine) else []


def _repeated(numbers: NDArray[np.int64]) -> tuple[NDArray[np.int64]]:
    values, counts = np.unique(numbers, return_counts=True)
    return (values[counts > 1],)


def _spans(groups: NDArray[np.int64]) -> Iterator[slice]:
    starts = np.concatenate(([0], np.flatnonzero(groups[1:] != groups[:-1]) + 1))
    ends = np.append(starts[1:], len(groups))
    several = ends - starts > 1
    for start, end in zip(starts[several].tolist(), ends[several].tolist(), strict=True):
        yield slice(start, end)


def _groups(
    transaction: NDArray[np.int64], table: NDArray[np.int64], code: NDArray[np.intp]
) -> Iterator[list[tuple[int, int]]]:
    pairs = list(zip(table.tolist(), code.tolist(), strict=True))
    if pairs:
        for span in _spans(transaction):
            yield pairs[span]


def shape_of(material: Material, fingerprint: str | None) -> ShapeSummary | None:
    """A shape by its fingerprint."""
    return material.by_fingerprint.get(fingerprint) if fingerprint is not None else None


def table_of(material: Material, fingerprint: str | None) -> str | None:
    """The table that a shape locks."""
    shape = shape_of(material, fingerprint)
    return locked_table(shape, material) if shape is not None else None


def by_table(orders: Mapping[tuple[str, str], Order]) -> dict[tuple[str, str], float]:
    """The weights of the orders alone."""
    return {pair: order.transactions for pair, order in orders.items()}
