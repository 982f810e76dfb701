"""An empty copy of a schema on a throwaway MariaDB, for programs that run on it.

    with open_copy(snapshot) as copy: ...

A schema of MySQL is copied too, as far as MariaDB understands it: the programs run on a stand-in then.
"""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from advisor.catalog.live.mysql_connection import message
from advisor.dryrun.mariadb.host import Throwaway
from advisor.dryrun.mariadb.loading import AT_START, CARRIED, default_database, load
from advisor.planners.closing import Closing
from advisor.planners.errors import PlannerError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pymysql

    from advisor.model.engine import EngineName
    from advisor.model.snapshot import SchemaObject, Snapshot

#: Some since 11.4 only. What a program does hardly rests on the order of letters.
_COLLATION = re.compile(r"\butf8mb4_0900_(?:ai_ci|as_ci|as_cs|bin)\b", re.IGNORECASE)
_IN_ITS_PLACE = "utf8mb4_unicode_520_ci"
#: A program's statement that does not end.
_STATEMENT_SECONDS = 60


class Copy(Closing):
    """A running copy. Use it as a context; `close` leaves nothing behind."""

    def __init__(
        self, host: Throwaway, database: str, settings: Mapping[str, str], problems: tuple[str, ...], *, stand_in: bool
    ) -> None:
        self.host = host
        self.database = database
        """That which migrations run in."""
        self.problems = problems
        """What could not be carried over, one line each."""
        self.stand_in = stand_in
        """For MySQL."""
        self._settings = settings

    @property
    def version(self) -> str:
        """As the server greets with it."""
        return str(self.host.admin.get_server_info())  # type: ignore[no-untyped-call]

    @property
    def databases(self) -> frozenset[str]:
        """That are here."""
        return frozenset(self.host.databases)

    def empty(self) -> bool:
        """No table is there but those that tools keep for themselves."""
        with self.host.admin.cursor() as cursor:
            cursor.execute(
                "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = %s AND table_type = 'BASE TABLE' "
                "AND table_name NOT IN ('alembic_version', 'django_migrations')",
                (self.database,),
            )
            return bool(cursor.fetchone()[0] == 0)

    def session(self, flags: int, charset: str, database: str | None) -> pymysql.Connection[Any]:
        """One of the owner, with production's settings. ``flags``: capabilities of the protocol."""
        connection = self.host.server.connect("owner", database, client_flag=flags, charset=charset)
        with connection.cursor() as cursor:
            for name, value in self._settings.items():
                with contextlib.suppress(Exception):
                    cursor.execute(f"SET SESSION {name} = %s", (int(value) if value.isdigit() else value,))
            cursor.execute(f"SET SESSION max_statement_time = {_STATEMENT_SECONDS}")
        return connection

    def close(self) -> None:
        """Ends the server and removes its directory. A second call does nothing."""
        self.host.close()


def open_copy(snapshot: Snapshot | None, *, engine: EngineName = "mariadb") -> Copy:
    """An empty copy of a snapshot's schema, running; of None an empty database.

    ``engine``: that the migrations are written for. Raises PlannerError where no server can run here.
    """
    given = {one.name: one.value for one in (snapshot.settings if snapshot is not None else ())}
    options = {name.replace("_", "-"): _known(given[name]) for name in AT_START if given.get(name)}
    if options.get("innodb-page-size") == "16384":
        del options["innodb-page-size"]
    import pymysql

    host = Throwaway(options)
    try:
        database = default_database(snapshot)
        problems: list[str] = []
        if snapshot is not None:
            known = replace(snapshot, objects=[_understood(one) for one in snapshot.objects])
            problems = load(host, known, known.objects)
        else:
            host.create(database, " CHARACTER SET utf8mb4")
    except BaseException as error:
        host.close()
        if isinstance(error, pymysql.Error):
            raise PlannerError(f"the schema could not be copied: {message(error)}") from None
        raise
    settings = {name: _known(given[name]) for name in CARRIED if given.get(name)}
    return Copy(host, database, settings, tuple(problems), stand_in=engine == "mysql")


def _understood(one: SchemaObject) -> SchemaObject:
    return replace(one, ddl=tuple(_known(text) for text in one.ddl))


def _known(text: str) -> str:
    return _COLLATION.sub(_IN_ITS_PLACE, text)
