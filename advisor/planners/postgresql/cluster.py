"""A throwaway PostgreSQL server: made in a moment, closed to everybody else, and gone when we are, however we end.

    with Cluster.create(binaries.find(15), {"work_mem": "64MB"}) as cluster:
        cluster.start()
        with cluster.connect("owner") as connection: ...

It listens on a Unix socket in a private directory and on no network. `watcher` ends it, `directory` sweeps what even
the watcher could not.

`advisor_admin` is its superuser, whom only our own fixed statements use; everything that others wrote (schema, queries)
runs as `advisor_owner`, who may nothing more than have objects of his own in the database `shadow`. What the superuser
does with objects of others must run none of their code. He may read and write the system's catalogs, and read values
into types whose input functions are the system's own: base types, enums, arrays and ranges of them. He must not:

* insert, update, delete or select rows of their tables and views (defaults, checks, generated columns, triggers, rules,
  policies, functions in views, index expressions);
* read a value into a domain, or a composite, array or range type with one in it: domain_in runs its CHECK;
* create an index, ANALYZE, VACUUM, CLUSTER or REFRESH (expressions and predicates; PostgreSQL changes to the owner for
  these, which has had holes), nor EXPLAIN: planning runs IMMUTABLE functions;
* create an extension once they have made anything (its script would find their functions and operators);
* leave the search path of `connect`, or name a function or operator of theirs.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import shutil
import stat
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from advisor.planners.closing import Closing
from advisor.planners.errors import PlannerError
from advisor.planners.postgresql import configuration, extensions
from advisor.planners.postgresql.binaries import Binaries, user_cache
from advisor.planners.server import directory, files, watcher
from advisor.planners.server.account import Account, choose, reachable
from advisor.planners.server.watching import Watcher

if TYPE_CHECKING:
    import psycopg

#: It warns of a pipeline that ends in an error, which we report ourselves.
logging.getLogger("psycopg").addHandler(logging.NullHandler())
Role = Literal["admin", "owner"]
DATABASE = "shadow"
_STARTING_SECONDS = 60.0
_MAKING_SECONDS = 120.0
_ENDING_MS = 3000
#: A process of the server: address space, so that a runaway function gets "out of memory" and the machine does not; no
#: core files. Segments of relations are 1 GB, so files must be able to grow to that.
_LIMITS = {"RLIMIT_AS": 2 << 30, "RLIMIT_CORE": 0, "RLIMIT_FSIZE": (1 << 30) + (1 << 20)}


_PREFIX = re.compile(r"^([\d-]+ [\d:.]+ \w+ \[\d+\] )?(LOG|FATAL|ERROR): *")
_LESS = re.compile(
    r"HINT:|database system (is|was)|starting PostgreSQL|listening on|child process exited|initdb: removing|^Aborted|^$"
)
_ENVIRONMENT = threading.Lock()
#: Said outright, because the user's environment (PGSSLMODE, PGCHANNELBINDING...) is meant for other servers.
_PLAIN: dict[str, Any] = {
    "sslmode": "disable",
    "gssencmode": "disable",
    "channel_binding": "disable",
    "target_session_attrs": "any",
}
#: Stronger than what a role has set for itself. The superuser must not find functions and operators of others before
#: the system's; a library that is missing would keep a role out.
_OPTIONS: dict[Role, str] = {
    "admin": "-c search_path=pg_catalog,pg_temp -c statement_timeout=0 -c local_preload_libraries=",
    "owner": "-c statement_timeout=60s -c local_preload_libraries= -c default_transaction_read_only=off",
}


@dataclass(frozen=True)
class Locale:
    """How text sorts and what bytes it is made of; a cluster has one."""

    name: str = "C.UTF-8"
    encoding: str = "UTF8"


class Cluster(Closing):
    """One server and its data directory. Use it as a context; `close` leaves nothing behind."""

    def __init__(self, binaries: Binaries, held: directory.Directory, account: Account, locale: Locale) -> None:
        self.binaries = binaries
        self.directory = held.path
        """Ours; below it ``server`` is the server's."""
        self.sockets = held.path / watcher.SERVER
        self.data = self.sockets / "data"
        self.log = self.sockets / "log"
        self.locale = locale
        self.account = account
        self._watcher = Watcher(held, account)
        self._postmaster: int | None = None
        self._kept: Path | None = None
        """The template that the data directory is a copy of, until it has started once."""
        self._conf = ""

    @classmethod
    def create(
        cls,
        binaries: Binaries,
        settings: Mapping[str, str] | None = None,
        *,
        locale: Locale | None = None,
        data: Path | None = None,
    ) -> Cluster:
        """A server that is not started yet.

        ``settings`` are planner settings for its configuration file. Its data directory is a copy of ``data`` (one that
        `keep` made with programs of the same major), else of a fresh one with the two roles and the empty database.
        Raises PlannerError where no server can run here.
        """
        account = choose()
        conf = configuration.text(binaries.major, settings or {})
        held = directory.create(0o711 if account.other else 0o700)
        try:
            (held.path / watcher.SERVER).mkdir(mode=0o700)
            if account.other:
                os.chown(held.path / watcher.SERVER, account.uid, account.gid)
            cluster = cls(reachable(binaries, account, held.path), held, account, locale or Locale())
        except BaseException:
            watcher.end(str(held.path), account.uid)
            held.release()
            raise
        try:
            if data is None:
                data = cluster._kept = cluster._template()
            if data is not None:
                files.copy(data, cluster.data, account)
            cluster._conf = conf
            cluster._configure(conf)
        except BaseException as error:
            cluster.close()
            if isinstance(error, OSError):
                raise PlannerError(f"cannot make a shadow in {held.path.parent}: {error}") from None
            raise
        return cluster

    def start(self) -> None:
        """Start the server and wait until it takes connections. A running one is left alone.

        Raises PlannerError with the end of its log.
        """
        if self.running:
            return
        self._postmaster = self._start([str(self.binaries.postgres), "-D", str(self.data)])
        deadline = time.monotonic() + _STARTING_SECONDS
        noted = self.data / "postmaster.pid"
        while True:
            if self._watcher.status(self._postmaster) is not None:
                self._postmaster = None
                if self._kept is not None:
                    self._remake(self._kept)
                    return
                raise PlannerError(f"PostgreSQL {self.binaries.version} did not start: {self._said()}")
            with contextlib.suppress(OSError):
                lines = noted.read_text("utf-8", "replace").splitlines()
                if len(lines) >= 8 and lines[7].strip() == "ready":
                    self._kept = None
                    return
            if time.monotonic() > deadline:
                raise PlannerError(
                    f"PostgreSQL {self.binaries.version} did not start within {_STARTING_SECONDS:.0f} s: {self._said()}"
                )
            time.sleep(0.005)

    def stop(self, mode: Literal["fast", "immediate"] = "fast") -> None:
        """Stop the server: ``fast`` writes everything to its files first, ``immediate`` does not."""
        if self._postmaster is None:
            return
        pid, self._postmaster = self._postmaster, None
        self._watcher.stop(pid, "SIGINT" if mode == "fast" else "SIGQUIT")

    @property
    def running(self) -> bool:
        """The server was started and has not ended."""
        if self._postmaster is not None and self._watcher.status(self._postmaster) is not None:
            self._postmaster = None
        return self._postmaster is not None

    def connect(self, role: Role = "owner", database: str = DATABASE) -> psycopg.Connection[tuple[Any, ...]]:
        """A connection in autocommit mode. Its sessions start from settings that the other role cannot change.

        Raises PlannerError where the server has ended or does not answer.
        """
        import psycopg

        more: dict[str, Any] = {"require_auth": "none"} if psycopg.pq.version() >= 160000 else {}
        try:
            with _without_variables():
                return psycopg.connect(
                    host=str(self.sockets),
                    port=5432,
                    user=f"advisor_{role}",
                    dbname=database,
                    options=_OPTIONS[role],
                    connect_timeout=30,
                    **_PLAIN,
                    **more,
                    client_encoding="utf8",
                    application_name="advisor",
                    autocommit=True,
                )
        except psycopg.Error as error:
            if not self.running:
                raise PlannerError(f"the shadow's server has ended: {self._said()}") from None
            raise PlannerError(f"the shadow's server does not answer: {' '.join(str(error).split())}") from None

    @contextlib.contextmanager
    def limit(self, connection: psycopg.Connection[Any], seconds: float) -> Iterator[None]:
        """Bounds what a connection does within, from outside: its session is ended after so many seconds.

        Planning runs IMMUTABLE functions, and a function can switch statement_timeout off or catch its error. The
        connection is then broken (psycopg.OperationalError); a server that does not end the session is stopped.
        """
        timer = threading.Timer(seconds, self.end_session, [connection.info.backend_pid])
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def keep(self, target: Path) -> None:
        """A copy of the data directory, for `create` with the same major. The server must be stopped."""
        files.copy(self.data, target)

    def close(self) -> None:
        """Stop the server and remove everything. A second call does nothing."""
        self._postmaster = None
        self._watcher.close()

    def _template(self) -> Path | None:
        """A fresh data directory from the cache, made there where it is missing.

        None: there is no cache to write to, and the cluster's own data directory was made in its place.
        """
        binaries = self.binaries
        told = (binaries.version, binaries.postgres.stat().st_mtime_ns, self.locale, extensions.statements("roles.sql"))
        key = sha256(repr(told).encode()).hexdigest()[:16]
        root = user_cache() / "templates"
        kept = root / f"{binaries.major}-{key}"
        with contextlib.suppress(OSError):
            # What a server starts from is code: nobody else's, wherever the cache stands.
            if (kept / "PG_VERSION").exists() and _own(kept):
                return kept
        self._initialise()
        try:
            root.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            root.mkdir(mode=0o700, exist_ok=True)
            making = directory.create(0o700, root)
        except (OSError, PlannerError):
            return None
        try:
            with contextlib.suppress(OSError):  # another process was quicker, or the disk is full
                self.keep(making.path / "data")
                (making.path / "data").rename(kept)
        finally:
            watcher.end(str(making.path), os.geteuid())
            making.release()
        return None

    def _remake(self, kept: Path) -> None:
        """A server does not start from a template that was damaged: it is removed, and this one made without."""
        self._kept = None
        for path in (kept, self.data):
            shutil.rmtree(path, ignore_errors=True)
        self.log.unlink(missing_ok=True)
        self._initialise()
        self._configure(self._conf)
        self.start()

    def _initialise(self) -> None:
        """initdb, with the roles and the database of every shadow."""
        major = self.binaries.major
        command = [str(self.binaries.initdb), "-D", str(self.data), "-U", "advisor_admin", "-A", "trust"]
        command += ["-E", self.locale.encoding, "--no-sync", "--no-instructions", "--wal-segsize=1"]
        command += ["--no-data-checksums"] if major >= 18 else []
        status = self._run([*command, "--locale", self.locale.name])
        if status != 0 and self.locale == Locale() and "invalid locale name" in self._said():
            # Systems without C.UTF-8 have this; to a planner both are "not C", which is what decides about LIKE.
            status = self._run([*command, "--locale", "en_US.UTF-8"])
        if status != 0:
            raise PlannerError(f"initdb of PostgreSQL {self.binaries.version} failed: {self._said()}")
        self._configure(configuration.text(major, {}))
        self.start()
        with self.connect("admin", "template1") as connection:
            connection.execute("ALTER DATABASE postgres RENAME TO shadow")
        with self.connect("admin") as connection:
            for statement in extensions.statements("roles.sql"):
                connection.execute(statement.encode())
        self.stop()

    def _start(self, command: list[str]) -> int:
        environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC", "HOME": str(self.sockets)}
        libraries = self.binaries.libraries
        if libraries is not None:
            environment["LD_LIBRARY_PATH"] = str(libraries)
        return self._watcher.run(command, environment=environment, log=self.log, limits=_LIMITS)

    def _run(self, command: list[str]) -> int | None:
        """A program's exit code; None where it did not end in time."""
        pid = self._start(command)
        deadline = time.monotonic() + _MAKING_SECONDS
        while (status := self._watcher.status(pid)) is None and time.monotonic() < deadline:
            time.sleep(0.01)
        return status

    def end_session(self, backend: int) -> None:
        """Ends one session of the server, or the server."""
        import psycopg

        try:
            with self.connect("admin") as connection:
                ended = connection.execute("SELECT pg_terminate_backend(%s, %s)", [backend, _ENDING_MS]).fetchone()
        except (PlannerError, psycopg.Error):
            ended = None
        if ended != (True,):
            with contextlib.suppress(PlannerError):
                self.stop("immediate")

    def _configure(self, conf: str) -> None:
        place = f"unix_socket_directories = '{self.sockets}'\n"
        for name, text in (("postgresql.conf", conf + place), ("pg_hba.conf", configuration.access())):
            (self.data / name).write_text(text, "utf-8")

    def _said(self) -> str:
        """The end of the server's log, as one line."""
        try:
            lines = self.log.read_text("utf-8", "replace").splitlines()
        except OSError:
            return "it left no log"
        told = [_PREFIX.sub("", line) for line in lines if not _LESS.search(line)]
        return " ".join(" ".join(told[-3:]).split())[-600:]


def _own(path: Path) -> bool:
    """A directory of ours that nobody else may write to."""
    state = path.lstat()
    return stat.S_ISDIR(state.st_mode) and state.st_uid == os.geteuid() and not state.st_mode & 0o022


@contextlib.contextmanager
def _without_variables() -> Iterator[None]:
    """Without libpq's variables: they are other servers', and some (PGSERVICE, PGHOSTADDR) no parameter outdoes."""
    with _ENVIRONMENT:
        kept = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("PG")}
        try:
            yield
        finally:
            os.environ.update(kept)
