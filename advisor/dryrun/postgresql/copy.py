"""An empty copy of a schema on a throwaway server: no rows, no statistics, no sizes.

    with open_copy(snapshot) as copy, copy.connect() as connection: ...

What a migration does to locks, rewrites and scans does not depend on rows, with few exceptions that `run` knows. The
copy's objects belong to ``advisor_owner``, who is no superuser (see `advisor.planners.postgresql.cluster`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from advisor.model.limits import LIMITS
from advisor.model.snapshot import Extension, SchemaObject, Snapshot
from advisor.planners.closing import Closing
from advisor.planners.errors import PlannerError
from advisor.planners.postgresql import cache, schema
from advisor.planners.postgresql.binaries import Binaries, find
from advisor.planners.postgresql.cluster import Cluster, Locale
from advisor.planners.postgresql.kept import reopened
from advisor.planners.postgresql.roles import make_role, missing_role
from advisor.planners.postgresql.shadow import locale_of, trim

if TYPE_CHECKING:
    import psycopg

_FEW = 40
"""Objects that are made as quickly as a kept copy is checked and copied (0.2 s)."""


class Copy(Closing):
    """A running copy. Use it as a context; `close` leaves nothing behind but an entry of the cache."""

    def __init__(self, cluster: Cluster, problems: tuple[str, ...], *, whole: bool, cached: bool) -> None:
        self.cluster = cluster
        self.problems = problems
        """What could not be carried over, one line each."""
        self.whole = whole
        """A schema was given and all of it is there: what is not in the copy is not in production either."""
        self.cached = cached
        """It was made before, and copied."""

    @property
    def binaries(self) -> Binaries:
        """The programs that run it."""
        return self.cluster.binaries

    def connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        """A connection as the schema's owner, in autocommit mode, with production's search path and time zone."""
        return self.cluster.connect("owner")

    def close(self) -> None:
        """Ends the server and removes its directory. A second call does nothing."""
        self.cluster.close()


def open_copy(
    snapshot: Snapshot | None, *, major: int | None = None, extensions: Sequence[Extension] = (), keep: bool = True
) -> Copy:
    """An empty copy of a snapshot's schema, running; of None an empty database.

    ``major``: of the programs that run it, else the snapshot's, else the newest here; the nearest that is here stands
    for it. ``extensions``: made beside the snapshot's, before anything else (later none can be). ``keep``: use a kept
    copy, and keep a new one. Raises PlannerError where no server can run here, or the snapshot is another engine's.
    """
    if snapshot is not None and snapshot.header.engine.name != "postgresql":
        raise PlannerError(f"a schema of {snapshot.header.engine.name} cannot be copied to PostgreSQL")
    programs = find(major or _major(snapshot))
    locale, note = locale_of(snapshot.header) if snapshot is not None else (Locale(), None)
    wanted = [*(snapshot.extensions if snapshot is not None else ()), *extensions]
    if snapshot is None or not keep or len(snapshot.objects) <= _FEW:
        return _make(snapshot, programs, locale, note, wanted, None)
    own = Path(__file__).read_bytes()
    told = [snapshot.objects, snapshot.settings, [*wanted], note]
    content = sha256(msgspec.json.encode(told)).hexdigest()
    name = cache.key(content, programs, locale, "empty copy", sha256(own).hexdigest())
    return _reopen(snapshot, programs, locale, name) or _make(snapshot, programs, locale, note, wanted, name)


def _major(snapshot: Snapshot | None) -> int | None:
    if snapshot is None:
        return None
    if snapshot.header.version_number:
        return snapshot.header.version_number // 10_000
    told = re.match(r"\d+", snapshot.header.engine.version or "")
    return int(told[0]) if told else None


def _reopen(snapshot: Snapshot, programs: Binaries, locale: Locale, name: str) -> Copy | None:
    """A kept copy, started; None where there is none that starts."""
    found = reopened(name, programs, locale)
    if found is None:
        return None
    cluster, manifest = found
    return Copy(cluster, manifest.problems, whole=_whole(snapshot, manifest.problems), cached=True)


def _make(
    snapshot: Snapshot | None,
    programs: Binaries,
    locale: Locale,
    note: str | None,
    wanted: Sequence[Extension],
    name: str | None,
) -> Copy:
    import psycopg

    cluster = Cluster.create(programs, locale=locale)
    try:
        cluster.start()
        try:
            problems = [*([note] if note else []), *_load(cluster, snapshot, wanted)]
        except psycopg.Error as error:
            raise PlannerError(f"the schema could not be copied: {' '.join(str(error).split())}") from None
        if name is not None:
            cluster.stop()
            trim(cluster.data)
            cache.keep(name, cluster.data, cache.Manifest(tuple(problems), ()))
            cluster.start()
    except BaseException:
        cluster.close()
        raise
    return Copy(cluster, tuple(problems), whole=_whole(snapshot, problems), cached=False)


def _whole(snapshot: Snapshot | None, problems: Sequence[str]) -> bool:
    if snapshot is None or (snapshot.header.statistics == "default" and snapshot.header.missing):
        return False
    return not any("not made:" in one or "left out" in one for one in problems)


def _load(cluster: Cluster, snapshot: Snapshot | None, wanted: Sequence[Extension]) -> list[str]:
    with cluster.connect("admin") as admin:
        problems = schema.extend(admin, _once(wanted))
        if snapshot is None:
            return problems
        problems += schema.settle(admin, snapshot.settings)
        with cluster.connect("owner") as owner, cluster.limit(owner, LIMITS.shadow_schema_seconds):
            problems += schema.load(owner, admin, snapshot).problems
            for one in snapshot.objects:
                problems += _policy(owner, admin, one)
            problems += _populate(owner)
    return problems


def _once(wanted: Sequence[Extension]) -> list[Extension]:
    """The first of each name: the snapshot's, whose version and schema are known."""
    return list({one.name: one for one in reversed(wanted)}.values())[::-1]


def _policy(
    owner: psycopg.Connection[tuple[Any, ...]], admin: psycopg.Connection[tuple[Any, ...]], one: SchemaObject
) -> list[str]:
    """A policy, and the roles that it names: migrations alter and drop policies."""
    if one.kind != "policy":
        return []
    for statement in one.ddl:
        error = schema.one(owner, statement)
        for _ in range(LIMITS.shadow_statement_seconds):
            role = missing_role(error)
            if role is None or not make_role(admin, role):
                break
            error = schema.one(owner, statement)
        if error is not None and "already exists" not in error:
            return [f"policy {one.name} of {one.table}: not made: {error}"]
    return []


def _populate(owner: psycopg.Connection[tuple[Any, ...]]) -> list[str]:
    """Materialised views count as filled: one that is not can be read by nobody, nor refreshed concurrently."""
    from psycopg import sql

    problems: list[str] = []
    left = _empty(owner)
    while left:
        for place, name in left:
            made = sql.SQL("REFRESH MATERIALIZED VIEW {}").format(sql.Identifier(place, name)).as_string(owner)
            if (error := schema.one(owner, made)) is not None:
                problems.append(f"materialized view {place}.{name}: not filled: {error}")
        before, left = left, _empty(owner)
        if len(left) == len(before):
            return problems[-len(left) :]
        problems.clear()
    return []


def _empty(owner: psycopg.Connection[tuple[Any, ...]]) -> list[tuple[str, str]]:
    return owner.execute("""
        SELECT n.nspname::pg_catalog.text, c.relname::pg_catalog.text
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
        WHERE c.relkind OPERATOR(pg_catalog.=) 'm' AND NOT c.relispopulated
        ORDER BY c.oid
    """).fetchall()
