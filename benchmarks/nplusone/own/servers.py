"""A private PostgreSQL cluster and a private mariadbd that log every statement, one log file per scenario."""

import json
import os
import pathlib
import subprocess
import tempfile
import time

import psycopg
import pymysql
from psycopg import sql

HERE = pathlib.Path(__file__).parent
SCRATCH = pathlib.Path(os.environ.get("SCENARIOS", f"{tempfile.gettempdir()}/scenarios"))
PG_PORT, MY_PORT = 55432, 33306
PG_BIN = pathlib.Path("/usr/lib/postgresql/15/bin")
PG_DSN = f"host=127.0.0.1 port={PG_PORT} dbname=worlds user=app"
PREFIXES = (
    "%m [%p] ",
    "%t:%r:%u@%d:[%p]: ",
    "%m [%p] %q%u@%d/%a ",
    "%n %p %c %l %x ",
    "%t [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h ",
    "%m %p %c %x ",
)
SETTINGS = {
    "port": PG_PORT, "unix_socket_directories": f"'{SCRATCH}'", "listen_addresses": "'127.0.0.1'", "fsync": "off",
    "logging_collector": "on", "log_destination": "'stderr,csvlog'", "log_directory": "'logs'", "log_timezone": "'UTC'",
    "log_min_duration_statement": 0, "log_connections": "on", "log_disconnections": "on", "log_statement": "'none'",
    "shared_preload_libraries": "'pg_stat_statements'", "max_connections": 60, "shared_buffers": "'64MB'",
    "log_rotation_size": 0, "log_file_mode": "0644", "log_filename": "'before.log'",
}  # fmt: skip


