"""A shadow: a throwaway PostgreSQL with another database's schema, statistics, settings and sizes, not its rows."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from advisor.catalog.snapshot.file import content_hash
from advisor.model.counted import counted
from advisor.model.limits import LIMITS
from advisor.model.snapshot import Header, Snapshot
from advisor.planners.closing import Closing
from advisor.planners.errors import PlannerError
from advisor.planners.postgresql import boundary, cache, extended, injection, schema, sizes
from advisor.planners.postgresql.binaries import Binaries, find
from advisor.planners.postgresql.cluster import Cluster, Locale
from advisor.planners.postgresql.injection import Way
from advisor.planners.postgresql.kept import reopened
from advisor.planners.postgresql.sizes import Place
from advisor.planners.postgresql.types import Types

if TYPE_CHECKING:
    import psycopg

_RESTORES = 18
"""The first major with functions that restore statistics."""
_UTF8 = re.compile(r"\.utf-?8\b", re.IGNORECASE)


class Shadow(Closing):
    """A running shadow. Use it as a context; `close` leaves nothing behind but an entry of the cache."""

    def __init__(
        self,
        cluster: Cluster,
        snapshot: Snapshot,
        relations: Mapping[tuple[str, str], Place],
        problems: tuple[str, ...],
        *,
        cached: bool,
    ) -> None:
        self.cluster = cluster
        self.snapshot = snapshot
        self.relations = relations
        """Tables, materialised views and indexes by schema and name: OID and files."""
        self.problems = problems
        """What could not be carried over, one line each."""
        self.cached = cached
        """It was made before, and copied."""

    @classmethod
    def open(
        cls, snapshot: Snapshot, *, binaries: Binaries | None = None, cache: bool = True, way: Way | None = None
    ) -> Shadow:
        """A shadow of a snapshot, running.

        ``binaries``: programs to plan with; else those of the snapshot's major, or the nearest here. ``cache``: use a
        kept one, and keep a new one. ``way``: how statistics are written, else the best that the major knows.
        Raises PlannerError where there is no server to run, or the snapshot is another engine's.
        """
        header = snapshot.header
        if header.engine.name != "postgresql":
            raise PlannerError(f"a snapshot of {header.engine.name} cannot be planned by PostgreSQL")
        if header.block_size != 8192:
            raise PlannerError(f"production's blocks are {header.block_size} bytes; a shadow has blocks of 8192")
        major = header.version_number // 10_000 if header.version_number else None
        programs = binaries or find(major)
        chosen: Way = way or ("restore" if programs.major >= _RESTORES else "rows")
        locale, note = locale_of(header)
        if not cache:
            return _build(snapshot, programs, locale, note, chosen, None)
        name = _cache_key(snapshot, programs, locale, chosen)
        return _reopen(snapshot, programs, locale, name) or _build(snapshot, programs, locale, note, chosen, name)

    def connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        """A connection as the schema's owner, in autocommit mode, with production's planner settings."""
        return self.cluster.connect("owner")

    def close(self) -> None:
        """Ends the server and removes its directory. A second call does nothing."""
        self.cluster.close()


def _cache_key(snapshot: Snapshot, programs: Binaries, locale: Locale, way: Way) -> str:
    return cache.key(content_hash(snapshot), programs, locale, way)


def _reopen(snapshot: Snapshot, programs: Binaries, locale: Locale, name: str) -> Shadow | None:
    """A kept shadow, copied and started; None where there is none that starts."""
    found = reopened(name, programs, locale)
    if found is None:
        return None
    cluster, manifest = found
    relations = {
        (one.schema, one.name): Place(
            one.oid, cluster.data / one.path if one.path else None, one.method, one.table, one.keys
        )
        for one in manifest.relations
    }
    return Shadow(cluster, snapshot, relations, manifest.problems, cached=True)


def _build(
    snapshot: Snapshot, programs: Binaries, locale: Locale, note: str | None, way: Way, name: str | None
) -> Shadow:
    import psycopg

    cluster = Cluster.create(programs, locale=locale)
    try:
        cluster.start()
        try:
            found, problems = _load(cluster, snapshot, way)
        except psycopg.Error as error:
            raise PlannerError(f"the shadow could not be loaded: {' '.join(str(error).split())}") from None
        cluster.stop()
        problems = [*([note] if note else []), *problems, *sizes.impose(found, snapshot)]
        trim(cluster.data)
        if name is not None:
            kept = [
                cache.Kept(schema, bare, one.oid, _below(one.path, cluster.data), one.method, one.table, one.keys)
                for (schema, bare), one in found.items()
            ]
            cache.keep(name, cluster.data, cache.Manifest(tuple(problems), tuple(kept)))
        cluster.start()
    except BaseException:
        cluster.close()
        raise
    return Shadow(cluster, snapshot, found, tuple(problems), cached=False)


def _load(cluster: Cluster, snapshot: Snapshot, way: Way) -> tuple[dict[tuple[str, str], Place], list[str]]:
    """Everything that needs the running server."""
    with cluster.connect("admin") as admin:
        for statement in _functions():
            admin.execute(statement.encode())
        problems = schema.extend(admin, snapshot.extensions)
        problems += schema.settle(admin, snapshot.settings)
        with cluster.connect("owner") as owner, cluster.limit(owner, LIMITS.shadow_schema_seconds):
            loaded = schema.load(owner, admin, snapshot)
        problems += [*loaded.problems, *_substitutes(snapshot), *_row_security(admin)]
        with (
            cluster.connect("owner") as owner,
            cluster.limit(owner, LIMITS.shadow_schema_seconds),
            boundary.unchecked_domains(admin),
        ):
            problems += boundary.insert(owner, admin, snapshot)
            found = sizes.places(admin, cluster.data)
            injection.inject_sizes(owner, snapshot, {key: one.oid for key, one in found.items()})
            for one in snapshot.objects:
                index = found.get((one.schema or "", one.name))
                if not one.validated and index is not None and index.method is not None:
                    owner.execute("SELECT advisor_shadow.set_valid(%s::oid, false)", [index.oid])
            types = Types(admin)
            problems += injection.inject_columns(owner, admin, snapshot, types, way, loaded.missing)
            problems += extended.inject(owner, admin, snapshot, types, loaded.missing)
        return sizes.places(admin, cluster.data), problems


def _row_security(admin: psycopg.Connection[tuple[Any, ...]]) -> list[str]:
    """The owner of a table is above its policies, unless they are forced on him; a shadow plans as the owner."""
    admin.execute("UPDATE pg_catalog.pg_class SET relforcerowsecurity = false WHERE relforcerowsecurity")
    count = admin.execute("SELECT count(*) FROM pg_catalog.pg_class WHERE relrowsecurity").fetchone()
    if not count or not count[0]:
        return []
    tables = counted(count[0], "table")
    return [f"row security of {tables}: a shadow plans as their owner, so plans do not show its conditions"]


def trim(data: Path) -> None:
    """Removes what a server does without, so that copies are quicker: a file costs more than what is in it.

    Maps of free space and of visibility are made when they are missed; write-ahead log is needed from the last
    checkpoint on, which is in the first segment and may reach into the second: the others were made in advance.
    """
    for directory in ("base", "global"):
        for pattern in ("*_fsm", "*_vm"):
            for path in (data / directory).rglob(pattern):
                path.unlink()
    segments = sorted(path for path in (data / "pg_wal").iterdir() if len(path.name) == 24)
    for path in segments[2:]:
        path.unlink()


def _substitutes(snapshot: Snapshot) -> list[str]:
    return [
        f"foreign table {one.schema}.{one.name}: an ordinary table stands for it; costs of its server are not known"
        for one in snapshot.relations
        if one.kind == "foreign"
    ]


def locale_of(header: Header) -> tuple[Locale, str | None]:
    """The locale that sorts as production does, or the nearest, and then what is different."""
    collate = header.collate
    if collate is None:
        return Locale(), None
    if collate in ("C", "POSIX") and header.locale_provider in (None, "libc"):
        return Locale("C"), None
    if header.locale_provider == "builtin":
        # Its order is that of code points, and a LIKE may use an index: as under C.
        return Locale("C"), None
    if header.locale_provider != "icu":
        if collate.lower().replace("-", "") == "c.utf8":
            return Locale(), None
        if _UTF8.search(collate) and collate.lower().replace("-", "") in _installed():
            return Locale(collate), None
    shown = "an ICU locale" if header.locale_provider == "icu" else collate
    return (
        Locale(),
        f"collation of the database ({shown}): C.UTF-8 stands for it: the order of texts may differ a little",
    )


def _installed() -> set[str]:
    """Locales of this machine, written small and without dashes."""
    try:
        said = subprocess.run(["locale", "-a"], capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return set()
    return {line.strip().lower().replace("-", "") for line in said.stdout.splitlines()}


def _below(path: Path | None, data: Path) -> str | None:
    return None if path is None else str(path.relative_to(data))


def _functions() -> list[str]:
    """Of functions.sql."""
    text = (resources.files("advisor.planners.postgresql") / "functions.sql").read_text("utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("--")]
    return [part.strip() for part in "\n".join(lines).split("\n\n") if part.strip()]
