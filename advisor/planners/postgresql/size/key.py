"""What the size of an index depends on: its rows, its keys and what statistics say of their values."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

#: BLCKSZ, SizeOfPageHeaderData (bufpage.h), ItemIdData (itemid.h), IndexTupleData (itup.h): bytes.
PAGE = 8192
PAGE_HEADER = 24
LINE_POINTER = 4
TUPLE_HEADER = 8
#: IndexTupleData with a NULL bitmap of 32 bits, aligned (itup.h).
TUPLE_HEADER_NULLS = 16
#: ItemPointerData.
TID = 6
#: A weaker order of the rows may be that of a few batches, in each of which every value occurs.
_ORDERED = 0.9
#: Spread (share of the table) of columns that rose while rows were added.
_APPENDED = 0.02
#: Widths drawn for one column.
_SAMPLES = 4096


def aligned(size: int) -> int:
    """MAXALIGN."""
    return (size + 7) & ~7


@dataclass(frozen=True, slots=True)
class Key:
    """One column of an index."""

    length: int
    """Bytes of a value of fixed length; -1 varlena, -2 cstring."""
    align: int
    """1, 2, 4 or 8."""
    width: float
    """Average bytes of a stored value, header included."""
    widths: tuple[tuple[int, float], ...] = ()
    """Bytes of sampled values with their weights; empty where none are known."""
    null_frac: float = 0.0
    frequencies: tuple[float, ...] = ()
    """Of the most common values, as shares of all rows."""
    distinct: float = 0.0
    """Values that are present, as ANALYZE estimated."""
    sample: float = 1.0
    """Share of the rows that ANALYZE looked at for it."""
    order: float = 0.0
    """Correlation of the values' order with that of the rows, -1 to 1."""
    bounds: tuple[float, ...] = ()
    """Ends of the histogram's buckets as numbers, ascending; empty where the type has none."""
    step: float = 0.0
    """Values of the type lie at least so far apart."""

    @property
    def spread(self) -> float:
        """Share of the table over which the rows of neighbouring values are strewn; 1: anywhere.

        From Spearman's coefficient: displaced by up to d places, ranks have 1 - 2 (d/n)^2 (that is, the mean square
        of the displacement is d^2/3). Equal values stand in the order of the rows (compute_scalar_stats), which alone
        gives a correlation of the sum of the squares of their frequencies: that much says nothing.
        """
        others = max(1.0, self.distinct - len(self.frequencies))
        rest = max(0.0, 1.0 - self.null_frac - sum(self.frequencies))
        known = max(1e-9, 1.0 - self.null_frac)
        by_ties = (sum(f * f for f in self.frequencies) + rest * rest / others) / known**2
        order = (abs(self.order) - by_ties) / max(1e-9, 1.0 - by_ties)
        return min(1.0, math.sqrt(2 * max(0.0, 1.0 - order))) if order >= _ORDERED else 1.0

    @property
    def appended(self) -> bool:
        """Rows came in the order of the values: lines of an order, events of a day. Their numbers for a value vary less
        than those of values that rows chose at random."""
        return self.spread <= _APPENDED


@dataclass(frozen=True, slots=True)
class Facts:
    """An index whose size is wanted."""

    method: str
    rows: float
    """Rows that it would cover."""
    table_rows: float
    heap_pages: int
    keys: tuple[Key, ...]
    include: tuple[Key, ...] = ()
    unique: bool = False
    all_equal_image: bool = False
    """Every key's operator class says that equal values look equal (support function 4)."""
    options: dict[str, str] = field(default_factory=dict)
    """Storage parameters."""
    distinct: float | None = None
    """Combinations of keys where something better than independence of the columns is known."""
    opclass: str = ""
    """Of the first key."""
    version: int = 180000
    notes: tuple[str, ...] = ()
    """What the facts rest on where statistics are missing."""

    @property
    def fillfactor(self) -> int | None:
        """The storage parameter."""
        given = self.options.get("fillfactor")
        return int(given) if given and given.isdigit() else None


@dataclass(frozen=True, slots=True)
class Built:
    """What CREATE INDEX would leave."""

    tuples: float
    """As pg_class.reltuples would say."""
    pages: int
    height: int | None = None
    """Of a B-tree: levels above the leaves."""
    entry_pages: int | None = None
    data_pages: int | None = None
    entries: int | None = None
    """Of GIN's metapage."""
    modelled: str | None = None
    """What the size rests on, where that is not the layout itself."""


