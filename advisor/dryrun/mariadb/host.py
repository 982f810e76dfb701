"""The server that a migration is tried on: one of our own, thrown away, or one that its owner calls disposable."""

from __future__ import annotations

import contextlib
import re
import secrets
import signal
import sys
import threading
from abc import ABC, abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from advisor.catalog.live.dsn import Address, address
from advisor.catalog.live.mysql_connection import connect, message
from advisor.planners.closing import Closing
from advisor.planners.errors import PlannerError
from advisor.planners.mariadb.synthetic import quoted

if TYPE_CHECKING:
    import pymysql

    from advisor.planners.mariadb.server import MariadbServer

#: A server on which a database of this name stands may be used for dry runs.
MARKER = "advisor_disposable"
_READ_SECONDS = 60.0
_GREETING_SECONDS = 10.0
_OURS = re.compile(r"advisor_[0-9a-f]{8}")


class Host(Closing, ABC):
    """An admin's connection, and an account that may nothing beyond the databases made here."""

    product: Literal["mariadb", "mysql"]
    version: str
    admin: pymysql.Connection[Any]
    problems: list[str]

    def __init__(self) -> None:
        self.databases: dict[str, str] = {}
        """Name in the migration: name on the server."""
        self.problems = []

    def real(self, database: str) -> str:
        """The name on the server."""
        return self.databases.get(database, database)

    @abstractmethod
    def create(self, database: str, tail: str = "") -> None:
        """A database that the owner may do everything in. ``tail``: its character set. Raises pymysql.Error."""

    @abstractmethod
    def owner(self, database: str | None) -> pymysql.Connection[Any]:
        """A session of the account that strangers' SQL runs as. Raises PlannerError."""

    def _learn(self) -> None:
        with self.admin.cursor() as cursor:
            cursor.execute("SELECT VERSION()")
            self.version = str(cursor.fetchone()[0])
        self.product = "mariadb" if "mariadb" in self.version.lower() else "mysql"


class Throwaway(Host):
    """A MariaDB of the installed programs, gone with us."""

    def __init__(self, options: dict[str, str]) -> None:
        from advisor.planners.mariadb.binaries import find
        from advisor.planners.mariadb.server import MariadbServer

        super().__init__()
        self.server: MariadbServer = MariadbServer(find(), options)
        try:
            self.server.start()
            self.admin = self.server.connect("admin")
            self._learn()
        except BaseException:
            self.server.close()
            raise

    def create(self, database: str, tail: str = "") -> None:
        """As `Host.create`."""
        self.databases[database] = database
        with self.admin.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE IF NOT EXISTS {quoted(database)}{tail}")
            cursor.execute(f"GRANT ALL PRIVILEGES ON {_pattern(database)}.* TO advisor_owner@localhost")

    def owner(self, database: str | None) -> pymysql.Connection[Any]:
        """As `Host.owner`."""
        return self.server.connect("owner", database)

    def close(self) -> None:
        """Server and files are gone."""
        self.server.close()


