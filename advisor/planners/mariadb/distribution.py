"""What is known of one column's values, as a function from a share of the rows (0..1) to a value.

Sources, best first: MariaDB's engine-independent statistics (JSON_HB: exact bounds, shares and distinct counts; the
binary histograms: bounds between min and max), InnoDB's distinct counts of index prefixes, and the type alone.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Literal

import msgspec

Family = Literal["integer", "decimal", "float", "temporal", "text", "binary", "choice", "other"]
_FAMILIES: dict[str, Family] = {
    **dict.fromkeys(("tinyint", "smallint", "mediumint", "int", "bigint", "year", "bit"), "integer"),
    **dict.fromkeys(("float", "double"), "float"),
    **dict.fromkeys(("date", "datetime", "timestamp", "time"), "temporal"),
    **dict.fromkeys(("char", "varchar", "tinytext", "text", "mediumtext", "longtext"), "text"),
    **dict.fromkeys(("binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"), "binary"),
    **dict.fromkeys(("enum", "set"), "choice"),
    "decimal": "decimal",
}
_RANGES = {"tinyint": 127, "smallint": 32_767, "mediumint": 8_388_607, "int": 2_147_483_647, "bigint": 2**63 - 1}
_CHOICES = re.compile(r"'((?:[^']|'')*)'")
_EPOCH = datetime(1970, 1, 1)
Value = str | None


@dataclass(frozen=True)
class Column:
    """A column of the shadow's table, with what production's statistics say."""

    name: str
    type: str
    """data_type: ``varchar``."""
    declared: str
    """column_type: ``varchar(20)``, ``enum('a','b')``."""
    nullable: bool
    length: int | None
    scale: int
    indexed: bool
    statistics: dict[str, Any] | None = None
    """Its row of mysql.column_stats."""
    distinct: float | None = None
    """Of index statistics, where it leads an index."""
    highest: int | None = None
    """Of an AUTO_INCREMENT column: the last value given."""
    octets: int | None = None
    """Most bytes of a text."""

    @property
    def family(self) -> Family:
        """How its values are ordered and made."""
        return _FAMILIES.get(self.type, "other")


@dataclass(frozen=True)
class _Bucket:
    share: float
    low: str
    high: str
    distinct: int


@dataclass
class Distribution:
    """Values of a column by share of its rows."""

    column: Column
    null_share: float = 0.0
    distinct: float | None = None
    """Distinct values in production; None: not known."""
    guessed: bool = False
    """No statistics: the type alone."""
    _buckets: list[_Bucket] = field(default_factory=list)
    _ends: list[float] = field(default_factory=list)

    def at(self, share: float) -> Value:
        """The value below which ``share`` of the values are."""
        at = min(bisect_right(self._ends, share), len(self._buckets) - 1)
        bucket = self._buckets[at]
        start = self._ends[at - 1] if at else 0.0
        within = 0.0 if bucket.share <= 0 else min(max((share - start) / bucket.share, 0.0), 0.999999)
        if bucket.distinct <= 1:
            return bucket.low
        step = int(within * bucket.distinct)
        return between(self.column, bucket.low, bucket.high, step / bucket.distinct, step)


def distribution(column: Column, rows: float) -> Distribution:
    """What the statistics of ``column`` say, in a table of ``rows`` rows."""
    known = column.statistics or {}
    found = Distribution(column, null_share=float(known.get("nulls_ratio") or 0.0))
    frequency = float(known.get("avg_frequency") or 0.0)
    if frequency > 0:
        found.distinct = max(1.0, rows * (1 - found.null_share) / frequency)
    elif column.distinct is not None:
        found.distinct = max(1.0, column.distinct)
    low, high = known.get("min_value"), known.get("max_value")
    buckets = _json_buckets(known.get("histogram"), rows * (1 - found.null_share))
    if not buckets and isinstance(low, str) and isinstance(high, str):
        buckets = _binary_buckets(known, column, low, high, found.distinct or rows) or [
            _Bucket(1.0, low, high, max(1, round(found.distinct or rows)))
        ]
    if not buckets:
        if known and low is None and found.null_share > 0:
            found.null_share = 1.0
        else:
            found.guessed = not known
        buckets = _typed(column, max(1, round(found.distinct or min(rows, 1000))))
    if not column.nullable:
        found.null_share = 0.0
    total = sum(bucket.share for bucket in buckets) or 1.0
    end = 0.0
    for bucket in buckets:
        share = bucket.share / total
        end += share
        found._buckets.append(_Bucket(share, bucket.low, bucket.high, bucket.distinct))
        found._ends.append(end)
    return found


def _json_buckets(histogram: Any, rows: float) -> list[_Bucket]:
    """JSON_HB (sql/opt_histogram_json.cc): each bucket has its first value, its share and its distinct values; where
    it ends is where the next one begins, unless it says so."""
    if isinstance(histogram, str):
        try:
            histogram = msgspec.json.decode(histogram)
        except msgspec.DecodeError:
            return []
    entries = histogram.get("histogram_hb") if isinstance(histogram, dict) else None
    if not isinstance(entries, list):
        return []
    usable = [one for one in entries if isinstance(one, dict) and isinstance(one.get("start"), str)]
    buckets = []
    for number, entry in enumerate(usable):
        following = usable[number + 1]["start"] if number + 1 < len(usable) else entry["start"]
        end = entry.get("end")
        high = end if isinstance(end, str) else following
        share = float(entry.get("size") or 0.0)
        buckets.append(_Bucket(share, entry["start"], high, max(1, int(entry.get("ndv") or round(rows * share)))))
    return buckets


def _binary_buckets(known: dict[str, Any], column: Column, low: str, high: str, distinct: float) -> list[_Bucket]:
    """SINGLE_PREC_HB and DOUBLE_PREC_HB: equal shares of the rows; each bound a fraction of the way from min to max."""
    width = {"SINGLE_PREC_HB": 1, "DOUBLE_PREC_HB": 2}.get(str(known.get("hist_type")))
    text = known.get("histogram_hex") or (known.get("histogram") or "").encode("utf-8").hex()
    if width is None or not text:
        return []
    data = bytes.fromhex(text)
    most = (1 << 8 * width) - 1
    fractions = [int.from_bytes(data[i : i + width], "little") / most for i in range(0, len(data) - width + 1, width)]
    edges = [0.0, *fractions, 1.0]
    share = 1.0 / (len(edges) - 1)
    each = max(1, round(distinct / (len(edges) - 1)))
    values = [low, *(between(column, low, high, fraction, 0) for fraction in fractions), high]
    return [_Bucket(share, start, end, 1 if start == end else each) for start, end in pairwise(values)]


def _typed(column: Column, distinct: int) -> list[_Bucket]:
    """No statistics: as many values as there are, of the type."""
    match column.family:
        case "integer" | "decimal" | "float":
            most = _RANGES.get(column.type, 10**9)
            if column.type == "year":
                return [_Bucket(1.0, "1990", "2030", min(distinct, 40))]
            if column.type == "bit":
                return [_Bucket(1.0, "0", "1", 2)]
            if column.family == "decimal":
                most = 10 ** max(1, (column.length or 10) - column.scale) - 1
            return [_Bucket(1.0, "1", str(min(most, max(column.highest or 0, distinct) + 1)), min(distinct, most))]
        case "temporal":
            ends = ("00:00:00", "23:59:59") if column.type == "time" else ("2020-01-01 00:00:00", "2026-01-01 00:00:00")
            return [_Bucket(1.0, ends[0], ends[1], distinct)]
        case "choice":
            labels = [label.replace("''", "'") for label in _CHOICES.findall(column.declared)] or [""]
            return [_Bucket(1.0 / len(labels), label, label, 1) for label in labels]
        case "text" | "binary":
            return [_Bucket(1.0, "a", "z", distinct)]
    return [_Bucket(1.0, "", "", 1)]


def between(column: Column, low: str, high: str, fraction: float, step: int) -> str:
    """A value ``fraction`` of the way from one to another, the ``step``-th of its bucket."""
    kinds: dict[str, Callable[[], str]] = {
        "integer": lambda: str(round(int(float(low)) + (int(float(high)) - int(float(low))) * fraction)),
        "decimal": lambda: f"{float(low) + (float(high) - float(low)) * fraction:.{column.scale}f}",
        "float": lambda: repr(float(low) + (float(high) - float(low)) * fraction),
        "temporal": lambda: _moment(low, high, fraction, column.type),
    }
    try:
        if column.family == "integer" and max(len(low), len(high)) > 15:
            first, last = int(low), int(high)
            return str(first + (last - first) * int(fraction * 1_000_000) // 1_000_000)
        if column.family in kinds:
            return kinds[column.family]()
    except (ValueError, OverflowError):
        return low
    if column.family == "choice":
        return low if fraction < 0.5 else high
    return _suffixed(low, step, column.length)


def _suffixed(low: str, step: int, length: int | None) -> str:
    """Text that follows ``low`` closely, another for every step."""
    if step == 0:
        return low
    suffix = f"{step:04x}"
    room = (length or 255) - len(suffix)
    return suffix[-(length or 255) :] if room < 1 else low[:room] + suffix


def _moment(low: str, high: str, fraction: float, type_: str) -> str:
    if type_ == "time":
        first, last = _seconds(low), _seconds(high)
        moment = int(first + (last - first) * fraction)
        sign, moment = ("-", -moment) if moment < 0 else ("", moment)
        return f"{sign}{moment // 3600:02d}:{moment // 60 % 60:02d}:{moment % 60:02d}"
    start, end = _when(low), _when(high)
    moment_at = start + timedelta(seconds=(end - start).total_seconds() * fraction)
    if type_ == "date":
        return moment_at.strftime("%Y-%m-%d") if moment_at.year >= 1000 else moment_at.date().isoformat()
    return moment_at.isoformat(" ")


def _when(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError:
        return _EPOCH


def _seconds(text: str) -> float:
    sign = -1.0 if text.startswith("-") else 1.0
    hours, minutes, seconds = (*text.lstrip("-").split(":"), "0", "0")[:3]
    return sign * (float(hours) * 3600 + float(minutes) * 60 + float(seconds))


def spread(count: int, seed: int) -> Sequence[float]:
    """``count`` shares that cover 0..1 evenly, in an order of their own for each seed."""
    import numpy as np

    generator = np.random.default_rng(seed)
    shares = (np.arange(count) + generator.random(count)) / max(count, 1)
    generator.shuffle(shares)
    return [float(share) for share in shares]
