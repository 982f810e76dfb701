"""Which planner answers for a catalog: a shadow of a snapshot or a schema file, or the running server itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal

from advisor.model.engine import EngineName, engine_of_scheme
from advisor.planners.errors import PlannerError

if TYPE_CHECKING:
    from advisor.model.snapshot import Snapshot
    from advisor.planners.planner import Planner
    from advisor.planners.seen_rows import Seen

#: What a user may ask for. ``shadow`` of a DSN: its snapshot is taken in memory first.
Choice = Literal["auto", "shadow", "live", "hypopg"]
CHOICES: tuple[Choice, ...] = ("auto", "shadow", "live", "hypopg")


def open_planner(
    source: str,
    *,
    engine: EngineName | None = None,
    wanted: Choice = "auto",
    what_if: bool = False,
    rows: Mapping[str, int] | None = None,
    seen: Callable[[], Mapping[str, Seen]] | None = None,
) -> Planner:
    """The planner for a catalog: a snapshot, a DDL file, or a DSN.

    ``what_if`` says that indexes that do not exist or other sizes will be asked for: a live server cannot plan those
    without HypoPG, so a DSN is then snapshot in memory (read-only) and planned in a shadow. ``rows`` are row counts by
    table for a DDL file, ``seen`` finds those that plans show. Raises PlannerError or CatalogError, with one line.
    """
    scheme, separator, _ = source.partition("://")
    if separator:
        name = engine_of_scheme(scheme)
        if name is None:
            raise PlannerError(
                f"cannot plan against a {scheme}:// address; use postgresql://, mysql://, mariadb://, sqlite:/// "
                "or the file of a snapshot or a schema"
            )
        return _of_server(source, name, wanted, what_if=what_if)
    if wanted in ("live", "hypopg"):
        raise PlannerError(f"--planner {wanted}: {source} is a file; name a running server (postgresql://...)")
    return of_snapshot(_snapshot(source, engine, rows or {}, seen), wanted)


def of_snapshot(snapshot: Snapshot, wanted: Choice = "auto") -> Planner:
    """The shadow planner of a snapshot's engine. Raises PlannerError where none is offered or no server can run."""
    engine = snapshot.header.engine.name
    if engine == "postgresql":
        from advisor.planners.postgresql.planner import ShadowPlanner

        return ShadowPlanner.open(snapshot)
    if engine == "sqlite":
        from advisor.planners.sqlite import SqlitePlanner

        return SqlitePlanner.open(snapshot)
    if engine == "mariadb":
        if wanted != "shadow":
            raise PlannerError(
                "a MariaDB snapshot is planned over synthetic rows in a throwaway server, which agrees less than a "
                "shadow of PostgreSQL does: ask for it with --planner shadow, or name the running server (mariadb://...)"
            )
        from advisor.planners.mariadb.shadow import MariadbShadow

        return MariadbShadow.open(snapshot)
    raise PlannerError(
        "a MySQL snapshot cannot be planned: no MySQL server comes with this product and MariaDB's optimizer is "
        "another one; name the running server (mysql://...)"
    )


def _of_server(source: str, engine: EngineName, wanted: Choice, *, what_if: bool) -> Planner:
    from advisor.catalog.live.dsn import address

    try:
        where = address(source)
    except ValueError as error:
        raise PlannerError(f"--catalog: {error}") from None
    if wanted == "hypopg" and engine != "postgresql":
        raise PlannerError(f"--planner hypopg: HypoPG is an extension of PostgreSQL, and this is {engine}")
    if engine == "sqlite":
        from advisor.planners.sqlite import SqlitePlanner

        return SqlitePlanner.of_database(where)
    if engine == "postgresql":
        if wanted == "hypopg":
            from advisor.planners.postgresql.hypopg import HypopgPlanner

            return HypopgPlanner.open(where)
        if wanted == "live" or (wanted == "auto" and not what_if):
            from advisor.planners.postgresql.live import LivePlanner

            return LivePlanner.open(where)
    elif wanted != "shadow":
        from advisor.planners.mysql.live import LivePlanner as MysqlLivePlanner

        return MysqlLivePlanner.open(where)
    from advisor.catalog.snapshot import capture

    return of_snapshot(capture(source, values="present"), wanted)


def _snapshot(
    source: str,
    engine: EngineName | None,
    rows: Mapping[str, int],
    seen: Callable[[], Mapping[str, Seen]] | None,
) -> Snapshot:
    from advisor.catalog.source import holds_snapshot, text_of

    if holds_snapshot(source):
        from advisor.catalog.snapshot.file import read

        if rows:
            raise PlannerError(f"{source} is a snapshot and knows its row counts; row counts go with a schema file")
        return read(source)
    from advisor.planners.defaults import snapshot_of_ddl

    return snapshot_of_ddl(text_of(source), source, engine, rows=rows, seen=seen() if seen is not None else None)
