"""Lines that pack several keys of the other formats: buffers, I/O times, WAL, sorts, hashes, caches."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from advisor.plans.postgresql.text_lines import split_list

#: Reads a line's value; None where it does not have the form that the server prints.
Packed = Callable[[str], "dict[str, Any] | None"]

_INTEGER = r"(\d{1,320})"
_BLOCKS = {
    area: {word: f"{area.capitalize()} {word.capitalize()} Blocks" for word in words.split()}
    for area, words in (
        ("shared", "hit read dirtied written"),
        ("local", "hit read dirtied written"),
        ("temp", "read written"),
    )
}
_IO_AREAS = {
    "shared/local": "",  # 15 and 16
    "shared": "Shared ",
    "local": "Local ",
    "temp": "Temp ",
}
_WAL = re.compile(
    rf"(?:records={_INTEGER})? ?(?:fpi={_INTEGER})? ?(?:bytes={_INTEGER})? ?(?:fpi bytes={_INTEGER})?"
    rf" ?(?:buffers full={_INTEGER})?$",
    re.ASCII,
)
_WAL_KEYS = ("WAL Records", "WAL FPI", "WAL Bytes", "WAL FPI Bytes", "WAL Buffers Full")
_TUPLES = re.compile(
    rf"(?:inserted={_INTEGER})? ?(?:updated={_INTEGER})? ?(?:deleted={_INTEGER})? ?(?:skipped={_INTEGER})?$", re.ASCII
)
_TUPLE_KEYS = ("Tuples Inserted", "Tuples Updated", "Tuples Deleted", "Tuples Skipped")
_HEAP_BLOCKS = re.compile(rf"(?:exact={_INTEGER})? ?(?:lossy={_INTEGER})?$", re.ASCII)
_SORT_METHOD = re.compile(rf"([a-zA-Z -]{{1,60}}?)\s{{1,2}}(Memory|Disk): {_INTEGER}kB$", re.ASCII)
_HASH = re.compile(
    rf"{_INTEGER}(?: \(originally {_INTEGER}\))?\s+Batches: {_INTEGER}(?: \(originally {_INTEGER}\))?"
    rf"\s+Memory Usage: {_INTEGER}kB$",
    re.ASCII,
)
_HASH_KEYS = ("Hash Buckets", "Original Hash Buckets", "Hash Batches", "Original Hash Batches", "Peak Memory Usage")
_AGGREGATE = re.compile(rf"{_INTEGER}\s+Memory Usage: {_INTEGER}kB(?:\s+Disk(?: Usage)?: {_INTEGER}kB)?$", re.ASCII)
_AGGREGATE_KEYS = ("HashAgg Batches", "Peak Memory Usage", "Disk Usage")
_CACHE = re.compile(
    rf"{_INTEGER}\s+Misses: {_INTEGER}\s+Evictions: {_INTEGER}\s+Overflows: {_INTEGER}\s+Memory Usage: {_INTEGER}kB$",
    re.ASCII,
)
_CACHE_KEYS = ("Cache Hits", "Cache Misses", "Cache Evictions", "Cache Overflows", "Peak Memory Usage")
_ESTIMATES = re.compile(
    rf"capacity={_INTEGER} distinct keys={_INTEGER} lookups={_INTEGER} hit percent=(\d{{1,20}}\.\d{{1,9}})%$", re.ASCII
)
_STORAGE = re.compile(rf"(\w+)\s+Maximum Storage: {_INTEGER}kB$", re.ASCII)
_GROUPS = re.compile(
    rf"{_INTEGER}\s+Sort Methods?: ([a-zA-Z-]+(?:,? [a-zA-Z-]+)*)"
    rf"(?:\s+Average Memory: {_INTEGER}kB\s+Peak Memory: {_INTEGER}kB)?"
    rf"(?:\s+Average Disk: {_INTEGER}kB\s+Peak Disk: {_INTEGER}kB)?$",
    re.ASCII,
)


def buffers(value: str) -> dict[str, Any] | None:
    """``shared hit=1 read=2, temp written=3``."""
    if value.startswith("shared hit=") and whole(value[11:]):
        return {"Shared Hit Blocks": int(value[11:])}
    found: dict[str, Any] = {}
    for part in value.split(", "):
        area, *counts = part.split(" ")
        names = _BLOCKS.get(area)
        if names is None or not counts:
            return None
        for count in counts:
            word, _, number = count.partition("=")
            if word not in names or not whole(number):
                return None
            found[names[word]] = int(number)
    return found


def io_timings(value: str) -> dict[str, Any] | None:
    """``read=1.2 write=3.4`` (until 14), ``shared/local read=1.2, temp write=3.4`` (15, 16), ``shared read=1.2``."""
    found: dict[str, Any] = {}
    for part in value.split(", "):
        words = part.split(" ")
        prefix = "" if "=" in words[0] else _IO_AREAS.get(words.pop(0))
        if prefix is None or not words:
            return None
        for item in words:
            word, _, number = item.partition("=")
            if word not in ("read", "write") or (time := decimal(number)) is None:
                return None
            found[f"{prefix}I/O {word.capitalize()} Time"] = time
    return found


def whole(text: str) -> bool:
    """Whether it is a whole number of a length that a server prints."""
    return text.isdecimal() and text.isascii() and len(text) <= 320


def decimal(text: str) -> float | None:
    """``1.234``, or None."""
    before, dot, after = text.partition(".")
    return float(text) if whole(before) and (not dot or whole(after)) else None


def _matched(pattern: re.Pattern[str], keys: tuple[str, ...], value: str) -> dict[str, Any] | None:
    match = pattern.match(value)
    if match is None or not value:
        return None
    return {key: int(number) for key, number in zip(keys, match.groups(), strict=True) if number is not None}


def wal(value: str) -> dict[str, Any] | None:
    """``records=1 fpi=2 bytes=3 buffers full=4``."""
    return _matched(_WAL, _WAL_KEYS, value)


def tuples(value: str) -> dict[str, Any] | None:
    """Of MERGE: ``inserted=1 updated=2``."""
    return _matched(_TUPLES, _TUPLE_KEYS, value)


def heap_blocks(value: str) -> dict[str, Any] | None:
    """``exact=1 lossy=2``."""
    return _matched(_HEAP_BLOCKS, ("Exact Heap Blocks", "Lossy Heap Blocks"), value)


def sort_method(value: str) -> dict[str, Any] | None:
    """``external merge  Disk: 12kB``."""
    match = _SORT_METHOD.match(value.lstrip(" "))  # two blanks until 9.0
    if match is None:
        return None
    return {"Sort Method": match[1], "Sort Space Used": int(match[3]), "Sort Space Type": match[2]}


def hash_table(value: str) -> dict[str, Any] | None:
    """``1024 (originally 512)  Batches: 1 (originally 1)  Memory Usage: 40kB``; what is as planned is printed once."""
    found = _matched(_HASH, _HASH_KEYS, value)
    if found is not None:
        found.setdefault("Original Hash Buckets", found["Hash Buckets"])
        found.setdefault("Original Hash Batches", found["Hash Batches"])
    return found


def hash_aggregate(value: str) -> dict[str, Any] | None:
    """``5  Memory Usage: 24kB  Disk Usage: 8kB``."""
    return _matched(_AGGREGATE, _AGGREGATE_KEYS, value)


def planned_partitions(value: str) -> dict[str, Any] | None:
    """``4``, or ``4  Batches: 5  Memory Usage: 24kB  Disk Usage: 8kB``."""
    number, separator, rest = value.partition("  Batches: ")
    aggregate = hash_aggregate(rest) if separator else {}
    return None if aggregate is None or not whole(number) else {"Planned Partitions": int(number), **aggregate}


def cache(value: str) -> dict[str, Any] | None:
    """Of Memoize: ``1  Misses: 2  Evictions: 0  Overflows: 0  Memory Usage: 3kB``."""
    return _matched(_CACHE, _CACHE_KEYS, value)


def estimates(value: str) -> dict[str, Any] | None:
    """Of Memoize, since 19: ``capacity=5 distinct keys=5 lookups=9 hit percent=44.44%``."""
    match = _ESTIMATES.match(value)
    if match is None:
        return None
    return {
        "Estimated Capacity": int(match[1]),
        "Estimated Distinct Lookup Keys": int(match[2]),
        "Estimated Lookups": int(match[3]),
        "Estimated Hit Percent": float(match[4]),
    }


def storage(value: str) -> dict[str, Any] | None:
    """``Memory  Maximum Storage: 17kB``."""
    match = _STORAGE.match(value)
    return None if match is None else {"Storage": match[1], "Maximum Storage": int(match[2])}


def sort_groups(value: str) -> dict[str, Any] | None:
    """Of Incremental Sort: ``3  Sort Methods: quicksort, top-N heapsort  Average Memory: 25kB  Peak Memory: 25kB``."""
    match = _GROUPS.match(value)
    if match is None:
        return None
    found: dict[str, Any] = {"Group Count": int(match[1]), "Sort Methods Used": match[2].split(", ")}
    for kind, average, peak in (("Memory", match[3], match[4]), ("Disk", match[5], match[6])):
        if average is not None:
            used = {"Average Sort Space Used": int(average), "Peak Sort Space Used": int(peak)}
            found[f"Sort Space {kind}"] = used
    return found


def sampling(value: str) -> dict[str, Any] | None:
    """``system ('10'::real) REPEATABLE ('0'::double precision)``."""
    method, opened, rest = value.partition(" (")
    if not opened or not rest.endswith(")"):
        return None
    # A parameter may hold anything between its quotes; the seed comes last.
    end = rest.rfind(") REPEATABLE (")
    parameters = rest[:-1] if end < 0 else rest[:end]
    found: dict[str, Any] = {
        "Sampling Method": method,
        "Sampling Parameters": split_list(parameters) if parameters else [],
    }
    if end >= 0:
        found["Repeatable Seed"] = rest[end + 14 : -1]
    return found


PACKED: dict[str, Packed] = {
    "Buffers": buffers,
    "I/O Timings": io_timings,
    "WAL": wal,
    "Sort Method": sort_method,
    "Buckets": hash_table,
    "Batches": hash_aggregate,
    "Planned Partitions": planned_partitions,
    "Hits": cache,
    "Estimates": estimates,
    "Heap Blocks": heap_blocks,
    "Storage": storage,
    "Tuples": tuples,
    "Sampling": sampling,
    "Full-sort Groups": lambda value: _grouped("Full-sort Groups", value),
    "Pre-sorted Groups": lambda value: _grouped("Pre-sorted Groups", value),
}


def _grouped(label: str, value: str) -> dict[str, Any] | None:
    found = sort_groups(value)
    return None if found is None else {label: found}