@lru_cache(maxsize=256)
def sampled(keys: tuple[Key, ...], rows: float) -> tuple[npt.NDArray[np.int64], Floats]:
    """Index tuples of rows drawn at random: their sizes, and how many rows are expected to have the same values.

    A size is what index_form_tuple makes: header, aligned values, MAXALIGN of the whole. Columns are independent but
    for what the order of the rows says: the rows of a value of an ordered column stand together, and there another
    ordered column has few values. A combination's rows are Poisson about the expectation. The same facts give the same
    sample: the arrays are shared, not to be written to.
    """
    draw = np.random.default_rng(7)
    offset = np.zeros(_SAMPLES, dtype=np.int64)
    nulls = np.zeros(_SAMPLES, dtype=bool)
    expected = np.full(_SAMPLES, max(rows, 1.0))
    place = np.ones(_SAMPLES)  # share of the table in which the rows of the columns so far stand
    for number, key in enumerate(keys):
        value = _widths(key, draw)
        shares, each = _distribution(key, max(rows, 1.0))
        points = (np.arange(_SAMPLES) + 0.5) / _SAMPLES
        chosen = np.searchsorted(
            np.cumsum(shares) / np.sum(shares), points if number == 0 else draw.permutation(points)
        )
        chosen = np.minimum(chosen, len(shares) - 1)
        null = (chosen == 0) & (key.null_frac > 0)
        value_share = each[chosen]
        there = np.minimum(1.0, place + key.spread)
        expected = np.minimum(expected * np.minimum(1.0, value_share / there), value_share * max(rows, 1.0))
        place = np.minimum(place, value_share + key.spread)
        # A varlena of up to 126 bytes has a header of one byte and no alignment.
        start = offset if key.length == -2 else -(-offset // key.align) * key.align
        if key.length == -1:
            start = np.where(value <= 127, offset, start)
        offset = np.where(null, offset, start + value)
        nulls |= null
    header = np.where(nulls, TUPLE_HEADER_NULLS, TUPLE_HEADER)
    return (header + offset + 7) & ~7, np.maximum(expected, 1e-6)


def present(expected: Floats, rows: float) -> float:
    """Combinations of values that occur, of a sample of ``sampled``."""
    return float(np.mean(-np.expm1(-expected) / expected)) * rows


def with_distinct(expected: Floats, rows: float, distinct: float) -> Floats:
    """Fewer combinations, each with more rows, until as many are expected to be present as are known to be."""
    if present(expected, rows) <= distinct * 1.02:
        return expected
    low, high = 0.0, 40.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if present(expected * math.exp(middle), rows) > distinct else (low, middle)
    return expected * math.exp(high)


def _widths(key: Key, draw: np.random.Generator) -> npt.NDArray[np.int64]:
    if key.length > 0:
        return np.full(_SAMPLES, key.length, dtype=np.int64)
    if key.widths:
        sizes = np.array([size for size, _ in key.widths], dtype=np.int64)
        weights = np.array([weight for _, weight in key.widths])
        cumulated = np.cumsum(weights / weights.sum())
        points = draw.permutation((np.arange(_SAMPLES) + 0.5) / _SAMPLES)
        return sizes[np.minimum(np.searchsorted(cumulated, points), len(sizes) - 1)]
    # Nothing is known but the average: spread by a quarter of it, as lengths of names and texts are.
    spread = np.rint(draw.normal(key.width, key.width / 4, _SAMPLES)).astype(np.int64)
    return np.maximum(spread, 1)


@lru_cache(maxsize=4096)
def _distribution(key: Key, rows: float) -> tuple[Floats, Floats]:
    """Classes of values (NULL first where there are any, each common one, all others): their share of the rows, and
    the share that one value of the class is expected to have."""
    frequent = np.array([f for f in key.frequencies if f > 0])
    rest = max(0.0, 1.0 - key.null_frac - float(frequent.sum()))
    others = key.distinct - len(frequent)
    shares, each = list(frequent), list(frequent)
    if rest * rows >= 1.0 and others < 1.0 and len(frequent):
        scale = (1.0 - key.null_frac) / float(frequent.sum())
        shares = each = [share * scale for share in shares]
    elif rest * rows >= 1.0:
        counts = _by_bucket(key, rows, rest * rows, others) or [_mean(key, rest * rows / max(others, 1.0))]
        shares += [rest / len(counts)] * len(counts)
        each += [count / rows for count in counts]
    if key.null_frac > 0:
        shares.insert(0, key.null_frac)
        each.insert(0, key.null_frac)
    return np.array(shares or [1.0]), np.array(each or [1.0])


def _mean(key: Key, mean: float) -> float:
    return max(mean, 1.0) if key.appended and mean > 1.0001 else rate(mean, key.sample)


def _by_bucket(key: Key, rows: float, rest: float, others: float) -> list[float]:
    """Rows expected for one value, in each bucket of the histogram; nothing where it tells no more than an average.

    Buckets have equally many rows, so that their widths tell how dense they are. Values are taken to be possible at
    equal distances, so far apart that ANALYZE would have found as many of them as it did.
    """
    widths = np.diff(np.array(key.bounds))
    if len(widths) < 4 or rest < 4 * len(widths) or rest / max(others, 1.0) < 1.05 or widths.sum() <= 0:
        return []
    in_bucket = rest / len(widths)
    appended = key.appended

    def values(distance: float) -> Floats:
        return np.maximum(widths / distance, 1.0)

    def found(distance: float) -> float:
        """ANALYZE's estimate of the distinct values (see `rate`), the common ones left out."""
        many = values(distance)
        if appended:
            return float(many.sum())
        seen = key.sample * in_bucket / many
        once = float((many * seen * np.exp(-seen)).sum())
        met = float((many * -np.expm1(-seen)).sum()) + len(key.frequencies)
        sampled_rows = key.sample * rows * (1 - key.null_frac)
        return met / max(1e-9, 1 - (1 - key.sample) * once / max(sampled_rows, 1.0)) - len(key.frequencies)

    least = max(key.step, float(widths.sum()) / (rest * 1e3))
    low, high = math.log(least), math.log(max(float(widths.sum()), least * 2))
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (low, middle) if found(math.exp(middle)) < others else (middle, high)
    return [max(1e-4, in_bucket / one) for one in values(math.exp(high))]


def rate(mean: float, sample: float = 1.0) -> float:
    """Rows expected for a value, when ANALYZE's estimate of the distinct values gives ``mean`` rows for each.

    The estimate (Haas and Stokes 1998, compute_scalar_stats in analyze.c) takes all values to be equally frequent. Of
    values that rows chose at random, it finds too few: it is turned round for Poisson counts of rows.
    """
    if mean <= 1.0001:
        return 1e-4
    low, high = 1e-6, mean
    for _ in range(60):
        middle = (low + high) / 2
        seen = math.exp(-sample * middle)
        found = middle * (1 - (1 - sample) * seen) / max(1 - seen, 1e-15)
        low, high = (middle, high) if found < mean else (low, middle)
    return max(high, 1e-4)
