"""What a tool runs on: a copy of the schema, the door to it, and how tools are told where it is."""

from __future__ import annotations

import os
import re
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Literal

from advisor.dryrun.capture import mariadb_relay, postgresql_relay
from advisor.dryrun.capture.literals import Literals
from advisor.dryrun.capture.mariadb_relay import MariadbRelay
from advisor.dryrun.capture.postgresql_relay import PostgresqlRelay
from advisor.dryrun.capture.relay import Relay
from advisor.dryrun.mariadb.copy import Copy as MariadbCopy
from advisor.planners.errors import PlannerError

if TYPE_CHECKING:
    from advisor.dryrun.postgresql.copy import Copy as PostgresqlCopy

    AnyCopy = PostgresqlCopy | MariadbCopy

Family = Literal["postgresql", "mysql"]
PASSWORD = "shadow"  # noqa: S105 - no server asks for one; some tools want to have one
#: Of the caller's environment: names of modules and applications, no secrets.
_TOLD = ("DJANGO_SETTINGS_MODULE", "DJANGO_CONFIGURATION", "FLASK_APP")
_NAME = re.compile(r"[\w.:/-]{1,200}\Z")
_SCHEMES = {"postgresql": r"postgres(?:ql)?(?:\+\w{1,20})?", "mysql": r"(?:mysql2?|mariadb)(?:\+\w{1,20})?"}
#: Variables that clients and frameworks look for: host, port, user, password, database.
_VARIABLES: dict[Family, tuple[tuple[str, ...], ...]] = {
    "postgresql": (
        ("PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGDATABASE"),
        ("POSTGRES_HOST", "POSTGRES_PORT", "POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_NAME"),
    ),
    "mysql": (
        ("MYSQL_HOST", "MYSQL_TCP_PORT", "MYSQL_USER", "MYSQL_PWD", "MYSQL_DATABASE"),
        ("MYSQL_HOST", "MYSQL_PORT", "MYSQL_USERNAME", "MYSQL_PASSWORD", "MYSQL_DB"),
        ("MARIADB_HOST", "MARIADB_PORT", "MARIADB_USER", "MARIADB_PASSWORD", "MARIADB_DATABASE"),
    ),
}
_EVERYWHERE = (
    ("DB_HOST", "DB_PORT", "DB_USER", "DB_PASSWORD", "DB_NAME"),
    ("DB_HOST", "DB_PORT", "DB_USERNAME", "DB_PASSWORD", "DB_DATABASE"),
    ("DATABASE_HOST", "DATABASE_PORT", "DATABASE_USER", "DATABASE_PASSWORD", "DATABASE_NAME"),
)


def variables(family: Family, user: str, database: str, port: int | None) -> dict[str, str]:
    """What tools look for. Without a port: an address where nobody is."""
    known = {name: os.environ[name] for name in _TOLD if _NAME.match(os.environ.get(name, ""))}
    # Settings that will not load without one get one.
    known |= {"SECRET_KEY": "advisor", "DJANGO_SECRET_KEY": "advisor"}
    where = ("127.0.0.1", str(port or 1), user, PASSWORD, database)
    for names in (*_VARIABLES[family], *_EVERYWHERE):
        known |= dict(zip(names, where, strict=True))
    if family == "postgresql":
        known["POSTGRES_DB"] = database
    known["DB_CONNECTION"] = "pgsql" if family == "postgresql" else "mysql"
    url = f"{_scheme(family)}://{address(user, database, port or 1)}"
    return known | {"DATABASE_URL": url, "SQLALCHEMY_DATABASE_URI": url}


def address(user: str, database: str, port: int) -> str:
    """Of a database as the sandbox sees it: what follows a URL's scheme."""
    return f"{user}:{PASSWORD}@127.0.0.1:{port}/{database}"


def family_of_caller() -> Family | None:
    """By the scheme of the caller's DATABASE_URL. Nothing else of it is looked at."""
    scheme = os.environ.get("DATABASE_URL", "").partition("://")[0]
    if re.fullmatch(_SCHEMES["postgresql"], scheme):
        return "postgresql"
    return "mysql" if re.fullmatch(_SCHEMES["mysql"], scheme) else None


