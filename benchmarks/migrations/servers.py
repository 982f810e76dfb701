"""Private servers in a directory of their own, run by an account without rights: never those of the system."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any

import psycopg

from advisor.planners.postgresql import binaries

#: Nothing works beside what is measured, and all of a statement's work is in its own backend.
_SETTINGS = {
    "fsync": "off", "autovacuum": "off", "jit": "off", "shared_buffers": "512MB", "max_wal_size": "8GB",
    "maintenance_work_mem": "128MB", "checkpoint_timeout": "1h", "bgwriter_lru_maxpages": "0", "timezone": "Europe/Berlin",
    "max_parallel_maintenance_workers": "0", "max_parallel_workers_per_gather": "0", "listen_addresses": "",
    "log_min_messages": "fatal", "deadlock_timeout": "5s", "max_connections": "60",
}  # fmt: skip
ACCOUNT = "postgres"


def account() -> str | None:
    """Whom servers run as: root must not; None: ourselves."""
    return ACCOUNT if os.geteuid() == 0 else None


class Postgresql:
    """One private cluster of a major."""

    def __init__(self, major: int, place: Path) -> None:
        self.binaries = binaries.find(major)
        if self.binaries.major != major:
            raise SystemExit(f"PostgreSQL {major} is not here")
        self.major, self.place = major, place
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Postgresql:
        shutil.rmtree(self.place, ignore_errors=True)
        self.place.mkdir(parents=True)
        who = account()
        if who:
            entry = pwd.getpwnam(who)
            os.chown(self.place, entry.pw_uid, entry.pw_gid)
        data = self.place / "data"
        subprocess.run(
            [str(self.binaries.initdb), "-D", str(data), "-U", "suite", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"],
            check=True, capture_output=True, user=who, cwd="/tmp",
        )  # fmt: skip
        options = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
        self.process = subprocess.Popen(
            [str(self.binaries.postgres), "-D", str(data), "-k", str(self.place), *options],
            user=who, cwd="/tmp", stdout=subprocess.DEVNULL, stderr=(self.place / "log").open("wb"),
        )  # fmt: skip
        for _ in range(200):
            try:
                self.connect("postgres").close()
                return self
            except psycopg.OperationalError:
                time.sleep(0.1)
        raise SystemExit((self.place / "log").read_text()[-2000:])

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(30)
        shutil.rmtree(self.place, ignore_errors=True)

    def dsn(self, database: str) -> str:
        return f"postgresql:///{database}?host={self.place}&user=suite"

    def connect(self, database: str) -> psycopg.Connection[Any]:
        return psycopg.connect(
            self.dsn(database), autocommit=True, prepare_threshold=None, connect_timeout=10,
            cursor_factory=psycopg.ClientCursor,
        )  # fmt: skip
