"""A throwaway MariaDB server: unix socket only, in a private directory, unprivileged, gone when we are.

The watcher and the sweeping of directories are those of the PostgreSQL shadow. Its data directory is a copy of one that
is kept in the user's cache, where nobody has an account; ours come with the first start. Three accounts:
``advisor_admin`` runs our own statements; ``advisor_owner`` makes the (untrusted) schema and may nothing beyond its
databases; ``advisor_planner`` may be asked for plans, of writes too, and owns nothing. Only the admin has FILE, SUPER,
PROCESS.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from advisor.catalog.live.mysql_connection import message
from advisor.planners.closing import Closing
from advisor.planners.errors import PlannerError
from advisor.planners.mariadb import templates
from advisor.planners.mariadb.binaries import MariadbBinaries
from advisor.planners.server import directory, files, watcher
from advisor.planners.server.account import choose
from advisor.planners.server.watching import Watcher

if TYPE_CHECKING:
    import pymysql

Role = Literal["admin", "owner", "planner"]
_STARTING_SECONDS = 60.0
#: The first start makes it larger: a template is small without it.
_SMALL_LOG = "4M"
_LIMITS = {"RLIMIT_AS": 4 << 30, "RLIMIT_CORE": 0, "RLIMIT_FSIZE": 8 << 30}
#: Durability is not wanted, sizes are small, nothing is loaded or recalculated behind our back.
_OPTIONS = {
    "skip-networking": "1",
    "skip-log-bin": "1",
    "sync-frm": "0",
    "skip-symbolic-links": "1",
    "local-infile": "0",
    "skip-name-resolve": "1",
    "event-scheduler": "OFF",
    "performance-schema": "0",
    "log-warnings": "1",
    "max-connections": "20",
    "table-open-cache": "4000",
    "open-files-limit": "10000",
    "aria-pagecache-buffer-size": "8M",
    "key-buffer-size": "1M",
    "innodb-buffer-pool-size": "96M",
    "loose-innodb-buffer-pool-size-max": "96M",
    "innodb-log-file-size": "64M",
    "innodb-autoextend-increment": "1",
    "innodb-data-file-path": "ibdata1:4M:autoextend",
    "innodb-temp-data-file-path": "ibtmp1:1M:autoextend",
    "innodb-flush-method": "nosync",
    "innodb-flush-log-at-trx-commit": "0",
    "innodb-doublewrite": "0",
    "innodb-use-native-aio": "0",
    "innodb-checksum-algorithm": "full_crc32",
    "innodb-stats-persistent": "1",
    "innodb-stats-auto-recalc": "0",
    "innodb-fill-factor": "10",
    "innodb-compression-default": "0",
    "innodb-encrypt-tables": "0",
    "innodb-buffer-pool-dump-at-shutdown": "0",
    "innodb-buffer-pool-load-at-startup": "0",
}


class MariadbServer(Closing):
    """One server and its data directory; `close` leaves nothing behind."""

    def __init__(self, binaries: MariadbBinaries, options: Mapping[str, str]) -> None:
        self.binaries = binaries
        self._passwords = {role: secrets.token_hex(16) for role in ("admin", "owner", "planner")}
        account = choose()
        held = directory.create(0o711 if account.other else 0o700)
        self.home = held.path / watcher.SERVER
        self.data = self.home / "data"
        self.socket = self.home / "s"
        self.log = self.home / "log"
        self.account = account
        try:
            for place in (self.home, self.home / "files", self.home / "tmp"):
                self._directory(place)
            self._watcher = Watcher(held, account)
        except BaseException:
            watcher.end(str(held.path), account.uid)
            held.release()
            raise
        given = {**_OPTIONS, **options}
        self._options = [f"--{name}={value}" for name, value in given.items()]
        self._pid: int | None = None
        self._kept: Path | None = None
        """The template that the data directory is a copy of, until it has started once."""
        try:
            kept = templates.place(binaries, given)
            if kept is not None and templates.usable(kept):
                files.copy(kept, self.data, account)
                self._kept = kept
            else:
                self._bootstrap()
                if kept is not None:
                    templates.keep(self.data, kept)
            self._accounts = self._made()
        except BaseException as error:
            self.close()
            if isinstance(error, OSError):
                raise PlannerError(f"cannot make a shadow in {held.path.parent}: {error}") from None
            raise

    def _directory(self, place: Path) -> None:
        place.mkdir(mode=0o700)
        if self.account.other:
            os.chown(place, self.account.uid, self.account.gid)

    def _file(self, name: str, statements: list[str]) -> Path:
        """Statements for the server alone to read."""
        path = self.home / name
        path.touch(mode=0o600)
        path.write_text("\n".join(statements) + "\n", "utf-8")
        if self.account.other:
            os.chown(path, self.account.uid, self.account.gid)
        return path

    def _made(self) -> Path | None:
        """What the first start runs before it takes connections: our accounts, whose passwords no template holds."""
        texts = [f"CREATE USER advisor_{role}@localhost IDENTIFIED BY '{p}';" for role, p in self._passwords.items()]
        texts.append("GRANT ALL PRIVILEGES ON *.* TO advisor_admin@localhost WITH GRANT OPTION;")
        return self._file("accounts.sql", texts)

    def _command(self) -> list[str]:
        paths = {
            "datadir": self.data,
            "socket": self.socket,
            "pid-file": self.home / "pid",
            "tmpdir": self.home / "tmp",
            "secure-file-priv": self.home / "files",
        }
        placed = [f"--{name}={path}" for name, path in paths.items()]
        return [str(self.binaries.daemon), "--no-defaults", *placed, *self._options]

    def _bootstrap(self) -> None:
        """System tables without any account, by a server that reads statements from a file and ends."""
        self._directory(self.data)
        texts = ["CREATE DATABASE mysql;", "USE mysql;", "SET @auth_root_socket = 'nobody_at_all';"]
        texts += [script.read_text("utf-8") for script in self.binaries.scripts]
        texts += ["DELETE FROM mysql.global_priv;", "FLUSH PRIVILEGES;"]
        statements = self._file("bootstrap.sql", texts)
        # The shell only gives it a standard input, and becomes the server.
        command = ["/bin/sh", "-c", 'input=$1; shift; exec "$@" < "$input"', "sh", str(statements)]
        pid = self._run([*command, *self._command(), f"--innodb-log-file-size={_SMALL_LOG}", "--bootstrap"])
        deadline = time.monotonic() + _STARTING_SECONDS
        while (status := self._watcher.status(pid)) is None and time.monotonic() < deadline:
            time.sleep(0.01)
        statements.unlink()
        if status != 0:
            raise PlannerError(f"MariaDB {self.binaries.version} cannot make its system tables: {self._said()}")

    def _run(self, command: list[str]) -> int:
        environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC", "HOME": str(self.home)}
        return self._watcher.run(command, environment=environment, log=self.log, limits=_LIMITS)

    def start(self) -> None:
        """Start it and wait until it takes connections. Raises PlannerError with the end of its log."""
        import pymysql

        if self._pid is not None:
            return
        first = [f"--init-file={self._accounts}"] if self._accounts is not None else []
        self._pid = self._run([*self._command(), *first])
        deadline = time.monotonic() + _STARTING_SECONDS
        while True:
            ended = self._watcher.status(self._pid) is not None
            if ended and self._kept is not None:
                self._remake(self._kept)
                return
            if ended or time.monotonic() > deadline:
                raise PlannerError(f"MariaDB {self.binaries.version} did not start: {self._said()}")
            if self.socket.exists():
                with contextlib.suppress(pymysql.Error):
                    self._connect("admin").close()
                    break
            time.sleep(0.01)
        self._kept = None
        if self._accounts is not None:
            self._accounts.unlink()
            self._accounts = None

    def _remake(self, kept: Path) -> None:
        """A server does not start from a template that was damaged: it is removed, and this one made without."""
        self._kept = self._pid = None
        for path in (kept, self.data):
            shutil.rmtree(path, ignore_errors=True)
        self.log.unlink(missing_ok=True)
        self._bootstrap()
        self.start()

    def stop(self) -> None:
        """Stop it cleanly: every page is in its file then."""
        if self._pid is not None:
            pid, self._pid = self._pid, None
            self._watcher.stop(pid, "SIGTERM")

    def connect(self, role: Role, database: str | None = None, **options: Any) -> pymysql.Connection[Any]:
        """A connection in autocommit mode. ``options``: of the driver. Raises PlannerError."""
        import pymysql

        try:
            return self._connect(role, database, **options)
        except pymysql.Error as error:
            raise PlannerError(f"the shadow's server does not answer: {message(error)}") from None

    def _connect(self, role: Role, database: str | None = None, **options: Any) -> pymysql.Connection[Any]:
        import pymysql

        connection: pymysql.Connection[Any] = pymysql.connect(
            unix_socket=str(self.socket),
            user=f"advisor_{role}",
            password=self._passwords[role],
            database=database,
            **{"charset": "utf8mb4", "autocommit": True, "connect_timeout": 20, "read_timeout": 600, **options},
        )
        return connection

    def files(self, connection: pymysql.Connection[Any], schema: str, table: str) -> list[Path]:
        """The files of a table and of its partitions. How names become those of files only the server knows."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT HEX(CONVERT(%s USING filename)), HEX(CONVERT(%s USING filename))", (schema, table))
            folder, name = (bytes.fromhex(part).decode("ascii") for part in cursor.fetchone())
        whole = self.data / folder / f"{name}.ibd"
        parts = sorted(
            one for one in (self.data / folder).glob("*.ibd") if one.name.lower().startswith(f"{name}#p#".lower())
        )
        return [whole] if whole.exists() else parts

    def close(self) -> None:
        """End it and remove everything. A second call does nothing."""
        self._pid = None
        self._watcher.close()

    def _said(self) -> str:
        try:
            lines = self.log.read_text("utf-8", "replace").splitlines()
        except OSError:
            return "it left no log"
        telling = [line for line in lines if "ERROR" in line] or lines
        return " ".join(" ".join(telling[-3:]).split())[-600:]