class PostgreSQL:
    """The cluster; `record(name)` gives the scenario its own log files."""

    engine = "pg"

    def __init__(self) -> None:
        self.data = SCRATCH / "pg"
        if not self.data.exists():
            as_postgres = ["runuser", "-u", "postgres", "--"]
            SCRATCH.chmod(0o777)
            subprocess.run(
                [*as_postgres, PG_BIN / "initdb", "-A", "trust", "-D", self.data], check=True, stdout=subprocess.DEVNULL
            )
            with open(self.data / "postgresql.conf", "a") as conf:
                conf.writelines(f"{name} = {value}\n" for name, value in SETTINGS.items())
        subprocess.run(
            ["runuser", "-u", "postgres", "--", PG_BIN / "pg_ctl", "-D", self.data, "-w", "start"],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        with psycopg.connect(f"host=127.0.0.1 port={PG_PORT} user=postgres dbname=postgres", autocommit=True) as new:
            if not new.execute("select 1 from pg_database where datname = 'worlds'").fetchone():
                new.execute("create role app login superuser")
                new.execute("create database worlds")
        self.admin = psycopg.connect(f"host=127.0.0.1 port={PG_PORT} user=postgres dbname=worlds", autocommit=True)
        self.admin.execute("set log_min_duration_statement = -1")
        if not self.admin.execute("select to_regclass('wards')").fetchone()[0]:
            self.admin.execute((HERE / "source_pg.sql").read_text())
        self.admin.execute("select set_config('log_error_verbosity', 'default', false)")

    def start(self, name: str, prefix: str) -> None:
        for setting, value in (("log_filename", name + ".log"), ("log_line_prefix", prefix)):
            self.admin.execute(sql.SQL("alter system set {} = {}").format(sql.Identifier(setting), sql.Literal(value)))
        for old in self.data.glob(f"logs/{name}.*"):
            old.unlink()
        self.admin.execute("select pg_reload_conf()")
        while not (self.data / "logs" / f"{name}.csv").exists():
            time.sleep(0.02)
        time.sleep(0.1)
        self.admin.execute("select pg_stat_statements_reset()")

    def finish(self, name: str, folder: pathlib.Path) -> list[str]:
        time.sleep(0.25)
        rows = self.admin.execute(
            "select query, calls, rows, mean_exec_time, total_exec_time from pg_stat_statements s join pg_roles r on r.oid = s.userid "
            "where rolname = 'app' order by total_exec_time desc"
        ).fetchall()
        keys = ("query", "calls", "rows", "mean_exec_time", "total_exec_time")
        (folder / f"{name}.pgss.json").write_text(
            json.dumps([dict(zip(keys, row, strict=True)) for row in rows], indent=0)
        )
        for kind in ("log", "csv"):
            (folder / f"{name}.{kind}").write_bytes((self.data / "logs" / f"{name}.{kind}").read_bytes())
        return [f"{name}.{kind}" for kind in ("log", "csv", "pgss.json")]

    def dump_schema(self, folder: pathlib.Path) -> None:
        with open(folder / "schema_pg.sql", "w") as out:
            subprocess.run(
                [PG_BIN / "pg_dump", "-h", "127.0.0.1", "-p", str(PG_PORT), "-U", "postgres", "-s", "worlds"],
                stdout=out,
                check=True,
            )

    def stop(self) -> None:
        self.admin.close()
        subprocess.run(
            ["runuser", "-u", "postgres", "--", PG_BIN / "pg_ctl", "-D", self.data, "-m", "fast", "stop"],
            check=True,
            stdout=subprocess.DEVNULL,
        )


class MariaDB:
    """The private mariadbd; the slow log with a threshold of zero is the record."""

    engine = "my"

    def __init__(self) -> None:
        data, socket = SCRATCH / "my", SCRATCH / "my.sock"
        if not data.exists():
            subprocess.run(["mariadb-install-db", "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal", "--user=root"],
                           check=True, stdout=subprocess.DEVNULL)  # fmt: skip
        self.server = subprocess.Popen(
            ["/usr/sbin/mariadbd", "--no-defaults", f"--datadir={data}", f"--socket={socket}", f"--port={MY_PORT}", "--user=root",
             "--bind-address=127.0.0.1", f"--pid-file={SCRATCH}/my.pid", "--slow-query-log=1", "--long-query-time=0",
             "--slow-query-log-file=before.slow", "--log-slow-verbosity=query_plan,innodb,explain", "--performance-schema=ON", "--lower-case-table-names=0",
             "--innodb-buffer-pool-size=64M", "--innodb-flush-log-at-trx-commit=0", "--default-time-zone=+00:00"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.data, self.socket = data, socket
        for _ in range(200):
            try:
                self.admin = pymysql.connect(unix_socket=str(socket), user="root", autocommit=True)
                break
            except pymysql.err.OperationalError:
                time.sleep(0.1)
        self.run("set session slow_query_log = 0")
        self.run("set global log_slow_verbosity = 'innodb'")
        if not self.run("show databases like 'worlds'"):
            self.run("create database worlds character set utf8mb4")
            self.run("create user app@'127.0.0.1'")
            self.run("grant all on worlds.* to app@'127.0.0.1'")
            self.run("use worlds")
            for statement in (HERE / "source_my.sql").read_text().split(";\n"):
                if statement.strip():
                    self.run(statement)

    def run(self, text: str, *values: object) -> list[tuple]:
        with self.admin.cursor() as cursor:
            cursor.execute(text, values or None)
            return list(cursor.fetchall())

    def start(self, name: str, prefix: str) -> None:
        for old in self.data.glob(f"{name}.slow"):
            old.unlink()
        self.run("set global slow_query_log_file = %s", f"{name}.slow")
        self.run("truncate performance_schema.events_statements_summary_by_digest")

    def finish(self, name: str, folder: pathlib.Path) -> list[str]:
        time.sleep(0.15)
        rows = self.run(
            "select digest_text, count_star, sum_rows_sent, sum_rows_examined, sum_rows_affected, sum_timer_wait / 1e9 from "
            "performance_schema.events_statements_summary_by_digest where schema_name = 'worlds' order by 6 desc"
        )
        keys = ("query", "calls", "rows_sent", "rows_examined", "rows_affected", "total_ms")
        made = [
            {key: float(value) if key == "total_ms" else value for key, value in zip(keys, row, strict=True)}
            for row in rows
        ]
        (folder / f"{name}.digest.json").write_text(json.dumps(made, indent=0))
        text = (self.data / f"{name}.slow").read_bytes()  # the header names the socket
        (folder / f"{name}.slow").write_bytes(text.replace(str(SCRATCH).encode(), b"/run/mariadb"))
        return [f"{name}.slow", f"{name}.digest.json"]

    def dump_schema(self, folder: pathlib.Path) -> None:
        with open(folder / "schema_my.sql", "w") as out:
            subprocess.run(
                [
                    "mariadb-dump",
                    "--no-defaults",
                    f"--socket={self.socket}",
                    "-uroot",
                    "--no-data",
                    "--skip-comments",
                    "worlds",
                ],
                stdout=out,
                check=True,
            )

    def stop(self) -> None:
        self.admin.close()
        self.server.terminate()
        self.server.wait(30)
