"""Lines of the text format that hold several keys: which keys, and how they are laid out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Keys = Mapping[str, Any]


def _counts(keys: Keys, names: dict[str, str], form: str = "{}") -> str:
    """``hit=1 read=2``: what is not zero."""
    return " ".join(f"{word}={form.format(keys[name])}" for word, name in names.items() if keys.get(name))


def _areas(keys: Keys, label: str, names: dict[str, dict[str, str]], form: str = "{}") -> list[str]:
    parts = [f"{area} {counts}".lstrip() for area, of in names.items() if (counts := _counts(keys, of, form))]
    return [f"{label}: {', '.join(parts)}"] if parts else []


_BLOCKS = {
    area: {word: f"{area.capitalize()} {word.capitalize()} Blocks" for word in words.split()}
    for area, words in (
        ("shared", "hit read dirtied written"),
        ("local", "hit read dirtied written"),
        ("temp", "read written"),
    )
}
_IO = {
    area: {word: f"{area.capitalize()} I/O {word.capitalize()} Time" for word in ("read", "write")}
    for area in ("shared", "local", "temp")
}
_IO_15 = {"read": "I/O Read Time", "write": "I/O Write Time"}
_WAL = {
    "records": "WAL Records",
    "fpi": "WAL FPI",
    "bytes": "WAL Bytes",
    "fpi bytes": "WAL FPI Bytes",
    "buffers full": "WAL Buffers Full",
}
_TUPLES = {
    "inserted": "Tuples Inserted",
    "updated": "Tuples Updated",
    "deleted": "Tuples Deleted",
    "skipped": "Tuples Skipped",
}


def buffers(keys: Keys) -> list[str]:
    """Blocks by where they are."""
    return _areas(keys, "Buffers", _BLOCKS)


def io_timings(keys: Keys) -> list[str]:
    """Times in the layout of the version whose keys they are: one area until 14, two in 15 and 16."""
    if keys.keys().isdisjoint(_IO_15.values()):
        return _areas(keys, "I/O Timings", _IO, "{:.3f}")
    first = "shared/local" if not keys.keys().isdisjoint(_IO["temp"].values()) else ""
    return _areas(keys, "I/O Timings", {first: _IO_15, "temp": _IO["temp"]}, "{:.3f}")


def wal(keys: Keys) -> list[str]:
    """Records, full page images and bytes."""
    return [f"WAL: {counts}"] if (counts := _counts(keys, _WAL)) else []


def tuples(keys: Keys) -> list[str]:
    """Of MERGE. Of INSERT .. ON CONFLICT, each number has a line."""
    if keys.get("Operation") == "Merge":
        return [f"Tuples: {counts}"] if (counts := _counts(keys, _TUPLES)) else []
    return [f"{name}: {keys[name]}" for name in ("Tuples Inserted", "Conflicting Tuples") if name in keys]


def heap_blocks(keys: Keys) -> list[str]:
    """Of a bitmap heap scan."""
    counts = _counts(keys, {"exact": "Exact Heap Blocks", "lossy": "Lossy Heap Blocks"})
    return [f"Heap Blocks: {counts}"] if counts else []


def sort_method(keys: Keys) -> list[str]:
    """How and in what room it sorted."""
    return [f"Sort Method: {keys['Sort Method']}  {keys.get('Sort Space Type')}: {keys.get('Sort Space Used')}kB"]


def hash_table(keys: Keys) -> list[str]:
    """What became of the plan for it is printed when either number changed."""
    buckets, batches = keys["Hash Buckets"], keys.get("Hash Batches", 1)
    planned = keys.get("Original Hash Buckets", buckets), keys.get("Original Hash Batches", batches)
    memory = f"Memory Usage: {keys.get('Peak Memory Usage', 0)}kB"
    if (buckets, batches) == planned:
        return [f"Buckets: {buckets}  Batches: {batches}  {memory}"]
    return [f"Buckets: {buckets} (originally {planned[0]})  Batches: {batches} (originally {planned[1]})  {memory}"]


def hash_aggregate(keys: Keys) -> list[str]:
    """Partitions that were planned and batches that were made."""
    parts = []
    if keys.get("Planned Partitions"):
        parts.append(f"Planned Partitions: {keys['Planned Partitions']}")
    if "HashAgg Batches" in keys:
        parts.append(f"Batches: {keys['HashAgg Batches']}  Memory Usage: {keys.get('Peak Memory Usage', 0)}kB")
        if "Disk Usage" in keys and (keys["HashAgg Batches"] > 1 or keys["Disk Usage"]):
            parts.append(f"Disk Usage: {keys['Disk Usage']}kB")
    return ["  ".join(parts)] if parts else []


def cache(keys: Keys) -> list[str]:
    """Of Memoize."""
    names = ("Hits", "Misses", "Evictions", "Overflows")
    counts = "  ".join(f"{name}: {keys.get(f'Cache {name}', 0)}" for name in names)
    return [f"{counts}  Memory Usage: {keys.get('Peak Memory Usage', 0)}kB"]


def estimates(keys: Keys) -> list[str]:
    """Of Memoize, since 19."""
    distinct = keys.get("Estimated Distinct Lookup Keys", 0)
    return [
        f"Estimates: capacity={keys['Estimated Capacity']} distinct keys={distinct}"
        f" lookups={keys.get('Estimated Lookups', 0)} hit percent={keys.get('Estimated Hit Percent', 0):.2f}%"
    ]


def storage(keys: Keys) -> list[str]:
    """Of what keeps rows to give them again."""
    return [f"Storage: {keys['Storage']}  Maximum Storage: {keys.get('Maximum Storage', 0)}kB"]


def sampling(keys: Keys) -> list[str]:
    """TABLESAMPLE."""
    seed = f" REPEATABLE ({keys['Repeatable Seed']})" if "Repeatable Seed" in keys else ""
    return [f"Sampling: {keys['Sampling Method']} ({', '.join(keys.get('Sampling Parameters', ()))}){seed}"]


def _sort_groups(name: str) -> Callable[[Keys], list[str]]:
    def lines(keys: Keys) -> list[str]:
        groups = keys[name]
        methods = groups.get("Sort Methods Used", [])
        plural = "s" if len(methods) > 1 else ""
        line = f"{name}: {groups.get('Group Count', 0)}  Sort Method{plural}: {', '.join(methods)}"
        for kind in ("Memory", "Disk"):
            if space := groups.get(f"Sort Space {kind}"):
                average, peak = space.get("Average Sort Space Used", 0), space.get("Peak Sort Space Used", 0)
                line += f"  Average {kind}: {average}kB  Peak {kind}: {peak}kB"
        return [line]

    return lines


#: By each of the keys that may come first: the group of keys that one line holds, and what prints it.
PACKED: dict[str, tuple[frozenset[str], Callable[[Keys], list[str]]]] = {}
for _names, _lines in (
    ({name for of in _BLOCKS.values() for name in of.values()}, buffers),
    ({*_IO_15.values(), *(name for of in _IO.values() for name in of.values())}, io_timings),
    (_WAL.values(), wal),
    ({*_TUPLES.values(), "Conflicting Tuples"}, tuples),
    ({"Exact Heap Blocks", "Lossy Heap Blocks"}, heap_blocks),
    ({"Sort Method", "Sort Space Type", "Sort Space Used"}, sort_method),
    ({"Planned Partitions", "HashAgg Batches", "Disk Usage", "Peak Memory Usage"}, hash_aggregate),
    (
        {"Hash Buckets", "Original Hash Buckets", "Hash Batches", "Original Hash Batches", "Peak Memory Usage"},
        hash_table,
    ),
    ({"Cache Hits", "Cache Misses", "Cache Evictions", "Cache Overflows", "Peak Memory Usage"}, cache),
    (
        {"Estimated Capacity", "Estimated Distinct Lookup Keys", "Estimated Lookups", "Estimated Hit Percent"},
        estimates,
    ),
    ({"Storage", "Maximum Storage"}, storage),
    ({"Sampling Method", "Sampling Parameters", "Repeatable Seed"}, sampling),
    ({"Full-sort Groups"}, _sort_groups("Full-sort Groups")),
    ({"Pre-sorted Groups"}, _sort_groups("Pre-sorted Groups")),
):
    for _name in _names:
        PACKED[_name] = (frozenset(_names), _lines)
del PACKED["Peak Memory Usage"]  # never first
