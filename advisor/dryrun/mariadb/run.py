"""A migration tried on an empty copy of the schema: which ALGORITHM and LOCK the server accepts for each statement."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from advisor.catalog.live.mysql_connection import message
from advisor.dryrun.mariadb.host import Disposable, Host, Throwaway
from advisor.dryrun.mariadb.loading import AT_START, CARRIED, default_database, load
from advisor.dryrun.mariadb.needed import needed
from advisor.dryrun.mariadb.trying import Trial
from advisor.migrations.static.mysql.foretell import Reader, foretell
from advisor.migrations.static.mysql.operations import version_of
from advisor.model.engine import Engine
from advisor.model.migration import Foretold, Outcome, Script
from advisor.planners.errors import PlannerError

if TYPE_CHECKING:
    from advisor.model.catalog import Catalog
    from advisor.model.snapshot import Snapshot

#: Statements inside procedures and blocks are read from this log, where a session asks for it.
LOGGED = {"slow-query-log": "1", "log-output": "TABLE", "long-query-time": "3600"}
#: For a whole run: what is left then is told by the manual.
RUN_SECONDS = 300.0


def run(
    scripts: Sequence[Script],
    *,
    snapshot: Snapshot | None,
    base: Sequence[Script] = (),
    server: str | None = None,
    engine: Engine | None = None,
) -> Foretold:
    """One outcome a statement, in order. ``server``: a DSN of a disposable server; else a throwaway MariaDB.

    MariaDB speaks for no MySQL, whose migrations are then told by the manual. ``engine``: production's, where no
    snapshot tells it.

    Raises PlannerError: the DSN cannot be used, the server was lost.
    """
    import pymysql

    from advisor.catalog.snapshot.describe import catalog_of

    catalog = catalog_of(snapshot) if snapshot is not None else None
    known = snapshot.header.engine if snapshot is not None else engine
    if server is None and known is not None and known.name == "mysql":
        why = "no MySQL server to ask: MariaDB does not speak for it (name a disposable one)"
        return _unasked(foretell(scripts, catalog, known, base=base), why)
    try:
        host = _host(server, snapshot)
    except PlannerError as error:
        if server is not None:
            raise
        return _unasked(foretell(scripts, catalog, known or Engine("mariadb"), base=base), str(error))
    with host:
        if known is not None and known.name != host.product:
            why = f"the server is {_shown(host)}, production is {known.name}: one does not speak for the other"
            return _unasked(foretell(scripts, catalog, known, base=base), why)
        target = known if known is not None and known.version else Engine(host.product, host.version)
        try:
            return _tried(host, scripts, base, snapshot, catalog, target, known)
        except (pymysql.Error, OSError) as error:
            raise PlannerError(f"dry run on {_shown(host)}: {message(error)}") from None


def _host(server: str | None, snapshot: Snapshot | None) -> Host:
    if server is not None:
        return Disposable(server)
    given = {one.name: one.value for one in (snapshot.settings if snapshot is not None else ())}
    options = {name.replace("_", "-"): given[name] for name in AT_START if given.get(name)}
    if "innodb-page-size" in options and options["innodb-page-size"] == "16384":
        del options["innodb-page-size"]
    return Throwaway({**options, **LOGGED})


def _shown(host: Host) -> str:
    return f"{'MariaDB' if host.product == 'mariadb' else 'MySQL'} {host.version.split('-')[0]}"


def _unasked(told: Foretold, why: str) -> Foretold:
    return Foretold(
        engine=told.engine,
        outcomes=tuple(replace(one, why_not=why) for one in told.outcomes),
        notes=(*told.notes, f"nothing was run: {why}"),
    )


def _tried(
    host: Host,
    scripts: Sequence[Script],
    base: Sequence[Script],
    snapshot: Snapshot | None,
    catalog: Catalog | None,
    target: Engine,
    stated: Engine | None,
) -> Foretold:
    database = default_database(snapshot)
    if snapshot is not None:
        host.problems = load(host, snapshot, needed(snapshot, [*base, *scripts]))
    else:
        host.create(database)
    given = {one.name: one.value for one in (snapshot.settings if snapshot is not None else ())}
    settings = {name: given[name] for name in CARRIED if given.get(name)}
    wanted, here = version_of(target.name, target.version), version_of(host.product, host.version)
    foreign = wanted[:2] != here[:2]
    notes = list(host.problems)
    if foreign:
        notes.append(
            f"production is {target.version}, the statements were tried on {_shown(host)}: what the two do otherwise "
            "is told by the manual"
        )
    elif (stated is None or stated.version is None) and version_of(target.name, None)[:2] != here[:2]:
        notes.append(f"production's version is not known: it is taken for {_shown(host)}, which tried the statements")
    reader = Reader(catalog, target)
    own = len(reader.notes)
    trial = Trial(host, reader, database, settings, foreign=foreign)
    deadline = time.monotonic() + RUN_SECONDS
    outcomes: list[Outcome] = []
    try:
        for script in base:
            traced(trial, script, deadline)
        reader.state.settle()
        del reader.notes[own:]
        trial.whole = not host.problems and not trial.behind and (snapshot is not None or bool(base))
        for script in scripts:
            outcomes += traced(trial, script, deadline)
    finally:
        trial.end()
    tried_by = Engine(host.product, host.version.removeprefix("5.5.5-").split("-")[0])
    return Foretold(engine=tried_by, outcomes=tuple(outcomes), notes=tuple(dict.fromkeys([*notes, *reader.notes])))


def traced(trial: Trial, script: Script, deadline: float) -> list[Outcome]:
    """One outcome a statement; what comes after the deadline is not tried."""
    trial.begin()
    found: list[Outcome] = []
    for one in script.statements:
        if time.monotonic() > deadline:
            found.append(replace(trial.reader.outcome(one), why_not="the time of a dry run was used up"))
        else:
            found.append(trial.run(one))
    return found
