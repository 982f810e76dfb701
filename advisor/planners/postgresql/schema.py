"""The snapshot's schema, made again in a shadow: extensions by the superuser, everything else by the owner.

Statements come from anywhere. Each is sent as one message of the extended protocol, which holds one statement; it runs
as a role that owns nothing else, under a timeout; bodies of functions are not read when they are made.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from advisor.model.limits import LIMITS
from advisor.model.snapshot import Extension, SchemaObject, Setting, Snapshot
from advisor.planners.errors import PlannerError
from advisor.planners.postgresql import configuration, extensions

if TYPE_CHECKING:
    import psycopg

#: Extensions that queries and schemas hardly mention: nothing is lost without them.
_IRRELEVANT = frozenset(
    {
        "amcheck", "auto_explain", "hypopg", "index_advisor", "pageinspect", "pg_buffercache", "pg_cron",
        "pg_freespacemap", "pg_partman", "pg_prewarm", "pg_qualstats", "pg_repack", "pg_stat_kcache",
        "pg_stat_statements", "pg_visibility", "pg_wait_sampling", "pg_walinspect", "pgaudit", "pgrowlocks",
        "pgstattuple", "plpgsql", "plpgsql_check", "sslinfo",
    }
)  # fmt: skip
_PASSES = 12
_TOO_LONG = "due to statement timeout"
_LOOKING_SECONDS = 2.0
"""So much work is done before the disk is looked at."""
_MISSING_COLLATION = re.compile(r'collation "([^"]+)" for encoding')
_QUOTED = re.compile(r'"((?:[^"]|"")+)"')
_COLLATION_NAME = re.compile(r"[\w.@ -]{1,63}")


@dataclass
class _Pending:
    """An object that is not whole yet."""

    object: SchemaObject
    statements: list[str]
    error: str = ""
    made: bool = False
    """Its first statement ran: the object is there."""
    given_up: bool = False
    """A statement took too long: it is not tried again."""


@dataclass
class Loaded:
    """What became of a schema."""

    problems: list[str] = field(default_factory=list)
    missing: set[tuple[str | None, str]] = field(default_factory=set)
    """Objects that are not there: schema and name."""


def one(connection: psycopg.Connection[tuple[Any, ...]], statement: str) -> str | None:
    """Runs one statement of others; the server's words where it refuses it, with the position left out."""
    from psycopg.pq import ConnStatus, DiagnosticField, ExecStatus

    encoded = statement.encode("utf-8", "replace")
    if b"\0" in encoded:
        return "the statement holds a zero byte"
    result = connection.pgconn.exec_params(encoded, None)
    if result.status in (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK, ExecStatus.EMPTY_QUERY):
        return None
    if result.status in (ExecStatus.COPY_IN, ExecStatus.COPY_OUT):
        if result.status == ExecStatus.COPY_IN:
            connection.pgconn.put_copy_end(b"refused")
        else:
            while connection.pgconn.get_copy_data(0)[0] > 0:
                pass
        while connection.pgconn.get_result() is not None:
            pass
        return "the statement wants to copy data"
    said = result.error_field(DiagnosticField.MESSAGE_PRIMARY)
    if connection.pgconn.status != ConnStatus.OK:
        raise PlannerError(
            f"the schema could not be made in a shadow within {LIMITS.shadow_schema_seconds} s, or ended its server: "
            f"the last statement was {' '.join(statement.split())[:200]}"
        )
    return said.decode("utf-8", "replace") if said else "refused"


def extend(admin: psycopg.Connection[tuple[Any, ...]], wanted: Iterable[Extension]) -> list[str]:
    """Makes the extensions that are allowed and there, before anything else; what is left out, in words."""
    problems = []
    for one in wanted:
        if one.name in _IRRELEVANT:
            continue
        try:
            made = extensions.create(admin, one.name, one.schema, one.version)
        except PlannerError as error:
            problems.append(str(error))
            continue
        if one.version is not None and made != one.version:
            problems.append(f"extension {one.name}: version {made} stands for {one.version}")
    return problems


def settle(admin: psycopg.Connection[tuple[Any, ...]], settings: Iterable[Setting]) -> list[str]:
    """Gives every new session of the owner the planner's settings, his search path included."""
    import psycopg
    from psycopg import sql

    here = {
        row[0]
        for row in admin.execute("SELECT name FROM pg_catalog.pg_settings WHERE context IN ('user', 'superuser')")
    }
    folded = {name.lower(): name for name in here}
    problems = []
    for setting in settings:
        name = folded.get(setting.name.lower())
        if name == "search_path":
            parts = [part.strip() for part in setting.value.split(",") if part.strip()]
            value: sql.Composable = sql.SQL(", ").join(sql.Literal(_unquoted(part)) for part in parts) or sql.Literal(
                ""
            )
        elif name is None or not configuration.PLANNER.fullmatch(setting.name.lower()):
            continue
        else:
            value = sql.Literal(setting.value)
        try:
            # Of the role, not of the database: the superuser's sessions keep their own.
            admin.execute(sql.SQL("ALTER ROLE advisor_owner SET {} = {}").format(sql.Identifier(name), value))
        except psycopg.Error as error:
            problems.append(f"setting {setting.name}: {error.diag.message_primary or error}")
    return problems