class Disposable(Host):
    """A server that somebody named: databases and an account of our own names, dropped afterwards.

    Nothing else of it is read or written: the account may nothing beyond those databases.
    """

    def __init__(self, dsn: str) -> None:
        """Raises PlannerError: not reachable, not marked, or no account can be made there."""
        import pymysql

        super().__init__()
        try:
            self.where: Address = address(dsn)
        except ValueError as error:
            raise PlannerError(str(error)) from None
        if self.where.scheme not in ("mysql", "mariadb") or "://" not in dsn:  # not shown: it may hold a password
            raise PlannerError("--server: this is no address of a server; write mysql://user:password@host:port")
        self._tag = secrets.token_hex(4)
        self._user = f"advisor_{self._tag}"
        self._password = secrets.token_hex(16)
        self._signals: dict[int, Any] = {}
        try:
            # Something else may listen there and never say a word.
            connect(self.where, read_seconds=_GREETING_SECONDS, autocommit=True).close()
            self.admin = connect(self.where, read_seconds=_READ_SECONDS, autocommit=True)
        except (pymysql.Error, OSError, RuntimeError) as error:
            raise PlannerError(f"{self.where.safe}: {self.where.clean(message(error))}") from None
        try:
            self._check()
            self._learn()
            with contextlib.suppress(pymysql.Error):  # it may not be allowed to look
                self._sweep()
            self._catch()
            self._account()
        except pymysql.Error as error:
            self.close()
            raise PlannerError(f"{self.where.safe}: {self.where.clean(message(error))}") from None
        except BaseException:
            self.close()
            raise

    def _check(self) -> None:
        with self.admin.cursor() as cursor:
            cursor.execute("SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = %s", (MARKER,))
            if not cursor.fetchone()[0]:
                raise PlannerError(
                    f"{self.where.safe} is not marked disposable: a dry run executes migrations, so it only takes "
                    f"a server on which a database named {MARKER} stands (CREATE DATABASE {MARKER})"
                )

    def _sweep(self) -> None:
        """What runs that were killed left: databases and accounts of our names, whose run holds its lock no more."""
        with self.admin.cursor() as cursor:
            cursor.execute("SELECT GET_LOCK(%s, 0)", (self._user,))
            cursor.execute("SELECT DISTINCT grantee FROM information_schema.user_privileges")
            for user in [str(row[0]).removesuffix("@'%'").strip("'") for row in cursor.fetchall()]:
                if not _OURS.fullmatch(user):
                    continue
                cursor.execute("SELECT IS_FREE_LOCK(%s)", (user,))
                if cursor.fetchone()[0] == 1:
                    cursor.execute("SHOW DATABASES LIKE %s", (f"{user}_%".replace("_", "\\_"),))
                    self._drop([row[0] for row in cursor.fetchall() if row[0][len(user) + 1 :].isdigit()], user)

    def _catch(self) -> None:
        """What ends us politely lets us clear up first."""
        if threading.current_thread() is not threading.main_thread():
            return
        for one in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(one) is signal.SIG_DFL:
                self._signals[one] = signal.signal(one, _leave)

    def _account(self) -> None:
        with self.admin.cursor() as cursor:
            cursor.execute("CREATE USER %s@'%%' IDENTIFIED BY %s", (self._user, self._password))

    def create(self, database: str, tail: str = "") -> None:
        """As `Host.create`."""
        name = self.databases.get(database) or f"advisor_{self._tag}_{len(self.databases)}"
        self.databases[database] = name
        with self.admin.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE IF NOT EXISTS {quoted(name)}{tail}")
            cursor.execute(f"GRANT ALL PRIVILEGES ON {_pattern(name)}.* TO %s@'%%'", (self._user,))

    def owner(self, database: str | None) -> pymysql.Connection[Any]:
        """As `Host.owner`."""
        import pymysql

        mine = replace(self.where, user=self._user, password=self._password, database=database)
        try:
            return connect(mine, read_seconds=_READ_SECONDS, autocommit=True)
        except (pymysql.Error, OSError, RuntimeError) as error:
            raise PlannerError(f"{self.where.safe}: {self.where.clean(message(error))}") from None

    def close(self) -> None:
        """Our databases and account are dropped."""
        import pymysql

        names, self.databases = list(self.databases.values()), {}
        try:
            with contextlib.suppress(pymysql.Error, OSError):
                self._drop(names, self._user)
            with contextlib.suppress(pymysql.Error, OSError):
                self.admin.close()
        finally:
            signals, self._signals = self._signals, {}
            for one, handler in signals.items():
                signal.signal(one, handler)

    def _drop(self, databases: list[str], user: str) -> None:
        """Through a connection of its own: an interrupt may have left the admin's in the middle of an answer."""
        with connect(self.where, read_seconds=_READ_SECONDS, autocommit=True) as fresh, fresh.cursor() as cursor:
            for name in databases:
                cursor.execute(f"DROP DATABASE IF EXISTS {quoted(name)}")
            cursor.execute("DROP USER IF EXISTS %s@'%%'", (user,))


def _leave(number: int, _: object) -> NoReturn:
    sys.exit(128 + number)


def _pattern(database: str) -> str:
    """A name as GRANT takes it, where ``_`` and ``%`` stand for others."""
    return quoted(database).replace("\\", "\\\\").replace("_", "\\_").replace("%", "\\%")
