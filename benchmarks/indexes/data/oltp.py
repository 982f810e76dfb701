"""A shop under load, recorded: a seeded application runs on a throwaway server that logs every statement."""

from __future__ import annotations

import random
import re
import shutil
from pathlib import Path

import psycopg

from benchmarks.indexes.data import database
from benchmarks.indexes.data.database import DataSet, Named
from benchmarks.indexes.data.shop import Shop

WORK = Path(__file__).parents[2] / ".work"
SEED = 20251122
CALLS = 15000
#: Executions of one shape that are timed: typical ones first, with the shape's calls shared among them.
_SAMPLES = 3
_ROWS = re.compile(r":n\((\d+)\)")
_LOGGED = ("select", "insert", "update", "delete")


def load(dsn: str, name: str, scale: float) -> DataSet:
    """Records, unless the log and the database are there; the database is as it was when the recording began."""
    told = f"A shop, recorded: {CALLS} calls of an application with its writes, scale {scale:g}"
    log = WORK / f"{name}.log"
    if not database.exists(dsn, name) or not log.exists():
        _record(dsn, name, scale, log, told)
    found = database.address(dsn, name)
    result = DataSet("oltp", found, [], told, log=log, table_bytes=database.table_bytes(found))
    _read(result, log)
    return result


def _record(dsn: str, name: str, scale: float, log: Path, told: str) -> None:
    from tests import servers

    settings = {"log_min_duration_statement": "0", "log_line_prefix": "%m [%p] %u@%d ", "shared_buffers": "256MB"}
    log.parent.mkdir(parents=True, exist_ok=True)
    with servers.postgresql({**settings, "autovacuum": "off"}, major=_major(dsn)) as server:
        with psycopg.connect(server.dsn, autocommit=True) as connection:
            connection.execute("SET log_min_duration_statement = -1")
            text = _ROWS.sub(
                lambda found: str(round(int(found[1]) * scale)), (database.SQL / "shop.sql").read_text("utf-8")
            )
            kept = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
            schema = [part.strip() for part in re.split(r";[ \t]*(?:\n|$)", kept) if part.strip()]
            for statement in schema:
                connection.execute(statement.encode())
        # As it is before the application runs: what the log inserts can then be inserted again.
        target = database.create(dsn, name)
        with (
            psycopg.connect(server.dsn, options="-c log_min_duration_statement=-1") as source,
            psycopg.connect(target) as copy,
        ):
            for statement in schema:
                if statement.startswith("CREATE"):
                    copy.execute(statement.encode())
                    if found := re.match(r"CREATE TABLE (\w+)", statement):
                        with source.cursor().copy(f"COPY {found[1]} TO STDOUT") as rows:
                            database.copy(copy, found[1], (bytes(block) for block in rows), "FORMAT text")
            for (table,) in copy.execute(
                "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND is_identity = 'YES'"
            ).fetchall():
                copy.execute(
                    f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) + 1 FROM {table}))".encode()
                )
        with psycopg.connect(server.dsn, autocommit=True, prepare_threshold=None) as connection:
            shop = Shop(scale, random.Random(SEED))
            for statements in shop.calls(CALLS):
                if len(statements) == 1:
                    connection.execute(statements[0].encode())
                else:
                    with connection.transaction():
                        for statement in statements:
                            connection.execute(statement.encode())
        shutil.copyfile(server.log, log)
    database.finish(target, name, told)


def _major(dsn: str) -> int:
    with psycopg.connect(dsn) as connection:
        return connection.info.server_version // 10000


def _read(data: DataSet, log: Path) -> None:
    """The shapes of the log as the product reads it: each a statement to choose for, with its calls as its weight."""
    from advisor.api.analysis import digest

    for shape in digest(str(log)).shapes():
        if shape.kind not in _LOGGED:
            continue
        samples = list({one.sql: one for one in (shape.typical, *shape.samples) if one is not None}.values())
        if not samples:
            continue
        data.asked.append(Named(shape.fingerprint, samples[0].sql, float(shape.calls)))
        some = samples[:_SAMPLES]
        data.queries += [
            Named(f"{shape.fingerprint}/{number}", one.sql, shape.calls / len(some)) for number, one in enumerate(some)
        ]
