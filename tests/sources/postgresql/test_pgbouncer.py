"""A PgBouncer log is told from PostgreSQL's."""

from __future__ import annotations

from advisor.sources.detect import Detected, detect
from advisor.sources.postgresql import pgbouncer
from tests.sources.postgresql.recorded import log

LINES = b"""\
2024-03-01 10:00:00.123 UTC [77] LOG kernel file descriptor limit: 1024 (hard: 4096); max_client_conn: 100
2024-03-01 10:00:01.456 UTC [77] LOG C-0x55d1e2: shop/app@10.0.0.7:4711 login attempt: db=shop user=app tls=no
2024-03-01 10:00:02.789 UTC [77] LOG S-0x55d1f4: shop/app@127.0.0.1:5432 new connection to server (from 127.0.0.1:4712)
2024-03-01 10:01:00.000 UTC [77] LOG stats: 12 xacts/s, 34 queries/s, in 5 B/s, out 6 B/s, xact 7 us, query 8 us, wait 9 us
2024-03-01 10:01:01.000 UTC [77] WARNING C-0x55d1e2: shop/app@10.0.0.7:4711 pooler error: query_wait_timeout
"""


def test_the_user_is_told_which_log_to_give() -> None:
    assert detect(LINES * 3) == pgbouncer.REASON


def test_logs_of_the_server_are_not_taken_for_it() -> None:
    for name in ("duration", "incidents"):
        assert pgbouncer.matches(log(name)) == 0
        assert isinstance(detect(log(name)), Detected)
