"""How fast this server works through tables: by the DDL in its own log, else by stated constants."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from advisor.migrations.impact.sizes import TableSizes
from advisor.model.catalog import Catalog
from advisor.model.counted import counted
from advisor.model.engine import EngineName
from advisor.model.migration_limits import MIGRATION
from advisor.model.shape import ShapeSummary

if TYPE_CHECKING:
    from advisor.graphs import QueryGraph
    from advisor.graphs.graph import DdlAction

#: Kinds of work that a log's DDL tells the speed of.
Timed = Literal["rewrite", "scan", "build"]

_VALIDATE = re.compile(r"\bVALIDATE\s+CONSTRAINT\b", re.IGNORECASE)
_ALTER = re.compile(r'\s*ALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?([\w."`$]+)', re.IGNORECASE)
_VACUUM_FULL = re.compile(
    r'\s*VACUUM\s*(?:\((?=[^)]*\bFULL\b)[^)]*\)|FULL(?:\s+(?:FREEZE|VERBOSE|ANALYZE))*)\s+([\w."$]+)', re.IGNORECASE
)
_CLUSTER = re.compile(r'\s*CLUSTER\s+(?:VERBOSE\s+)?([\w."$]+)', re.IGNORECASE)
_REBUILD = re.compile(r"\b(?:FORCE|ENGINE\s*=?\s*\w+|CONVERT\s+TO|ROW_FORMAT)\b", re.IGNORECASE)
_OPTIMIZE = re.compile(r"\s*OPTIMIZE\s+(?:NO_WRITE_TO_BINLOG\s+|LOCAL\s+)?TABLE\s+([\w.`]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Measured:
    """One DDL statement of the log."""

    work: Timed
    table: str
    seconds: float
    bytes_per_second: float
    """Of the table without indexes, by its size now: it may have been smaller then."""


@dataclass(slots=True)
class Pace:
    """Speeds of this server. Empty: nothing is known of it."""

    measured: dict[Timed, list[Measured]] = field(default_factory=dict)
    engine: EngineName | None = None

    def bytes_per_second(self, work: Timed) -> tuple[float, float] | None:
        """Lowest and highest speed to expect, widened where there are few lines; None: the log has no such DDL."""
        found = [one.bytes_per_second for one in self.measured.get(work, ())]
        if not found:
            return None
        wide = MIGRATION.work_calibrated if len(found) >= 3 else MIGRATION.work_calibrated**2
        return min(found) / wide, max(found) * wide

    def told(self, work: Timed) -> str:
        """What the speed rests on, in words."""
        found = self.measured.get(work, ())
        if not found:
            return "stated constants"
        return (
            f"{counted(len(found), 'duration')} of DDL in the log ({', '.join(sorted({m.table for m in found})[:3])})"
        )


def pace_of(
    shapes: Sequence[ShapeSummary],
    sizes: TableSizes | None = None,
    graphs: Mapping[tuple[str, str], QueryGraph] | None = None,
    catalog: Catalog | None = None,
) -> Pace:
    """The speeds by index builds, rewrites and scans in the log with their durations, for tables of known size.

    A duration holds the wait for the lock too, where the log does not tell it apart: such a pace is too slow, never
    too fast. An ALTER that the server may have done without touching a row tells nothing.
    """
    if sizes is None:
        return Pace()
    found: dict[Timed, list[Measured]] = defaultdict(list)
    engine: EngineName | None = None
    for shape in shapes:
        if shape.kind not in ("ddl", "utility") or not shape.timed_calls or shape.errors >= shape.calls:
            continue
        engine = engine or shape.engine.name
        kind = _kind(shape, (graphs or {}).get((shape.engine.name, shape.fingerprint)))
        if kind is None:
            continue
        work, name = kind
        table = catalog.find(name) if catalog is not None else None
        key = table.name if table is not None else name
        size = sizes.bytes(key)
        if size is None or size < MIGRATION.work_calibrated_bytes:
            continue
        # The longest execution: shorter ones may have failed or found nothing to do.
        seconds = (shape.max_us or 0) / 1e6
        if shape.lock_us is not None and shape.calls == 1:
            seconds -= shape.lock_us / 1e6
        if seconds > 0.001:
            found[work].append(Measured(work, key, seconds, size / seconds))
    return Pace(dict(found), engine)


def _kind(shape: ShapeSummary, graph: QueryGraph | None) -> tuple[Timed, str] | None:
    """The work that a statement surely did, and on which table."""
    sql, engine = shape.sql, shape.engine.name
    full = _VACUUM_FULL.match(sql) or _OPTIMIZE.match(sql) or (_CLUSTER.match(sql) if engine == "postgresql" else None)
    if full is not None:
        return "rewrite", _bare(full[1])
    alter = _ALTER.match(sql)
    if alter is not None and _VALIDATE.search(sql):
        return "scan", _bare(alter[1])
    if alter is not None and engine in ("mysql", "mariadb") and _REBUILD.search(sql):
        return "rewrite", _bare(alter[1])
    return _by_actions(graph.ddl_actions if graph is not None else _actions(sql, engine), engine)


def _actions(sql: str, engine: EngineName) -> list[DdlAction]:
    from advisor.graphs import ddl
    from advisor.graphs.graph import NotAnalysed

    try:
        return ddl.read(sql, engine) or []
    except NotAnalysed:
        return []


def _by_actions(actions: Sequence[DdlAction], engine: EngineName) -> tuple[Timed, str] | None:
    if len(actions) != 1 or actions[0].table_name is None:
        return None
    one = actions[0]
    if one.action == "create_index" and not one.concurrently:
        return "build", actions[0].table_name
    if one.action == "add_constraint" and not one.not_valid and engine == "postgresql":
        if one.constraint_kind in ("unique", "primary_key"):
            return "build", actions[0].table_name
        if one.constraint_kind in ("check", "foreign_key"):
            return "scan", actions[0].table_name
    return None


def _bare(name: str) -> str:
    parts = [one.strip('"`') for one in name.split(".")]
    return ".".join(parts[1:] if len(parts) > 1 and parts[0] in ("public", "main") else parts)


#: Settings as a snapshot has them, in bytes.
_UNITS: Mapping[str, int] = {"B": 1, "kB": 1 << 10, "8kB": 8 << 10, "MB": 1 << 20, "GB": 1 << 30, "": 1}


def bytes_of(setting: str | None) -> float | None:
    """``65536kB``, ``64MB``, ``1048576`` (bytes): how much it is."""
    match = re.fullmatch(r"(\d+)\s*(8kB|kB|MB|GB|B|)", setting or "")
    return float(match[1]) * _UNITS[match[2]] if match else None
