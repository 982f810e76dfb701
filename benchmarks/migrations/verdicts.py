"""From what was measured of a statement to one word, by docs/check.md's definitions; and where witnesses disagree.

``blocking``: work that grows with a table that was there, while writes to or reads of such a table wait (locks of
earlier statements of the transaction count); ``brief_lock``: such a lock for a moment; ``online``: such work, nobody
waits; ``safe``: neither; ``fails``.
"""

from __future__ import annotations

from typing import Any

#: The larger size has four times the rows. Constant work takes the same time, linear work four times; half way.
_RATIO = 2.0
#: Milliseconds of processor time: less is noise of caches and of the catalog.
_DIFFERENCE = 3.0
_ROWS = 4000
_WRITERS_WAIT = ("SHARE", "SHARE ROW EXCLUSIVE", "EXCLUSIVE", "ACCESS EXCLUSIVE")


def grows_by_time(small: float, large: float) -> bool:
    return large >= _RATIO * small and large - small >= _DIFFERENCE


def judged(small: Any, large: Any, kinds: dict[str, str], filled: set[str]) -> dict[str, Any]:
    """What is written down of a statement; ``disagreement`` where two witnesses say different things."""
    error = large.error or small.error
    told: dict[str, Any] = {
        "line": large.line,
        "sql": large.sql.splitlines()[0][:100],
        "cpu_ms": [small.cpu_ms, large.cpu_ms],
        "ms": [small.ms, large.ms],
        "locks": large.locks,
    }
    for name in ("rewritten", "built", "rows_read", "rows_written", "waited", "stalls"):
        value = getattr(large, name)
        if name == "stalls":
            value = {who: share for who, share in value.items() if share >= 0.5 and large.ms >= 20}
        if value:
            told[name] = value
    if large.wal > 100_000:
        told["wal_bytes"] = large.wal
    if large.bare:
        told["outside_transaction"] = True
    if not large.ran or not small.ran:
        return {**told, "verdict": None, "note": "not reached: an earlier statement failed"}
    if error:
        different = (large.error is None) != (small.error is None)
        return {
            **told,
            "verdict": "fails",
            "error": list(error),
            **({"disagreement": ["fails at one size"]} if different else {}),
        }
    by_time = grows_by_time(small.cpu_ms, large.cpu_ms)
    by_files = bool(large.rewritten or large.built)
    by_rows = max([*large.rows_read.values(), *large.rows_written.values(), 0]) >= _ROWS
    grows = by_time or by_files or by_rows
    disagreement = []
    if by_time != (by_files or by_rows):
        disagreement.append(f"time says {'grows' if by_time else 'constant'}, files and counters say the contrary")
    waits = {
        name for name, mode in large.locks.items()
        if (mode in _WRITERS_WAIT if kinds.get(name) in ("r", "p", "f") else mode == "ACCESS EXCLUSIVE" and kinds.get(name) in ("m", "v", "i", "I"))
    }  # fmt: skip
    seen = {who.split()[1] for who, what in large.waited.items() if what == "relation"}
    if waits and not seen and large.waited_on:
        disagreement.append(f"locks on {', '.join(sorted(waits))}, but no client waited")
    if seen and not waits:
        disagreement.append(f"clients of {', '.join(sorted(seen))} waited, but no lock was seen")
    if large.bare and large.waited_on and not seen:
        # Seen in passing while it ran (the end of REINDEX CONCURRENTLY): a lock on an index that is out of use already.
        waits = {name for name in waits if kinds.get(name) not in ("i", "I")}
    stood = [share for share in large.stalls.values() if share >= 0.7]
    locked = bool(waits or seen)
    busy = locked and any(name in filled or kinds.get(name) in ("v", "i", "I") for name in waits | seen)
    if busy and grows and large.ms >= 60 and not stood and large.waited_on:
        disagreement.append("long and locked, but no client stood still")
    verdict = "blocking" if busy and grows else "online" if grows else "brief_lock" if locked else "safe"
    told["verdict"] = verdict
    if disagreement:
        told["disagreement"] = disagreement
    return told