def _scheme(family: Family) -> str:
    """Of the caller's DATABASE_URL: which driver the project uses."""
    scheme = os.environ.get("DATABASE_URL", "").partition("://")[0]
    return scheme if re.fullmatch(_SCHEMES[family], scheme) else family


class Target(ABC):
    """A copy with its door."""

    family: Family
    user: str
    database: str
    relay: Relay
    socket: str | None = None
    """Variable that names a Unix socket to clients."""

    def variables(self, port: int) -> dict[str, str]:
        """What tools look for."""
        return variables(self.family, self.user, self.database, port)

    @abstractmethod
    def empty(self) -> bool:
        """No table is there."""

    @property
    def major(self) -> int | None:
        """PostgreSQL's."""
        return None

    def finish(self) -> list[str]:
        """When the tool has ended: the door is shut, the statements have their values. Notes about them.

        Raises PlannerError: there were too many.
        """
        self.relay.close()
        if self.relay.overflow:
            raise PlannerError("the tool sent more statements than are kept (128 MB): check fewer migrations at once")
        return []


class PostgresqlTarget(Target):
    """On a throwaway PostgreSQL."""

    family: Family = "postgresql"
    user, database = postgresql_relay.USER, postgresql_relay.DATABASE

    def __init__(self, copy: PostgresqlCopy) -> None:
        self._copy = copy
        relay = PostgresqlRelay(copy.cluster.sockets)
        with copy.connect() as connection:
            relay.extensions = extensions(connection)
        self.relay = relay

    @property
    def major(self) -> int | None:
        """Of its programs."""
        return self._copy.cluster.binaries.major

    def empty(self) -> bool:
        """No table is there."""
        with self._copy.connect() as connection:
            return _empty(connection)

    def finish(self) -> list[str]:
        """As `Target.finish`."""
        notes = super().finish()
        with self._copy.connect() as connection:
            literals = Literals(connection)
            for one in self.relay.seen:
                if one.parameters:
                    text = literals.put(one)
                    if text is not None:
                        one.sql, one.parameters = text, ()
        return notes


class MariadbTarget(Target):
    """On a throwaway MariaDB."""

    family: Family = "mysql"
    user = mariadb_relay.USER
    socket = "MYSQL_UNIX_PORT"

    def __init__(self, copy: MariadbCopy) -> None:
        self._copy = copy
        self.database = copy.database
        relay = MariadbRelay(copy.session, version=copy.version, databases=copy.databases, database=copy.database)
        relay.stand_in = copy.stand_in
        self.relay = self._door = relay

    def empty(self) -> bool:
        """No table is there."""
        return self._copy.empty()

    def finish(self) -> list[str]:
        """As `Target.finish`."""
        notes = super().finish()
        if self._copy.stand_in:
            series = ".".join(re.findall(r"\d+", self._copy.host.version)[:2])
            notes.append(
                f"MariaDB {series} stood in for MySQL to run the code: its statements are taken from that, not "
                "what they do to a MySQL"
            )
        if self._door.replaced:
            notes.append("collations utf8mb4_0900_* were others while the code ran: MariaDB has none of these names")
        return notes


def target(copy: AnyCopy) -> Target:
    """Of a copy."""
    return MariadbTarget(copy) if isinstance(copy, MariadbCopy) else PostgresqlTarget(copy)


def extensions(connection: Any) -> frozenset[str]:
    """That a copy has."""
    return frozenset(
        name for (name,) in connection.execute("SELECT extname::pg_catalog.text FROM pg_catalog.pg_extension")
    )


def _empty(connection: Any) -> bool:
    row = connection.execute(
        "SELECT count(*) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
        "WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', "
        "'advisor_guard') AND c.relname NOT IN ('alembic_version', 'django_migrations')"
    ).fetchone()
    return row is not None and row[0] == 0