def load(
    owner: psycopg.Connection[tuple[Any, ...]], admin: psycopg.Connection[tuple[Any, ...]], snapshot: Snapshot
) -> Loaded:
    """Makes the objects in the order of the snapshot, in passes until a pass makes nothing more."""
    owner.execute("SET check_function_bodies = off")
    owner.execute(f"SET statement_timeout = '{LIMITS.shadow_statement_seconds}s'".encode())
    loaded = Loaded()
    # Policies name roles, and hold for others than the owner, who plans.
    pending = [_Pending(each, list(each.ddl)) for each in snapshot.objects if each.kind != "policy"]
    replaced: set[str] = set()
    spent = 0.0
    for _ in range(_PASSES):
        before = sum(len(each.statements) for each in pending)
        for each in pending:
            if each.given_up:
                continue
            started = time.monotonic()
            _make(owner, admin, each, replaced, loaded)
            spent += time.monotonic() - started
            if spent > _LOOKING_SECONDS:
                _measure(admin)
                spent = 0.0
        pending = [each for each in pending if each.statements]
        if not pending or sum(len(each.statements) for each in pending) == before:
            break
    _report(pending, loaded, snapshot.objects)
    loaded.problems += [f"collation {name}: {_REPLACED}" for name in sorted(replaced)]
    return loaded


def _measure(admin: psycopg.Connection[tuple[Any, ...]]) -> None:
    """Raises PlannerError for a schema that fills the disk: CREATE TABLE AS, and functions that defaults call, can."""
    size = admin.execute("SELECT pg_catalog.pg_database_size(pg_catalog.current_database())").fetchone()
    if size is not None and size[0] > LIMITS.shadow_disk_bytes:
        raise PlannerError(
            f"the schema's statements wrote more than {LIMITS.shadow_disk_bytes >> 30} GB: no schema needs that: look "
            "for CREATE TABLE AS, INSERT or SELECT in it"
        )


_REPLACED = "these server programs do not have it; C.UTF-8 stands for it: the order of texts may differ a little"


def _make(
    owner: psycopg.Connection[tuple[Any, ...]],
    admin: psycopg.Connection[tuple[Any, ...]],
    each: _Pending,
    replaced: set[str],
    loaded: Loaded,
) -> None:
    """The statements of an object that run now; the others stay for the next pass."""
    left: list[str] = []
    for number, statement in enumerate(each.statements):
        error = one(owner, statement)
        if error is not None and (collation := _MISSING_COLLATION.search(error)):
            if _replace(admin, collation[1], statement):
                replaced.add(collation[1])
                error = one(owner, statement)
        elif error is not None and each.object.kind == "collation" and not each.made:
            nearest = _nearest(statement)
            if one(owner, nearest) is None:
                replaced.add(each.object.name)
                error = None
        if error is None:
            each.made = True
            continue
        each.error = error
        each.given_up = each.given_up or _TOO_LONG in error
        left.append(statement)
        if not each.made or each.given_up:
            left += each.statements[number + 1 :]
            break
    each.statements = left


def _nearest(statement: str) -> str:
    """CREATE COLLATION with a locale that every server has."""
    head, bracket, _ = statement.partition("(")
    return f"{head}{bracket}provider = libc, locale = 'C.UTF-8')"


def _replace(admin: psycopg.Connection[tuple[Any, ...]], name: str, statement: str) -> bool:
    """Makes a collation of the system's that this one lacks, under the same name."""
    import psycopg
    from psycopg import sql

    bare = name.rpartition(".")[2] if name.startswith("pg_catalog.") else name
    if not _COLLATION_NAME.fullmatch(bare):
        return False
    make = sql.SQL("CREATE COLLATION pg_catalog.{} (provider = libc, locale = 'C.UTF-8')").format(sql.Identifier(bare))
    try:
        admin.execute(make)
    except psycopg.Error:
        return False
    return True


def _report(pending: Sequence[_Pending], loaded: Loaded, objects: Sequence[SchemaObject]) -> None:
    """Objects that are missing, each with what cannot be without it."""
    roots: dict[tuple[str | None, str], list[str]] = {}
    missing = [each for each in pending if not each.made]
    tables = {(each.object.schema, each.object.name) for each in missing if each.object.kind in ("table", "view")}
    for each in missing:
        loaded.missing.add((each.object.schema, each.object.name))
        if each.object.kind in ("table", "materialized_view"):
            loaded.missing |= {
                (o.schema, o.name) for o in objects if o.table == each.object.name and o.schema == each.object.schema
            }
    for each in pending:
        here = each.object
        above = (here.schema, here.table or "")
        if not each.made and above in tables and here.table:
            roots.setdefault(above, []).append(f"{here.kind} {here.name}")
    for each in pending:
        here = each.object
        if not each.made and here.table and (here.schema, here.table) in tables:
            continue
        named = f"{here.kind.replace('_', ' ')} {_qualified(here)}"
        if here.line is not None:
            named += f" (line {here.line})"
        if each.made:
            loaded.problems.append(f"{named}: made, but not all of it: {each.error}")
            continue
        lost = roots.get((here.schema, here.name), []) if here.kind in ("table", "view") else []
        with_it = (
            f"; with it {', '.join(lost[:5])}{f' and {len(lost) - 5} more' if len(lost) > 5 else ''}" if lost else ""
        )
        loaded.problems.append(f"{named}: not made: {each.error}{with_it}")


def _qualified(here: SchemaObject) -> str:
    name = (
        here.name
        if here.schema in (None, here.name) and here.kind == "schema"
        else ".".join(part for part in (here.schema, here.name) if part)
    )
    return f"{name} of {here.table}" if here.table else name


def _unquoted(part: str) -> str:
    quoted = _QUOTED.fullmatch(part)
    return quoted[1].replace('""', '"') if quoted else part
