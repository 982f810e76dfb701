"""Which migrations are checked, read by the tool's own rules or by running it, shut in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from advisor.api.check.wishes import CheckWishes
from advisor.model.catalog import Unread
from advisor.model.errors import UserError
from advisor.model.migration import History, Located, Script

if TYPE_CHECKING:
    from advisor.dryrun.capture.target import AnyCopy
    from advisor.model.engine import EngineName
    from advisor.model.snapshot import Extension, Snapshot

#: As SQL in a string, or as Django's operation with a name.
_EXTENSION = re.compile(
    r"\bCREATE\s{1,99}EXTENSION\s{1,99}(?:IF\s{1,99}NOT\s{1,99}EXISTS\s{1,99})?\\?\"?([\w-]{1,63})"
    r"|\bCreateExtension\(\s{0,99}(?:name\s?=\s?)?[\"']([\w-]{1,63})[\"']",
    re.IGNORECASE,
)
#: Django's operations for one each (django/contrib/postgres/operations.py).
_OPERATIONS = {
    "BloomExtension": "bloom",
    "BtreeGinExtension": "btree_gin",
    "BtreeGistExtension": "btree_gist",
    "CITextExtension": "citext",
    "CryptoExtension": "pgcrypto",
    "HStoreExtension": "hstore",
    "TrigramExtension": "pg_trgm",
    "UnaccentExtension": "unaccent",
}
_MAX_CHARACTERS = 1 << 20
"""Of a file of code: what is longer is no migration that somebody wrote."""


def history_of(
    paths: Sequence[str], wishes: CheckWishes, engine: EngineName | None, snapshot: Snapshot | None
) -> History:
    """All statements to check, in their order. Raises UserError."""
    if wishes.command is not None:
        if paths:
            raise UserError("--run says what runs the migrations: name no files beside it")
        return _commanded(wishes.command, wishes, engine, snapshot)
    from advisor.migrations.reading import locate, read

    located = locate(list(paths), tool=wishes.tool, base_rev=wishes.base)
    text = [one for one in located if not one.python]
    history = read(text, engine=engine, transactions=wishes.transactions, placeholders=wishes.placeholders)
    for one in located:
        if one.python:
            history.notices += [note for note in one.notes if note not in history.notices]
            _run(one, history, wishes, engine, snapshot)
    return history


def _run(
    one: Located, history: History, wishes: CheckWishes, engine: EngineName | None, snapshot: Snapshot | None
) -> None:
    """Adds what a tool's own code says: printed by it, or seen as it ran."""
    from advisor.dryrun.capture import execute, offline
    from advisor.dryrun.capture.engines import written_for

    # Earlier migrations are the schema where nothing else gives it: then they are seen too.
    whole = msgspec.structs.replace(one, files=(*one.base, *one.files), base=()) if snapshot is None else one
    engine = engine or history.engine or written_for(one)
    history.engine = history.engine or engine
    if wishes.execute:
        with _copied(engine, snapshot, "--execute", one, history) as copy:
            scripts: Sequence[Script] = execute(whole, copy=copy, unsafe=wishes.unsafe)
    else:
        scripts = offline(whole, engine=engine or "postgresql", unsafe=wishes.unsafe)
    edited = [msgspec.structs.replace(each, edited=True) if each.file in one.edited else each for each in scripts]
    base = set(one.base)
    history.base += _beside(one, [each for each in edited if each.file in base])
    history.scripts += tuple(each for each in edited if each.file not in base)


def _beside(one: Located, base: Sequence[Script]) -> tuple[Script, ...]:
    """Earlier migrations of Django are not all that made its tables: those of installed packages are not seen."""
    if one.tool != "django" or not base:
        return tuple(base)
    reason = "tables of installed packages are not seen: name the schema with --catalog"
    gap = Unread(base[0].file, 1, "", reason)
    return (msgspec.structs.replace(base[0], unread=(*base[0].unread, gap)), *base[1:])


def _extensions(one: Located) -> list[Extension]:
    """That the code names: a copy can make them only before it has anything else."""
    from pathlib import Path

    from advisor.model.snapshot import Extension

    names: dict[str, None] = {}
    for file in (*one.base, *one.files):
        try:
            with Path(file).open(encoding="utf-8", errors="replace") as opened:
                text = opened.read(_MAX_CHARACTERS)
        except OSError:  # it stands in the base revision alone
            continue
        names |= dict.fromkeys(match[1] or match[2] for match in _EXTENSION.finditer(text))
        names |= dict.fromkeys(name for operation, name in _OPERATIONS.items() if f"{operation}(" in text)
    return [Extension(name=name, schema=None) for name in names]


def _commanded(
    command: Sequence[str], wishes: CheckWishes, engine: EngineName | None, snapshot: Snapshot | None
) -> History:
    from advisor.dryrun.capture import command as run
    from advisor.dryrun.capture.target import family_of_caller

    engine = engine or family_of_caller() or "postgresql"
    history = History(scripts=(), engine=engine)
    with _copied(engine, snapshot, "--run", None, history) as copy:
        history.scripts = tuple(run(list(command), copy=copy, unsafe=wishes.unsafe))
    return history


def _copied(
    engine: EngineName | None, snapshot: Snapshot | None, option: str, one: Located | None, history: History
) -> AnyCopy:
    """What the code runs on. What of the schema is not in it is noted."""
    if engine in (None, "postgresql"):
        from advisor.dryrun.postgresql.copy import open_copy

        return open_copy(snapshot, extensions=_extensions(one) if one is not None else ())
    if engine == "sqlite":
        raise UserError(
            f"{option}: commands are run against throwaway PostgreSQL and MariaDB servers, and this is sqlite"
        )
    from advisor.dryrun.mariadb.copy import open_copy as open_mariadb

    copy = open_mariadb(snapshot, engine=engine or "mariadb")
    history.notices += [f"{option}: {problem}" for problem in copy.problems]
    return copy
