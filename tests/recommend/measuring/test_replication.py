"""A primary that others follow, and the one that follows: neither is a staging copy."""

from __future__ import annotations

import signal
import time

import psycopg
import pytest

from advisor.recommend.measuring import MeasuringError, open_staging
from tests import servers

pytestmark = [pytest.mark.server, pytest.mark.long]


def test_a_primary_with_a_replica_and_the_replica(postgresql_with):
    primary = postgresql_with({"wal_level": "replica"})
    binaries = (servers._postgresql_binaries() / "initdb").resolve().parent
    with servers._home("postgres") as (home, owner):
        data, port = home / "replica", servers._free_port()
        command = [str(binaries / "pg_basebackup"), "-d", primary.dsn, "-D", str(data), "-R", "-X", "stream"]
        servers._run([*command, "--checkpoint=fast", "--no-sync"], owner, home)
        with (data / "postgresql.conf").open("a") as conf:
            conf.write(f"\nport = {port}\nunix_socket_directories = '{home}'\n")
        start = [str(binaries / "postgres"), "-D", str(data)]
        log = home / "log"
        with servers._running(start, owner, home, log, signal.SIGINT, lambda: servers._postgresql_answers(port)):
            with pytest.raises(MeasuringError, match="it is a replica"):
                open_staging(f"postgresql://postgres@127.0.0.1:{port}/postgres", allow_writers=True)
            with psycopg.connect(primary.dsn, autocommit=True) as connection:
                deadline = time.monotonic() + 20
                while time.monotonic() < deadline:
                    if connection.execute("SELECT count(*) FROM pg_stat_replication").fetchone() != (0,):
                        break
                    time.sleep(0.2)
            with pytest.raises(MeasuringError, match="replicate from it"):
                open_staging(primary.dsn)
            open_staging(primary.dsn, allow_writers=True).close()
