"""What every statement does: by text and schema first, and as a throwaway server shows it where one can be had."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from advisor.api.check.schema import statements_of
from advisor.api.check.wishes import CheckWishes
from advisor.model.engine import Engine
from advisor.model.errors import UserError
from advisor.model.migration import Foretold, History, Outcome, Script

if TYPE_CHECKING:
    from advisor.api.catalogs import Given
    from advisor.model.catalog import Catalog
    from advisor.model.snapshot import Snapshot


_NUMBER = re.compile(r"\d{1,3}(\.\d{1,5}){0,3}")
#: As MySQL and MariaDB say it: 10.11.6-MariaDB-log.
_VERSION = re.compile(_NUMBER.pattern + r"([-+~].{0,80})?")


#: Of what is not there: PostgreSQL's SQLSTATEs, MySQL's numbers.
_ABSENT = frozenset({"42P01", "42703", "42704", "42883", "3F000", "1051", "1054", "1072", "1091", "1146"})
#: Ended by the copy's bounds, where there are no rows to work on: nobody saw what else it does.
_STOPPED = ("it takes longer", "it writes more")
_OPAQUE = frozenset({"do", "call", "select"})
#: Refused to the copy's role, which is no superuser. Of opaque statements the text does not tell what they do; roles
#: and settings of the server touch no table.
_FORBIDDEN = "the copy's role may not do it"


@dataclass(slots=True)
class Known:
    """Outcomes, one a statement, and who told them."""

    outcomes: list[Outcome]
    tried: Foretold | None = None
    """What the dry run said; None: there was none."""
    notices: list[str] = field(default_factory=list)


def outcomes_of(
    scripts: Sequence[Script],
    base: Sequence[Script],
    engine: Engine,
    own: Given | None,
    wishes: CheckWishes,
) -> Known:
    """Every statement's outcome, ``base`` having run on the schema before.

    Raises UserError for a dry run that was insisted on and cannot be had.
    """
    from advisor.migrations.event_triggers import fired
    from advisor.migrations.static import foretell

    known = _known(scripts, base, engine, own, wishes, foretell)
    known.outcomes = fired(scripts, known.outcomes)
    return known


def _known(
    scripts: Sequence[Script],
    base: Sequence[Script],
    engine: Engine,
    own: Given | None,
    wishes: CheckWishes,
    foretell: Callable[..., Foretold],
) -> Known:
    static = foretell(scripts, own.catalog if own else None, engine, base=base)
    known = Known(list(static.outcomes), notices=list(static.notes))
    if wishes.server is not None:
        _usable(wishes.server, engine, wishes)
    if wishes.dry_run == "never":
        known.outcomes = [_untried(one, "no dry run was asked for") for one in known.outcomes]
        return known
    try:
        tried = _tried(scripts, (*statements_of(own), *base), engine, own.snapshot if own else None, wishes)
    except UserError as error:
        if wishes.dry_run == "always" or wishes.server is not None:
            raise
        known.outcomes = [_untried(one, str(error)) for one in known.outcomes]
        known.notices.append(f"no dry run: {error}")
        return known
    known.tried = tried
    known.notices += [note for note in tried.notes if note not in known.notices]
    known.outcomes = [merged(said, seen) for said, seen in zip(static.outcomes, tried.outcomes, strict=True)]
    return known


def _tried(
    scripts: Sequence[Script], base: Sequence[Script], engine: Engine, snapshot: Snapshot | None, wishes: CheckWishes
) -> Foretold:
    if engine.name == "postgresql":
        from advisor.dryrun.postgresql.run import run

        major = int(engine.version.split(".")[0]) if engine.version else None
        return run(scripts, snapshot=snapshot, base=base, major=major)
    if engine.name == "mysql" and wishes.server is None:
        raise UserError("no MySQL server comes with this product; name a disposable one with --server mysql://...")
    from advisor.dryrun.mariadb.run import run as probe

    return probe(scripts, snapshot=snapshot, base=base, server=wishes.server, engine=engine)


def _usable(server: str, engine: Engine, wishes: CheckWishes) -> None:
    """Raises UserError for a server that was named and would not be asked."""
    if engine.name not in ("mysql", "mariadb"):
        raise UserError(
            f"--server: it is for MySQL and MariaDB, and this is {engine.name}; leave it out"
            + (": a throwaway PostgreSQL is started" if engine.name == "postgresql" else "")
        )
    if wishes.dry_run == "never":
        raise UserError("--server names a server to try on, and --dry-run never forbids to: leave one of them out")


def _untried(one: Outcome, why: str) -> Outcome:
    return one if one.why_not else msgspec.structs.replace(one, why_not=why)


def merged(said: Outcome, seen: Outcome) -> Outcome:
    """What was seen counts; the text fills in where nothing could be seen, and names what the statement is."""
    if seen.evidence not in ("executed", "probed"):
        why = seen.why_not or "it could not be tried"
        if why.startswith((*_STOPPED, _FORBIDDEN)) and {one.action for one in said.changes} <= _OPAQUE:
            said = msgspec.structs.replace(said, uncertain=said.uncertain or why)
        if said.failure is not None and said.failure.code in _ABSENT:
            # The copy lacks it too, and could not say that production does
            said = msgspec.structs.replace(said, failure=None, uncertain=why)
        return _untried(said, why)
    work = seen.work
    writes = {one.relation: one.rows for one in said.work if one.kind == "write"}
    if any(one.kind == "write" and one.rows is None for one in work):
        work = tuple(
            msgspec.structs.replace(one, rows=writes.get(one.relation))
            if one.kind == "write" and one.rows is None
            else one
            for one in work
        )
    locks, uncertain = seen.locks, seen.uncertain
    if uncertain is not None:  # branches that an empty copy does not take count as taken, as far as the text shows them
        known = {(one.relation, one.mode) for one in locks}
        locks += tuple(one for one in said.locks if (one.relation, one.mode) not in known)
        done = {(one.kind, one.relation) for one in work}
        work += tuple(one for one in said.work if (one.kind, one.relation) not in done)
        if said.uncertain is None:
            uncertain = None
    return msgspec.structs.replace(
        seen,
        locks=locks,
        work=work,
        hidden=seen.hidden or said.hidden,
        changes=said.changes or seen.changes,
        algorithm=seen.algorithm or said.algorithm,
        lock_timeout_ms=seen.lock_timeout_ms if seen.lock_timeout_ms is not None else said.lock_timeout_ms,
        uncertain=uncertain,
    )


def engine_of(history: History, catalogs: Sequence[Catalog], wishes: CheckWishes, notices: list[str]) -> Engine:
    """Whose behaviour counts: the catalog's server, else what the user says, else what the files are written in."""
    own = next((one.engine for one in catalogs), None)
    name = own.name if own is not None else wishes.engine or history.engine
    if name is None:
        name = "postgresql"
        told = f" {wishes.server_version}" if wishes.server_version else " of a recent version"
        notices.append(f"nothing tells the engine: read as PostgreSQL{told} (--engine, --server-version)")
    if own is not None and wishes.engine not in (None, own.name):
        raise UserError(f"--engine {wishes.engine}: the catalog is of {own.name}")
    stated = wishes.server_version
    if stated is not None and not (_NUMBER if name == "postgresql" else _VERSION).fullmatch(stated):
        raise UserError(f"--server-version {stated[:40]!r}: that is no version; give its number, as 16 or 10.11.6")
    return Engine(name, wishes.server_version or (own.version if own is not None else None))
