"""Do the planner's page costs fit the machine? PostgreSQL's own are those of a disk that has to seek."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from advisor.model.limits import LIMITS
from advisor.model.plan import Plan
from advisor.model.snapshot import Setting, Snapshot
from advisor.recommend.calibration.cached import RANDOM, page_costs
from advisor.recommend.calibration.calibrate import Calibration
from advisor.recommend.workload import Statement

#: Operators whose pages are charged as random ones.
_RANDOM = ("index_scan", "index_only_scan", "bitmap_heap_scan", "bitmap_index_scan", "tid_scan")
_UNITS = {"B": 1, "kB": 1 << 10, "8kB": 8 << 10, "MB": 1 << 20, "16MB": 16 << 20, "GB": 1 << 30, "TB": 1 << 40}


@dataclass(frozen=True, slots=True)
class Trap:
    """Random pages are priced as if each were a seek, and evidence says that they are not."""

    present: float
    """random_page_cost now, over seq_page_cost times 1."""
    fitting: float
    """What fits pages that are in memory."""
    evidence: tuple[str, ...]
    """One sentence each."""
    settings: tuple[tuple[str, str], ...]
    """The fitting constants, for `Configuration.settings`."""


@dataclass(frozen=True, slots=True)
class _Sign:
    words: str
    cached: bool
    """Or that a disk is waited for."""


def trap(snapshot: Snapshot, statements: Sequence[Statement], calibration: Calibration) -> Trap | None:
    """Whether pages cost far less here than the planner is told; None where they do not, or nothing says so.

    One sign is needed: blocks found in shared buffers, the time that reading a block takes, times of index plans per
    cost unit, data that fit into the memory that the settings name (effective_cache_size where somebody set it). Reads
    that are known to wait for a disk speak against all of them.
    PostgreSQL only: MySQL and MariaDB do not price pages by a setting of this kind, SQLite has none.
    """
    if snapshot.header.engine.name != "postgresql" or snapshot.header.statistics == "default":
        return None  # sizes that are stated defaults are no evidence
    costs = page_costs(snapshot)
    fitting = LIMITS.trap_random_page_cost * (costs.sequential or 1.0)
    if costs.random < LIMITS.trap_ratio * fitting:
        return None
    plans = [plan for statement in statements for plan in statement.plans]
    signs = [
        *_sizes(snapshot),
        *_counted(snapshot),
        *_buffers(plans),
        *_timed(statements, calibration),
    ]
    if not signs or not all(sign.cached for sign in signs):
        return None
    evidence = (
        f"random_page_cost is {costs.random:g}: a page that an index leads to is priced as "
        f"{costs.random / (costs.sequential or 1):g} pages of a scan",
        *(sign.words for sign in signs),
    )
    return Trap(costs.random, fitting, evidence, ((RANDOM, f"{fitting:g}"),))


def _sizes(snapshot: Snapshot) -> list[_Sign]:
    """The data against the memory that the settings speak of."""
    block = snapshot.header.block_size
    total = sum(
        (relation.blocks or 0) * block if relation.blocks is not None else relation.bytes or 0
        for relation in snapshot.relations
        if relation.kind in ("table", "materialized_view", "index")
    )
    settings = {setting.name: setting for setting in snapshot.settings}
    shared = _bytes(settings.get("shared_buffers"))
    cache = settings.get("effective_cache_size")
    if not total:
        return []
    size = f"all tables and indexes ({_words(total)})"
    if shared is not None and total <= shared:
        return [_Sign(f"{size} fit into shared_buffers ({_words(shared)})", True)]
    named = _bytes(cache) if cache is not None and cache.source not in (None, "default") else None
    if named is not None and total <= named:
        return [_Sign(f"{size} fit into effective_cache_size, set to {_words(named)}", True)]
    if total <= LIMITS.trap_small_bytes:
        return [_Sign(f"{size} are less than the memory of any server of today", True)]
    return []


def _counted(snapshot: Snapshot) -> list[_Sign]:
    """Blocks of the whole database since its counters were reset: found in shared buffers, and time of a read."""
    for row in snapshot.rows:
        if row.source != "pg_stat_database":
            continue
        hit, read = (_number(row.values.get(name)) for name in ("blks_hit", "blks_read"))
        waited = _number(row.values.get("blk_read_time")) or 0.0
        if hit is None or read is None or hit + read < LIMITS.trap_blocks:
            return []
        return _judged(hit, read, waited, "the database's counters")
    return []


def _buffers(plans: Iterable[Plan]) -> list[_Sign]:
    """Blocks of the logged plans that counted them."""
    hit = read = waited = 0.0
    count = 0
    for plan in plans:
        root = plan.root
        if not plan.analyzed or not root.buffers:
            continue
        count += 1
        hit += root.buffers.get("shared_hit", 0)
        read += root.buffers.get("shared_read", 0)
        waited += root.io_ms.get("shared_read", 0.0)
    if hit + read < LIMITS.trap_plan_blocks:
        return []
    return _judged(hit, read, waited, "1 executed plan" if count == 1 else f"{count} executed plans")


def _judged(hit: float, read: float, waited_ms: float, who: str) -> list[_Sign]:
    share = hit / (hit + read)
    if share >= LIMITS.trap_hit_share:
        return [_Sign(f"{share:.1%} of the blocks were found in shared buffers ({who})", True)]
    if read and waited_ms > 0:  # track_io_timing is on
        each = waited_ms / read
        if each <= LIMITS.trap_read_ms:
            return [_Sign(f"reading a block took {each:.3f} ms, no disk was waited for ({who})", True)]
        return [_Sign(f"reading a block took {each:.3f} ms ({who})", False)]
    return []


def _timed(statements: Sequence[Statement], calibration: Calibration) -> list[_Sign]:
    """Plans whose cost is random pages against plans whose cost is scans: which are faster than they cost?"""
    errors: dict[bool, list[float]] = {True: [], False: []}
    for statement in statements:
        factor = calibration.factors.get((statement.engine, statement.fingerprint))
        if factor is None or not statement.plans:
            continue
        share = _random_share(statement.plans[-1])
        if share is None or LIMITS.trap_mixed < share < 1 - LIMITS.trap_mixed:
            continue
        errors[share >= 0.5].append(math.log(factor.error))
    least = LIMITS.trap_statements
    if len(errors[True]) < least or len(errors[False]) < least:
        return []
    faster = math.exp(_median(errors[False]) - _median(errors[True]))
    if faster >= LIMITS.trap_faster:
        words = f"for the same cost, plans over indexes ran {faster:.1f} times as fast as plans that scan"
        return [_Sign(words, True)]
    return []


def _random_share(plan: Plan) -> float | None:
    """Part of the cost of reading relations that nodes over indexes have; None where it is not told."""
    from advisor.plans.metrics import measure

    measures = measure(plan)
    random = scans = 0.0
    for node in plan.nodes:
        own = measures.nodes[node.id].cost_self
        if own is None:
            continue
        if node.operator in _RANDOM:
            random += own
        elif node.operator == "seq_scan":
            scans += own
    whole = measures.nodes[plan.root.id].cost_self
    if whole is None or random + scans <= 0:
        return None
    return random / (random + scans)


def _median(values: Sequence[float]) -> float:
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def _bytes(setting: Setting | None) -> int | None:
    if setting is None:
        return None
    try:
        return int(float(setting.value) * _UNITS.get(setting.unit or "B", 1))
    except (ValueError, OverflowError):
        return None


def _number(value: object) -> float | None:
    try:
        return float(value) if isinstance(value, int | float | str) else None
    except ValueError:
        return None


def _words(size: int) -> str:
    return f"{size / (1 << 30):.1f} GB" if size >= 1 << 30 else f"{size / (1 << 20):.0f} MB"
